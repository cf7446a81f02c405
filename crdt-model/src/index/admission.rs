//! The check that every change passes, and the only place where the index grows.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use super::ancestry::{Ancestry, Unseen};
use super::{Index, Known, RegisterNumber, grow, short};
use crate::change::Change;
use crate::ids::{ActorId, OpId};
use crate::limits::DEPTH_MAX;
use crate::op::{ObjectId, Op, OpAction};
use crate::refusal::Refusal;

/// What the check found out and the insertion needs.
pub(super) struct Checked {
    deps: SmallVec<[u32; 2]>,
    unseen: Unseen,
    ops: Vec<CheckedOp>,
}

struct CheckedOp {
    place: Place,
    /// Places of the preds among the register's writes.
    preds: SmallVec<[u32; 2]>,
}

/// The map an operation writes in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// One that was there before.
    Known(u32),
    /// One that an earlier operation of the same change makes.
    Made { by_op: usize, depth: u8 },
}

impl Index {
    pub(super) fn check(&self, change: &Change) -> Result<Checked, Refusal> {
        let deps: SmallVec<[u32; 2]> = change
            .deps()
            .iter()
            .filter_map(|dep| self.number_of(dep))
            .map(|number| number as u32)
            .collect();
        self.check_root(change)?;
        let ancestry = self.ancestry_of(&deps);
        self.check_sequence(change, &ancestry)?;
        self.check_start(change, &deps)?;
        let ops = self.check_ops(change, &ancestry)?;
        self.check_twin(change)?;
        Ok(Checked {
            unseen: self.unseen_to_keep(&ancestry),
            deps,
            ops,
        })
    }

    /// Only the genesis has no dependencies, so a genesis it is exactly when its hash is the root's.
    fn check_root(&self, change: &Change) -> Result<(), Refusal> {
        if change.deps().is_empty() && change.hash() != self.root {
            return Err(Refusal::ForeignRoot);
        }
        Ok(())
    }

    fn check_sequence(&self, change: &Change, ancestry: &Ancestry) -> Result<(), Refusal> {
        let (actor, seq) = (change.actor(), change.seq());
        let known = self.actors.number_of(&actor);
        let last = known.map_or(0, |number| self.last_seq_in(ancestry, number));
        if seq != last + 1 {
            return Err(Refusal::Sequence { actor, seq, last });
        }
        match (seq, change.author()) {
            (1, None) => Err(Refusal::AuthorMissing { actor }),
            (2.., Some(_)) => Err(Refusal::AuthorRepeated { actor, seq }),
            (_, _) => Ok(()),
        }
    }

    fn check_start(&self, change: &Change, deps: &[u32]) -> Result<(), Refusal> {
        let before = deps.iter().map(|&dep| self.known(dep).max_op).max();
        let (start_op, expected) = (change.start_op(), before.unwrap_or(0) + 1);
        if start_op != expected {
            return Err(Refusal::StartOp { start_op, expected });
        }
        Ok(())
    }

    /// Twins are looked for last, so that a change which is wrong in itself is refused for that everywhere.
    fn check_twin(&self, change: &Change) -> Result<(), Refusal> {
        let (actor, seq) = (change.actor(), change.seq());
        match self.change_of(&actor, seq) {
            Some(stands) => Err(Refusal::Twin { actor, seq, stands }),
            None => Ok(()),
        }
    }

    fn check_ops(&self, change: &Change, ancestry: &Ancestry) -> Result<Vec<CheckedOp>, Refusal> {
        let mut written = BTreeSet::new();
        let mut checked: Vec<CheckedOp> = Vec::with_capacity(change.ops().len());
        for (index, op) in change.ops().iter().enumerate() {
            let place = self.find_place(change, &checked, ancestry, index, op)?;
            check_key_form(change, index, op)?;
            if !written.insert((place, op.key.as_str())) {
                return Err(Refusal::WrittenTwice {
                    index,
                    key: op.key.clone(),
                });
            }
            let preds = self.check_preds(ancestry, place, index, op)?;
            checked.push(CheckedOp { place, preds });
        }
        Ok(checked)
    }

