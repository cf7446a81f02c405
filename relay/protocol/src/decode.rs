//! From text to a typed message, with an error that names the field and what is wrong with it.
//!
//! A text is read twice: once for its name and protocol number, so that a peer of another version is
//! told so whatever the rest looks like, and once for the fields that name promises.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::{MESSAGE_BYTES_MAX, PROTOCOL};

/// How much of a stranger's text an error repeats.
const REPEATED_CHARS_MAX: usize = 64;

/// How long an error's explanation may be.
const WHAT_CHARS_MAX: usize = 300;

/// Why a text is no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The text breaks the promises of its message. Answered with `MALFORMED_MESSAGE`.
    #[error("{at}: {what}")]
    Malformed {
        /// Message and field, as `UPDATE_INIT.updates[2].change`; empty where not even the name could be read.
        at: String,
        /// What is wrong there. May repeat what the sender wrote, so it goes back to the sender and nowhere else.
        what: String,
    },
    /// A message nobody here knows. Answered with `UNKNOWN_MESSAGE_TYPE`.
    #[error("unknown message type {msg_type:?}")]
    UnknownMessageType {
        /// Its name, cut after 64 characters.
        msg_type: String,
    },
    /// The sender speaks another version. Answered in words, as old peers understand them.
    #[error("protocol {theirs} is not spoken here, only protocol {PROTOCOL}")]
    OtherProtocol {
        /// The version it speaks.
        theirs: u32,
    },
    /// The text is longer than any message may be.
    #[error("a message of {bytes} bytes, of which at most {limit} are accepted")]
    TooLarge {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
}

impl ProtocolError {
    pub(crate) fn too_many(msg_type: &str, field: &str, count: usize, most: usize) -> Self {
        Self::Malformed {
            at: format!("{msg_type}.{field}"),
            what: format!("{count} of at most {most}"),
        }
    }

    pub(crate) fn malformed_at(at: &str, what: &str) -> Self {
        Self::Malformed {
            at: at.into(),
            what: cut(what, WHAT_CHARS_MAX),
        }
    }

    fn malformed(at: String, error: &serde_json::Error) -> Self {
        Self::Malformed {
            at,
            what: cut(&error.to_string(), WHAT_CHARS_MAX),
        }
    }
}

/// What every message has: its name, and for the first of a connection its protocol number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    pub(crate) msg_type: Cow<'a, str>,
    #[serde(default)]
    protocol: Option<u32>,
}

impl<'a> Envelope<'a> {
    /// Reads name and protocol number; the whole text must be one JSON object of at most a message's length.
    pub(crate) fn read(text: &'a str) -> Result<Self, ProtocolError> {
        if text.len() > MESSAGE_BYTES_MAX {
            return Err(ProtocolError::TooLarge {
                bytes: text.len(),
                limit: MESSAGE_BYTES_MAX,
            });
        }
        // An array of the right length would also pass for the struct; a message is an object.
        if !text
            .trim_start_matches([' ', '\t', '\n', '\r'])
            .starts_with('{')
        {
            return Err(ProtocolError::Malformed {
                at: "message".into(),
                what: "not a JSON object".into(),
            });
        }
        serde_json::from_str(text).map_err(|error| {
            let at = field_path::<Envelope<'_>>(text);
            ProtocolError::malformed(
                if at == "." {
                    "message".into()
                } else {
                    format!("message.{at}")
                },
                &error,
            )
        })
    }

    /// The fields of a message that may open a connection, once its version is known to be ours.
    pub(crate) fn opening<T: DeserializeOwned>(&self, text: &str) -> Result<T, ProtocolError> {
        match self.protocol {
            Some(theirs) if theirs != PROTOCOL => Err(ProtocolError::OtherProtocol { theirs }),
            Some(_) | None => self.fields(text),
        }
    }

    /// The fields this message's name promises.
    pub(crate) fn fields<T: DeserializeOwned>(&self, text: &str) -> Result<T, ProtocolError> {
        serde_json::from_str(text).map_err(|error| {
            let at = match field_path::<T>(text).as_str() {
                "." => self.msg_type.to_string(),
                field => format!("{}.{field}", self.msg_type),
            };
            ProtocolError::malformed(at, &error)
        })
    }

    /// The error for a message that carries no changes and comes with a pack nevertheless.
    pub(crate) fn never_packed(&self) -> ProtocolError {
        let at = cut(&self.msg_type, REPEATED_CHARS_MAX);
        ProtocolError::malformed_at(&at, "this message does not travel packed")
    }

    /// The error for a name nobody knows.
    pub(crate) fn unknown(&self) -> ProtocolError {
        ProtocolError::UnknownMessageType {
            msg_type: cut(&self.msg_type, REPEATED_CHARS_MAX),
        }
    }
}

/// The message as it travels.
pub(crate) fn encode<T: Serialize>(message: &T) -> String {
    serde_json::to_string(message).expect("words have text keys and no failing serialiser")
}

/// In a browser the account would take a seventh of what is loaded, to be shown to nobody.
#[cfg(target_family = "wasm")]
fn field_path<'a, T: Deserialize<'a>>(_: &'a str) -> String {
    ".".into()
}

/// Where in the text the field stands that `T` could not take. Reads the text once more, this time keeping
/// account; only the few that fail pay for it.
#[cfg(not(target_family = "wasm"))]
fn field_path<'a, T: Deserialize<'a>>(text: &'a str) -> String {
    let reader = &mut serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(reader) {
        // A text that ends inside a field leaves an unfinished step behind.
        Err(error) => match error.path().to_string().trim_end_matches(['?', '.']) {
            "" => ".".into(),
            path => cut(path, REPEATED_CHARS_MAX),
        },
        Ok(_) => ".".into(),
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
