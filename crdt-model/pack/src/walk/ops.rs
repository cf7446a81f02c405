//! One operation: where it writes, what, and over which writes.

use spotter_model::limits::KEY_BYTES_MAX;
use spotter_model::{ObjectId, Op, OpId};

use super::text::topic;
use super::{Key, Object, Walk, counter, unreadable};
use crate::datum::Datum;
use crate::error::PackError;
use crate::symbol::Symbol;

/// How many objects are remembered of a writer.
const RECENT: usize = 24;

/// How many live writes are remembered of a register.
const LIVE: usize = 8;

/// How far an object may be from the last to be told by its distance.
const NEAR: u32 = 4;

/// The key that names the operation itself, as the maker of an entry chooses it.
const RESERVED: u64 = 0;

/// A key that has not been seen.
const NEW: u64 = 1;

/// Bytes of a key that count as one operation more.
const KEY_UNIT: usize = 16;

/// How an object is told.
mod object {
    /// The one before.
    pub(super) const LAST: u64 = 0;
    /// The newest.
    pub(super) const NEWEST: u64 = 1;
    /// One near the one before.
    pub(super) const NEAR: u64 = 2;
    /// One that the writer used lately.
    pub(super) const RECENT: u64 = 3;
    /// Any.
    pub(super) const ANY: u64 = 4;
}

/// How preds are told.
mod preds {
    /// The live writes of the register in the pack.
    pub(super) const LIVE: u64 = 0;
    /// As far behind the object as last time.
    pub(super) const AS_LAST: u64 = 1;
    /// One by one.
    pub(super) const LIST: u64 = 2;
}

/// What an operation knows of the one before it.
pub(super) struct Before {
    /// Whether that one is of the same change.
    inside: u64,
    key: u64,
    /// How its value was told.
    pub(super) value: u64,
}

impl Before {
    /// Before the first operation of a change.
    pub(super) fn new(key: u64) -> Self {
        Self {
            inside: 0,
            key,
            value: 0,
        }
    }
}

