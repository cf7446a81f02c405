//! The writes of one register, as a replica holds them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::Value;

use crate::message::Written;

/// A write among those of its register.
#[derive(Clone, Debug)]
pub struct Rival {
    /// What was written, and by whom.
    pub written: Rc<Written>,
    /// The value it gives the register.
    pub value: Value,
    /// Higher than that of every write that its writer held.
    pub counter: u64,
    /// The places of the writes that it overwrites.
    pub preds: Vec<usize>,
    /// Whether a write that is held overwrites it.
    pub overwritten: bool,
}

/// All writes of a register that a replica holds, in the order in which it took them in, and the one that it shows.
#[derive(Clone, Debug, Default)]
pub struct Register {
    rivals: Vec<Rival>,
    places: HashMap<String, usize>,
    /// Writes that name one as overwritten which has not arrived yet.
    awaiting: BTreeMap<String, Vec<usize>>,
    /// The place of the write that is shown; of no meaning while there is none.
    standing: usize,
}

impl Register {
    /// Takes in a write that gives `register` a value, if it is not held already, and decides again.
    pub fn take(
        &mut self,
        register: &str,
        written: &Rc<Written>,
        winner: &dyn Fn(&[Rival]) -> usize,
    ) {
        let Some(value) = written.write.puts.get(register) else {
            return;
        };
        let name = &written.write.name;
        if self.places.contains_key(name) {
            return;
        }
        let place = self.rivals.len();
        self.places.insert(name.clone(), place);
        self.rivals.push(Rival {
            written: Rc::clone(written),
            value: value.clone(),
            counter: written.counter(register),
            preds: Vec::new(),
            overwritten: false,
        });
        for pred in written.preds.get(register).into_iter().flatten() {
            match self.places.get(pred) {
                Some(known) => self.overwrites(place, *known),
                None => self.awaiting.entry(pred.clone()).or_default().push(place),
            }
        }
        for later in self.awaiting.remove(name).unwrap_or_default() {
            self.overwrites(later, place);
        }
        self.standing = winner(&self.rivals);
    }

    fn overwrites(&mut self, later: usize, earlier: usize) {
        self.rivals[later].preds.push(earlier);
        self.rivals[earlier].overwritten = true;
    }

    /// The write that is shown; none if there is no write.
    pub fn standing(&self) -> Option<&Rival> {
        self.rivals.get(self.standing)
    }

    /// The writes that nobody has overwritten.
    pub fn survivors(&self) -> impl Iterator<Item = &Rival> {
        self.rivals.iter().filter(|rival| !rival.overwritten)
    }

    /// Whether writes that nobody has overwritten differ in their values.
    pub fn disputed(&self) -> bool {
        let mut values = self.survivors().map(|rival| &rival.value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}
