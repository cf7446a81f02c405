//! The name of a meet: nine digits, shown in threes, so that it can be read out across a gym.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The name of a meet at a relay. Not a secret.
///
/// Prints as `123-456-789`; is read with or without separators; travels and is stored as nine plain digits.
///
/// ```
/// use spotter_relay_protocol::MeetId;
///
/// let meet: MeetId = "123 456 789".parse()?;
/// assert_eq!(meet.to_string(), "123-456-789");
/// assert_eq!(meet.digits(), "123456789");
/// # Ok::<(), spotter_relay_protocol::InvalidMeetId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeetId(u32);

impl MeetId {
    /// The smallest id a relay hands out: no leading zero, so that no spreadsheet eats a digit.
    pub const FIRST_DRAWN: u32 = 100_000_000;
    /// One more than the largest id there is.
    pub const END: u32 = 1_000_000_000;

    /// The id with this number, or `None` if it has more than nine digits.
    pub fn from_number(number: u32) -> Option<Self> {
        (number < Self::END).then_some(Self(number))
    }

    /// The nine digits without separators: the name of the meet's folder.
    pub fn digits(self) -> String {
        format!("{:09}", self.0)
    }
}

/// Why a text is not the id of a meet.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidMeetId {
    /// Too few or too many digits.
    #[error("a meet id has 9 digits, not {0}")]
    Length(usize),
    /// Something that is neither a digit nor a separator.
    #[error("a meet id has only digits and separators, not {0:?}")]
    Character(char),
}

impl FromStr for MeetId {
    type Err = InvalidMeetId;

    fn from_str(text: &str) -> Result<Self, InvalidMeetId> {
        let mut number = 0_u64;
        let mut digits = 0;
        for character in text.trim().chars() {
            match character {
                '0'..='9' if digits < 18 => {
                    number = number * 10 + u64::from(u32::from(character) - u32::from('0'));
                    digits += 1;
                }
                '0'..='9' => digits += 1,
                // People paste ids from chats and documents, which dress up hyphens and spaces.
                '-' | ' ' | '\u{a0}' | '\u{2010}'..='\u{2014}' | '\u{202f}' => {}
                other => return Err(InvalidMeetId::Character(other)),
            }
        }
        match u32::try_from(number) {
            Ok(number) if digits == 9 => Ok(Self(number)),
            Ok(_) | Err(_) => Err(InvalidMeetId::Length(digits)),
        }
    }
}

impl fmt::Display for MeetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:03}-{:03}-{:03}",
            self.0 / 1_000_000,
            self.0 / 1_000 % 1_000,
            self.0 % 1_000
        )
    }
}

impl fmt::Debug for MeetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for MeetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits())
    }
}

impl<'de> Deserialize<'de> for MeetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_optional_and_shown() {
        for text in [
            "123456789",
            "123-456-789",
            "123 456 789",
            " 123\u{2013}456\u{a0}789 ",
            "1-2-3456789",
        ] {
            assert_eq!(
                text.parse::<MeetId>().unwrap().to_string(),
                "123-456-789",
                "{text}"
            );
        }
        assert_eq!(
            "000-000-001".parse::<MeetId>().unwrap().digits(),
            "000000001"
        );
    }

    #[test]
    fn anything_but_nine_ascii_digits_is_refused_with_its_reason() {
        let refused = |text: &str| text.parse::<MeetId>().unwrap_err();
        assert_eq!(refused(""), InvalidMeetId::Length(0));
        assert_eq!(refused("12345678"), InvalidMeetId::Length(8));
        assert_eq!(refused("1234567890"), InvalidMeetId::Length(10));
        assert_eq!(refused(&"1".repeat(500)), InvalidMeetId::Length(500));
        assert_eq!(refused("../456789"), InvalidMeetId::Character('.'));
        assert_eq!(refused("123456789\0"), InvalidMeetId::Character('\0'));
        assert_eq!(refused("12345678９"), InvalidMeetId::Character('９'));
        assert_eq!(refused("%2e%2e6789"), InvalidMeetId::Character('%'));
    }
}
