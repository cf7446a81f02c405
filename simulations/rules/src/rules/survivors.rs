//! Priority among survivors: what one would write down first, and the rule that lets beaten values return.

use std::rc::Rc;

use spotter_sim_plan::Plan;

use crate::merging::{Replica, Rival, Store};
use crate::rule::{Client, Place, Rule, Server};

/// Of the values that nobody has overwritten, that of the highest priority, then counter, then actor.
///
/// A correction at a low priority overwrites what had beaten a third value; nothing then holds that third one down, and
/// it comes back.
#[derive(Clone, Copy, Debug)]
pub struct PriorityAmongSurvivors;

impl Rule for PriorityAmongSurvivors {
    fn name(&self) -> &'static str {
        "priority-among-survivors"
    }

    fn about(&self) -> &'static str {
        "of the values that nobody has overwritten, the one of the highest priority"
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
    let highest = survivors.max_by_key(|(_, one)| {
        let write = &one.written.write;
        (write.priority, one.counter, &write.actor)
    });
    highest.map_or(0, |(place, _)| place)
}
