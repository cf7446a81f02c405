//! The body of an update: one change, exactly as its author wrote it, in base64.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The bytes of one change, not yet looked at. Travels as standard base64 with padding.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangeBytes(Arc<[u8]>);

impl ChangeBytes {
    /// Wraps bytes for the wire.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, shared and not copied.
    pub fn shared(&self) -> &Arc<[u8]> {
        &self.0
    }
}

impl AsRef<[u8]> for ChangeBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ChangeBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{} bytes›", self.0.len())
    }
}

impl Serialize for ChangeBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for ChangeBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64Text)
    }
}

/// Reads the text in place where the parser can lend it, since a backlog is megabytes of it.
struct Base64Text;

impl de::Visitor<'_> for Base64Text {
    type Value = ChangeBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a change in base64")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ChangeBytes, E> {
        STANDARD
            .decode(text)
            .map(ChangeBytes::new)
            .map_err(|error| E::custom(format!("not base64: {error}")))
    }
}
