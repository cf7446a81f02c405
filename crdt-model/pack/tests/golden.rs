//! The golden packs: whoever reads them as `docs/protocol.md` says has the changes beside them.
//!
//! `UPDATE_GOLDEN=1` writes the files anew. That is a change of the format, and only right as long as nobody has packs.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod odd;
mod workload;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quickcheck::{Arbitrary as _, Gen};
use serde_json::{Value, json};
use spotter_model::Change;
use spotter_pack::{Bounds, pack, unpack};

/// The two changes that `docs/protocol.md` takes apart, as `UPDATE_INIT` carries them.
const TWO: &str = include_str!("../../../relay/protocol/golden/UPDATE_INIT.json");

const BOUNDS: Bounds = Bounds {
    changes_max: 1_000,
    bytes_max: 1_000_000,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// What the files are about, and what is packed in them.
fn vectors() -> Vec<(&'static str, &'static str, Vec<Change>)> {
    let two: Value = serde_json::from_str(TWO).unwrap();
    let two = two["updates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|update| change(&update["change"]));
    let day = workload::whole_day(4, 90);
    let offline = workload::offline(20, 60);
    let anything = workload::offline_anything(20, 40);
    let mut draw = Gen::from_size_and_seed(20, 3);
    let odd = (0..6)
        .flat_map(|_| odd::OddChanges::arbitrary(&mut draw).0)
        .collect();
    vec![
        ("nothing", "no changes", Vec::new()),
        (
            "two",
            "the two changes of the golden UPDATE_INIT",
            two.collect(),
        ),
        (
            "meet",
            "a meet of four lifters and an hour of edits at four locations",
            day.log.clone(),
        ),
        (
            "missed",
            "the last forty of them: objects, writes and dependencies lie outside",
            day.log[day.log.len() - 40..].to_vec(),
        ),
        (
            "offline",
            "sixty edits of a scoring table",
            offline.edits().to_vec(),
        ),
        (
            "anything",
            "forty edits of any field of any lifter",
            anything.edits().to_vec(),
        ),
        (
            "odd",
            "changes that no client writes, some without connection to any other",
            odd,
        ),
    ]
}

fn change(value: &Value) -> Change {
    let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    Change::decode(&bytes).unwrap()
}

#[test]
fn golden_packs_hold_what_they_say() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        update();
    }
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let golden: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let changes: Vec<Change> = golden["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(change)
            .collect();
        let packed = STANDARD.decode(golden["pack"].as_str().unwrap()).unwrap();
        assert!(
            unpack(&packed, BOUNDS).unwrap() == changes,
            "{}",
            path.display()
        );
        assert!(
            pack(&changes) == packed,
            "{}: packed otherwise",
            path.display()
        );
        names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "anything", "meet", "missed", "nothing", "odd", "offline", "two"
        ]
    );
}

fn update() {
    for (name, about, changes) in vectors() {
        let bytes: Vec<String> = changes
            .iter()
            .map(|change| STANDARD.encode(change.bytes()))
            .collect();
        let golden =
            json!({"about": about, "pack": STANDARD.encode(pack(&changes)), "changes": bytes});
        let text = serde_json::to_string_pretty(&golden).unwrap() + "\n";
        std::fs::write(folder().join(format!("{name}.json")), text).unwrap();
    }
}
