//! Where people are: what one shows the others while they look at a meet. Never part of it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::PRESENCE_FIELD_BYTES_MAX;

/// What the people at a replica look at. Everything in it may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whereabouts {
    /// The day of the meet, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u32>,
    /// The platform, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<u32>,
    /// The lifter's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<i64>,
    /// The field they are about to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<PresenceField>,
}

/// The name of a field, bounded, so that presence stays small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PresenceField(String);

/// Why a text cannot be the name of a field in `PRESENCE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a field has 1 to {PRESENCE_FIELD_BYTES_MAX} bytes and no control characters")]
pub struct InvalidPlace;

impl PresenceField {
    /// Takes the name of a field.
    ///
    /// # Errors
    /// When it is empty, longer than 64 bytes, or has control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidPlace> {
        let fits = (1..=PRESENCE_FIELD_BYTES_MAX).contains(&text.len());
        if fits && !text.contains(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPlace)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PresenceField {
    type Error = InvalidPlace;

    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        Self::parse(&text)
    }
}

impl From<PresenceField> for String {
    fn from(field: PresenceField) -> Self {
        field.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_short_and_printable() {
        assert_eq!(PresenceField::parse("squat.2").unwrap().as_str(), "squat.2");
        for wrong in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(PresenceField::parse(wrong), Err(InvalidPlace), "{wrong:?}");
        }
    }
}
