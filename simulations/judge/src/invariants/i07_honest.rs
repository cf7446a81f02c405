//! `I7`, honest status: a device says that it is in sync only if it is, as far as it can know.
//!
//! At the end of every millisecond in which a device that runs says that it is in sync:
//!
//! - It has joined a relay. *Its session* begins with the last `Joined` that it waited for: while it says that it is live or
//!   catching up it has a session already, and the relay then answers a connection that the device has given up.
//! - Every write that it holds is durable at that relay: it was in the relay's log when the session began, or was logged there
//!   since. (What a relay lost later, without the connection breaking on the device's side, the device cannot know. After
//!   bytes of the log changed by themselves nothing is asked for.)
//! - It holds everything that the relay told it of: the whole log as it was when the session began, and what was logged since
//!   up to the last write that was acknowledged to it. What was logged later and is still on its way, the device cannot know;
//!   nor what stands at those positions in a log that was put back meanwhile.
//! - The person was told that each edit written there is saved, or it was found on the disk at a start.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use spotter_sim_plan::{DeviceNumber, Event, Happened, RelayNumber};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, WriteId, Writes};

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Honest {
    sessions: FxHashMap<DeviceNumber, Session>,
    /// Who may have begun to lie in this instant.
    touched: BTreeSet<DeviceNumber>,
    /// Whoever was found lying is reported once for each time that it says so.
    found: FxHashMap<DeviceNumber, usize>,
}

/// What a device can know of its relay's log.
#[derive(Debug)]
struct Session {
    relay: RelayNumber,
    event: usize,
    /// What was durable when it began, or became so since.
    durable: Writes,
    /// What the device was told that the relay has.
    told: Writes,
    /// What was logged since, in order, and at which position.
    since: Vec<(u64, WriteId)>,
}

impl<'a> Invariant<'a> for Honest {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, _: &mut Report) {
        match &event.what {
            Happened::Joined {
                relay,
                device: Some(device),
                ..
            } => {
                if self.sessions.contains_key(device) && waits_for_nobody(past, *device) {
                    return;
                }
                let has = past.relay(*relay).map(|relay| relay.has().clone());
                let has = has.unwrap_or_default();
                let session = Session {
                    relay: *relay,
                    event: number,
                    durable: has.clone(),
                    told: has,
                    since: Vec::new(),
                };
                self.sessions.insert(*device, session);
                self.touched.insert(*device);
            }
            Happened::Logged {
                relay,
                position,
                write,
                ..
            } => {
                if let Some(write) = past.history.find(write) {
                    self.logged(past, *relay, *position, write);
                }
            }
            Happened::Acknowledged {
                device,
                write,
                relay,
                position,
                ..
            } => {
                if let Some(session) = self.sessions.get_mut(device)
                    && session.relay == *relay
                    && let Some(write) = past.history.find(write)
                {
                    session.acknowledged(*position, write);
                    self.touched.insert(*device);
                }
            }
            Happened::Wrote { device, .. }
            | Happened::Saved { device, .. }
            | Happened::Learnt { device, .. }
            | Happened::Forgot { device, .. }
            | Happened::Status { device, .. } => {
                self.touched.insert(*device);
            }
            Happened::Began { .. }
            | Happened::NotWritten { .. }
            | Happened::Refused { .. }
            | Happened::Shows { .. }
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

    fn instant_over(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for device in std::mem::take(&mut self.touched) {
            let Some(state) = past
                .device(device)
                .filter(|one| !one.is_down && !one.is_paused)
            else {
                continue;
            };
            let Some(status) = state.status.filter(|status| status.in_sync) else {
                continue;
            };
            if self.found.get(&device) == Some(&status.event) {
                continue;
            }
            if let Some((event, why)) = self.lie(past, device) {
                self.found.insert(device, status.event);
                let events: Vec<usize> = event.into_iter().chain([status.event]).collect();
                report.add("I7", now, &events, || {
                    format!("{} says that it is in sync, and {why}", past.called(device))
                });
            }
        }
    }
}

fn waits_for_nobody(past: &Past<'_>, device: DeviceNumber) -> bool {
    let status = past.device(device).and_then(|device| device.status);
    status.is_some_and(|status| matches!(status.link, "live" | "catching-up"))
}

impl Session {
    /// What the log got up to a write that is acknowledged is told with it. A log that was lost or put back may get the same
    /// write at the same position again, and the acknowledgement may be of the first time, even of one before the session.
    fn acknowledged(&mut self, position: u64, write: WriteId) {
        if self.told.has(write) {
            return;
        }
        let last = self.since.iter().position(|one| *one == (position, write));
        for (_, write) in self.since.iter().take(last.map_or(0, |last| last + 1)) {
            self.told.add(*write);
        }
    }
}

impl Honest {
    fn logged(&mut self, past: &Past<'_>, relay: RelayNumber, position: u64, write: WriteId) {
        for (device, _) in past.devices() {
            if let Some(session) = self.sessions.get_mut(&device)
                && session.relay == relay
            {
                session.durable.add(write);
                session.since.push((position, write));
            }
        }
    }

