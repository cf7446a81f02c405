//! Who wrote what, having seen what: the writes of every register in the order of the replay.
//!
//! The order is kept for all writes of the world at once. A write has no successors when it is written, so it finds its
//! place (before the first write behind its last pred that outranks it, else at the end) and moves no other. What a device
//! shows is therefore the last of this order among the writes it holds: leaving out writes together with whatever had seen
//! them does not change the order of the rest. `definition` says the same as the page on resolution does, and a test
//! holds the two together.
//!
//! An entry that is written where it is not known is added by that. Devices that add the same one without knowing of each
//! other make two of it, and what is written of it afterwards concerns the one that its author knew. A person who knows
//! both cannot write either by its id.

use rustc_hash::FxHashMap;
use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, EditNumber, Write};

use super::Holding;
use super::holding::Seen;
use crate::value::same;

/// A write of the world, by the order in which they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WriteId(pub(crate) u32);

/// One register's part of a write, numbered through the world in the order of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PutId(pub(crate) u32);

/// A register, by the order in which they were first written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RegisterId(pub(crate) u32);

/// What the name of a register means on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// Nothing of it was written there.
    Unwritten,
    /// This register.
    Register(RegisterId),
    /// That of any of several entries with the same id, which were added where nobody knew of the others.
    Ambiguous,
}

/// A write and its circumstances.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    /// As the trace has it.
    pub(crate) write: &'a Write,
    /// Who wrote it.
    pub(crate) by: DeviceNumber,
    /// When.
    pub(crate) at: u64,
    /// The event.
    pub(crate) event: usize,
    /// The highest counter in it.
    pub(crate) highest: u64,
    seen: Seen,
    first_put: u32,
    end_put: u32,
}

/// One register's part of a write.
#[derive(Debug)]
pub(crate) struct Put<'a> {
    /// The write it is part of.
    pub(crate) write: WriteId,
    /// Which register.
    pub(crate) register: RegisterId,
    /// What it says.
    pub(crate) value: &'a Value,
    /// What it replaces: the writes of the register that its author held and nothing held there had replaced.
    pub(crate) preds: Vec<PutId>,
    counter: u64,
    place: u32,
}

/// All writes so far.
#[derive(Debug, Default)]
pub(crate) struct History<'a> {
    names: FxHashMap<&'a str, WriteId>,
    writes: Vec<Written<'a>>,
    puts: Vec<Put<'a>>,
    registers: FxHashMap<(&'a str, Option<WriteId>), RegisterId>,
    /// The writes that added each entry. More than one: devices added it without knowing of each other.
    added: FxHashMap<&'a str, Vec<WriteId>>,
    splits_entries: bool,
    register_names: Vec<&'a str>,
    orders: Vec<Vec<PutId>>,
}

impl<'a> History<'a> {
    /// From now on an entry that is added twice is two entries, each with registers of its own.
    pub(crate) fn split_entries(&mut self) {
        self.splits_entries = true;
    }

    /// Takes in a write of a device that had seen `seen` when it wrote and does not hold the write yet. `None` if the name is taken.
    pub(crate) fn add(
        &mut self,
        by: DeviceNumber,
        at: u64,
        event: usize,
        write: &'a Write,
        seen: &Holding,
    ) -> Option<WriteId> {
        let id = WriteId(number(self.writes.len()));
        if self.names.contains_key(write.name.as_str()) {
            return None;
        }
        self.names.insert(&write.name, id);
        let first_put = number(self.puts.len());
        let mut highest = write.counter;
        for (name, value) in &write.puts {
            let counter = write.counters.get(name).copied().unwrap_or(write.counter);
            highest = highest.max(counter);
            let entry = self.entry_written(name, id, seen);
            let register = self.register_or_new(name, entry);
            let put = PutId(number(self.puts.len()));
            self.puts.push(Put {
                write: id,
                register,
                value,
                preds: seen.unreplaced(register).to_vec(),
                counter,
                place: 0,
            });
            self.writes_place(put, write);
        }
        self.writes.push(Written {
            write,
            by,
            at,
            event,
            highest,
            seen: seen.writes().as_seen(),
            first_put,
            end_put: number(self.puts.len()),
        });
        Some(id)
    }

