//! `I3`, no edit is lost.
//!
//! - What a person was told is saved stays on the device. Excused is only what trouble took from its disk: lost memory,
//!   bytes that changed by themselves, or a restored backup, and that one keeps what was saved before it was made. A crash
//!   excuses nothing, a full disk nothing, and neither does a sync that fails, for it says so. Bytes that changed excuse
//!   everything where the start that reads them calls the journal damaged; else only what came with the last sync, or with as
//!   many of the last ones as bits turned around, or what had been called saved before the file was cut short.
//! - A device drops a write as refused only if that one was refused, or had seen one that was, or goes with an attacker's change
//!   that is refused at the same moment. A refused
//!   write is made again, by another actor and saying all that it said, unless its author holds it in the end or shows what it
//!   says anyway.
//! - At rest, every device holds every write that any device of its group holds, and every write that is in the log of a
//!   relay of the group whose disk nothing was taken from (groups: `past::reach`). A copy that waits for its turn (`past::turn`) holds of them
//!   what was in the log when its last turn began; and if that turn was too short to hand in what it says it has to
//!   send, others need not hold that yet.
//! - At rest, the log of every relay that serves a group has every write of the group, unless its bytes changed by
//!   themselves, or the relay lost the meet and nobody there knows the way back (`converged`); and the device that wrote an edit of the plan has said that it is saved, or has found it on its disk.

use std::collections::BTreeSet;

use spotter_sim_plan::{DeviceNumber, Event, Happened};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Group, Past, WriteId, Writes};
use crate::value::same;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct NoLoss {
    /// Writes that were ever said to be saved.
    saved: Writes,
    /// Refused writes of the plan's edits, and the event.
    refused: Vec<(usize, WriteId)>,
    dropped: Vec<(usize, DeviceNumber, u64, WriteId)>,
    /// Writes that their author has lost by a crash, a restored backup or damage: nobody is left to make them again.
    lost_by_author: Writes,
    /// Where and when a change was refused that was an attacker's.
    strangers_refused: BTreeSet<(DeviceNumber, u64)>,
}

