//! One change: who, on what, when, and how much.

use spotter_model::limits::{CHANGE_OPS_MAX, SEQ_MAX, WALL_TIME_MAX};
use spotter_model::{Change, ChangeDraft, ChangeHash, OpId};

use super::ops::Before;
use super::{Dep, Placed, Walk, counter, unreadable};
use crate::error::PackError;
use crate::symbol::Symbol;

impl Walk<'_> {
    /// Codes one change. Its hash is told by [`Walk::went_by`].
    pub(crate) fn change(&mut self, given: Option<&Change>) -> Result<ChangeDraft, PackError> {
        let [last, before_last] = self.last_writers;
        let contexts: [&[u64]; 3] = [&[last], &[last, before_last], &[]];
        let writer = self.actor(Symbol::Writer, &contexts, given.map(Change::actor))?;
        let again = u64::from(writer == last);
        self.last_writers = [writer, last];
        let actor = self.actor_at(writer);
        let deps = self.deps(writer, again, given)?;
        let start_op = self.start_op(&deps, given)?;
        let seq = self.seq(writer, given)?;
        let time = self.time(writer, again, given)?;
        let author = self.author(seq, given)?;
        let message = self.message(given)?;
        let count = self.ops_count(writer, given)?;
        let mut ops = Vec::with_capacity(count as usize);
        let mut before = Before::new(self.actors[writer as usize].1.key);
        for at in 0..count {
            let id = OpId {
                counter: start_op.saturating_add(at),
                actor,
            };
            let given = given.map(|change| &change.ops()[at as usize]);
            ops.push(self.op(writer, id, &mut before, given)?);
        }
        let hashes = deps.iter().map(|dep| self.hash_of(*dep)).collect();
        self.place(writer, start_op.saturating_add(count - 1), deps);
        Ok(ChangeDraft {
            actor,
            seq,
            start_op,
            deps: hashes,
            time,
            message,
            author,
            ops,
        })
    }

    /// One more than the largest counter below, where that is known.
    fn start_op(&mut self, deps: &[Dep], given: Option<&Change>) -> Result<u32, PackError> {
        let reach = deps.iter().map(|dep| match dep {
            Dep::Outside(at) => self.outside[*at as usize].1,
            Dep::Inside(at) => self.changes[*at as usize].max_op,
        });
        let expected = i64::from(reach.max().unwrap_or(0)) + 1;
        let off = given.map_or(0, |change| i64::from(change.start_op()) - expected);
        let contexts: [&[u64]; 1] = [&[u64::from(expected == 1)]];
        let off = self.model.signed(Symbol::StartOp, &contexts, off);
        let start_op = counter(off.checked_add(expected))?;
        for dep in deps {
            if let Dep::Outside(at) = dep {
                let reach = &mut self.outside[*at as usize].1;
                *reach = (*reach).max(start_op - 1);
            }
        }
        Ok(start_op)
    }

    fn seq(&mut self, writer: u64, given: Option<&Change>) -> Result<u32, PackError> {
        let state = &mut self.actors[writer as usize].1;
        let expected = i64::from(state.seq) + 1;
        let off = given.map_or(0, |change| i64::from(change.seq()) - expected);
        let contexts: [&[u64]; 1] = [&[u64::from(state.changes.is_empty())]];
        let off = self.model.signed(Symbol::Seq, &contexts, off);
        let seq = off
            .checked_add(expected)
            .and_then(|seq| u32::try_from(seq).ok());
        let seq = seq.filter(|seq| (1..=SEQ_MAX).contains(seq));
        state.seq = seq.ok_or(unreadable("a sequence number"))?;
        Ok(state.seq)
    }

    fn time(&mut self, writer: u64, again: u64, given: Option<&Change>) -> Result<i64, PackError> {
        let begun = u64::from(!self.changes.is_empty());
        let key = self.actors[writer as usize].1.key;
        let since = given.map_or(0, |change| change.time() - self.time);
        let contexts: [&[u64]; 3] = [&[begun], &[begun, again], &[begun, key]];
        let since = self.model.signed(Symbol::Time, &contexts, since);
        let time = since.checked_add(self.time);
        let time = time.filter(|time| (0..=WALL_TIME_MAX).contains(time));
        self.time = time.ok_or(unreadable("a time"))?;
        Ok(self.time)
    }

    fn ops_count(&mut self, writer: u64, given: Option<&Change>) -> Result<u32, PackError> {
        let state = &mut self.actors[writer as usize].1;
        let count = given.map_or(0, |change| change.ops().len() as u64);
        let contexts: [&[u64]; 3] = [&[state.ops], &[state.key], &[]];
        let count = self.model.number(Symbol::OpsCount, &contexts, count);
        state.ops = count;
        if count == 0 || count > CHANGE_OPS_MAX as u64 {
            return Err(unreadable("the number of operations"));
        }
        self.budget.take_units(count as usize)?;
        Ok(count as u32)
    }

    fn hash_of(&self, dep: Dep) -> ChangeHash {
        match dep {
            Dep::Outside(at) => self.outside[at as usize].0,
            Dep::Inside(at) => self.changes[at as usize].hash,
        }
    }

    fn place(&mut self, writer: u64, max_op: u32, deps: Vec<Dep>) {
        let place = self.changes.len() as u32;
        let writer = writer as u32;
        self.changes.push(Placed {
            hash: ChangeHash::new([0; 32]),
            writer,
            max_op,
        });
        self.actors[writer as usize].1.changes.push(place);
        for dep in &deps {
            if let Dep::Inside(at) = dep {
                self.heads.remove(at);
            }
        }
        self.heads.insert(place);
        self.deps = deps;
    }
}
