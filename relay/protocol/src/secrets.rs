//! What must never be printed: passwords, session tokens and recovery tickets. Each prints as
//! `‹redacted›`, is wiped when dropped, and is compared in constant time.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, TICKET_CHARS_MAX, TOKEN_CHARS_MAX};

/// A meet's shared password, in NFC so that every keyboard produces the same bytes.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// What a relay hands out at joining, and what lets a client return without the password.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<String>);

/// What every member keeps so that a relay that lost everything can take the meet back.
/// Opaque to clients; sealed by the relay's key.
#[derive(Clone)]
pub struct Ticket(Zeroizing<String>);

/// Why a text cannot be a password. Never says what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidPassword {
    /// Fewer than ten characters.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// More than 256 bytes.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
}

/// Why a text cannot be a session token. Never says what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a session token is 1 to {TOKEN_CHARS_MAX} letters, digits, - and _")]
pub struct InvalidToken;

/// Why a text cannot be a recovery ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a recovery ticket is 1 to {TICKET_CHARS_MAX} letters, digits, - and _")]
pub struct InvalidTicket;

impl Password {
    /// Takes a text as somebody typed it.
    ///
    /// # Errors
    /// When it is shorter than ten characters or longer than 256 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidPassword> {
        // Checked before normalising, which may only shorten what is this long by a factor.
        if text.len() > 4 * PASSWORD_BYTES_MAX {
            return Err(InvalidPassword::TooLong);
        }
        let normal = Zeroizing::new(spotter_model::normal(text));
        if normal.chars().count() < PASSWORD_CHARS_MIN {
            return Err(InvalidPassword::TooShort);
        }
        if normal.len() > PASSWORD_BYTES_MAX {
            return Err(InvalidPassword::TooLong);
        }
        Ok(Self(normal))
    }
}

impl SessionToken {
    /// Takes a token's text as a relay wrote it.
    ///
    /// # Errors
    /// When it is empty, too long, or has other characters than base64url's.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        if is_base64url(text, TOKEN_CHARS_MAX) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(InvalidToken)
        }
    }

    /// The first few characters, enough to tell two apart and useless for anything else.
    pub fn hint(&self) -> String {
        format!("{}…", &self.0[..self.0.len().min(6)])
    }
}

impl Ticket {
    /// Takes a ticket's text as a relay wrote it.
    ///
    /// # Errors
    /// When it is empty, too long, or has other characters than base64url's.
    pub fn parse(text: &str) -> Result<Self, InvalidTicket> {
        if is_base64url(text, TICKET_CHARS_MAX) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(InvalidTicket)
        }
    }
}

pub(crate) fn is_base64url(text: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

macro_rules! secret {
    ($name:ident, $expecting:literal) => {
        impl $name {
            /// The text itself, for hashing, sending or storing. Never for printing.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("‹redacted›")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("‹redacted›")
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
            }
        }

        impl Eq for $name {}

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // A wrong shape is answered without repeating it: a password typed as a number is still one.
                let Ok(mut text) = String::deserialize(deserializer) else {
                    return Err(de::Error::custom(concat!(
                        "expected ",
                        $expecting,
                        ", as text"
                    )));
                };
                let parsed = Self::parse(&text);
                text.zeroize();
                parsed.map_err(de::Error::custom)
            }
        }
    };
}

pub(crate) use secret;

secret!(Password, "a password");
secret!(SessionToken, "a session token");
secret!(Ticket, "a recovery ticket");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_print() {
        let password = Password::parse("correct horse").unwrap();
        let token = SessionToken::parse("abcdefghij").unwrap();
        let ticket = Ticket::parse("abcdefghij").unwrap();
        assert_eq!(
            format!("{password} {password:?} {token} {token:?} {ticket} {ticket:?}"),
            ["‹redacted›"; 6].join(" ")
        );
        assert_eq!(token.hint(), "abcdef…");
    }

    #[test]
    fn a_password_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(Password::parse("123456789"), Err(InvalidPassword::TooShort));
        assert!(Password::parse("äöüäöüäöüä").is_ok());
        assert_eq!(Password::parse("ééééééééé"), Err(InvalidPassword::TooShort));
        assert!(Password::parse(&"x".repeat(256)).is_ok());
        assert_eq!(
            Password::parse(&"x".repeat(257)),
            Err(InvalidPassword::TooLong)
        );
        assert_eq!(
            Password::parse(&"x".repeat(1 << 20)),
            Err(InvalidPassword::TooLong)
        );
    }

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(
            Password::parse("cafe\u{301} cafe\u{301}s"),
            Password::parse("café cafés")
        );
    }

    #[test]
    fn a_wrong_password_shape_is_not_repeated_in_the_answer() {
        let refused = serde_json::from_str::<Password>("1234567890123")
            .unwrap_err()
            .to_string();
        assert!(!refused.contains("1234567890123"), "{refused}");
    }
}
