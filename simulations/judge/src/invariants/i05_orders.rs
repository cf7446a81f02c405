//! `I5`, the order in which replicas come together does not matter.
//!
//! Of several traces, those are compared whose histories are the same: every edit was written by the same device, for the
//! same location, with the same priority, counter and actor, saying the same, and having seen the same edits. Only what
//! happened to the writes afterwards differs: which location came back first, what was lost on the way and sent again. All
//! of them must then rest with the same registers, the same state and the same number of conflicts.
//!
//! Within one trace order shows as well, and is judged by I1 and I4.

use std::collections::BTreeMap;

use serde_json::Value;
use spotter_sim_plan::{Event, Happened, Plan, Write};

use crate::finding::{Finding, Report};
use crate::past::Past;
use crate::value::same;

/// Looks for traces in which the same edits, made with the same knowledge, have different results.
pub fn check_orders(runs: &[(Plan, Vec<Event>)]) -> Vec<Finding> {
    let mut report = Report::default();
    let told: Vec<Told<'_>> = runs.iter().map(|(plan, trace)| told(plan, trace)).collect();
    for (number, one) in told.iter().enumerate() {
        let Some(first) = told.iter().position(|other| other.edits == one.edits) else {
            continue;
        };
        if let Some((what, event)) = difference(&told[first], one) {
            report.add("I5", one.ended_at, &[event], || {
                format!("order {number} has {what} than order {first}, of the same edits made with the same knowledge")
            });
        }
    }
    report.into_findings()
}

/// How many of several traces have the history of another: how much [`check_orders`] has to compare.
pub fn comparable_orders(runs: &[(Plan, Vec<Event>)]) -> usize {
    let told: Vec<Told<'_>> = runs.iter().map(|(plan, trace)| told(plan, trace)).collect();
    let pairs = told.iter().enumerate();
    let shared = pairs.filter(|(number, one)| {
        let mut others = told.iter().enumerate();
        others.any(|(other, theirs)| other != *number && theirs.edits == one.edits)
    });
    shared.count()
}

/// A trace as far as it is compared.
struct Told<'a> {
    edits: Vec<Edit<'a>>,
    rests: Vec<(usize, &'a BTreeMap<String, Value>, &'a str, u64)>,
    ended_at: u64,
}

/// A write of an edit, and the edits that its author had seen, by their numbers.
#[derive(PartialEq)]
struct Edit<'a> {
    write: Named<'a>,
    device: u16,
    seen: Vec<u32>,
}

/// A write without its name, which may differ where nothing else does.
struct Named<'a>(&'a Write);

impl PartialEq for Named<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.0, other.0);
        (
            one.edit,
            &one.location,
            one.priority,
            one.counter,
            &one.counters,
            &one.actor,
        ) == (
            other.edit,
            &other.location,
            other.priority,
            other.counter,
            &other.counters,
            &other.actor,
        ) && one.puts == other.puts
    }
}

fn told<'a>(plan: &'a Plan, trace: &'a [Event]) -> Told<'a> {
    let mut past = Past::new(plan);
    let mut rests = Vec::new();
    for (number, event) in trace.iter().enumerate() {
        past.take(number, event);
        if let Happened::Rests {
            registers,
            state,
            conflicts,
            ..
        } = &event.what
        {
            rests.push((number, registers, state.as_str(), *conflicts));
        }
    }
    Told {
        edits: edits(&past),
        rests,
        ended_at: trace.last().map_or(0, |event| event.at),
    }
}

fn edits<'a>(past: &Past<'a>) -> Vec<Edit<'a>> {
    let mut edits = Vec::new();
    for (id, written) in past.history.writes() {
        if written.write.edit.is_none() {
            continue;
        }
        let others = past.history.writes();
        let seen = others.filter(|(other, _)| past.history.had_seen_write(id, *other));
        let mut seen: Vec<u32> = seen
            .filter_map(|(_, other)| Some(other.write.edit?.0))
            .collect();
        seen.sort_unstable();
        edits.push(Edit {
            write: Named(written.write),
            device: written.by.0,
            seen,
        });
    }
    edits.sort_by_key(|edit| edit.write.0.edit);
    edits
}

fn difference(first: &Told<'_>, other: &Told<'_>) -> Option<(&'static str, usize)> {
    let (_, registers, state, conflicts) = first.rests.first()?;
    for (event, theirs, their_state, their_conflicts) in &other.rests {
        let alike = registers.len() == theirs.len()
            && registers.iter().all(|(register, value)| {
                theirs
                    .get(register)
                    .is_some_and(|theirs| same(theirs, value))
            });
        if !alike {
            return Some(("other values", *event));
        }
        if conflicts != their_conflicts {
            return Some(("other conflicts", *event));
        }
        if state != their_state {
            return Some(("another state", *event));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spotter_sim_plan::{Event, Plan};

    use super::{check_orders, comparable_orders};
    use crate::story::Story;

    fn apart() -> Story {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).wrote(1, "b", 2);
        story
    }

    fn run(mut story: Story) -> (Plan, Vec<Event>) {
        story.rests();
        (story.plan, story.trace)
    }

    #[test]
    fn orders_of_the_same_edits_have_one_result() {
        let mut one = apart();
        one.learnt(0, &["b"]).wait(10).learnt(1, &["a"]);
        let mut other = apart();
        other.learnt(1, &["a"]).wait(70).learnt(0, &["b"]);
        let one = run(one);
        assert_eq!(check_orders(&[one.clone(), run(other.clone())]), []);
        assert_eq!(comparable_orders(&[one.clone(), run(other.clone())]), 2);

        other.rests();
        for device in 0..2 {
            other.rest(device, |_, _, registers, _| {
                registers.insert("r".to_owned(), json!(2));
            });
        }
        let found = check_orders(&[one, (other.plan, other.trace)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, "I5");
    }

    #[test]
    fn edits_made_with_other_knowledge_are_other_edits() {
        let mut one = apart();
        one.learnt(0, &["b"]).learnt(1, &["a"]);
        let mut other = Story::of_two();
        other
            .wrote(0, "a", 1)
            .learnt(1, &["a"])
            .wrote(1, "b", 2)
            .learnt(0, &["b"]);
        let runs = [run(one), run(other)];
        assert_eq!(check_orders(&runs), []);
        assert_eq!(comparable_orders(&runs), 0);
    }
}
