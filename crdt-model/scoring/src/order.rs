//! Who lifts when.

use crate::entry::{Entry, Lift, SLOTS};
use crate::sort::sort;
use crate::state::Selector;

/// The lifting order of one flight at one lift. Lifters are named by their place in the list that was ordered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LiftingOrder {
    /// The active attempt, from 1.
    pub(crate) attempt: usize,
    pub(crate) order: Vec<usize>,
    pub(crate) current: Option<usize>,
    pub(crate) next: Option<usize>,
}

/// Orders a flight.
///
/// Who has gone and named the next attempt stands first, then who has yet to lift the active one, then who has named
/// nothing since the one before.
pub(crate) fn lifting_order(flight: &[&Entry], lift: Lift, selector: &Selector) -> LiftingOrder {
    let attempt = selector
        .attempt
        .unwrap_or_else(|| active_attempt(flight, lift));
    let order = order_at(flight, lift, attempt);
    let overridden = order
        .iter()
        .position(|&index| Some(flight[index].id) == selector.entry);
    let pending = |index: usize, attempt| flight[index].slot(lift, attempt).is_pending();
    let current = overridden.or_else(|| order.iter().position(|&index| pending(index, attempt)));
    let next = current.and_then(|current| {
        let (gone, coming) = (&order[..current], &order[current + 1..]);
        let coming = coming.iter().find(|&&index| pending(index, attempt));
        coming.or_else(|| gone.iter().find(|&&index| pending(index, attempt + 1)))
    });
    LiftingOrder {
        attempt,
        current: current.map(|place| order[place]),
        next: next.copied(),
        order,
    }
}

/// Those who open the lift, in the order of their openers.
pub(crate) fn opening_order(flight: &[&Entry], lift: Lift) -> Vec<usize> {
    let opens = |index: &usize| flight[*index].slot(lift, 1).kg != 0.0;
    let mut order: Vec<usize> = (0..flight.len()).filter(opens).collect();
    sort_at(flight, lift, 1, &mut order);
    order
}

/// The earliest attempt that somebody has called last and not lifted; where nobody has, the one after the latest that
/// was lifted, but no fourth.
fn active_attempt(flight: &[&Entry], lift: Lift) -> usize {
    let last = |entry: &Entry, lifted: bool| {
        let slots = entry.slots(lift).iter();
        let wanted = slots
            .rev()
            .position(|slot| slot.kg != 0.0 && (slot.status != 0) == lifted);
        wanted.map(|from_behind| SLOTS - from_behind)
    };
    let pending = flight.iter().filter_map(|entry| last(entry, false)).min();
    pending.unwrap_or_else(|| {
        let lifted = flight.iter().filter_map(|entry| last(entry, true)).max();
        match lifted {
            None => 1,
            Some(latest @ 3..) => latest,
            Some(latest) => latest + 1,
        }
    })
}

fn order_at(flight: &[&Entry], lift: Lift, attempt: usize) -> Vec<usize> {
    let called = |index: usize, attempt| flight[index].slot(lift, attempt).kg != 0.0;
    let group = |index: usize| {
        let attempts = [attempt + 1, attempt, attempt - 1];
        let called = attempts.iter().position(|&at| called(index, at));
        called.unwrap_or(attempts.len())
    };
    let groups: Vec<usize> = (0..flight.len()).map(group).collect();
    let mut order = Vec::with_capacity(flight.len());
    for (wanted, sorted_by) in [attempt + 1, attempt, attempt - 1, attempt]
        .into_iter()
        .enumerate()
    {
        let of_group = |index: &usize| groups[*index] == wanted;
        let mut group: Vec<usize> = (0..flight.len()).filter(of_group).collect();
        sort_at(flight, lift, sorted_by, &mut group);
        order.extend(group);
    }
    order
}

fn sort_at(flight: &[&Entry], lift: Lift, attempt: usize, order: &mut [usize]) {
    sort(order, &|&a, &b| {
        flight[a].lifts_before(flight[b], lift, attempt)
    });
}
