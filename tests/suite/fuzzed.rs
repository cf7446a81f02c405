//! The checks of the fuzzer (`tests/fuzz`), on every run: with what it begins with and every crasher it ever found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use spotter_pack::unpack_counted;

#[path = "../fuzz/lib.rs"]
#[allow(unreachable_pub, reason = "the fuzzer's own programs use them")]
mod checks;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap().to_path_buf()
}

fn check(target: &str, bytes: &[u8]) {
    match target {
        "admission" => checks::admission::check(bytes),
        "change" => checks::change::check(bytes),
        "log" => checks::log::check(bytes),
        "message" => checks::message::check(bytes),
        "unpack" => checks::unpack::check(bytes, unpack_counted),
        other => panic!("there is no check {other}"),
    }
}

#[test]
fn what_the_fuzzer_begins_with_and_what_it_ever_found_passes_its_checks() {
    let mut tried = BTreeMap::<&str, usize>::new();
    for seed in checks::seeds::all(&root()).unwrap() {
        passes(seed.target, &seed.name, &seed.bytes);
        *tried.entry(seed.target).or_default() += 1;
    }
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    let targets = manifest.matches("[[bin]]").count();
    assert_eq!(
        tried.len(),
        targets,
        "every target has something to begin with: {tried:?}"
    );
    for crasher in crashers() {
        let target = crasher.parent().and_then(Path::file_name).unwrap();
        let name = crasher.to_string_lossy();
        passes(
            target.to_str().unwrap(),
            &name,
            &fs::read(&crasher).unwrap(),
        );
    }
}

fn passes(target: &str, name: &str, bytes: &[u8]) {
    let outcome = std::panic::catch_unwind(|| check(target, bytes));
    assert!(outcome.is_ok(), "{target} does not pass {name}");
}

/// Every crasher that is kept, in a folder named for its target. There may be none.
fn crashers() -> Vec<PathBuf> {
    let Ok(targets) = fs::read_dir(root().join("tests/fuzz/crashers")) else {
        return Vec::new();
    };
    targets
        .flat_map(|target| fs::read_dir(target.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}
