//! `I10`, idempotence: what arrives twice is there once.
//!
//! - The positions of a log are dense: each write gets the one behind the last, from 1. A log goes back only where its disk
//!   did: to the length it had at the backup that was restored, to nothing with lost memory, and once anywhere after
//!   bytes changed by themselves.
//!   What a copy that was put back holds may be told again as found on the disk, at the positions where it is.
//! - A log never holds a write twice.
//! - A device never takes in a write that it holds.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use spotter_sim_plan::{Event, Happened, RelayNumber, Whose};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Idempotence<'a> {
    disks: BTreeMap<RelayNumber, Disk<'a>>,
}

/// The log on a relay's disk.
#[derive(Debug, Default)]
struct Disk<'a> {
    log: Log<'a>,
    backup: Log<'a>,
}

#[derive(Clone, Debug, Default)]
struct Log<'a> {
    name: &'a str,
    /// Whether bytes of it changed since the relay last wrote behind what it read; a backup keeps that with the bytes.
    may_have_shrunk: bool,
    writes: Vec<&'a str>,
    there: FxHashSet<&'a str>,
}

impl<'a> Invariant<'a> for Idempotence<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let at = event.at;
        if let Happened::Logged {
            relay,
            log,
            position,
            write,
            found,
            ..
        } = &event.what
        {
            let disk = self.disks.entry(*relay).or_default();
            let is_known = *found && disk.has(log, *position, write);
            if !is_known && let Some(words) = disk.logged(log, *position, write) {
                report.add("I10", at, &[number], || {
                    format!("relay {} {words}", relay.0)
                });
            }
        }
        if let Happened::Trouble {
            whose: Whose::Relay(relay),
            what,
        } = &event.what
        {
            self.disks.entry(*relay).or_default().trouble(what);
        }
        if let Happened::Learnt { device, writes } = &event.what {
            let twice = |(at, name): &(usize, &String)| {
                past.holds(*device, name) || writes[..*at].contains(name)
            };
            for (_, name) in writes.iter().enumerate().filter(twice) {
                report.add("I10", at, &[number], || {
                    format!("{} took in {name}, which it held", past.called(*device))
                });
            }
        }
    }
}

impl<'a> Disk<'a> {
    /// Whether this write is known to be there.
    fn has(&self, log: &str, position: u64, write: &str) -> bool {
        let place = position
            .checked_sub(1)
            .and_then(|at| usize::try_from(at).ok());
        let there = place.and_then(|place| self.log.writes.get(place));
        self.log.name == log && there == Some(&write)
    }

    /// Takes in what was logged, and says what is wrong with it.
    fn logged(&mut self, log: &'a str, position: u64, write: &'a str) -> Option<String> {
        if self.log.name != log {
            self.log = Log {
                name: log,
                ..Log::default()
            };
        }
        let last = self.log.writes.len() as u64;
        if self.log.may_have_shrunk && (1..=last).contains(&position) {
            self.log.cut(position - 1);
            self.log.may_have_shrunk = false;
        }
        let last = self.log.writes.len() as u64;
        let twice = !self.log.there.insert(write);
        self.log.writes.push(write);
        if position != last + 1 {
            return Some(format!("logged {write} at {position}, behind {last}"));
        }
        twice.then(|| format!("logged {write} again"))
    }

    fn trouble(&mut self, what: &str) {
        match what {
            "backup" => self.backup = self.log.clone(),
            "restore" => self.log = self.backup.clone(),
            "lose-memory" => self.log = Log::default(),
            "rots" => self.log.may_have_shrunk = true,
            _ => {}
        }
    }
}

impl Log<'_> {
    fn cut(&mut self, to: u64) {
        let to = usize::try_from(to).unwrap_or(usize::MAX);
        for gone in self.writes.drain(to.min(self.writes.len())..) {
            self.there.remove(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{DeviceNumber, Happened, RelayNumber};

    use crate::story::Story;

    fn written() -> Story {
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .wrote(0, "b", 2)
            .learnt(1, &["a", "b"])
            .logged(0, "log", 1, "genesis");
        story
    }

    #[test]
    fn positions_are_dense() {
        let mut story = written();
        story
            .logged(0, "log", 2, "a")
            .logged(0, "log", 3, "b")
            .rests();
        assert_eq!(story.broken(), [""; 0]);
        let mut story = written();
        story
            .logged(0, "log", 2, "a")
            .logged(0, "log", 4, "b")
            .rests();
        assert_eq!(story.broken(), ["I10"]);
    }

    #[test]
    fn a_log_holds_a_write_once() {
        let mut story = written();
        story
            .logged(0, "log", 2, "a")
            .logged(0, "log", 3, "b")
            .logged(0, "log", 4, "a")
            .rests();
        assert_eq!(story.broken(), ["I10"]);
        let mut story = written();
        story
            .logged(0, "log", 2, "a")
            .logged(0, "log", 3, "b")
            .trouble_of_relay(0, "lose-memory");
        story
            .logged(0, "log-2", 1, "a")
            .logged(0, "log-2", 2, "b")
            .logged(0, "log-2", 3, "genesis")
            .rests();
        assert_eq!(story.broken(), [""; 0]);
    }

    #[test]
    fn a_log_goes_back_only_with_its_disk() {
        let again = |trouble: &str| {
            let mut story = written();
            story
                .trouble_of_relay(0, "backup")
                .logged(0, "log", 2, "a")
                .trouble_of_relay(0, trouble);
            story
                .logged(0, "log", 2, "a")
                .logged(0, "log", 3, "b")
                .rests();
            story.broken()
        };
        assert_eq!(again("restore"), [""; 0]);
        assert_eq!(again("crash"), ["I10"]);
        assert_eq!(again("rots"), [""; 0]);
    }

    #[test]
    fn a_backup_of_bytes_that_changed_may_be_shorter_than_what_was_logged() {
        let twice_cut = |rotten: bool| {
            let mut story = written();
            story.logged(0, "log", 2, "a");
            if rotten {
                story.trouble_of_relay(0, "rots");
            }
            story
                .trouble_of_relay(0, "backup")
                .logged(0, "log", 3, "b")
                .trouble_of_relay(0, "restore");
            story
                .logged(0, "log", 2, "a")
                .logged(0, "log", 3, "b")
                .rests();
            story.broken()
        };
        assert_eq!(twice_cut(true), [""; 0]);
        assert_eq!(twice_cut(false), ["I10"]);
    }

    #[test]
    fn what_a_copy_holds_may_be_told_again_where_it_is() {
        let found_at = |position: u64, found: bool| {
            let mut story = written();
            story.logged(0, "log", 2, "a").tell(Happened::Logged {
                relay: RelayNumber(0),
                log: "log".to_owned(),
                position,
                write: "a".to_owned(),
                session: "session-0".to_owned(),
                found,
            });
            story.rests().broken()
        };
        assert_eq!(found_at(2, true), [""; 0]);
        assert_eq!(found_at(2, false), ["I10"]);
        assert_eq!(found_at(3, true), ["I10"]);
    }

    #[test]
    fn a_device_takes_in_a_write_once() {
        let mut story = written();
        story.tell(Happened::Learnt {
            device: DeviceNumber(1),
            writes: vec!["a".to_owned()],
        });
        story.rests();
        assert_eq!(story.broken(), ["I10"]);
    }
}
