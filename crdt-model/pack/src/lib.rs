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

mod error;

pub use error::PackError;

use sha2::{Digest as _, Sha256};
use spotter_model::Change;

/// The number a pack begins with.
pub const PACK_FORMAT: u8 = 1;

/// Bytes of the digest over the hashes of a pack's changes.
const DIGEST_BYTES: usize = 8;

/// What a reader takes, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Changes in the pack.
    pub changes_max: usize,
    /// Bytes of all its changes together, as [`Change::bytes`] has them; also the number of all their operations,
    /// which is smaller in every change that can be admitted.
    pub bytes_max: usize,
}

/// Packs changes, in this order.
///
/// Small if dependencies within the list come before the changes that name them and changes that were made about
/// the same time stand near each other, as in a log; correct in any order.
pub fn pack(changes: &[Change]) -> Vec<u8> {
    let mut out = vec![PACK_FORMAT];
    out.extend_from_slice(&digest(changes));
    for change in changes {
        let length = u32::try_from(change.bytes().len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(change.bytes());
    }
    out
}

/// Restores the changes of a pack, in their order and to the byte.
///
/// # Errors
/// The bytes are no pack, or its changes are beyond the bounds, or they are not the changes that were packed. A pack
/// is refused as a whole.
pub fn unpack(pack: &[u8], bounds: Bounds) -> Result<Vec<Change>, PackError> {
    let unreadable = PackError::Unreadable { what: "the pack" };
    let (&format, rest) = pack.split_first().ok_or(unreadable.clone())?;
    if format != PACK_FORMAT {
        return Err(PackError::Format { format });
    }
    let (expected, mut rest) = rest
        .split_at_checked(DIGEST_BYTES)
        .ok_or(unreadable.clone())?;
    let mut changes = Vec::new();
    let mut bytes = 0;
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        let (change, behind) = behind.split_at_checked(length).ok_or(unreadable.clone())?;
        bytes += length;
        if changes.len() == bounds.changes_max {
            let (changes, max) = (changes.len() as u64 + 1, bounds.changes_max);
            return Err(PackError::TooManyChanges { changes, max });
        }
        if bytes > bounds.bytes_max {
            let max = bounds.bytes_max;
            return Err(PackError::TooLarge { max });
        }
        let index = changes.len();
        let change =
            Change::decode(change).map_err(|refusal| PackError::NoChange { index, refusal })?;
        changes.push(change);
        rest = behind;
    }
    if !rest.is_empty() {
        return Err(unreadable);
    }
    if digest(&changes) != expected {
        return Err(PackError::Digest);
    }
    Ok(changes)
}

fn digest(changes: &[Change]) -> [u8; DIGEST_BYTES] {
    let mut hasher = Sha256::new();
    for change in changes {
        hasher.update(change.hash().as_bytes());
    }
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&hasher.finalize()[..DIGEST_BYTES]);
    digest
}
