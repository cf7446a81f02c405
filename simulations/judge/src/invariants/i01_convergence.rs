//! `I1`, convergence: replicas with the same writes show the same meet.
//!
//! For any two devices at rest, whether they reach each other or not:
//!
//! - They have equal heads exactly if they hold the same writes, as told by what they wrote, learnt and forgot.
//! - If they hold the same writes, their states are equal byte for byte, and so are all registers and the number of
//!   conflicts.
//!
//! Under another rule heads are whatever its runner names the writes by, and only this is asked for: with equal heads and the
//! same writes, states, registers and numbers of conflicts are equal.

use spotter_sim_plan::{Event, Happened};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, Rest};
use crate::value::same;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Convergence {
    is_of_another_rule: bool,
}

impl<'a> Invariant<'a> for Convergence {
    fn event(&mut self, _: &Past<'a>, _: usize, event: &'a Event, _: &mut Report) {
        if let Happened::Began { rule, .. } = &event.what {
            self.is_of_another_rule = rule != "spotter";
        }
    }

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for (at, one) in past.rests.iter().enumerate() {
            for other in &past.rests[..at] {
                if let Some(what) = self.difference(past, one, other) {
                    report.add("I1", now, &[other.event, one.event], || {
                        let (one, other) = (past.called(one.device), past.called(other.device));
                        format!("{other} and {one} {what}")
                    });
                }
            }
        }
    }
}

impl Convergence {
    fn difference(
        &self,
        past: &Past<'_>,
        one: &Rest<'_>,
        other: &Rest<'_>,
    ) -> Option<&'static str> {
        let (holding, others) = (past.holding(one.device)?, past.holding(other.device)?);
        let same_writes = holding.writes() == others.writes();
        let same_heads = one.heads == other.heads;
        if self.is_of_another_rule && same_writes != same_heads {
            return None;
        }
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

    #[test]
    fn another_rule_promises_it_too() {
        let shown = |value| {
            let mut story = Story::of_two();
            story.follows("automerge").wrote(0, "a", 1);
            story.learnt(1, &["a"]).rests();
            story.rest(1, |_, _, registers, _| {
                registers.insert("r".to_owned(), json!(value));
            });
            story.broken()
        };
        assert_eq!(shown(1), [""; 0]);
        assert_eq!(shown(2), ["I1"]);
    }

    #[test]
    fn another_rule_names_its_writes_as_it_likes() {
        let mut story = Story::of_two();
        story.follows("automerge").wrote(0, "a", 1);
        story.learnt(1, &["a"]).rests();
        story.rest(1, |heads, _, _, _| *heads = vec!["x".to_owned()]);
        assert_eq!(story.broken(), [""; 0]);
    }
}
