//! Values of registers, as JSON for programs and as text for people.
//!
//! Programs are held to the shape of the register; people's text is also held to sense, because a slip of the
//! finger ("Q" for a sex, the 31st of June) is cheapest to mend where it is made.

mod spoken;
mod typed;

use serde_json::{Map, Value, json};

use crate::op::Scalar;
use crate::openlifter::{
    Kind, WrongShape, attempt_pair, attempt_scalar, json_value, plate_scalar, read_selector,
    read_single, scalar_value, write_single,
};
use crate::path::RegisterKind;

pub(crate) use spoken::spoken;
pub(crate) use typed::typed;

/// What a register shows, as JSON.
pub(crate) fn value_of(kind: RegisterKind, scalar: &Scalar) -> Value {
    match (kind, scalar) {
        (RegisterKind::Single(kind), _) => write_single(kind, scalar),
        (RegisterKind::Attempt, _) => attempt_pair(Some(scalar)).to_vec().into(),
        (
            RegisterKind::PlateList
            | RegisterKind::Plate
            | RegisterKind::Selector
            | RegisterKind::Carried,
            Scalar::Text(text),
        ) => json_value(text),
        (
            RegisterKind::PlateList
            | RegisterKind::Plate
            | RegisterKind::Selector
            | RegisterKind::Carried
            | RegisterKind::Hidden,
            _,
        ) => scalar_value(scalar),
    }
}

/// The register of a JSON value.
///
/// # Errors
/// The value's shape does not fit the register.
pub(crate) fn scalar_of(kind: RegisterKind, value: &Value, at: &str) -> Result<Scalar, WrongShape> {
    match kind {
        RegisterKind::Single(kind) => read_single(kind, value, at),
        RegisterKind::PlateList => read_single(Kind::Numbers, value, at),
        RegisterKind::Plate => plate_scalar(fields(value, at)?, at),
        RegisterKind::Attempt => attempt(value, at),
        RegisterKind::Selector => {
            Ok(read_selector(&fields(value, at)?, at)?.unwrap_or(Scalar::Text("{}".to_owned())))
        }
        RegisterKind::Carried | RegisterKind::Hidden => {
            Ok(Scalar::Text(crate::json::json_text(value)))
        }
    }
}

fn fields(value: &Value, at: &str) -> Result<Map<String, Value>, WrongShape> {
    let fields = value.as_object().cloned();
    fields.ok_or_else(|| WrongShape::new(at, "an object", value))
}

fn attempt(value: &Value, at: &str) -> Result<Scalar, WrongShape> {
    let wrong = || WrongShape::new(at, "a weight and a verdict, like [182.5,1]", value);
    let Some([kg, verdict]) = value
        .as_array()
        .and_then(|pair| <&[Value; 2]>::try_from(pair.as_slice()).ok())
    else {
        return Err(wrong());
    };
    let judged = [json!(-1), json!(0), json!(1)].contains(verdict);
    match (kg.as_f64(), judged) {
        (Some(weight), true) if weight >= 0.0 => Ok(attempt_scalar(
            &Scalar::Number(weight),
            &Scalar::Number(verdict.as_f64().unwrap_or(0.0)),
        )),
        (Some(_) | None, _) => Err(wrong()),
    }
}
