//! What stands before the coded bits: format, digest, and how much comes out.

use sha2::{Digest as _, Sha256};
use spotter_model::Change;

use crate::error::PackError;
use crate::{Bounds, PACK_FORMAT};

/// The digest over the hashes of a pack's changes.
pub(crate) type PackDigest = [u8; 8];

/// Counters of the model, as a power of two: enough for small packs, not too many for large ones.
const COUNTERS_LOG2_MIN: u32 = 12;
const COUNTERS_LOG2_MAX: u32 = 20;

/// The beginning of a pack.
pub(crate) struct Frame {
    pub(crate) digest: PackDigest,
    /// How many changes there are.
    pub(crate) changes: usize,
    /// How many bytes they have together.
    pub(crate) bytes: usize,
}

impl Frame {
    pub(crate) fn of(changes: &[Change]) -> Self {
        Self {
            digest: digest(changes),
            changes: changes.len(),
            bytes: changes.iter().map(|change| change.bytes().len()).sum(),
        }
    }

    /// How many counters a model has for so many bytes.
    pub(crate) fn counters_log2(&self) -> u32 {
        let log2 = self.bytes.checked_ilog2().unwrap_or(0) + 2;
        log2.clamp(COUNTERS_LOG2_MIN, COUNTERS_LOG2_MAX)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![PACK_FORMAT];
        out.extend_from_slice(&self.digest);
        write_number(&mut out, self.changes as u64);
        write_number(&mut out, self.bytes as u64);
        out
    }

    /// Reads the beginning, compares it with the bounds, and answers what is behind it.
    pub(crate) fn read(pack: &[u8], bounds: Bounds) -> Result<(Self, &[u8]), PackError> {
        const CUT: PackError = PackError::Unreadable {
            what: "its beginning",
        };
        let (&format, mut rest) = pack.split_first().ok_or(CUT)?;
        if format != PACK_FORMAT {
            return Err(PackError::Format { format });
        }
        let (&digest, behind) = rest.split_first_chunk().ok_or(CUT)?;
        rest = behind;
        let changes = read_number(&mut rest).ok_or(CUT)?;
        let bytes = read_number(&mut rest).ok_or(CUT)?;
        let within =
            |number: u64, max: usize| usize::try_from(number).ok().filter(|number| *number <= max);
        let max = bounds.changes_max;
        let changes = within(changes, max).ok_or(PackError::TooManyChanges { changes, max })?;
        let max = bounds.bytes_max.min(u32::MAX as usize);
        let bytes = within(bytes, max).ok_or(PackError::TooLarge { bytes, max })?;
        let frame = Self {
            digest,
            changes,
            bytes,
        };
        Ok((frame, rest))
    }
}

/// The first eight bytes of the SHA-256 over the hashes of all changes, in their order.
pub(crate) fn digest(changes: &[Change]) -> PackDigest {
    let mut hasher = Sha256::new();
    for change in changes {
        hasher.update(change.hash().as_bytes());
    }
    let mut digest = PackDigest::default();
    let length = digest.len();
    digest.copy_from_slice(&hasher.finalize()[..length]);
    digest
}

/// Appends a number as LEB128: seven bits a byte, the lowest first, the highest bit set in all bytes but the last.
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number of at most five such bytes.
fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..5 {
        let byte = *rest.split_off_first()?;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}
