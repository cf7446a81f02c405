//! Somebody who writes changes: the least that admission takes.

use spotter_model::{
    Author, Change, ChangeDraft, ChangeHash, LocationName, ObjectId, Op, OpAction, Priority, Scalar,
};

/// One actor.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    actor: u8,
    seq: u32,
    max_op: u32,
    deps: Vec<ChangeHash>,
}

impl Writer {
    /// An actor that begins on a state of the meet.
    pub(crate) fn on(actor: u8, base: &[&Change]) -> Self {
        Self {
            actor,
            seq: 0,
            max_op: base.iter().map(|change| change.max_op()).max().unwrap_or(0),
            deps: base.iter().map(|change| change.hash()).collect(),
        }
    }

    /// Writes a register that nobody else writes.
    pub(crate) fn write(&mut self, value: &str) -> Change {
        self.seq += 1;
        let key = format!("{}-{}", self.actor, self.seq);
        let change = self.change(vec![set(&key, value)]);
        self.max_op = change.max_op();
        self.deps = vec![change.hash()];
        change
    }

    /// Several changes in a row.
    pub(crate) fn write_many(&mut self, count: usize) -> Vec<Change> {
        (0..count)
            .map(|number| self.write(&number.to_string()))
            .collect()
    }

    fn change(&self, ops: Vec<Op>) -> Change {
        let author = Author {
            location: LocationName::parse("Platform 1").unwrap(),
            priority: Priority::new(20).unwrap(),
        };
        Change::encode(ChangeDraft {
            actor: spotter_model::ActorId::new([self.actor; 8]),
            seq: self.seq,
            start_op: self.max_op + 1,
            deps: self.deps.clone(),
            time: 1_795_176_000,
            message: None,
            author: (self.seq == 1).then_some(author),
            ops,
        })
        .unwrap()
    }
}

/// The first change of a meet.
pub(crate) fn genesis() -> Change {
    Writer::on(0, &[]).write("Harbor Open")
}

fn set(key: &str, value: &str) -> Op {
    Op {
        object: ObjectId::Root,
        key: key.into(),
        action: OpAction::Set(Scalar::from(value)),
        preds: Vec::new(),
    }
}
