//! `I1`, convergence: replicas with the same writes show the same meet.
//!
//! For any two devices at rest, whether they reach each other or not:
//!
//! - They have equal heads exactly if they hold the same writes, as told by what they wrote, learnt and forgot.
//! - If they hold the same writes, their states are equal byte for byte, and so are all registers and the number of
//!   conflicts.

use spotter_sim_plan::Event;

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, Rest};
use crate::value::same;

/// The check.
#[derive(Debug)]
pub(crate) struct Convergence;

impl<'a> Invariant<'a> for Convergence {
    fn event(&mut self, _: &Past<'a>, _: usize, _: &'a Event, _: &mut Report) {}

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for (at, one) in past.rests.iter().enumerate() {
            for other in &past.rests[..at] {
                if let Some(what) = difference(past, one, other) {
                    report.add("I1", now, &[other.event, one.event], || {
                        let (one, other) = (past.called(one.device), past.called(other.device));
                        format!("{other} and {one} {what}")
                    });
                }
            }
        }
    }
}

fn difference(past: &Past<'_>, one: &Rest<'_>, other: &Rest<'_>) -> Option<&'static str> {
    let (holding, others) = (past.holding(one.device)?, past.holding(other.device)?);
    let same_writes = holding.writes() == others.writes();
    let same_heads = one.heads == other.heads;
    if same_writes && !same_heads {
        return Some("hold the same writes and have different heads");
    }
    if same_heads && !same_writes {
        return Some("have the same heads and hold different writes");
    }
    if !same_writes {
        return None;
    }
    let same_registers = one.registers.len() == other.registers.len()
        && one.registers.iter().all(|(register, value)| {
            let theirs = other.registers.get(register);
            theirs.is_some_and(|theirs| same(theirs, value))
        });
    if one.state != other.state || !same_registers {
        return Some("hold the same writes and show different values");
    }
    (one.conflicts != other.conflicts)
        .then_some("hold the same writes and list different conflicts")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::story::Story;

    fn apart(change: impl FnOnce(&mut Story)) -> Vec<String> {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        change(&mut story);
        story.broken()
    }

    #[test]
    fn the_same_writes_are_the_same_heads_and_the_same_state() {
        assert_eq!(apart(|_| ()), [""; 0]);
        let heads = apart(|story| story.rest(1, |heads, _, _, _| *heads = vec!["x".to_owned()]));
        assert!(heads.contains(&"I1".to_owned()));
        let state = apart(|story| story.rest(1, |_, state, _, _| state.push('x')));
        assert!(state.contains(&"I1".to_owned()));
        let shown = apart(|story| {
            story.rest(1, |_, _, registers, _| {
                registers.insert("r".to_owned(), json!(2));
            });
        });
        assert!(shown.contains(&"I1".to_owned()));
        let conflicts = apart(|story| story.rest(1, |_, _, _, conflicts| *conflicts = 1));
        assert!(conflicts.contains(&"I1".to_owned()));
    }

    #[test]
    fn different_writes_are_different_heads() {
        let mut story = Story::of_two();
        story.plan.relays = 2;
        story.joined(1, 1).wrote(0, "a", 1).rests();
        assert_eq!(story.broken(), [""; 0]);
        let heads = story.heads(0);
        story.rest(1, |theirs, _, _, _| *theirs = heads);
        assert!(story.broken().contains(&"I1".to_owned()));
    }
}
