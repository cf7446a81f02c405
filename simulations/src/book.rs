//! What the world knows of writes and registers: how the plan names them, and which change is which write.

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::{Change, ChangeHash, EntryName, Meet, Path};
use spotter_relay_protocol::LogId;
use spotter_sim_plan::{Doing, EditNumber, Plan, Write};

/// The registers of a plan and the writes of a world.
pub(crate) struct Book {
    /// Every register that the plan names.
    registers: BTreeMap<String, Path>,
    /// Those that lie in an entry, by its id.
    by_entry: BTreeMap<i64, Vec<String>>,
    writes: BTreeMap<ChangeHash, Known>,
    /// Changes that nobody of the plan wrote.
    foreign: BTreeSet<ChangeHash>,
    /// The logs, as relays reported them durable.
    logs: BTreeMap<(usize, LogId), Vec<ChangeHash>>,
    /// Where they end on the disk, as far as is known; before the last of the above once an older copy was put back.
    ends: BTreeMap<(usize, LogId), u64>,
}

/// A write.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) device: usize,
    pub(crate) edit: Option<EditNumber>,
    pub(crate) registers: Vec<String>,
}

impl Book {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut book = Self {
            registers: BTreeMap::new(),
            by_entry: BTreeMap::new(),
            writes: BTreeMap::new(),
            foreign: BTreeSet::new(),
            logs: BTreeMap::new(),
            ends: BTreeMap::new(),
        };
        for register in plan.start.keys() {
            book.learn(register);
        }
        for step in &plan.steps {
            if let Doing::Edit { puts, .. } = &step.doing {
                puts.keys().for_each(|register| book.learn(register));
            }
        }
        book
    }

    fn learn(&mut self, register: &str) {
        if self.registers.contains_key(register) {
            return;
        }
        let Some(path) = path_of(register) else {
            return;
        };
        if let Some(id) = entry_of(&path) {
            self.by_entry
                .entry(id)
                .or_default()
                .push(register.to_owned());
        }
        self.registers.insert(register.to_owned(), path);
    }

    /// The path of a register that the plan names.
    pub(crate) fn path(&self, register: &str) -> Option<&Path> {
        self.registers.get(register)
    }

    /// All registers that the plan names.
    pub(crate) fn registers(&self) -> impl Iterator<Item = (&String, &Path)> {
        self.registers.iter()
    }

    /// The registers that the plan names in an entry.
    pub(crate) fn of_entry(&self, id: i64) -> &[String] {
        self.by_entry
            .get(&id)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    pub(crate) fn write(&self, hash: &ChangeHash) -> Option<&Known> {
        self.writes.get(hash)
    }

    pub(crate) fn knows(&self, hash: &ChangeHash) -> bool {
        self.writes.contains_key(hash) || self.foreign.contains(hash)
    }

    pub(crate) fn note(&mut self, hash: ChangeHash, known: Known) {
        self.writes.insert(hash, known);
    }

    pub(crate) fn note_foreign(&mut self, hash: ChangeHash) {
        self.foreign.insert(hash);
    }

    /// Which of some registers changes gave which values, of those that a meet shows.
    pub(crate) fn written(
        &self,
        meet: &mut Meet,
        candidates: &[String],
        written: &[ChangeHash],
    ) -> BTreeMap<ChangeHash, Write> {
        // A change that a register shows wrote that register's key, and what a register shows takes much longer to find out.
        let changes = written.iter().filter_map(|hash| meet.change(hash));
        let changes: Vec<Change> = changes.collect();
        let ops = changes.iter().flat_map(Change::ops);
        let keys: BTreeSet<&str> = ops.map(|op| op.key.as_str()).collect();
        let mut writes: BTreeMap<ChangeHash, Write> = BTreeMap::new();
        for register in candidates {
            let path = self.path(register);
            let Some(path) = path.filter(|path| keys.contains(path.key())) else {
                continue;
            };
            let Ok(shown) = meet.get(path) else { continue };
            let held = shown.held;
            if !written.contains(&held.change) {
                continue;
            }
            let counter = u64::from(held.write.counter);
            let write = writes.entry(held.change).or_insert_with(|| Write {
                name: held.change.to_string(),
                edit: None,
                location: held.author.location.as_str().to_owned(),
                priority: held.author.priority.get(),
                counter,
                counters: BTreeMap::new(),
                actor: held.write.actor.to_string(),
                puts: BTreeMap::new(),
                unseen: Vec::new(),
            });
            write.counters.insert(register.clone(), counter);
            let value = held.value.unwrap_or(serde_json::Value::Null);
            write.puts.insert(register.clone(), value);
        }
        for write in writes.values_mut() {
            write.counter = write.counters.values().copied().min().unwrap_or(0);
            let least = write.counter;
            write.counters.retain(|_, counter| *counter != least);
        }
        writes
    }

    /// Notes what became durable, and the position before it.
    pub(crate) fn log(&mut self, relay: usize, log: LogId, after: u64, hashes: &[ChangeHash]) {
        let known = self.logs.entry((relay, log)).or_default();
        known.truncate(usize::try_from(after).unwrap_or(usize::MAX));
        known.extend(hashes);
        let end = known.len() as u64;
        self.ends.insert((relay, log), end);
    }

    /// A log was found to be so long; an older copy of it may have been put back.
    pub(crate) fn found(&mut self, relay: usize, log: LogId, end: u64) {
        let known = self.ends.entry((relay, log)).or_default();
        *known = end.min(*known);
    }

    /// How many changes of a log are known to be durable.
    pub(crate) fn log_end(&self, relay: usize, log: LogId) -> u64 {
        self.ends.get(&(relay, log)).copied().unwrap_or(0)
    }

    /// The change at a position, from 1.
    pub(crate) fn at(&self, relay: usize, log: LogId, position: u64) -> Option<ChangeHash> {
        let log = self.logs.get(&(relay, log))?;
        let place = usize::try_from(position.checked_sub(1)?).ok()?;
        log.get(place).copied()
    }
}

/// The register as the meet names it. What is no register of a meet becomes a field of its own.
fn path_of(register: &str) -> Option<Path> {
    register.parse().or_else(|_| Path::meet(register)).ok()
}

/// The id of the entry that a path lies in.
pub(crate) fn entry_of(path: &Path) -> Option<i64> {
    match path.entry_name()? {
        EntryName::Id(id) => Some(*id),
        EntryName::Key(_) => None,
    }
}
