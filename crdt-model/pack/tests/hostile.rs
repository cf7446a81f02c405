//! Hostile packs: whatever the bytes, unpacking ends, within a bound on what it allocates and on how many bits it
//! decodes, and brings no changes but those that were packed.
//!
//! `SPOTTER_MUTANTS` sets how many are tried; a failure names the seed of the mutant, and `SPOTTER_MUTANT_SEED` begins
//! with that one. This binary has one test, because the allocator counts for all of them.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use peak_alloc::PeakAlloc;
use quickcheck::{Arbitrary, Gen};
use serde_json::Value;
use spotter_model::{
    ActorId, Change, ChangeDraft, ChangeHash, ObjectId, Op, OpAction, OpId, Scalar,
};
use spotter_pack::{Bounds, PackError, pack, unpack_counted};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Mutants of an everyday run.
const MUTANTS: u64 = 1_000;

/// What unpacking may allocate at once, at most.
fn bytes_allowed(pack: &[u8], bounds: Bounds) -> usize {
    200_000 + 8 * pack.len() + 150 * bounds.bytes_max + 1_000 * bounds.changes_max
}

/// How many bits unpacking may decode, at most.
fn steps_allowed(bounds: Bounds) -> u64 {
    (2_000 + 100 * bounds.bytes_max + 2_000 * bounds.changes_max) as u64
}

#[test]
fn hostile_packs_are_answered_within_bounds() {
    let honest = honest();
    for (name, pack) in bombs() {
        for bytes_max in [1_000, 5_000, 400_000] {
            let bounds = Bounds {
                changes_max: 200,
                bytes_max,
            };
            let (allocated, steps, outcome) = unpacked(&pack, bounds);
            report(&format!(
                "{name}: {} bytes, {bytes_max} allowed: {allocated} bytes, {steps} bits, {outcome}",
                pack.len()
            ));
            assert!(
                allocated <= bytes_allowed(&pack, bounds),
                "{name} allocates {allocated}"
            );
            assert!(steps <= steps_allowed(bounds), "{name} takes {steps} bits");
        }
    }
    let count = from_environment("SPOTTER_MUTANTS", MUTANTS);
    let first = from_environment("SPOTTER_MUTANT_SEED", 1);
    let mut outcomes = BTreeMap::<String, u64>::new();
    let (mut most, mut longest) = (0.0_f64, 0.0_f64);
    for seed in first..first + count {
        let replay = format!("replay with SPOTTER_MUTANT_SEED={seed} SPOTTER_MUTANTS=1");
        let mut draw = Gen::from_size_and_seed(64, seed);
        let (mutant, bounds) = (mutant(&honest, &mut draw), some_bounds(&mut draw));
        let outcome = std::panic::catch_unwind(|| unpacked(&mutant, bounds));
        let (allocated, steps, outcome) = outcome.unwrap_or_else(|_| panic!("{replay}"));
        *outcomes.entry(outcome).or_default() += 1;
        let (allowed, steps_allowed) = (bytes_allowed(&mutant, bounds), steps_allowed(bounds));
        assert!(allocated <= allowed, "{allocated} bytes, {replay}");
        assert!(steps <= steps_allowed, "{steps} bits, {replay}");
        most = most.max(allocated as f64 / allowed as f64);
        longest = longest.max(steps as f64 / steps_allowed as f64);
    }
    report(&format!(
        "{count} mutants, at most {most:.3} of the memory and {longest:.3} of the bits allowed:"
    ));
    outcomes
        .iter()
        .for_each(|(outcome, hits)| report(&format!("{hits:8} {outcome}")));
}

#[expect(
    clippy::print_stdout,
    reason = "what was hit is what this test reports"
)]
fn report(line: &str) {
    println!("{line}");
}

fn from_environment(name: &str, default: u64) -> u64 {
    let number = std::env::var(name)
        .ok()
        .and_then(|number| number.parse().ok());
    number.unwrap_or(default)
}

/// Bytes allocated at once, bits decoded, and what came of it.
fn unpacked(pack: &[u8], bounds: Bounds) -> (usize, u64, String) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let (outcome, steps) = unpack_counted(pack, bounds);
    let allocated = ALLOCATED.peak_usage().saturating_sub(before);
    let outcome = match outcome {
        Ok(changes) => {
            let bytes: usize = changes.iter().map(|change| change.bytes().len()).sum();
            assert!(changes.len() <= bounds.changes_max && bytes <= bounds.bytes_max);
            "unpacked".to_owned()
        }
        Err(PackError::NoChange { refusal, .. }) => format!("no change: {}", refusal.code()),
        Err(PackError::Unreadable { what }) => format!("unreadable: {what}"),
        Err(error) => error
            .to_string()
            .split(|c: char| c.is_ascii_digit())
            .next()
            .unwrap()
            .to_owned(),
    };
    (allocated, steps, outcome)
}

/// The golden packs.
fn honest() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let files = std::fs::read_dir(folder).unwrap();
    let mut packs: Vec<Vec<u8>> = files
        .map(|file| {
            let golden = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let golden: Value = serde_json::from_str(&golden).unwrap();
            STANDARD.decode(golden["pack"].as_str().unwrap()).unwrap()
        })
        .collect();
    packs.sort();
    packs
}

