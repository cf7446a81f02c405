//! What a change has seen, against a plain search through the dependencies.

use quickcheck_macros::quickcheck;

use super::some_actor;
use crate::change::{Change, ChangeDraft};
use crate::document::tests::pen;
use crate::index::{Admission, Index};
use crate::op::{ObjectId, Op, OpAction, Scalar};

/// Many actors write on whatever changes the numbers choose; long absences and wide merges included.
fn random_history(choices: &[(u8, u16, u16)], actors: u8) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut last_of = vec![None::<usize>; actors as usize];
    for (actor, a, b) in choices {
        let actor = actor % actors;
        let mut deps: Vec<usize> = match changes.len() {
            0 => Vec::new(),
            len => vec![len - 1 - (*a as usize % len), len - 1 - (*b as usize % len)],
        };
        deps.extend(last_of[actor as usize]);
        deps.sort_unstable();
        deps.dedup();
        let draft = ChangeDraft {
            actor: some_actor(actor),
            seq: last_of[actor as usize].map_or(1, |last| changes[last].seq() + 1),
            start_op: deps
                .iter()
                .map(|&dep| changes[dep].max_op())
                .max()
                .unwrap_or(0)
                + 1,
            deps: deps.iter().map(|&dep| changes[dep].hash()).collect(),
            time: 0,
            message: None,
            author: last_of[actor as usize]
                .is_none()
                .then(|| pen(actor, 1).author),
            ops: vec![Op {
                object: ObjectId::Root,
                key: format!("k{}", changes.len()),
                action: OpAction::Set(Scalar::Null),
                preds: Vec::new(),
            }],
        };
        last_of[actor as usize] = Some(changes.len());
        changes.push(Change::encode(draft).unwrap());
    }
    changes
}

/// Per change, which changes it has seen, itself excluded.
fn seen_sets(changes: &[Change]) -> Vec<Vec<bool>> {
    let mut seen: Vec<Vec<bool>> = Vec::new();
    for change in changes {
        let mut mine = vec![false; changes.len()];
        for dep in change.deps() {
            let dep = changes
                .iter()
                .position(|other| other.hash() == *dep)
                .unwrap();
            mine[dep] = true;
            for (mine, theirs) in mine.iter_mut().zip(&seen[dep]) {
                *mine |= theirs;
            }
        }
        seen.push(mine);
    }
    seen
}

fn check(changes: &[Change]) {
    let Some(genesis) = changes.first() else {
        return;
    };
    let mut index = Index::new(genesis.hash());
    for change in changes {
        assert_eq!(index.admit(change), Ok(Admission::Admitted));
    }
    let seen = seen_sets(changes);
    for (number, seen) in seen.iter().enumerate() {
        let deps: Vec<u32> = changes[number]
            .deps()
            .iter()
            .map(|dep| index.number_of(dep).unwrap() as u32)
            .collect();
        let ancestry = index.ancestry_of(&deps);
        for (other, seen) in seen.iter().enumerate() {
            assert_eq!(
                index.is_ancestor(other as u32, &ancestry),
                *seen,
                "{other} as seen by {number}"
            );
        }
        let beyond = index.beyond(&[changes[number].hash()]);
        let expected: Vec<usize> = (0..changes.len())
            .filter(|&other| other != number && !seen[other])
            .collect();
        assert_eq!(beyond, expected);
    }
    assert_eq!(index.heads_of(|_| true), index.heads());
}

#[quickcheck]
fn ancestry_is_what_a_plain_search_finds(choices: Vec<(u8, u16, u16)>) {
    check(&random_history(&choices, 7));
}

#[test]
fn ancestry_is_right_where_many_actors_write_apart() {
    let mut state = 1_u64;
    let mut draw = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u16
    };
    let choices: Vec<(u8, u16, u16)> = (0..500).map(|_| (draw() as u8, draw(), draw())).collect();
    check(&random_history(&choices, 200));
}
