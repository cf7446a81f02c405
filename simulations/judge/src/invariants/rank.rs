//! `rank`: no two writes have the same rank, and a write counts higher than everything that its author held.
//!
//! - The counter of a write is greater than every counter of every write that its device held when it wrote.
//! - No two writes have the same actor and counter. With the first, an actor that writes in two places at once is seen as
//!   soon as both write.
//! - A write has the priority that its location has in the roster of the plan, or had there after a change of the roster.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Write};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Rank<'a> {
    written: FxHashMap<(&'a str, u64), usize>,
    priorities: Option<BTreeMap<&'a str, Vec<u32>>>,
}

impl<'a> Invariant<'a> for Rank<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let Happened::Wrote { device, write } = &event.what else {
            return;
        };
        let seen = past.holding(*device).map_or(0, |holding| holding.counter());
        if write.counter <= seen {
            report.add("rank", event.at, &[number], || {
                let (called, counter) = (past.called(*device), write.counter);
                format!(
                    "{called} wrote {} with counter {counter}, and held one with {seen}",
                    write.name
                )
            });
        }
        let same = self.written.insert((&write.actor, write.counter), number);
        if let Some(before) = same {
            let words = || {
                format!(
                    "{} has the actor and the counter of another write",
                    write.name
                )
            };
            report.add("rank", event.at, &[before, number], words);
        }
        self.priority(past, number, event.at, *device, write, report);
    }
}

impl<'a> Rank<'a> {
    fn priority(
        &mut self,
        past: &Past<'a>,
        number: usize,
        at: u64,
        device: DeviceNumber,
        write: &Write,
        report: &mut Report,
    ) {
        let priorities = self.priorities.get_or_insert_with(|| priorities(past));
        let known = priorities.get(write.location.as_str());
        if !known.is_some_and(|known| known.contains(&write.priority)) {
            report.add("rank", at, &[number], || {
                let (called, location, priority) = (past.called(device), &write.location, write.priority);
                format!("{called} wrote for {location} with priority {priority}, which the roster never gave it")
            });
        }
    }
}

/// Every priority that a location ever has.
fn priorities<'a>(past: &Past<'a>) -> BTreeMap<&'a str, Vec<u32>> {
    let mut priorities: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for seat in &past.plan.roster {
        let known = priorities.entry(seat.location.as_str()).or_default();
        known.push(seat.priority);
    }
    for step in &past.plan.steps {
        if let Doing::SetLocation { name, priority, .. } = &step.doing {
            priorities.entry(name).or_default().push(*priority);
        }
    }
    priorities
}

#[cfg(test)]
mod tests {
    use crate::story::Story;

    #[test]
    fn a_counter_exceeds_all_that_was_seen() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]);
        story.wrote(1, "b", 2).learnt(0, &["b"]);
        story.rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]);
        story.write(1, "b", |write| write.counter = 2);
        story.learnt(0, &["b"]).rests();
        assert_eq!(story.broken(), ["rank"]);
    }

    #[test]
    fn an_actor_never_writes_in_two_places() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1);
        story.write(1, "b", |write| write.actor = "actor-0".to_owned());
        story.learnt(1, &["a"]).learnt(0, &["b"]).rests();
        assert!(story.broken().contains(&"rank".to_owned()));
    }

    #[test]
    fn a_location_writes_with_its_own_priority() {
        let mut story = Story::of_two();
        story.write(1, "b", |write| write.priority = 31);
        story.learnt(0, &["b"]).rests();
        assert_eq!(story.broken(), ["rank"]);
    }
}
