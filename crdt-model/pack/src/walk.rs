//! The way through a pack, which its writer and its reader go alike.
//!
//! The writer is given each thing; the reader is given nothing and finds it out. Everything that is expected of the
//! next thing follows from those before it, so both expect the same. A reader trusts nothing that it finds: every
//! place is looked up with care, and whatever grows is counted against a budget first.

mod change;
mod deps;
mod ops;
mod tables;
mod text;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;
use spotter_model::limits::COUNTER_MAX;
use spotter_model::{ActorId, Change, ChangeHash, ObjectId, OpId};

use crate::datum::{Attempt, Datum};
use crate::error::PackError;
use crate::lookup::Lookup;
use crate::model::Model;

/// What may still come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Operations, preds and objects outside; long keys counted several times.
    pub(crate) units: usize,
    /// Bytes of the changes, which no text outgrows.
    pub(crate) bytes: usize,
}

impl Budget {
    fn take_units(&mut self, count: usize) -> Result<(), PackError> {
        let left = self.units.checked_sub(count);
        self.units = left.ok_or(PackError::TooManyOperations)?;
        Ok(())
    }

    fn take_bytes(&mut self, count: usize) -> Result<(), PackError> {
        let left = self.bytes.checked_sub(count);
        self.bytes = left.ok_or(unreadable("a text"))?;
        Ok(())
    }
}

/// A dependency by its place: among those outside, or among the pack's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dep {
    /// In the table of hashes.
    Outside(u32),
    /// Among the changes.
    Inside(u32),
}

/// Everything that is known at one point of a pack.
pub(crate) struct Walk<'a> {
    model: Model<'a>,
    /// Where things lie; only the writer of a pack looks there.
    lookup: Lookup,
    budget: Budget,
    /// All actors that the pack names, and what each has written in it.
    actors: Vec<(ActorId, Writer)>,
    /// Dependencies that are not in the pack, with the largest counter they are known to reach.
    outside: Vec<(ChangeHash, u32)>,
    /// The root, the objects made outside, then those made in the pack as they are made.
    objects: Vec<Object>,
    /// How many of the objects were not made in the pack.
    made_outside: usize,
    /// Keys in the order of their appearance, behind two numbers that are none.
    keys: Vec<Key>,
    registers: BTreeMap<(u32, u32), Register>,
    changes: Vec<Placed>,
    /// The changes of the pack that no later one depends on yet.
    heads: BTreeSet<u32>,
    /// Of the last change.
    deps: Vec<Dep>,
    /// Who wrote the last two changes.
    last_writers: [u64; 2],
    /// Of the last change.
    time: i64,
}

/// What is remembered of one writer.
#[derive(Default)]
struct Writer {
    changes: Vec<u32>,
    seq: u32,
    deps_mode: u64,
    ops: u64,
    object: u32,
    key: u64,
    /// The objects it wrote in, the last one last.
    recent: SmallVec<[u32; 4]>,
}

/// What is remembered of one change.
struct Placed {
    hash: ChangeHash,
    writer: u32,
    max_op: u32,
}

struct Object {
    id: ObjectId,
    /// The key last written in it.
    key: u64,
    /// The attempt last written in it.
    attempt: Option<Box<Attempt>>,
}

impl Object {
    fn new(id: ObjectId) -> Self {
        Self {
            id,
            key: 0,
            attempt: None,
        }
    }
}

#[derive(Default)]
struct Key {
    name: String,
    /// The value last written at it.
    datum: Option<Datum>,
    /// Whether each of the last three values was the one before it, as bits.
    repeats: u64,
    number_mode: u64,
    /// How far the pred of a register outside lay behind its object, last time.
    offset: Option<u32>,
}

#[derive(Default)]
struct Register {
    /// The last writes that no later one replaced, the last one last.
    live: SmallVec<[OpId; 1]>,
    datum: Option<Datum>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(model: Model<'a>, lookup: Lookup, budget: Budget) -> Self {
        Self {
            model,
            lookup,
            budget,
            actors: Vec::new(),
            outside: Vec::new(),
            objects: vec![Object::new(ObjectId::Root)],
            made_outside: 1,
            keys: vec![Key::default(), Key::default()],
            registers: BTreeMap::new(),
            changes: Vec::new(),
            heads: BTreeSet::new(),
            deps: Vec::new(),
            last_writers: [0; 2],
            time: 0,
        }
    }

    /// The model below.
    pub(crate) fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// The model below.
    pub(crate) fn into_model(self) -> Model<'a> {
        self.model
    }

    /// Takes note of a change's hash, on which later ones may depend.
    pub(crate) fn went_by(&mut self, change: &Change) {
        if let Some(placed) = self.changes.last_mut() {
            placed.hash = change.hash();
        }
    }
}

/// A counter, if it can be one.
fn counter(number: Option<i64>) -> Result<u32, PackError> {
    let number = number.and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (1..=COUNTER_MAX).contains(number));
    number.ok_or(unreadable("a counter"))
}

fn unreadable(what: &'static str) -> PackError {
    PackError::Unreadable { what }
}
