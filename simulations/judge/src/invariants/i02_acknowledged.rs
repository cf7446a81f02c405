//! `I2`, an acknowledgement means durable.
//!
//! - When a device is told that a relay will keep a write, that relay has logged it durably before, in that log and at that
//!   position. A disk that failed a sync is no excuse: it said so.
//! - At rest some device holds every acknowledged write, unless it was refused for good, or the disk of every relay that
//!   acknowledged it was taken, rolled back, rotten or repaired afterwards. (Whether devices may have lost it meanwhile is judged by
//!   I3, so that a loss here is excused only if nobody was left who should have had it.)

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use spotter_sim_plan::{Event, Happened, RelayNumber};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Past, WriteId};

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged<'a> {
    logged: FxHashSet<Place<'a>>,
    /// By which relay, when first, and the event of it.
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
            self.logged.insert(Place {
                relay: *relay,
                log,
                position: *position,
                write,
            });
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
        if !self.logged.contains(&place) {
            report.add("I2", event.at, &[number], || {
                let called = past.called(*device);
                format!("{called} was told that {write} is kept at {position}, and it was not on disk there")
            });
        }
        if let Some(write) = past.history.find(write) {
            let first = self.acknowledged.entry((write, *relay));
            first.or_insert((event.at, number));
        }
    }

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        for ((write, relay), (at, event)) in &self.acknowledged {
            let held = past.devices().any(|(_, device)| device.holding.has(*write));
            let kept = past
                .relay(*relay)
                .is_some_and(|relay| relay.is_untouched_since(*at));
            if held || past.refused.has(*write) || !kept {
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
}
