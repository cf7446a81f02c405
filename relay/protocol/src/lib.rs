//! The words a client and a relay exchange: JSON text frames, one message each, named by `msgType`; and, where both
//! sides agreed on it, binary frames in which the changes are packed.
//!
//! This package holds the vocabulary and nothing that acts on it. [`ClientMessage`] is what a client
//! may say to a relay, [`RelayMessage`] what a relay may answer, [`PeerMessage`] what two replicas say
//! to each other on a venue's network when there is no relay. It opens no socket, reads no clock and
//! decides nothing; `docs/protocol.md` says in which order the words come.
//!
//! Decoding is strict where it protects and lenient where it lets the protocol grow: a field of the
//! wrong shape, a missing one or one given twice is refused by name; a field nobody knows is ignored.
//!
//! ```
//! use spotter_relay_protocol::{ClientMessage, ProtocolError};
//!
//! let refused = ClientMessage::decode(r#"{"msgType":"REVOKE_SESSION","sessionId":7}"#);
//! let Err(ProtocolError::Malformed { at, .. }) = refused else { panic!("7 is no session id") };
//! assert_eq!(at, "REVOKE_SESSION.sessionId");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod change_bytes;
mod client_message;
mod codes;
mod decode;
mod display;
mod frame;
mod limits;
mod meet_id;
mod peer_message;
mod position;
mod presence;
mod relay_message;
mod roster;
mod runs;
mod secrets;
mod session_id;

pub use change_bytes::ChangeBytes;
pub use client_message::{
    AddDisplayKey, ChangePassword, ClientMessage, ClientPull, CreateMeet, FinishMeet, JoinBy,
    JoinMeet, ListDisplayKeys, ListSessions, OfferedUpdate, PackedInit, Presence, PublishMeet,
    PullFrom, RecoverMeet, RevokeDisplayKey, RevokeSession, Said, SetLocation, Unpacked,
    UpdateInit,
};
pub use codes::{AdminCode, CloseReason, JoinCode, PeerCode, SessionCode, UpdateCode};
pub use decode::ProtocolError;
pub use display::{DisplayKey, DisplayKeyId, DisplayLabel, InvalidDisplayKey, InvalidDisplayLabel};
pub use frame::{Frame, pack_in_common, packs_understood};
pub use limits::*;
pub use meet_id::{InvalidMeetId, MeetId};
pub use peer_message::{
    PeerCaughtUp, PeerHello, PeerMessage, PeerPresence, PeerProof, PeerPull, PeerRefused,
    PeerRelay, PeerUpdate,
};
pub use position::{Chain, LogId, NotHex, Position};
pub use presence::{InvalidPlace, PresenceField, Whereabouts};
pub use relay_message::{
    CaughtUp, DisplayKeyAdded, DisplayKeyShown, DisplayKeys, Done, GoingAway, InvalidSession,
    JoinRejected, Malformed, MeetCreated, MeetFinished, MeetJoined, PresenceRelayed, PublishAck,
    Refused, RejectedUpdate, RelayMessage, RelayedUpdate, RosterChanged, ServerPull, SessionShown,
    Sessions, UnknownMessageType, UpdateAck, UpdateAcked, UpdateRejected, UpdateRelay,
    relay_packed,
};
pub use roster::{InvalidRoster, Roster, RosterEntry};
pub use runs::Runs;
pub use secrets::{InvalidPassword, InvalidTicket, InvalidToken, Password, SessionToken, Ticket};
pub use session_id::SessionId;
pub use spotter_pack::PACK_FORMAT;
