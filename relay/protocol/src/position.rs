//! Where a change stands in a relay's log, and how a client notices that the log is not the one it knew.
//!
//! Positions name the order of receipt and decide nothing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use spotter_model::{ChangeHash, read_hex, write_hex};
use thiserror::Error;

/// The random name of one incarnation of a meet's log. Another one means that memory was lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 8]);

impl LogId {
    /// The id with these bytes, which the caller has drawn at random.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

/// A running checksum over the hashes of all changes up to a position: equal chains at equal
/// positions of one log mean equal histories.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain(u32);

impl Chain {
    /// The chain at position 0.
    pub const START: Self = Self(0);

    /// The chain one position further, where `hash` stands.
    #[must_use]
    pub fn then(self, hash: &ChangeHash) -> Self {
        let mut link = [0; 36];
        link[..4].copy_from_slice(&self.0.to_be_bytes());
        link[4..].copy_from_slice(hash.as_bytes());
        Self(checksum(&link))
    }
}

#[cfg(not(target_family = "wasm"))]
fn checksum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// Bit by bit: in a browser a chain has a few thousand links, and the table of the fast way is 16 KB to load.
#[cfg(any(test, target_family = "wasm"))]
fn checksum_by_bits(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte), |checksum, _| {
            checksum >> 1 ^ (0xEDB8_8320 & 0u32.wrapping_sub(checksum & 1))
        })
    })
}

#[cfg(target_family = "wasm")]
use checksum_by_bits as checksum;

/// A place in one log: everything up to and including `server_seq_num` is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Whose numbers these are.
    pub log_id: LogId,
    /// The last position known; 0 before the first change.
    pub server_seq_num: u64,
    /// The chain at that position.
    pub chain: Chain,
}

/// A text that should have been a fixed number of lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected {digits} lower-case hex digits")]
pub struct NotHex {
    digits: usize,
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], NotHex> {
    read_hex(text).ok_or(NotHex { digits: 2 * N })
}

impl FromStr for LogId {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        parse_hex(text).map(Self)
    }
}

impl FromStr for Chain {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        parse_hex(text).map(u32::from_be_bytes).map(Self)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

macro_rules! hex_words {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

hex_words!(LogId, Chain);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_depend_on_every_hash_and_on_their_order() {
        let [a, b] = ["aa", "bb"].map(|pair| pair.repeat(32).parse::<ChangeHash>().unwrap());
        assert_eq!(Chain::START.to_string(), "00000000");
        assert_ne!(
            Chain::START.then(&a).then(&b),
            Chain::START.then(&b).then(&a)
        );
        assert_ne!(Chain::START.then(&a), Chain::START.then(&a).then(&a));
    }

    #[test]
    fn a_browser_computes_the_same_chains() {
        for bytes in [&b""[..], b"123456789", &[0xFF; 36], &[0; 36]] {
            assert_eq!(checksum_by_bits(bytes), checksum(bytes));
        }
        assert_eq!(checksum_by_bits(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn hex_is_lower_case_and_of_exact_length() {
        assert_eq!("00ff".parse::<LogId>(), Err(NotHex { digits: 16 }));
        assert_eq!(
            "0011223344556677".parse::<LogId>().unwrap().to_string(),
            "0011223344556677"
        );
        assert_eq!(
            "0011223344556A77".parse::<LogId>(),
            Err(NotHex { digits: 16 })
        );
        assert_eq!("+0112233".parse::<Chain>(), Err(NotHex { digits: 8 }));
        assert_eq!("é0123456".parse::<Chain>(), Err(NotHex { digits: 8 }));
    }
}
