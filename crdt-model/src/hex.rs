//! Bytes as lower-case hexadecimal digits, the one spelling of every id on the wire and on disk.

use std::fmt;

/// Writes two lower-case digits for each byte.
///
/// # Errors
/// When the formatter refuses.
pub fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
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
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
