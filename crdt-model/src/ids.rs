//! The names of things inside a document: actors, changes, operations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hex::{read_hex, write_hex};
use crate::limits::ACTOR_BYTES;

/// Automerge's id for one uninterrupted line of writing by a replica.
///
/// Drawn at random for every process start and never restored from disk: two processes that wrote as one
/// actor would tear a meet apart for good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId([u8; ACTOR_BYTES]);

impl ActorId {
    /// Makes an actor id of eight random bytes, which the caller draws.
    pub const fn new(bytes: [u8; ACTOR_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes as they stand in a change.
    pub const fn as_bytes(&self) -> &[u8; ACTOR_BYTES] {
        &self.0
    }
}

/// The SHA-256 by which a change is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash([u8; 32]);

impl ChangeHash {
    /// Wraps the 32 bytes of a hash.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes as they stand among a change's dependencies.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The name of one operation, and of the object it makes.
///
/// Ordered by counter, then by the actor's bytes: Automerge's own order, which extends causality.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId {
    /// A Lamport clock over the whole document, from 1.
    pub counter: u32,
    /// Who wrote the operation.
    pub actor: ActorId,
}

/// A string that is no hexadecimal id of the right length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {digits} lower-case hexadecimal digits, not {given:?}")]
pub struct InvalidHex {
    what: &'static str,
    digits: usize,
    given: String,
}

macro_rules! hex_id {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidHex;

            fn from_str(text: &str) -> Result<Self, InvalidHex> {
                let invalid = || InvalidHex {
                    what: $what,
                    digits: 2 * size_of::<Self>(),
                    given: text.chars().take(80).collect(),
                };
                read_hex(text).map(Self).ok_or_else(invalid)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(ActorId, "an actor id");
hex_id!(ChangeHash, "a change hash");

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.counter, self.actor)
    }
}

impl fmt::Debug for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A string that names no operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a write is named <counter>@<actor>, like 17@00112233aabbccdd, not {given:?}")]
pub struct InvalidOpId {
    given: String,
}

impl FromStr for OpId {
    type Err = InvalidOpId;

    fn from_str(text: &str) -> Result<Self, InvalidOpId> {
        let parsed = text.split_once('@').and_then(|(counter, actor)| {
            Some(Self {
                counter: counter.parse().ok()?,
                actor: actor.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| InvalidOpId {
            given: text.chars().take(80).collect(),
        })
    }
}
