//! `I6`, local availability: a person can always edit, and it does not take longer without a network.
//!
//! - An edit of the plan on a device that runs and has a meet is written at its very millisecond, or says nothing new.
//!   Excused is a device that dies, starts, stops or resumes within that millisecond, whose journal was found damaged, or
//!   that had no meet before that millisecond, or whose disk failed to sync until something is called saved again, or is full, or
//!   was until ten seconds ago: there people are told that nothing can be edited, for nothing could be kept, and only trying
//!   shows that there is room again. Excused is also an edit of an entry of which the device knows several with that id,
//!   added where nobody knew of the others: the person must say which.
//! - The person is told that it is saved within a second, unless the process or its disk is or gets in trouble, or the
//!   program makes the edit again because its write was refused; what happens to lines, relays and other devices is no excuse. (That it is saved in the end is judged by I3.)

use rustc_hash::FxHashMap;
use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Event, Happened, Whose};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, WriteId};

/// How long saving may take, in milliseconds: many times what disks take.
const SAVED_WITHIN: u64 = 1_000;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Available<'a> {
    /// The next step of the plan that nobody has looked at.
    next: usize,
    /// How edits were answered: the event, its time, and why it was not written.
    answers: FxHashMap<EditNumber, (usize, u64, Option<&'a str>)>,
    /// When something last happened to each device's process, or it got a meet.
    disturbed: FxHashMap<DeviceNumber, u64>,
    /// What was written and is not saved.
    unsaved: Vec<Unsaved>,
}

#[derive(Debug)]
struct Unsaved {
    device: DeviceNumber,
    write: WriteId,
    at: u64,
    event: usize,
}

impl<'a> Invariant<'a> for Available<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        self.answered(past, event.at, report);
        self.late(past, event.at, report);
        match &event.what {
            Happened::Wrote { write, .. } => {
                if let Some(edit) = write.edit {
                    self.answers.entry(edit).or_insert((number, event.at, None));
                }
            }
            Happened::NotWritten {
                edit,
                nothing_new,
                why,
                ..
            } => {
                let why = (!nothing_new).then_some(why.as_str());
                self.answers.entry(*edit).or_insert((number, event.at, why));
            }
            Happened::Saved { device, write } => {
                let write = past.history.find(write);
                let is_it = |one: &Unsaved| one.device == *device && Some(one.write) == write;
                self.unsaved.retain(|one| !is_it(one));
            }
            Happened::Forgot { device, .. } => self.unsaved.retain(|one| one.device != *device),
            Happened::Trouble {
                whose: Whose::Device(device),
                what,
            } if is_of_the_process(what) => {
                self.unsaved.retain(|one| one.device != *device);
                self.disturbed.insert(*device, event.at);
            }
            Happened::Opened {
                whose: Whose::Device(device),
                ..
            } => {
                self.disturbed.insert(*device, event.at);
            }
            // The meet comes, and the edit may have been a moment too early.
            Happened::Learnt { device, .. } => {
                if past.device(*device).is_some_and(|one| !one.began) {
                    self.disturbed.insert(*device, event.at);
                }
            }
            Happened::Began { .. }
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
            | Happened::Trouble { .. }
            | Happened::Calm
            | Happened::Traffic { .. }
            | Happened::Disk { .. }
            | Happened::Rests { .. }
            | Happened::Fault { .. }
            | Happened::Ended { .. } => {}
        }
    }

    fn instant_over(&mut self, past: &Past<'a>, now: u64, _: &mut Report) {
        // Writes of this instant are known only now.
        for (write, written) in past.history.written_at(now) {
            let waits = self.unsaved.iter().any(|one| one.write == write);
            let device = past.device(written.by);
            let saved =
                device.is_none_or(|device| device.has_on_disk(write, now) || device.is_down);
            if !waits && !saved && written.write.edit.is_some() {
                self.unsaved.push(Unsaved {
                    device: written.by,
                    write,
                    at: now,
                    event: written.event,
                });
            }
        }
    }
}

impl<'a> Available<'a> {
    /// Looks at the steps whose time is over.
    fn answered(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        let steps = &past.plan.steps;
        while let Some(step) = steps.get(self.next).filter(|step| step.at < now) {
            self.next += 1;
            let Doing::Edit { device, edit, puts } = &step.doing else {
                continue;
            };
            let answer = self.answers.get(edit).copied();
            let wrong = match answer {
                Some((_, at, None)) if at == step.at => continue,
                Some((_, at, None)) => format!("was made only at {at}"),
                Some((_, _, Some(why))) => format!("could not be made: {why}"),
                None => "was not answered".to_owned(),
            };
            let disturbed = self.disturbed.get(device) == Some(&step.at);
            let usable = past
                .device(*device)
                .is_some_and(|one| one.is_usable() && !one.may_turn_away(step.at));
            if usable && !disturbed && !past.is_ambiguous(*device, puts) {
                let events: Vec<usize> = answer.iter().map(|(event, _, _)| *event).collect();
                report.add("I6", step.at, &events, || {
                    format!("edit {} on {} {wrong}", edit.0, past.called(*device))
                });
            }
        }
    }

