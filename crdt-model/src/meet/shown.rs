//! What people are shown of a register: its value, who wrote it, and what it overruled.

use serde::Serialize;
use serde_json::Value;

use crate::document::Written;
use crate::ids::{ChangeHash, OpId};
use crate::location::Author;
use crate::path::Path;

/// One write of a register.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The value; none if the write made the field absent again.
    pub value: Option<Value>,
    /// The value as people read it.
    pub text: String,
    /// The write's name.
    pub write: OpId,
    /// The location that wrote it, and the priority it held.
    pub author: Author,
    /// The author's wall clock in seconds since 1970; for people only.
    pub time: i64,
    /// The reason the author gave.
    pub reason: Option<String>,
    /// The change it is part of.
    pub change: ChangeHash,
}

/// What a register shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The register.
    pub path: Path,
    /// The write that stands.
    pub held: Held,
    /// Whether other writes of other values stand beside it.
    pub conflict: bool,
}

/// A register that several locations wrote without knowing of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The register.
    pub path: Path,
    /// The write that is shown.
    pub stands: Held,
    /// The writes of other values that it overruled, the strongest first.
    pub overruled: Vec<Held>,
}

/// One write in a register's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryItem {
    /// The write.
    pub held: Held,
    /// The writes that its author had seen and replaced.
    pub replaces: Vec<OpId>,
    /// Whether nobody has overwritten it.
    pub standing: bool,
    /// Whether it is what the register shows.
    pub shown: bool,
}

/// An entry in the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryInfo {
    /// Its key, which is never ambiguous.
    pub key: String,
    /// OpenLifter's id.
    pub id: Option<i64>,
    /// The lifter's name.
    pub name: String,
    /// Whether it is withdrawn.
    pub withdrawn: bool,
}

impl Held {
    pub(super) fn new(written: &Written, value: Option<Value>, text: String) -> Self {
        Self {
            value,
            text,
            write: written.id,
            author: written.author.clone(),
            time: written.time,
            reason: written.reason.clone(),
            change: written.change,
        }
    }
}