    /// Why a device is not in sync, and the event of what shows it.
    fn lie(&self, past: &Past<'_>, device: DeviceNumber) -> Option<(Option<usize>, String)> {
        let holding = past.holding(device)?;
        let Some(session) = self.sessions.get(&device) else {
            return Some((None, "has never joined a relay".to_owned()));
        };
        let rotted = past
            .relay(session.relay)
            .is_some_and(|relay| relay.ever_rotted);
        let named = |write: WriteId| past.history.write(write);
        if !rotted {
            let unknown = holding.writes().minus(&session.durable);
            if let Some(write) = unknown.iter().next() {
                let why = format!("the relay does not have {}", named(write).write.name);
                return Some((Some(named(write).event), why));
            }
            let lacks = session.told.minus(holding.writes());
            if let Some(write) = lacks.iter().find(|write| !past.refused.has(*write)) {
                let why = format!(
                    "lacks {}, which the relay had told it of",
                    named(write).write.name
                );
                return Some((Some(session.event), why));
            }
        }
        let state = past.device(device)?;
        let unsaved = holding.writes().minus(&state.saved);
        let own = unsaved.iter().find(|write| {
            let written = named(*write);
            let is_own = written.by == device && written.write.edit.is_some();
            is_own && !state.has_on_disk(*write, written.at)
        });
        own.map(|write| {
            let why = format!("never said that {} is saved", named(write).write.name);
            (Some(named(write).event), why)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::story::Story;

    fn joined() -> Story {
        let mut story = Story::of_two();
        story.logged(0, "log", 1, "genesis");
        story.joined(0, 0).joined(1, 0);
        story
    }

    #[test]
    fn who_has_something_to_send_is_not_in_sync() {
        let mut story = joined();
        story.status(1, "live", true, 0).wait(10);
        story.status(1, "live", false, 1).wrote(1, "a", 1).wait(10);
        story
            .logged(0, "log", 2, "a")
            .acknowledged(1, "a", "log", 2)
            .status(1, "live", true, 0);
        story.learnt(0, &["a"]).wait(10).rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = joined();
        story
            .status(1, "live", true, 0)
            .wait(10)
            .wrote(1, "a", 1)
            .wait(10);
        story.learnt(0, &["a"]).rests();
        assert_eq!(story.broken(), ["I7"]);
    }

    #[test]
    fn who_lacks_what_the_relay_told_of_is_not_in_sync() {
        let lacking = |joins_before: bool, tells: bool| {
            let mut story = joined();
            if joins_before {
                story.joined(1, 0);
            }
            story.wrote(0, "a", 1).logged(0, "log", 2, "a");
            if !joins_before {
                story.joined(1, 0);
            }
            story.wait(10).wrote(1, "b", 2).logged(0, "log", 3, "b");
            if tells {
                story.acknowledged(1, "b", "log", 3);
            }
            story.status(1, "live", true, 0).wait(10);
            story.learnt(1, &["a"]).learnt(0, &["b"]).rests();
            story.broken()
        };
        assert_eq!(lacking(true, false), [""; 0]);
        assert_eq!(lacking(true, true), ["I7"]);
        assert_eq!(lacking(false, false), ["I7"]);
    }

    #[test]
    fn a_connection_that_was_given_up_begins_no_session() {
        let let_in_again = |waits: bool| {
            let mut story = joined();
            story.status(1, "live", true, 0).wait(10);
            story.wrote(0, "a", 1).logged(0, "log", 2, "a");
            if waits {
                story.status(1, "joining", true, 0);
            }
            story.joined(1, 0).status(1, "live", true, 0).wait(10);
            story.learnt(1, &["a"]).rests();
            story.broken()
        };
        assert_eq!(let_in_again(false), [""; 0]);
        assert_eq!(let_in_again(true), ["I7"]);
    }

    #[test]
    fn who_comes_back_to_a_relay_that_lost_its_memory_is_not_in_sync() {
        let mut story = joined();
        story
            .trouble_of_relay(0, "lose-memory")
            .wait(10)
            .joined(1, 0);
        story.status(1, "live", true, 0).wait(10).rests();
        assert_eq!(story.broken(), ["I7"]);

        let mut story = joined();
        story
            .trouble_of_relay(0, "lose-memory")
            .wait(10)
            .joined(1, 0);
        story
            .logged(0, "log-2", 1, "genesis")
            .status(1, "live", true, 0)
            .wait(10)
            .rests();
        assert_eq!(story.broken(), [""; 0]);
    }

    #[test]
    fn what_is_not_saved_here_is_not_in_sync() {
        let mut story = joined();
        story
            .typed(1, "a", |_| ())
            .logged(0, "log", 2, "a")
            .acknowledged(1, "a", "log", 2);
        story
            .status(1, "live", true, 0)
            .wait(10)
            .saved(1, "a")
            .learnt(0, &["a"])
            .rests();
        assert_eq!(story.broken(), ["I7"]);
    }

    #[test]
    fn nobody_can_know_that_what_was_saved_has_changed() {
        let mut story = joined();
        story.wrote(1, "a", 1).logged(0, "log", 2, "a");
        story
            .acknowledged(1, "a", "log", 2)
            .rots(1, spotter_sim_plan::Rot::Bit);
        story.status(1, "live", true, 0).wait(10);
        story.learnt(0, &["a"]).rests();
        assert_eq!(story.broken(), [""; 0]);
    }

    #[test]
    fn an_acknowledgement_of_what_the_log_began_with_tells_nothing_of_a_later_log() {
        let mut story = joined();
        story.trouble_of_relay(0, "backup").wrote(1, "a", 1);
        story.logged(0, "log", 2, "a").joined(1, 0);
        story.wrote(0, "b", 2).logged(0, "log", 3, "b");
        story.trouble_of_relay(0, "restore");
        story.logged(0, "log", 2, "a");
        story.acknowledged(1, "a", "log", 2);
        story.status(1, "live", true, 0).wait(10);
        story.learnt(1, &["b"]).learnt(0, &["a"]);
        story.logged(0, "log", 3, "b").rests();
        assert_eq!(story.broken(), [""; 0]);
    }

    #[test]
    fn an_acknowledgement_tells_of_what_it_named_and_not_of_what_stands_there_now() {
        let lacking = |named: &str| {
            let mut story = joined();
            story.trouble_of_relay(0, "backup").wrote(1, "a", 1);
            story.logged(0, "log", 2, "a");
            story.trouble_of_relay(0, "restore").wrote(0, "b", 2);
            story.logged(0, "log", 2, "b").logged(0, "log", 3, "a");
            story.acknowledged(1, named, "log", 2);
            story.status(1, "live", true, 0).wait(10);
            story.learnt(1, &["b"]).learnt(0, &["a"]).rests();
            story.broken()
        };
        assert_eq!(lacking("a"), [""; 0]);
        assert_eq!(lacking("b"), ["I7"]);
    }
}
