//! What a relay says to a client.

mod fields;
mod packed;

use serde::{Deserialize, Serialize};
use spotter_model::{ChangeHash, LocationName, Priority};

use crate::change_bytes::ChangeBytes;
use crate::codes::{AdminCode, JoinCode, SessionCode, UpdateCode};
use crate::decode::{self, ProtocolError};
use crate::display::{DisplayKey, DisplayKeyId, DisplayLabel};
use crate::meet_id::MeetId;
use crate::position::{Chain, LogId};
use crate::presence::Whereabouts;
use crate::roster::Roster;
use crate::secrets::{SessionToken, Ticket};
use crate::session_id::SessionId;
use fields::{UpdateAckFields, UpdateRejectedFields};

pub(crate) use packed::BOUNDS;
pub use packed::relay_packed;

/// One message from a relay to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "msgType", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RelayMessage {
    /// The meet is live and the sender of `CREATE_MEET` is in it.
    MeetCreated(MeetCreated),
    /// The client is in the meet.
    MeetJoined(MeetJoined),
    /// The client is not in the meet.
    JoinRejected(JoinRejected),
    /// Changes are on disk.
    UpdateAck(UpdateAck),
    /// Changes were not taken.
    UpdateRejected(UpdateRejected),
    /// Changes from others, or from before.
    UpdateRelay(UpdateRelay),
    /// Everything asked for has been sent.
    CaughtUp(CaughtUp),
    /// The relay asks for what it is missing.
    ServerPull(ServerPull),
    /// The locations have changed, or the ticket has.
    #[serde(rename = "ROSTER")]
    RosterChanged(RosterChanged),
    /// Who has a session.
    Sessions(Sessions),
    /// A new display key.
    DisplayKeyAdded(DisplayKeyAdded),
    /// Which display keys there are.
    DisplayKeys(DisplayKeys),
    /// Where somebody else's people are, or that nobody is there any more.
    #[serde(rename = "PRESENCE")]
    Presence(PresenceRelayed),
    /// The results are kept.
    PublishAck(PublishAck),
    /// An administrative word has been followed.
    Done(Done),
    /// A word has not been followed.
    Refused(Refused),
    /// The initiator has closed the meet.
    MeetFinished(MeetFinished),
    /// The relay stops.
    GoingAway(GoingAway),
    /// A message could not be read.
    #[serde(rename = "MALFORMED_MESSAGE")]
    Malformed(Malformed),
    /// A message has a name the relay does not know.
    UnknownMessageType(UnknownMessageType),
    /// A message came without a session that could carry it.
    InvalidSession(InvalidSession),
}

/// `MEET_CREATED`: the meet is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeetCreated {
    /// What to tell the others.
    pub meet_id: MeetId,
    /// What lets this client return without the password.
    pub session_token: SessionToken,
    /// When it stops doing so, in seconds since 1970.
    pub session_expires_at: i64,
    /// The name of the new log.
    pub log_id: LogId,
    /// The location the client sits at.
    pub location_name: LocationName,
    /// Its priority.
    pub priority: Priority,
    /// Whether this session may administer the meet: always, here.
    pub initiator: bool,
    /// The locations that may be joined.
    pub roster: Roster,
    /// What to keep for the day the relay has lost everything.
    pub ticket: Ticket,
    /// Rises with every change of roster, password or revocations.
    pub epoch: u64,
    /// The format of packs that both sides may send from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<u32>,
}

/// `MEET_JOINED`: the client is in the meet; what it misses follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeetJoined {
    /// Which meet.
    pub meet_id: MeetId,
    /// What lets this client return without the password; absent if it returned with it and named its epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SessionToken>,
    /// When it stops doing so, in seconds since 1970.
    pub session_expires_at: i64,
    /// The location the client sits at, by today's name.
    pub location_name: LocationName,
    /// The priority to write with.
    pub priority: Priority,
    /// Whether this session may administer the meet.
    pub initiator: bool,
    /// The hash of the meet's genesis.
    pub root: ChangeHash,
    /// The name of the log. Another one than before means that the relay lost its memory.
    pub log_id: LogId,
    /// How many changes the log has.
    pub server_seq_num: u64,
    /// The locations that may be joined; absent if the client holds those of this epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roster: Option<Roster>,
    /// What to keep for the day the relay has lost everything; absent if the client holds that of this epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// Rises with every change of roster, password or revocations.
    pub epoch: u64,
    /// Whether the initiator has closed the meet. Changes that come late are still taken.
    pub finished: bool,
    /// The format of packs that both sides may send from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<u32>,
}

