//! `typed`: what is written is what people typed.
//!
//! - An edit is made on the device of the plan. Its write gives registers the values of the plan's edit, or its writes do, if one
//!   act takes two. What they leave out was shown there already when the edit was made, and so was all of an edit that says nothing
//!   new. Excused are a device that dies within that millisecond, and an edit of an entry of which the device knows several.
//! - Nothing else is written but the other fields of an entry that is added by it.
//! - An edit that is made again says what one of its writes said.
//! - What is written without an edit is the beginning of the meet, and says what the plan's start says, or makes a write again
//!   and says the same.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Event, Happened, Write};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, entry_of};
use crate::value::{same, say_the_same};

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Typed<'a> {
    /// The edits of the plan; none before the first is looked up.
    edits: FxHashMap<EditNumber, Edit<'a>>,
    /// The writes of each edit so far.
    written: FxHashMap<EditNumber, Vec<Made<'a>>>,
    /// The edits that are made in this instant.
    making: Vec<Making<'a>>,
    /// When each device last began a meet.
    begun: FxHashMap<DeviceNumber, u64>,
}

/// An edit as the plan has it.
#[derive(Clone, Copy, Debug)]
struct Edit<'a> {
    device: DeviceNumber,
    puts: &'a BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug)]
struct Made<'a> {
    device: DeviceNumber,
    at: u64,
    event: usize,
    write: &'a Write,
}

/// An edit of which something was written, and what must be written yet.
#[derive(Debug)]
struct Making<'a> {
    device: DeviceNumber,
    edit: EditNumber,
    event: usize,
    left: Vec<&'a str>,
}

impl<'a> Invariant<'a> for Typed<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let mut wrong = |words: String| report.add("typed", event.at, &[number], || words);
        if let Happened::Wrote { device, write } = &event.what {
            let made = Made {
                device: *device,
                at: event.at,
                event: number,
                write,
            };
            match write.edit {
                Some(edit) => self.made(past, edit, made, &mut wrong),
                None => self.unasked(past, made, &mut wrong),
            }
        }
        if let Happened::NotWritten {
            device,
            edit,
            nothing_new: true,
            ..
        } = &event.what
            && let Some(typed) = self.edit(past, *edit)
        {
            let (called, edit) = (past.called(*device), edit.0);
            for register in unshown(past, *device, typed.puts) {
                wrong(format!(
                    "{called} says that edit {edit} is nothing new, and did not show what it says for {register}"
                ));
            }
        }
    }

    fn instant_over(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for making in self.making.drain(..) {
            let state = past.device(making.device);
            // Whoever dies between the two writes of an act has made half of it.
            if state.is_none_or(|state| state.is_down || state.opened_at == now) {
                continue;
            }
            for register in making.left {
                report.add("typed", now, &[making.event], || {
                    let called = past.called(making.device);
                    format!(
                        "{called} did not write what edit {} says for {register}, and did not show it",
                        making.edit.0
                    )
                });
            }
        }
    }
}

