//! `trace`: a trace is well-formed, so that the other checks mean something.
//!
//! - Times rise or stay. `Began` is the first event and the only one of its kind, and names this plan; `Ended` is the last and the only one;
//!   `Calm` happens once, at the time of the plan, and so does each device's `Rests`, after it.
//! - Devices and relays are those of the plan, edits too; no edit of the plan is written twice on one device, but where the
//!   first was refused or forgotten, and where one act takes two writes, in one millisecond: an entry is added, and then
//!   written.
//! - A write is named once. Only what was written is saved, learnt, forgotten or shown, only what is held is forgotten,
//!   and what is learnt is held by another device or a log, or was.

use std::collections::{BTreeMap, BTreeSet};

use spotter_sim_plan::{DeviceNumber, EditNumber, Event, Happened, Whose, Write};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Shape<'a> {
    last: u64,
    ended: bool,
    calm: bool,
    rested: BTreeSet<DeviceNumber>,
    edits: Option<BTreeSet<EditNumber>>,
    written: BTreeMap<EditNumber, (DeviceNumber, &'a str)>,
    refused: BTreeSet<&'a str>,
}

impl<'a> Invariant<'a> for Shape<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let at = event.at;
        let mut wrong = |words: String| report.add("trace", at, &[number], || words);
        if at < self.last {
            wrong(format!("time went back from {} to {at}", self.last));
        }
        self.last = at;
        if self.ended {
            wrong("something happened after the end".to_owned());
        }
        if let Happened::Began { plan, .. } = &event.what
            && *plan != past.plan.hash()
        {
            wrong("the trace is of another plan".to_owned());
        }
        let began = matches!(event.what, Happened::Began { .. });
        if began != (number == 0) {
            wrong("the first event, and no other, is that the world began".to_owned());
        }
        self.milestones(past, event, &mut wrong);
        self.people(past, event, &mut wrong);
        self.names(past, event, &mut wrong);
    }

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        if !self.ended {
            report.add("trace", now, &[], || "the world did not end".to_owned());
        }
        if !self.calm && past.plan.calm_at <= past.plan.ends_at {
            report.add("trace", now, &[], || "there was no calm".to_owned());
        }
        for (device, state) in past.devices() {
            if state.began && !self.rested.contains(&device) {
                let words = || format!("{} does not rest at the end", past.called(device));
                report.add("trace", now, &[], words);
            }
        }
    }
}

impl<'a> Shape<'a> {
    fn milestones(&mut self, past: &Past<'a>, event: &'a Event, wrong: &mut impl FnMut(String)) {
        if matches!(event.what, Happened::Calm) {
            if self.calm {
                wrong("there was calm already".to_owned());
            }
            if event.at != past.plan.calm_at {
                wrong(format!("calm came at {}, not as planned", event.at));
            }
            self.calm = true;
        }
        self.ended |= matches!(event.what, Happened::Ended { .. });
        if let Happened::Rests { device, .. } = &event.what
            && !self.rested.insert(*device)
        {
            wrong(format!("{} rests twice", past.called(*device)));
        }
    }

    fn people(&mut self, past: &Past<'a>, event: &'a Event, wrong: &mut impl FnMut(String)) {
        if let Some(device) = device_of(&event.what)
            && past.device(device).is_none()
        {
            wrong(format!("there is no device {}", device.0));
        }
        if let Some(relay) = relay_of(&event.what)
            && relay >= past.plan.relays
        {
            wrong(format!("there is no relay {relay}"));
        }
        if let Some(edit) = edit_of(&event.what) {
            let edits = || past.plan.steps.iter().filter_map(|step| step.doing.edit());
            let edits = self.edits.get_or_insert_with(|| edits().collect());
            if !edits.contains(&edit) {
                wrong(format!("the plan has no edit {}", edit.0));
            }
        }
    }