    fn find_place(
        &self,
        change: &Change,
        checked: &[CheckedOp],
        ancestry: &Ancestry,
        index: usize,
        op: &Op,
    ) -> Result<Place, Refusal> {
        let (place, depth) = match op.object {
            ObjectId::Root => (Place::Known(0), 0),
            ObjectId::Made(id) => self
                .made_in_ancestry(ancestry, id)
                .or_else(|| self.made_in_change(change, checked, id))
                .ok_or(Refusal::UnknownObject { index, object: id })?,
        };
        if op.action == OpAction::MakeMap && depth >= DEPTH_MAX {
            return Err(Refusal::TooDeep { index });
        }
        Ok(place)
    }

    fn made_in_ancestry(&self, ancestry: &Ancestry, id: OpId) -> Option<(Place, u8)> {
        let number = self.objects.number_of(&ObjectId::Made(id))?;
        let object = self.objects.get(number);
        let seen = object
            .made_by
            .is_none_or(|change| self.is_ancestor(change, ancestry));
        seen.then_some((Place::Known(number), object.depth))
    }

    fn made_in_change(
        &self,
        change: &Change,
        checked: &[CheckedOp],
        id: OpId,
    ) -> Option<(Place, u8)> {
        let by_op = id.counter.checked_sub(change.start_op())? as usize;
        let maker = change.ops().get(by_op)?;
        let makes = id.actor == change.actor() && maker.action == OpAction::MakeMap;
        let above = checked.get(by_op).filter(|_| makes)?.place;
        let depth = 1 + match above {
            Place::Known(number) => self.objects.get(number).depth,
            Place::Made { depth, .. } => depth,
        };
        Some((Place::Made { by_op, depth }, depth))
    }

    /// The preds must be exactly the writes of the register that its author knew and nobody it knew of had
    /// overwritten. Subsets would break the promises of the replay order.
    fn check_preds(
        &self,
        ancestry: &Ancestry,
        place: Place,
        index: usize,
        op: &Op,
    ) -> Result<SmallVec<[u32; 2]>, Refusal> {
        let wrong = || Refusal::Preds {
            index,
            key: op.key.clone(),
        };
        let register = match place {
            Place::Known(object) => self.registers.number_of(object, &op.key),
            Place::Made { .. } => None,
        };
        let Some(register) = register else {
            return if op.preds.is_empty() {
                Ok(SmallVec::new())
            } else {
                Err(wrong())
            };
        };
        let standing = self.standing_in(ancestry, register);
        let writes = &self.register(register).writes;
        if self.holds_map(register, &standing) {
            // A second map under this key, or a scalar over it: both would lose what is in the map.
            return Err(Refusal::OverMap {
                index,
                key: op.key.clone(),
            });
        }
        let mut named: SmallVec<[(OpId, u32); 2]> = standing
            .iter()
            .map(|&place| (self.op_id_of(&writes[place as usize]), place))
            .collect();
        named.sort_unstable();
        if !named.iter().map(|(id, _)| id).eq(op.preds.iter()) {
            return Err(wrong());
        }
        Ok(named.into_iter().map(|(_, place)| place).collect())
    }

    fn holds_map(&self, register: RegisterNumber, standing: &[u32]) -> bool {
        let writes = &self.register(register).writes;
        let mut ids = standing
            .iter()
            .map(|&place| self.op_id_of(&writes[place as usize]));
        ids.any(|id| self.objects.number_of(&ObjectId::Made(id)).is_some())
    }

