//! The registers of the document and who wrote them, without values.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::edges::{EdgeList, Edges};
use super::grow;

/// A register, as a dense number of this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RegisterNumber(u32);

/// All registers that were ever written.
#[derive(Default)]
pub(super) struct Registers {
    keys: Vec<Arc<str>>,
    key_numbers: BTreeMap<Arc<str>, u32>,
    registers: Vec<Register>,
    table: HashTable<u32>,
    /// The writes that nobody has overwritten, of the registers that have several.
    rivals: BTreeMap<RegisterNumber, Vec<u32>>,
    edges: Edges,
}

/// One register: its writes in order of admission.
pub(crate) struct Register {
    object: u32,
    key: u32,
    pub(crate) writes: SmallVec<[Write; 1]>,
}

/// One write of a register. Writes name each other by their place in the register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    pub(crate) change: u32,
    pub(crate) counter: u32,
    pub(crate) preds: EdgeList,
    pub(crate) successors: EdgeList,
}

impl Registers {
    pub(super) fn number_of(&self, object: u32, key: &str) -> Option<RegisterNumber> {
        let key = *self.key_numbers.get(key)?;
        let same = |&number: &u32| self.is_at(number, object, key);
        self.table
            .find(place_hash(object, key), same)
            .map(|&number| RegisterNumber(number))
    }

    fn is_at(&self, number: u32, object: u32, key: u32) -> bool {
        let register = &self.registers[number as usize];
        (register.object, register.key) == (object, key)
    }

    pub(super) fn get(&self, number: RegisterNumber) -> &Register {
        &self.registers[number.0 as usize]
    }

    pub(super) fn place_of(&self, number: RegisterNumber) -> (u32, &str) {
        let register = self.get(number);
        (register.object, &self.keys[register.key as usize])
    }

    /// The writes of a register that nobody has overwritten. If there is one only, it is the one admitted last.
    pub(super) fn standing(&self, number: RegisterNumber) -> SmallVec<[u32; 4]> {
        match self.rivals.get(&number) {
            Some(rivals) => rivals.as_slice().into(),
            None => (self.get(number).writes.len() as u32)
                .checked_sub(1)
                .into_iter()
                .collect(),
        }
    }

    /// The registers with several writes that nobody has overwritten, oldest first.
    pub(super) fn with_rivals(&self) -> impl Iterator<Item = RegisterNumber> {
        self.rivals.keys().copied()
    }

    pub(super) fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Adds a write that replaces the writes at `preds`.
    pub(super) fn write(
        &mut self,
        object: u32,
        key: &str,
        change: u32,
        counter: u32,
        preds: &[u32],
    ) {
        let number = self.number_or_new(object, key);
        let mut standing = self.standing(number);
        let preds_list = self.edges.of(preds);
        let register = &mut self.registers[number.0 as usize];
        let place = register.writes.len() as u32;
        for &pred in preds {
            self.edges
                .push(&mut register.writes[pred as usize].successors, place);
        }
        standing.retain(|standing| !preds.contains(standing));
        standing.push(place);
        register.writes.push(Write {
            change,
            counter,
            preds: preds_list,
            successors: EdgeList::new(),
        });
        if standing.len() > 1 {
            self.rivals.insert(number, standing.into_vec());
        } else {
            self.rivals.remove(&number);
        }
    }

    fn number_or_new(&mut self, object: u32, key: &str) -> RegisterNumber {
        if let Some(number) = self.number_of(object, key) {
            return number;
        }
        let key = self.intern(key);
        let number = self.registers.len() as u32;
        grow(&mut self.registers);
        self.registers.push(Register {
            object,
            key,
            writes: SmallVec::new(),
        });
        let registers = &self.registers;
        self.table
            .insert_unique(place_hash(object, key), number, |&number| {
                let register = &registers[number as usize];
                place_hash(register.object, register.key)
            });
        RegisterNumber(number)
    }

    fn intern(&mut self, key: &str) -> u32 {
        if let Some(&number) = self.key_numbers.get(key) {
            return number;
        }
        let number = self.keys.len() as u32;
        let key: Arc<str> = key.into();
        self.keys.push(Arc::clone(&key));
        self.key_numbers.insert(key, number);
        number
    }
}

/// Both numbers are dense and ours, so nobody can choose them to collide.
fn place_hash(object: u32, key: u32) -> u64 {
    let place = u64::from(object) << 32 | u64::from(key);
    let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}
