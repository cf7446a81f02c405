//! What a store is given to keep. Field names are those of the files, which people read.

use serde::{Deserialize, Serialize};
use spotter_model::ChangeHash;
use spotter_relay_protocol::{ChangeBytes, LogId, MeetId, SessionId};

/// What a log says about itself in its first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Whose log it is.
    pub meet: MeetId,
    /// Which incarnation; another one means that memory was lost.
    pub log_id: LogId,
    /// The hash of the meet's first change.
    pub root: ChangeHash,
}

/// One change as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// When the relay received it, in seconds since 1970; for people to read.
    pub t: i64,
    /// The session that carried it.
    pub by: SessionId,
    /// The change's hash, so that it can be found with `grep`.
    pub h: ChangeHash,
    /// The change.
    pub c: ChangeBytes,
}

/// What a relay keeps about a meet beside its log: who may join it, and who has.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    /// `auth.json`
    pub auth: serde_json::Value,
    /// `sessions.json`
    pub sessions: serde_json::Value,
}

/// Results that were handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// When the relay received them, in seconds since 1970.
    pub t: i64,
    /// Where to write about them.
    pub return_email: String,
    /// The results, opaque to the relay.
    pub opl_csv: String,
}

/// A meet that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedMeet {
    /// What its log says about itself.
    pub head: LogHead,
    /// What is kept beside the log.
    pub records: Records,
    /// The position of the last change; 0 if there is none.
    pub end: u64,
    /// Whether the meet is among the finished ones.
    pub finished: bool,
    /// What a crash had interrupted and opening has put in order, in words for the operator.
    pub repaired: Option<String>,
}

/// A piece of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Consecutive changes, the first at the position after the one that was asked for.
    pub changes: Vec<LogRecord>,
    /// The position of the last change of the whole log.
    pub end: u64,
}
