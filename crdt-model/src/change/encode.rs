//! From what a change says to its bytes.

use sha2::{Digest as _, Sha256};

use super::columns::{write_deltas, write_runs};
use super::leb128::{write_signed, write_unsigned};
use super::{CHANGE_CHUNK, ChangeDraft, MAGIC};
use crate::ids::{ActorId, ChangeHash, OpId};
use crate::op::{ObjectId, Op, OpAction, Scalar};

/// Writes the whole chunk.
pub(super) fn encode(draft: &ChangeDraft) -> Vec<u8> {
    let content = behind_checksum(draft);
    let hash = chunk_hash(&content);
    let mut bytes = Vec::with_capacity(content.len() + HEADER_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&hash.as_bytes()[..4]);
    bytes.extend_from_slice(&content);
    bytes
}

/// Magic and checksum.
pub(super) const HEADER_BYTES: usize = 8;

/// Writes what the hash covers: type, length, body.
pub(super) fn behind_checksum(draft: &ChangeDraft) -> Vec<u8> {
    let body = body(draft);
    let mut content = Vec::with_capacity(body.len() + 4);
    content.push(CHANGE_CHUNK);
    write_unsigned(&mut content, body.len() as u64);
    content.extend_from_slice(&body);
    content
}

/// The hash of a chunk is that of everything behind its checksum.
pub(super) fn chunk_hash(behind_checksum: &[u8]) -> ChangeHash {
    ChangeHash::new(Sha256::digest(behind_checksum).into())
}

/// As long as most changes, so that their bytes are written without growing what holds them.
const SHORT_CHANGE_BYTES: usize = 256;

fn body(draft: &ChangeDraft) -> Vec<u8> {
    let actors = ActorTable::of(draft);
    let mut deps = draft.deps.clone();
    deps.sort_unstable();
    let mut out = Vec::with_capacity(SHORT_CHANGE_BYTES);
    write_unsigned(&mut out, deps.len() as u64);
    for dep in &deps {
        out.extend_from_slice(dep.as_bytes());
    }
    write_prefixed(&mut out, draft.actor.as_bytes());
    write_unsigned(&mut out, u64::from(draft.seq));
    write_unsigned(&mut out, u64::from(draft.start_op));
    write_signed(&mut out, draft.time);
    write_prefixed(&mut out, draft.message.as_deref().unwrap_or("").as_bytes());
    write_unsigned(&mut out, actors.others.len() as u64);
    for actor in &actors.others {
        write_prefixed(&mut out, actor.as_bytes());
    }
    write_columns(&mut out, &draft.ops, &actors);
    if let Some(author) = &draft.author {
        out.push(AUTHOR_FOOTER);
        write_prefixed(&mut out, &author.to_bytes());
    }
    out
}

/// What precedes the author behind the columns.
pub(super) const AUTHOR_FOOTER: u8 = 1;

