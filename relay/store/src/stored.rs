//! What a store is given to keep beyond the words of the machine, and how a change reads in the log.

use serde::{Deserialize, Serialize};
use spotter_model::ChangeHash;
use spotter_relay::LogEntry;
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

/// A meet that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What the machine wants to know of it.
    pub meet: spotter_relay::OpenedMeet,
    /// What a crash had interrupted and opening has put in order, in words for the operator.
    pub repaired: Option<String>,
}

/// One change as a line of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LogLine {
    /// When the relay received it, in seconds since 1970; for people to read.
    pub(crate) t: i64,
    /// The session that carried it.
    pub(crate) by: SessionId,
    /// The change's hash, so that it can be found with `grep`.
    pub(crate) h: ChangeHash,
    /// The change.
    pub(crate) c: ChangeBytes,
}

impl From<&LogEntry> for LogLine {
    fn from(entry: &LogEntry) -> Self {
        Self {
            t: entry.received_at,
            by: entry.by,
            h: entry.hash,
            c: entry.change.clone(),
        }
    }
}
