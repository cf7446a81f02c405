//! How a value of any length, or none, stands in a register.
//!
//! A register holds a text of at most 16,384 bytes, and is never deleted. So a longer text is cut into parts that
//! lie in registers of their own, and the register holds the parts' name; and a register that shall be absent
//! again holds a mark. Parts are named by the text's digest: they never hold two different things, whoever
//! writes them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::op::Scalar;
use crate::openlifter::Registers;

/// Begins a text that is not meant as it stands. A text of a person that begins so is escaped.
const MARK: char = '\0';
/// Follows the mark: the register is absent.
const VOID: char = '-';
/// Follows the mark: the rest is the text itself.
const LITERAL: char = '=';
/// Follows the mark: digest and number of the parts.
const PARTS: char = '#';

/// Longest text that stands in one register. Smaller than the format allows, so that four fit in a change.
const PART_BYTES_MAX: usize = 12_000;

/// The content of a register that is absent again.
pub(super) fn void() -> Scalar {
    Scalar::Text(format!("{MARK}{VOID}"))
}

/// Puts a value into the form in which a register holds it. Parts that it needs are added to `parts`.
pub(super) fn fold(value: Scalar, parts: &mut Registers) -> Scalar {
    match value {
        Scalar::Text(text) if text.len() > PART_BYTES_MAX => Scalar::Text(cut(&text, parts)),
        Scalar::Text(text) if text.starts_with(MARK) => {
            Scalar::Text(format!("{MARK}{LITERAL}{text}"))
        }
        Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) | Scalar::Text(_) => value,
    }
}

fn cut(mut text: &str, parts: &mut Registers) -> String {
    let digest = digest(text);
    let mut count = 0;
    while !text.is_empty() {
        let (part, rest) = text.split_at(part_end(text));
        parts.insert(part_key(&digest, count), Scalar::Text(part.to_owned()));
        count += 1;
        text = rest;
    }
    format!("{MARK}{PARTS}{digest}.{count}")
}

/// The last boundary between characters that keeps a part short enough.
fn part_end(text: &str) -> usize {
    if text.len() <= PART_BYTES_MAX {
        return text.len();
    }
    let ends = (0..=PART_BYTES_MAX).rev();
    ends.into_iter()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0)
}

fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(16).fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

fn part_key(digest: &str, index: usize) -> String {
    format!("%{digest}.{index}")
}

/// Whether a register of this key holds a part of a longer text.
pub(super) fn is_part(key: &str) -> bool {
    key.starts_with('%')
}

/// What a register means; nothing if it is absent.
///
/// A text whose parts are not there, which only a program other than ours can have written, is shown as it stands.
pub(super) fn unfold(held: &Scalar, part: impl FnMut(&str) -> Option<String>) -> Option<Scalar> {
    let Scalar::Text(text) = held else {
        return Some(held.clone());
    };
    let Some(marked) = text.strip_prefix(MARK) else {
        return Some(held.clone());
    };
    if marked.starts_with(VOID) {
        return None;
    }
    if let Some(literal) = marked.strip_prefix(LITERAL) {
        return Some(Scalar::from(literal));
    }
    let whole = marked.strip_prefix(PARTS).and_then(|name| join(name, part));
    Some(whole.map_or_else(|| held.clone(), Scalar::Text))
}

fn join(name: &str, mut part: impl FnMut(&str) -> Option<String>) -> Option<String> {
    let (digest_hex, count) = name.split_once('.')?;
    let count: usize = count.parse().ok()?;
    let mut whole = String::new();
    for index in 0..count {
        whole.push_str(&part(&part_key(digest_hex, index))?);
    }
    (digest(&whole) == digest_hex).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(value: Scalar) -> Option<Scalar> {
        let mut parts = Registers::new();
        let held = fold(value, &mut parts);
        assert!(parts.keys().all(|key| is_part(key)));
        unfold(&held, |key| match parts.get(key)? {
            Scalar::Text(part) => Some(part.clone()),
            Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) => None,
        })
    }

    #[test]
    fn every_text_comes_back() {
        for text in ["", "Zoë", "\0", "\0-", "\0#00.1", "\0=\0"] {
            assert_eq!(through(Scalar::from(text)), Some(Scalar::from(text)));
        }
        for length in [11_999, 12_000, 12_001, 50_000] {
            let text = Scalar::Text("ß😀".repeat(length / 6 + 1));
            assert_eq!(through(text.clone()), Some(text));
        }
    }

    #[test]
    fn what_is_void_is_absent() {
        assert_eq!(unfold(&void(), |_| None), None);
    }

    #[test]
    fn a_text_whose_parts_are_missing_or_not_its_own_is_shown_as_it_stands() {
        let mut parts = Registers::new();
        let held = fold(Scalar::Text("x".repeat(13_000)), &mut parts);
        assert_eq!(unfold(&held, |_| None), Some(held.clone()));
        assert_eq!(unfold(&held, |_| Some("y".to_owned())), Some(held));
    }
}
