//! The bytes of changes: ours against Automerge's, both ways, and what is refused.

use automerge::legacy;
use quickcheck::{Arbitrary, Gen};
use quickcheck_macros::quickcheck;

use super::*;
use crate::location::{LocationName, Priority};
use crate::op::{ObjectId, OpAction, Scalar};

fn actor(n: u8) -> ActorId {
    ActorId::new([n; 8])
}

fn op_id(g: &mut Gen) -> OpId {
    OpId {
        counter: u32::arbitrary(g) % 50 + 1,
        actor: actor(u8::arbitrary(g) % 5),
    }
}

fn some_op(g: &mut Gen) -> Op {
    let object = match bool::arbitrary(g) {
        true => ObjectId::Root,
        false => ObjectId::Made(op_id(g)),
    };
    let action = match u8::arbitrary(g) % 7 {
        0 => OpAction::MakeMap,
        1 => OpAction::Set(Scalar::Null),
        2 => OpAction::Set(Scalar::Bool(bool::arbitrary(g))),
        3 => OpAction::Set(Scalar::Number(f64::from(i16::arbitrary(g)) / 8.0)),
        4 => OpAction::Set(Scalar::Number(-0.0)),
        _ => OpAction::Set(Scalar::Text(String::arbitrary(g))),
    };
    let mut preds: Vec<OpId> = (0..u8::arbitrary(g) % 4).map(|_| op_id(g)).collect();
    preds.sort_unstable();
    preds.dedup();
    Op {
        object,
        key: ["name", "squat.1", "läng", "@x"][usize::arbitrary(g) % 4].to_owned(),
        action,
        preds,
    }
}

#[derive(Clone, Debug)]
struct SomeDraft(ChangeDraft);

impl Arbitrary for SomeDraft {
    fn arbitrary(g: &mut Gen) -> Self {
        let ops = (0..usize::arbitrary(g) % 20 + 1)
            .map(|_| some_op(g))
            .collect();
        let mut deps: Vec<ChangeHash> = (0..u8::arbitrary(g) % 4)
            .map(|n| ChangeHash::new([n; 32]))
            .collect();
        deps.sort_unstable();
        let author = bool::arbitrary(g).then(|| Author {
            location: LocationName::parse("Jury \"east\"").unwrap(),
            priority: Priority::new(300).unwrap(),
        });
        Self(ChangeDraft {
            actor: actor(u8::arbitrary(g) % 5),
            seq: u32::from(u16::arbitrary(g)) + 1,
            start_op: u32::from(u16::arbitrary(g)) + 1,
            deps,
            time: i64::from(u32::arbitrary(g)),
            message: bool::arbitrary(g).then(|| "re-weighed".to_owned()),
            author,
            ops,
        })
    }
}

fn automerge_op_id(id: OpId) -> legacy::OpId {
    legacy::OpId::new(
        u64::from(id.counter),
        &automerge::ActorId::from(&id.actor.as_bytes()[..]),
    )
}

/// The same change as Automerge itself writes it.
fn by_automerge(draft: &ChangeDraft) -> automerge::Change {
    let operations = draft.ops.iter().map(|op| legacy::Op {
        action: match &op.action {
            OpAction::MakeMap => legacy::OpType::Make(automerge::ObjType::Map),
            OpAction::Set(value) => legacy::OpType::Put(match value {
                Scalar::Null => automerge::ScalarValue::Null,
                Scalar::Bool(value) => automerge::ScalarValue::Boolean(*value),
                Scalar::Number(value) => automerge::ScalarValue::F64(*value),
                Scalar::Text(value) => automerge::ScalarValue::Str(value.as_str().into()),
            }),
        },
        obj: match op.object {
            ObjectId::Root => legacy::ObjectId::Root,
            ObjectId::Made(id) => legacy::ObjectId::Id(automerge_op_id(id)),
        },
        key: legacy::Key::Map(op.key.as_str().into()),
        pred: op.preds.iter().map(|id| automerge_op_id(*id)).collect(),
        insert: false,
    });
    let extra_bytes = draft.author.as_ref().map_or_else(Vec::new, |author| {
        let bytes = author.to_bytes();
        let mut extra = vec![1];
        super::leb128::write_unsigned(&mut extra, bytes.len() as u64);
        extra.extend_from_slice(&bytes);
        extra
    });
    automerge::ExpandedChange {
        operations: operations.collect(),
        actor_id: automerge::ActorId::from(&draft.actor.as_bytes()[..]),
        author: None,
        hash: None,
        seq: u64::from(draft.seq),
        start_op: std::num::NonZeroU64::new(u64::from(draft.start_op)).unwrap(),
        time: draft.time,
        message: draft.message.clone(),
        deps: draft
            .deps
            .iter()
            .map(|dep| automerge::ChangeHash(*dep.as_bytes()))
            .collect(),
        extra_bytes,
    }
    .into()
}

#[quickcheck]
fn our_bytes_are_automerges_own(draft: SomeDraft) -> bool {
    let SomeDraft(draft) = draft;
    let theirs = by_automerge(&draft);
    let ours = encode::encode(&draft);
    assert_eq!(ours, theirs.raw_bytes(), "{draft:?}");
    true
}

#[quickcheck]
fn decoding_is_the_inverse_of_encoding(draft: SomeDraft) -> bool {
    let SomeDraft(draft) = draft;
    let change = Change::encode(draft.clone()).unwrap();
    *change.draft() == draft && Change::decode(change.bytes()).unwrap() == change
}

#[quickcheck]
fn the_hash_is_automerges_own(draft: SomeDraft) -> bool {
    let SomeDraft(draft) = draft;
    by_automerge(&draft).hash().0 == *Change::encode(draft).unwrap().hash().as_bytes()
}

#[quickcheck]
fn no_single_flipped_bit_goes_unnoticed(draft: SomeDraft, at: usize) -> bool {
    let SomeDraft(draft) = draft;
    let change = Change::encode(draft).unwrap();
    let mut bytes = change.bytes().to_vec();
    let bit = at % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    Change::decode(&bytes).is_err()
}
