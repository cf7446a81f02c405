//! What holds of every pack: it gives back what was packed, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use spotter_model::{ActorId, Author, Change, LocationName, Meet, Pen, Priority};
use spotter_pack::{Bounds, PackError, pack, unpack};

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

#[test]
fn a_pack_gives_back_every_change_to_the_byte() {
    let changes = meet();
    let unpacked = unpack(&pack(&changes), BOUNDS).unwrap();
    assert_eq!(unpacked.len(), changes.len());
    for (unpacked, packed) in unpacked.iter().zip(&changes) {
        assert_eq!(unpacked.bytes(), packed.bytes());
    }
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
fn no_flipped_bit_goes_unnoticed() {
    let changes = meet();
    let packed = pack(&changes[..4]);
    for bit in 0..packed.len() * 8 {
        let mut flipped = packed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(
            unpack(&flipped, BOUNDS).ok(),
            Some(changes[..4].to_vec()),
            "bit {bit}"
        );
    }
}
