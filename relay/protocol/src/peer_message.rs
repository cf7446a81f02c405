//! What two replicas say to each other when there is no relay: each proves that it holds the meet, then
//! asks for what it misses. The same admission guards both sides.

use serde::{Deserialize, Serialize};
use spotter_model::{Change, ChangeHash, LocationName};

use crate::change_bytes::ChangeBytes;
use crate::codes::PeerCode;
use crate::decode::{self, ProtocolError};
use crate::frame::{Frame, Parts, packed};
use crate::limits::{HEADS_MAX, UPDATES_PER_MESSAGE_MAX};
use crate::presence::Whereabouts;
use crate::relay_message::BOUNDS;

/// One message between replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "msgType", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PeerMessage {
    /// Opens the exchange, from both sides at once.
    #[serde(rename = "PEER_HELLO")]
    Hello(PeerHello),
    /// Proves that the sender holds the meet.
    #[serde(rename = "PEER_PROOF")]
    Proof(PeerProof),
    /// Says why there will be no exchange.
    #[serde(rename = "PEER_REFUSED")]
    Refused(PeerRefused),
    /// Asks for what is missing.
    #[serde(rename = "CLIENT_PULL")]
    Pull(PeerPull),
    /// Changes.
    #[serde(rename = "UPDATE_RELAY")]
    Relay(PeerRelay),
    /// Everything asked for has been sent.
    #[serde(rename = "CAUGHT_UP")]
    CaughtUp(PeerCaughtUp),
    /// Where the sender's people are, or that nobody is there.
    #[serde(rename = "PRESENCE")]
    Presence(PeerPresence),
}

/// `PEER_HELLO`: which meet, and what the other side has to prove itself on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerHello {
    /// The version of these words.
    pub protocol: u32,
    /// The hash of the meet's genesis. It is no secret; the nonce inside the genesis is.
    pub root: ChangeHash,
    /// Sixteen random bytes in hex, drawn for this connection.
    pub challenge: String,
    /// The formats of packs that the sender understands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<u32>,
    /// Whether the sender wants to be told where people are.
    #[serde(default, skip_serializing_if = "is_false")]
    pub presence: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// `PRESENCE` between replicas: where the sender's own people are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerPresence {
    /// The location the sender writes for, if it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_name: Option<LocationName>,
    /// Where; absent if nobody is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Whereabouts>,
}

/// `PEER_PROOF`: HMAC-SHA256 in hex, keyed by the genesis nonce, over role and both challenges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerProof {
    /// Sixty-four hex digits.
    pub proof: String,
}

/// `PEER_REFUSED`: why the sender closes the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerRefused {
    /// For programs.
    pub code: PeerCode,
    /// For people.
    pub reason: String,
}

/// `CLIENT_PULL` between replicas: what the sender has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerPull {
    /// The sender's heads, sorted.
    pub heads: Vec<ChangeHash>,
}

/// `UPDATE_RELAY` between replicas, which have no positions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerRelay {
    /// The changes, each after those it builds on.
    pub updates_relayed: Vec<PeerUpdate>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerUpdate {
    /// The change.
    pub change: ChangeBytes,
}

/// `CAUGHT_UP` between replicas: the answer to a pull is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerCaughtUp {
    /// The sender's heads, sorted.
    pub heads: Vec<ChangeHash>,
}

/// The object in front of a pack.
#[derive(Serialize)]
#[serde(tag = "msgType", rename = "UPDATE_RELAY")]
struct Packed {}

impl PeerRelay {
    /// The message with its changes packed.
    ///
    /// # Errors
    /// A change that cannot be read cannot be packed; then the plain message has to do.
    pub fn packed(&self) -> Result<Frame, spotter_model::Refusal> {
        let changes = self.updates_relayed.iter();
        let changes: Vec<Change> = changes
            .map(|update| update.change.change())
            .collect::<Result<_, _>>()?;
        Ok(packed(&Packed {}, &spotter_pack::pack(&changes)))
    }
}

impl PeerMessage {
    /// Reads one message, plain or packed.
    ///
    /// # Errors
    /// When the frame is no message of this protocol; the error names the field and what is wrong with it.
    pub fn read(frame: &Frame) -> Result<Self, ProtocolError> {
        let bytes = match frame {
            Frame::Text(text) => return Self::decode(text),
            Frame::Packed(bytes) => bytes,
        };
        let parts = Parts::of(bytes)?;
        let envelope = parts.envelope()?;
        if envelope.msg_type != "UPDATE_RELAY" {
            return Err(envelope.never_packed());
        }
        let changes = parts.changes("UPDATE_RELAY", None, BOUNDS)?;
        let updates = changes.into_iter().map(|change| PeerUpdate {
            change: ChangeBytes::from(change),
        });
        Ok(Self::Relay(PeerRelay {
            updates_relayed: updates.collect(),
        }))
    }

    /// Reads one message.
    ///
    /// # Errors
    /// When the text is no message of this protocol; the error names the field and what is wrong with it.
    pub fn decode(text: &str) -> Result<Self, ProtocolError> {
        let envelope = decode::Envelope::read(text)?;
        match envelope.msg_type.as_ref() {
            "PEER_HELLO" => envelope.opening(text).map(Self::Hello),
            "PEER_PROOF" => envelope.fields(text).map(Self::Proof),
            "PEER_REFUSED" => envelope.fields(text).map(Self::Refused),
            "CLIENT_PULL" => envelope.fields(text).map(Self::Pull),
            "UPDATE_RELAY" => envelope.fields(text).map(Self::Relay),
            "CAUGHT_UP" => envelope.fields(text).map(Self::CaughtUp),
            "PRESENCE" => envelope.fields(text).map(Self::Presence),
            _ => Err(envelope.unknown()),
        }
        .and_then(Self::bounded)
    }

    /// The message as it travels.
    pub fn encode(&self) -> String {
        decode::encode(self)
    }

    fn bounded(self) -> Result<Self, ProtocolError> {
        let (msg_type, field, count, most) = match &self {
            Self::Pull(pull) => ("CLIENT_PULL", "heads", pull.heads.len(), HEADS_MAX),
            Self::CaughtUp(caught_up) => ("CAUGHT_UP", "heads", caught_up.heads.len(), HEADS_MAX),
            Self::Relay(relay) => (
                "UPDATE_RELAY",
                "updatesRelayed",
                relay.updates_relayed.len(),
                UPDATES_PER_MESSAGE_MAX,
            ),
            Self::Hello(_) | Self::Proof(_) | Self::Refused(_) | Self::Presence(_) => {
                return Ok(self);
            }
        };
        if count > most {
            Err(ProtocolError::too_many(msg_type, field, count, most))
        } else {
            Ok(self)
        }
    }
}
