//! `I11`, log shape: a file is a valid beginning and at most one damaged tail behind what was synced.
//!
//! When a process opens a log or a journal of which no byte changed by itself, it uses every record that was synced there, or
//! more, and does not call the file damaged. A backup that was made after bytes changed brings them back. A crash may tear only what was not synced, and that is found torn, not damaged.

use std::collections::BTreeSet;

use spotter_sim_plan::{Event, Happened, Whose};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct LogShape {
    /// Whose bytes changed by themselves, and whose did before their backup was made.
    rotten: BTreeSet<Whose>,
    rotten_backups: BTreeSet<Whose>,
}

impl<'a> Invariant<'a> for LogShape {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        if let Happened::Trouble { whose, what } = &event.what {
            self.trouble(*whose, what);
        }
        let Happened::Opened {
            whose,
            found,
            records,
            synced,
            rotten,
        } = &event.what
        else {
            return;
        };
        let is_rotten = *rotten || self.rotten.contains(whose);
        if matches!(whose, Whose::Device(_)) && found != "damaged" {
            // It was read as a whole, and what is left of it is sound.
            self.rotten.remove(whose);
        }
        if is_rotten {
            return;
        }
        if found == "damaged" {
            report.add("I11", event.at, &[number], || {
                format!(
                    "{} calls its file damaged, and no byte changed by itself",
                    owner(past, *whose)
                )
            });
        } else if records < synced {
            report.add("I11", event.at, &[number], || {
                format!(
                    "{} uses {records} records of {synced} that were synced",
                    owner(past, *whose)
                )
            });
        }
    }
}

impl LogShape {
    fn trouble(&mut self, whose: Whose, what: &str) {
        let copied = |from: &BTreeSet<Whose>, to: &mut BTreeSet<Whose>| {
            if from.contains(&whose) {
                to.insert(whose);
            } else {
                to.remove(&whose);
            }
        };
        match what {
            "rots" => drop(self.rotten.insert(whose)),
            "lose-memory" => drop(self.rotten.remove(&whose)),
            "backup" => copied(&self.rotten, &mut self.rotten_backups),
            "restore" => copied(&self.rotten_backups, &mut self.rotten),
            _ => {}
        }
    }
}

/// Whose file it is, for people.
pub(super) fn owner(past: &Past<'_>, whose: Whose) -> String {
    match whose {
        Whose::Device(device) => past.called(device).to_owned(),
        Whose::Relay(relay) => format!("relay {}", relay.0),
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{DeviceNumber, Happened, RelayNumber, Rot, Whose};

    use crate::story::Story;

    #[test]
    fn what_was_synced_is_used() {
        let opened = |found: &str, records, rotten| {
            let mut story = Story::of_two();
            story.tell(Happened::Opened {
                whose: Whose::Relay(RelayNumber(0)),
                found: found.to_owned(),
                records,
                synced: 5,
                rotten,
            });
            story.rests().broken()
        };
        for (found, records) in [("clean", 5), ("torn", 5), ("torn", 6), ("clean", 7)] {
            assert_eq!(opened(found, records, false), [""; 0]);
        }
        for (found, records) in [("clean", 4), ("torn", 4), ("none", 0), ("damaged", 5)] {
            assert_eq!(opened(found, records, false), ["I11"], "{found} {records}");
        }
    }

    #[test]
    fn a_journal_that_was_read_after_bytes_changed_is_sound_from_then_on() {
        let damaged_later = |found_first: &str| {
            let mut story = Story::of_two();
            story.rots(0, Rot::Bit).trouble(0, "crash");
            story.opened(0, found_first, 1, 2).wait(10);
            story.trouble(0, "crash").tell(Happened::Opened {
                whose: Whose::Device(DeviceNumber(0)),
                found: "damaged".to_owned(),
                records: 0,
                synced: 2,
                rotten: false,
            });
            story.rests().broken().contains(&"I11".to_owned())
        };
        assert!(damaged_later("torn"));
        assert!(!damaged_later("damaged"));
    }

    #[test]
    fn a_backup_of_rotten_bytes_brings_them_back() {
        let restored = |trouble: [&str; 3]| {
            let mut story = Story::of_two();
            for what in trouble {
                story.trouble_of_relay(0, what);
            }
            story.tell(Happened::Opened {
                whose: Whose::Relay(RelayNumber(0)),
                found: "damaged".to_owned(),
                records: 0,
                synced: 5,
                rotten: false,
            });
            story.rests().broken().contains(&"I11".to_owned())
        };
        assert!(!restored(["rots", "backup", "restore"]));
        assert!(restored(["backup", "rots", "restore"]));
    }
}
