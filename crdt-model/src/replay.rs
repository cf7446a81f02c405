//! The replay order, as its definition says it.
//!
//! The writes of a register are replayed so that a write always comes after the writes it had seen; among those
//! that could come next, the lower rank goes first; the last write stands. `register.rs` keeps this order in place
//! as writes arrive. This file is what it is measured against.

use std::collections::BTreeSet;

use crate::ids::ActorId;
use crate::location::Priority;
use crate::planted::{self, Bug};

/// What decides between writes that did not know of each other: the higher rank is replayed later.
///
/// Fields are compared in order. With equal priorities the larger operation counter wins, which is the busier
/// device and not the later typist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// The priority that the author's location held.
    pub priority: Priority,
    /// The operation's counter.
    pub counter: u32,
    /// The operation's actor.
    pub actor: ActorId,
}

/// A write as the definition sees it. Writes name each other by their place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedWrite {
    /// Its rank.
    pub rank: Rank,
    /// The writes it replaces.
    pub preds: Vec<usize>,
}

/// Where a new write belongs in an order of the writes that were there before, named by their places.
///
/// A new write has no successors. Replaying, it is ready after its last pred, and goes first as soon as it ranks
/// below what would come next: so it stands before the first write after its last pred that outranks it, else at
/// the end. The search begins at the end, for an edit mostly replaces what is shown.
pub(crate) fn replay_position(
    rank: Rank,
    preds: &[u32],
    order: impl DoubleEndedIterator<Item = u32> + ExactSizeIterator,
    rank_of: impl Fn(u32) -> Rank,
) -> usize {
    let mut position = order.len();
    for (before, place) in order.enumerate().rev() {
        if preds.contains(&place) {
            break;
        }
        let other = rank_of(place);
        // Correct: the higher priority wins.
        if planted::is(Bug::PriorityReversed) && rank.priority != other.priority {
            if rank.priority > other.priority {
                position = before;
            }
        } else if rank < other {
            position = before;
        }
    }
    position
}

/// Replays the writes of one register and answers their places in order; the last one stands.
///
/// A write whose preds never come, because they form a cycle or lie outside the list, is left out.
pub fn replay_order(writes: &[RankedWrite]) -> Vec<usize> {
    let mut order = Vec::with_capacity(writes.len());
    let mut waiting: BTreeSet<usize> = (0..writes.len()).collect();
    let mut replayed = BTreeSet::new();
    loop {
        let ready = waiting.iter().copied().filter(|&place| {
            let preds = &writes[place].preds;
            preds.iter().all(|pred| replayed.contains(pred))
        });
        let Some(next) = ready.min_by_key(|&place| writes[place].rank) else {
            return order;
        };
        waiting.remove(&next);
        replayed.insert(next);
        order.push(next);
    }
}

#[cfg(test)]
mod tests;
