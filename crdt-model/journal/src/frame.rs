//! The frame of a single line: how it is put around a payload's fields and how it is taken off again.

use crate::{Damage, Place};

/// What stands between the payload's fields and the checksum's digits.
const TAIL_OPEN: &[u8] = b",\"k\":\"";
const TAIL_CLOSE: &[u8] = b"\"}";
const CRC_DIGITS: usize = 8;
const TAIL_LEN: usize = TAIL_OPEN.len() + CRC_DIGITS + TAIL_CLOSE.len();

/// How every line begins.
pub(crate) const HEAD: &[u8] = b"{\"n\":";

/// The only fields of a line that carries no payload and exists to raise the watermark.
pub(crate) const MARK: &[u8] = b"\"kind\":\"mark\"";

/// A line whose checksum is right, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) number: u64,
    pub(crate) watermark: u64,
    pub(crate) previous: u32,
    /// The payload's fields, without braces.
    pub(crate) fields: &'a [u8],
    /// The CRC-32 of the whole line, which the next line repeats.
    pub(crate) crc: u32,
}

/// Appends one line to `out` and returns the place after it. `fields` has no braces.
pub(crate) fn put(place: Place, watermark: u64, fields: &[u8], out: &mut Vec<u8>) -> Place {
    let start = out.len();
    out.extend_from_slice(HEAD);
    put_number(place.lines, out);
    out.extend_from_slice(b",\"d\":");
    put_number(watermark, out);
    out.extend_from_slice(b",\"p\":\"");
    out.extend_from_slice(&digits(place.chain));
    out.push(b'"');
    if !fields.is_empty() {
        out.push(b',');
        out.extend_from_slice(fields);
    }
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&out[start..]);
    let tail = out.len();
    out.extend_from_slice(TAIL_OPEN);
    out.extend_from_slice(&digits(checksum.clone().finalize()));
    out.extend_from_slice(TAIL_CLOSE);
    checksum.update(&out[tail..]);
    let chain = checksum.finalize();
    out.push(b'\n');
    Place {
        lines: place.lines + 1,
        records: place.records + u64::from(fields != MARK),
        offset: place.offset + (out.len() - start) as u64,
        chain,
    }
}

/// Takes a line apart, given without its line feed.
pub(crate) fn take(line: &[u8]) -> Result<Frame<'_>, Damage> {
    let body_len = line.len().checked_sub(TAIL_LEN).ok_or(Damage::NotALine)?;
    let (body, tail) = line.split_at(body_len);
    let digits = tail
        .strip_prefix(TAIL_OPEN)
        .and_then(|rest| rest.strip_suffix(TAIL_CLOSE))
        .ok_or(Damage::NotALine)?;
    let stated = hex(digits).ok_or(Damage::NotALine)?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(body);
    if checksum.clone().finalize() != stated {
        return Err(Damage::Checksum);
    }
    let head = head(body).ok_or(Damage::NotALine)?;
    checksum.update(tail);
    Ok(Frame {
        crc: checksum.finalize(),
        ..head
    })
}

/// Whether these bytes begin like a line. Cheap, and true of every sound line.
pub(crate) fn begins_like_a_line(bytes: &[u8]) -> bool {
    head(bytes.get(..80).unwrap_or(bytes)).is_some()
}

/// Reads `n`, `d` and `p`; what follows them is left as `fields`.
fn head(body: &[u8]) -> Option<Frame<'_>> {
    let (number, rest) = number(body.strip_prefix(HEAD)?)?;
    let (watermark, rest) = self::number(rest.strip_prefix(b",\"d\":")?)?;
    let rest = rest.strip_prefix(b",\"p\":\"")?;
    let (digits, rest) = rest.split_at_checked(CRC_DIGITS)?;
    let previous = hex(digits)?;
    let rest = rest.strip_prefix(b"\"")?;
    let fields = if rest.is_empty() {
        rest
    } else {
        rest.strip_prefix(b",")?
    };
    Some(Frame {
        number,
        watermark,
        previous,
        fields,
        crc: 0,
    })
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let len = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (digits, rest) = bytes.split_at(len);
    let value = str::from_utf8(digits).ok()?.parse().ok()?;
    Some((value, rest))
}

/// Appends a number in decimal digits.
fn put_number(mut number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[start..].reverse();
}

/// The eight digits of a checksum.
fn digits(checksum: u32) -> [u8; CRC_DIGITS] {
    std::array::from_fn(|place| {
        let nibble = (checksum >> (28 - 4 * place)) & 15;
        b"0123456789abcdef"[nibble as usize]
    })
}

/// Eight lower-case digits and nothing else: one spelling for each value, or a flipped case bit would pass unseen.
fn hex(digits: &[u8]) -> Option<u32> {
    let canonical = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != CRC_DIGITS || !digits.iter().all(canonical) {
        return None;
    }
    u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_documented() {
        let mut out = Vec::new();
        let place = Place {
            lines: 41,
            records: 40,
            offset: 18_230,
            chain: 0x5e1c_09aa,
        };
        let after = put(place, 18_230, b"\"t\":1", &mut out);
        let text = String::from_utf8(out.clone()).unwrap();
        assert!(text.starts_with("{\"n\":41,\"d\":18230,\"p\":\"5e1c09aa\",\"t\":1,\"k\":\""));
        assert!(text.ends_with("\"}\n"));
        assert_eq!((after.lines, after.records), (42, 41));
        assert_eq!(after.offset, 18_230 + out.len() as u64);
        let frame = take(&out[..out.len() - 1]).unwrap();
        assert_eq!(frame.crc, after.chain);
        assert_eq!(frame.fields, b"\"t\":1");
    }

    #[test]
    fn numbers_and_checksums_are_spelled_as_everywhere() {
        for number in [0, 7, 10, 18_230, 1 << 32, u64::MAX] {
            let mut out = Vec::new();
            put_number(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
        for checksum in [0, 0xa, 0x5e1c_09aa, u32::MAX] {
            assert_eq!(&digits(checksum)[..], format!("{checksum:08x}").as_bytes());
            assert_eq!(hex(&digits(checksum)), Some(checksum));
        }
    }

    #[test]
    fn checksum_digits_have_one_spelling() {
        assert_eq!(hex(b"0000000a"), Some(10));
        assert_eq!(hex(b"0000000A"), None);
        assert_eq!(hex(b"+000000a"), None);
    }
}