    /// The writes of a register that are in an ancestry and that nothing in it has overwritten.
    ///
    /// Walks from the writes that nobody has overwritten down to the first ones in the ancestry, so it costs time
    /// in the number of writes that the author did not know.
    pub(crate) fn standing_in(
        &self,
        ancestry: &Ancestry,
        register: RegisterNumber,
    ) -> SmallVec<[u32; 2]> {
        let tips = self.registers.standing(register);
        let writes = &self.register(register).writes;
        let seen = |place: u32| self.is_ancestor(writes[place as usize].change, ancestry);
        if tips.iter().all(|&tip| seen(tip)) {
            return tips.into_iter().collect();
        }
        let mut standing = SmallVec::new();
        let mut visited = BTreeSet::new();
        let mut stack = tips.to_vec();
        while let Some(place) = stack.pop() {
            if !visited.insert(place) {
                continue;
            }
            let write = &writes[place as usize];
            if !seen(place) {
                stack.extend_from_slice(self.registers.edges().list(&write.preds));
            } else if !self
                .registers
                .edges()
                .list(&write.successors)
                .iter()
                .any(|&next| seen(next))
            {
                standing.push(place);
            }
        }
        standing
    }

    pub(super) fn insert(&mut self, change: &Change, checked: Checked) {
        let number = self.changes.len() as u32;
        let actor = self.actor_number(change);
        self.actors.push_change(actor, number);
        for (index, (op, checked_op)) in change.ops().iter().zip(&checked.ops).enumerate() {
            self.insert_op(change, number, index, op, checked_op);
        }
        self.heads.retain(|head| !checked.deps.contains(head));
        checked.deps.iter().for_each(|&dep| self.forget_unseen(dep));
        self.heads.push(number);
        grow(&mut self.changes);
        self.changes.push(Known {
            hash: change.hash(),
            actor,
            seq: change.seq(),
            max_op: change.max_op(),
            deps: self.deps.of(&checked.deps),
            unseen: Some(checked.unseen),
        });
        let changes = &self.changes;
        self.numbers
            .insert_unique(short(&change.hash()), number, |&number| {
                short(&changes[number as usize].hash)
            });
    }

    fn actor_number(&mut self, change: &Change) -> u32 {
        match (self.actors.number_of(&change.actor()), change.author()) {
            (None, Some(author)) => self.actors.add(change.actor(), author.clone()),
            (Some(number), _) => number,
            // `check_sequence` has refused a first change without an author.
            (None, None) => unreachable!("an actor is known from its first change on"),
        }
    }

    fn insert_op(
        &mut self,
        change: &Change,
        number: u32,
        index: usize,
        op: &Op,
        checked: &CheckedOp,
    ) {
        let object = match checked.place {
            Place::Known(object) => object,
            Place::Made { by_op, .. } => {
                let made = ObjectId::Made(change.op_id(by_op));
                self.objects.number_of(&made).unwrap_or(0)
            }
        };
        let id = change.op_id(index);
        self.registers
            .write(object, &op.key, number, id.counter, &checked.preds);
        if op.action == OpAction::MakeMap {
            self.objects.add(id, number, object, &op.key);
        }
    }
}

/// A map's key names the actor that makes it, so that no two replicas can make the same one; scalars stay out of
/// that form. The genesis, which is made once, gives the fixed containers plain names.
fn check_key_form(change: &Change, index: usize, op: &Op) -> Result<(), Refusal> {
    let fits = match op.action {
        OpAction::MakeMap if change.deps().is_empty() => !op.key.starts_with(MAP_KEY_SIGN),
        OpAction::MakeMap => is_map_key_of(&op.key, change.actor()),
        OpAction::Set(_) => !op.key.starts_with(MAP_KEY_SIGN),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::KeyForm {
        index,
        key: op.key.clone(),
    })
}

/// What the key of a map begins with, and no other key.
pub(crate) const MAP_KEY_SIGN: char = '@';

/// `@<actor>.<number>`, the number without leading zeros.
fn is_map_key_of(key: &str, actor: ActorId) -> bool {
    let number = key.strip_prefix(&format!("{MAP_KEY_SIGN}{actor}."));
    number.is_some_and(|number| {
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        digits && number.len() <= 10 && (number == "0" || !number.starts_with('0'))
    })
}