impl<'a> Invariant<'a> for NoLoss {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        match &event.what {
            Happened::Learnt { device, writes } => {
                for write in writes.iter().filter_map(|name| past.history.find(name)) {
                    if past.history.write(write).by == *device {
                        self.lost_by_author.remove(write);
                    }
                }
            }
            Happened::Saved { write, .. } => {
                if let Some(write) = past.history.find(write) {
                    self.saved.add(write);
                }
            }
            Happened::Refused { device, write, .. } if past.history.find(write).is_none() => {
                self.strangers_refused.insert((*device, event.at));
            }
            Happened::Refused { write, .. } => {
                if let Some(write) = past.history.find(write)
                    && past.history.write(write).write.edit.is_some()
                {
                    self.refused.push((number, write));
                }
            }
            Happened::Forgot {
                device,
                writes,
                why,
            } => self.forgot(past, (number, event.at), *device, writes, why, report),
            Happened::Began { .. }
            | Happened::Wrote { .. }
            | Happened::NotWritten { .. }
            | Happened::Acknowledged { .. }
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
                self.dropped.push((number, device, at, write));
                continue;
            }
            if past.history.write(write).by == device {
                self.lost_by_author.add(write);
            }
            if state.must_keep(write, at) {
                let written = past.history.write(write);
                report.add("I3", at, &[written.event, number], || {
                    let (called, name) = (past.called(device), &written.write.name);
                    format!("{called} said that {name} is saved, and lost it ({why})")
                });
            }
        }
    }

    fn dropped_without_reason(&self, past: &Past<'_>, report: &mut Report) {
        for (event, device, at, write) in &self.dropped {
            let refused = |other| past.history.had_seen_write(*write, other);
            if self.strangers_refused.contains(&(*device, *at))
                || past.refused.has(*write)
                || past.refused.iter().any(refused)
            {
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
        for (event, write) in &self.refused {
            let written = past.history.write(*write);
            // It may be made again before its author is told why, and in the millisecond in which it was made.
            let again = past.history.is_made_again(*write);
            // A relay that was put back to a backup may have lost its twin, and take it after all.
            let stands = past
                .holding(written.by)
                .is_some_and(|holding| holding.has(*write));
            let is_kept = again || stands || self.is_shown_anyway(past, *write);
            if is_kept || self.lost_by_author.has(*write) {
                continue;
            }
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
        let mut held = Writes::default();
        for device in &group.devices {
            let Some(holding) = past.holding(*device) else {
                continue;
            };
            held.join(holding.writes());
            let waiting = past.waiting(*device, now);
            if !waiting.is_some_and(|waiting| waiting.has_to_send) {
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
                let held = holding.writes();
                match past.waiting(*device, now) {
                    Some(waiting) => {
                        missing(past, &owed.and(waiting.knows), held, called, now, report);
                    }
                    None => missing(past, &owed, held, called, now, report),
                }
            }
        }
        for relay in &group.relays {
            if let Some(state) = past.relay(*relay)
                && !state.ever_rotted
                && !group.devices.is_empty()
                && !past.is_homeless(group)
            {
                let called = format!("the log of relay {}", relay.0);
                missing(past, &owed, state.has(), &called, now, report);
            }
        }
        held.join(&owed);
        for write in held.minus(&self.saved).iter() {
            let written = past.history.write(write);
            let told = written.write.edit.is_none()
                || past.device(written.by).is_none_or(|writer| {
                    !writer.holding.has(write) || writer.has_on_disk(write, written.at)
                });
            if !told {
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

#[cfg(test)]
mod tests {
    use spotter_sim_plan::Rot;

    use crate::story::Story;

    #[test]
    fn what_is_saved_survives_a_crash() {
        let crashed = |saved: bool, trouble: &str, why: &str| {
            let mut story = Story::of_two();
            story.typed(0, "a", |_| ());
            if saved {
                story.saved(0, "a");
            }
            story
                .trouble(0, trouble)
                .forgot(0, &["a"], why)
                .trouble(0, "start")
                .rests();
            story.broken()
        };
        assert_eq!(crashed(false, "crash", "crash"), [""; 0]);
        assert_eq!(crashed(true, "crash", "crash"), ["I3"]);
        assert_eq!(crashed(true, "lose-memory", "lost"), [""; 0]);
        // Whatever the runner calls it.
        assert_eq!(crashed(true, "crash", "lost"), ["I3"]);
        assert_eq!(crashed(true, "sync-fails", "crash"), ["I3"]);
    }

    #[test]
    fn bytes_that_changed_take_the_last_syncs_or_are_called_damage() {
        let lost = |rots: &[Rot], found: &str, forgotten: &[&str]| {
            let mut story = Story::of_two();
            for (name, value) in [("a", 1), ("b", 2), ("c", 3)] {
                story.wrote(0, name, value).wait(10);
            }
            story.learnt(1, &["a", "b", "c"]);
            for rot in rots {
                story.rots(0, *rot);
            }
            story.wait(10).trouble(0, "crash").opened(0, found, 1, 3);
            if found == "damaged" {
                story.begins_anew(0);
            }
            story.forgot(0, forgotten, "lost").learnt(0, forgotten);
            story.wait(10).rests().broken()
        };
        assert_eq!(lost(&[Rot::Bit], "damaged", &["a", "b", "c"]), [""; 0]);
        assert_eq!(lost(&[Rot::Bit], "torn", &["c"]), [""; 0]);
        assert_eq!(lost(&[Rot::Bit], "torn", &["b", "c"]), ["I3"]);
        assert_eq!(lost(&[Rot::Bit, Rot::Bit], "torn", &["b", "c"]), [""; 0]);
        assert_eq!(lost(&[Rot::Cut], "clean", &["a", "b", "c"]), [""; 0]);
        assert_eq!(lost(&[], "torn", &["c"]), ["I3"]);
    }

    #[test]
    fn what_is_called_saved_in_a_file_that_was_cut_stays() {
        let lost = |rot: Rot, found: &str, read_before: bool| {
            let mut story = Story::of_two();
            story.wrote(0, "a", 1).rots(0, rot).wait(10);
            if read_before {
                story.trouble(0, "crash").opened(0, "torn", 1, 1).wait(10);
            }
            story.wrote(0, "b", 2).wait(10).wrote(0, "c", 3).wait(10);
            story.learnt(1, &["a", "b", "c"]).trouble(0, "crash");
            story.opened(0, found, 1, 3);
            if found == "damaged" {
                story.begins_anew(0);
            }
            story.forgot(0, &["b"], "lost").learnt(0, &["b"]);
            story.wait(10).rests().broken()
        };
        assert_eq!(lost(Rot::Cut, "torn", false), ["I3"]);
        assert_eq!(lost(Rot::Bit, "torn", false), ["I3"]);
        assert_eq!(lost(Rot::Bit, "damaged", false), [""; 0]);
        assert_eq!(lost(Rot::Bit, "torn", true), ["I3"]);
    }

    #[test]
    fn who_begins_anew_without_damage_loses_nothing() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).wait(10);
        story.begins_anew(0).forgot(0, &["a"], "lost");
        story.learnt(0, &["a"]).wait(10).rests();
        assert_eq!(story.broken(), ["I3"]);
    }

    #[test]
    fn a_backup_keeps_what_was_saved_before_it() {
        let restored = |forgotten: &[&str]| {
            let mut story = Story::of_two();
            story
                .wrote(0, "a", 1)
                .trouble(0, "backup")
                .wrote(0, "b", 2)
                .trouble(0, "restore");
            story
                .forgot(0, forgotten, "restored")
                .trouble(0, "start")
                .learnt(1, &["a"]);
            if forgotten.len() > 1 {
                story.learnt(0, &["a"]);
            }
            story.rests().broken()
        };
        assert_eq!(restored(&["b"]), [""; 0]);
        assert_eq!(restored(&["b", "a"]), ["I3"]);
    }

    #[test]
    fn what_anybody_holds_reaches_everybody() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), [""; 0]);
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).rests();
        assert!(story.broken().contains(&"I3".to_owned()));
    }

    #[test]
    fn what_a_relay_logged_is_not_lost_with_those_who_held_it() {
        let forgotten = |trouble: &str| {
            let mut story = Story::of_two();
            story
                .typed(0, "a", |_| ())
                .logged(0, "log", 1, "a")
                .forgot(0, &["a"], "crash");
            story.trouble_of_relay(0, trouble).rests();
            story.broken()
        };
        assert_eq!(forgotten("crash"), ["I3"]);
        assert_eq!(forgotten("lose-memory"), [""; 0]);
    }

    #[test]
    fn a_relay_gets_its_memory_back() {
        let mut story = Story::of_two();
        story
            .logged(0, "log", 1, "genesis")
            .trouble_of_relay(0, "lose-memory");
        story.logged(0, "log-2", 1, "genesis").rests();
        assert_eq!(story.broken(), [""; 0]);
        let mut story = Story::of_two();
        story.rests();
        // Nothing is logged behind the loss.
        story
            .trace
            .retain(|event| !matches!(event.what, spotter_sim_plan::Happened::Logged { .. }));
        assert_eq!(story.broken(), ["I3"]);
    }

    #[test]
    fn a_write_is_dropped_as_refused_only_with_one_that_was() {
        let dropped = |refused: &str| {
            let mut story = Story::of_two();
            story
                .wrote(0, "a", 1)
                .wrote(0, "b", 2)
                .wrote(1, "c", 3)
                .learnt(0, &["c"]);
            if !refused.is_empty() {
                story.refused(0, refused);
            }
            story.forgot(0, &["b"], "refused");
            // Made again.
            let edit = story.edit_of("b");
            story.write(0, "b2", |write| {
                write.edit = edit;
                write.actor = "another".to_owned();
                write.puts = [("r".to_owned(), 2.into())].into();
            });
            story.learnt(1, &["a", "b2"]).rests().broken()
        };
        assert_eq!(dropped("b"), [""; 0]);
        assert!(dropped("").contains(&"I3".to_owned()));
        assert!(dropped("c").contains(&"I3".to_owned()));
    }

    #[test]
    fn the_edit_of_a_refused_write_is_made_again() {
        let made = |again: Option<i64>| {
            let mut story = Story::of_two();
            story
                .wrote(0, "a", 1)
                .refused(0, "a")
                .forgot(0, &["a"], "refused");
            let edit = story.edit_of("a");
            if let Some(value) = again {
                story.write(0, "b", |write| {
                    write.edit = edit;
                    write.actor = "another".to_owned();
                    write.puts = [("r".to_owned(), value.into())].into();
                });
                story.learnt(1, &["b"]);
            }
            story.rests().broken()
        };
        assert_eq!(made(Some(1)), [""; 0]);
        assert_eq!(made(None), ["I3"]);
    }

    /// An edit of two writes is refused with the first, and what is told of `again` is written again; all of it in one millisecond.
    fn made_again_at_once(again: &[(&str, &str, i64)]) -> Vec<String> {
        let mut story = Story::of_two();
        story.typed(0, "a", |write| {
            write.puts = [("r".to_owned(), 1.into())].into();
        });
        let edit = story.edit_of("a");
        story.typed(0, "b", |write| {
            write.edit = edit;
            write.puts = [("s".to_owned(), 2.into())].into();
        });
        story.was_to_say("a", &[("r", 1.into()), ("s", 2.into())]);
        story.forgot(0, &["a", "b"], "refused");
        for (name, register, value) in again {
            story.typed(0, name, |write| {
                write.edit = edit;
                write.actor = "another".to_owned();
                write.puts = [((*register).to_owned(), (*value).into())].into();
            });
            story.learnt(1, &[name]);
        }
        // People who made it are told that it is saved.
        story.refused(0, "a").refused(0, "b").wait(5);
        story.saved(0, "a").saved(0, "b").wait(2_000);
        story.rests().broken()
    }

    #[test]
    fn a_refused_write_that_its_author_keeps_is_not_lost() {
        let refused_elsewhere = |author_keeps: bool| {
            let mut story = Story::of_two();
            story.wrote(0, "a", 1).learnt(1, &["a"]);
            story.refused(1, "a").forgot(1, &["a"], "refused");
            if author_keeps {
                // The relay lost the twin, and the author never heard of it; another write is shown in its place.
                story.learnt(1, &["a"]).wrote(1, "b", 2).learnt(0, &["b"]);
            } else {
                story.forgot(0, &["a"], "refused");
            }
            story.rests().broken()
        };
        assert_eq!(refused_elsewhere(true), [""; 0]);
        assert_eq!(refused_elsewhere(false), ["I3"]);
    }

    #[test]
    fn an_edit_may_be_made_again_in_the_millisecond_in_which_it_was_made() {
        let both = [("c", "r", 1), ("d", "s", 2)];
        assert_eq!(made_again_at_once(&both), [""; 0]);
    }

    #[test]
    fn all_of_an_edit_is_made_again_and_as_it_was() {
        assert_eq!(made_again_at_once(&[("c", "r", 1)]), ["I3"]);
        assert_eq!(made_again_at_once(&[("c", "s", 2)]), ["I3"]);
        let other = [("c", "r", 1), ("d", "s", 3)];
        assert_eq!(made_again_at_once(&other), ["I3", "typed"]);
    }

    /// A copy of device 1 has been live for a time and waits, while `a` is logged; it may have something to send.
    fn waits(live_ms: u64, waits_ms: u64, logged_before: bool, not_sent: u64) -> Vec<String> {
        let mut story = Story::of(&[("Jury", 30), ("Platform", 10), ("Copy", 5)]);
        story.logged(0, "log", 1, "genesis").wrote(0, "a", 1);
        story.learnt(1, &["a"]);
        if logged_before {
            story.logged(0, "log", 2, "a");
        }
        story.joins_as(2, 1).status(2, "catching-up", false, 0);
        if !logged_before {
            story.logged(0, "log", 2, "a");
        }
        if not_sent > 0 {
            story.wrote(2, "b", 2);
        }
        story.status(2, "live", false, not_sent).wait(live_ms);
        story.status(2, "offline", false, not_sent);
        story.relay_stays_empty(0).wait(waits_ms).rests().broken()
    }

    #[test]
    fn a_copy_that_waits_for_its_turn_may_lack_what_was_logged_since_the_last_one_began() {
        assert_eq!(waits(5_000, 60_000, false, 0), [""; 0]);
        assert_eq!(waits(5_000, 60_000, true, 0), ["I3"]);
        assert_eq!(waits(5_000, 60_001, false, 0), ["I3", "converged"]);
    }

    #[test]
    fn a_copy_whose_last_turn_was_too_short_may_have_something_to_send() {
        assert_eq!(waits(1_000, 60_000, false, 1), [""; 0]);
        assert_eq!(waits(1_001, 60_000, false, 1), ["I3"]);
        assert_eq!(waits(1_000, 60_001, false, 1), ["I3", "converged"]);
    }

    #[test]
    fn whoever_has_a_session_of_its_own_waits_for_no_turn() {
        let mut story = Story::of_two();
        story.joined(1, 0).status(1, "live", true, 0);
        story.status(1, "offline", false, 0).wrote(0, "a", 1);
        assert_eq!(story.rests().broken(), ["I3", "converged"]);
    }

    #[test]
    fn in_the_end_people_were_told_that_their_edits_are_saved() {
        let mut story = Story::of_two();
        story.typed(0, "a", |_| ()).learnt(1, &["a"]);
        assert_eq!(story.clone().rests().broken(), ["I3"]);
        story.saved(0, "a");
        assert_eq!(story.rests().broken(), [""; 0]);
    }
}