fn below(draw: &mut Gen, end: usize) -> usize {
    usize::arbitrary(draw) % end.max(1)
}

fn some_bounds(draw: &mut Gen) -> Bounds {
    Bounds {
        changes_max: [3, 100, 1_000, 1_000, 1_000][below(draw, 5)],
        bytes_max: [300, 20_000, 400_000, 400_000, 400_000][below(draw, 5)],
    }
}

/// Where the coded bits of a pack begin.
const HEADER: usize = 1 + 8;

fn mutant(honest: &[Vec<u8>], draw: &mut Gen) -> Vec<u8> {
    let mut pack = honest[below(draw, honest.len())].clone();
    match below(draw, 8) {
        0 => pack.truncate(below(draw, pack.len())),
        1 => {
            let other = &honest[below(draw, honest.len())];
            let (cut, from) = (below(draw, pack.len()), below(draw, other.len()));
            pack.truncate(cut);
            pack.extend_from_slice(&other[from..]);
        }
        2 => {
            let filling = [0, 0xff, 0x55, u8::arbitrary(draw)][below(draw, 4)];
            let from = HEADER + below(draw, pack.len() - HEADER);
            pack[from..].fill(filling);
        }
        3 => {
            pack.truncate(HEADER);
            number(&mut pack, below(draw, 1_000));
            number(&mut pack, below(draw, 300_000));
            let count = below(draw, 400);
            pack.extend((0..count).map(|_| u8::arbitrary(draw)));
        }
        4 => {
            let count = below(draw, 400);
            pack = (0..count).map(|_| u8::arbitrary(draw)).collect();
            if let Some(format) = pack.first_mut() {
                *format = 1;
            }
        }
        5 => {
            let at = below(draw, pack.len());
            pack.insert(at, u8::arbitrary(draw));
        }
        _ => {
            for _ in 0..=below(draw, 3) {
                let at = below(draw, pack.len());
                pack[at] ^= 1 << below(draw, 8);
            }
        }
    }
    pack
}

fn number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The head of a pack of 400,000 bytes, and a table of 270,000 objects, which no change of it uses.
const OBJECTS: &str = "AQAAAAAAAAAAAYC1GH+/v7+/v7+/oAAD8Kfm2L40/KD2nQYs1nstim3XJ137jqGUygFdP3TX43L+WRyiPXgq0hxBK9OzzaQoiE17XDqfgPj6XQcSxHztTj+biydRRJpM7qXsHHCK8nLe47gpFW2D3ekIYDWJKhyHPtQMDvmCSHsZtg==";

/// Small packs of very much.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let id = |counter| OpId {
        counter,
        actor: ActorId::new([1; 8]),
    };
    let set = |object, key: &str, value, preds| Op {
        object: ObjectId::Made(id(object)),
        key: key.to_owned(),
        action: OpAction::Set(value),
        preds,
    };
    let many = |op: &dyn Fn(u32) -> Op| -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for seq in 1..=8 {
            let start_op = 1_024 * (seq - 1) + 1;
            let draft = ChangeDraft {
                actor: ActorId::new([1; 8]),
                seq,
                start_op,
                deps: changes.last().map(Change::hash).into_iter().collect(),
                time: 0,
                message: None,
                author: None,
                ops: (0..1_024).map(|at| op(start_op + at)).collect(),
            };
            changes.push(Change::encode(draft).unwrap());
        }
        changes
    };
    let long = "k".repeat(256);
    let text = "t".repeat(16_384);
    let texts = |at: u32| {
        if at % 1_024 < 3 {
            Scalar::Text(text.clone())
        } else {
            Scalar::Null
        }
    };
    let wide = ChangeDraft {
        deps: (0..64).map(|at| ChangeHash::new([at; 32])).collect(),
        ..many(&|_| set(1, "k", Scalar::Null, Vec::new()))[0]
            .draft()
            .clone()
    };
    let wide: Vec<Change> = (1..=8)
        .map(|seq| {
            Change::encode(ChangeDraft {
                seq,
                ..wide.clone()
            })
            .unwrap()
        })
        .collect();
    vec![
        ("270,000 objects", STANDARD.decode(OBJECTS).unwrap()),
        (
            "nulls of one register",
            pack(&many(&|_| set(1, "k", Scalar::Null, Vec::new()))),
        ),
        (
            "nulls at a long key",
            pack(&many(&|_| set(1, &long, Scalar::Null, Vec::new()))),
        ),
        (
            "nulls in many objects",
            pack(&many(&|at| set(at, &long, Scalar::Null, Vec::new()))),
        ),
        (
            "makes",
            pack(&many(&|at| Op {
                action: OpAction::MakeMap,
                ..set(at, "k", Scalar::Null, Vec::new())
            })),
        ),
        (
            "sixteen preds each",
            pack(&many(&|_| {
                set(1, "k", Scalar::Null, (1..=16).map(id).collect())
            })),
        ),
        (
            "the same long text",
            pack(&many(&|at| set(1, "k", texts(at), Vec::new()))),
        ),
        ("sixty-four dependencies", pack(&wide)),
    ]
}
