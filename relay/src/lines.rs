//! How a log reads on a disk: its first line, and a line for each change. Whoever keeps logs of meets writes these lines,
//! so that one program reads what another has written.

use serde::{Deserialize, Serialize};
use spotter_model::ChangeHash;
use spotter_relay_protocol::{ChangeBytes, LogId, MeetId, SessionId};

use crate::action::LogEntry;

/// The format of logs that this version writes and, until there is another, the only one it reads.
const FORMAT: u32 = 1;

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

/// The first line of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstLine {
    kind: Kind,
    format: u32,
    meet_id: MeetId,
    log_id: LogId,
    root: ChangeHash,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Meta,
}

impl FirstLine {
    /// The line that says this.
    pub fn of(head: &LogHead) -> Self {
        Self {
            kind: Kind::Meta,
            format: FORMAT,
            meet_id: head.meet,
            log_id: head.log_id,
            root: head.root,
        }
    }

    /// What the line says, if it speaks of this meet in a format that is known.
    ///
    /// # Errors
    /// In words for the operator, what is wrong with it.
    pub fn head(&self, meet: MeetId) -> Result<LogHead, String> {
        if self.format != FORMAT {
            return Err(format!("format {} is unknown to this program", self.format));
        }
        if self.meet_id != meet {
            return Err(format!("it is the log of meet {}", self.meet_id));
        }
        Ok(LogHead {
            meet,
            log_id: self.log_id,
            root: self.root,
        })
    }
}

/// One change as a line of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogLine {
    /// When the relay received it, in seconds since 1970; for people to read.
    pub t: i64,
    /// The session that carried it.
    pub by: SessionId,
    /// The change's hash, so that it can be found with `grep`.
    pub h: ChangeHash,
    /// The change.
    pub c: ChangeBytes,
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
