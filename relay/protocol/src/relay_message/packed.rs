//! What a relay says on a connection that agreed on packs: changes in a pack, answers in runs.

use std::iter;

use serde::{Deserialize, Serialize};
use spotter_pack::Bounds;

use super::fields::{AckRun, RejectedRun};
use super::{RelayMessage, RelayedUpdate, UpdateRelay};
use crate::change_bytes::ChangeBytes;
use crate::decode::{self, ProtocolError};
use crate::frame::{Frame, Parts, packed};
use crate::limits::{PACKED_BYTES_MAX, PACKED_CHANGES_MAX};
use crate::position::Chain;
use crate::runs::Runs;

/// What a pack that is relayed may unpack to.
pub(crate) const BOUNDS: Bounds = Bounds {
    changes_max: PACKED_CHANGES_MAX,
    bytes_max: PACKED_BYTES_MAX,
};

/// The object in front of a pack of relayed changes.
#[derive(Serialize)]
#[serde(tag = "msgType", rename = "UPDATE_RELAY", rename_all = "camelCase")]
struct Named {
    after_server_seq_num: u64,
    server_seq_nums: Runs,
    chain: Chain,
}

/// The same as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    after_server_seq_num: u64,
    server_seq_nums: Runs,
    chain: Chain,
}

/// An answer in runs.
#[derive(Serialize)]
#[serde(
    tag = "msgType",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
enum Compact<'a> {
    UpdateAck {
        ack_runs: Vec<AckRun>,
        #[serde(skip_serializing_if = "Option::is_none")]
        chain: Option<Chain>,
    },
    UpdateRejected {
        rejected_runs: Vec<RejectedRun<'a>>,
    },
}

/// The packed `UPDATE_RELAY` of changes that are packed already: the one after `after`, and those that follow it.
pub fn relay_packed(after: u64, server_seq_nums: Runs, chain: Chain, pack: &[u8]) -> Frame {
    let named = Named {
        after_server_seq_num: after,
        server_seq_nums,
        chain,
    };
    packed(&named, pack)
}

impl RelayMessage {
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
                    "UPDATE_RELAY" => {
                        unpack(&parts, parts.fields(&envelope)?).map(Self::UpdateRelay)
                    }
                    _ => Err(envelope.never_packed()),
                }
            }
        }
    }

    /// The message as it travels where packs were agreed on: answers about many changes in runs.
    pub fn encode_compact(&self) -> String {
        match self {
            Self::UpdateAck(ack) => decode::encode(&Compact::UpdateAck {
                ack_runs: AckRun::of(&ack.update_acks),
                chain: ack.chain,
            }),
            Self::UpdateRejected(rejected) => decode::encode(&Compact::UpdateRejected {
                rejected_runs: RejectedRun::of(&rejected.updates_rejected),
            }),
            Self::MeetCreated(_)
            | Self::MeetJoined(_)
            | Self::JoinRejected(_)
            | Self::UpdateRelay(_)
            | Self::CaughtUp(_)
            | Self::ServerPull(_)
            | Self::RosterChanged(_)
            | Self::Sessions(_)
            | Self::DisplayKeyAdded(_)
            | Self::DisplayKeys(_)
            | Self::Presence(_)
            | Self::PublishAck(_)
            | Self::Done(_)
            | Self::Refused(_)
            | Self::MeetFinished(_)
            | Self::GoingAway(_)
            | Self::Malformed(_)
            | Self::UnknownMessageType(_)
            | Self::InvalidSession(_) => self.encode(),
        }
    }
}

fn unpack(parts: &Parts<'_>, fields: Fields) -> Result<UpdateRelay, ProtocolError> {
    let named = fields.server_seq_nums.count();
    let changes = parts.changes("UPDATE_RELAY", Some(named), BOUNDS)?;
    let numbered = iter::zip(fields.server_seq_nums.numbers(), changes);
    let updates_relayed = numbered.map(|(server_seq_num, change)| RelayedUpdate {
        change: ChangeBytes::from(change),
        server_seq_num,
    });
    Ok(UpdateRelay {
        updates_relayed: updates_relayed.collect(),
        after_server_seq_num: fields.after_server_seq_num,
        chain: fields.chain,
    })
}
