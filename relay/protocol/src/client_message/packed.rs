//! Offering changes in a pack.

use std::iter;

use serde::{Deserialize, Serialize};
use spotter_model::Change;
use spotter_pack::Bounds;

use super::{ClientMessage, OfferedUpdate, UpdateInit};
use crate::change_bytes::ChangeBytes;
use crate::decode::ProtocolError;
use crate::frame::{Frame, Parts, packed};
use crate::limits::{PACKED_INIT_BYTES_MAX, UPDATES_PER_MESSAGE_MAX};
use crate::runs::Runs;
use crate::secrets::SessionToken;

/// What a pack that is offered may unpack to.
const BOUNDS: Bounds = Bounds {
    changes_max: UPDATES_PER_MESSAGE_MAX,
    bytes_max: PACKED_INIT_BYTES_MAX,
};

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

impl ClientMessage {
    /// Reads one message, plain or packed.
    ///
    /// # Errors
    /// When the frame is no message of this protocol; the error names the field and what is wrong with it.
    pub fn read(frame: &Frame) -> Result<Self, ProtocolError> {
        match frame {
            Frame::Text(text) => Self::decode(text),
            Frame::Packed(bytes) => {
                let parts = Parts::of(bytes)?;
                let envelope = parts.envelope()?;
                match envelope.msg_type.as_ref() {
                    "UPDATE_INIT" => unpack(&parts, parts.fields(&envelope)?).map(Self::UpdateInit),
                    _ => Err(envelope.never_packed()),
                }
            }
        }
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

fn unpack(parts: &Parts<'_>, fields: Fields) -> Result<UpdateInit, ProtocolError> {
    let named = fields.local_seq_nums.count();
    let changes = parts.changes("UPDATE_INIT", Some(named), BOUNDS)?;
    let numbered = iter::zip(fields.local_seq_nums.numbers(), changes);
    let updates = numbered.map(|(local_seq_num, change)| OfferedUpdate {
        local_seq_num,
        change: ChangeBytes::from(change),
        after_server_seq_num: fields.after_server_seq_num,
    });
    Ok(UpdateInit {
        session_token: fields.session_token,
        updates: updates.collect(),
    })
}