    fn names(&mut self, past: &Past<'a>, event: &'a Event, wrong: &mut impl FnMut(String)) {
        if let Happened::Wrote { device, write } = &event.what {
            if past.history.find(&write.name).is_some() {
                wrong(format!("{} was written already", write.name));
            }
            for name in &write.unseen {
                if !past.holds(*device, name) {
                    wrong(format!(
                        "{} does not hold {name}, which {} had not seen",
                        past.called(*device),
                        write.name
                    ));
                }
            }
            self.written_twice(past, event.at, *device, write, wrong);
        }
        if let Happened::Refused { write, .. } = &event.what {
            self.refused.insert(write);
        }
        let refuses = matches!(event.what, Happened::Refused { .. });
        for name in names_in(&event.what) {
            let is_stranger = refuses && past.strangers.contains(name.as_str());
            if past.history.find(name).is_none() && !is_stranger {
                wrong(format!("nobody wrote {name}"));
            }
        }
        if let Happened::Forgot { device, writes, .. } = &event.what {
            for name in writes.iter().filter(|name| !past.holds(*device, name)) {
                wrong(format!("{} does not hold {name}", past.called(*device)));
            }
        }
    }

    fn written_twice(
        &mut self,
        past: &Past<'a>,
        at: u64,
        device: DeviceNumber,
        write: &'a Write,
        wrong: &mut impl FnMut(String),
    ) {
        let (Some(edit), name) = (write.edit, write.name.as_str()) else {
            return;
        };
        let before = self.written.insert(edit, (device, name));
        if let Some((_, before)) = before
            && !self.refused.contains(before)
            && past.makes_again(device, at, write).is_none()
            && past.holds(device, before)
            && past
                .history
                .find(before)
                .is_some_and(|one| past.history.write(one).at < at)
        {
            wrong(format!("edit {} was written already, as {before}", edit.0));
        }
    }
}

/// The device that an event names.
fn device_of(what: &Happened) -> Option<DeviceNumber> {
    match what {
        Happened::Wrote { device, .. }
        | Happened::NotWritten { device, .. }
        | Happened::Saved { device, .. }
        | Happened::Acknowledged { device, .. }
        | Happened::Learnt { device, .. }
        | Happened::Forgot { device, .. }
        | Happened::Refused { device, .. }
        | Happened::Shows { device, .. }
        | Happened::Status { device, .. }
        | Happened::Traffic { device, .. }
        | Happened::Rests { device, .. } => Some(*device),
        Happened::Joined { device, .. } => *device,
        Happened::Opened { whose, .. }
        | Happened::Trouble { whose, .. }
        | Happened::Disk { whose, .. }
        | Happened::Fault { whose, .. } => match whose {
            Whose::Device(device) => Some(*device),
            Whose::Relay(_) => None,
        },
        Happened::Began { .. }
        | Happened::Logged { .. }
        | Happened::SessionEnded { .. }
        | Happened::Left { .. }
        | Happened::ClockRead { .. }
        | Happened::Holds { .. }
        | Happened::Attacked { .. }
        | Happened::Hashed { .. }
        | Happened::Calm
        | Happened::Ended { .. } => None,
    }
}

/// The relay that an event names.
fn relay_of(what: &Happened) -> Option<u16> {
    match what {
        Happened::Acknowledged { relay, .. }
        | Happened::Logged { relay, .. }
        | Happened::Joined { relay, .. }
        | Happened::SessionEnded { relay, .. }
        | Happened::Left { relay, .. }
        | Happened::ClockRead { relay, .. }
        | Happened::Holds { relay, .. }
        | Happened::Attacked { relay, .. }
        | Happened::Hashed { relay } => Some(relay.0),
        Happened::Opened { whose, .. }
        | Happened::Trouble { whose, .. }
        | Happened::Disk { whose, .. }
        | Happened::Fault { whose, .. } => match whose {
            Whose::Relay(relay) => Some(relay.0),
            Whose::Device(_) => None,
        },
        Happened::Began { .. }
        | Happened::Wrote { .. }
        | Happened::NotWritten { .. }
        | Happened::Saved { .. }
        | Happened::Learnt { .. }
        | Happened::Forgot { .. }
        | Happened::Refused { .. }
        | Happened::Shows { .. }
        | Happened::Status { .. }
        | Happened::Calm
        | Happened::Traffic { .. }
        | Happened::Rests { .. }
        | Happened::Ended { .. } => None,
    }
}

