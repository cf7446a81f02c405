//! What a client says to a relay.

mod fields;
mod packed;

use serde::{Deserialize, Serialize};
use spotter_model::{ChangeHash, LocationName, Priority};

use crate::change_bytes::ChangeBytes;
use crate::decode::{self, ProtocolError};
use crate::display::{DisplayKeyId, DisplayLabel};
use crate::limits::{HEADS_MAX, HEADS_WHEN_JOINING_MAX, UPDATES_PER_MESSAGE_MAX};
use crate::meet_id::MeetId;
use crate::position::{Chain, LogId, Position};
use crate::presence::Whereabouts;
use crate::roster::RosterEntry;
use crate::secrets::{Password, SessionToken, Ticket};
use crate::session_id::SessionId;
pub use packed::{PackedInit, Said, Unpacked};

use fields::{ClientPullFields, JoinMeetFields, RecoverMeetFields};

/// One message from a client to a relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "msgType", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientMessage {
    /// Takes a meet live.
    CreateMeet(CreateMeet),
    /// Joins a live meet, or returns to it.
    JoinMeet(JoinMeet),
    /// Gives a meet back to a relay that lost it, and joins it.
    RecoverMeet(RecoverMeet),
    /// Offers changes.
    UpdateInit(UpdateInit),
    /// Asks for what is missing.
    ClientPull(ClientPull),
    /// Hands in the results.
    PublishMeet(PublishMeet),
    /// Adds a location, gives it another priority or another name.
    SetLocation(SetLocation),
    /// Changes the meet's password.
    ChangePassword(ChangePassword),
    /// Asks who has a session.
    ListSessions(ListSessions),
    /// Ends a session.
    RevokeSession(RevokeSession),
    /// Closes the meet for good.
    FinishMeet(FinishMeet),
    /// Makes a key that displays may read the meet with.
    AddDisplayKey(AddDisplayKey),
    /// Asks which display keys there are.
    ListDisplayKeys(ListDisplayKeys),
    /// Ends a display key.
    RevokeDisplayKey(RevokeDisplayKey),
    /// Says where the sender's people are, or that nobody is there.
    Presence(Presence),
}

/// `CREATE_MEET`: take a meet live. The sender becomes its initiator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMeet {
    /// The version of these words.
    pub protocol: u32,
    /// Which of the locations the sender sits at.
    pub this_location_name: LocationName,
    /// The password everyone will join with.
    pub password: Password,
    /// The locations that may be joined, and their priorities.
    #[serde(alias = "endpoints")]
    pub locations: Vec<RosterEntry>,
    /// The hash of the meet's genesis change.
    pub root: ChangeHash,
    /// The formats of packs that the sender understands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<u32>,
}

/// `JOIN_MEET`: join by password, or return by token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "JoinMeetFields", into = "JoinMeetFields")]
pub struct JoinMeet {
    /// The version of these words.
    pub protocol: u32,
    /// Which meet.
    pub meet_id: MeetId,
    /// By what right.
    pub by: JoinBy,
    /// The ticket, in case the relay has forgotten the meet.
    pub ticket: Option<Ticket>,
    /// Up to where the replica knows the relay's log.
    pub position: Option<Position>,
    /// The replica's heads, for when the position means nothing to the relay.
    pub heads: Option<Vec<ChangeHash>>,
    /// The epoch of the roster and ticket it holds, which need not be sent again while that is still the epoch.
    pub epoch: Option<u64>,
    /// The formats of packs that the sender understands.
    pub packs: Vec<u32>,
}

/// The right by which a client joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinBy {
    /// The shared password, as this location.
    Password {
        /// The location to join as.
        location_name: LocationName,
        /// The meet's password.
        password: Password,
    },
    /// A session of before; costs the relay no password check.
    Token(SessionToken),
    /// The session of another replica on the same device, for a further session beside it.
    Another(SessionToken),
}

/// `RECOVER_MEET`: the ticket of a meet that the relay has lost, and a right to join it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RecoverMeetFields", into = "RecoverMeetFields")]
pub struct RecoverMeet {
    /// The version of these words.
    pub protocol: u32,
    /// What the relay wrote for this moment.
    pub ticket: Ticket,
    /// By what right.
    pub by: JoinBy,
    /// The formats of packs that the sender understands.
    pub packs: Vec<u32>,
}

