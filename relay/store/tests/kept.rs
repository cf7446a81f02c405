//! A folder as format 1 left it, kept for ever: whatever becomes of the store, it opens.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use spotter_model::Change;
use spotter_relay_store::conformance::{change, meet, read_all};
use spotter_relay_store::{FlatFiles, LogStore};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kept/format-1");

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_folder_of_format_1_opens_reads_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    copy(Path::new(KEPT), dir.path());
    let store = FlatFiles::new(dir.path());
    let meets = store.meets().unwrap();
    let current = meet(123_456_789);
    let finished = meet(7);
    assert_eq!(
        meets
            .iter()
            .map(|place| (place.meet, place.finished))
            .collect::<Vec<_>>(),
        [(current, false), (finished, true)]
    );
    for place in &meets {
        assert_eq!(store.verify(place), []);
    }
    let opened = store.open(current).unwrap();
    assert_eq!(opened.repaired, None);
    assert_eq!(opened.meet.log_id.to_string(), "6c6f672d30303031");
    assert_eq!(opened.meet.end, 6);
    assert_eq!(opened.meet.records.auth.epoch, 3);
    let changes = read_all(&store, current, 0);
    let hashes: Vec<_> = changes
        .iter()
        .map(|change| Change::decode(change.as_ref()).unwrap().hash())
        .collect();
    assert_eq!(hashes[0], opened.meet.root);
    assert_eq!(
        hashes[5].to_string(),
        "978bb0bf7b72b0516686c311263aa41456f79546049bc1e9e4f1295fc5fd1d7d"
    );
    assert_eq!(store.append(current, &[change(1)]).unwrap(), 7);
    assert!(store.open(finished).unwrap().meet.finished);
}
