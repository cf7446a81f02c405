//! `I4`, the replay order decides what is shown, everywhere and at any time.
//!
//! - Whatever a device shows is the value of the last write in the replay order of those it holds at that moment; where it
//!   holds none, the value with which the plan starts. An entry that was added twice is two, and shows nothing under its id
//!   where both are known. If it names the write, it is that one, or one with the same value.
//! - If screens are watched (`Watch::Screens`), the opposite too: when a device that runs comes to hold writes that change a
//!   value it has shown, it shows the new one in the same millisecond.
//! - At rest each register shows that value, and the number of conflicts listed is that of the registers with at least two
//!   writes that nothing held there has replaced and whose values differ. Where there is such a dispute, the value is computed
//!   once more, by the letter of the definition.
//!
//! That a write wins over what its author had seen, whatever the priorities, and that a beaten value never returns, follows.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Event, Happened, Watch};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Holding, Meant, Past, PutId, RegisterId, Rest, replay};
use crate::value::same;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Priority<'a> {
    /// What is on the screens, and the event that brought it there.
    screens: FxHashMap<(DeviceNumber, &'a str), (&'a Value, usize)>,
    /// What may have changed in this instant.
    touched: BTreeSet<(DeviceNumber, RegisterId)>,
    arrived: Vec<(DeviceNumber, &'a [String])>,
}

impl<'a> Invariant<'a> for Priority<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        if let Happened::Shows {
            device,
            register,
            value,
            write,
            ..
        } = &event.what
        {
            let shown = Shown {
                device: *device,
                register,
                value,
                write: write.as_deref(),
            };
            shown.judge(past, number, event.at, report);
            self.screens.insert((*device, register), (value, number));
        }
        if past.plan.watch == Watch::Screens {
            self.arrives(past, event);
        }
    }

    fn instant_over(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for (device, writes) in std::mem::take(&mut self.arrived) {
            let writes = writes.iter().filter_map(|name| past.history.find(name));
            for put in writes.flat_map(|write| past.history.puts(write)) {
                self.touched
                    .insert((device, past.history.put(put).register));
            }
        }
        for (device, register) in std::mem::take(&mut self.touched) {
            self.follows(past, device, register, now, report);
        }
    }

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for rest in &past.rests {
            if let Some(holding) = past.holding(rest.device) {
                rests_rightly(past, rest, holding, now, report);
            }
        }
    }
}

impl<'a> Priority<'a> {
    fn arrives(&mut self, past: &Past<'a>, event: &'a Event) {
        match &event.what {
            Happened::Learnt { device, writes } | Happened::Forgot { device, writes, .. } => {
                self.arrived.push((*device, writes));
            }
            Happened::Wrote { device, write } => {
                self.arrived
                    .push((*device, std::slice::from_ref(&write.name)));
            }
            Happened::Trouble { .. } => {
                // A screen that went dark shows nothing.
                let lit =
                    |device: DeviceNumber| past.device(device).is_some_and(|one| !one.is_down);
                self.screens.retain(|(device, _), _| lit(*device));
            }
            Happened::Began { .. }
            | Happened::NotWritten { .. }
            | Happened::Saved { .. }
            | Happened::Acknowledged { .. }
            | Happened::Refused { .. }
            | Happened::Shows { .. }
            | Happened::Status { .. }
            | Happened::Logged { .. }
            | Happened::Joined { .. }
            | Happened::SessionEnded { .. }
            | Happened::Left { .. }
            | Happened::ClockRead { .. }
            | Happened::Opened { .. }
            | Happened::Holds { .. }
            | Happened::Attacked { .. }
            | Happened::Hashed { .. }
            | Happened::Calm
            | Happened::Traffic { .. }
            | Happened::Disk { .. }
            | Happened::Rests { .. }
            | Happened::Fault { .. }
            | Happened::Ended { .. } => {}
        }
    }

    fn follows(
        &self,
        past: &Past<'a>,
        device: DeviceNumber,
        register: RegisterId,
        now: u64,
        report: &mut Report,
    ) {
        let Some(state) = past.device(device).filter(|device| device.is_usable()) else {
            return;
        };
        let name = past.history.name(register);
        let Some((shown, event)) = self.screens.get(&(device, name)) else {
            return;
        };
        let due = past.due(&state.holding, name);
        if due.is_some_and(|due| !same(due, shown)) {
            report.add("I4", now, &[*event], || {
                let (called, due) = (past.called(device), due.unwrap_or(&Value::Null));
                format!(
                    "{called} still shows {shown} for {name}, and holds a write that makes it {due}"
                )
            });
        }
    }
}

struct Shown<'a> {
    device: DeviceNumber,
    register: &'a str,
    value: &'a Value,
    write: Option<&'a str>,
}