impl<'a> Typed<'a> {
    /// An edit of the plan, if there is one of that number.
    fn edit(&mut self, past: &Past<'a>, edit: EditNumber) -> Option<Edit<'a>> {
        if self.edits.is_empty() {
            let edits = past.plan.steps.iter().filter_map(|step| {
                let Doing::Edit { device, edit, puts } = &step.doing else {
                    return None;
                };
                let device = *device;
                Some((*edit, Edit { device, puts }))
            });
            self.edits = edits.collect();
        }
        self.edits.get(&edit).copied()
    }

    fn made(
        &mut self,
        past: &Past<'a>,
        edit: EditNumber,
        made: Made<'a>,
        wrong: &mut impl FnMut(String),
    ) {
        let Some(typed) = self.edit(past, edit) else {
            return;
        };
        let before = self.written.entry(edit).or_default();
        let first = before.first().copied();
        let said_before = before.iter().any(|one| say_the_same(one.write, made.write));
        before.push(made);
        if said_before {
            return;
        }
        match first {
            None => self.begins(past, edit, typed, made, wrong),
            Some(first) if (first.device, first.at) == (made.device, made.at) => {}
            Some(first) => {
                let (name, before) = (&made.write.name, &first.write.name);
                return wrong(format!(
                    "{name} makes edit {} again, and does not say what {before} said",
                    edit.0
                ));
            }
        }
        self.compare(past, edit, typed, made, wrong);
    }

    /// The first write of an edit: what is shown there now need not be written.
    fn begins(
        &mut self,
        past: &Past<'a>,
        edit: EditNumber,
        typed: Edit<'a>,
        made: Made<'a>,
        wrong: &mut impl FnMut(String),
    ) {
        if made.device != typed.device {
            let called = past.called(made.device);
            wrong(format!(
                "{called} made edit {}, which was to be made elsewhere",
                edit.0
            ));
        }
        let is_ambiguous = past.is_ambiguous(made.device, typed.puts);
        let left = unshown(past, made.device, typed.puts).filter(|_| !is_ambiguous);
        self.making.push(Making {
            device: made.device,
            edit,
            event: made.event,
            left: left.collect(),
        });
    }

    /// Compares what is written of an edit with what was typed.
    fn compare(
        &mut self,
        past: &Past<'a>,
        edit: EditNumber,
        typed: Edit<'a>,
        made: Made<'a>,
        wrong: &mut impl FnMut(String),
    ) {
        let mut making = self.making.iter_mut();
        let Some(making) = making.find(|making| making.edit == edit) else {
            return;
        };
        let (called, edit) = (past.called(made.device), edit.0);
        for (register, value) in &made.write.puts {
            making.left.retain(|left| left != register);
            let adds = || adds(past, made.device, register, typed.puts);
            match typed.puts.get_key_value(register) {
                Some((_, due)) if same(due, value) => {}
                // An entry comes with what every new one has, and the next write may say what was typed.
                Some((register, _)) if adds() => making.left.push(register),
                None if adds() => {}
                Some((_, due)) => wrong(format!(
                    "{called} wrote {value} for {register}, and edit {edit} says {due}"
                )),
                None => wrong(format!(
                    "{called} wrote {value} for {register}, of which edit {edit} says nothing"
                )),
            }
        }
    }

    /// A write that no edit of the plan asks for.
    fn unasked(&mut self, past: &Past<'a>, made: Made<'a>, wrong: &mut impl FnMut(String)) {
        let Made {
            device, at, write, ..
        } = made;
        if past
            .holding(device)
            .is_some_and(|held| held.writes().is_empty())
        {
            self.begun.insert(device, at);
        }
        let again = past.makes_again(device, at, write);
        let again = again.map(|before| past.history.write(before).write);
        if write.puts.is_empty() || again.is_some_and(|before| say_the_same(before, write)) {
            return;
        }
        let called = past.called(device);
        if self.begun.get(&device) != Some(&at) {
            return wrong(format!("{called} wrote {}, which nobody typed", write.name));
        }
        for (register, value) in &write.puts {
            let due = past.plan.start.get(register);
            if let Some(due) = due.filter(|due| !same(due, value)) {
                wrong(format!(
                    "{called} began with {value} for {register}, and the plan with {due}"
                ));
            }
        }
    }
}

/// The registers that a device does not show as they are to be.
fn unshown<'a>(
    past: &Past<'a>,
    device: DeviceNumber,
    puts: &'a BTreeMap<String, Value>,
) -> impl Iterator<Item = &'a str> {
    let shown = move |register: &str| past.due(past.holding(device)?, register);
    let is_shown = move |register: &str, value| shown(register).is_some_and(|it| same(it, value));
    let unshown = puts
        .iter()
        .filter(move |(register, value)| !is_shown(register, value));
    unshown.map(|(register, _)| register.as_str())
}