/// `JOIN_REJECTED`: the answer to `CREATE_MEET`, `JOIN_MEET` and `RECOVER_MEET` that was not followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinRejected {
    /// For programs.
    pub code: JoinCode,
    /// For people.
    pub reason: String,
    /// How long to wait before trying again, where trying again makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// `UPDATE_ACK`: these changes are on the relay's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "UpdateAckFields")]
pub struct UpdateAck {
    /// One for each change.
    pub update_acks: Vec<UpdateAcked>,
    /// The chain at the largest position among those that are new; absent if none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
}

/// One change on the relay's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAcked {
    /// The sender's number.
    pub local_seq_num: u64,
    /// The relay's number.
    pub server_seq_num: u64,
    /// The position before it; absent if the relay had the change already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_server_seq_num: Option<u64>,
}

/// `UPDATE_REJECTED`: these changes are not on the relay's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "UpdateRejectedFields")]
pub struct UpdateRejected {
    /// One for each change.
    pub updates_rejected: Vec<RejectedUpdate>,
}

/// One change that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedUpdate {
    /// The sender's number.
    pub local_seq_num: u64,
    /// For programs.
    pub code: UpdateCode,
    /// For people.
    pub reason: String,
    /// Always false: a conflict is never a reason to refuse.
    pub conflict: bool,
    /// Whether no later attempt can succeed.
    pub for_good: bool,
    /// How long to wait before offering it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// For a twin: the change that stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<ChangeHash>,
}

/// `UPDATE_RELAY`: changes in the order of the relay's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRelay {
    /// The changes.
    pub updates_relayed: Vec<RelayedUpdate>,
    /// The position this message goes on from: what lies between, the client has.
    pub after_server_seq_num: u64,
    /// The chain at the last change's position.
    pub chain: Chain,
}

/// One change with its position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayedUpdate {
    /// The change.
    pub change: ChangeBytes,
    /// Where it stands in the log.
    pub server_seq_num: u64,
}

/// `CAUGHT_UP`: everything up to here has been sent; what follows is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaughtUp {
    /// The last position.
    pub server_seq_num: u64,
    /// The chain there.
    pub chain: Chain,
    /// The relay's heads, sorted. A client that has others sends what the relay lacks.
    pub heads: Vec<ChangeHash>,
}

/// `SERVER_PULL`: send everything that is neither one of these heads nor something they build on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPull {
    /// The relay's last position; 0 if it has nothing.
    pub last_server_seq: u64,
    /// The relay's heads, sorted.
    pub heads: Vec<ChangeHash>,
}

/// `ROSTER`: what may be joined from now on, and the ticket that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RosterChanged {
    /// The locations.
    pub locations: Roster,
    /// Rises with every change of roster, password or revocations.
    pub epoch: u64,
    /// Replaces the ticket of before.
    pub ticket: Ticket,
}

/// `SESSIONS`: who may come back without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sessions {
    /// The sessions, oldest first.
    pub sessions: Vec<SessionShown>,
}

/// One session in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionShown {
    /// Its name, for `REVOKE_SESSION`.
    pub session_id: SessionId,
    /// The location it was opened as.
    pub location_name: LocationName,
    /// Whether it may administer the meet.
    pub initiator: bool,
    /// When it was opened, in seconds since 1970.
    pub issued_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// Whether it is connected now.
    pub connected: bool,
    /// Whether it is the session that asks.
    pub this_one: bool,
}

/// `DISPLAY_KEY_ADDED`: the new key, on disk. It is told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisplayKeyAdded {
    /// Its name, for lists and `REVOKE_DISPLAY_KEY`.
    pub key_id: DisplayKeyId,
    /// The key, for the displays.
    pub display_key: DisplayKey,
}

/// `DISPLAY_KEYS`: the keys that displays may read the meet with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisplayKeys {
    /// The keys, oldest first.
    pub keys: Vec<DisplayKeyShown>,
}

