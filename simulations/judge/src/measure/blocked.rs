//! Edits that were made, that said nothing new, and that people could not make; and for how long people could not edit.

use std::collections::BTreeSet;

use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Event, Happened, Plan, Whose};

use super::{Measures, seconds};
use crate::past::Past;

/// What people at devices could do so far.
#[derive(Debug)]
pub(super) struct Blocked {
    written: BTreeSet<EditNumber>,
    nothing_new: BTreeSet<EditNumber>,
    refused: BTreeSet<EditNumber>,
    /// Edits that were written or not written, whatever the reason.
    answered: BTreeSet<EditNumber>,
    /// Edits of the plan whose time is not over, the next one last.
    to_come: Vec<Planned>,
    people: Vec<Person>,
    ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    at: u64,
    device: DeviceNumber,
    edit: EditNumber,
}

/// Who sits at a device.
#[derive(Clone, Debug, Default)]
struct Person {
    joined: bool,
    /// When the device was last started, resumed, or joined for the first time.
    there_since: u64,
    /// Edits that were made and of which nothing has come yet.
    waiting: BTreeSet<EditNumber>,
    /// Whether the last answer was that an edit cannot be made.
    is_turned_away: bool,
    /// Since when either holds.
    blocked_since: Option<u64>,
}

impl Blocked {
    pub(super) fn new(plan: &Plan) -> Self {
        let planned = plan.steps.iter().filter_map(|step| {
            let Doing::Edit { device, edit, .. } = step.doing else {
                return None;
            };
            Some(Planned {
                at: step.at,
                device,
                edit,
            })
        });
        let mut to_come: Vec<Planned> = planned.collect();
        to_come.sort_by_key(|planned| std::cmp::Reverse(planned.at));
        Self {
            written: BTreeSet::new(),
            nothing_new: BTreeSet::new(),
            refused: BTreeSet::new(),
            answered: BTreeSet::new(),
            to_come,
            people: vec![Person::default(); plan.devices.len()],
            ms: 0,
        }
    }

