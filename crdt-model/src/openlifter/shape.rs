//! What is said about a value of the wrong shape: where it is, what belongs there, and what is there instead.

use serde_json::{Map, Value};

use crate::json::{double, json_text};
use crate::op::Scalar;

/// A value that is not of the shape its place demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, found {found}")]
pub struct WrongShape {
    /// Where in the file or the action, like `registration.entries[3].bodyweightKg`.
    pub path: String,
    /// What belongs there.
    pub expected: &'static str,
    /// What is there, cut short if it is long.
    pub found: String,
}

impl WrongShape {
    pub(crate) fn new(path: impl Into<String>, expected: &'static str, found: &Value) -> Self {
        Self {
            path: path.into(),
            expected,
            found: excerpt(found),
        }
    }

    pub(crate) fn missing(path: impl Into<String>, expected: &'static str) -> Self {
        Self {
            path: path.into(),
            expected,
            found: "nothing".to_owned(),
        }
    }
}

const EXCERPT_CHARS_MAX: usize = 60;

fn excerpt(value: &Value) -> String {
    let text = json_text(value);
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(EXCERPT_CHARS_MAX).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

/// The path of a member.
pub(crate) fn member(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

/// The object at a path.
pub(crate) fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, WrongShape> {
    value
        .as_object()
        .ok_or_else(|| WrongShape::new(at, "an object", value))
}

/// The list at a path.
pub(crate) fn list<'a>(value: &'a Value, at: &str) -> Result<&'a [Value], WrongShape> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| WrongShape::new(at, "a list", value))
}

/// The number at a path.
pub(crate) fn number(value: &Value, at: &str) -> Result<f64, WrongShape> {
    match value {
        Value::Number(number) => Ok(double(number)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(WrongShape::new(at, "a number", value))
        }
    }
}

/// The number at a path, or the `null` that JavaScript writes for one it cannot say.
pub(crate) fn number_or_null(value: &Value, at: &str) -> Result<Scalar, WrongShape> {
    if value.is_null() {
        return Ok(Scalar::Null);
    }
    number(value, at).map(Scalar::Number)
}