/// One display key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisplayKeyShown {
    /// Its name, for `REVOKE_DISPLAY_KEY`.
    pub key_id: DisplayKeyId,
    /// What it is for.
    pub label: DisplayLabel,
    /// The location that made it, by the name it had then.
    pub location_name: LocationName,
    /// When it was made, in seconds since 1970.
    pub since: i64,
}

/// `PRESENCE`: where somebody else's people are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceRelayed {
    /// Whose: there may be several sessions of one location.
    pub session_id: SessionId,
    /// The location of that session, by the name it had when the session was opened.
    pub location_name: LocationName,
    /// Where; absent if nobody is there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Whereabouts>,
}

/// `PUBLISH_ACK`: the results are on the relay's disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishAck {}

/// `DONE`: the administrative word has been followed, and is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Which word.
    pub request: String,
}

/// `REFUSED`: the word has not been followed; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Which word.
    pub request: String,
    /// For programs.
    pub code: AdminCode,
    /// For people.
    pub reason: String,
    /// How long to wait before trying again, where that makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// `MEET_FINISHED`: the initiator closed the meet. Changes made before are still taken, however late they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetFinished {}

/// `GOING_AWAY`: the relay stops, or must drop this connection through no fault of the client's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoingAway {
    /// How long to wait before connecting again.
    pub retry_after_ms: u64,
    /// For people.
    pub reason: String,
}

/// `MALFORMED_MESSAGE`: the message could not be read; the connection is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Malformed {
    /// The field and what is wrong with it.
    pub err_msg: String,
}

/// `UNKNOWN_MESSAGE_TYPE`: the message has a name the relay does not know; the connection stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownMessageType {
    /// The name, cut after 64 characters. (Not `msgType`: that is this message's own name.)
    pub unknown_type: String,
}

/// `INVALID_SESSION`: no session carries the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidSession {
    /// The first characters of the token in question, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// For programs.
    pub code: SessionCode,
    /// For people.
    pub reason: String,
}

impl RelayMessage {
    /// Reads one message.
    ///
    /// # Errors
    /// When the text is no message of this protocol; the error names the field and what is wrong with it.
    pub fn decode(text: &str) -> Result<Self, ProtocolError> {
        let envelope = decode::Envelope::read(text)?;
        match envelope.msg_type.as_ref() {
            "MEET_CREATED" => envelope.fields(text).map(Self::MeetCreated),
            "MEET_JOINED" => envelope.fields(text).map(Self::MeetJoined),
            "JOIN_REJECTED" => envelope.fields(text).map(Self::JoinRejected),
            "UPDATE_ACK" => envelope.fields(text).map(Self::UpdateAck),
            "UPDATE_REJECTED" => envelope.fields(text).map(Self::UpdateRejected),
            "UPDATE_RELAY" => envelope.fields(text).map(Self::UpdateRelay),
            "CAUGHT_UP" => envelope.fields(text).map(Self::CaughtUp),
            "SERVER_PULL" => envelope.fields(text).map(Self::ServerPull),
            "ROSTER" => envelope.fields(text).map(Self::RosterChanged),
            "SESSIONS" => envelope.fields(text).map(Self::Sessions),
            "DISPLAY_KEY_ADDED" => envelope.fields(text).map(Self::DisplayKeyAdded),
            "DISPLAY_KEYS" => envelope.fields(text).map(Self::DisplayKeys),
            "PRESENCE" => envelope.fields(text).map(Self::Presence),
            "PUBLISH_ACK" => envelope.fields(text).map(Self::PublishAck),
            "DONE" => envelope.fields(text).map(Self::Done),
            "REFUSED" => envelope.fields(text).map(Self::Refused),
            "MEET_FINISHED" => envelope.fields(text).map(Self::MeetFinished),
            "GOING_AWAY" => envelope.fields(text).map(Self::GoingAway),
            "MALFORMED_MESSAGE" => envelope.fields(text).map(Self::Malformed),
            "UNKNOWN_MESSAGE_TYPE" => envelope.fields(text).map(Self::UnknownMessageType),
            "INVALID_SESSION" => envelope.fields(text).map(Self::InvalidSession),
            _ => Err(envelope.unknown()),
        }
    }

    /// The message as it travels.
    pub fn encode(&self) -> String {
        decode::encode(self)
    }
}
