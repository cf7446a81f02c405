//! The index: what admission needs to know of a meet, and nothing else.
//!
//! Relay and client keep the same index and ask it the same question of every change that reaches them:
//! [`Index::admit`]. It holds no values. A relay with a thousand meets holds a thousand of these; a client puts
//! the replay order and Automerge's document beside it.
//!
//! Invariant: the verdict depends on the change, its ancestry and the constants in [`crate::limits`]. Changes
//! that came first, clocks, sessions and settings have no say, so all replicas refuse the same; the one exception
//! is a twin.

mod actors;
mod admission;
mod ancestry;
mod edges;
mod objects;
mod registers;

pub(crate) use registers::{Register, RegisterNumber, Write};

use hashbrown::HashTable;

use self::actors::Actors;
use self::ancestry::Unseen;
use self::edges::{EdgeList, Edges};
use self::objects::Objects;
use self::registers::Registers;
use crate::change::Change;
use crate::ids::{ActorId, ChangeHash, OpId};
use crate::location::Author;
use crate::op::{ObjectId, RegisterId};
use crate::refusal::Refusal;

/// What became of a change that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// It is part of the meet now.
    Admitted,
    /// It already was.
    Known,
    /// It cannot be judged before these changes are known. Nothing of it is kept.
    Waiting {
        /// Its dependencies that are missing here.
        missing: Vec<ChangeHash>,
    },
}

/// What admission needs to know of one meet.
///
/// Memory: about 100 bytes a change and 60 a register. Admitting costs a few microseconds; a register that many
/// locations write at once costs time in the number of its concurrent writes.
pub struct Index {
    root: ChangeHash,
    /// In order of admission, so that dependencies come before what depends on them.
    changes: Vec<Known>,
    /// Dependencies of the changes.
    deps: Edges,
    numbers: HashTable<u32>,
    heads: Vec<u32>,
    actors: Actors,
    objects: Objects,
    registers: Registers,
}

/// A change that was admitted.
struct Known {
    hash: ChangeHash,
    actor: u32,
    seq: u32,
    max_op: u32,
    deps: EdgeList,
    /// What it has not seen; dropped where it is long and can be computed again.
    unseen: Option<Unseen>,
}

impl Index {
    /// An empty index of the meet whose genesis has this hash.
    pub fn new(root: ChangeHash) -> Self {
        Self {
            root,
            changes: Vec::new(),
            deps: Edges::default(),
            numbers: HashTable::new(),
            heads: Vec::new(),
            actors: Actors::default(),
            objects: Objects::new(),
            registers: Registers::default(),
        }
    }

    /// Judges a change and, if it is admitted, makes it part of the meet.
    ///
    /// # Errors
    /// The reason why it can never be part of this meet. Nothing is changed then.
    pub fn admit(&mut self, change: &Change) -> Result<Admission, Refusal> {
        if self.contains(&change.hash()) {
            return Ok(Admission::Known);
        }
        let missing: Vec<ChangeHash> = change
            .deps()
            .iter()
            .filter(|dep| !self.contains(dep))
            .copied()
            .collect();
        if !missing.is_empty() {
            return Ok(Admission::Waiting { missing });
        }
        let checked = self.check(change)?;
        self.insert(change, checked);
        Ok(Admission::Admitted)
    }

    /// The hash of the meet's genesis.
    pub fn root(&self) -> ChangeHash {
        self.root
    }