fn edit_of(what: &Happened) -> Option<EditNumber> {
    if let Happened::NotWritten { edit, .. } = what {
        return Some(*edit);
    }
    if let Happened::Wrote { write, .. } = what {
        return write.edit;
    }
    None
}

/// The writes that an event names and that somebody must have written before.
fn names_in(what: &Happened) -> &[String] {
    match what {
        Happened::Learnt { writes, .. } | Happened::Forgot { writes, .. } => writes,
        Happened::Saved { write, .. }
        | Happened::Acknowledged { write, .. }
        | Happened::Refused { write, .. } => std::slice::from_ref(write),
        Happened::Shows { write, .. } => write.as_slice(),
        Happened::Began { .. }
        | Happened::Wrote { .. }
        | Happened::NotWritten { .. }
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
        | Happened::Trouble { .. }
        | Happened::Calm
        | Happened::Traffic { .. }
        | Happened::Disk { .. }
        | Happened::Rests { .. }
        | Happened::Fault { .. }
        | Happened::Ended { .. } => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spotter_sim_plan::{DeviceNumber, EditNumber, Happened};

    use crate::story::Story;

    #[test]
    fn a_plain_story_is_well_formed() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), [""; 0]);
    }

    #[test]
    fn time_does_not_go_back() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        story.trace.last_mut().unwrap().at -= 1;
        assert_eq!(story.broken(), ["trace"]);
    }

    #[test]
    fn a_trace_names_its_plan() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        let another = story.plan.hash();
        story.plan.seed += 1;
        assert_eq!(story.broken(), [""; 0]);
        if let Happened::Began { plan, .. } = &mut story.trace[0].what {
            *plan = another;
        }
        assert_eq!(story.broken(), ["trace"]);
    }

    #[test]
    fn a_world_begins_and_ends_once() {
        let mut story = Story::of_two();
        story.rests();
        let ended = story.trace.pop().unwrap();
        assert_eq!(story.broken(), ["trace"]);
        story.trace.push(ended.clone());
        assert_eq!(story.broken(), [""; 0]);
        story.trace.push(ended);
        assert_eq!(story.broken(), ["trace"]);
        story.trace.pop();
        story.trace.remove(0);
        assert_eq!(story.broken(), ["trace"]);
    }

    #[test]
    fn only_what_is_held_is_forgotten_and_only_what_was_written_is_learnt() {
        let mut story = Story::of_two();
        story.tell(Happened::Learnt {
            device: DeviceNumber(1),
            writes: vec!["nothing".to_owned()],
        });
        story.rests();
        assert_eq!(story.broken(), ["trace"]);

        let mut story = Story::of_two();
        story.wrote(0, "a", 1).forgot(1, &["a"], "crash");
        story.learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), ["trace"]);
    }

    #[test]
    fn devices_and_edits_are_those_of_the_plan() {
        let mut story = Story::of_two();
        story.tell(Happened::Shows {
            device: DeviceNumber(7),
            register: "r".to_owned(),
            value: json!(1),
            write: None,
            own: false,
        });
        story.rests();
        assert_eq!(story.broken(), ["trace"]);

        let mut story = Story::of_two();
        story.tell(Happened::NotWritten {
            device: DeviceNumber(0),
            edit: EditNumber(99),
            nothing_new: true,
            why: "as shown".to_owned(),
        });
        story.rests();
        assert_eq!(story.broken(), ["trace"]);
    }

    #[test]
    fn an_edit_is_written_in_one_act() {
        let again = |ms| {
            let mut story = Story::of_two();
            story.wrote(0, "a", 1);
            let edit = story.edit_of("a");
            story.wait(ms).write(0, "b", |write| {
                write.edit = edit;
                write.puts = [("r".to_owned(), json!(1))].into();
            });
            story.learnt(1, &["a", "b"]).rests().broken()
        };
        assert_eq!(again(0), [""; 0]);
        assert_eq!(again(1), ["trace"]);
    }

    #[test]
    fn whoever_began_rests_once() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        let at = story.trace.len() - 2;
        let rests = story.trace.remove(at);
        assert!(story.broken().contains(&"trace".to_owned()));
        story.trace.insert(at, rests.clone());
        story.trace.insert(at, rests);
        assert!(story.broken().contains(&"trace".to_owned()));
    }
}
