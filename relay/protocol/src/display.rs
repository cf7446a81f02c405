//! Display keys: what lets a scoreboard or an overlay read a meet, and do nothing else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use spotter_model::LocationName;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::limits::DISPLAY_KEY_CHARS;
use crate::position::{LogId, NotHex};
use crate::secrets::{is_base64url, secret};

/// The right to read a meet. Opaque to displays; the relay that made it knows it again.
#[derive(Clone)]
pub struct DisplayKey(Zeroizing<String>);

/// Why a text cannot be a display key. Never says what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a display key is {DISPLAY_KEY_CHARS} letters, digits, - and _")]
pub struct InvalidDisplayKey;

impl DisplayKey {
    /// Takes a key's text as a relay wrote it.
    ///
    /// # Errors
    /// When it has another length, or other characters than base64url's.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayKey> {
        if text.len() == DISPLAY_KEY_CHARS && is_base64url(text, DISPLAY_KEY_CHARS) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(InvalidDisplayKey)
        }
    }
}

secret!(DisplayKey, "a display key");

/// Names a display key without granting anything. Sixteen hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayKeyId(LogId);

impl DisplayKeyId {
    /// The id with these bytes, which the caller has drawn at random.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(LogId::from_bytes(bytes))
    }
}

impl FromStr for DisplayKeyId {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        text.parse().map(Self)
    }
}

impl fmt::Display for DisplayKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for DisplayKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a display key is for, in the words of whoever made it. Bounded like the name of a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayLabel(LocationName);

/// Why a text cannot be the label of a display key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a label has 1 to 64 characters and no control characters")]
pub struct InvalidDisplayLabel;

impl DisplayLabel {
    /// Takes a text as somebody typed it.
    ///
    /// # Errors
    /// When it is empty, longer than 64 characters, or has control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayLabel> {
        LocationName::parse(text)
            .map(Self)
            .map_err(|_| InvalidDisplayLabel)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for DisplayLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for DisplayLabel {
    type Error = InvalidDisplayLabel;

    fn try_from(text: String) -> Result<Self, InvalidDisplayLabel> {
        Self::parse(&text)
    }
}

impl From<DisplayLabel> for String {
    fn from(label: DisplayLabel) -> Self {
        label.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_key_has_one_length_and_never_prints() {
        let key = DisplayKey::parse(&"k".repeat(43)).unwrap();
        assert_eq!(format!("{key} {key:?}"), "‹redacted› ‹redacted›");
        for wrong in [
            "",
            &"k".repeat(42),
            &"k".repeat(44),
            &format!("{}=", "k".repeat(42)),
        ] {
            assert_eq!(DisplayKey::parse(wrong), Err(InvalidDisplayKey), "{wrong}");
        }
    }

    #[test]
    fn a_label_is_bounded_like_a_name() {
        assert_eq!(
            DisplayLabel::parse(" Overlay ").unwrap().as_str(),
            "Overlay"
        );
        for wrong in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert_eq!(
                DisplayLabel::parse(wrong),
                Err(InvalidDisplayLabel),
                "{wrong:?}"
            );
        }
    }
}