    pub(super) fn event(&mut self, past: &Past<'_>, event: &Event) {
        self.wait_for_answers(past, event.at);
        let at = event.at;
        match &event.what {
            Happened::Wrote { device, write } => {
                self.written.extend(write.edit);
                self.answered.extend(write.edit);
                self.changes(*device, at, |person| {
                    person.is_turned_away = false;
                    if let Some(edit) = write.edit {
                        person.waiting.remove(&edit);
                    }
                });
            }
            Happened::NotWritten {
                device,
                edit,
                nothing_new,
                ..
            } => {
                self.answered.insert(*edit);
                let is_refused = !nothing_new && self.is_usable(past, *device);
                if *nothing_new {
                    self.nothing_new.insert(*edit);
                } else if is_refused {
                    self.refused.insert(*edit);
                }
                self.changes(*device, at, |person| {
                    person.waiting.remove(edit);
                    person.is_turned_away |= is_refused;
                });
            }
            Happened::Joined {
                device: Some(device),
                ..
            } => self.changes(*device, at, |person| {
                if !std::mem::replace(&mut person.joined, true) {
                    person.there_since = at;
                }
            }),
            Happened::Status { device, link, .. } if link == "live" => {
                self.changes(*device, at, |person| person.is_turned_away = false);
            }
            Happened::Trouble {
                whose: Whose::Device(device),
                what,
            } => match what.as_str() {
                "crash" | "lose-memory" | "restore" | "pause" => {
                    self.changes(*device, at, Person::gives_up);
                }
                "start" | "resume" => {
                    self.changes(*device, at, |person| person.there_since = at);
                }
                _ => {}
            },
            Happened::Began { .. }
            | Happened::Saved { .. }
            | Happened::Acknowledged { .. }
            | Happened::Learnt { .. }
            | Happened::Forgot { .. }
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

    pub(super) fn into(mut self, now: u64, measures: &mut Measures) {
        for device in (0..).map(DeviceNumber).take(self.people.len()) {
            self.changes(device, now, Person::gives_up);
        }
        measures.edits = self.written.len() as u64;
        measures.edits_nothing_new = self.nothing_new.difference(&self.written).count() as u64;
        measures.edits_blocked = self.refused.difference(&self.written).count() as u64;
        measures.blocked_edit_s = seconds(self.ms);
    }

    /// Edits whose millisecond is over without an answer wait for one. Devices are as they were at the end of it, and must have
    /// been so before it. In the calm nobody edits.
    fn wait_for_answers(&mut self, past: &Past<'_>, now: u64) {
        while let Some(planned) = self.to_come.pop_if(|planned| planned.at < now) {
            let Planned { at, device, edit } = planned;
            let person = self.people.get(usize::from(device.0));
            let was_there = person.is_some_and(|person| person.there_since < at);
            let is_answered = self.answered.contains(&edit);
            if was_there && !is_answered && past.calm_at.is_none() && self.is_usable(past, device) {
                self.changes(device, at, |person| {
                    person.waiting.insert(edit);
                });
            }
        }
    }

    /// Whether a device runs, and its person has reason to believe that it can be used.
    fn is_usable(&self, past: &Past<'_>, device: DeviceNumber) -> bool {
        let joined = self.people.get(usize::from(device.0));
        let joined = joined.is_some_and(|person| person.joined);
        past.device(device).is_some_and(|one| {
            let runs = !one.is_down && !one.is_damaged && !one.is_paused;
            runs && (joined || one.began)
        })
    }

    /// Changes what holds for a person, and counts the time if that ends what blocks.
    fn changes(&mut self, device: DeviceNumber, at: u64, change: impl FnOnce(&mut Person)) {
        let Some(person) = self.people.get_mut(usize::from(device.0)) else {
            return;
        };
        change(person);
        if person.is_turned_away || !person.waiting.is_empty() {
            person.blocked_since.get_or_insert(at);
        } else if let Some(since) = person.blocked_since.take() {
            self.ms += at - since;
        }
    }
}

impl Person {
    /// Nobody can edit any more, and not because of a rule.
    fn gives_up(&mut self) {
        self.waiting.clear();
        self.is_turned_away = false;
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Happened, Step};

    use crate::measure;
    use crate::story::Story;

    fn refused(story: &mut Story, edit: u32, nothing_new: bool) {
        story.plan.steps.push(Step {
            at: 0,
            doing: Doing::Edit {
                device: DeviceNumber(1),
                edit: EditNumber(edit),
                puts: [].into(),
            },
        });
        story.tell(Happened::NotWritten {
            device: DeviceNumber(1),
            edit: EditNumber(edit),
            nothing_new,
            why: String::new(),
        });
    }

    /// An edit that the plan has at some time, and of which nothing has come yet.
    fn planned(story: &mut Story, edit: u32, at: u64) {
        refused(story, edit, false);
        story.trace.pop();
        story.plan.steps.last_mut().unwrap().at = at;
    }

    #[test]
    fn time_is_blocked_from_the_first_refusal_until_the_next_edit_or_link() {
        let mut story = Story::of_two();
        refused(&mut story, 100, false);
        story.wait(2_000);
        refused(&mut story, 101, false);
        story.wait(1_000).wrote(1, "a", 1).wait(5_000);
        refused(&mut story, 102, false);
        story
            .wait(500)
            .status(1, "live", true, 0)
            .learnt(0, &["a"])
            .wait(1_000);
        refused(&mut story, 103, true);
        story.wait(1_000).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(measures.blocked_edit_s, 3.5);
        assert_eq!(
            (
                measures.edits,
                measures.edits_blocked,
                measures.edits_nothing_new
            ),
            (1, 3, 1)
        );
        assert_eq!(measures.edits_planned, 5);
    }

    #[test]
    fn nobody_is_blocked_at_a_device_that_is_down() {
        let mut story = Story::of_two();
        story.trouble(1, "crash");
        refused(&mut story, 100, false);
        story.wait(2_000).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!((measures.blocked_edit_s, measures.edits_blocked), (0.0, 0));
    }

    #[test]
    fn whoever_waits_for_an_answer_is_blocked_since_the_edit() {
        let mut story = Story::of_two();
        let edit = |story: &mut Story, at: u64, name: &str, wrote_at: u64| {
            story.until(wrote_at).wrote(1, name, 1);
            story.plan.steps.last_mut().unwrap().at = at;
        };
        story.until(10_000).trouble(1, "cut");
        edit(&mut story, 12_000, "a", 60_020);
        edit(&mut story, 30_000, "b", 60_020);
        story.status(1, "live", true, 0);
        assert_eq!(measure(&story.plan, &story.trace).blocked_edit_s, 48.02);
        // The link says that it is live meanwhile, and the answer is that it cannot be made: until it can.
        planned(&mut story, 100, 60_100);
        story.until(61_000).status(1, "live", false, 1);
        refused(story.until(63_100), 100, false);
        story.plan.steps.pop();
        story
            .wait(900)
            .status(1, "live", true, 0)
            .wait(1_000)
            .rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(measures.blocked_edit_s, 48.02 + 3.0 + 0.9);
        assert_eq!((measures.edits, measures.edits_blocked), (2, 1));
    }

    #[test]
    fn nobody_waits_at_a_device_that_is_down_or_dies() {
        let mut story = Story::of_two();
        planned(&mut story, 100, 6_000);
        planned(&mut story, 101, 9_000);
        story.until(8_000).trouble(1, "crash").until(20_000);
        story.trouble(1, "start").wait(10_000).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(measures.blocked_edit_s, 2.0);
    }
}
