//! Changes: whatever the bytes, they are answered; what is taken has one spelling, can be packed, and does Automerge's
//! parser no harm. The first byte says whether the checksum is put right first.

use super::with_checksum;
use spotter_model::Change;
use spotter_pack::{Bounds, pack, unpack};

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let Some((raw, rest)) = data.split_first() else {
        return;
    };
    let bytes = if *raw == 0xff {
        rest.to_vec()
    } else {
        with_checksum(rest)
    };
    let Ok(change) = Change::decode(&bytes) else {
        return;
    };
    let again = Change::encode(change.draft().clone());
    assert_eq!(again.as_ref(), Ok(&change));
    assert_eq!(change.bytes().as_ref(), bytes);
    let bounds = Bounds {
        changes_max: 1,
        bytes_max: 10 * bytes.len(),
    };
    let changes = vec![change];
    assert!(unpack(&pack(&changes), bounds).as_ref() == Ok(&changes));
    automerge::Change::from_bytes(bytes).expect("what is a change here is one for Automerge");
}
