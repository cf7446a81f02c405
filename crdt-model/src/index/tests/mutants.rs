//! Mutated changes with repaired checksums: every reason of refusal is hit, what is admitted does no harm.
//!
//! `SPOTTER_MUTANTS` sets how many are tried; a failure names the seed of the mutant, and `SPOTTER_MUTANT_SEED`
//! begins with that one.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen};
use sha2::{Digest as _, Sha256};

use super::{SmallMeet, document_of, fresh_op, some_actor};
use crate::change::Change;
use crate::document::tests::pen;
use crate::document::{Document, NewOps, Target};
use crate::ids::OpId;
use crate::index::Admission;
use crate::op::{ObjectId, Op, OpAction, RegisterId, Scalar};
use crate::refusal::Refusal;

const MUTANTS: u64 = 6_000;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(default)
}

#[test]
fn mutants_are_refused_by_name_or_admitted_and_harmless() {
    let count = from_environment("SPOTTER_MUTANTS", MUTANTS);
    let first = from_environment("SPOTTER_MUTANT_SEED", 1);
    let meet = SmallMeet::new();
    let (mut document, _) = meet.before_last();
    let mut hits: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first..first + count {
        let mut draw = Gen::from_size_and_seed(64, seed);
        let bytes = mutant(&meet, &mut draw);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            judge(&mut document, &bytes)
        }));
        let outcome = outcome
            .unwrap_or_else(|_| panic!("replay with SPOTTER_MUTANT_SEED={seed} SPOTTER_MUTANTS=1"));
        *hits.entry(outcome).or_default() += 1;
        if outcome == "admitted" {
            assert_harmless(&mut document, meet.changes.len(), seed);
            (document, _) = meet.before_last();
        }
    }
    report(&hits, count);
    if first == 1 && count >= MUTANTS {
        for code in Refusal::CODES {
            assert!(
                hits.contains_key(code),
                "no mutant was refused as {code}: {hits:?}"
            );
        }
        assert!(
            hits["admitted"] * 100 >= count,
            "too few mutants were admitted: {hits:?}"
        );
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the hits per reason are what this test reports"
)]
fn report(hits: &BTreeMap<&str, u64>, count: u64) {
    println!("{count} mutants:");
    hits.iter()
        .for_each(|(outcome, hits)| println!("{hits:8} {outcome}"));
}

fn judge(document: &mut Document, bytes: &[u8]) -> &'static str {
    let change = match Change::decode(bytes) {
        Ok(change) => change,
        Err(refusal) => return refusal.code(),
    };
    match document.receive(&[change]).verdicts.remove(0) {
        Ok(Admission::Admitted) => "admitted",
        Ok(Admission::Known) => "known",
        Ok(Admission::Waiting { .. }) => "waiting",
        Err(refusal) => refusal.code(),
    }
}

/// The document can be read, saved, loaded and written to.
fn assert_harmless(document: &mut Document, changes: usize, seed: u64) {
    let saved = document.save();
    let loaded = automerge::Automerge::load(&saved);
    let loaded =
        loaded.unwrap_or_else(|error| panic!("SPOTTER_MUTANT_SEED={seed} poisons: {error}"));
    assert_eq!(loaded.get_changes(&[]).len(), changes);
    document.values(&ObjectId::Root);
    document.disputed();
    let mut ops = NewOps::new();
    ops.set(Target::Object(ObjectId::Root), "name", "afterwards");
    document.write(&pen(90, 1), &ops, 0, None).unwrap();
    let register = RegisterId {
        object: ObjectId::Root,
        key: "name".to_owned(),
    };
    assert_eq!(document.value(&register), Some("afterwards".into()));
}

fn mutant(meet: &SmallMeet, draw: &mut Gen) -> Vec<u8> {
    if bool::arbitrary(draw) {
        return mutated_bytes(meet, draw);
    }
    mutated_draft(meet, draw)
}

fn below(draw: &mut Gen, end: usize) -> usize {
    usize::arbitrary(draw) % end
}