impl Shown<'_> {
    fn judge(&self, past: &Past<'_>, number: usize, at: u64, report: &mut Report) {
        let Some(holding) = past.holding(self.device) else {
            return;
        };
        let due = past.due(holding, self.register);
        let named = self.write.and_then(|name| past.history.find(name));
        let unheld = named.is_some_and(|write| !holding.has(write));
        if !unheld && due.is_some_and(|due| same(due, self.value)) {
            return;
        }
        let stands = stands(past, holding, self.register);
        let because = stands.map(|put| past.history.write_of(put).event);
        let events: Vec<usize> = because.into_iter().chain([number]).collect();
        report.add("I4", at, &events, || {
            let (called, register, value) = (past.called(self.device), self.register, self.value);
            match due {
                _ if unheld => format!(
                    "{called} shows {value} for {register}, of a write that it does not hold"
                ),
                Some(due) => format!(
                    "{called} shows {value} for {register}, and by the replay order it is {due}"
                ),
                None => format!("{called} shows {value} for {register}, which nobody wrote"),
            }
        });
    }
}

/// The write that a register must show.
fn stands(past: &Past<'_>, holding: &Holding, register: &str) -> Option<PutId> {
    match past.history.meant(register, holding) {
        Meant::Register(found) => holding.stands(found),
        Meant::Unwritten | Meant::Ambiguous => None,
    }
}

fn rests_rightly(
    past: &Past<'_>,
    rest: &Rest<'_>,
    holding: &Holding,
    now: u64,
    report: &mut Report,
) {
    let called = past.called(rest.device);
    for (register, value) in rest.registers {
        let due = past.due(holding, register);
        if !due.is_some_and(|due| same(due, value)) {
            report.add("I4", now, &[rest.event], || {
                let due = due.map_or_else(|| "nothing".to_owned(), Value::to_string);
                format!("{called} rests with {value} for {register}, and by the replay order it is {due}")
            });
        }
    }
    let mut conflicts = 0;
    for register in past.history.registers() {
        let unreplaced = holding.unreplaced(register);
        if unreplaced.len() < 2 {
            continue;
        }
        conflicts += u64::from(differ(past, unreplaced));
        if by_definition(past, holding, register) != holding.stands(register) {
            let name = past.history.name(register);
            let words = || format!("the judge disagrees with itself about {name} on {called}");
            report.add("I4", now, &[rest.event], words);
        }
    }
    // What attackers write who are members is not told, and they may be in conflict with each other.
    let others = past.has_attacking_members() && rest.conflicts > conflicts;
    if conflicts != rest.conflicts && !others {
        report.add("I4", now, &[rest.event], || {
            format!(
                "{called} lists {} conflicts at rest, and there are {conflicts}",
                rest.conflicts
            )
        });
    }
}

fn differ(past: &Past<'_>, puts: &[PutId]) -> bool {
    let mut values = puts.iter().map(|put| past.history.put(*put).value);
    let first = values.next();
    first.is_some_and(|first| values.any(|value| !same(first, value)))
}

