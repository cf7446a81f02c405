//! Admission against honest, crafted and mutated changes, and ancestry against a plain search.

mod ancestry;
mod crafted;
mod mutants;

use crate::change::{Change, ChangeDraft};
use crate::document::tests::pen;
use crate::document::{Document, NewOps, Target};
use crate::ids::ActorId;
use crate::op::{ObjectId, Op, OpAction, Scalar};

/// A small meet: a genesis, and changes by three actors that partly knew of each other.
pub(super) struct SmallMeet {
    pub(super) changes: Vec<Change>,
}

impl SmallMeet {
    pub(super) fn new() -> Self {
        let mut genesis_ops = NewOps::new();
        genesis_ops.make_container("entries");
        genesis_ops.set(Target::Object(ObjectId::Root), "format", 1.0);
        let (mut first, genesis) = Document::begin(&pen(9, 1), &genesis_ops, 0).unwrap();
        let mut second = Document::new(genesis.hash());
        let mut changes = vec![genesis];
        second.receive(&changes);
        for round in 0..6 {
            let mut ops = NewOps::new();
            let entry = ops.make(Target::Object(first.maps(&ObjectId::Root)[0].1));
            ops.set(entry, "name", format!("lifter {round}"));
            ops.set(entry, "squat.1", "[180,0]");
            changes.push(first.write(&pen(1, 10), &ops, 100 + round, None).unwrap().0);
            changes.push(write(&mut first, 2, "name", &format!("meet {round}")));
            changes.push(write(&mut second, 3, "name", &format!("mete {round}")));
            if round % 2 == 1 {
                first.receive(&changes);
                second.receive(&changes);
            }
        }
        first.receive(&changes);
        changes.push(write(&mut first, 1, "name", "settled"));
        Self { changes }
    }

    /// A document that knows all changes but the last, and the last.
    pub(super) fn before_last(&self) -> (Document, &Change) {
        let (last, before) = self.changes.split_last().unwrap();
        (document_of(before), last)
    }
}

pub(super) fn document_of(changes: &[Change]) -> Document {
    let mut document = Document::new(changes[0].hash());
    document.receive(changes);
    assert_eq!(document.index().len(), changes.len());
    document
}

fn write(document: &mut Document, actor: u8, key: &str, value: &str) -> Change {
    let mut ops = NewOps::new();
    ops.set(Target::Object(ObjectId::Root), key, value);
    document
        .write(&pen(actor, 10), &ops, 5, Some("why"))
        .unwrap()
        .0
}

/// A write of another register than any that the small meet writes.
pub(super) fn fresh_op(key: &str) -> Op {
    Op {
        object: ObjectId::Root,
        key: key.to_owned(),
        action: OpAction::Set(Scalar::Null),
        preds: Vec::new(),
    }
}

/// The code by which a draft is refused, or nothing if it is admitted.
pub(super) fn verdict(document: &mut Document, draft: ChangeDraft) -> Option<&'static str> {
    let change = match Change::encode(draft) {
        Ok(change) => change,
        Err(refusal) => return Some(refusal.code()),
    };
    match document.receive(&[change]).verdicts.remove(0) {
        Ok(_) => None,
        Err(refusal) => Some(refusal.code()),
    }
}

pub(super) fn some_actor(n: u8) -> ActorId {
    ActorId::new([n; 8])
}