/// Flips, inserts, removes or repeats bytes, and mostly repairs length and checksum.
fn mutated_bytes(meet: &SmallMeet, draw: &mut Gen) -> Vec<u8> {
    let change = if bool::arbitrary(draw) {
        meet.changes.last().unwrap()
    } else {
        &meet.changes[below(draw, meet.changes.len())]
    };
    let mut bytes = change.bytes().to_vec();
    if below(draw, 12) == 0 {
        let at = below(draw, bytes.len());
        bytes[at] ^= 1 << below(draw, 8);
        return bytes;
    }
    let header = 9 + usize::from(bytes.len() > 128 + 10) + 1;
    let mut body = bytes.split_off(header.min(bytes.len()));
    for _ in 0..=below(draw, 2) {
        let at = below(draw, body.len());
        match below(draw, 5) {
            0 | 1 => body[at] ^= 1 << below(draw, 8),
            2 => body[at] = u8::arbitrary(draw),
            3 => body.insert(at, u8::arbitrary(draw)),
            _ => drop(body.remove(at)),
        }
    }
    let chunk_type = if below(draw, 40) == 0 {
        u8::arbitrary(draw)
    } else {
        1
    };
    chunk(chunk_type, &body)
}

/// A chunk around a body, with the checksum right.
fn chunk(chunk_type: u8, body: &[u8]) -> Vec<u8> {
    let mut content = vec![chunk_type];
    let mut length = body.len();
    while length > 127 {
        content.push(length as u8 | 0x80);
        length >>= 7;
    }
    content.push(length as u8);
    content.extend_from_slice(body);
    let hash = Sha256::digest(&content);
    [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], &content].concat()
}

/// Changes what the change says. Drafts beyond the limits are encoded all the same.
fn mutated_draft(meet: &SmallMeet, draw: &mut Gen) -> Vec<u8> {
    let mut draft = meet.changes.last().unwrap().draft().clone();
    let end = draft.start_op + draft.ops.len() as u32;
    match below(draw, 24) {
        0 => draft.time = i64::from(i32::arbitrary(draw)),
        1 => draft.message = Some("m".repeat(below(draw, 1_100))),
        2 => draft.ops[0].action = OpAction::Set(Scalar::Text(String::arbitrary(draw))),
        3 => draft.ops[0].action = OpAction::Set(Scalar::Number(f64::arbitrary(draw))),
        4 => {
            draft.seq = draft
                .seq
                .wrapping_add_signed(i32::from(i8::arbitrary(draw) % 3))
                .max(1)
        }
        5 => {
            draft.start_op = end
                .wrapping_add_signed(i32::from(i8::arbitrary(draw)))
                .max(1)
        }
        6 => draft.deps.truncate(below(draw, 2)),
        7 => draft
            .deps
            .push(meet.changes[below(draw, meet.changes.len())].hash()),
        8 => draft.deps.push(draft.deps[0]),
        9 => draft.author = Some(pen(1, 10).author),
        10 => (draft.actor, draft.seq) = (some_actor(70), 1 + u32::arbitrary(draw) % 2),
        11 => draft.actor = some_actor(2),
        12 => drop(draft.ops[0].preds.pop()),
        13 => draft.ops[0].preds[0].counter += u32::from(u8::arbitrary(draw)),
        14 => draft.ops.push(fresh_op(
            ["entries", "@x.1", "country", "name"][below(draw, 4)],
        )),
        15 => draft.ops.push(Op {
            action: OpAction::MakeMap,
            ..fresh_op(["podium", "@0101010101010101.900"][below(draw, 2)])
        }),
        16 => draft.ops[0].object = meet.changes[1].ops()[1].object,
        17 => draft.ops[0].object = ObjectId::Made(some_op_id(draw)),
        18 => draft.ops = vec![fresh_op("big"); 1 + below(draw, 2_000)],
        19 => draft.ops[0].action = OpAction::Set(Scalar::Text("t".repeat(below(draw, 70_000)))),
        20 => draft.ops = nest(draft.start_op, below(draw, 12)),
        21 => return automerge_op(meet, draw),
        22 => return twin(meet, draw),
        _ => draft.ops.push(fresh_op(&"k".repeat(1 + below(draw, 300)))),
    }
    crate::change::encode_unchecked(&draft)
}

