//! What the writer of a pack finds out before it begins, and where it looks things up on its way.

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::{ActorId, Change, ChangeHash, ObjectId, OpAction, OpId};

use crate::walk::Dep;

/// The tables in front of a pack; empty for a reader.
#[derive(Default)]
pub(crate) struct Tables {
    /// All actors, as they come.
    pub(crate) actors: Vec<ActorId>,
    /// Dependencies that no earlier change of the pack is, as they come.
    pub(crate) outside: Vec<ChangeHash>,
    /// Objects that no earlier operation of the pack makes, by actor and counter.
    pub(crate) objects: Vec<OpId>,
}

/// Where things lie in a pack; empty for a reader, who is told.
#[derive(Default)]
pub(crate) struct Lookup {
    actors: BTreeMap<ActorId, u64>,
    deps: BTreeMap<ChangeHash, Dep>,
    objects: BTreeMap<OpId, u32>,
    keys: BTreeMap<String, u64>,
}

impl Tables {
    /// Goes through what is to be packed.
    pub(crate) fn of(changes: &[Change]) -> (Self, Lookup) {
        let (mut tables, mut lookup) = (Self::default(), Lookup::default());
        let mut made = BTreeSet::new();
        for (at, change) in changes.iter().enumerate() {
            tables.meet_actor(&mut lookup, change.actor());
            for dep in change.deps() {
                let next = Dep::Outside(tables.outside.len() as u32);
                if *lookup.deps.entry(*dep).or_insert(next) == next {
                    tables.outside.push(*dep);
                }
            }
            lookup
                .deps
                .entry(change.hash())
                .or_insert(Dep::Inside(at as u32));
            for (index, op) in change.ops().iter().enumerate() {
                if let ObjectId::Made(id) = op.object {
                    tables.meet_actor(&mut lookup, id.actor);
                    if !made.contains(&id) && lookup.objects.insert(id, 0).is_none() {
                        tables.objects.push(id);
                    }
                }
                for pred in &op.preds {
                    tables.meet_actor(&mut lookup, pred.actor);
                }
                if op.action == OpAction::MakeMap {
                    made.insert(change.op_id(index));
                }
            }
        }
        tables
            .objects
            .sort_unstable_by_key(|id| (id.actor, id.counter));
        for (place, id) in (1..).zip(&tables.objects) {
            lookup.objects.insert(*id, place);
        }
        (tables, lookup)
    }

    fn meet_actor(&mut self, lookup: &mut Lookup, actor: ActorId) {
        let next = self.actors.len() as u64;
        if *lookup.actors.entry(actor).or_insert(next) == next {
            self.actors.push(actor);
        }
    }
}

impl Lookup {
    /// An actor's place.
    pub(crate) fn actor(&self, actor: ActorId) -> u64 {
        self.actors.get(&actor).copied().unwrap_or(0)
    }

    /// The places of a change's dependencies, ascending.
    pub(crate) fn deps(&self, change: &Change) -> Vec<Dep> {
        let deps = change.deps().iter().filter_map(|hash| self.deps.get(hash));
        let mut deps: Vec<Dep> = deps.copied().collect();
        deps.sort_unstable();
        deps
    }

    /// An object's place.
    pub(crate) fn object(&self, object: ObjectId) -> u32 {
        match object {
            ObjectId::Root => 0,
            ObjectId::Made(id) => self.objects.get(&id).copied().unwrap_or(0),
        }
    }

    /// Takes note of an object that was made.
    pub(crate) fn made(&mut self, id: OpId, place: usize) {
        self.objects.insert(id, place as u32);
    }

    /// A key's place, if it has one.
    pub(crate) fn key(&self, key: &str) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// Takes note of a key that was named.
    pub(crate) fn named(&mut self, key: &str, place: usize) {
        self.keys.insert(key.to_owned(), place as u64);
    }
}
