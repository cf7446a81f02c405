//! Bytes as lower-case hexadecimal digits, the one spelling of every id on the wire and on disk.

use std::fmt;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Writes two lower-case digits for each byte.
///
/// # Errors
/// When the formatter refuses.
pub fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // An id at once: every hash in a log or a trace goes through here.
    let mut pairs = [[0; 2]; 32];
    for chunk in bytes.chunks(pairs.len()) {
        for (pair, byte) in pairs.iter_mut().zip(chunk) {
            *pair = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
        }
        let digits = pairs[..chunk.len()].as_flattened();
        f.write_str(std::str::from_utf8(digits).map_err(|_| fmt::Error)?)?;
    }
    Ok(())
}

/// Reads exactly `2 * N` lower-case digits, and nothing else.
pub fn read_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let (mut bytes, mut seen) = ([0; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| WORTH[usize::from(digit)]);
        *byte = high << 4 | low;
        seen |= high | low;
    }
    (seen < 16).then_some(bytes)
}

/// What each digit is worth, and `NONE` for what is no digit. A processor that had to guess for every digit whether it is
/// a letter would be wrong too often: a log that is read is hashes for the most part.
const WORTH: [u8; 256] = {
    let (mut worth, mut value) = ([NONE; 256], 0);
    while value < 16 {
        worth[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    worth
};

/// Has bits that no digit's worth has.
const NONE: u8 = 0xff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_digits_are_read_and_nothing_else() {
        for other in (0..=u8::MAX).map(char::from) {
            let worth = other
                .to_digit(16)
                .filter(|_| !other.is_ascii_uppercase())
                .map(|worth| worth as u8);
            let [high, low] = [format!("{other}0"), format!("0{other}")].map(|text| {
                let bytes: Option<[u8; 1]> = read_hex(&text);
                bytes.map(|[byte]| byte)
            });
            assert_eq!(high, worth.map(|worth| worth << 4), "{other:?}");
            assert_eq!(low, worth, "{other:?}");
        }
        assert_eq!(read_hex::<2>("0a1"), None);
    }
}