fn some_op_id(draw: &mut Gen) -> OpId {
    OpId {
        counter: u32::from(u8::arbitrary(draw)) + 1,
        actor: some_actor(1 + u8::arbitrary(draw) % 3),
    }
}

fn nest(start_op: u32, depth: usize) -> Vec<Op> {
    let own = |counter| OpId {
        counter,
        actor: some_actor(1),
    };
    let made = |level: usize| Op {
        object: if level == 0 {
            ObjectId::Root
        } else {
            ObjectId::Made(own(start_op + level as u32 - 1))
        },
        key: format!("@{}.{level}", some_actor(1)),
        action: OpAction::MakeMap,
        preds: Vec::new(),
    };
    (0..=depth).map(made).collect()
}

fn automerge_op(meet: &SmallMeet, draw: &mut Gen) -> Vec<u8> {
    let theirs = automerge::Change::try_from(&meet.changes.last().unwrap().bytes()[..]).unwrap();
    let mut expanded = theirs.decode();
    let op = &mut expanded.operations[0];
    match below(draw, 4) {
        0 => op.action = automerge::legacy::OpType::Delete,
        1 => op.insert = true,
        2 => op.action = automerge::legacy::OpType::Increment(1),
        _ => op.action = automerge::legacy::OpType::Make(automerge::ObjType::List),
    }
    automerge::Change::from(expanded).raw_bytes().to_vec()
}

/// Another change with the actor and sequence number of one that is known, on the same dependencies.
fn twin(meet: &SmallMeet, draw: &mut Gen) -> Vec<u8> {
    let known = &meet.changes[1 + below(draw, meet.changes.len() - 2)];
    let mut draft = known.draft().clone();
    draft.time += 1 + i64::from(u8::arbitrary(draw));
    crate::change::encode_unchecked(&draft)
}

#[test]
fn two_replicas_refuse_the_same_changes_in_any_order() {
    let meet = SmallMeet::new();
    let mut draw = Gen::from_size_and_seed(64, 7);
    let decodable = std::iter::repeat_with(|| mutant(&meet, &mut draw))
        .filter_map(|bytes| Change::decode(&bytes).ok());
    let mutants: Vec<Change> = decodable
        .filter(|change| !is_twin_of_known(&meet, change))
        .take(150)
        .collect();
    let first = refused(&meet, &mutants, 1);
    assert!(first.len() > 20, "only {} were refused", first.len());
    for seed in 2..8 {
        assert_eq!(refused(&meet, &mutants, seed), first);
    }
}

/// Twins are told apart by arrival, and by it alone.
fn is_twin_of_known(meet: &SmallMeet, change: &Change) -> bool {
    meet.changes
        .iter()
        .any(|known| (known.actor(), known.seq()) == (change.actor(), change.seq()))
}

/// What is refused when honest changes and mutants come in an order drawn from a seed.
fn refused(meet: &SmallMeet, mutants: &[Change], seed: u64) -> BTreeMap<String, &'static str> {
    let mut all: Vec<Change> = meet.changes.iter().chain(mutants).cloned().collect();
    crate::document::tests::shuffle(&mut all, seed);
    let mut document = document_of(&meet.changes[..1]);
    let mut refused = BTreeMap::new();
    let mut progress = true;
    while progress {
        let before = document.index().len();
        for change in &all {
            if let Err(refusal) = document
                .receive(std::slice::from_ref(change))
                .verdicts
                .remove(0)
                && refusal.code() != "twin"
            {
                refused.insert(change.hash().to_string(), refusal.code());
            }
        }
        progress = document.index().len() > before;
    }
    refused
}