fn by_definition(past: &Past<'_>, holding: &Holding, register: RegisterId) -> Option<PutId> {
    let held = |put: &PutId| holding.has(past.history.put(*put).write);
    let mut writes: Vec<PutId> = past
        .history
        .order(register)
        .iter()
        .copied()
        .filter(held)
        .collect();
    writes.sort_unstable();
    replay(&past.history, &writes).last().copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spotter_sim_plan::{Doing, RelayNumber, Step, Watch};

    use crate::story::Story;

    /// High writes, Mid writes without having seen it, Low corrects High: the example of the page on resolution.
    fn corrected() -> Story {
        let mut story = Story::of(&[("High", 30), ("Mid", 20), ("Low", 10)]);
        story.wrote(0, "a", 180).learnt(2, &["a"]);
        story.wrote(1, "b", 177).wrote(2, "c", 182);
        story
    }

    #[test]
    fn what_is_shown_is_the_last_of_the_replay() {
        let mut story = corrected();
        story.learnt(2, &["b"]).shows(2, json!(182), "c");
        story.learnt(0, &["b", "c"]).learnt(1, &["a", "c"]);
        assert_eq!(story.clone().rests().broken(), [""; 0]);

        // The highest priority among those that nobody replaced would be this one.
        story.shows(2, json!(177), "b");
        assert_eq!(story.rests().broken(), ["I4"]);
    }

    #[test]
    fn a_write_shows_on_no_device_that_does_not_hold_it() {
        let mut story = corrected();
        story.shows(1, json!(177), "b");
        assert_eq!(
            story
                .clone()
                .learnt(0, &["b", "c"])
                .learnt(1, &["a", "c"])
                .learnt(2, &["b"])
                .rests()
                .broken(),
            [""; 0]
        );
        story.shows(1, json!(177), "c");
        story
            .learnt(0, &["b", "c"])
            .learnt(1, &["a", "c"])
            .learnt(2, &["b"])
            .rests();
        assert_eq!(story.broken(), ["I4"]);
    }

    #[test]
    fn a_watched_screen_follows_at_once() {
        let late = |ms| {
            let mut story = Story::of_two();
            story.plan.watch = Watch::Screens;
            story
                .wrote(0, "a", 1)
                .learnt(1, &["a"])
                .shows(1, json!(1), "a");
            story.wrote(0, "b", 2).learnt(1, &["b"]);
            story.wait(ms).shows(1, json!(2), "b").rests();
            story.broken()
        };
        assert_eq!(late(0), [""; 0]);
        assert_eq!(late(1), ["I4"]);
    }

    #[test]
    fn at_rest_everyone_shows_it() {
        let wrong = |value: i64| {
            let mut story = corrected();
            story
                .learnt(2, &["b"])
                .learnt(0, &["b", "c"])
                .learnt(1, &["a", "c"])
                .rests();
            for device in 0..3 {
                story.rest(device, |_, _, registers, _| {
                    registers.insert("r".to_owned(), json!(value));
                });
            }
            story.broken()
        };
        assert_eq!(wrong(182), [""; 0]);
        assert_eq!(wrong(180), ["I4"]);
        assert_eq!(wrong(177), ["I4"]);
    }

    #[test]
    fn the_conflicts_listed_are_those_there_are() {
        let listed = |count, attacked: bool| {
            let mut story = corrected();
            if attacked {
                story.plan.steps.push(Step {
                    at: 6_000,
                    doing: Doing::Attack {
                        relay: RelayNumber(0),
                        member: true,
                        with: "forged-author".to_owned(),
                    },
                });
            }
            story
                .learnt(2, &["b"])
                .learnt(0, &["b", "c"])
                .learnt(1, &["a", "c"])
                .rests();
            for device in 0..3 {
                story.rest(device, |_, _, _, conflicts| *conflicts = count);
            }
            story.broken()
        };
        assert_eq!(listed(1, false), [""; 0]);
        assert_eq!(listed(0, false), ["I4"]);
        assert_eq!(listed(2, false), ["I4"]);
        assert_eq!(listed(2, true), [""; 0]);
        assert_eq!(listed(0, true), ["I4"]);
    }

    #[test]
    fn equal_priorities_go_by_the_counter_of_the_register() {
        let shown = |value: i64| {
            let mut story = Story::of(&[("East", 10), ("West", 10)]);
            // East's edit writes three registers; the last of them counts higher than West's single one.
            story.write(0, "a", |write| {
                write.puts = [("p", 1), ("q", 1), ("r", 1)]
                    .map(|(name, value)| (name.to_owned(), json!(value)))
                    .into();
                write.counters = [("q", 3), ("r", 4)]
                    .map(|(name, counter)| (name.to_owned(), counter))
                    .into();
            });
            story.write(1, "b", |write| {
                write.counter = 3;
                write.puts = [("r".to_owned(), json!(2))].into();
            });
            story.learnt(0, &["b"]).learnt(1, &["a"]).rests();
            for device in 0..2 {
                story.rest(device, |_, _, registers, _| {
                    registers.insert("r".to_owned(), json!(value));
                });
            }
            story.broken()
        };
        assert_eq!(shown(1), [""; 0]);
        assert_eq!(shown(2), ["I4"]);
    }

    #[test]
    fn an_entry_added_twice_is_two_and_shows_nothing_under_its_id() {
        let added_by_both = |listed: u64, shows: bool| {
            let mut story = Story::of_two();
            for (device, name) in [(0, "a"), (1, "b")] {
                story.write(device, name, |write| {
                    write.puts = [("entries.7.name".to_owned(), json!(name))].into();
                });
            }
            // Corrects the one that is known here.
            story.write(1, "c", |write| {
                write.puts = [("entries.7.name".to_owned(), json!("c"))].into()
            });
            story.learnt(0, &["b", "c"]).learnt(1, &["a"]).rests();
            for device in 0..2 {
                story.rest(device, |_, _, registers, conflicts| {
                    assert!(registers.is_empty());
                    *conflicts = listed;
                    if shows {
                        registers.insert("entries.7.name".to_owned(), json!("a"));
                    }
                });
            }
            story.broken()
        };
        assert_eq!(added_by_both(0, false), [""; 0]);
        assert_eq!(added_by_both(1, false), ["I4"]);
        assert_eq!(added_by_both(0, true), ["I4"]);
    }
}
