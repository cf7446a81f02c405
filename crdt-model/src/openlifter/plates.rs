//! The plates: `plates` lists the weights there are, in order, and `plates.<weight>` holds one plate's count and
//! colour. A plate's identity is its exact weight, so the key is the double's shortest text.
//!
//! The list is a register of its own because changing the meet's unit replaces all plates at once.

use serde_json::{Map, Value};

use super::content::Registers;
use super::fields::{json_value, scalar_value};
use super::shape::{WrongShape, list, member, number, object};
use crate::json::{double, json_text, number_text, number_value};
use crate::op::Scalar;

/// The field, and the key of the register that lists the weights.
pub(crate) const PLATES: &str = "plates";

const WEIGHT: &str = "weightKg";

/// The key of a plate's register.
pub(crate) fn plate_key(name: &str) -> String {
    format!("{PLATES}.{name}")
}

/// Takes in the list of plates.
pub(crate) fn read_plates(
    value: &Value,
    at: &str,
    registers: &mut Registers,
) -> Result<(), WrongShape> {
    if value.is_null() {
        registers.insert(PLATES.to_owned(), Scalar::Null);
        return Ok(());
    }
    let mut weights = Vec::new();
    for (index, plate) in list(value, at)?.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let mut plate = object(plate, &at)?.clone();
        let weight = plate.shift_remove(WEIGHT);
        let path = member(&at, WEIGHT);
        let weight = weight.ok_or_else(|| WrongShape::missing(&path, "a number"))?;
        weights.push(number(&weight, &path)?);
        let name = names(&weights).pop().unwrap_or_default();
        registers.insert(plate_key(&name), plate_scalar(plate, &at)?);
    }
    let weights = weights.into_iter().map(number_value).collect();
    registers.insert(PLATES.to_owned(), Scalar::Text(json_text(&weights)));
    Ok(())
}

/// Gives the list of plates back.
pub(crate) fn write_plates(registers: &Registers) -> Option<Value> {
    let Scalar::Text(text) = registers.get(PLATES)? else {
        return Some(Value::Null);
    };
    let weights = weights_in(text);
    let plates = names(&weights).into_iter().zip(&weights);
    Some(
        plates
            .map(|(name, weight)| write_plate(registers, &name, *weight))
            .collect(),
    )
}

fn write_plate(registers: &Registers, name: &str, weight: f64) -> Value {
    let mut plate = Map::new();
    plate.insert(WEIGHT.to_owned(), number_value(weight));
    if let Some(Scalar::Text(text)) = registers.get(&plate_key(name))
        && let Value::Object(rest) = json_value(text)
    {
        plate.extend(rest);
    }
    Value::Object(plate)
}

/// One plate without its weight: count and colour first, so that equal plates have equal text.
pub(crate) fn plate_scalar(mut plate: Map<String, Value>, at: &str) -> Result<Scalar, WrongShape> {
    let mut ordered = Map::new();
    if let Some(count) = plate.shift_remove("pairCount") {
        let count = super::shape::number_or_null(&count, &member(at, "pairCount"))?;
        ordered.insert("pairCount".to_owned(), scalar_value(&count));
    }
    if let Some(color) = plate.shift_remove("color") {
        if !color.is_string() && !color.is_null() {
            return Err(WrongShape::new(member(at, "color"), "text", &color));
        }
        ordered.insert("color".to_owned(), color);
    }
    ordered.extend(plate);
    Ok(Scalar::Text(json_text(&Value::Object(ordered))))
}

/// The names of the plates that a meet has: their weights, and `/2` behind the second of equal weight.
pub(crate) fn plate_names(registers: &Registers) -> Vec<String> {
    match registers.get(PLATES) {
        Some(Scalar::Text(text)) => names(&weights_in(text)),
        Some(Scalar::Null | Scalar::Bool(_) | Scalar::Number(_)) | None => Vec::new(),
    }
}

fn names(weights: &[f64]) -> Vec<String> {
    let nth = |index: usize, weight: f64| {
        let earlier = &weights[..index];
        1 + earlier
            .iter()
            .filter(|other| other.to_bits() == weight.to_bits())
            .count()
    };
    let numbered = weights.iter().enumerate();
    numbered
        .map(|(index, weight)| match nth(index, *weight) {
            1 => number_text(*weight),
            again => format!("{}/{again}", number_text(*weight)),
        })
        .collect()
}

fn weights_in(text: &str) -> Vec<f64> {
    match json_value(text) {
        Value::Array(weights) => weights
            .iter()
            .filter_map(Value::as_number)
            .map(double)
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Vec::new()
        }
    }
}
