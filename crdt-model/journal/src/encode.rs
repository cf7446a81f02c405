//! Turning a batch of payloads into the bytes to append.

use serde::Serialize;

use crate::{Place, frame};

/// The longest line that is written or accepted. The longest honest line is one message of changes with a position;
/// the bound keeps a reader's memory small when a file is nothing but one endless line.
pub const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// As long as most lines, so that they are written without growing what holds them.
const SHORT_LINE_BYTES: usize = 512;

/// What to append for a batch of payloads, and the place after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Whole lines, to be written at the offset of the place they were encoded for.
    pub bytes: Vec<u8>,
    /// The place after the batch, once it has been written.
    pub end: Place,
}

/// Why a batch cannot be encoded. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The payload is not a JSON object, or serde refused it.
    #[error("a journal line must be a JSON object")]
    NotAnObject(#[source] Option<serde_json::Error>),
    /// The line would be longer than a reader accepts.
    #[error("a journal line of {bytes} bytes is longer than {LINE_BYTES_MAX}")]
    TooLong {
        /// How long it would be.
        bytes: usize,
    },
}

/// Encodes a batch for a place before which every byte is known to be on disk.
///
/// All lines of a batch carry that place's offset as their watermark: they are written and synced together, so none of
/// them can vouch for another.
///
/// # Errors
///
/// A payload that is no JSON object, or one too long for a line; then none of the batch is encoded.
pub fn encode<T: Serialize>(place: Place, payloads: &[T]) -> Result<Batch, EncodeError> {
    let mut bytes = Vec::with_capacity(payloads.len() * SHORT_LINE_BYTES);
    let mut json = Vec::with_capacity(SHORT_LINE_BYTES);
    let mut end = place;
    for payload in payloads {
        json.clear();
        serde_json::to_writer(&mut json, payload)
            .map_err(|error| EncodeError::NotAnObject(Some(error)))?;
        let fields = fields(&json).ok_or(EncodeError::NotAnObject(None))?;
        let start = end.offset;
        end = frame::put(end, place.offset, fields, &mut bytes);
        let line_bytes = (end.offset - start) as usize;
        if line_bytes > LINE_BYTES_MAX {
            return Err(EncodeError::TooLong { bytes: line_bytes });
        }
    }
    Ok(Batch { bytes, end })
}

/// Encodes a line without payload whose watermark covers everything before it.
///
/// Written when a journal has been idle or is closed, so that its last batch is protected like all others.
pub fn encode_mark(place: Place) -> Batch {
    let mut bytes = Vec::new();
    let end = frame::put(place, place.offset, frame::MARK, &mut bytes);
    Batch { bytes, end }
}

fn fields(json: &[u8]) -> Option<&[u8]> {
    json.strip_prefix(b"{")?.strip_suffix(b"}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_lines() {
        assert!(matches!(
            encode(Place::START, &[7]),
            Err(EncodeError::NotAnObject(None))
        ));
    }

    #[test]
    fn an_endless_payload_is_refused() {
        let long = serde_json::json!({ "text": "x".repeat(LINE_BYTES_MAX) });
        assert!(matches!(
            encode(Place::START, &[long]),
            Err(EncodeError::TooLong { .. })
        ));
    }
}
