//! What a meet is: the document, its registers, who wins, and what is admitted.
//!
//! A meet is one Automerge document. Every edit is one [`Change`]; every change, from anyone, passes one check
//! ([`Index::admit`]) before it becomes part of a document; every register shows the last of its writes in the
//! replay order, which is a function of the document alone. This package does no input or output, reads no
//! clock and draws no randomness.
//!
//! Two locations edit a meet without knowing of each other; the one with the higher priority stands, and both are told:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use spotter_model::{ActorId, Author, Change, Edit, LocationName, Meet, Path, Pen, Priority, Seen};
//!
//! let pen = |actor: u8, name: &str, priority: u32| -> Result<Pen, Box<dyn std::error::Error>> {
//!     let author = Author { location: LocationName::parse(name)?, priority: Priority::new(priority)? };
//!     Ok(Pen { actor: ActorId::new([actor; 8]), author })
//! };
//! let (jury_pen, platform_pen) = (pen(1, "Jury", 100)?, pen(2, "Platform 2", 10)?);
//!
//! let saved = r#"{"meet":{},"registration":{"entries":[{"id":5000,"name":"Ann"}]}}"#;
//! let mut jury = Meet::import(saved, &jury_pen, [7; 16], 0)?;
//! let mut platform = Meet::open(jury.root());
//! let everything: Vec<Change> = jury.changes().collect();
//! let _verdicts = platform.receive(&everything);
//!
//! let squat: Path = "entries.5000.squat.1".parse()?;
//! let by_jury = Edit::set(squat.clone(), &jury.parse_value(&squat, "180 good")?)?;
//! let by_platform = Edit::set(squat.clone(), &platform.parse_value(&squat, "182.5 good")?)?;
//! let theirs = platform.edit(&platform_pen, &by_platform, 1, None, Seen::Nothing)?;
//! jury.edit(&jury_pen, &by_jury, 2, None, Seen::Nothing)?;
//! let _verdicts = jury.receive(&theirs.into_iter().collect::<Vec<_>>());
//!
//! let told: Vec<String> = jury.take_events().iter().map(ToString::to_string).collect();
//! assert_eq!(told[1], "entries.5000.squat.1: Platform 2's 182.5 good was overruled by Jury's 180 good");
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod change;
mod document;
mod edit;
mod hex;
mod ids;
mod index;
mod json;
pub mod limits;
mod location;
mod meet;
mod op;
mod openlifter;
mod path;
pub mod planted;
mod refusal;
mod register;
mod replay;
mod value;

pub use change::{Change, ChangeDraft};
pub use document::{Document, NewOps, Pen, Received, Target, Touched, Written};
pub use edit::Edit;
pub use hex::{read_hex, write_hex};
pub use ids::{ActorId, ChangeHash, InvalidHex, InvalidOpId, OpId};
pub use index::{Admission, Index};
pub use json::{json_text, read_double};
pub use location::{Author, InvalidLocation, LocationName, Priority, normal};
pub use meet::{
    Conflict, EntryInfo, Held, HistoryItem, Meet, MeetEvent, ModelError, Restored, Seen, Shown,
    Undo, Verdicts,
};
pub use op::{ObjectId, Op, OpAction, RegisterId, Scalar};
pub use openlifter::{ActionError, ImportError, SAVED_BYTES_MAX, Screen, WrongShape};
pub use path::{EntryKey, EntryName, InvalidEntryKey, InvalidPath, Path};
pub use refusal::Refusal;
pub use replay::{Rank, RankedWrite, replay_order};
