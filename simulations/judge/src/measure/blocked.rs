//! Edits that were made, that said nothing new, and that people could not make; and for how long.

use std::collections::BTreeSet;

use spotter_sim_plan::{DeviceNumber, EditNumber, Event, Happened, Plan, Whose};

use super::{Measures, seconds};
use crate::past::Past;

/// What people at devices could do so far.
#[derive(Debug)]
pub(super) struct Blocked {
    written: BTreeSet<EditNumber>,
    nothing_new: BTreeSet<EditNumber>,
    refused: BTreeSet<EditNumber>,
    /// Since when each device refuses its person.
    since: Vec<Option<u64>>,
    joined: Vec<bool>,
    ms: u64,
}

impl Blocked {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            written: BTreeSet::new(),
            nothing_new: BTreeSet::new(),
            refused: BTreeSet::new(),
            since: vec![None; plan.devices.len()],
            joined: vec![false; plan.devices.len()],
            ms: 0,
        }
    }

    pub(super) fn event(&mut self, past: &Past<'_>, event: &Event) {
        match &event.what {
            Happened::Wrote { device, write } => {
                self.written.extend(write.edit);
                self.ends(*device, event.at);
            }
            Happened::NotWritten {
                edit, nothing_new, ..
            } if *nothing_new => {
                self.nothing_new.insert(*edit);
            }
            Happened::NotWritten { device, edit, .. } => {
                let runs = past
                    .device(*device)
                    .is_some_and(|one| !one.is_down && !one.is_paused);
                if runs && self.has_joined(past, *device) {
                    self.refused.insert(*edit);
                    if let Some(since) = self.since.get_mut(usize::from(device.0)) {
                        since.get_or_insert(event.at);
                    }
                }
            }
            Happened::Joined {
                device: Some(device),
                ..
            } => {
                if let Some(joined) = self.joined.get_mut(usize::from(device.0)) {
                    *joined = true;
                }
            }
            Happened::Status { device, link, .. } if link == "live" => self.ends(*device, event.at),
            Happened::Trouble {
                whose: Whose::Device(device),
                what,
            } if matches!(what.as_str(), "crash" | "lose-memory" | "restore" | "pause") => {
                self.ends(*device, event.at);
            }
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
        for device in (0..).map(DeviceNumber).take(self.since.len()) {
            self.ends(device, now);
        }
        measures.edits = self.written.len() as u64;
        measures.edits_nothing_new = self.nothing_new.difference(&self.written).count() as u64;
        measures.edits_blocked = self.refused.difference(&self.written).count() as u64;
        measures.blocked_edit_s = seconds(self.ms);
    }

    fn has_joined(&self, past: &Past<'_>, device: DeviceNumber) -> bool {
        let joined = self.joined.get(usize::from(device.0)).copied();
        joined.unwrap_or(false) || past.device(device).is_some_and(|one| one.began)
    }

    fn ends(&mut self, device: DeviceNumber, at: u64) {
        let since = self.since.get_mut(usize::from(device.0));
        if let Some(since) = since.and_then(Option::take) {
            self.ms += at - since;
        }
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
}
