//! Which file is where in a relay's data folder, and how the first line of a log reads.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use spotter_model::ChangeHash;
use spotter_relay_protocol::{LogId, MeetId};

use crate::{LogHead, StoreError};

pub(super) const LOG: &str = "updates.json.log";
pub(super) const AUTH: &str = "auth.json";
pub(super) const SESSIONS: &str = "sessions.json";

/// The log's beginning, packed for those who join from nothing. It can be deleted at any time.
pub(super) const COLD_PACK: &str = "cold.pack";

/// The format of logs that this program writes and, until there is another, the only one it reads.
const FORMAT: u32 = 1;

/// A relay's data folder.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    data: PathBuf,
}

impl Layout {
    pub(super) fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
        }
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn current_meets(&self) -> PathBuf {
        self.data.join("current-meets")
    }

    pub(super) fn finished_meets(&self) -> PathBuf {
        self.data.join("finished-meets")
    }

    pub(super) fn current(&self, meet: MeetId) -> PathBuf {
        self.current_meets().join(meet.digits())
    }

    pub(super) fn finished(&self, meet: MeetId) -> PathBuf {
        self.finished_meets().join(meet.digits())
    }

    /// Where a meet is put together before it exists.
    pub(super) fn unborn(&self, meet: MeetId) -> PathBuf {
        self.current_meets().join(format!("{}.new", meet.digits()))
    }
}

/// The first line of a log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FirstLine {
    kind: Kind,
    format: u32,
    meet_id: MeetId,
    log_id: LogId,
    root: ChangeHash,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Meta,
}

impl FirstLine {
    pub(super) fn of(head: &LogHead) -> Self {
        Self {
            kind: Kind::Meta,
            format: FORMAT,
            meet_id: head.meet,
            log_id: head.log_id,
            root: head.root,
        }
    }

    /// What the line says, if it speaks of this meet in a format that is known.
    pub(super) fn head(&self, meet: MeetId, log: &Path) -> Result<LogHead, StoreError> {
        let damaged = |what| StoreError::Damaged {
            file: log.to_owned(),
            what,
        };
        if self.format != FORMAT {
            return Err(damaged(format!(
                "format {} is unknown to this program",
                self.format
            )));
        }
        if self.meet_id != meet {
            return Err(damaged(format!("it is the log of meet {}", self.meet_id)));
        }
        Ok(LogHead {
            meet,
            log_id: self.log_id,
            root: self.root,
        })
    }
}
