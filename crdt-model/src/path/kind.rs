//! What the register behind a key holds, and the keys that are made of more than a field's name.

use crate::json::{number_text, read_double};
use crate::openlifter::{
    DAYS_MAX, DELETED, ENTRY, Kind, LIFTS, MEET, ORDER, SLOTS, attempt_key, carried_name, day_key,
    kind_of, plate_key,
};

/// What a register holds, and so how its value is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegisterKind {
    /// A field that is one register.
    Single(Kind),
    /// Which plates there are.
    PlateList,
    /// The count and colour of one plate.
    Plate,
    /// The weight and verdict of one attempt.
    Attempt,
    /// What a platform is at.
    Selector,
    /// A field that OpenLifter does not know.
    Carried,
    /// A register that no path names.
    Hidden,
}

/// What the register of this key in `meet` holds.
pub(crate) fn meet_register(key: &str) -> RegisterKind {
    match kind_of(MEET, key) {
        Some(Kind::Plates) => RegisterKind::PlateList,
        Some(Kind::Days | Kind::Weights(_) | Kind::Verdicts(_)) => RegisterKind::Hidden,
        Some(kind @ (Kind::Text | Kind::Number | Kind::Flag | Kind::Texts | Kind::Numbers)) => {
            RegisterKind::Single(kind)
        }
        None if key.starts_with("platformsOnDays.") => RegisterKind::Single(Kind::Number),
        None if key.starts_with("plates.") => RegisterKind::Plate,
        None => carried(key),
    }
}

/// What the register of this key in an entry holds.
pub(crate) fn entry_register(key: &str) -> RegisterKind {
    match kind_of(ENTRY, key) {
        Some(Kind::Days | Kind::Plates | Kind::Weights(_) | Kind::Verdicts(_)) => {
            RegisterKind::Hidden
        }
        Some(kind @ (Kind::Text | Kind::Number | Kind::Flag | Kind::Texts | Kind::Numbers)) => {
            RegisterKind::Single(kind)
        }
        None if key == ORDER => RegisterKind::Single(Kind::Number),
        None if key == DELETED => RegisterKind::Single(Kind::Flag),
        None if is_attempt(key) => RegisterKind::Attempt,
        None => carried(key),
    }
}

fn carried(key: &str) -> RegisterKind {
    if carried_name(key).is_some() {
        RegisterKind::Carried
    } else {
        RegisterKind::Hidden
    }
}

fn is_attempt(key: &str) -> bool {
    key.split_once('.')
        .is_some_and(|(lift, slot)| is_lift(lift) && slot.parse::<usize>().is_ok())
}

/// Whether attempts at a lift of this name are kept.
pub(crate) fn is_lift(name: &str) -> bool {
    LIFTS.contains(&name)
}

/// The lift whose array a field of OpenLifter's is.
pub(crate) fn array_of(field: &str) -> Option<&'static str> {
    match kind_of(ENTRY, field)? {
        Kind::Weights(lift) | Kind::Verdicts(lift) => Some(lift),
        Kind::Text
        | Kind::Number
        | Kind::Flag
        | Kind::Texts
        | Kind::Numbers
        | Kind::Days
        | Kind::Plates => None,
    }
}

/// The key of an attempt, from what follows the lift's name.
pub(crate) fn parse_attempt(lift: &str, slot: &str) -> Result<String, String> {
    match slot.parse() {
        Ok(slot) if (1..=SLOTS).contains(&slot) => Ok(attempt_key(lift, slot)),
        Ok(_) | Err(_) => Err(format!("attempts are numbered 1 to {SLOTS}")),
    }
}

/// The key of a day, from what follows the field's name.
pub(crate) fn parse_day(day: &str) -> Result<String, String> {
    match day.parse() {
        Ok(day) if (1..=DAYS_MAX).contains(&day) => Ok(day_key(day)),
        Ok(_) | Err(_) => Err(format!("days are numbered from 1, not {day:?}")),
    }
}

/// The key of a plate, from what follows the field's name.
pub(crate) fn parse_plate(plate: &str) -> Result<String, String> {
    let (weight, again) = plate.split_at(plate.find('/').unwrap_or(plate.len()));
    match read_double(weight) {
        Some(number) if number.is_finite() => {
            Ok(plate_key(&format!("{}{again}", number_text(number))))
        }
        Some(_) | None => Err(format!("{plate:?} is no plate's weight")),
    }
}
