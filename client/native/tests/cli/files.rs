//! Files that come in and go out.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, SAVED, finish, spotter_in};

#[test]
fn what_was_imported_is_exported_equal() {
    let bench = Bench::with_meet();
    let file = bench.file("out.openlifter");
    bench.ok(&["export", &file]);
    let read =
        |file: &str| -> Value { serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap() };
    assert_eq!(read(&file), read(SAVED));
    assert_eq!(bench.json(&["export", "-"]), read(SAVED));
}

#[test]
fn a_damaged_saved_meet_says_where_and_leaves_nothing_behind() {
    let bench = Bench::empty();
    let saved = fs::read_to_string(SAVED).unwrap();
    let file = bench.file("damaged.openlifter");
    for (damaged, named) in [
        (saved[..saved.len() / 2].to_owned(), "line"),
        (
            saved.replacen("\"bodyweightKg\":62.4", "\"bodyweightKg\":[1]", 1),
            "bodyweightKg",
        ),
        (String::new(), "line"),
        ("[]".to_owned(), "damaged.openlifter"),
    ] {
        fs::write(&file, damaged).unwrap();
        let told = bench.fails(1, &["import", &file]);
        assert!(told.contains(named), "{named}: {told}");
    }
    fs::write(&file, b"\xff\xfe").unwrap();
    assert!(bench.fails(1, &["import", &file]).contains("UTF-8"));
    bench.ok(&["import", SAVED]);
}

#[test]
fn a_replica_holds_one_meet() {
    let bench = Bench::with_meet();
    let told = bench.fails(1, &["import", SAVED]);
    assert!(told.contains("already holds a meet"), "{told}");
    assert_eq!(bench.ok(&["get", "meet.name"]), "Lakeside Open");
}

#[test]
fn a_new_device_starts_from_a_bundle_alone() {
    let bench = Bench::with_meet();
    let file = bench.file("meet.bundle");
    let told = bench.fails(1, &["bundle", "export", &file]);
    assert!(told.contains("name"), "who writes must be said: {told}");
    bench.ok(&["bundle", "export", &file, "--location", "Desk=10"]);

    let other = std::path::PathBuf::from(bench.file("other"));
    let run = |arguments: &[&str]| finish(spotter_in(&other).args(arguments), "");
    assert_eq!(run(&["bundle", "import", &file]).code, 0);
    assert_eq!(run(&["get", "meet.name"]).out, "Lakeside Open\n");
    assert_eq!(
        run(&["set", "meet.name", "x"]).code,
        1,
        "nobody is named as writing here"
    );
    assert_eq!(
        run(&["bundle", "import", &file, "--location", "Table=20"]).code,
        0
    );
    assert_eq!(run(&["set", "meet.name", "Bundled Open"]).code, 0);

    // And back again.
    let back = bench.file("back.bundle");
    assert_eq!(run(&["bundle", "export", &back]).code, 0);
    let told = bench.ok(&["bundle", "import", &back]);
    assert!(told.contains("1 change new"), "{told}");
    assert_eq!(bench.ok(&["get", "meet.name"]), "Bundled Open");
}

#[test]
fn a_damaged_bundle_gives_what_is_whole_and_says_what_is_not() {
    let bench = Bench::with_meet();
    let file = bench.file("meet.bundle");
    bench.ok(&["bundle", "export", &file, "--location", "Desk=10"]);
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 40]).unwrap();
    let other = std::path::PathBuf::from(bench.file("other"));
    let finished = finish(spotter_in(&other).args(["bundle", "import", &file]), "");
    assert_eq!(finished.code, 1, "{finished:?}");
    assert!(finished.err.contains("line"), "{}", finished.err);
    assert!(finished.out.contains("1 change new"), "{}", finished.out);
    let told = bench.fails(1, &["bundle", "import", SAVED]);
    assert!(told.contains("no bundle"), "{told}");
}
