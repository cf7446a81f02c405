//! Who wins: the replay order of every register, kept in place, and the only reading of values.
//!
//! Invariant: this file alone reads values out of Automerge, so nobody can meet an unresolved one by accident.
//! Nothing is ever written back: resolving is reading.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ReadDoc as _, ScalarValue, Value};

#[cfg(test)]
use crate::ids::OpId;
use crate::index::{Index, Register, RegisterNumber, Write};
#[cfg(test)]
use crate::op::RegisterId;
use crate::op::{ObjectId, Scalar};
use crate::planted::{self, Bug};
use crate::replay::{Rank, replay_position};

/// The replay orders of a document's registers.
#[derive(Default)]
pub(crate) struct ReplayOrders {
    /// Places of the writes, only where their order is not that of admission.
    reordered: BTreeMap<RegisterNumber, Vec<u32>>,
}

impl ReplayOrders {
    /// Places the write that the index admitted last. The order of the others does not change.
    pub(crate) fn place_last(&mut self, index: &Index, number: RegisterNumber) {
        let register = index.register(number);
        let Some((new, old)) = register.writes.split_last() else {
            return;
        };
        let place = old.len() as u32;
        let position = match self.reordered.get(&number) {
            // Correct: arrival decides nothing.
            _ if planted::is(Bug::WinnerByArrival) => old.len(),
            Some(order) => position(index, register, new, order.iter().copied()),
            None => position(index, register, new, 0..place),
        };
        match self.reordered.get_mut(&number) {
            Some(order) => order.insert(position, place),
            None if position == old.len() => {}
            None => {
                let mut order: Vec<u32> = (0..place).collect();
                order.insert(position, place);
                self.reordered.insert(number, order);
            }
        }
    }

    /// The places of a register's writes in the replay order.
    pub(crate) fn order(&self, index: &Index, number: RegisterNumber) -> Vec<u32> {
        match self.reordered.get(&number) {
            Some(order) => order.clone(),
            None => (0..index.register(number).writes.len() as u32).collect(),
        }
    }

    /// The place of the last of the first `count` writes in the replay order, if there are any.
    pub(crate) fn placed(&self, number: RegisterNumber, count: usize) -> Option<u32> {
        match self.reordered.get(&number).and_then(|order| order.last()) {
            Some(&place) => Some(place),
            None => (count as u32).checked_sub(1),
        }
    }

    /// The write that stands.
    pub(crate) fn winner<'a>(&self, index: &'a Index, number: RegisterNumber) -> Option<&'a Write> {
        let writes = &index.register(number).writes;
        // Correct: the last in the replay order stands, in which a beaten write stays beaten.
        if planted::is(Bug::HighestAmongSurvivors) {
            let standing = index.standing(number).map(|place| &writes[place as usize]);
            return standing.max_by_key(|write| rank(index, write));
        }
        match self.reordered.get(&number).and_then(|order| order.last()) {
            Some(&place) => writes.get(place as usize),
            None => writes.last(),
        }
    }
}

/// Where a new write belongs in an order of the register's other writes.
fn position(
    index: &Index,
    register: &Register,
    new: &Write,
    order: impl DoubleEndedIterator<Item = u32> + ExactSizeIterator,
) -> usize {
    let rank_of = |place: u32| rank(index, &register.writes[place as usize]);
    replay_position(rank(index, new), index.preds_of(new), order, rank_of)
}

/// What decides between writes that did not know of each other.
pub(crate) fn rank(index: &Index, write: &Write) -> Rank {
    let id = index.op_id_of(write);
    Rank {
        priority: index.author_of(write).priority,
        counter: id.counter,
        actor: id.actor,
    }
}

/// The values that nobody has overwritten, with the writes that hold them, as Automerge has them: what admission's index
/// says of them is compared with it.
#[cfg(test)]
pub(crate) fn standing_values(document: &Automerge, id: &RegisterId) -> Vec<(OpId, Scalar)> {
    let values = document.get_all(automerge_object(&id.object), id.key.as_str());
    let values = values.unwrap_or_default().into_iter();
    values
        .filter_map(|(value, id)| Some((op_id(&id)?, scalar(&value)?)))
        .collect()
}

/// All keys of a map that hold a scalar, with the value where only one stands.
pub(crate) fn undisputed_values(
    document: &Automerge,
    object: &ObjectId,
) -> Vec<(String, Option<Scalar>)> {
    let items = document.map_range(automerge_object(object), ..);
    items
        .filter_map(|item| {
            let value = scalar(&item.value.into_value())?;
            Some((item.key.into_owned(), (!item.conflict).then_some(value)))
        })
        .collect()
}

fn automerge_object(object: &ObjectId) -> ObjId {
    match object {
        ObjectId::Root => ObjId::Root,
        ObjectId::Made(id) => {
            let actor = automerge::ActorId::from(&id.actor.as_bytes()[..]);
            ObjId::Id(u64::from(id.counter), actor, 0)
        }
    }
}

#[cfg(test)]
fn op_id(id: &ObjId) -> Option<OpId> {
    match id {
        ObjId::Root => None,
        ObjId::Id(counter, actor, _) => Some(OpId {
            counter: u32::try_from(*counter).ok()?,
            actor: crate::ids::ActorId::new(actor.to_bytes().try_into().ok()?),
        }),
    }
}

/// Admission lets no other kinds of values into a meet.
fn scalar(value: &Value<'_>) -> Option<Scalar> {
    let Value::Scalar(value) = value else {
        return None;
    };
    match value.as_ref() {
        ScalarValue::Null => Some(Scalar::Null),
        ScalarValue::Boolean(value) => Some(Scalar::Bool(*value)),
        ScalarValue::F64(value) => Some(Scalar::Number(*value)),
        ScalarValue::Str(value) => Some(Scalar::Text(value.to_string())),
        ScalarValue::Bytes(_)
        | ScalarValue::Int(_)
        | ScalarValue::Uint(_)
        | ScalarValue::Counter(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Unknown { .. } => None,
    }
}
