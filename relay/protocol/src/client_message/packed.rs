//! Offering changes in a pack.
//!
//! A pack of 300 bytes can take a tenth of a second to unpack, so whoever reads it decides first whether to: what it says of
//! itself is told beforehand, and what it took afterwards.

use std::iter;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spotter_model::Change;
use spotter_pack::{Bounds, unpack_counted};

use super::{ClientMessage, OfferedUpdate, UpdateInit};
use crate::change_bytes::ChangeBytes;
use crate::decode::ProtocolError;
use crate::frame::{Frame, Parts, malformed_pack, packed};
use crate::limits::{PACKED_INIT_BYTES_MAX, UPDATES_PER_MESSAGE_MAX};
use crate::runs::Runs;
use crate::secrets::SessionToken;

/// What a pack that is offered may unpack to.
const BOUNDS: Bounds = Bounds {
    changes_max: UPDATES_PER_MESSAGE_MAX,
    bytes_max: PACKED_INIT_BYTES_MAX,
};

/// A message as it was read, which costs no more than its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is all there.
    Plain(ClientMessage),
    /// It is an `UPDATE_INIT`, and its changes are still packed.
    Packed(PackedInit),
}

/// `UPDATE_INIT` with its changes still packed.
#[derive(Clone, PartialEq, Eq)]
pub struct PackedInit {
    /// Checked if present; the connection has a session anyway.
    pub session_token: Option<SessionToken>,
    /// The sender's own numbers for the changes, as many as there are changes.
    pub local_seq_nums: Runs,
    /// The last position the sender knew. Decides nothing.
    pub after_server_seq_num: Option<u64>,
    /// How many bytes the changes have once they are unpacked.
    pub changes_bytes: usize,
    pack: Arc<[u8]>,
}

/// What came out of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// The message.
    pub outcome: Result<UpdateInit, ProtocolError>,
    /// How many bits were decoded for it, which is what the time depends on.
    pub bits: u64,
}

/// The object in front of the pack.
#[derive(Serialize)]
#[serde(tag = "msgType", rename = "UPDATE_INIT", rename_all = "camelCase")]
struct Named<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a SessionToken>,
    local_seq_nums: Runs,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_server_seq_num: Option<u64>,
}

/// The object in front of the pack, as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    #[serde(default)]
    session_token: Option<SessionToken>,
    local_seq_nums: Runs,
    #[serde(default)]
    after_server_seq_num: Option<u64>,
}

impl Said {
    /// Reads one message and unpacks nothing.
    ///
    /// # Errors
    /// When the frame is no message of this protocol; the error names the field and what is wrong with it.
    pub fn read(frame: &Frame) -> Result<Self, ProtocolError> {
        match frame {
            Frame::Text(text) => ClientMessage::decode(text).map(Self::Plain),
            Frame::Packed(bytes) => {
                let parts = Parts::of(bytes)?;
                let envelope = parts.envelope()?;
                match envelope.msg_type.as_ref() {
                    "UPDATE_INIT" => {
                        PackedInit::of(&parts, parts.fields(&envelope)?).map(Self::Packed)
                    }
                    _ => Err(envelope.never_packed()),
                }
            }
        }
    }
}

impl ClientMessage {
    /// Reads one message, plain or packed, and unpacks it.
    ///
    /// # Errors
    /// When the frame is no message of this protocol; the error names the field and what is wrong with it.
    pub fn read(frame: &Frame) -> Result<Self, ProtocolError> {
        match Said::read(frame)? {
            Said::Plain(message) => Ok(message),
            Said::Packed(init) => init.unpack().outcome.map(Self::UpdateInit),
        }
    }
}

impl PackedInit {
    fn of(parts: &Parts<'_>, fields: Fields) -> Result<Self, ProtocolError> {
        let named = fields.local_seq_nums.count();
        let declared = parts.declared("UPDATE_INIT", Some(named), BOUNDS)?;
        Ok(Self {
            session_token: fields.session_token,
            local_seq_nums: fields.local_seq_nums,
            after_server_seq_num: fields.after_server_seq_num,
            changes_bytes: declared.bytes,
            pack: parts.pack().into(),
        })
    }

    /// Unpacks the changes. This can take a second, whatever the length of the pack.
    pub fn unpack(self) -> Unpacked {
        let (changes, bits) = unpack_counted(&self.pack, BOUNDS);
        let outcome = changes
            .map(|changes| self.with(changes))
            .map_err(|error| malformed_pack("UPDATE_INIT", &error));
        Unpacked { outcome, bits }
    }

    /// What is answered where unpacking could not be finished.
    pub fn given_up() -> Unpacked {
        let outcome = Err(malformed_pack("UPDATE_INIT", &"it could not be unpacked"));
        Unpacked { outcome, bits: 0 }
    }

    fn with(self, changes: Vec<Change>) -> UpdateInit {
        let numbered = iter::zip(self.local_seq_nums.numbers(), changes);
        let updates = numbered.map(|(local_seq_num, change)| OfferedUpdate {
            local_seq_num,
            change: ChangeBytes::from(change),
            after_server_seq_num: self.after_server_seq_num,
        });
        UpdateInit {
            updates: updates.collect(),
            session_token: self.session_token,
        }
    }
}

impl std::fmt::Debug for PackedInit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackedInit")
            .field("local_seq_nums", &self.local_seq_nums)
            .field("changes_bytes", &self.changes_bytes)
            .field("pack", &self.pack.len())
            .finish_non_exhaustive()
    }
}

impl UpdateInit {
    /// The message with its changes packed. Of what was known when each was made, the last stands for all.
    ///
    /// # Errors
    /// A change that cannot be read cannot be packed; then the plain message has to do.
    pub fn packed(&self) -> Result<Frame, spotter_model::Refusal> {
        let changes: Vec<Change> = self
            .updates
            .iter()
            .map(|update| update.change.change())
            .collect::<Result<_, _>>()?;
        let object = Named {
            session_token: self.session_token.as_ref(),
            local_seq_nums: Runs::of(self.updates.iter().map(|update| update.local_seq_num)),
            after_server_seq_num: self
                .updates
                .last()
                .and_then(|last| last.after_server_seq_num),
        };
        Ok(packed(&object, &spotter_pack::pack(&changes)))
    }
}
