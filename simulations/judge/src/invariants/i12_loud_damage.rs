//! `I12`, loud damage: bytes that changed before the durable mark are never silently skipped.
//!
//! When a process opens a log or a journal of which bytes changed by themselves, it either calls the file damaged, or uses every
//! record that was synced there, except those of the last sync: no later line has vouched for them, and damage there cannot
//! be told from a torn tail. If bytes changed more than once, the line that vouches may itself be spoilt, and as many of the last
//! syncs may be missing. For a relay a sync is what it logged in one millisecond; how much a device synced when the trace does not
//! tell, so that of devices only a loss without any record left is judged.
//!
//! A file that was cut short cleanly cannot be told from one that is shorter: nothing is asked for where the plan cuts. That
//! such a loss is made good by those who remember is judged by I2 and I3.

use std::collections::BTreeMap;

use spotter_sim_plan::{Doing, Event, Happened, RelayNumber, Rot, Whose};

use super::Invariant;
use super::i11_log_shape::owner;
use crate::finding::Report;
use crate::past::{Device, Past};

/// The check.
#[derive(Debug, Default)]
pub(crate) struct LoudDamage {
    /// What each relay logged, as far as its lines vouch for each other.
    logs: BTreeMap<RelayNumber, Log>,
    /// The same, when a copy of each relay's disk was put away.
    backups: BTreeMap<RelayNumber, Log>,
}

/// The syncs of a log, and how often bytes of it changed since it was last read and found sound.
#[derive(Clone, Debug, Default)]
struct Log {
    /// When each was, and how many writes came with it.
    syncs: Vec<(u64, u64)>,
    changes: usize,
}

impl Log {
    fn logged(&mut self, at: u64) {
        match self.syncs.last_mut() {
            Some((last, count)) if *last == at => *count += 1,
            Some(_) | None => self.syncs.push((at, 1)),
        }
    }

    /// How many records may be missing from a file that is not called damaged: each change spoils what came with one sync, and what is
    /// spoilt vouches for nothing.
    fn unguarded(&self) -> u64 {
        let last = self.syncs.iter().rev().take(self.changes.max(1));
        last.map(|(_, count)| count).sum::<u64>().max(1)
    }
}

impl<'a> Invariant<'a> for LoudDamage {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        if let Happened::Logged { relay, .. } = &event.what {
            self.logs.entry(*relay).or_default().logged(event.at);
        }
        if let Happened::Trouble {
            whose: Whose::Relay(relay),
            what,
        } = &event.what
        {
            self.trouble(*relay, what);
        }
        let Happened::Opened {
            whose,
            found,
            records,
            synced,
            rotten: true,
        } = &event.what
        else {
            return;
        };
        let is_silent = match whose {
            Whose::Relay(relay) => {
                let unguarded = self.logs.get(relay).map_or(1, Log::unguarded);
                records + unguarded < *synced && !is_cut(past, *whose, event.at)
            }
            Whose::Device(device) => {
                let device = past.device(*device);
                *records == 0 && *synced > 0 && !device.is_some_and(Device::may_be_found_empty)
            }
        };
        if found != "damaged" && is_silent {
            report.add("I12", event.at, &[number], || {
                format!(
                    "{} uses {records} records of {synced} after bytes changed by themselves, and finds its file {found}",
                    owner(past, *whose)
                )
            });
        }
        if let Whose::Relay(relay) = whose
            && found != "damaged"
            && let Some(log) = self.logs.get_mut(relay)
        {
            // All of it was read.
            log.changes = 0;
        }
    }
}

impl LoudDamage {
    /// A copy that is put back ends with the last sync before it was made.
    fn trouble(&mut self, relay: RelayNumber, what: &str) {
        let (from, to) = match what {
            "backup" => (&self.logs, &mut self.backups),
            "restore" => (&self.backups, &mut self.logs),
            "rots" => return self.logs.entry(relay).or_default().changes += 1,
            "lose-memory" | "moved-away" => return drop(self.logs.remove(&relay)),
            _ => return,
        };
        if let Some(log) = from.get(&relay) {
            to.insert(relay, log.clone());
        }
    }
}