impl Walk<'_> {
    pub(super) fn op(
        &mut self,
        writer: u64,
        id: OpId,
        before: &mut Before,
        given: Option<&Op>,
    ) -> Result<Op, PackError> {
        let last = self.actors[writer as usize].1.object;
        let object = self.object(writer, before, given)?;
        let (key, name) = self.key(id, object, u64::from(object == last), before, given)?;
        let datum = self.value(object, key, before, given)?;
        let preds = self.preds(id, object, key, given)?;
        let op = Op {
            object: self.objects[object as usize].id,
            key: name,
            action: datum.action(),
            preds,
        };
        if given.is_some() && datum == Datum::Make {
            self.lookup.made(id, self.objects.len());
        }
        self.written(writer, id, (object, key), datum, &op);
        (before.inside, before.key) = (1, u64::from(key));
        Ok(op)
    }

    fn written(&mut self, writer: u64, id: OpId, register: (u32, u32), datum: Datum, op: &Op) {
        let (object, key) = register;
        let state = &mut self.actors[writer as usize].1;
        (state.object, state.key) = (object, u64::from(key));
        let state = &mut self.objects[object as usize];
        state.key = u64::from(key);
        if let Datum::Attempt(attempt) = datum {
            state.attempt = Some(Box::new(attempt));
        }
        if datum == Datum::Make {
            self.objects.push(Object::new(ObjectId::Made(id)));
        } else {
            self.keys[key as usize].datum = Some(datum.clone());
        }
        let state = self.registers.entry(register).or_default();
        state.live.retain(|live| !op.preds.contains(live));
        if state.live.len() == LIVE {
            state.live.remove(0);
        }
        state.live.push(id);
        state.datum = Some(datum);
    }

    fn object(
        &mut self,
        writer: u64,
        before: &Before,
        given: Option<&Op>,
    ) -> Result<u32, PackError> {
        let state = &self.actors[writer as usize].1;
        let (last, newest) = (state.object, self.objects.len() as u32 - 1);
        let wanted = given.map_or(0, |op| self.lookup.object(op.object));
        let rank = state.recent.iter().rev().position(|at| *at == wanted);
        let wanted_mode = match rank {
            _ if wanted == last => object::LAST,
            _ if wanted == newest => object::NEWEST,
            _ if wanted.abs_diff(last) <= NEAR => object::NEAR,
            Some(_) => object::RECENT,
            None => object::ANY,
        };
        let (inside, key) = (before.inside, before.key);
        let contexts: [&[u64]; 3] = [&[inside, key], &[inside], &[inside, key, before.value]];
        let found = match self
            .model
            .number(Symbol::ObjectMode, &contexts, wanted_mode)
        {
            object::LAST => Some(last),
            object::NEWEST => Some(newest),
            object::NEAR => {
                let distance = i64::from(wanted) - i64::from(last);
                let distance = self
                    .model
                    .signed(Symbol::ObjectNear, &[&[], &[key]], distance);
                let at = distance.checked_add(i64::from(last));
                at.and_then(|at| u32::try_from(at).ok())
                    .filter(|at| *at <= newest)
            }
            object::RECENT => {
                let known = state.recent.len();
                let contexts: [&[u64]; 3] = [&[], &[known as u64], &[key]];
                let rank = rank.unwrap_or(0) as u64;
                let rank = self.model.number(Symbol::ObjectRank, &contexts, rank);
                let at = (known as u64)
                    .checked_sub(1)
                    .and_then(|end| end.checked_sub(rank));
                at.map(|at| state.recent[at as usize])
            }
            object::ANY => {
                let end = u64::from(newest) + 1;
                Some(self.model.uniform(end, u64::from(wanted)) as u32)
            }
            _ => None,
        };
        let found = found.ok_or(unreadable("an object"))?;
        self.remember(writer, found);
        Ok(found)
    }

    fn remember(&mut self, writer: u64, object: u32) {
        let recent = &mut self.actors[writer as usize].1.recent;
        if recent.last() == Some(&object) {
            return;
        }
        if let Some(at) = recent.iter().position(|at| *at == object) {
            recent.remove(at);
        } else if recent.len() == RECENT {
            recent.remove(0);
        }
        recent.push(object);
    }

    fn key(
        &mut self,
        id: OpId,
        object: u32,
        same: u64,
        before: &Before,
        given: Option<&Op>,
    ) -> Result<(u32, String), PackError> {
        let reserved = || format!("@{}.{}", id.actor, id.counter);
        let wanted = match given {
            Some(op) if op.key.starts_with('@') && op.key == reserved() => RESERVED,
            Some(op) => self.lookup.key(&op.key).unwrap_or(NEW),
            None => 0,
        };
        let last = self.objects[object as usize].key;
        let contexts: [&[u64]; 4] = [
            &[before.inside, same, before.key],
            &[same, last],
            &[before.inside],
            &[same, last, before.key],
        ];
        let found = self.model.number(Symbol::Key, &contexts, wanted);
        if found == RESERVED {
            return Ok((0, reserved()));
        }
        if found == NEW {
            let name = self.text(
                topic::KEY,
                &[],
                KEY_BYTES_MAX,
                given.map(|op| op.key.as_str()),
            )?;
            let place = self.keys.len();
            if given.is_some() {
                self.lookup.named(&name, place);
            }
            self.keys.push(Key {
                name: name.clone(),
                ..Key::default()
            });
            return Ok((place as u32, name));
        }
        let place = usize::try_from(found).ok();
        let key = place
            .and_then(|place| self.keys.get(place))
            .ok_or(unreadable("a key"))?;
        self.budget.take_units(key.name.len() / KEY_UNIT)?;
        Ok((found as u32, key.name.clone()))
    }

    fn preds(
        &mut self,
        id: OpId,
        object: u32,
        key: u32,
        given: Option<&Op>,
    ) -> Result<Vec<OpId>, PackError> {
        let register = self.registers.get(&(object, key));
        let mut live = register.map_or_else(Vec::new, |register| register.live.to_vec());
        live.sort_unstable();
        let outside = (object as usize) < self.made_outside;
        let as_last = self.as_last(object, key).filter(|_| outside);
        let given = given.map(|op| op.preds.as_slice());
        let wanted = match given {
            Some(given) if given == live => preds::LIVE,
            Some(given) if as_last.is_some_and(|pred| given == [pred]) => preds::AS_LAST,
            Some(_) | None => preds::LIST,
        };
        let own = u64::from(live.last().is_some_and(|last| last.actor == id.actor));
        let known = [
            live.len() as u64,
            u64::from(outside),
            u64::from(as_last.is_some()),
            own,
        ];
        let [count, outside, expected, own] = known;
        let contexts: [&[u64]; 2] = [
            &[count, outside, expected, own],
            &[count, outside, expected, own, u64::from(key)],
        ];
        let found = match (
            self.model.number(Symbol::PredsMode, &contexts, wanted),
            as_last,
        ) {
            (preds::LIVE, _) => live,
            (preds::AS_LAST, Some(pred)) => vec![pred],
            (preds::LIST, _) => return self.listed_preds(id, object, key, given),
            (_, _) => return Err(unreadable("the preds")),
        };
        self.budget.take_units(found.len())?;
        Ok(found)
    }

    /// As far behind the object as the last such pred at this key.
    fn as_last(&self, object: u32, key: u32) -> Option<OpId> {
        let ObjectId::Made(made) = self.objects[object as usize].id else {
            return None;
        };
        let counter = made.counter.checked_add(self.keys[key as usize].offset?)?;
        Some(OpId {
            counter,
            actor: made.actor,
        })
    }

    fn listed_preds(
        &mut self,
        id: OpId,
        object: u32,
        key: u32,
        given: Option<&[OpId]>,
    ) -> Result<Vec<OpId>, PackError> {
        let count = given.map_or(0, <[OpId]>::len) as u64;
        let count = self.model.number(Symbol::PredsCount, &[&[]], count);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.budget.take_units(count)?;
        let mut found = Vec::new();
        for at in 0..count {
            let given = given.map(|given| given[at]);
            found.push(self.listed_pred(id, object, key, given)?);
        }
        if let ([pred], ObjectId::Made(made)) = (&found[..], self.objects[object as usize].id)
            && pred.actor == made.actor
            && (object as usize) < self.made_outside
        {
            self.keys[key as usize].offset = pred.counter.checked_sub(made.counter);
        }
        Ok(found)
    }

    /// A counter counts from that of the object if both have one maker, else back from the operation.
    fn listed_pred(
        &mut self,
        id: OpId,
        object: u32,
        key: u32,
        given: Option<OpId>,
    ) -> Result<OpId, PackError> {
        let actor = self.actor(Symbol::PredActor, &[&[]], given.map(|pred| pred.actor))?;
        let actor = self.actor_at(actor);
        let from = match self.objects[object as usize].id {
            ObjectId::Made(made) if made.actor == actor => Some(i64::from(made.counter)),
            ObjectId::Made(_) | ObjectId::Root => None,
        };
        let (start, sign) = from.map_or((i64::from(id.counter), -1), |from| (from, 1));
        let off = given.map_or(0, |pred| (i64::from(pred.counter) - start) * sign);
        let near = u64::from(from.is_some());
        let contexts: [&[u64]; 2] = [&[near], &[near, u64::from(key)]];
        let off = self.model.signed(Symbol::PredCounter, &contexts, off);
        let counter = counter(off.checked_mul(sign).and_then(|off| off.checked_add(start)))?;
        Ok(OpId { counter, actor })
    }
}
