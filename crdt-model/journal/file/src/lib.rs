//! A journal on disk: appended, synced, and repaired after a crash.
//!
//! This is the shell around `spotter-journal`, and the one place that knows how to make a disk keep something. It is
//! synchronous: whoever must not wait calls it from a thread that may. It decides nothing about what the records mean.
//!
//! - [`JournalFile`] appends batches. When [`JournalFile::append`] returns, the batch is on disk, in the file that the
//!   path names. When it fails, the error says whether the journal is as before or has to be opened anew.
//! - [`save_record`] and [`load_record`] keep a small JSON file that is replaced as a whole or not at all.
//! - [`DirLock`] keeps a second process out of a directory.
//! - [`make_dir`] and [`move_dir`] do what their names say and are not undone by a power cut.
//!
//! Everything is created so that only its owner can read it: journals hold people's names and birth dates.
//!
//! ```
//! use spotter_journal_file::{JournalFile, RealDisk};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Lift { kg: f64 }
//!
//! # let dir = tempfile::tempdir()?;
//! let path = dir.path().join("lifts.log");
//! let mut journal = JournalFile::create(RealDisk, &path, &[Lift { kg: 180.0 }])?;
//! journal.append(&[Lift { kg: 182.5 }])?; // on disk when this returns
//! drop(journal);
//!
//! let mut heaviest = 0.0_f64;
//! let opened = JournalFile::open(RealDisk, &path, |line| {
//!     let lift: Lift = line.parse().map_err(|_| spotter_journal::Unreadable)?;
//!     heaviest = heaviest.max(lift.kg);
//!     Ok(())
//! })?;
//! assert!(opened.torn.is_none());
//! assert_eq!(heaviest, 182.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod dir;
mod disk;
mod error;
mod journal;
mod lock;
mod open;
mod record;

pub use dir::{make_dir, move_dir, sync_dir};
pub use disk::{Disk, DiskFile, DiskVolume, OpenFile, RealDisk, Volume};
pub use error::{AppendError, JournalError};
pub use journal::JournalFile;
pub use lock::{DirLock, LockError};
pub use open::{Inspection, Opened, Torn, inspect};
pub use record::{load_record, save_file, save_record};
