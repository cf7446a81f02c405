//! Automerge's own winner: what a document shows that knows no priorities.

use std::rc::Rc;

use spotter_sim_plan::Plan;

use crate::merging::{Replica, Rival, Store};
use crate::rule::{Client, Place, Rule, Server};

/// Of the values that nobody has overwritten, that with the highest counter, then actor.
///
/// The counter is one more than the highest that the writing device knew, so between writes made apart the device wins
/// whose document saw more edits, wherever they were.
#[derive(Clone, Copy, Debug)]
pub struct Automerge;

impl Rule for Automerge {
    fn name(&self) -> &'static str {
        "automerge"
    }

    fn about(&self) -> &'static str {
        "of the values that nobody has overwritten, the one with the highest counter, then actor"
    }

    fn client(&self, _: &Plan, place: &Place) -> Box<dyn Client> {
        Box::new(Replica::new(place, Rc::new(winner)))
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Store::new())
    }
}

fn winner(rivals: &[Rival]) -> usize {
    let survivors = rivals
        .iter()
        .enumerate()
        .filter(|(_, one)| !one.overwritten);
    let highest = survivors.max_by_key(|(_, one)| (one.counter, &one.written.write.actor));
    highest.map_or(0, |(place, _)| place)
}
