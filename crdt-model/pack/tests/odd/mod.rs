//! Changes that no client would write and no meet would admit, but that are changes.

use quickcheck::{Arbitrary, Gen};
use spotter_model::{
    ActorId, Author, Change, ChangeDraft, ChangeHash, LocationName, ObjectId, Op, OpAction, OpId,
    Priority, Scalar,
};

/// Any changes: some go on from each other as in a meet, others have nothing to do with anything.
#[derive(Clone, Debug)]
pub(crate) struct OddChanges(pub(crate) Vec<Change>);

impl Arbitrary for OddChanges {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut changes: Vec<Change> = Vec::new();
        for _ in 0..below(g, 12) {
            let mut draft = draft(g, &changes);
            let change = loop {
                match Change::encode(draft.clone()) {
                    Ok(change) => break change,
                    Err(_) => draft.ops.truncate(draft.ops.len() / 2),
                }
            };
            changes.push(change);
        }
        Self(changes)
    }
}

fn below(g: &mut Gen, end: usize) -> usize {
    usize::arbitrary(g) % end
}

fn draft(g: &mut Gen, before: &[Change]) -> ChangeDraft {
    let actor = actor(g);
    let last = before.iter().rev().find(|change| change.actor() == actor);
    let sensible = bool::arbitrary(g);
    let seq = match last {
        Some(last) if sensible => last.seq() + 1,
        _ => 1 + number(g),
    };
    let reach = before.iter().map(Change::max_op).max().unwrap_or(0);
    let start_op = if sensible && reach < 1 << 30 {
        reach + 1
    } else {
        1 + number(g)
    };
    let mut deps: Vec<ChangeHash> = Vec::new();
    for _ in 0..below(g, 5) {
        let inside = g
            .choose(before)
            .map(Change::hash)
            .filter(|_| below(g, 4) > 0);
        let outside = ChangeHash::new([u8::arbitrary(g) % 3; 32]);
        deps.push(inside.unwrap_or(outside));
    }
    deps.sort_unstable();
    deps.dedup();
    let repeated = below(g, 8) == 0;
    let count = match below(g, 20) {
        0 if repeated => 1_024,
        1 => 1 + below(g, 60),
        _ => 1 + below(g, 4),
    };
    let one = op(g, before, start_op);
    let ops = (0..count).map(|_| {
        if repeated {
            one.clone()
        } else {
            op(g, before, start_op)
        }
    });
    let ops = ops.collect();
    let author = (below(g, 4) == 0).then(|| Author {
        location: LocationName::as_written(["Jury", "Platform \"1\"", "Cafe\u{301}"][below(g, 3)])
            .unwrap(),
        priority: Priority::new(number(g) % 1_000_001).unwrap(),
    });
    let time = match below(g, 3) {
        0 => 253_402_300_799 - i64::from(number(g)),
        1 => 0,
        _ => 1_790_000_000 + below(g, 100) as i64,
    };
    let message: Option<String> = Option::arbitrary(g);
    let message = message.filter(|message| !message.is_empty() && message.len() <= 1_024);
    ChangeDraft {
        actor,
        seq,
        start_op,
        deps,
        time,
        message,
        author,
        ops,
    }
}

/// Small, or any that a counter can be.
fn number(g: &mut Gen) -> u32 {
    if below(g, 4) == 0 {
        u32::arbitrary(g) % (1 << 30)
    } else {
        u32::arbitrary(g) % 50
    }
}

fn actor(g: &mut Gen) -> ActorId {
    ActorId::new([u8::arbitrary(g) % 5; 8])
}

fn op_id(g: &mut Gen) -> OpId {
    OpId {
        counter: 1 + number(g),
        actor: actor(g),
    }
}

fn op(g: &mut Gen, before: &[Change], start_op: u32) -> Op {
    let known = g.choose(before).and_then(|change| g.choose(change.ops()));
    let object = match (below(g, 4), known) {
        (0, _) => ObjectId::Root,
        (1, Some(known)) => known.object,
        (2, _) => ObjectId::Made(OpId {
            counter: start_op,
            actor: actor(g),
        }),
        (_, _) => ObjectId::Made(op_id(g)),
    };
    let mut preds: Vec<OpId> = (0..below(g, 3)).map(|_| op_id(g)).collect();
    if let Some(change) = g.choose(before) {
        preds.push(change.op_id(below(g, change.ops().len())));
    }
    preds.sort_unstable();
    preds.dedup();
    let own = format!("@{}.{}", actor(g), start_op);
    let key = match below(g, 8) {
        0 => "k".repeat(1 + below(g, 256)),
        1 => own,
        _ => ["name", "squat.1", "läng", "@x", "\u{0}"][below(g, 5)].to_owned(),
    };
    Op {
        object,
        key,
        action: action(g),
        preds,
    }
}

fn action(g: &mut Gen) -> OpAction {
    let weight = f64::from(i16::arbitrary(g)) / 8.0;
    OpAction::Set(match below(g, 12) {
        0 => return OpAction::MakeMap,
        1 => Scalar::Null,
        2 => Scalar::Bool(bool::arbitrary(g)),
        3 => Scalar::Number(weight),
        4 => Scalar::Number(weight / 2.204_622_62),
        5 => Scalar::Number(-0.0),
        6 => Scalar::Number(finite(f64::from_bits(u64::arbitrary(g)))),
        7 => Scalar::Text(format!("[{weight},{}]", below(g, 3))),
        8 => Scalar::Text(format!("[{},-1]", weight / 2.204_622_62)),
        9 => Scalar::Text("t".repeat(if below(g, 9) == 0 {
            16_384
        } else {
            below(g, 40)
        })),
        _ => Scalar::Text(String::arbitrary(g)),
    })
}

/// There are no infinities in a meet.
fn finite(number: f64) -> f64 {
    if number.is_finite() {
        number
    } else {
        f64::MIN_POSITIVE
    }
}
