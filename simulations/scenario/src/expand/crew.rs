//! Who does a piece of work: whose job it is, now and then somebody else, and now and then two at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spotter_sim_plan::DeviceNumber;

use super::Stage;
use crate::draw::Dice;
use crate::location::Role;

/// Registers and the values they are given.
pub(crate) type Puts = BTreeMap<String, Value>;

/// An edit before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Act {
    pub(crate) at: u64,
    pub(crate) device: DeviceNumber,
    pub(crate) puts: Puts,
}

/// The people of a meet.
pub(super) struct Crew<'a> {
    stage: &'a Stage<'a>,
    pub(super) dice: Dice,
    elsewhere: f64,
    twice: f64,
    /// About how long it takes until somebody else does the same, in milliseconds.
    pub(super) moment: u64,
    acts: Vec<Act>,
}

impl<'a> Crew<'a> {
    /// The people of a stage. `elsewhere` and `twice` are shares of their edits.
    pub(super) fn new(stage: &'a Stage<'a>, concern: &str, elsewhere: f64, twice: f64) -> Self {
        Self {
            stage,
            dice: Dice::of(stage.seed, concern),
            elsewhere,
            twice,
            moment: (stage.calm_at / 200).clamp(500, 20_000),
            acts: Vec::new(),
        }
    }

    /// Whoever has a role, dealt by a number; anybody if nobody has it.
    pub(super) fn whose_job(&mut self, role: Role, number: usize) -> DeviceNumber {
        let there = self.stage.cast.doing(role);
        match there.as_slice() {
            [] => self.anybody(),
            some => some.get(number % some.len()).copied().unwrap_or(some[0]),
        }
    }

    /// Anybody who edits.
    pub(super) fn anybody(&mut self) -> DeviceNumber {
        let editors = self.stage.cast.editors();
        self.dice.one(&editors).copied().unwrap_or(DeviceNumber(0))
    }

    /// Somebody adds something: nobody else can do that in their place.
    pub(super) fn adds(&mut self, at: u64, device: DeviceNumber, puts: Puts) {
        self.acts.push(Act { at, device, puts });
    }

    /// Somebody edits, or somebody else in their place, or two.
    pub(super) fn edits(&mut self, at: u64, device: DeviceNumber, puts: Puts) {
        let device = match self.dice.chance(self.elsewhere) {
            true => self.anybody(),
            false => device,
        };
        if self.dice.chance(self.twice) {
            let later = at + self.dice.exponential_ms(self.moment);
            let other = self.anybody();
            if self.stage.cast.devices[usize::from(other.0)].location
                != self.stage.cast.devices[usize::from(device.0)].location
            {
                let puts = self.misread(&puts);
                self.adds(later, other, puts);
            }
        }
        self.adds(at, device, puts);
    }

    /// The same again, as somebody else heard it.
    fn misread(&mut self, puts: &Puts) -> Puts {
        let mut again = Puts::new();
        for (register, value) in puts {
            again.insert(register.clone(), self.heard(value));
        }
        again
    }

    fn heard(&mut self, value: &Value) -> Value {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => json!(whole),
                None => json!(number.as_f64().unwrap_or(0.0) + 0.1),
            },
            Value::String(text) => json!(format!("{text}?")),
            Value::Array(pair) => match pair.as_slice() {
                [kg, verdict] if kg.is_number() && verdict.is_i64() => {
                    json!([kg.as_f64().unwrap_or(0.0) + 2.5, verdict])
                }
                _ => value.clone(),
            },
            Value::Null | Value::Bool(_) | Value::Object(_) => value.clone(),
        }
    }

    /// Everything they did.
    pub(super) fn done(self) -> Vec<Act> {
        self.acts
    }
}

/// One register and its value.
pub(super) fn put(register: String, value: impl Into<Value>) -> Puts {
    Puts::from([(register, value.into())])
}
