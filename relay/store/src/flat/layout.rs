//! Which file is where in a relay's data folder, and what the first line of its logs must say.

use std::path::{Path, PathBuf};

use spotter_relay::{FirstLine, LogHead};
use spotter_relay_protocol::MeetId;

use crate::StoreError;

pub(super) const LOG: &str = "updates.json.log";
pub(super) const AUTH: &str = "auth.json";
pub(super) const SESSIONS: &str = "sessions.json";

/// The log's beginning, packed for those who join from nothing. It can be deleted at any time.
pub(super) const COLD_PACK: &str = "cold.pack";

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

/// What the first line of a log says, if it speaks of this meet in a format that is known.
pub(super) fn head_of(line: &FirstLine, meet: MeetId, log: &Path) -> Result<LogHead, StoreError> {
    line.head(meet).map_err(|what| StoreError::Damaged {
        file: log.to_owned(),
        what,
    })
}
