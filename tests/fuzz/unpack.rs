//! Packs: whatever the bytes, unpacking ends within its bounds on time, and brings changes that pack again. The first byte
//! picks the bounds.

use spotter_model::Change;
use spotter_pack::{Bounds, PackError, pack, unpack};

/// Tries the bytes. What unpacks them, and says how many bits that took, is passed in, so that it can be watched.
pub fn check(
    data: &[u8],
    unpack_counted: impl Fn(&[u8], Bounds) -> (Result<Vec<Change>, PackError>, u64),
) {
    let Some((pick, packed)) = data.split_first() else {
        return;
    };
    let bounds = Bounds {
        changes_max: [3, 100, 1_000, 10_000][usize::from(pick & 3)],
        bytes_max: [300, 20_000, 262_144, 2_097_152][usize::from(pick >> 2 & 3)],
    };
    let (outcome, steps) = unpack_counted(packed, bounds);
    let allowed = 2_000 + 100 * bounds.bytes_max + 2_000 * bounds.changes_max;
    assert!(steps <= allowed as u64, "{steps} bits of {allowed}");
    if let Ok(changes) = outcome {
        let bytes: usize = changes.iter().map(|change| change.bytes().len()).sum();
        assert!(changes.len() <= bounds.changes_max && bytes <= bounds.bytes_max);
        assert!(unpack(&pack(&changes), bounds).as_ref() == Ok(&changes));
    }
}
