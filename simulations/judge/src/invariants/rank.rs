//! `rank`: no two writes have the same rank, and a write counts higher than everything that its author held.
//!
//! - A write has seen everything that its device held, unless it makes another one again that its device drops as refused at
//!   that moment, or its edit was written there before and that write is not held any more. Then it has seen at least what
//!   that one had seen and its device still held.
//! - The counter of a write is greater than every counter of every write that it had seen.
//! - No two writes have the same actor and counter. With the first, an actor that writes in two places at once is seen as
//!   soon as both write.
//! - A write has the priority that its location has in the roster of the plan, or had there after a change of the roster.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Write};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Holding, Past};

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
        let state = past.device(*device);
        let narrowed = state.and_then(|state| state.seen_by(&past.history, write));
        let seen = narrowed.as_ref().or(state.map(|state| &state.holding));
        let seen = seen.map_or(0, Holding::counter);
        if write.counter <= seen {
            report.add("rank", event.at, &[number], || {
                let (called, counter) = (past.called(*device), write.counter);
                format!(
                    "{called} wrote {} with counter {counter}, and had seen one with {seen}",
                    write.name
                )
            });
        }
        if let Some(words) = blind(past, *device, event.at, write) {
            report.add("rank", event.at, &[number], || words);
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

/// What a write ought to have seen and had not, in words.
fn blind(past: &Past<'_>, device: DeviceNumber, at: u64, write: &Write) -> Option<String> {
    // A device takes what an attacker wrote in its name for its own, and may make that again: of no register of the plan.
    let is_attackers =
        past.has_attacking_members() && write.edit.is_none() && write.puts.is_empty();
    if write.unseen.is_empty() || is_attackers {
        return None;
    }
    let called = past.called(device);
    let first = write
        .edit
        .and_then(|edit| past.history.last_of(edit, device));
    let first = first.filter(|first| {
        !past
            .device(device)
            .is_some_and(|state| state.holding.has(*first))
    });
    let Some(first) = past.makes_again(device, at, write).or(first) else {
        return Some(format!(
            "{called} wrote {} without having seen all that it held, and makes no edit again",
            write.name
        ));
    };
    let mut unseen = write
        .unseen
        .iter()
        .filter_map(|name| past.history.find(name));
    let seen_before = unseen.find(|unseen| past.history.had_seen_write(first, *unseen))?;
    Some(format!(
        "{called} wrote {} again without having seen {}, which it had seen when it wrote at first",
        write.name,
        past.history.write(seen_before).write.name
    ))
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
    use serde_json::json;
    use spotter_sim_plan::{DeviceNumber, Happened};

    use crate::story::Story;

    /// Device 1 makes an edit again, without having seen what device 0 wrote: it had to leave, if it is forgotten, and had been
    /// made before that was learnt, or after.
    fn made_again(is_forgotten: bool, had_seen: bool) -> Vec<String> {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1);
        if had_seen {
            story.learnt(1, &["a"]);
        }
        story.wrote(1, "b", 2);
        if !had_seen {
            story.learnt(1, &["a"]);
        }
        let last = story.plan.steps.last();
        let edit = last.and_then(|step| step.doing.edit());
        story.tell(Happened::Refused {
            device: DeviceNumber(1),
            write: "b".to_owned(),
            code: "twin".to_owned(),
        });
        if is_forgotten {
            story.forgot(1, &["b"], "refused");
        } else {
            story.learnt(0, &["b"]);
        }
        story.wait(1).write(1, "c", |write| {
            write.edit = edit;
            write.actor = "another".to_owned();
            write.puts.insert("r".to_owned(), json!(2));
            write.unseen = vec!["a".to_owned()];
        });
        story.learnt(0, &["c"]).rests().broken()
    }

    #[test]
    fn an_edit_that_is_made_again_had_seen_what_it_had_seen_at_first() {
        assert_eq!(made_again(true, false), [""; 0]);
        assert_eq!(made_again(true, true), ["rank"]);
        assert_eq!(made_again(false, false), ["rank"]);
    }

    #[test]
    fn a_write_has_seen_all_that_is_held() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]);
        story.write(1, "b", |write| write.unseen = vec!["a".to_owned()]);
        story.learnt(0, &["b"]).rests();
        assert_eq!(story.broken(), ["rank"]);
    }

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
