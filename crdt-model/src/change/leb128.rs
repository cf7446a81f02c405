//! LEB128, the variable-length integers of Automerge's formats.

use crate::refusal::Refusal;

/// Appends an unsigned number.
pub(super) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Appends a signed number.
pub(super) fn write_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let sign = byte & 0x40 != 0;
        if (value == 0 && !sign) || (value == -1 && sign) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// A cursor over bytes that nobody has vouched for.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(Refusal::Unreadable { what })?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, Refusal> {
        self.take(1, what).map(|bytes| bytes[0])
    }

    /// Reads an unsigned number of at most 64 bits.
    pub(super) fn unsigned(&mut self, what: &'static str) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Refusal::Unreadable { what })
    }

    /// Reads a signed number of at most 64 bits.
    pub(super) fn signed(&mut self, what: &'static str) -> Result<i64, Refusal> {
        let mut value = 0_i64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte(what)?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let sign_extends = byte & 0x40 != 0 && shift + 7 < 64;
                return Ok(if sign_extends {
                    value | (-1 << (shift + 7))
                } else {
                    value
                });
            }
        }
        Err(Refusal::Unreadable { what })
    }

    /// Reads an unsigned number that counts or measures something in memory.
    pub(super) fn length(&mut self, what: &'static str) -> Result<usize, Refusal> {
        usize::try_from(self.unsigned(what)?).map_err(|_| Refusal::Unreadable { what })
    }

    /// Reads bytes preceded by their number.
    pub(super) fn prefixed(&mut self, what: &'static str) -> Result<&'a [u8], Refusal> {
        let length = self.length(what)?;
        self.take(length, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck_macros::quickcheck;

    #[quickcheck]
    fn reading_is_the_inverse_of_writing(unsigned: u64, signed: i64) -> bool {
        let mut bytes = Vec::new();
        write_unsigned(&mut bytes, unsigned);
        write_signed(&mut bytes, signed);
        let mut reader = Reader::new(&bytes);
        reader.unsigned("").unwrap() == unsigned
            && reader.signed("").unwrap() == signed
            && reader.is_empty()
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_unreadable() {
        let mut reader = Reader::new(&[0xff; 11]);
        assert!(reader.unsigned("number").is_err());
        let mut reader = Reader::new(&[0xff; 11]);
        assert!(reader.signed("number").is_err());
    }
}