/// Whether a register lies in an entry that an edit adds on a device.
fn adds(
    past: &Past<'_>,
    device: DeviceNumber,
    register: &str,
    puts: &BTreeMap<String, Value>,
) -> bool {
    let (Some(entry), Some(holding)) = (entry_of(register), past.holding(device)) else {
        return false;
    };
    let mut entries = puts.keys().filter_map(|typed| entry_of(typed));
    entries.any(|typed| typed == entry) && !past.history.knows(entry, holding)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Happened, Step};

    use crate::story::Story;

    /// An edit that device 1 does not write, though it can.
    fn says_nothing_new(story: &mut Story, says: &[(&str, Value)]) {
        let (device, edit) = (DeviceNumber(1), EditNumber(70));
        let puts = says.iter().cloned();
        let puts = puts.map(|(register, value)| (register.to_owned(), value));
        let doing = Doing::Edit {
            device,
            edit,
            puts: puts.collect(),
        };
        story.tell(Happened::NotWritten {
            device,
            edit,
            nothing_new: true,
            why: "it says nothing new".to_owned(),
        });
        let at = story.trace.last().unwrap().at;
        story.plan.steps.push(Step { at, doing });
    }

    #[test]
    fn a_write_says_what_was_typed() {
        let typed = |says: &[(&str, Value)]| {
            let mut story = Story::of_two();
            story.plan.start.insert("s".to_owned(), json!(5));
            story.wrote(1, "a", 1).learnt(0, &["a"]);
            story.was_to_say("a", says).wait(1).rests().broken()
        };
        assert_eq!(typed(&[("r", json!(1))]), [""; 0]);
        assert_eq!(typed(&[("r", json!(1.0))]), [""; 0]);
        assert_eq!(typed(&[("r", json!(2))]), ["typed"]);
        assert_eq!(typed(&[("r", json!("1"))]), ["typed"]);
        assert_eq!(typed(&[("r", json!(1)), ("s", json!(5))]), [""; 0]);
        assert_eq!(typed(&[("r", json!(1)), ("s", json!(6))]), ["typed"]);
        assert_eq!(typed(&[("r", json!(1)), ("t", json!(5))]), ["typed"]);
        assert_eq!(typed(&[("s", json!(6))]), ["typed"]);
        assert_eq!(typed(&[]), ["typed"]);
    }

    #[test]
    fn an_edit_is_made_where_it_was_typed() {
        let mut story = Story::of_two();
        story.wrote(1, "a", 1).learnt(0, &["a"]).rests();
        if let Some(Doing::Edit { device, .. }) =
            story.plan.steps.last_mut().map(|step| &mut step.doing)
        {
            *device = DeviceNumber(0);
        }
        assert_eq!(story.broken(), ["typed"]);
    }

    #[test]
    fn nothing_new_is_what_is_shown_there_and_then() {
        let swallowed = |knows: bool, value: i64| {
            let mut story = Story::of_two();
            story.plan.start.insert("r".to_owned(), json!(0));
            story.wrote(0, "a", 1);
            if knows {
                story.learnt(1, &["a"]);
            }
            says_nothing_new(&mut story, &[("r", json!(value))]);
            if !knows {
                story.learnt(1, &["a"]);
            }
            story.wait(1).rests().broken()
        };
        assert_eq!(swallowed(true, 1), [""; 0]);
        assert_eq!(swallowed(true, 0), ["typed"]);
        assert_eq!(swallowed(false, 0), [""; 0]);
        assert_eq!(swallowed(false, 1), ["typed"]);

        let mut story = Story::of_two();
        says_nothing_new(&mut story, &[("never", json!(null))]);
        assert_eq!(story.wait(1).rests().broken(), ["typed"]);
    }

    #[test]
    fn what_one_of_several_registers_shows_does_not_stand_for_the_others() {
        let mut story = Story::of_two();
        story.plan.start = [("r".to_owned(), json!(0)), ("s".to_owned(), json!(0))].into();
        let mut other = story.clone();
        says_nothing_new(&mut story, &[("r", json!(0)), ("s", json!(0))]);
        assert_eq!(story.wait(1).rests().broken(), [""; 0]);
        says_nothing_new(&mut other, &[("r", json!(0)), ("s", json!(1))]);
        assert_eq!(other.wait(1).rests().broken(), ["typed"]);
    }

    #[test]
    fn an_edit_that_is_made_again_says_what_it_said() {
        let made_again = |value: i64, has_edit: bool| {
            let mut story = Story::of_two();
            story.wrote(1, "a", 1).wait(1).refused(1, "a");
            let edit = story.edit_of("a");
            story.forgot(1, &["a"], "refused").write(1, "b", |write| {
                write.actor = "another".to_owned();
                write.edit = edit.filter(|_| has_edit);
                write.puts = [("r".to_owned(), json!(value))].into();
            });
            story.learnt(0, &["b"]).wait(1).rests().broken()
        };
        assert_eq!(made_again(1, true), [""; 0]);
        assert_eq!(made_again(2, true), ["I3", "typed"]);
        assert!(!made_again(1, false).contains(&"typed".to_owned()));
        assert!(made_again(2, false).contains(&"typed".to_owned()));
    }

    #[test]
    fn an_entry_that_is_added_brings_its_other_fields() {
        let (name, lot) = ("entries.7.name", "entries.7.lot");
        let wrote = |story: &mut Story, device: u16, write: &str, registers: &[&str]| {
            story.write(device, write, |write| {
                let registers = registers.iter();
                write.puts = registers
                    .map(|one| ((*one).to_owned(), json!("Ada")))
                    .collect();
            });
            story.was_to_say(write, &[(name, json!("Ada"))]);
        };
        let mut story = Story::of_two();
        wrote(&mut story, 0, "a", &[name, lot]);
        assert_eq!(story.learnt(1, &["a"]).wait(1).rests().broken(), [""; 0]);

        let mut story = Story::of_two();
        wrote(&mut story, 0, "a", &[name, "entries.8.lot"]);
        assert_eq!(story.learnt(1, &["a"]).wait(1).rests().broken(), ["typed"]);

        let mut story = Story::of_two();
        wrote(&mut story, 0, "a", &[name]);
        story.learnt(1, &["a"]);
        wrote(&mut story, 1, "b", &[name, lot]);
        assert_eq!(story.learnt(0, &["b"]).wait(1).rests().broken(), ["typed"]);
    }

    #[test]
    fn what_was_typed_of_a_new_entry_may_come_with_the_next_write() {
        let (name, opener) = ("entries.7.name", "entries.7.bench.1");
        let added = |opens_with: Option<i64>, dies: bool| {
            let mut story = Story::of_two();
            story.typed(1, "a", |write| {
                write.puts = [
                    (name.to_owned(), json!("Ada")),
                    (opener.to_owned(), json!(0)),
                ]
                .into();
            });
            let edit = story.edit_of("a");
            if let Some(kg) = opens_with {
                story.typed(1, "b", |write| {
                    write.edit = edit;
                    write.puts = [(opener.to_owned(), json!(kg))].into();
                });
            }
            story.was_to_say("a", &[(name, json!("Ada")), (opener, json!(80))]);
            if dies {
                story.trouble(1, "crash");
            }
            let broken = story.wait(1).rests().broken();
            broken.contains(&"typed".to_owned())
        };
        assert!(!added(Some(80), false));
        assert!(added(Some(81), false));
        assert!(added(None, false));
        assert!(!added(None, true));
    }

    #[test]
    fn an_act_may_take_two_writes_and_whoever_dies_between_them_made_one() {
        let acted = |writes_both: bool, dies: bool| {
            let mut story = Story::of_two();
            story.typed(1, "a", |write| {
                write.puts = [("r".to_owned(), json!(1))].into()
            });
            let edit = story.edit_of("a");
            if writes_both {
                story.typed(1, "b", |write| {
                    write.edit = edit;
                    write.puts = [("s".to_owned(), json!(2))].into();
                });
            }
            story.was_to_say("a", &[("r", json!(1)), ("s", json!(2))]);
            if dies {
                story.trouble(1, "crash").wait(1);
                story.forgot(1, &["a"], "crash").rests();
            } else {
                let writes = if writes_both { &["a", "b"][..] } else { &["a"] };
                story.saved(1, "a").learnt(0, writes).wait(1).rests();
            }
            story.broken()
        };
        assert!(!acted(true, false).contains(&"typed".to_owned()));
        assert_eq!(acted(false, false), ["typed"]);
        assert_eq!(acted(false, true), [""; 0]);
    }

    #[test]
    fn what_nobody_typed_is_not_written() {
        let mut story = Story::of_two();
        story.write(1, "a", |write| write.edit = None);
        assert_eq!(story.learnt(0, &["a"]).wait(1).rests().broken(), ["typed"]);
    }

    #[test]
    fn a_meet_begins_as_the_plan_says() {
        let began_with = |value: i64| {
            let mut story = Story::without_meet(&[("Jury", 30)]);
            story.plan.start.insert("r".to_owned(), json!(0));
            story.joined(0, 0);
            for (name, register) in [("root", "q"), ("genesis", "r")] {
                story.write(0, name, |write| {
                    write.edit = None;
                    write.puts = [(register.to_owned(), json!(value))].into();
                });
            }
            story.wait(1).rests().broken()
        };
        assert_eq!(began_with(0), [""; 0]);
        assert_eq!(began_with(1), ["typed"]);
    }
}