/// `UPDATE_INIT`: changes the sender holds and the relay may not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateInit {
    /// Checked if present; the connection has a session anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// The changes, each after those it builds on.
    pub updates: Vec<OfferedUpdate>,
}

/// One change on offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferedUpdate {
    /// The sender's own number for it, repeated in the answer.
    pub local_seq_num: u64,
    /// The change.
    pub change: ChangeBytes,
    /// The last position the sender knew when it made the change. Decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_server_seq_num: Option<u64>,
}

/// `CLIENT_PULL`: send me what I am missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClientPullFields", into = "ClientPullFields")]
pub struct ClientPull {
    /// Checked if present.
    pub session_token: Option<SessionToken>,
    /// What the sender has.
    pub from: PullFrom,
}

/// What the sender of a pull has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullFrom {
    /// Everything up to a position of the relay's log.
    Position {
        /// The last position known.
        last_server_seq: u64,
        /// Whose numbers these are; without it, the current log's.
        log_id: Option<LogId>,
        /// The chain at that position; without it, it is not checked.
        chain: Option<Chain>,
    },
    /// These changes and everything they build on.
    Heads(Vec<ChangeHash>),
}

/// `PUBLISH_MEET`: the results, for whoever puts them into OpenPowerlifting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishMeet {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// Where questions about the results go.
    pub return_email: String,
    /// OpenLifter's export for OpenPowerlifting.
    pub opl_csv: String,
}

/// `SET_LOCATION`: add a location or change one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetLocation {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// Which location.
    pub location_name: LocationName,
    /// The priority it has from its next join on.
    pub priority: Priority,
    /// What it is called from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_name: Option<LocationName>,
}

/// `CHANGE_PASSWORD`: sessions stay, later joins need the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// The password of before.
    pub old_password: Password,
    /// The password from now on.
    pub new_password: Password,
}

/// `LIST_SESSIONS`: who may come back without the password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSessions {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
}

/// `REVOKE_SESSION`: end a session, and keep it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeSession {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// Which session, as listed.
    pub session_id: SessionId,
}

/// `FINISH_MEET`: the meet moves to the finished ones. Changes that come late are still taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishMeet {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
}

/// `ADD_DISPLAY_KEY`: a key that displays may read the meet with, and do nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddDisplayKey {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// What it is for, in the words of whoever makes it.
    pub label: DisplayLabel,
}

/// `LIST_DISPLAY_KEYS`: which keys there are. The keys themselves are kept nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDisplayKeys {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
}

/// `REVOKE_DISPLAY_KEY`: end a key, and the displays that were opened with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeDisplayKey {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// Which key, as listed.
    pub key_id: DisplayKeyId,
}

/// `PRESENCE`: where the sender's people are. Passed on and kept nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// Checked if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// Where; absent if nobody is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Whereabouts>,
}

impl ClientMessage {
    /// Reads one message.
    ///
    /// # Errors
    /// When the text is no message of this protocol; the error names the field and what is wrong with it.
    pub fn decode(text: &str) -> Result<Self, ProtocolError> {
        let envelope = decode::Envelope::read(text)?;
        match envelope.msg_type.as_ref() {
            "CREATE_MEET" => envelope.opening(text).map(Self::CreateMeet),
            "JOIN_MEET" => envelope.opening(text).map(Self::JoinMeet),
            "RECOVER_MEET" => envelope.opening(text).map(Self::RecoverMeet),
            "UPDATE_INIT" => envelope.fields(text).map(Self::UpdateInit),
            "CLIENT_PULL" => envelope.fields(text).map(Self::ClientPull),
            "PUBLISH_MEET" => envelope.fields(text).map(Self::PublishMeet),
            "SET_LOCATION" => envelope.fields(text).map(Self::SetLocation),
            "CHANGE_PASSWORD" => envelope.fields(text).map(Self::ChangePassword),
            "LIST_SESSIONS" => envelope.fields(text).map(Self::ListSessions),
            "REVOKE_SESSION" => envelope.fields(text).map(Self::RevokeSession),
            "FINISH_MEET" => envelope.fields(text).map(Self::FinishMeet),
            "ADD_DISPLAY_KEY" => envelope.fields(text).map(Self::AddDisplayKey),
            "LIST_DISPLAY_KEYS" => envelope.fields(text).map(Self::ListDisplayKeys),
            "REVOKE_DISPLAY_KEY" => envelope.fields(text).map(Self::RevokeDisplayKey),
            "PRESENCE" => envelope.fields(text).map(Self::Presence),
            _ => Err(envelope.unknown()),
        }
        .and_then(Self::bounded)
    }