fn write_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    write_unsigned(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// The numbers that stand for actors inside one change: the writer is 0, all others follow in order.
struct ActorTable {
    writer: ActorId,
    others: Vec<ActorId>,
}

impl ActorTable {
    fn of(draft: &ChangeDraft) -> Self {
        let mut others = Vec::new();
        let mut note = |actor: ActorId| {
            // Neighbours mostly name the same, so that nearly all that repeats is passed over here.
            if actor != draft.actor && others.last() != Some(&actor) {
                others.push(actor);
            }
        };
        for op in &draft.ops {
            if let ObjectId::Made(id) = op.object {
                note(id.actor);
            }
            op.preds.iter().for_each(|pred| note(pred.actor));
        }
        others.sort_unstable();
        others.dedup();
        Self {
            writer: draft.actor,
            others,
        }
    }

    fn number(&self, actor: ActorId) -> u64 {
        if actor == self.writer {
            return 0;
        }
        let place = self.others.partition_point(|other| *other < actor);
        place as u64 + 1
    }
}

/// The numbers by which Automerge knows the columns we use, in the order they are written.
pub(super) mod column {
    pub(in super::super) const OBJECT_ACTOR: u64 = 0x01;
    pub(in super::super) const OBJECT_COUNTER: u64 = 0x02;
    pub(in super::super) const KEY: u64 = 0x15;
    pub(in super::super) const INSERT: u64 = 0x34;
    pub(in super::super) const ACTION: u64 = 0x42;
    pub(in super::super) const VALUE_META: u64 = 0x56;
    pub(in super::super) const VALUE: u64 = 0x57;
    pub(in super::super) const PRED_COUNT: u64 = 0x70;
    pub(in super::super) const PRED_ACTOR: u64 = 0x71;
    pub(in super::super) const PRED_COUNTER: u64 = 0x73;

    /// How many columns we use.
    pub(in super::super) const ALL: usize = 10;

    /// Columns that Automerge writes and we never do: element keys, the edges and names of marks.
    pub(in super::super) const OF_LISTS_AND_MARKS: [u64; 4] = [0x11, 0x13, 0x94, 0xa5];
}

/// Automerge's numbers for the two actions we use.
pub(super) const MAKE_MAP: u64 = 0;
pub(super) const SET: u64 = 1;

fn write_columns(out: &mut Vec<u8>, ops: &[Op], actors: &ActorTable) {
    let objects = ops.iter().map(|op| match op.object {
        ObjectId::Root => None,
        ObjectId::Made(id) => Some(id),
    });
    let preds = ops.iter().flat_map(|op| op.preds.iter());
    let mut columns = Columns {
        count: 0,
        list: Vec::with_capacity(2 * column::ALL),
        data: Vec::with_capacity(SHORT_CHANGE_BYTES),
    };
    columns.write(column::OBJECT_ACTOR, |out| {
        let actor = |id: OpId| actors.number(id.actor);
        write_runs(out, objects.clone().map(|object| object.map(actor)));
    });
    columns.write(column::OBJECT_COUNTER, |out| {
        let counter = |id: OpId| u64::from(id.counter);
        write_runs(out, objects.clone().map(|object| object.map(counter)));
    });
    columns.write(column::KEY, |out| {
        write_runs(out, ops.iter().map(|op| Some(op.key.as_str())));
    });
    columns.write(column::INSERT, |out| write_all_false(out, ops.len()));
    columns.write(column::ACTION, |out| {
        write_runs(out, ops.iter().map(|op| Some(action_number(&op.action))));
    });
    columns.write(column::VALUE_META, |out| {
        write_runs(out, ops.iter().map(|op| Some(value_meta(&op.action))));
    });
    columns.write(column::VALUE, |out| {
        ops.iter().for_each(|op| write_value(out, &op.action));
    });
    columns.write(column::PRED_COUNT, |out| {
        write_runs(out, ops.iter().map(|op| Some(op.preds.len() as u64)));
    });
    columns.write(column::PRED_ACTOR, |out| {
        let actor = |id: &OpId| Some(actors.number(id.actor));
        write_runs(out, preds.clone().map(actor));
    });
    columns.write(column::PRED_COUNTER, |out| {
        write_deltas(out, preds.clone().map(|id| i64::from(id.counter)));
    });
    columns.put(out);
}

/// Columns, one behind the other, and what precedes them: the number and the length of each that is written at all.
struct Columns {
    count: u64,
    list: Vec<u8>,
    data: Vec<u8>,
}

impl Columns {
    fn write(&mut self, number: u64, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.data.len();
        write(&mut self.data);
        let length = self.data.len() - start;
        if length > 0 {
            self.count += 1;
            write_unsigned(&mut self.list, number);
            write_unsigned(&mut self.list, length as u64);
        }
    }

    fn put(self, out: &mut Vec<u8>) {
        write_unsigned(out, self.count);
        out.extend_from_slice(&self.list);
        out.extend_from_slice(&self.data);
    }
}

/// A boolean column begins with the number of falses.
fn write_all_false(out: &mut Vec<u8>, count: usize) {
    if count > 0 {
        write_unsigned(out, count as u64);
    }
}

fn action_number(action: &OpAction) -> u64 {
    match action {
        OpAction::MakeMap => MAKE_MAP,
        OpAction::Set(_) => SET,
    }
}

/// A value's type and length.
fn value_meta(action: &OpAction) -> u64 {
    match action {
        OpAction::MakeMap | OpAction::Set(Scalar::Null) => 0,
        OpAction::Set(Scalar::Bool(false)) => 1,
        OpAction::Set(Scalar::Bool(true)) => 2,
        OpAction::Set(Scalar::Number(_)) => 8 << 4 | 5,
        OpAction::Set(Scalar::Text(text)) => (text.len() as u64) << 4 | 6,
    }
}

/// Appends a value's bytes.
fn write_value(out: &mut Vec<u8>, action: &OpAction) {
    match action {
        OpAction::MakeMap | OpAction::Set(Scalar::Null | Scalar::Bool(_)) => {}
        OpAction::Set(Scalar::Number(number)) => out.extend_from_slice(&number.to_le_bytes()),
        OpAction::Set(Scalar::Text(text)) => out.extend_from_slice(text.as_bytes()),
    }
}
