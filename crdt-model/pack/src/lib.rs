//! Many changes in few bytes.
//!
//! A change takes about 120 bytes, most of them hashes that whoever holds its dependencies can compute. [`pack`]
//! writes a list of changes without them, and [`unpack`] restores every change to the byte. A pack is a function of
//! its changes and needs nothing of what its reader knows: it works between peers, in a file, and before a relay has
//! its memory back. This package does no input or output; whatever bytes it is given, it answers, within memory and
//! time that the bounds of the reader allow.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use spotter_model::{ActorId, Author, LocationName, Meet, Pen, Priority};
//! use spotter_pack::{Bounds, pack, unpack};
//!
//! let author = Author { location: LocationName::parse("Jury")?, priority: Priority::new(1)? };
//! let pen = Pen { actor: ActorId::new([1; 8]), author };
//! let meet = Meet::empty_draft("2026-11-20", &pen, [7; 16], 0)?;
//! let changes: Vec<_> = meet.changes().collect();
//! let packed = pack(&changes);
//! let bounds = Bounds { changes_max: 1_000, bytes_max: 100_000 };
//! assert_eq!(unpack(&packed, bounds)?, changes);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod datum;
mod error;
mod frame;
mod lookup;
mod model;
mod range;
mod symbol;
mod walk;

pub use error::PackError;

use spotter_model::Change;

use frame::{Frame, digest};
use lookup::{Lookup, Tables};
use model::Model;
use range::Coder;
use walk::{Budget, Walk};

/// The number a pack begins with.
pub const PACK_FORMAT: u8 = 1;

/// What a reader takes, at most. Unpacking allocates no more than a multiple of both, and takes no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Changes in the pack.
    pub changes_max: usize,
    /// Bytes of all its changes together, as [`Change::bytes`] has them. As many operations, preds and objects made
    /// elsewhere may be in them, where a key counts as another operation for every 16 bytes. Changes of a meet stay
    /// far below that; one made for the purpose can be admitted and count nine times its bytes, so ten times what an
    /// honest writer puts into a pack leaves room for every pack of admitted changes.
    pub bytes_max: usize,
}

/// Packs changes, in this order.
///
/// Small if dependencies within the list come before the changes that name them and changes that were made about
/// the same time stand near each other, as in a log; correct in any order.
pub fn pack(changes: &[Change]) -> Vec<u8> {
    pack_within(changes, usize::MAX).expect("no pack is longer than anything")
}

/// Packs changes like [`pack`], if the pack has at most so many bytes. Otherwise it stops where it has become longer, so
/// that no more time is lost than the bytes are worth, and tells how many of the changes came before.
///
/// # Errors
/// The pack would be too long. By themselves, the changes that came before make one of about the bytes allowed, sometimes more.
pub fn pack_within(changes: &[Change], bytes_max: usize) -> Result<Vec<u8>, usize> {
    let (tables, lookup) = Tables::of(changes);
    let frame = Frame::of(changes);
    let budget = Budget {
        units: usize::MAX,
        bytes: frame.bytes,
    };
    let mut walk = Walk::new(
        Model::new(Coder::writer(), frame.counters_log2()),
        lookup,
        budget,
    );
    let mut out = frame.to_bytes();
    let mut written = walk.tables(&tables);
    for (before, change) in changes.iter().enumerate() {
        written = written.and_then(|()| walk.change(Some(change)).map(|_| walk.went_by(change)));
        if out.len() + walk.model().bits().written() > bytes_max {
            return Err(before);
        }
    }
    debug_assert_eq!(written, Ok(()), "whatever is a change can be packed");
    out.extend(walk.into_model().into_bits().finish());
    if out.len() > bytes_max {
        return Err(changes.len().saturating_sub(1));
    }
    Ok(out)
}

/// Restores the changes of a pack, in their order and to the byte.
///
/// # Errors
/// The bytes are no pack, or its changes are beyond the bounds, or they are not the changes that were packed. A pack
/// is refused as a whole.
pub fn unpack(pack: &[u8], bounds: Bounds) -> Result<Vec<Change>, PackError> {
    unpack_counted(pack, bounds).0
}

/// What a pack says of itself before it is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// How many changes come out of it.
    pub changes: usize,
    /// How many bytes they have together.
    pub bytes: usize,
}

/// Reads what a pack says of itself, which costs nothing. Unpacking brings exactly that, or fails.
///
/// # Errors
/// The bytes do not begin like a pack, or it says that its changes are beyond the bounds.
pub fn declared(pack: &[u8], bounds: Bounds) -> Result<Declared, PackError> {
    let (frame, _) = Frame::read(pack, bounds)?;
    Ok(Declared {
        changes: frame.changes,
        bytes: frame.bytes,
    })
}

/// Unpacks like [`unpack`], and tells how many bits were decoded, which is what the time depends on: some 30 ns each.
pub fn unpack_counted(pack: &[u8], bounds: Bounds) -> (Result<Vec<Change>, PackError>, u64) {
    let (frame, coded) = match Frame::read(pack, bounds) {
        Ok(read) => read,
        Err(error) => return (Err(error), 0),
    };
    let budget = Budget {
        units: bounds.bytes_max,
        bytes: frame.bytes,
    };
    let model = Model::new(Coder::reader(coded), frame.counters_log2());
    let mut walk = Walk::new(model, Lookup::default(), budget);
    let changes = changes_of(&mut walk, &frame);
    (changes, walk.model().steps())
}

fn changes_of(walk: &mut Walk<'_>, frame: &Frame) -> Result<Vec<Change>, PackError> {
    walk.tables(&Tables::default())?;
    let mut changes = Vec::new();
    let mut left = frame.bytes;
    for index in 0..frame.changes {
        let draft = walk.change(None)?;
        let change = Change::encode(draft);
        let change = change.map_err(|refusal| PackError::NoChange { index, refusal })?;
        let behind = left.checked_sub(change.bytes().len());
        left = behind.ok_or(PackError::Unreadable { what: "its length" })?;
        walk.went_by(&change);
        changes.push(change);
    }
    if left > 0 || !walk.model().bits().is_done() {
        return Err(PackError::Unreadable { what: "its end" });
    }
    if digest(&changes) != frame.digest {
        return Err(PackError::Digest);
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
