//! What can go wrong between a journal and its disk.

use std::io;
use std::path::{Path, PathBuf};

use spotter_journal::{Damage, EncodeError};

/// Why a journal or a record could not be created, opened, read or replaced.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused something.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done, as a verb: "open", "read", "sync".
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// Why it was refused.
        source: io::Error,
    },
    /// Bytes that once were safe have changed. Nothing has been touched.
    #[error("{} is damaged at line {line}, offset {at}: {what}", path.display())]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// The offset at which the damaged line begins.
        at: u64,
        /// The damaged line, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// A record file does not hold what it should.
    #[error("{} is not a record of its kind", path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// What serde says.
        source: serde_json::Error,
    },
    /// What should be written cannot be written as a line or a record.
    #[error("cannot encode what should go to {}", path.display())]
    Encode {
        /// The file it was meant for.
        path: PathBuf,
        /// Why not.
        source: EncodeError,
    },
}

impl JournalError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the file, or a directory on the way to it, does not exist.
    pub fn is_missing(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::NotFound)
    }

    /// Whether something is in the way of what should be created.
    pub fn already_exists(&self) -> bool {
        matches!(
            self.io_kind(),
            Some(io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty)
        )
    }

    fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::Damaged { .. } | Self::NotARecord { .. } | Self::Encode { .. } => None,
        }
    }
}

/// Why a batch was not appended. In every case it must not be reported as saved.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A payload makes no line. Nothing was written.
    #[error("cannot encode a line for {}", path.display())]
    Encode {
        /// The journal.
        path: PathBuf,
        /// Why not.
        source: EncodeError,
    },
    /// The disk did not take all of it (it is full, or a limit was met). What it did take was cut off again: the
    /// journal is as before and may be tried again.
    #[error("cannot write to {}", path.display())]
    NotWritten {
        /// The journal.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nobody knows what is on disk now. The journal is closed; opening it finds out.
    ///
    /// A failed sync is never repeated: the second one may succeed only because the system has forgotten the bytes.
    #[error("cannot tell what {} holds", path.display())]
    Unsure {
        /// The journal.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// The path names another file than the one that is written, or none: somebody deleted, moved or replaced it. The
    /// journal is closed.
    #[error("{} is no longer the file that was opened", path.display())]
    Replaced {
        /// The journal.
        path: PathBuf,
    },
    /// An earlier failure closed the journal.
    #[error("{} was closed by an earlier failure", path.display())]
    Closed {
        /// The journal.
        path: PathBuf,
    },
}

impl AppendError {
    /// Whether the journal is as before, so that the same append may simply be tried again later.
    pub fn may_be_repeated(&self) -> bool {
        match self {
            Self::NotWritten { .. } => true,
            Self::Encode { .. }
            | Self::Unsure { .. }
            | Self::Replaced { .. }
            | Self::Closed { .. } => false,
        }
    }
}