    /// How many changes are part of the meet.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether not even the genesis is known.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether a change is part of the meet.
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.number_of(hash).is_some()
    }

    /// The changes that nothing depends on yet, ascending. They name the state of the document.
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<ChangeHash> = self
            .heads
            .iter()
            .map(|&number| self.known(number).hash)
            .collect();
        heads.sort_unstable();
        heads
    }

    /// How many heads there are.
    pub fn head_count(&self) -> usize {
        self.heads.len()
    }

    /// The place of a change in the order of admission, from 0.
    pub fn number_of(&self, hash: &ChangeHash) -> Option<usize> {
        let found = self
            .numbers
            .find(short(hash), |&number| self.known(number).hash == *hash);
        found.map(|&number| number as usize)
    }

    /// The change at a place in the order of admission.
    pub fn hash_at(&self, number: usize) -> Option<ChangeHash> {
        self.changes.get(number).map(|known| known.hash)
    }

    /// The places, ascending, of all changes that are neither among `heads` nor ancestors of them. Heads that are
    /// not known here count for nothing.
    ///
    /// Costs time in the number of changes of the meet.
    pub fn beyond(&self, heads: &[ChangeHash]) -> Vec<usize> {
        let mut within = vec![false; self.changes.len()];
        let mut stack: Vec<usize> = heads
            .iter()
            .filter_map(|head| self.number_of(head))
            .collect();
        while let Some(number) = stack.pop() {
            if !std::mem::replace(&mut within[number], true) {
                stack.extend(self.deps_of(number as u32).iter().map(|&dep| dep as usize));
            }
        }
        (0..within.len())
            .filter(|&number| !within[number])
            .collect()
    }

    /// The heads of a set of changes that contains the ancestors of each of its members, ascending.
    pub fn heads_of(&self, member: impl Fn(usize) -> bool) -> Vec<ChangeHash> {
        let mut covered = vec![false; self.changes.len()];
        for (number, known) in self.changes.iter().enumerate() {
            if member(number) {
                self.deps
                    .list(&known.deps)
                    .iter()
                    .for_each(|&dep| covered[dep as usize] = true);
            }
        }
        let mut heads: Vec<ChangeHash> = (0..covered.len())
            .filter(|&number| member(number) && !covered[number])
            .map(|number| self.changes[number].hash)
            .collect();
        heads.sort_unstable();
        heads
    }

    /// The sequence number that an actor's next change must have.
    pub fn next_seq(&self, actor: &ActorId) -> u32 {
        self.actors
            .number_of(actor)
            .map_or(1, |number| self.actors.last_seq(number) + 1)
    }

    /// The hash of an actor's change, if it is part of the meet.
    pub fn change_of(&self, actor: &ActorId, seq: u32) -> Option<ChangeHash> {
        let number = self
            .actors
            .change_number(self.actors.number_of(actor)?, seq)?;
        Some(self.known(number).hash)
    }

    /// What an actor's first change says of it.
    pub fn author(&self, actor: &ActorId) -> Option<&Author> {
        self.actors
            .number_of(actor)
            .map(|number| self.actors.author(number))
    }

    /// Every actor and how many changes it has written, ascending by actor: the version vector of the meet.
    pub fn actors(&self) -> Vec<(ActorId, u32)> {
        self.actors.version_vector()
    }

    fn deps_of(&self, number: u32) -> &[u32] {
        self.deps.list(&self.known(number).deps)
    }

    fn known(&self, number: u32) -> &Known {
        &self.changes[number as usize]
    }

    pub(crate) fn register_number(&self, id: &RegisterId) -> Option<RegisterNumber> {
        self.register_at(&id.object, &id.key)
    }

    pub(crate) fn register_at(&self, object: &ObjectId, key: &str) -> Option<RegisterNumber> {
        self.registers
            .number_of(self.objects.number_of(object)?, key)
    }

    pub(crate) fn register_id(&self, number: RegisterNumber) -> RegisterId {
        let (object, key) = self.registers.place_of(number);
        RegisterId {
            object: self.objects.id(object),
            key: key.to_owned(),
        }
    }

    pub(crate) fn register(&self, number: RegisterNumber) -> &Register {
        self.registers.get(number)
    }

    pub(crate) fn preds_of<'a>(&'a self, write: &'a Write) -> &'a [u32] {
        self.registers.edges().list(&write.preds)
    }

    /// The places of the writes that nobody has overwritten.
    pub(crate) fn standing(&self, register: RegisterNumber) -> impl Iterator<Item = u32> {
        self.registers.standing(register).into_iter()
    }

    /// The registers where several writes have been overwritten by nobody, oldest first.
    pub(crate) fn with_rivals(&self) -> impl Iterator<Item = RegisterNumber> {
        self.registers.with_rivals()
    }

    /// The largest operation counter among changes and their ancestors.
    pub(crate) fn max_op(&self, changes: &[u32]) -> u32 {
        changes
            .iter()
            .map(|&change| self.known(change).max_op)
            .max()
            .unwrap_or(0)
    }

    /// The maps inside a map with their keys, ascending by key.
    pub(crate) fn maps_in(&self, object: &ObjectId) -> Vec<(String, ObjectId)> {
        let Some(object) = self.objects.number_of(object) else {
            return Vec::new();
        };
        let inside = self.objects.made_in(object);
        let mut maps: Vec<(String, ObjectId)> =
            inside.map(|(key, id)| (key.to_owned(), id)).collect();
        maps.sort_unstable();
        maps
    }

    /// The key under which an operation makes a map of its own.
    pub(crate) fn map_key(id: OpId) -> String {
        format!("{}{}.{}", admission::MAP_KEY_SIGN, id.actor, id.counter)
    }

    pub(crate) fn op_id_of(&self, write: &Write) -> OpId {
        OpId {
            counter: write.counter,
            actor: self.actors.id(self.known(write.change).actor),
        }
    }

    pub(crate) fn author_of(&self, write: &Write) -> &Author {
        self.actors.author(self.known(write.change).actor)
    }

    pub(crate) fn hash_of(&self, write: &Write) -> ChangeHash {
        self.known(write.change).hash
    }
}

/// Makes room for one more by an eighth instead of doubling: a relay holds many of these.
fn grow<T>(items: &mut Vec<T>) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len() / 8 + 8);
    }
}

/// Eight bytes of a hash are hash enough for a table.
fn short(hash: &ChangeHash) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests;