    fn late(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        self.unsaved.retain(|one| {
            let is_late = now > one.at + SAVED_WITHIN;
            let state = past.device(one.device);
            if is_late && state.is_some_and(|device| device.is_usable()) {
                report.add("I6", one.at, &[one.event], || {
                    let name = &past.history.write(one.write).write.name;
                    format!(
                        "{} did not say within a second that {name} is saved",
                        past.called(one.device)
                    )
                });
            }
            !is_late
        });
    }
}

/// Whether a trouble of a device concerns its process or its disk, and not its line or its clock.
fn is_of_the_process(what: &str) -> bool {
    !matches!(
        what,
        "cut"
            | "heal"
            | "reset"
            | "half-open"
            | "reads-slowly"
            | "let-go"
            | "clock-jumps"
            | "dial"
            | "carry"
            | "move"
            | "set-location"
            | "revoke"
            | "publish"
            | "finish"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Happened, Rot, Step};

    use crate::story::Story;

    fn wanted(story: &mut Story, edit: u32) {
        story.plan.steps.push(Step {
            at: 5_000,
            doing: Doing::Edit {
                device: DeviceNumber(1),
                edit: EditNumber(edit),
                puts: [].into(),
            },
        });
    }

    fn not_written(story: &mut Story, nothing_new: bool) {
        wanted(story, 70);
        story.tell(Happened::NotWritten {
            device: DeviceNumber(1),
            edit: EditNumber(70),
            nothing_new,
            why: "offline".to_owned(),
        });
    }

    #[test]
    fn an_edit_is_made_whatever_the_network_does() {
        let mut story = Story::of_two();
        story
            .trouble(1, "cut")
            .wrote(1, "a", 1)
            .learnt(0, &["a"])
            .wait(1)
            .rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.trouble(1, "cut");
        not_written(&mut story, true);
        story.wait(1).rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.trouble(1, "cut");
        not_written(&mut story, false);
        story.wait(1).rests();
        assert_eq!(story.broken(), ["I6"]);

        let mut story = Story::of_two();
        wanted(&mut story, 70);
        story.wait(1).rests();
        assert_eq!(story.broken(), ["I6"]);
    }

    #[test]
    fn nobody_edits_on_a_device_that_is_down() {
        let mut story = Story::of_two();
        story.trouble(1, "crash").wait(10);
        story.plan.steps.push(Step {
            at: 5_005,
            doing: Doing::Edit {
                device: DeviceNumber(1),
                edit: EditNumber(70),
                puts: [].into(),
            },
        });
        story.rests();
        assert_eq!(story.broken(), [""; 0]);
    }

    #[test]
    fn an_edit_may_be_a_moment_too_early_for_the_meet() {
        let edited = |ms: u64| {
            let mut story = Story::of_two();
            story.forgot(1, &["genesis"], "lost").wait(10);
            story.learnt(1, &["genesis"]).wait(ms);
            not_written(&mut story, false);
            story.plan.steps.last_mut().unwrap().at = 5_010 + ms;
            story.wait(1).rests().broken()
        };
        assert_eq!(edited(0), [""; 0]);
        assert_eq!(edited(1), ["I6"]);
    }

    #[test]
    fn saving_takes_a_second_at_most() {
        let saved_after = |ms: u64, trouble: &str| {
            let mut story = Story::of_two();
            story
                .typed(1, "a", |_| ())
                .learnt(0, &["a"])
                .wait(1)
                .trouble(1, trouble);
            story.wait(ms).saved(1, "a").wait(1).rests();
            story.broken()
        };
        assert_eq!(saved_after(900, "cut"), [""; 0]);
        assert_eq!(saved_after(1_100, "cut"), ["I6"]);
        assert_eq!(saved_after(1_100, "disk-full"), [""; 0]);
    }

    #[test]
    fn which_of_two_entries_is_meant_must_be_said() {
        let edited = |both: bool| {
            let mut story = Story::of_two();
            let named = [("entries.7.name".to_owned(), json!("Ada"))];
            story.write(0, "a", |write| write.puts = named.clone().into());
            if both {
                story.write(1, "b", |write| write.puts = named.clone().into());
            }
            story.learnt(1, &["a"]);
            not_written(&mut story, false);
            if let Some(Doing::Edit { puts, .. }) =
                story.plan.steps.last_mut().map(|step| &mut step.doing)
            {
                *puts = named.into();
            }
            if both {
                story.learnt(0, &["b"]);
            }
            story.wait(1).rests().broken()
        };
        assert_eq!(edited(true), [""; 0]);
        assert_eq!(edited(false), ["I6"]);
    }

    #[test]
    fn on_a_full_disk_people_are_told_that_nothing_is_saved() {
        let refused = |trouble: &[&str], after_ms: u64| {
            let mut story = Story::of_two();
            for what in trouble {
                story.trouble(1, what);
            }
            wanted(&mut story, 70);
            story.plan.steps.last_mut().unwrap().at = 5_000 + after_ms;
            story.wait(after_ms + 100).rests().broken()
        };
        assert_eq!(refused(&["disk-full"], 60_000), [""; 0]);
        assert_eq!(refused(&[], 10), ["I6"]);
        let has_room = ["disk-full", "disk-has-room"];
        assert_eq!(refused(&has_room, 9_000), [""; 0]);
        assert_eq!(refused(&has_room, 11_000), ["I6"]);
        let on_its_way = |waits: u64| {
            let mut story = Story::of_two();
            story.typed(1, "a", |_| ()).learnt(0, &["a"]).wait(waits);
            story.trouble(1, "sync-fails").wait(2_000).rests().broken()
        };
        assert_eq!(on_its_way(2), [""; 0]);
        assert_eq!(on_its_way(1_500), ["I3", "I6"]);
        let stood_still = |before_ms: u64| {
            let mut story = Story::of_two();
            story.typed(1, "a", |_| ()).learnt(0, &["a"]);
            story.wait(before_ms).trouble(1, "pause").wait(1_500);
            story.trouble(1, "sync-fails").trouble(1, "resume");
            story.wait(2_000).rests().broken()
        };
        assert_eq!(stood_still(2), [""; 0]);
        assert_eq!(stood_still(1_500), ["I3", "I6"]);
        let written = |room_first: bool| {
            let mut story = Story::of_two();
            story.trouble(1, "disk-full").wait(10);
            if room_first {
                story.trouble(1, "disk-has-room");
            }
            story
                .typed(1, "a", |_| ())
                .learnt(0, &["a"])
                .wait(2_000)
                .rests()
                .broken()
        };
        assert_eq!(written(false), [""; 0]);
        assert_eq!(written(true), ["I3", "I6"]);
    }

    #[test]
    fn who_may_have_found_that_the_file_changed_turns_edits_down_until_the_next_start() {
        let turned_down = |troubles: &[&str], starts: bool| {
            let mut story = Story::of_two();
            story.wrote(1, "a", 1).learnt(0, &["a"]).wait(10);
            for what in troubles {
                match *what {
                    "bit" => story.rots(1, Rot::Bit),
                    "cut" => story.rots(1, Rot::Cut),
                    what => story.trouble(1, what),
                };
            }
            story.wait(60_000);
            if starts {
                story.trouble(1, "crash").opened(1, "torn", 2, 2);
                story.wait(10);
            }
            not_written(&mut story, false);
            let last = story.plan.steps.last_mut().unwrap();
            last.at = story.trace.last().unwrap().at;
            story.wait(10).rests().broken()
        };
        assert_eq!(turned_down(&["cut"], false), [""; 0]);
        assert_eq!(turned_down(&["cut"], true), ["I6"]);
        assert_eq!(turned_down(&["bit"], false), ["I6"]);
        let room = ["disk-full", "disk-has-room"];
        assert_eq!(turned_down(&room, false), ["I6"]);
        assert_eq!(turned_down(&["bit", room[0], room[1]], false), [""; 0]);
        assert_eq!(turned_down(&["bit", room[0], room[1]], true), ["I6"]);
        assert_eq!(turned_down(&[room[0], "bit", room[1]], false), [""; 0]);
        assert_eq!(turned_down(&[room[0], room[1], "bit"], false), [""; 0]);
    }

    #[test]
    fn nobody_waits_for_what_is_made_again_to_be_called_saved() {
        let made = |again: bool| {
            let mut story = Story::of_two();
            story
                .wrote(0, "a", 1)
                .wait(1)
                .refused(0, "a")
                .forgot(0, &["a"], "refused");
            let edit = story.edit_of("a");
            story.wait(1).typed(0, "b", |write| {
                write.actor = "another".to_owned();
                if again {
                    write.edit = edit;
                    write.puts = [("r".to_owned(), json!(1))].into();
                }
            });
            story.learnt(1, &["b"]).wait(2_000).rests().broken()
        };
        assert_eq!(made(true), [""; 0]);
        assert!(made(false).contains(&"I6".to_owned()));
    }

    #[test]
    fn nobody_edits_where_nothing_is_left_of_the_meet() {
        let wanted_after = |forgets: &[&str]| {
            let mut story = Story::of_two();
            story.wrote(0, "a", 1).wrote(0, "b", 2);
            story.learnt(1, &["a", "b"]).forgot(1, forgets, "crash");
            not_written(&mut story, false);
            story.wait(1).status(1, "joining", false, 0);
            story.learnt(1, forgets).rests().broken()
        };
        let breaks = |forgets: &[&str]| wanted_after(forgets).contains(&"I6".to_owned());
        assert!(!breaks(&["genesis", "a", "b"]));
        assert!(breaks(&["a", "b"]));
    }
}
