//! A value as people read it: `182.5 good`, `Open, Juniors`, `yes`.

use serde_json::Value;

use crate::json::json_text;
use crate::openlifter::Kind;
use crate::path::RegisterKind;

/// The text of a value; reading it back as typed text gives the value again, but for lists with commas in them.
pub(crate) fn spoken(kind: RegisterKind, value: &Value) -> String {
    match (kind, value) {
        (RegisterKind::Attempt, Value::Array(pair)) => attempt(pair),
        (
            RegisterKind::Single(Kind::Texts | Kind::Numbers) | RegisterKind::PlateList,
            Value::Array(items),
        ) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        (RegisterKind::Selector, Value::Object(selector)) => {
            let part = |name: &str| selector.get(name).map(plain).unwrap_or_default();
            format!("{} {}", part("flight"), part("lift"))
        }
        (RegisterKind::Plate, Value::Object(plate)) => {
            let part = |name: &str| plate.get(name).map(plain).unwrap_or_default();
            format!("{} {}", part("pairCount"), part("color"))
        }
        (
            RegisterKind::Single(_)
            | RegisterKind::PlateList
            | RegisterKind::Plate
            | RegisterKind::Attempt
            | RegisterKind::Selector
            | RegisterKind::Carried
            | RegisterKind::Hidden,
            _,
        ) => plain(value),
    }
}

fn attempt(pair: &[Value]) -> String {
    let kg = pair.first().map(plain).unwrap_or_default();
    match pair.get(1).and_then(Value::as_i64) {
        Some(1) => format!("{kg} good"),
        Some(-1) => format!("{kg} no"),
        Some(_) | None => format!("{kg} -"),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            json_text(value)
        }
    }
}