    /// The write of a name.
    pub(crate) fn find(&self, name: &str) -> Option<WriteId> {
        self.names.get(name).copied()
    }

    /// A write.
    pub(crate) fn write(&self, id: WriteId) -> &Written<'a> {
        &self.writes[id.0 as usize]
    }

    /// Every write.
    pub(crate) fn writes(&self) -> impl Iterator<Item = (WriteId, &Written<'a>)> {
        let numbered = self.writes.iter().enumerate();
        numbered.map(|(at, written)| (WriteId(number(at)), written))
    }

    /// The writes of a time, which is not before that of any write.
    pub(crate) fn written_at(&self, now: u64) -> impl Iterator<Item = (WriteId, &Written<'a>)> {
        let numbered = self.writes.iter().enumerate().rev();
        let newest = numbered.take_while(move |(_, written)| written.at == now);
        newest.map(|(at, written)| (WriteId(number(at)), written))
    }

    /// How many writes there are.
    pub(crate) fn len(&self) -> usize {
        self.writes.len()
    }

    /// The parts of a write.
    pub(crate) fn puts(&self, id: WriteId) -> impl Iterator<Item = PutId> + use<> {
        let written = self.write(id);
        (written.first_put..written.end_put).map(PutId)
    }

    /// A part of a write.
    pub(crate) fn put(&self, id: PutId) -> &Put<'a> {
        &self.puts[id.0 as usize]
    }

    /// The write that a part belongs to.
    pub(crate) fn write_of(&self, id: PutId) -> &Written<'a> {
        self.write(self.put(id).write)
    }

    /// The last write of an edit on a device.
    pub(crate) fn last_of(&self, edit: EditNumber, by: DeviceNumber) -> Option<WriteId> {
        let same = |written: &Written<'_>| written.write.edit == Some(edit) && written.by == by;
        let found = self.writes.iter().rposition(same)?;
        Some(WriteId(number(found)))
    }

    /// Whether a write was made again: its edit was written later by another actor and says all of it. The other writes of an edit that
    /// was made in several are of the same actor.
    pub(crate) fn is_made_again(&self, write: WriteId) -> bool {
        let first = self.write(write).write;
        let says = |other: &Write| {
            first.puts.iter().all(|(register, value)| {
                let again = other.puts.get(register);
                again.is_some_and(|again| same(again, value))
            })
        };
        let mut later = self.writes.iter().skip(write.0 as usize + 1);
        first.edit.is_some()
            && later.any(|Written { write: other, .. }| {
                other.edit == first.edit && other.actor != first.actor && says(other)
            })
    }

    /// The register that a name means where these writes are held.
    pub(crate) fn meant(&self, name: &str, held: &Holding) -> Meant {
        let Some(added) = entry_of(name).and_then(|entry| self.added.get(entry)) else {
            let found = self.registers.get(&(name, None));
            return found.map_or(Meant::Unwritten, |found| Meant::Register(*found));
        };
        let mut added = added.iter().filter(|write| held.has(**write));
        match (added.next(), added.next()) {
            (None, _) => Meant::Unwritten,
            (Some(_), Some(_)) => Meant::Ambiguous,
            (Some(entry), None) => {
                let found = self.registers.get(&(name, Some(*entry)));
                found.map_or(Meant::Unwritten, |found| Meant::Register(*found))
            }
        }
    }

    /// Whether an entry was added where these writes are held.
    pub(crate) fn knows(&self, entry: &str, held: &Holding) -> bool {
        let added = self.added.get(entry);
        added.is_some_and(|added| added.iter().any(|write| held.has(*write)))
    }

    /// How many entries were added more than once.
    pub(crate) fn added_twice(&self) -> usize {
        let entries = self.register_names.iter().filter_map(|name| entry_of(name));
        let entries: std::collections::BTreeSet<&str> = entries.collect();
        let twice = |entry: &&&str| self.added.get(**entry).is_some_and(|added| added.len() > 1);
        entries.iter().filter(twice).count()
    }

    /// What a register is called.
    pub(crate) fn name(&self, register: RegisterId) -> &'a str {
        self.register_names[register.0 as usize]
    }

    /// Every register of which something was written.
    pub(crate) fn registers(&self) -> impl Iterator<Item = RegisterId> + use<> {
        (0..number(self.orders.len())).map(RegisterId)
    }

    /// The writes of a register in the order of the replay.
    pub(crate) fn order(&self, register: RegisterId) -> &[PutId] {
        &self.orders[register.0 as usize]
    }

    /// Whether one write of a register is replayed behind another.
    pub(crate) fn is_behind(&self, one: PutId, other: PutId) -> bool {
        self.put(one).place > self.put(other).place
    }

    /// Whether the author of one write held another when writing it.
    pub(crate) fn had_seen_write(&self, later: WriteId, earlier: WriteId) -> bool {
        self.write(later).seen.has(earlier)
    }

    /// The same of two writes of a register.
    pub(crate) fn had_seen(&self, later: PutId, earlier: PutId) -> bool {
        self.had_seen_write(self.put(later).write, self.put(earlier).write)
    }

    /// Whether neither author had seen the other's write of the same register.
    pub(crate) fn are_rivals(&self, one: PutId, other: PutId) -> bool {
        one != other && !self.had_seen(one, other) && !self.had_seen(other, one)
    }

    /// The write that added the entry of a register, which may be this one; none for a register of no entry.
    fn entry_written(&mut self, name: &'a str, write: WriteId, seen: &Holding) -> Option<WriteId> {
        let entry = entry_of(name).filter(|_| self.splits_entries)?;
        let added = self.added.entry(entry).or_default();
        let known = added
            .iter()
            .find(|known| seen.has(**known) || **known == write);
        if let Some(known) = known {
            return Some(*known);
        }
        added.push(write);
        Some(write)
    }

    fn register_or_new(&mut self, name: &'a str, entry: Option<WriteId>) -> RegisterId {
        let next = RegisterId(number(self.orders.len()));
        let id = *self.registers.entry((name, entry)).or_insert(next);
        if id == next {
            self.orders.push(Vec::new());
            self.register_names.push(name);
        }
        id
    }

    fn writes_place(&mut self, put: PutId, write: &Write) {
        let Put {
            register,
            preds,
            counter,
            ..
        } = self.put(put);
        let rank = (write.priority, *counter, write.actor.as_str());
        let behind = preds.iter().map(|pred| self.put(*pred).place as usize + 1);
        let behind = behind.max().unwrap_or(0);
        let order = &self.orders[register.0 as usize];
        let outranking = order[behind..].iter().position(|other| {
            let theirs = self.write_of(*other).write;
            (
                theirs.priority,
                self.put(*other).counter,
                theirs.actor.as_str(),
            ) > rank
        });
        let place = outranking.map_or(order.len(), |after| behind + after);
        let register = register.0 as usize;
        self.orders[register].insert(place, put);
        for at in place..self.orders[register].len() {
            let moved = self.orders[register][at];
            self.puts[moved.0 as usize].place = number(at);
        }
    }
}

/// The entry that a register lies in, as registers begin that do: `entries.5003`.
pub(crate) fn entry_of(register: &str) -> Option<&str> {
    let id = register.strip_prefix("entries.")?;
    let end = id.find('.')?;
    Some(&register[.."entries.".len() + end])
}

/// A count as it is stored. A trace that does not fit is larger than any memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
