//! What holds of every pack: it gives back what was packed, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod odd;

use quickcheck_macros::quickcheck;
use spotter_model::{ActorId, Author, Change, LocationName, Meet, Pen, Priority};
use spotter_pack::{Bounds, PackError, pack, pack_within, unpack};

use odd::OddChanges;

const BOUNDS: Bounds = Bounds {
    changes_max: 10_000,
    bytes_max: 1 << 24,
};

fn meet() -> Vec<Change> {
    let author = Author {
        location: LocationName::parse("Jury").unwrap(),
        priority: Priority::new(1).unwrap(),
    };
    let pen = Pen {
        actor: ActorId::new([1; 8]),
        author,
    };
    let saved = include_str!("../../tests/data/fjordlands-open-kg.openlifter");
    let meet = Meet::import(saved, &pen, [7; 16], 0).unwrap();
    meet.changes().collect()
}

fn survive(changes: &[Change]) -> bool {
    let unpacked = unpack(&pack(changes), BOUNDS).unwrap();
    let bytes = |changes: &[Change]| -> Vec<_> {
        changes
            .iter()
            .map(|change| change.bytes().clone())
            .collect()
    };
    bytes(&unpacked) == bytes(changes)
}

#[quickcheck]
fn any_changes_come_back_to_the_byte(changes: OddChanges) -> bool {
    survive(&changes.0)
}

#[quickcheck]
fn a_pack_is_made_within_its_bytes_or_not_at_all(changes: OddChanges, most: usize) -> bool {
    let (changes, whole) = (&changes.0, pack(&changes.0));
    let most = most % (whole.len() + 2);
    match pack_within(changes, most) {
        Ok(pack) => whole.len() <= most && pack == whole,
        Err(fitted) => whole.len() > most && fitted < changes.len().max(1),
    }
}

#[quickcheck]
fn any_part_of_a_meet_in_any_order_comes_back_to_the_byte(
    from: usize,
    to: usize,
    turn: usize,
) -> bool {
    let changes = meet();
    let (from, to) = (from % changes.len(), to % changes.len());
    let mut part = changes[from.min(to)..from.max(to)].to_vec();
    let turn = turn % part.len().max(1);
    part.rotate_left(turn);
    part.extend(part.first().cloned());
    survive(&part)
}

#[test]
fn an_imported_meet_comes_back_to_the_byte() {
    let changes = meet();
    assert!(survive(&changes));
}

#[test]
fn nothing_packs_and_unpacks_too() {
    assert_eq!(unpack(&pack(&[]), BOUNDS), Ok(Vec::new()));
}

#[test]
fn a_pack_beyond_the_bounds_is_refused() {
    let changes = meet();
    let packed = pack(&changes);
    let bytes: usize = changes.iter().map(|change| change.bytes().len()).sum();
    let few = Bounds {
        changes_max: changes.len() - 1,
        ..BOUNDS
    };
    let small = Bounds {
        bytes_max: bytes - 1,
        ..BOUNDS
    };
    let exact = Bounds {
        changes_max: changes.len(),
        bytes_max: bytes,
    };
    assert!(matches!(
        unpack(&packed, few),
        Err(PackError::TooManyChanges { .. })
    ));
    assert!(matches!(
        unpack(&packed, small),
        Err(PackError::TooLarge { .. })
    ));
    assert_eq!(unpack(&packed, exact), Ok(changes));
}

#[test]
fn a_flipped_bit_never_brings_other_changes() {
    let changes = meet();
    let packed = pack(&changes[1..3]);
    let (mut refused, bits) = (0, (0..packed.len() * 8).step_by(5));
    for bit in bits.clone() {
        let mut flipped = packed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match unpack(&flipped, BOUNDS) {
            Ok(unpacked) => assert!(unpacked == changes[1..3], "bit {bit}"),
            Err(_) => refused += 1,
        }
    }
    // The last bits of the last byte may only round.
    assert!(refused + 2 >= bits.len());
}
