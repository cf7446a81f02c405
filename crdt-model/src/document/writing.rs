//! Writing: from a list of writes to one admitted change.

use crate::change::{Change, ChangeDraft};
use crate::ids::{ActorId, ChangeHash, OpId};
use crate::index::Index;
use crate::limits::DEPENDENCIES_MAX;
use crate::location::Author;
use crate::op::{ObjectId, Op, OpAction, RegisterId, Scalar};
use crate::refusal::Refusal;

use super::{Document, Received};

/// Who writes: one line of writing of one location.
///
/// Invariant: the actor is fresh for every process start and every join as another location, and is never
/// restored from disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pen {
    /// The line of writing.
    pub actor: ActorId,
    /// The location and the priority it holds now.
    pub author: Author,
}

/// Where a new operation writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// In a map of the document.
    Object(ObjectId),
    /// In the map that an earlier operation of the same list makes.
    Made(usize),
}

/// A list of operations to be written as one change.
#[derive(Clone, Debug, Default)]
pub struct NewOps {
    ops: Vec<NewOp>,
}

#[derive(Clone, Debug)]
struct NewOp {
    target: Target,
    key: NewKey,
    action: OpAction,
}

#[derive(Clone, Debug)]
enum NewKey {
    Given(String),
    /// `@<actor>.<counter of the operation>`: nobody else can make a map under it.
    Own,
}

impl NewOps {
    /// A list without operations, which nobody can write.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one of the fixed containers; only the genesis may.
    pub fn make_container(&mut self, key: &str) -> Target {
        self.push(
            Target::Object(ObjectId::Root),
            NewKey::Given(key.to_owned()),
            OpAction::MakeMap,
        )
    }

    /// Makes a map under a key that carries its maker.
    pub fn make(&mut self, target: Target) -> Target {
        self.push(target, NewKey::Own, OpAction::MakeMap)
    }

    /// Writes a register.
    pub fn set(&mut self, target: Target, key: &str, value: impl Into<Scalar>) {
        self.push(
            target,
            NewKey::Given(key.to_owned()),
            OpAction::Set(value.into()),
        );
    }

    fn push(&mut self, target: Target, key: NewKey, action: OpAction) -> Target {
        self.ops.push(NewOp {
            target,
            key,
            action,
        });
        Target::Made(self.ops.len() - 1)
    }

    /// The registers that are written in maps which are there already.
    pub(crate) fn registers(&self) -> impl Iterator<Item = RegisterId> {
        self.ops.iter().filter_map(|op| match (op.target, &op.key) {
            (Target::Object(object), NewKey::Given(key)) => Some(RegisterId {
                object,
                key: key.clone(),
            }),
            (Target::Object(_), NewKey::Own) | (Target::Made(_), _) => None,
        })
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }
}

impl Document {
    /// Begins a document: writes its genesis.
    ///
    /// # Errors
    /// When the operations are beyond the limits of the format.
    pub fn begin(pen: &Pen, ops: &NewOps, time: i64) -> Result<(Self, Change), Refusal> {
        let base = Base {
            deps: Vec::new(),
            start_op: 1,
            seq: 1,
        };
        let genesis = Change::encode(draft(pen, base, ops, time, None, |_| Vec::new()))?;
        let mut document = Self::new(genesis.hash());
        document.receive(std::slice::from_ref(&genesis));
        Ok((document, genesis))
    }

    /// Writes one change on everything that is known here, admits it and keeps it.
    ///
    /// # Errors
    /// When the operations are beyond the limits of the format, or make no sense (a register written twice).
    pub fn write(
        &mut self,
        pen: &Pen,
        ops: &NewOps,
        time: i64,
        reason: Option<&str>,
    ) -> Result<(Change, Received), Refusal> {
        let (base, deps) = self.base(&pen.actor);
        let ancestry = self.index.ancestry_of(&deps);
        let change = Change::encode(draft(pen, base, ops, time, reason, |register| {
            let Some(number) = self.index.register_number(register) else {
                return Vec::new();
            };
            let writes = &self.index.register(number).writes;
            let standing = self.index.standing_in(&ancestry, number);
            let ids = standing
                .iter()
                .map(|&place| self.index.op_id_of(&writes[place as usize]));
            ids.collect()
        }))?;
        let mut received = self.receive(std::slice::from_ref(&change));
        match received.verdicts.pop() {
            Some(Err(refusal)) => Err(refusal),
            Some(Ok(_)) | None => Ok((change, received)),
        }
    }

    /// What the next change of an actor is written on: all heads, or as many as a change may name.
    fn base(&self, actor: &ActorId) -> (Base, Vec<u32>) {
        let index = &self.index;
        let seq = index.next_seq(actor);
        let mut heads: Vec<usize> = index
            .heads()
            .iter()
            .filter_map(|head| index.number_of(head))
            .collect();
        if heads.len() > DEPENDENCIES_MAX {
            heads.sort_unstable_by(|a, b| b.cmp(a));
            heads.truncate(DEPENDENCIES_MAX - 1);
            let own = index
                .change_of(actor, seq - 1)
                .and_then(|hash| index.number_of(&hash));
            heads.extend(own.filter(|own| !heads.contains(own)));
        }
        let numbers: Vec<u32> = heads.iter().map(|&number| number as u32).collect();
        let base = Base {
            deps: heads
                .iter()
                .filter_map(|&number| index.hash_at(number))
                .collect(),
            start_op: index.max_op(&numbers) + 1,
            seq,
        };
        (base, numbers)
    }
}

/// What a change is written on.
struct Base {
    deps: Vec<ChangeHash>,
    start_op: u32,
    seq: u32,
}

fn draft(
    pen: &Pen,
    base: Base,
    new: &NewOps,
    time: i64,
    reason: Option<&str>,
    standing: impl Fn(&RegisterId) -> Vec<OpId>,
) -> ChangeDraft {
    let own_id = |index: usize| OpId {
        counter: base.start_op + index as u32,
        actor: pen.actor,
    };
    let ops = new.ops.iter().enumerate().map(|(index, op)| {
        let object = match op.target {
            Target::Object(object) => object,
            Target::Made(by) => ObjectId::Made(own_id(by)),
        };
        let key = match &op.key {
            NewKey::Given(key) => key.clone(),
            NewKey::Own => Index::map_key(own_id(index)),
        };
        let register = RegisterId { object, key };
        let mut preds = match op.action {
            OpAction::MakeMap => Vec::new(),
            OpAction::Set(_) => standing(&register),
        };
        preds.sort_unstable();
        Op {
            object,
            key: register.key,
            action: op.action.clone(),
            preds,
        }
    });
    ChangeDraft {
        actor: pen.actor,
        seq: base.seq,
        start_op: base.start_op,
        time,
        message: reason.map(str::to_owned),
        author: (base.seq == 1).then(|| pen.author.clone()),
        ops: ops.collect(),
        deps: base.deps,
    }
}