fn is_cut(past: &Past<'_>, of: Whose, now: u64) -> bool {
    past.plan.steps.iter().any(|step| {
        step.at <= now
            && matches!(step.doing, Doing::Rots { whose, rot: Rot::Cut, .. } if whose == of)
    })
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{Doing, Happened, RelayNumber, Rot, Step, Whose};

    use crate::story::Story;

    fn opened(found: &str, records: u64, rot: Rot) -> Vec<String> {
        let whose = Whose::Relay(RelayNumber(0));
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .wrote(0, "b", 1)
            .learnt(1, &["a", "b"]);
        story
            .logged(0, "log", 1, "genesis")
            .wait(10)
            .logged(0, "log", 2, "a")
            .logged(0, "log", 3, "b");
        story.plan.steps.push(Step {
            at: 5_010,
            doing: Doing::Rots {
                whose,
                rot,
                at_share: 0.5,
            },
        });
        story.trouble_of_relay(0, "rots");
        story.tell(Happened::Opened {
            whose,
            found: found.to_owned(),
            records,
            synced: 3,
            rotten: true,
        });
        story.rests().broken()
    }

    #[test]
    fn damage_is_told_or_nothing_is_missing() {
        assert_eq!(opened("clean", 3, Rot::Bit), [""; 0]);
        assert_eq!(opened("torn", 1, Rot::Bit), [""; 0]);
        assert_eq!(opened("torn", 0, Rot::Bit), ["I12"]);
        assert_eq!(opened("clean", 0, Rot::Bit), ["I12"]);
        assert!(!opened("damaged", 0, Rot::Bit).contains(&"I12".to_owned()));
    }

    #[test]
    fn a_journal_may_be_found_empty_only_if_it_was_synced_no_more_often_than_bits_turned_around() {
        let found_empty = |saves: u64, rots: &[Rot]| {
            let mut story = Story::of_two();
            for number in 0..saves {
                story.wrote(1, &format!("a{number}"), 1).wait(10);
            }
            for rot in rots {
                story.rots(1, *rot);
            }
            story.trouble(1, "crash").opened(1, "torn", 0, 3).rests();
            story.broken().contains(&"I12".to_owned())
        };
        assert!(!found_empty(0, &[Rot::Bit]));
        assert!(!found_empty(1, &[Rot::Bit]));
        assert!(found_empty(2, &[Rot::Bit]));
        assert!(!found_empty(2, &[Rot::Bit, Rot::Bit]));
        assert!(!found_empty(2, &[Rot::Cut]));
    }

    #[test]
    fn what_was_in_sync_was_synced() {
        let found_empty = |learns_more: bool| {
            let mut story = Story::of_two();
            story.wrote(0, "a", 1).status(1, "live", true, 0).wait(10);
            if learns_more {
                story.learnt(1, &["a"]).wait(10);
            }
            story.status(1, "live", true, 0).wait(10).rots(1, Rot::Bit);
            story.trouble(1, "crash").opened(1, "torn", 0, 3).rests();
            story.broken().contains(&"I12".to_owned())
        };
        assert!(!found_empty(false));
        assert!(found_empty(true));
    }

    #[test]
    fn a_copy_that_is_put_back_ends_with_the_last_sync_before_it_was_made() {
        let mut check = super::LoudDamage::default();
        let relay = RelayNumber(0);
        let mut log = super::Log::default();
        log.logged(5_010);
        log.logged(5_010);
        check.logs.insert(relay, log);
        check.trouble(relay, "backup");
        check.logs.entry(relay).or_default().logged(6_000);
        check.trouble(relay, "restore");
        assert_eq!(check.logs[&relay].syncs, [(5_010, 2)]);
    }

    #[test]
    fn a_line_that_is_spoilt_vouches_for_nothing() {
        let found_torn = |rots: usize, records: u64| {
            let mut story = Story::of_two();
            story.logged(0, "log", 1, "genesis").wait(10);
            for (position, name) in [(2, "a"), (3, "b")] {
                story.wrote(0, name, 1).logged(0, "log", position, name);
                story.wait(10);
            }
            for _ in 0..rots {
                story.trouble_of_relay(0, "rots");
            }
            story.tell(Happened::Opened {
                whose: Whose::Relay(RelayNumber(0)),
                found: "torn".to_owned(),
                records,
                synced: 3,
                rotten: true,
            });
            story.learnt(1, &["a", "b"]).rests();
            story.broken().contains(&"I12".to_owned())
        };
        assert!(!found_torn(1, 2));
        assert!(found_torn(1, 1));
        assert!(!found_torn(2, 1));
        assert!(found_torn(2, 0));
    }

    #[test]
    fn a_file_cut_short_cannot_be_told_from_a_shorter_one() {
        assert_eq!(opened("clean", 0, Rot::Cut), [""; 0]);
    }
}
