//! Bytes that are written as lower-case hex digits and never printed otherwise.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use spotter_model::read_hex;
use subtle::ConstantTimeEq;

/// A fixed number of bytes: a salt, a hash, a MAC. Compared in constant time; prints as nothing but its length.
#[derive(Clone, Copy)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> PartialEq for Hex<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for Hex<N> {}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{N} bytes›")
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(
            &self
                .0
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        )
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Files that an operator has edited may hold capital digits.
        read_hex(&text.to_ascii_lowercase())
            .map(Self)
            .ok_or_else(|| de::Error::custom(format!("expected {} hex digits", 2 * N)))
    }
}
