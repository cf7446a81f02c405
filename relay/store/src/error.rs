//! What can go wrong with a store, split by what the caller can do about it.

use std::path::PathBuf;

use spotter_journal_file::{AppendError, JournalError};

/// Why a store did not do what it was asked. Except for the first three, the next move is the operator's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No meet has this id.
    #[error("there is no such meet")]
    NoSuchMeet,
    /// Another meet has this id.
    #[error("the meet id is taken")]
    Taken,
    /// The meet was not opened, or has been closed by an earlier failure.
    #[error("the meet is not open")]
    NotOpen,
    /// The disk has no room, or refuses to write for another reason. All is as before; trying again later may succeed.
    #[error("the disk does not take any more")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody knows what was kept. The meet has been closed; opening it finds out.
    #[error("the disk may or may not have kept what was written")]
    Unsure(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What once was durable has changed. It is left as it is until somebody repairs it.
    #[error("{} is damaged: {what}", file.display())]
    Damaged {
        /// The damaged file, or the folder that lacks one.
        file: PathBuf,
        /// Where and how.
        what: String,
    },
    /// The operating system refused something else.
    #[error("the store cannot be used")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<AppendError> for StoreError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NotWritten { .. } => Self::Full(Box::new(error)),
            AppendError::Encode { .. } => Self::Unusable(Box::new(error)),
            AppendError::Unsure { .. }
            | AppendError::Replaced { .. }
            | AppendError::Closed { .. } => Self::Unsure(Box::new(error)),
        }
    }
}

impl From<JournalError> for StoreError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Damaged {
                path,
                at,
                line,
                what,
            } => Self::Damaged {
                file: path,
                what: format!("line {line}, offset {at}: {what}"),
            },
            JournalError::NotARecord { path, source } => Self::Damaged {
                file: path,
                what: source.to_string(),
            },
            JournalError::Io { .. } | JournalError::Encode { .. } => {
                Self::Unusable(Box::new(error))
            }
        }
    }
}
