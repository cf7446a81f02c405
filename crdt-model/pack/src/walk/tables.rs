//! The tables in front of the changes: actors, dependencies outside, objects made outside.

use spotter_model::{ActorId, ChangeHash, ObjectId, OpId};

use super::{Object, Walk, Writer, counter, unreadable};
use crate::error::PackError;
use crate::lookup::Tables;
use crate::symbol::Symbol;

/// Bytes that a change takes at least for each other actor it names: its id and the length of that.
const ACTOR_COST: usize = 9;

/// Bytes of a hash.
const HASH_COST: usize = 32;

impl Walk<'_> {
    /// Codes all tables.
    pub(crate) fn tables(&mut self, given: &Tables) -> Result<(), PackError> {
        let bytes = self.budget.bytes;
        let count = self.table_length(0, given.actors.len(), bytes / ACTOR_COST)?;
        for at in 0..count {
            let id = given.actors.get(at).map_or([0; 8], |id| *id.as_bytes());
            let id = self.model.random(id);
            self.actors.push((ActorId::new(id), Writer::default()));
        }
        let count = self.table_length(1, given.outside.len(), bytes / HASH_COST)?;
        for at in 0..count {
            let hash = given
                .outside
                .get(at)
                .map_or([0; 32], |hash| *hash.as_bytes());
            let hash = self.model.random(hash);
            self.outside.push((ChangeHash::new(hash), 0));
        }
        let count = self.table_length(2, given.objects.len(), bytes)?;
        self.budget.take_units(count)?;
        self.objects(&given.objects, count)
    }

    fn table_length(&mut self, table: u64, given: usize, max: usize) -> Result<usize, PackError> {
        let count = self
            .model
            .number(Symbol::TableLength, &[&[table]], given as u64);
        let count = usize::try_from(count).ok().filter(|count| *count <= max);
        count.ok_or(unreadable("a table"))
    }

    /// Objects ascend by actor and counter. Entries that were imported lie equally far apart, so a distance is told as
    /// a multiple of the last one that was not told so.
    fn objects(&mut self, given: &[OpId], count: usize) -> Result<(), PackError> {
        let (mut actor, mut last, mut step) = (0, 0_i64, 0_i64);
        for at in 0..count {
            let given = given.get(at);
            let before = actor;
            actor = self.actor(Symbol::TableActor, &[&[actor]], given.map(|id| id.actor))?;
            if actor != before {
                last = 0;
            }
            let distance = given.map_or(0, |id| i64::from(id.counter) - last);
            let even = step > 0 && distance % step == 0;
            let even = self
                .model
                .flag(Symbol::TableEven, &[&[u64::from(step > 0)]], even);
            let distance = if even {
                let steps = distance / step.max(1);
                self.model
                    .signed(Symbol::TableSteps, &[&[]], steps)
                    .checked_mul(step)
            } else {
                let distance = self.model.signed(Symbol::TableDistance, &[&[]], distance);
                step = distance.saturating_abs();
                Some(distance)
            };
            let counter = counter(distance.and_then(|distance| distance.checked_add(last)))?;
            last = i64::from(counter);
            let id = OpId {
                counter,
                actor: self.actor_at(actor),
            };
            self.objects.push(Object::new(ObjectId::Made(id)));
        }
        self.made_outside = self.objects.len();
        Ok(())
    }

    /// Codes an actor by its place in the table.
    pub(super) fn actor<const N: usize>(
        &mut self,
        symbol: Symbol,
        contexts: &[&[u64]; N],
        given: Option<ActorId>,
    ) -> Result<u64, PackError> {
        let given = given.map_or(0, |id| self.lookup.actor(id));
        let actor = self.model.number(symbol, contexts, given);
        if actor >= self.actors.len() as u64 {
            return Err(unreadable("an actor"));
        }
        Ok(actor)
    }

    /// The actor at a place that was checked.
    pub(super) fn actor_at(&self, place: u64) -> ActorId {
        self.actors[place as usize].0
    }
}
