//! What a trace says, gathered: who holds what in the end, what was acknowledged, counted, refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Event, Happened};

/// What a trace says, as far as expectations ask.
#[derive(Default)]
pub(super) struct Story<'a> {
    /// The writes that each device holds at this point of the trace.
    pub(super) holds: BTreeMap<DeviceNumber, BTreeSet<&'a str>>,
    written: BTreeSet<&'a str>,
    pub(super) acknowledged: BTreeSet<&'a str>,
    pub(super) saved: BTreeSet<&'a str>,
    pub(super) rests: BTreeMap<DeviceNumber, Rest<'a>>,
    pub(super) said_resync: BTreeSet<DeviceNumber>,
    pub(super) in_sync: BTreeMap<DeviceNumber, bool>,
    pub(super) logs: BTreeSet<&'a str>,
    logged: BTreeMap<(&'a str, &'a str), u64>,
    pub(super) opened: BTreeMap<&'a str, u64>,
    pub(super) happened: BTreeMap<&'a str, u64>,
    pub(super) faults: Vec<&'a str>,
    pub(super) not_written: u64,
    pub(super) refused: u64,
    pub(super) hashed: u64,
    pub(super) attacked: u64,
}

/// A device at the end.
pub(super) struct Rest<'a> {
    pub(super) heads: &'a [String],
    pub(super) state: &'a str,
    pub(super) registers: &'a BTreeMap<String, Value>,
    pub(super) conflicts: u64,
}

impl<'a> Story<'a> {
    pub(super) fn of(trace: &'a [Event]) -> Self {
        let mut story = Self::default();
        for event in trace {
            story.hear(&event.what);
        }
        story
    }

    fn hear(&mut self, what: &'a Happened) {
        match what {
            Happened::Wrote { device, write } => {
                self.written.insert(&write.name);
                self.holds.entry(*device).or_default().insert(&write.name);
            }
            Happened::Learnt { device, writes } => {
                let names = writes.iter().map(String::as_str);
                self.holds.entry(*device).or_default().extend(names);
            }
            Happened::Forgot { device, writes, .. } => {
                let holds = self.holds.entry(*device).or_default();
                holds.retain(|held| !writes.iter().any(|gone| gone == held));
            }
            Happened::NotWritten { nothing_new, .. } => {
                self.not_written += u64::from(!nothing_new);
            }
            Happened::Saved { write, .. } => drop(self.saved.insert(write)),
            Happened::Acknowledged { write, log, .. } => {
                self.acknowledged.insert(write);
                self.logs.insert(log);
            }
            Happened::Refused { .. } => self.refused += 1,
            Happened::Status {
                device,
                in_sync,
                need_resync,
                ..
            } => {
                self.in_sync.insert(*device, *in_sync);
                if *need_resync {
                    self.said_resync.insert(*device);
                }
            }
            Happened::Logged { log, write, .. } => {
                self.logs.insert(log);
                *self.logged.entry((log, write)).or_default() += 1;
            }
            Happened::Opened { found, .. } => *self.opened.entry(found).or_default() += 1,
            Happened::Attacked { .. } => self.attacked += 1,
            Happened::Hashed { .. } => self.hashed += 1,
            Happened::Trouble { what, .. } => *self.happened.entry(what).or_default() += 1,
            Happened::Traffic { befell, .. } => {
                for (name, count) in befell.by_name() {
                    *self.happened.entry(name).or_default() += count;
                }
            }
            Happened::Fault { what, .. } => self.faults.push(what),
            Happened::Rests {
                device,
                heads,
                state,
                registers,
                conflicts,
            } => {
                let rest = Rest {
                    heads,
                    state,
                    registers,
                    conflicts: *conflicts,
                };
                self.rests.insert(*device, rest);
            }
            Happened::Began { .. }
            | Happened::Shows { .. }
            | Happened::Joined { .. }
            | Happened::SessionEnded { .. }
            | Happened::Left { .. }
            | Happened::ClockRead { .. }
            | Happened::Holds { .. }
            | Happened::Calm
            | Happened::Disk { .. }
            | Happened::Ended { .. } => {}
        }
    }

    /// How many of some writes are missing at one of these devices.
    pub(super) fn missing(&self, writes: &BTreeSet<&str>, at: &[DeviceNumber]) -> u64 {
        let nothing = BTreeSet::new();
        let everywhere = |write: &&&str| {
            at.iter().all(|device| {
                let held = self.holds.get(device).unwrap_or(&nothing);
                held.contains(**write)
            })
        };
        count(writes.iter().filter(|write| !everywhere(write)).count())
    }

    /// How many stored changes nobody has written.
    pub(super) fn strangers(&self) -> u64 {
        let strange = |(_, write): &&(&str, &str)| !self.written.contains(write);
        count(self.logged.keys().filter(strange).count())
    }

    /// How often something was stored that was there already.
    pub(super) fn logged_twice(&self) -> u64 {
        self.logged.values().map(|times| times - 1).sum()
    }
}

pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
