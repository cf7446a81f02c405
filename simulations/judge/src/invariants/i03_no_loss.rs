//! `I3`, no edit is lost.
//!
//! - What a person was told is saved stays on the device. Excused is only what trouble took from its disk: lost memory,
//!   bytes that changed by themselves, or a restored backup, and that one keeps what was saved before it was made. A crash
//!   excuses nothing, a full disk nothing, and neither does a sync that fails, for it says so.
//! - A device drops a write as refused only if that one was refused, or had seen one that was. The edit of a refused
//!   write is made again, unless what it says is shown anyway.
//! - At rest, every device holds every write that any device of its group holds, and every write that is in the log of a
//!   relay of the group whose disk nothing was taken from (groups: `past::reach`).
//! - At rest, the log of every relay that serves a group has every write of the group, unless its bytes changed by
//!   themselves; and the device that wrote an edit of the plan has said that it is saved.

use rustc_hash::FxHashMap;
use spotter_sim_plan::{DeviceNumber, EditNumber, Event, Happened};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Group, Past, WriteId, Writes};
use crate::value::same;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct NoLoss {
    /// Writes that were ever said to be saved.
    saved: Writes,
    /// The last write of each edit.
    last_of: FxHashMap<EditNumber, usize>,
    /// Refused writes: the event, and whether they were shown by nobody else at that time.
    refused: Vec<(usize, WriteId, EditNumber)>,
    dropped: Vec<(usize, DeviceNumber, WriteId)>,
}

impl<'a> Invariant<'a> for NoLoss {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        match &event.what {
            Happened::Wrote { write, .. } => {
                if let Some(edit) = write.edit {
                    self.last_of.insert(edit, number);
                }
            }
            Happened::Saved { write, .. } => {
                if let Some(write) = past.history.find(write) {
                    self.saved.add(write);
                }
            }
            Happened::Refused { write, .. } => {
                if let Some(write) = past.history.find(write)
                    && let Some(edit) = past.history.write(write).write.edit
                {
                    self.refused.push((number, write, edit));
                }
            }
            Happened::Forgot {
                device,
                writes,
                why,
            } => self.forgot(past, (number, event.at), *device, writes, why, report),
            Happened::Began { .. }
            | Happened::NotWritten { .. }
            | Happened::Acknowledged { .. }
            | Happened::Learnt { .. }
            | Happened::Shows { .. }
            | Happened::Status { .. }
            | Happened::Logged { .. }
            | Happened::Joined { .. }
            | Happened::SessionEnded { .. }
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

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        self.dropped_without_reason(past, report);
        self.not_made_again(past, now, report);
        for group in past.groups() {
            self.owed(past, &group, now, report);
        }
    }
}

impl NoLoss {
    fn forgot(
        &mut self,
        past: &Past<'_>,
        (number, at): (usize, u64),
        device: DeviceNumber,
        writes: &[String],
        why: &str,
        report: &mut Report,
    ) {
        let Some(state) = past.device(device) else {
            return;
        };
        for write in writes.iter().filter_map(|name| past.history.find(name)) {
            if why == "refused" {
                self.dropped.push((number, device, write));
            } else if state.saved.has(write) {
                let written = past.history.write(write);
                report.add("I3", at, &[written.event, number], || {
                    let (called, name) = (past.called(device), &written.write.name);
                    format!("{called} said that {name} is saved, and lost it ({why})")
                });
            }
        }
    }

    fn dropped_without_reason(&self, past: &Past<'_>, report: &mut Report) {
        for (event, device, write) in &self.dropped {
            let refused = |other| past.history.had_seen_write(*write, other);
            if past.refused.has(*write) || past.refused.iter().any(refused) {
                continue;
            }
            let written = past.history.write(*write);
            report.add("I3", written.at, &[written.event, *event], || {
                let (called, name) = (past.called(*device), &written.write.name);
                format!("{called} dropped {name} as refused, and nobody had refused it")
            });
        }
    }

    fn not_made_again(&self, past: &Past<'_>, now: u64, report: &mut Report) {
        for (event, write, edit) in &self.refused {
            let again = self.last_of.get(edit).is_some_and(|last| last > event);
            if again || self.is_shown_anyway(past, *write) {
                continue;
            }
            let written = past.history.write(*write);
            report.add("I3", now, &[written.event, *event], || {
                format!(
                    "{} was refused, and its edit was not made again",
                    written.write.name
                )
            });
        }
    }

    fn is_shown_anyway(&self, past: &Past<'_>, write: WriteId) -> bool {
        let Some(holding) = past.holding(past.history.write(write).by) else {
            return false;
        };
        past.history.puts(write).all(|put| {
            let put = past.history.put(put);
            let stands = holding.stands(put.register);
            stands.is_some_and(|stands| same(past.history.put(stands).value, put.value))
        })
    }

    fn owed(&self, past: &Past<'_>, group: &Group, now: u64, report: &mut Report) {
        let mut owed = Writes::default();
        for device in &group.devices {
            if let Some(holding) = past.holding(*device) {
                owed.join(holding.writes());
            }
        }
        for relay in group.relays.iter().filter_map(|relay| past.relay(*relay)) {
            if relay.taken_at.is_none() {
                owed.join(relay.has());
            }
        }
        for device in &group.devices {
            if let Some(holding) = past.holding(*device) {
                let called = past.called(*device);
                missing(past, &owed, holding.writes(), called, now, report);
            }
        }
        for relay in &group.relays {
            if let Some(state) = past.relay(*relay)
                && !state.ever_rotted
                && !group.devices.is_empty()
            {
                let called = format!("the log of relay {}", relay.0);
                missing(past, &owed, state.has(), &called, now, report);
            }
        }
        for write in owed.minus(&self.saved).iter() {
            let written = past.history.write(write);
            let holder = past.holding(written.by);
            let told = written.write.edit.is_some();
            if told && holder.is_some_and(|holding| holding.has(write)) {
                report.add("I3", now, &[written.event], || {
                    let (called, name) = (past.called(written.by), &written.write.name);
                    format!("{called} never said that {name} is saved")
                });
            }
        }
    }
}

fn missing(
    past: &Past<'_>,
    owed: &Writes,
    held: &Writes,
    called: &str,
    now: u64,
    report: &mut Report,
) {
    let missing = owed.minus(held);
    let Some(first) = missing.iter().find(|write| !past.refused.has(*write)) else {
        return;
    };
    let written = past.history.write(first);
    report.add("I3", now, &[written.event], || {
        let (name, count) = (&written.write.name, missing.len());
        format!("{called} lacks {name} at the end; {count} writes in all")
    });
}
