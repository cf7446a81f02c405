//! `I2`, an acknowledgement means durable.
//!
//! - When a device is told that a relay will keep a write, that relay has logged it durably before, in that log and at that
//!   position. A disk that failed a sync is no excuse: it said so.
//! - At rest some device holds every acknowledged write, or it is kept by a log of which no device asks any more: that of a relay
//!   that acknowledged it, where nobody is who joined there last. Excused are writes that were refused for good, and those that every relay
//!   that acknowledged them lost afterwards, because its disk was taken, rolled back, rotten or repaired. (Whether devices may have lost it meanwhile is judged by
//!   I3, so that a loss here is excused only if nobody was left who should have had it.)

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use spotter_sim_plan::{Event, Happened, RelayNumber};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, WriteId};

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged<'a> {
    /// What was logged where, and when last.
    logged: FxHashMap<Place<'a>, u64>,
    /// By which relay, when that had logged it last, and the event of telling so.
    acknowledged: BTreeMap<(WriteId, RelayNumber), (u64, usize)>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Place<'a> {
    relay: RelayNumber,
    log: &'a str,
    position: u64,
    write: &'a str,
}

impl<'a> Invariant<'a> for Acknowledged<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        if let Happened::Logged {
            relay,
            log,
            position,
            write,
            ..
        } = &event.what
        {
            let place = Place {
                relay: *relay,
                log,
                position: *position,
                write,
            };
            self.logged.insert(place, event.at);
        }
        let Happened::Acknowledged {
            device,
            write,
            relay,
            log,
            position,
        } = &event.what
        else {
            return;
        };
        let place = Place {
            relay: *relay,
            log,
            position: *position,
            write,
        };
        let Some(logged_at) = self.logged.get(&place).copied() else {
            return report.add("I2", event.at, &[number], || {
                let called = past.called(*device);
                format!("{called} was told that {write} is kept at {position}, and it was not on disk there")
            });
        };
        if let Some(write) = past.history.find(write) {
            let last = self.acknowledged.entry((write, *relay)).or_default();
            *last = (*last).max((logged_at, number));
        }
    }

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for ((write, relay), (at, event)) in &self.acknowledged {
            let held = past.devices().any(|(_, device)| device.holding.has(*write));
            let kept = past
                .relay(*relay)
                .is_some_and(|relay| relay.is_untouched_since(*at));
            if held || past.refused.has(*write) || !kept || is_left_alone(past, *relay, *write) {
                continue;
            }
            let name = &past.history.write(*write).write.name;
            report.add(
                "I2",
                now,
                &[past.history.write(*write).event, *event],
                || {
                    format!(
                        "{name} was acknowledged by relay {}, and nobody has it",
                        relay.0
                    )
                },
            );
        }
    }
}

/// Whether a relay has a write in its log, where nobody is who would have to get it from there.
fn is_left_alone(past: &Past<'_>, number: RelayNumber, write: WriteId) -> bool {
    let has = past
        .relay(number)
        .is_some_and(|relay| !relay.is_damaged && relay.has().has(write));
    let mut devices = past.devices();
    has && !devices.any(|(_, one)| one.uses(number))
}

#[cfg(test)]
mod tests {
    use crate::story::Story;

    #[test]
    fn what_is_acknowledged_was_logged_at_that_place() {
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .logged(0, "log", 1, "a")
            .acknowledged(0, "a", "log", 1);
        story.learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .acknowledged(0, "a", "log", 1)
            .logged(0, "log", 1, "a");
        story.learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), ["I2"]);

        for (log, position) in [("other", 1), ("log", 2)] {
            let mut story = Story::of_two();
            story
                .wrote(0, "a", 1)
                .logged(0, "log", 1, "a")
                .acknowledged(0, "a", log, position);
            story.learnt(1, &["a"]).rests();
            assert_eq!(story.broken(), ["I2"]);
        }
    }

    #[test]
    fn what_was_acknowledged_is_there_unless_the_disk_was_taken() {
        let lost = |trouble: &str| {
            let mut story = Story::of_two();
            story
                .typed(0, "a", |_| ())
                .logged(0, "log", 1, "a")
                .acknowledged(0, "a", "log", 1);
            story
                .trouble_of_relay(0, trouble)
                .forgot(0, &["a"], "crash")
                .rests();
            story.broken()
        };
        assert!(lost("crash").contains(&"I2".to_owned()));
        assert!(lost("sync-fails").contains(&"I2".to_owned()));
        for taken in ["lose-memory", "rots", "repaired", "moved-away"] {
            assert_eq!(lost(taken), [""; 0], "{taken}");
        }
    }

    #[test]
    fn an_acknowledgement_can_be_on_its_way_while_the_disk_is_taken() {
        let lost = |taken_first: bool| {
            let mut story = Story::of_two();
            if taken_first {
                story.trouble_of_relay(0, "lose-memory").wait(1);
            }
            story.typed(1, "a", |_| ()).logged(0, "log", 1, "a").wait(5);
            if !taken_first {
                story.trouble_of_relay(0, "lose-memory").wait(5);
            }
            story.acknowledged(1, "a", "log", 1);
            story.forgot(1, &["a"], "crash").rests().broken()
        };
        assert_eq!(lost(false), [""; 0]);
        assert!(lost(true).contains(&"I2".to_owned()));
    }

    #[test]
    fn what_was_acknowledged_is_kept_by_a_log_that_nobody_uses_any_more() {
        let lost = |goes_to: Option<u16>, log_lives: bool| {
            let mut story = Story::of_two();
            story.plan.relays = 2;
            story.moves(1, 1).joined(1, 1);
            story.logged(1, "other", 1, "genesis");
            story.trouble(1, "backup").typed(1, "a", |_| ());
            story.logged(1, "other", 2, "a");
            story.acknowledged(1, "a", "other", 2).wait(10);
            if !log_lives {
                story.logged(1, "third", 1, "genesis");
            }
            if goes_to.is_some() {
                story.trouble(1, "restore").forgot(1, &["a"], "restored");
            } else {
                story.trouble(1, "lose-memory");
                story.forgot(1, &["genesis", "a"], "lost");
            }
            story.trouble(1, "start");
            if goes_to != Some(1) {
                story.wait(1).trouble(1, "move");
            }
            if let Some(relay) = goes_to {
                story.joined(1, relay);
            }
            story.rests().broken()
        };
        let i2 = "I2".to_owned();
        assert_eq!(lost(Some(0), true), [""; 0]);
        assert!(!lost(None, true).contains(&i2));
        assert!(lost(Some(0), false).contains(&i2));
        assert!(lost(Some(1), true).contains(&i2));
    }
}
