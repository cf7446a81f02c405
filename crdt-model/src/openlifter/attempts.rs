//! Attempts: OpenLifter keeps a lift's weights and verdicts in two arrays; here each attempt is one register,
//! `squat.2` = `[182.5,1]`, because a weight with another table's verdict would be a lift that never happened.

use serde_json::{Map, Value};

use super::content::Registers;
use super::fields::{json_value, scalar_value};
use super::shape::{WrongShape, list, member, number_or_null};
use crate::json::json_text;
use crate::op::Scalar;

/// The lifts, by the name their registers begin with.
pub(crate) const LIFTS: [&str; 3] = ["squat", "bench", "deadlift"];

/// Slots of OpenLifter's arrays.
pub(crate) const SLOTS: usize = 5;

/// Slots an array may have: OpenLifter's have five, and nobody's have many more.
const SLOTS_MAX: usize = 64;

/// The key of an attempt's register.
pub(crate) fn attempt_key(lift: &str, slot: usize) -> String {
    format!("{lift}.{slot}")
}

/// The key of the register that says how long the two arrays are, where it is not five and five.
pub(crate) fn shape_key(lift: &str) -> String {
    format!("{lift}.shape")
}

/// A weight and its verdict as one register.
pub(crate) fn attempt_scalar(kg: &Scalar, verdict: &Scalar) -> Scalar {
    let pair = Value::Array(vec![scalar_value(kg), scalar_value(verdict)]);
    Scalar::Text(json_text(&pair))
}

/// Weight and verdict of an attempt's register; zeros where another program wrote something else.
pub(crate) fn attempt_pair(scalar: Option<&Scalar>) -> [Value; 2] {
    if let Some(Scalar::Text(text)) = scalar
        && let Value::Array(pair) = json_value(text)
        && let Ok(pair) = <[Value; 2]>::try_from(pair)
    {
        return pair;
    }
    [Value::from(0), Value::from(0)]
}

/// Takes in both arrays of a lift.
pub(crate) fn read_attempts(
    entry: &Map<String, Value>,
    lift: &str,
    at: &str,
    registers: &mut Registers,
) -> Result<(), WrongShape> {
    let weights = Array::read(entry, &format!("{lift}Kg"), at)?;
    let verdicts = Array::read(entry, &format!("{lift}Status"), at)?;
    for slot in 1..=weights.items.len().max(verdicts.items.len()) {
        let value = attempt_scalar(&weights.slot(slot), &verdicts.slot(slot));
        registers.insert(attempt_key(lift, slot), value);
    }
    let lengths = [weights.length(), verdicts.length()];
    if lengths != [Length::Slots(SLOTS); 2] && lengths != [Length::Absent; 2] {
        let shape = Value::Array(lengths.map(Length::to_value).to_vec());
        registers.insert(shape_key(lift), Scalar::Text(json_text(&shape)));
    }
    Ok(())
}

/// Gives back a lift's weights, or its verdicts, as the array they came from.
pub(crate) fn write_attempts(registers: &Registers, lift: &str, part: Part) -> Option<Value> {
    match length_of(registers, lift, part) {
        Length::Absent => None,
        Length::Null => Some(Value::Null),
        Length::Slots(slots) => Some(
            (1..=slots)
                .map(|slot| part_of(registers, lift, slot, part))
                .collect(),
        ),
    }
}

/// Which of the two arrays.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// `squatKg` and its like.
    Weights,
    /// `squatStatus` and its like.
    Verdicts,
}

fn part_of(registers: &Registers, lift: &str, slot: usize, part: Part) -> Value {
    let [kg, verdict] = attempt_pair(registers.get(&attempt_key(lift, slot)));
    match part {
        Part::Weights => kg,
        Part::Verdicts => verdict,
    }
}

fn length_of(registers: &Registers, lift: &str, part: Part) -> Length {
    if let Some(Scalar::Text(text)) = registers.get(&shape_key(lift))
        && let Value::Array(lengths) = json_value(text)
        && let [weights, verdicts] = lengths.as_slice()
    {
        return Length::from_value(match part {
            Part::Weights => weights,
            Part::Verdicts => verdicts,
        });
    }
    let written = (1..=SLOTS).any(|slot| registers.contains_key(&attempt_key(lift, slot)));
    if written {
        Length::Slots(SLOTS)
    } else {
        Length::Absent
    }
}

/// How long an array is, if it is there at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Absent,
    Null,
    Slots(usize),
}

impl Length {
    fn to_value(self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Null => Value::Bool(false),
            Self::Slots(slots) => Value::from(slots),
        }
    }

    fn from_value(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Null,
            Value::Number(number) => {
                let slots = number
                    .as_u64()
                    .and_then(|slots| usize::try_from(slots).ok());
                Self::Slots(slots.unwrap_or(SLOTS).min(SLOTS_MAX))
            }
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => Self::Absent,
        }
    }
}

/// One of the two arrays as it stands in a file.
struct Array {
    value: Option<Value>,
    items: Vec<Scalar>,
}

impl Array {
    fn read(entry: &Map<String, Value>, name: &str, at: &str) -> Result<Self, WrongShape> {
        let path = member(at, name);
        let value = entry.get(name).cloned();
        let items = match &value {
            None | Some(Value::Null) => Vec::new(),
            Some(value) => {
                let items = list(value, &path)?;
                if items.len() > SLOTS_MAX {
                    return Err(WrongShape::new(path, "at most 64 attempts", value));
                }
                read_numbers(items, &path)?
            }
        };
        Ok(Self { value, items })
    }

    fn slot(&self, slot: usize) -> Scalar {
        self.items
            .get(slot - 1)
            .cloned()
            .unwrap_or(Scalar::Number(0.0))
    }

    fn length(&self) -> Length {
        match &self.value {
            None => Length::Absent,
            Some(Value::Null) => Length::Null,
            Some(_) => Length::Slots(self.items.len()),
        }
    }
}

fn read_numbers(items: &[Value], path: &str) -> Result<Vec<Scalar>, WrongShape> {
    let numbered = items.iter().enumerate();
    numbered
        .map(|(index, item)| number_or_null(item, &format!("{path}[{index}]")))
        .collect()
}
