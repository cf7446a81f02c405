//! The lifting selector: which flight and lift a platform is at, and who was called out of turn. One register
//! per day and platform, `1.2`, so that two platforms never fight over it.

use serde_json::{Map, Value};

use super::fields::json_value;
use super::shape::{WrongShape, member, number_or_null};
use crate::json::json_text;
use crate::op::Scalar;

/// The fields of a selector, in OpenLifter's order.
pub(crate) const SELECTOR: [&str; 4] = ["flight", "lift", "overrideAttempt", "overrideEntryId"];

/// A day and a platform: what one score table looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Screen {
    /// The day, from 1.
    pub day: u16,
    /// The platform, from 1.
    pub platform: u16,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            day: 1,
            platform: 1,
        }
    }
}

impl Screen {
    /// The key of this screen's register.
    pub(crate) fn key(self) -> String {
        format!("{}.{}", self.day, self.platform)
    }

    /// The screen that the `lifting` slice of a saved meet, or an action, names; the first one where it names none.
    pub(crate) fn of(object: &Map<String, Value>) -> Self {
        let whole = |name| {
            let number = object.get(name)?.as_f64()?;
            let fits = number.fract() == 0.0 && (1.0..=f64::from(u16::MAX)).contains(&number);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "just checked"
            )]
            fits.then_some(number as u16)
        };
        match (whole("day"), whole("platform")) {
            (Some(day), Some(platform)) => Self { day, platform },
            (Some(_) | None, Some(_) | None) => Self::default(),
        }
    }
}

/// The selector among an object's fields; nothing if it has none of them.
pub(crate) fn read_selector(
    object: &Map<String, Value>,
    at: &str,
) -> Result<Option<Scalar>, WrongShape> {
    let mut selector = Map::new();
    for name in SELECTOR {
        if let Some(value) = object.get(name) {
            check(name, value, &member(at, name))?;
            selector.insert(name.to_owned(), value.clone());
        }
    }
    let scalar = || Scalar::Text(json_text(&Value::Object(selector.clone())));
    Ok((!selector.is_empty()).then(scalar))
}

fn check(name: &str, value: &Value, path: &str) -> Result<(), WrongShape> {
    let text = matches!(name, "flight" | "lift");
    if !text {
        return number_or_null(value, path).map(|_| ());
    }
    if value.is_string() || value.is_null() {
        Ok(())
    } else {
        Err(WrongShape::new(path, "text", value))
    }
}

/// The fields of a selector's register.
pub(crate) fn selector_fields(scalar: Option<&Scalar>) -> Map<String, Value> {
    match scalar {
        Some(Scalar::Text(text)) => match json_value(text) {
            Value::Object(fields) => fields,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        },
        Some(Scalar::Null | Scalar::Bool(_) | Scalar::Number(_)) | None => Map::new(),
    }
}
