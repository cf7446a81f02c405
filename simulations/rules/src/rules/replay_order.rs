//! The replay order, written down again from `docs/resolution.md` alone: what the real machines are checked against, and
//! what sweeps use that are too large for real documents.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use spotter_sim_plan::Plan;

use crate::merging::{Replica, Rival, Store};
use crate::rule::{Client, Place, Rule, Server};

/// The writes of a register are replayed so that a write always comes after the writes it had seen; among those that
/// could come next, the lower rank goes first; the last write stands.
#[derive(Clone, Copy, Debug)]
pub struct ReplayOrder;

impl Rule for ReplayOrder {
    fn name(&self) -> &'static str {
        "replay-order"
    }

    fn about(&self) -> &'static str {
        "writes are replayed after what they had seen, the lower rank first, and the last one stands (a model of Spotter's rule)"
    }

    fn client(&self, _: &Plan, place: &Place) -> Box<dyn Client> {
        Box::new(Replica::new(place, Rc::new(winner)))
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Store::new())
    }
}

fn winner(rivals: &[Rival]) -> usize {
    // A write that is the only one left has seen all others.
    let mut survivors = (0..rivals.len()).filter(|place| !rivals[*place].overwritten);
    if let (Some(only), None) = (survivors.next(), survivors.next()) {
        return only;
    }
    replayed(rivals).last().copied().unwrap_or_default()
}

/// The places of the writes in the order of the replay.
fn replayed(rivals: &[Rival]) -> Vec<usize> {
    let rank = |place: usize| {
        let write = &rivals[place].written.write;
        Reverse((write.priority, rivals[place].counter, &write.actor, place))
    };
    let mut missing: Vec<usize> = rivals.iter().map(|one| one.preds.len()).collect();
    let mut successors = vec![Vec::new(); rivals.len()];
    for (place, rival) in rivals.iter().enumerate() {
        for pred in &rival.preds {
            successors[*pred].push(place);
        }
    }
    let ready = (0..rivals.len()).filter(|place| missing[*place] == 0);
    let mut ready: BinaryHeap<_> = ready.map(rank).collect();
    let mut order = Vec::new();
    while let Some(Reverse((_, _, _, place))) = ready.pop() {
        order.push(place);
        for next in &successors[place] {
            missing[*next] -= 1;
            if missing[*next] == 0 {
                ready.push(rank(*next));
            }
        }
    }
    order
}
