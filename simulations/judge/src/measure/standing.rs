//! What stands at rest, and whether it should; and how often people met on a register.

use std::collections::BTreeSet;

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, EditNumber, Event, Happened};

use super::{Measures, ratio};
use crate::past::{Meant, Past, PutId, RegisterId, WriteId};
use crate::value::same;

/// Edits that met others.
#[derive(Debug, Default)]
pub(super) struct Met {
    met: BTreeSet<EditNumber>,
    edits: BTreeSet<EditNumber>,
}

impl Met {
    /// Before a write is known: everything of its registers that its author does not hold is unseen. What was refused, or is held
    /// by nobody any more, meets nobody: no author will ever see it.
    pub(super) fn event(&mut self, past: &Past<'_>, event: &Event) {
        let Happened::Wrote { device, write } = &event.what else {
            return;
        };
        let (Some(holding), Some(edit)) = (past.holding(*device), write.edit) else {
            return;
        };
        let meets = write.puts.iter().any(|(register, value)| {
            let Meant::Register(register) = past.history.meant(register, holding) else {
                return false;
            };
            let order = past.history.order(register).iter().rev();
            let mut others = order.map(|put| past.history.put(*put));
            others.any(|other| {
                !holding.has(other.write)
                    && !same(other.value, value)
                    && !past.refused.has(other.write)
                    && is_held(past, other.write)
            })
        });
        self.edits.insert(edit);
        if meets {
            self.met.insert(edit);
        }
    }

    pub(super) fn into(self, measures: &mut Measures) {
        measures.conflicts = self.met.len() as u64;
        let share = ratio(measures.conflicts, self.edits.len() as u64);
        measures.conflicts_per_1k_edits = share.unwrap_or(0.0) * 1_000.0;
    }
}

/// Counts registers at rest that show what they should not, and those in conflict.
pub(super) fn at_rest(past: &Past<'_>, measures: &mut Measures) {
    let mut priority = BTreeSet::new();
    let mut outranked = BTreeSet::new();
    let mut causal = BTreeSet::new();
    for register in past.history.registers() {
        let known = known(past, register);
        if known.len() < 2 {
            continue;
        }
        for rest in &past.rests {
            let name = past.history.name(register);
            let Some(value) = rest.registers.get(name) else {
                continue;
            };
            let holding = past.holding(rest.device);
            let meant = holding.map(|holding| past.history.meant(name, holding));
            if meant != Some(Meant::Register(register)) {
                continue;
            }
            let shown = Shown {
                past,
                known: &known,
                value,
            };
            if shown.in_every_case(Shown::is_below_a_rival) {
                priority.insert(register);
            }
            if shown.in_every_case(Shown::is_outranked) {
                outranked.insert(register);
            }
            if shown.in_every_case(Shown::is_replaced) {
                causal.insert(register);
            }
        }
    }
    measures.priority_inversions = priority.len() as u64;
    measures.outranked = outranked.len() as u64;
    measures.causal_inversions = causal.len() as u64;
    let left = past.rests.iter().map(|rest| disputed(past, rest.device));
    measures.conflicts_left = left.max().unwrap_or(0);
}

fn disputed(past: &Past<'_>, device: DeviceNumber) -> u64 {
    let Some(holding) = past.holding(device) else {
        return 0;
    };
    let disputed = past.history.registers().filter(|register| {
        let mut puts = holding.unreplaced(*register).iter();
        let first = puts.next().map(|put| past.history.put(*put).value);
        puts.any(|put| first.is_some_and(|first| !same(first, past.history.put(*put).value)))
    });
    disputed.count() as u64
}

/// The writes of a register that some device holds at the end, and those that were refused and not made again.
fn known(past: &Past<'_>, register: RegisterId) -> Vec<PutId> {
    let order = past.history.order(register).iter().copied();
    let known = order.filter(|put| {
        let write = past.history.put(*put).write;
        is_held(past, write) || past.refused.has(write) && !past.history.is_made_again(write)
    });
    known.collect()
}

fn is_held(past: &Past<'_>, write: WriteId) -> bool {
    past.devices().any(|(_, device)| device.holding.has(write))
}

/// A value that a device rests with.
struct Shown<'p, 'a> {
    past: &'p Past<'a>,
    known: &'p [PutId],
    value: &'p Value,
}

impl Shown<'_, '_> {
    /// Whether something holds for every write that the value may come from, of which there is at least one.
    fn in_every_case(&self, holds: fn(&Self, PutId) -> bool) -> bool {
        let mut says_so = self
            .known
            .iter()
            .filter(|put| same(self.past.history.put(**put).value, self.value));
        let mut any = false;
        let all = says_so.all(|put| {
            any = true;
            holds(self, *put)
        });
        any && all
    }

