//! What a meet is: the document, its registers, who wins, and what is admitted.
//!
//! A meet is one Automerge document. Every edit is one [`Change`]; every change, from anyone, passes one check
//! ([`Index::admit`]) before it becomes part of a document; every register shows the last of its writes in the
//! replay order, which is a function of the document alone. This package does no input or output, reads no
//! clock and draws no randomness.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod change;
mod document;
mod edit;
mod ids;
mod index;
mod json;
pub mod limits;
mod location;
mod meet;
mod op;
mod openlifter;
mod path;
mod refusal;
mod register;
mod replay;
mod value;

pub use change::{Change, ChangeDraft};
pub use document::{Document, NewOps, Pen, Received, Target, Touched, Written};
pub use edit::Edit;
pub use ids::{ActorId, ChangeHash, InvalidHex, InvalidOpId, OpId};
pub use index::{Admission, Index};
pub use json::json_text;
pub use location::{Author, InvalidLocation, LocationName, Priority};
pub use meet::{
    Conflict, EntryInfo, Held, HistoryItem, Meet, MeetEvent, ModelError, Seen, Shown, Verdicts,
};
pub use op::{ObjectId, Op, OpAction, RegisterId, Scalar};
pub use openlifter::{ActionError, ImportError, SAVED_BYTES_MAX, Screen, WrongShape};
pub use path::{EntryKey, EntryName, InvalidEntryKey, InvalidPath, Path};
pub use refusal::Refusal;
pub use replay::{Rank, RankedWrite, replay_order};