    /// The message as it travels.
    pub fn encode(&self) -> String {
        decode::encode(self)
    }

    /// The word in `msgType`.
    pub const fn msg_type(&self) -> &'static str {
        match self {
            Self::CreateMeet(_) => "CREATE_MEET",
            Self::JoinMeet(_) => "JOIN_MEET",
            Self::RecoverMeet(_) => "RECOVER_MEET",
            Self::UpdateInit(_) => "UPDATE_INIT",
            Self::ClientPull(_) => "CLIENT_PULL",
            Self::PublishMeet(_) => "PUBLISH_MEET",
            Self::SetLocation(_) => "SET_LOCATION",
            Self::ChangePassword(_) => "CHANGE_PASSWORD",
            Self::ListSessions(_) => "LIST_SESSIONS",
            Self::RevokeSession(_) => "REVOKE_SESSION",
            Self::FinishMeet(_) => "FINISH_MEET",
            Self::AddDisplayKey(_) => "ADD_DISPLAY_KEY",
            Self::ListDisplayKeys(_) => "LIST_DISPLAY_KEYS",
            Self::RevokeDisplayKey(_) => "REVOKE_DISPLAY_KEY",
            Self::Presence(_) => "PRESENCE",
        }
    }

    /// The formats of packs that the sender of a first message understands.
    pub fn packs(&self) -> &[u32] {
        match self {
            Self::CreateMeet(message) => &message.packs,
            Self::JoinMeet(message) => &message.packs,
            Self::RecoverMeet(message) => &message.packs,
            Self::UpdateInit(_)
            | Self::ClientPull(_)
            | Self::PublishMeet(_)
            | Self::SetLocation(_)
            | Self::ChangePassword(_)
            | Self::ListSessions(_)
            | Self::RevokeSession(_)
            | Self::FinishMeet(_)
            | Self::AddDisplayKey(_)
            | Self::ListDisplayKeys(_)
            | Self::RevokeDisplayKey(_)
            | Self::Presence(_) => &[],
        }
    }

    /// The token a message after joining may repeat.
    pub const fn session_token(&self) -> Option<&SessionToken> {
        match self {
            Self::CreateMeet(_) | Self::JoinMeet(_) | Self::RecoverMeet(_) => None,
            Self::UpdateInit(message) => message.session_token.as_ref(),
            Self::ClientPull(message) => message.session_token.as_ref(),
            Self::PublishMeet(message) => message.session_token.as_ref(),
            Self::SetLocation(message) => message.session_token.as_ref(),
            Self::ChangePassword(message) => message.session_token.as_ref(),
            Self::ListSessions(message) => message.session_token.as_ref(),
            Self::RevokeSession(message) => message.session_token.as_ref(),
            Self::FinishMeet(message) => message.session_token.as_ref(),
            Self::AddDisplayKey(message) => message.session_token.as_ref(),
            Self::ListDisplayKeys(message) => message.session_token.as_ref(),
            Self::RevokeDisplayKey(message) => message.session_token.as_ref(),
            Self::Presence(message) => message.session_token.as_ref(),
        }
    }

    fn bounded(self) -> Result<Self, ProtocolError> {
        let (field, count, most) = match &self {
            Self::UpdateInit(message) => {
                ("updates", message.updates.len(), UPDATES_PER_MESSAGE_MAX)
            }
            Self::JoinMeet(message) => (
                "heads",
                message.heads.as_ref().map_or(0, Vec::len),
                HEADS_WHEN_JOINING_MAX,
            ),
            Self::ClientPull(ClientPull {
                from: PullFrom::Heads(heads),
                ..
            }) => ("heads", heads.len(), HEADS_MAX),
            Self::ClientPull(_)
            | Self::CreateMeet(_)
            | Self::RecoverMeet(_)
            | Self::PublishMeet(_)
            | Self::SetLocation(_)
            | Self::ChangePassword(_)
            | Self::ListSessions(_)
            | Self::RevokeSession(_)
            | Self::FinishMeet(_)
            | Self::AddDisplayKey(_)
            | Self::ListDisplayKeys(_)
            | Self::RevokeDisplayKey(_)
            | Self::Presence(_) => return Ok(self),
        };
        if count > most {
            Err(ProtocolError::too_many(self.msg_type(), field, count, most))
        } else {
            Ok(self)
        }
    }
}
