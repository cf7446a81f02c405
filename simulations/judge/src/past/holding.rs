//! Which writes a device holds, and so which value of every register it must show.

use smallvec::SmallVec;

use super::history::{History, PutId, RegisterId, WriteId};

/// The writes that are part of one document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holding {
    held: Writes,
    registers: Vec<Register>,
    counter: u64,
}

#[derive(Clone, Debug, Default)]
struct Register {
    stands: Option<PutId>,
    unreplaced: SmallVec<[PutId; 2]>,
}

impl Holding {
    /// Adds a write; `false` if it was there.
    pub(crate) fn add(&mut self, history: &History<'_>, write: WriteId) -> bool {
        if !self.held.add(write) {
            return false;
        }
        self.counter = self.counter.max(history.write(write).highest);
        for put in history.puts(write) {
            self.register_mut(history.put(put).register)
                .add(history, put);
        }
        true
    }

    /// Takes writes away that were there.
    pub(crate) fn remove(&mut self, history: &History<'_>, writes: &[WriteId]) {
        let mut touched = Vec::new();
        for write in writes {
            if self.held.remove(*write) {
                touched.extend(history.puts(*write).map(|put| history.put(put).register));
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for register in touched {
            let again = self.register_again(history, register);
            *self.register_mut(register) = again;
        }
        let left = self.held.iter().map(|write| history.write(write).highest);
        self.counter = left.max().unwrap_or(0);
    }

    /// Whether a write is there.
    pub(crate) fn has(&self, write: WriteId) -> bool {
        self.held.has(write)
    }

    /// The writes that are there.
    pub(crate) fn writes(&self) -> &Writes {
        &self.held
    }

    /// The highest counter of all that is there; 0 if nothing is.
    pub(crate) fn counter(&self) -> u64 {
        self.counter
    }

    /// The write that a register must show; `None` if nothing of it is there.
    pub(crate) fn stands(&self, register: RegisterId) -> Option<PutId> {
        self.registers.get(register.0 as usize)?.stands
    }

    /// The writes of a register that nothing there has replaced.
    pub(crate) fn unreplaced(&self, register: RegisterId) -> &[PutId] {
        let found = self.registers.get(register.0 as usize);
        found.map_or(&[], |register| &register.unreplaced)
    }

    fn register_mut(&mut self, register: RegisterId) -> &mut Register {
        let at = register.0 as usize;
        if self.registers.len() <= at {
            self.registers.resize_with(at + 1, Register::default);
        }
        &mut self.registers[at]
    }

    fn register_again(&self, history: &History<'_>, register: RegisterId) -> Register {
        let mut again = Register::default();
        for put in history.order(register) {
            if self.held.has(history.put(*put).write) {
                again.add(history, *put);
            }
        }
        again
    }
}

impl Register {
    fn add(&mut self, history: &History<'_>, put: PutId) {
        let first = self
            .stands
            .is_none_or(|stands| history.is_behind(put, stands));
        if first {
            self.stands = Some(put);
        }
        self.unreplaced
            .retain(|other| !history.had_seen(put, *other));
        let replaced = self
            .unreplaced
            .iter()
            .any(|other| history.had_seen(*other, put));
        if !replaced {
            self.unreplaced.push(put);
        }
    }
}

/// A set of writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Writes {
    words: Vec<u64>,
}

impl Writes {
    /// Adds one; `false` if it was there.
    pub(crate) fn add(&mut self, write: WriteId) -> bool {
        let (word, bit) = place(write);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Takes one away; `false` if it was not there. Sets are equal whatever was taken from them.
    pub(crate) fn remove(&mut self, write: WriteId) -> bool {
        let (word, bit) = place(write);
        let there = self.has(write);
        if there {
            self.words[word] &= !bit;
            while self.words.last() == Some(&0) {
                self.words.pop();
            }
        }
        there
    }

    /// Whether one is there.
    pub(crate) fn has(&self, write: WriteId) -> bool {
        let (word, bit) = place(write);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// All that are there, in the order of writing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = WriteId> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| WriteId(u32::try_from(at * 64 + bit).unwrap_or(u32::MAX)))
        })
    }

    /// What is here and not there.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let pairs = self.words.iter().enumerate();
        let mut words: Vec<u64> = pairs
            .map(|(at, word)| word & !other.words.get(at).copied().unwrap_or(0))
            .collect();
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }

    /// What is here and there.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.minus(&self.minus(other))
    }

    /// As it is kept with everything that is written now.
    pub(crate) fn as_seen(&self) -> Seen {
        let full = self.words.iter().take_while(|word| **word == u64::MAX);
        let full = full.count();
        Seen {
            full,
            rest: self.words[full..].into(),
        }
    }

    /// Adds all of another set.
    pub(crate) fn join(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word |= theirs;
        }
    }

    /// Whether nothing is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many are there.
    pub(crate) fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }
}

fn place(write: WriteId) -> (usize, u64) {
    (write.0 as usize / 64, 1 << (write.0 % 64))
}

/// A set of writes that does not change, small where it holds nearly everything up to some write.
#[derive(Debug)]
pub(crate) struct Seen {
    full: usize,
    rest: Box<[u64]>,
}

impl Seen {
    /// Whether a write is there.
    pub(crate) fn has(&self, write: WriteId) -> bool {
        let (word, bit) = place(write);
        let Some(rest) = word.checked_sub(self.full) else {
            return true;
        };
        self.rest.get(rest).is_some_and(|word| word & bit != 0)
    }
}
