//! The fields that OpenLifter knows, in the order in which it writes them.
//!
//! A field keeps its own name as the key of its register. Fields that are not listed here are carried (see
//! `carried.rs`), so that forks and later versions lose nothing.

use serde_json::{Map, Value};

use super::shape::{WrongShape, list, number_or_null};
use crate::json::{json_text, number_value};
use crate::op::Scalar;

/// What a field holds, and so how its register is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Free text.
    Text,
    /// A double.
    Number,
    /// A truth value.
    Flag,
    /// A list of texts that is edited as a whole.
    Texts,
    /// A list of numbers that is edited as a whole.
    Numbers,
    /// How many platforms each day has: one register per day.
    Days,
    /// The plates: one register for which there are, one for each.
    Plates,
    /// The weights of the attempts at the lift of this name, each in one register with its verdict.
    Weights(&'static str),
    /// The verdicts of the attempts at the lift of this name.
    Verdicts(&'static str),
}

/// A field's name and what it holds.
pub(crate) type Field = (&'static str, Kind);

/// The fields of `meet`.
pub(crate) const MEET: &[Field] = &[
    ("name", Kind::Text),
    ("country", Kind::Text),
    ("state", Kind::Text),
    ("city", Kind::Text),
    ("federation", Kind::Text),
    ("date", Kind::Text),
    ("lengthDays", Kind::Number),
    ("platformsOnDays", Kind::Days),
    ("divisions", Kind::Texts),
    ("weightClassesKgMen", Kind::Numbers),
    ("weightClassesKgWomen", Kind::Numbers),
    ("weightClassesKgMx", Kind::Numbers),
    ("formula", Kind::Text),
    ("ageCoefficients", Kind::Text),
    ("combineSleevesAndWraps", Kind::Flag),
    ("combineSingleAndMulti", Kind::Flag),
    ("allow4thAttempts", Kind::Flag),
    ("inKg", Kind::Flag),
    ("showAlternateUnits", Kind::Flag),
    ("squatBarAndCollarsWeightKg", Kind::Number),
    ("benchBarAndCollarsWeightKg", Kind::Number),
    ("deadliftBarAndCollarsWeightKg", Kind::Number),
    ("plates", Kind::Plates),
];

/// The fields of an entry.
pub(crate) const ENTRY: &[Field] = &[
    ("id", Kind::Number),
    ("day", Kind::Number),
    ("platform", Kind::Number),
    ("flight", Kind::Text),
    ("name", Kind::Text),
    ("sex", Kind::Text),
    ("birthDate", Kind::Text),
    ("age", Kind::Number),
    ("country", Kind::Text),
    ("state", Kind::Text),
    ("intendedWeightClassKg", Kind::Text),
    ("equipment", Kind::Text),
    ("divisions", Kind::Texts),
    ("events", Kind::Texts),
    ("lot", Kind::Number),
    ("memberId", Kind::Text),
    ("paid", Kind::Flag),
    ("team", Kind::Text),
    ("guest", Kind::Flag),
    ("notes", Kind::Text),
    ("bodyweightKg", Kind::Number),
    ("squatRackInfo", Kind::Text),
    ("benchRackInfo", Kind::Text),
    ("squatKg", Kind::Weights("squat")),
    ("benchKg", Kind::Weights("bench")),
    ("deadliftKg", Kind::Weights("deadlift")),
    ("squatStatus", Kind::Verdicts("squat")),
    ("benchStatus", Kind::Verdicts("bench")),
    ("deadliftStatus", Kind::Verdicts("deadlift")),
    ("instagram", Kind::Text),
];

/// What a field of this name holds, if the table lists it.
pub(crate) fn kind_of(fields: &[Field], name: &str) -> Option<Kind> {
    fields
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| *kind)
}

/// Reads a field that is one register. `null` is kept whatever the field, for that is how JavaScript saves
/// a number that is none.
pub(crate) fn read_single(kind: Kind, value: &Value, at: &str) -> Result<Scalar, WrongShape> {
    match (kind, value) {
        (Kind::Text | Kind::Flag | Kind::Texts | Kind::Numbers, Value::Null) => Ok(Scalar::Null),
        (Kind::Text, Value::String(text)) => Ok(Scalar::Text(text.clone())),
        (Kind::Text, _) => Err(WrongShape::new(at, "text", value)),
        (Kind::Flag, Value::Bool(flag)) => Ok(Scalar::Bool(*flag)),
        (Kind::Flag, _) => Err(WrongShape::new(at, "true or false", value)),
        (Kind::Number | Kind::Weights(_) | Kind::Verdicts(_), _) => number_or_null(value, at),
        (Kind::Texts, _) => texts(value, at),
        (Kind::Numbers | Kind::Days | Kind::Plates, _) => numbers(value, at),
    }
}

fn texts(value: &Value, at: &str) -> Result<Scalar, WrongShape> {
    for (index, item) in list(value, at)?.iter().enumerate() {
        if !item.is_string() {
            return Err(WrongShape::new(format!("{at}[{index}]"), "text", item));
        }
    }
    Ok(Scalar::Text(json_text(value)))
}

fn numbers(value: &Value, at: &str) -> Result<Scalar, WrongShape> {
    let mut doubles = Vec::new();
    for (index, item) in list(value, at)?.iter().enumerate() {
        let number = number_or_null(item, &format!("{at}[{index}]"))?;
        doubles.push(scalar_value(&number));
    }
    Ok(Scalar::Text(json_text(&Value::Array(doubles))))
}

/// What a register of this kind shows.
pub(crate) fn write_single(kind: Kind, scalar: &Scalar) -> Value {
    match (kind, scalar) {
        (Kind::Texts | Kind::Numbers, Scalar::Text(text)) => json_value(text),
        (
            Kind::Text
            | Kind::Number
            | Kind::Flag
            | Kind::Texts
            | Kind::Numbers
            | Kind::Days
            | Kind::Plates
            | Kind::Weights(_)
            | Kind::Verdicts(_),
            _,
        ) => scalar_value(scalar),
    }
}

/// A scalar as a JSON value.
pub(crate) fn scalar_value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(flag) => Value::Bool(*flag),
        Scalar::Number(number) => number_value(*number),
        Scalar::Text(text) => Value::String(text.clone()),
    }
}

/// The JSON in a compound register. Another program may have written something else there: that is shown as
/// the text it is.
pub(crate) fn json_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The fields of an object that the table does not list.
pub(crate) fn unknown<'a>(
    object: &'a Map<String, Value>,
    fields: &'static [Field],
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object
        .iter()
        .filter(|(name, _)| kind_of(fields, name).is_none())
}
