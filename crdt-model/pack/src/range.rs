//! A range coder for single bits whose probabilities both sides know.
//!
//! The interval `low..=high` of 32-bit numbers is split in proportion; the bit says which part goes on. Leading bytes
//! that both ends agree on are written and shifted out. Behind the end of its bytes a reader sees zeros.

/// Codes bits: writes those it is given, or finds out what was written.
///
/// One type for both, so that all above it exists once in a program.
pub(crate) struct Coder<'a> {
    low: u32,
    high: u32,
    side: Side<'a>,
}

enum Side<'a> {
    /// The bytes so far.
    Writer(Vec<u8>),
    /// Where in the interval the written bits lie, and the bytes not looked at yet.
    Reader { value: u32, rest: &'a [u8] },
}

impl<'a> Coder<'a> {
    /// A coder that writes.
    pub(crate) fn writer() -> Self {
        Self::of(Side::Writer(Vec::new()))
    }

    /// A coder that reads.
    pub(crate) fn reader(mut bytes: &'a [u8]) -> Self {
        let value = (0..4).fold(0, |value, _| value << 8 | next(&mut bytes));
        Self::of(Side::Reader { value, rest: bytes })
    }

    fn of(side: Side<'a>) -> Self {
        Self {
            low: 0,
            high: u32::MAX,
            side,
        }
    }

    /// Codes a bit that is 1 with a probability of `one` / 65536, and answers it. A reader ignores `bit`.
    #[inline]
    pub(crate) fn code(&mut self, one: u32, bit: bool) -> bool {
        let width = u64::from(self.high - self.low);
        let middle = self.low + ((width * u64::from(one)) >> 16) as u32;
        let bit = match &self.side {
            Side::Writer(_) => bit,
            Side::Reader { value, .. } => *value <= middle,
        };
        if bit {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        while (self.low ^ self.high) >> 24 == 0 {
            self.shift();
        }
        bit
    }

    /// Shifts out the byte that both ends agree on.
    fn shift(&mut self) {
        match &mut self.side {
            Side::Writer(bytes) => bytes.push((self.low >> 24) as u8),
            Side::Reader { value, rest } => *value = *value << 8 | next(rest),
        }
        self.low <<= 8;
        self.high = self.high << 8 | 0xff;
    }

    /// How many bytes have been written.
    pub(crate) fn written(&self) -> usize {
        match &self.side {
            Side::Writer(bytes) => bytes.len(),
            Side::Reader { .. } => 0,
        }
    }

    /// Whether all bytes have been looked at.
    pub(crate) fn is_done(&self) -> bool {
        match &self.side {
            Side::Writer(_) => false,
            Side::Reader { rest, .. } => rest.is_empty(),
        }
    }

    /// The bytes written, with just as many at the end as are needed: the rest are zeros, which a reader imagines.
    pub(crate) fn finish(self) -> Vec<u8> {
        let Side::Writer(mut bytes) = self.side else {
            return Vec::new();
        };
        let rounded = (0..=4_usize).find_map(|count| {
            let unit = 1_u64 << (32 - 8 * count);
            let up = u64::from(self.low).next_multiple_of(unit);
            let end = u32::try_from(up).ok().filter(|end| *end <= self.high)?;
            Some(end.to_be_bytes().into_iter().take(count))
        });
        bytes.extend(rounded.into_iter().flatten());
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        bytes
    }
}

/// The next byte, zero behind the last.
fn next(bytes: &mut &[u8]) -> u32 {
    u32::from(bytes.split_off_first().copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck_macros::quickcheck;

    #[quickcheck]
    fn what_is_written_is_read(bits: Vec<(u16, bool)>) -> bool {
        let mut writer = Coder::writer();
        for (one, bit) in &bits {
            writer.code(u32::from(*one).max(1), *bit);
        }
        let bytes = writer.finish();
        let mut reader = Coder::reader(&bytes);
        let same = bits
            .iter()
            .all(|(one, bit)| reader.code(u32::from(*one).max(1), false) == *bit);
        same && reader.is_done()
    }
}
