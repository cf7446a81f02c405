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
        "bundle" => checks::bundle::check(bytes),
        "change" => checks::change::check(bytes),
        "cold" => checks::cold::check(bytes),
        "log" => checks::log::check(bytes),
        "message" => checks::message::check(bytes),
        "records" => checks::records::check(bytes),
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

/// How often what the fuzzer begins with is changed somewhere, for each target.
const MUTANTS: u64 = 200;

#[test]
fn what_the_fuzzer_begins_with_passes_its_checks_when_it_is_changed_anywhere() {
    let mut targets = BTreeMap::<&str, Vec<Vec<u8>>>::new();
    for seed in checks::seeds::all(&root()).unwrap() {
        targets.entry(seed.target).or_default().push(seed.bytes);
    }
    for (target, seeds) in targets {
        for number in 0..MUTANTS {
            let mut chance = Chance(number);
            let mut bytes = seeds[chance.below(seeds.len())].clone();
            for _ in 0..=chance.below(3) {
                bytes = mutated(&bytes, &seeds, &mut chance);
            }
            passes(target, &format!("mutant {number}"), &bytes);
        }
    }
}

/// What a number, a text or a length may be replaced by, to do harm.
const HARM: [&[u8]; 10] = [
    b"0",
    b"-1",
    b"18446744073709551615",
    b"-9223372036854775808",
    b"1e400",
    b"null",
    b"[]",
    b"\"\"",
    b"\0\xff",
    b"\xff\xff\xff\xff\xff",
];

/// The same bytes, changed in one place.
fn mutated(bytes: &[u8], seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    // Behind the first byte, which mostly says how the others are tried.
    let begin = 1 + chance.below(bytes.len().max(2) - 1);
    let begin = begin.min(bytes.len());
    let end = (begin + chance.below(20)).min(bytes.len());
    let (before, middle, behind) = (&bytes[..begin], &bytes[begin..end], &bytes[end..]);
    match chance.below(6) {
        0 => [before, &[chance.below(256) as u8], behind].concat(),
        1 => [before, behind].concat(),
        2 => [before, middle, middle, behind].concat(),
        3 => [before, HARM[chance.below(HARM.len())], behind].concat(),
        4 => before.to_vec(),
        _ => {
            let other = &seeds[chance.below(seeds.len())];
            let from = chance.below(other.len());
            let upto = (from + chance.below(200)).min(other.len());
            [before, &other[from..upto], behind].concat()
        }
    }
}

/// A small generator, so that every run tries the same.
struct Chance(u64);

impl Chance {
    /// A number below this one, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
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
