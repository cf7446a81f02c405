//! The relay's machine: it authenticates, admits, numbers and forwards, and does no I/O.
//!
//! A shell tells a [`Relay`] what happened ([`Input`]) and does what it answers ([`Action`]). The machine opens no
//! socket or file, reads no clock, draws randomness only from the generator it was seeded with, and decides no
//! conflict: it holds no document, only the index that admission needs, and for a meet nobody is connected to it
//! holds nothing at all.
//!
//! The loop, told once:
//!
//! 1. Somebody connects and says `JOIN_MEET`. A password is hashed by the shell, one at a time; a token proves itself.
//! 2. The meet is looked up ([`Action::OpenMeet`]) and its log read in slices ([`Action::ReadLog`]) into the index, beside
//!    all other traffic. Then the client is in: it gets what it lacks, in slices as fast as it reads, and goes on live.
//! 3. `UPDATE_INIT` brings changes. Each is admitted or refused at once; the admitted get the next positions and go to the
//!    disk together ([`Action::Append`], one at a time for a meet).
//! 4. [`Input::Appended`] comes, and only now everyone hears of them. After [`Input::AppendFailed`] nobody does, and the log is
//!    read again, since only the disk can tell what it kept.
//!
//! Invariants, each marked where it bites: acknowledged means durable; a refusal that rests on another change waits until
//! that one is durable; secrets appear in no [`Event`] and no debug output; the same inputs give the same actions.
//!
//! ```
//! use spotter_relay::{Action, Config, Heard, Input, LinkId, Relay, RelayKey, Timestamp};
//! use spotter_relay_protocol::Frame;
//!
//! let mut relay = Relay::new(Config::default(), RelayKey::from_bytes([7; 32]), [9; 32]);
//! let (now, link) = (Timestamp::from_millis(1_795_176_000_000), LinkId(1));
//! let address = std::net::IpAddr::from([127, 0, 0, 1]);
//! assert!(relay.step(now, Input::Connected { link, address }).is_empty());
//!
//! let heard = Heard::read(&r#"{"msgType":"LIST_SESSIONS"}"#.into());
//! let answer = relay.step(now, Input::Received { link, heard });
//! assert!(matches!(&answer[..], [Action::Send { frame: Frame::Text(text), .. }] if text.contains("INVALID_SESSION")));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod action;
mod admin;
mod admit;
mod answers;
mod batch;
mod catch_up;
mod checking;
mod create;
mod displays;
mod draw;
mod event;
mod feed;
mod guesses;
mod hashing;
mod heard;
mod hex;
mod house;
mod input;
mod join;
mod keeping;
mod key;
mod leaving;
mod limits;
mod lines;
mod link;
mod log;
mod machine;
mod meet;
mod opening;
mod packing;
mod presence;
mod publishing;
mod rate;
mod records;
mod recovery;
mod talk;
mod ticket;
mod time;
mod token;
mod unpacking;
mod waiting;

pub use action::{Action, BatchId, FeedSlice, JobId, LogEntry, Publication, ReadId, SaveId};
pub use event::{Event, Level, LinkNumber};
pub use heard::Heard;
pub use hex::Hex;
pub use input::{
    CreateTrouble, DisplayBy, Input, LinkId, LogSlice, OpenTrouble, OpenedMeet, PackedSlice,
    StoreTrouble,
};
pub use key::RelayKey;
pub use limits::Limits;
pub use lines::{FirstLine, LogHead, LogLine};
pub use machine::{Config, Relay};
pub use records::{
    AuthRecord, DisplayKeyRecord, InvalidRecords, MeetRecords, Revoked, ScryptParams,
    SessionRecord, SessionsRecord,
};
pub use time::Timestamp;
