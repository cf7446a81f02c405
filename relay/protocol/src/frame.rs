//! What one WebSocket message holds: text, which is one JSON object, or bytes, which are an object and a pack.
//!
//! A packed message is `uleb(length of the JSON)`, the JSON object, and the pack, which reaches to the end. The object
//! is that of the plain message, with runs of numbers in the place of the list of changes.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use spotter_model::Change;
use spotter_pack::{Bounds, Declared, PACK_FORMAT};

use crate::decode::{self, Envelope, ProtocolError};
use crate::limits::MESSAGE_BYTES_MAX;

/// One message as it travels. It may hold a password or a token: never log it.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text frame.
    Text(Arc<str>),
    /// A binary frame; only where both sides have agreed on packs.
    Packed(Arc<[u8]>),
}

impl Frame {
    /// How many bytes the message has.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Packed(bytes) => bytes.len(),
        }
    }

    /// The text of a text frame.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Packed(_) => None,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this is the same message in the same place of memory: one that goes to many.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(another)) => Arc::ptr_eq(one, another),
            (Self::Packed(one), Self::Packed(another)) => Arc::ptr_eq(one, another),
            (Self::Text(_), Self::Packed(_)) | (Self::Packed(_), Self::Text(_)) => false,
        }
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Text(_) => "text",
            Self::Packed(_) => "packed",
        };
        write!(f, "‹{} bytes, {kind}›", self.len())
    }
}

impl From<String> for Frame {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Frame {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// The formats of packs that are understood here, as a first message names them.
pub fn packs_understood() -> Vec<u32> {
    vec![u32::from(PACK_FORMAT)]
}

/// The format to use with somebody who understands these; `None` if everything has to stay plain.
pub fn pack_in_common(theirs: &[u32]) -> Option<u32> {
    let ours = u32::from(PACK_FORMAT);
    theirs.contains(&ours).then_some(ours)
}

/// A packed message taken apart, its pack not looked at yet.
pub(crate) struct Parts<'a> {
    json: &'a str,
    pack: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Finds the object and the pack.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, ProtocolError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(ProtocolError::TooLarge {
                bytes: bytes.len(),
                limit: MESSAGE_BYTES_MAX,
            });
        }
        let malformed = |what: &str| ProtocolError::malformed_at("message", what);
        let (length, rest) =
            read_length(bytes).ok_or_else(|| malformed("the length of the object is not there"))?;
        let (json, pack) = rest
            .split_at_checked(length)
            .ok_or_else(|| malformed("the object is longer than the message"))?;
        let json = std::str::from_utf8(json).map_err(|_| malformed("the object is not UTF-8"))?;
        Ok(Self { json, pack })
    }

    /// The message's name and version.
    pub(crate) fn envelope(&self) -> Result<Envelope<'a>, ProtocolError> {
        Envelope::read(self.json)
    }

    /// The object's fields.
    pub(crate) fn fields<T: DeserializeOwned>(
        &self,
        envelope: &Envelope<'_>,
    ) -> Result<T, ProtocolError> {
        envelope.fields(self.json)
    }

    /// What the pack says of itself. There must be as many changes in it as the object names.
    pub(crate) fn declared(
        &self,
        msg_type: &str,
        named: Option<u64>,
        bounds: Bounds,
    ) -> Result<Declared, ProtocolError> {
        let declared = spotter_pack::declared(self.pack, bounds)
            .map_err(|error| malformed_pack(msg_type, &error))?;
        match named {
            Some(named) if named != declared.changes as u64 => {
                let differ = format!("{} changes for {named} numbers", declared.changes);
                Err(malformed_pack(msg_type, &differ))
            }
            Some(_) | None => Ok(declared),
        }
    }

    /// The changes of the pack, of which there must be as many as the object names.
    pub(crate) fn changes(
        &self,
        msg_type: &str,
        named: Option<u64>,
        bounds: Bounds,
    ) -> Result<Vec<Change>, ProtocolError> {
        self.declared(msg_type, named, bounds)?;
        spotter_pack::unpack(self.pack, bounds).map_err(|error| malformed_pack(msg_type, &error))
    }

    /// The pack, to be unpacked later.
    pub(crate) fn pack(&self) -> &'a [u8] {
        self.pack
    }
}

/// What is said of a message whose pack is wrong.
pub(crate) fn malformed_pack(msg_type: &str, what: &impl ToString) -> ProtocolError {
    ProtocolError::malformed_at(&format!("{msg_type}.pack"), &what.to_string())
}

/// Puts an object and a pack together.
pub(crate) fn packed<T: Serialize>(object: &T, pack: &[u8]) -> Frame {
    let json = decode::encode(object);
    let mut bytes = Vec::with_capacity(json.len() + pack.len() + 3);
    write_length(json.len(), &mut bytes);
    bytes.extend_from_slice(json.as_bytes());
    bytes.extend_from_slice(pack);
    Frame::Packed(bytes.into())
}

/// An unsigned LEB128 number, of at most four bytes and without superfluous ones, and what follows it.
fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let superfluous = at > 0 && *byte == 0;
            return (!superfluous).then(|| (length, &bytes[at + 1..]));
        }
    }
    None
}

fn write_length(mut length: usize, bytes: &mut Vec<u8>) {
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_as_it_was_written_and_has_one_spelling() {
        for length in [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 20] {
            let mut bytes = Vec::new();
            write_length(length, &mut bytes);
            bytes.push(7);
            assert_eq!(read_length(&bytes), Some((length, &[7][..])));
        }
        assert_eq!(read_length(&[0x80, 0x00]), None);
        assert_eq!(read_length(&[0xff, 0xff, 0xff, 0xff, 0x01]), None);
        assert_eq!(read_length(&[]), None);
    }
}
