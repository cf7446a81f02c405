//! Why an edit, a question or an import makes no sense to a meet.

use crate::openlifter::{ActionError, WrongShape};
use crate::path::{EntryKey, EntryName, Path};
use crate::refusal::Refusal;

use super::shown::Shown;

/// Why a meet does not do what it was asked. Nothing is written then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The meet's first change has not arrived, or a newer program wrote it.
    #[error("the meet's beginning is not here yet, or was written by a newer version")]
    NoMeet,
    /// No entry has the name.
    #[error("there is no entry {entry}")]
    NoSuchEntry {
        /// The name given.
        entry: EntryName,
    },
    /// Two locations gave the id to different lifters.
    #[error("entry {entry} could be any of {}", list(candidates))]
    Ambiguous {
        /// The name given.
        entry: EntryName,
        /// The keys of all entries of that name; a path with a key is never ambiguous.
        candidates: Vec<EntryKey>,
    },
    /// Neither OpenLifter nor anything in this meet knows the field.
    #[error("there is no field {path}")]
    NoSuchField {
        /// The path given.
        path: Path,
    },
    /// The register has never been written.
    #[error("{path} has never been filled in")]
    Unset {
        /// The path given.
        path: Path,
    },
    /// What the person saw is no longer what the meet shows.
    #[error("{path} has changed: it is now {}", now(stands.as_deref()))]
    Moved {
        /// The path given.
        path: Path,
        /// What stands there now.
        stands: Option<Box<Shown>>,
    },
    /// An edit cannot be taken back.
    #[error("the edit cannot be undone: {why}")]
    NotUndoable {
        /// Why, in words.
        why: &'static str,
    },
    /// No write of the register has the name given.
    #[error("{path} was never written by {write}")]
    NoSuchWrite {
        /// The path given.
        path: Path,
        /// The write given.
        write: crate::ids::OpId,
    },
    /// An entry with this id exists.
    #[error("entry {id} exists already")]
    IdTaken {
        /// The id given.
        id: i64,
    },
    /// The meet has no such plate.
    #[error("the meet has no plate {path}")]
    NoSuchPlate {
        /// The path given.
        path: Path,
    },
    /// A value has the wrong shape.
    #[error(transparent)]
    Shape(#[from] WrongShape),
    /// Typed text that the register cannot hold.
    #[error("{path}: {what}")]
    Typed {
        /// The path given.
        path: Path,
        /// What would be understood.
        what: String,
    },
    /// An action that is no edit.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// The edit is larger than a change may be.
    #[error("the edit cannot be written as one change: {0}")]
    TooLarge(#[from] Refusal),
}

fn list(keys: &[EntryKey]) -> String {
    let keys: Vec<String> = keys.iter().map(EntryKey::to_string).collect();
    keys.join(", ")
}

fn now(stands: Option<&Shown>) -> String {
    match stands {
        Some(shown) => format!(
            "{:?}, written by {}",
            shown.held.text, shown.held.author.location
        ),
        None => "empty".to_owned(),
    }
}
