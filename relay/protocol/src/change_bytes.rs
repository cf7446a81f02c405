//! The body of an update: one change, exactly as its author wrote it, in base64 where it does not travel packed.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use spotter_model::{Change, Refusal};

/// The bytes of one change, looked at or not. Travels as standard base64 with padding, or in a pack.
#[derive(Clone)]
pub struct ChangeBytes {
    bytes: Arc<[u8]>,
    /// The change, where it has been read already, so that it need not be read twice.
    read: Option<Box<Change>>,
}

impl ChangeBytes {
    /// Wraps bytes for the wire.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            read: None,
        }
    }

    /// The bytes, shared and not copied.
    pub fn shared(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Reads the change, if it can be read, so that it is there when it is asked for.
    pub fn look(&mut self) {
        if self.read.is_none() {
            self.read = Change::decode(&self.bytes).ok().map(Box::new);
        }
    }

    /// The change.
    ///
    /// # Errors
    /// Names what is wrong with the bytes.
    pub fn into_change(self) -> Result<Change, Refusal> {
        match self.read {
            Some(change) => Ok(*change),
            None => Change::decode(&self.bytes),
        }
    }

    /// The change, leaving the bytes where they are.
    ///
    /// # Errors
    /// Names what is wrong with the bytes.
    pub fn change(&self) -> Result<Change, Refusal> {
        match &self.read {
            Some(change) => Ok(Change::clone(change)),
            None => Change::decode(&self.bytes),
        }
    }
}

impl From<Change> for ChangeBytes {
    fn from(change: Change) -> Self {
        Self {
            bytes: Arc::clone(change.bytes()),
            read: Some(Box::new(change)),
        }
    }
}

impl PartialEq for ChangeBytes {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for ChangeBytes {}

impl AsRef<[u8]> for ChangeBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for ChangeBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{} bytes›", self.bytes.len())
    }
}

impl Serialize for ChangeBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.bytes))
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
