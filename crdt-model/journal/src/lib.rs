//! Lines that survive a torn write: the framing of every log Spotter keeps.
//!
//! A journal is a file of JSON objects, one to a line, that is only ever appended to. It stays readable with a text
//! editor, `grep` and `jq`. Around the caller's own fields every line carries four more:
//!
//! ```text
//! {"n":41,"d":18230,"p":"5e1c09aa", …the caller's fields… ,"k":"9c2f11d0"}
//! ```
//!
//! | field | is | finds |
//! |---|---|---|
//! | `n` | the line's number, dense from 0 | lines lost or doubled |
//! | `d` | the *watermark*: how many bytes of the file were known to be on disk when the line was written | whether damage is an accident of the last write or something worse |
//! | `p` | the CRC-32 of the line before | lines exchanged or replaced |
//! | `k` | the CRC-32 of this line up to here, always last | every flipped bit |
//!
//! The watermark decides what damage means. What lies at or above the largest watermark of any sound line was still on
//! its way to the disk when the machine stopped: nobody has been told that it is safe, so it may be cut off. Damage
//! below it has happened to bytes that once were safe, and must never be passed over in silence.
//!
//! This package computes and does no I/O: [`encode`] turns a batch of payloads into bytes, [`Scanner`] reads bytes back
//! in pieces of any size, and [`scan`] does it in one go. `spotter-journal-file` puts them on a disk. A payload is
//! anything that serde turns into a JSON object; its fields must not be called `n`, `d`, `p` or `k`.
//!
//! ```
//! use spotter_journal::{Place, Verdict, encode, scan};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Lift { kg: f64 }
//!
//! let batch = encode(Place::START, &[Lift { kg: 180.0 }, Lift { kg: 182.5 }])?;
//! let read = scan::<Lift>(&batch.bytes);
//! assert_eq!(read.verdict, Verdict::Clean);
//! assert_eq!(read.payloads[1].kg, 182.5);
//!
//! // A write that was cut short is torn, and keeps what is whole.
//! let torn = scan::<Lift>(&batch.bytes[..batch.bytes.len() - 1]);
//! assert_eq!(torn.payloads.len(), 1);
//! assert!(matches!(torn.verdict, Verdict::Torn { .. }));
//! # Ok::<(), spotter_journal::EncodeError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod encode;
mod frame;
mod place;
mod scan;
mod scanner;
mod verdict;

pub use encode::{Batch, EncodeError, LINE_BYTES_MAX, encode, encode_mark};
pub use place::Place;
pub use scan::{Scan, scan};
pub use scanner::{Line, Scanner, Standing, Unreadable};
pub use verdict::{Damage, Verdict};
