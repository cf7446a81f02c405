//! Admission: changes with right checksums, made on a meet, are refused or do it no harm: it can be saved, loaded with
//! as many changes, and read. Each change stands behind its length in two bytes.

use std::sync::LazyLock;

use super::{Golden, UNSEEN, with_checksum};
use spotter_model::{Admission, Change, Document, ObjectId};

static SEEN: LazyLock<Vec<Change>> = LazyLock::new(|| {
    let mut changes = Golden::meet().changes;
    changes.truncate(changes.len() - UNSEEN);
    changes
});

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let mut rest = data;
    let mut changes = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(behind.len());
        let (now, later) = behind.split_at(length);
        rest = later;
        changes.extend(Change::decode(&with_checksum(now)));
    }
    if changes.is_empty() {
        return;
    }
    let mut document = Document::new(SEEN[0].hash());
    document.receive(&SEEN);
    let received = document.receive(&changes);
    let admitted = |verdict: &Result<Admission, _>| matches!(verdict, Ok(Admission::Admitted));
    if !received.verdicts.iter().any(admitted) {
        return;
    }
    let saved = document.save();
    let loaded = automerge::Automerge::load(&saved).expect("an admitted change does no harm");
    assert_eq!(loaded.get_changes(&[]).len(), document.index().len());
    for register in document.disputed() {
        document.value(&register);
    }
    document.values(&ObjectId::Root);
    let mut alone = Document::new(SEEN[0].hash());
    for number in 0..document.index().len() {
        let change = document.change_at(number).expect("it has been admitted");
        let verdicts = alone.receive(&[change]).verdicts;
        assert!(
            verdicts.iter().all(admitted),
            "admitted together and not alone"
        );
    }
}