    /// Whether a rival outranks the write and everything it had seen that the rival had not.
    fn is_below_a_rival(&self, shown: PutId) -> bool {
        let history = &self.past.history;
        self.better_rivals(shown).any(|rival| {
            let upheld = |put: &PutId| {
                history.had_seen(shown, *put)
                    && !history.had_seen(rival, *put)
                    && self.priority(*put) >= self.priority(rival)
            };
            !self.known.iter().any(upheld)
        })
    }

    /// Whether a rival outranks the write and was not replaced.
    fn is_outranked(&self, shown: PutId) -> bool {
        let history = &self.past.history;
        self.better_rivals(shown)
            .any(|rival| !self.known.iter().any(|put| history.had_seen(*put, rival)))
    }

    /// Whether another write had seen this one.
    fn is_replaced(&self, shown: PutId) -> bool {
        let history = &self.past.history;
        self.known
            .iter()
            .any(|put| history.had_seen(*put, shown) && !same(history.put(*put).value, self.value))
    }

    /// Rivals of higher priority with another value.
    fn better_rivals(&self, shown: PutId) -> impl Iterator<Item = PutId> {
        let history = &self.past.history;
        self.known.iter().copied().filter(move |rival| {
            self.priority(*rival) > self.priority(shown)
                && history.are_rivals(shown, *rival)
                && !same(history.put(*rival).value, self.value)
        })
    }

    fn priority(&self, put: PutId) -> u32 {
        self.past.history.write_of(put).write.priority
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::story::Story;
    use crate::{Measures, measure};

    fn of(story: &mut Story, shown: i64) -> Measures {
        story.rests();
        for device in 0..story.plan.devices.len() {
            story.rest(u16::try_from(device).unwrap(), |_, _, registers, _| {
                registers.insert("r".to_owned(), json!(shown));
            });
        }
        measure(&story.plan, &story.trace)
    }

    fn inversions(story: &Story, shown: i64) -> (u64, u64, u64) {
        let measures = of(&mut story.clone(), shown);
        (
            measures.priority_inversions,
            measures.outranked,
            measures.causal_inversions,
        )
    }

    #[test]
    fn a_lower_priority_over_a_higher_one_is_an_inversion() {
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .wrote(1, "b", 2)
            .learnt(0, &["b"])
            .learnt(1, &["a"]);
        assert_eq!(inversions(&story, 1), (0, 0, 0));
        assert_eq!(inversions(&story, 2), (1, 1, 0));
    }

    #[test]
    fn a_correction_stands_on_what_it_corrects() {
        let mut story = Story::of(&[("High", 30), ("Mid", 20), ("Low", 10)]);
        story
            .wrote(0, "a", 180)
            .learnt(2, &["a"])
            .wrote(1, "b", 177)
            .wrote(2, "c", 182);
        story
            .learnt(0, &["b", "c"])
            .learnt(1, &["a", "c"])
            .learnt(2, &["b"]);
        assert_eq!(inversions(&story, 182), (0, 1, 0));
        assert_eq!(inversions(&story, 177), (1, 0, 0));
        assert_eq!(inversions(&story, 180), (0, 0, 1));
    }

    #[test]
    fn people_meet_if_they_write_different_values_unseen() {
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .wrote(1, "b", 1)
            .wrote(1, "c", 2)
            .learnt(0, &["b", "c"])
            .learnt(1, &["a"]);
        story.wrote(0, "d", 3).learnt(1, &["d"]);
        let measures = of(&mut story, 3);
        assert_eq!(
            (measures.conflicts, measures.conflicts_per_1k_edits),
            (1, 250.0)
        );
        assert_eq!(measures.conflicts_left, 0);
    }

    #[test]
    fn nobody_meets_what_was_refused_or_is_held_by_nobody() {
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .wrote(1, "b", 2)
            .refused(1, "b")
            .forgot(1, &["b"], "refused")
            .learnt(1, &["a"]);
        story.wrote(0, "c", 3).learnt(1, &["c"]);
        // Nobody was told that it is saved, and it is gone.
        story.typed(1, "d", |_| ()).forgot(1, &["d"], "crash");
        story.wrote(0, "e", 4).learnt(1, &["e"]);
        story.wrote(1, "f", 5).learnt(0, &["f"]);
        assert_eq!(of(&mut story, 5).conflicts, 1, "b met a, and nothing else");
    }
}
