//! The relay's machine: it authenticates, admits, numbers and forwards, and does no I/O.
//!
//! The shell tells a [`Relay`] what happened ([`Input`]) and does what it answers ([`Action`]). The machine opens
//! no socket or file, reads no clock, and draws randomness only from the generator it was given.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod action;
mod admin;
mod admit;
mod answers;
mod batch;
mod catch_up;
mod create;
mod draw;
mod event;
mod guesses;
mod hashing;
mod hex;
mod house;
mod input;
mod join;
mod keeping;
mod key;
mod limits;
mod link;
mod log;
mod machine;
mod meet;
mod rate;
mod records;
mod recovery;
mod ticket;
mod time;
mod token;
mod waiting;

pub use action::{Action, BatchId, JobId, LogEntry, Publication, ReadId, SaveId};
pub use event::{Event, Level, LinkNumber};
pub use hex::Hex;
pub use input::{CreateTrouble, Input, LinkId, LogSlice, OpenTrouble, OpenedMeet, StoreTrouble};
pub use key::RelayKey;
pub use limits::Limits;
pub use machine::{Config, Relay};
pub use records::{
    AuthRecord, InvalidRecords, MeetRecords, Revoked, ScryptParams, SessionRecord, SessionsRecord,
};
pub use time::Timestamp;
