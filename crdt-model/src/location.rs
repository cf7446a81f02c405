//! Locations and what an actor says of itself: which location it writes for, at which priority.

use std::fmt;

use crate::limits::{AUTHOR_BYTES_MAX, LOCATION_CHARS_MAX, PRIORITY_MAX};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a place that edits: "weigh-in", "Platform 1".
///
/// Normalised (NFC), 1 to 64 characters, no control characters, no space at either end. Two spellings that
/// look alike to a person are the same name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationName(String);

impl LocationName {
    /// Normalises and checks a name that a person typed.
    ///
    /// # Errors
    /// Says what is wrong with the name, and quotes it.
    pub fn parse(text: &str) -> Result<Self, InvalidLocation> {
        let name = normal(text.trim());
        Self::check(&name)?;
        Ok(Self(name))
    }

    /// Takes a name exactly as it is written in a change.
    ///
    /// Normalisation is not checked here: its tables grow with every edition of Unicode, and admission must
    /// give the same verdict in every build.
    ///
    /// # Errors
    /// Says what is wrong with the name, and quotes it.
    pub fn as_written(text: &str) -> Result<Self, InvalidLocation> {
        Self::check(text)?;
        Ok(Self(text.to_owned()))
    }

    fn check(name: &str) -> Result<(), InvalidLocation> {
        if name.is_empty() {
            return Err(InvalidLocation::Empty);
        }
        let chars = name.chars().count();
        if chars > LOCATION_CHARS_MAX {
            return Err(InvalidLocation::TooLong { chars });
        }
        if name.starts_with(' ') || name.ends_with(' ') || name.contains(is_control) {
            return Err(InvalidLocation::Unprintable {
                name: name.to_owned(),
            });
        }
        Ok(())
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The one spelling (NFC) of texts that look alike to a person.
#[cfg(not(target_family = "wasm"))]
pub fn normal(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfc().collect()
}

/// The one spelling (NFC) of texts that look alike to a person.
///
/// In a browser JavaScript has already normalised what a person typed: it has the tables, which are tens of kilobytes to load.
#[cfg(target_family = "wasm")]
pub fn normal(text: &str) -> String {
    text.to_owned()
}

/// The control characters of ISO 646 and ISO 6429, a list that no edition of Unicode changes.
fn is_control(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

impl fmt::Display for LocationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LocationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for LocationName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LocationName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Why a text names no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLocation {
    /// Nothing is left of the name after trimming.
    #[error("a location needs a name")]
    Empty,
    /// The name has more than 64 characters.
    #[error("a location's name has at most 64 characters, this one has {chars}")]
    TooLong {
        /// How many it has.
        chars: usize,
    },
    /// The name has control characters, or spaces at an end.
    #[error("a location's name is printable text: {name:?}")]
    Unprintable {
        /// The name as given.
        name: String,
    },
    /// The priority is above the highest.
    #[error("a priority is a whole number from 0 to 1000000, not {given}")]
    PriorityTooHigh {
        /// The number as given.
        given: u32,
    },
}

/// A location's rank: the higher number wins between writes that did not know of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Priority(u32);

impl Priority {
    /// Checks a priority: 0 to 1,000,000.
    ///
    /// # Errors
    /// When the number is larger.
    pub fn new(number: u32) -> Result<Self, InvalidLocation> {
        if number > PRIORITY_MAX {
            return Err(InvalidLocation::PriorityTooHigh { given: number });
        }
        Ok(Self(number))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What an actor's first change says of it: the location it writes for, and the priority which that location
/// held then. It is inside the change's hash, so it survives every copy and can never be altered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The place that edits.
    pub location: LocationName,
    /// Its rank for everything this actor writes.
    pub priority: Priority,
}

impl Author {
    /// The bytes in the change: `{"location":"…","priority":n}`, without a space, fields in this order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let location = serde_json::Value::from(self.location.as_str());
        format!(r#"{{"location":{location},"priority":{}}}"#, self.priority).into_bytes()
    }

    /// Reads the bytes in a change; only the one canonical spelling is an author.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            location: String,
            priority: u32,
        }
        if bytes.len() > AUTHOR_BYTES_MAX {
            return None;
        }
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let author = Self {
            location: LocationName::as_written(&written.location).ok()?,
            priority: Priority::new(written.priority).ok()?,
        };
        (author.to_bytes() == bytes).then_some(author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_name_are_one_location() {
        let composed = LocationName::parse("Caf\u{e9}").unwrap();
        let decomposed = LocationName::parse("  Cafe\u{301} ").unwrap();
        assert_eq!(composed, decomposed);
    }

    #[test]
    fn a_name_that_cannot_be_shown_is_refused() {
        assert_eq!(LocationName::parse("  "), Err(InvalidLocation::Empty));
        assert!(LocationName::parse("a\nb").is_err());
        assert!(LocationName::parse(&"x".repeat(65)).is_err());
        assert!(LocationName::parse(&"é".repeat(64)).is_ok());
    }

    #[test]
    fn an_author_has_one_spelling_only() {
        let author = Author {
            location: LocationName::parse("Platform \"1\"").unwrap(),
            priority: Priority::new(20).unwrap(),
        };
        let bytes = author.to_bytes();
        assert_eq!(Author::from_bytes(&bytes), Some(author));
        let spaced = String::from_utf8(bytes).unwrap().replace(':', ": ");
        assert_eq!(Author::from_bytes(spaced.as_bytes()), None);
    }
}
