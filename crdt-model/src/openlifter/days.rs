//! How many platforms each day has: OpenLifter's array, one register per day.
//!
//! The array's length is the highest day with a register. A register under the bare name stands for an array
//! that is `null` or empty.

use serde_json::Value;

use super::content::Registers;
use super::fields::scalar_value;
use super::shape::{WrongShape, list, number_or_null};
use crate::op::Scalar;

/// The field, and the key of the register that stands for an array without days.
pub(crate) const DAYS: &str = "platformsOnDays";

/// Days an array may have. OpenLifter offers 14; a number far beyond is a slip, not a meet.
pub(crate) const DAYS_MAX: usize = 366;

/// The key of a day's register.
pub(crate) fn day_key(day: usize) -> String {
    format!("{DAYS}.{day}")
}

/// Takes in the array.
pub(crate) fn read_days(
    value: &Value,
    at: &str,
    registers: &mut Registers,
) -> Result<(), WrongShape> {
    if value.is_null() {
        registers.insert(DAYS.to_owned(), Scalar::Null);
        return Ok(());
    }
    let days = list(value, at)?;
    if days.len() > DAYS_MAX {
        return Err(WrongShape::new(at, "at most 366 days", value));
    }
    if days.is_empty() {
        registers.insert(DAYS.to_owned(), Scalar::Text("[]".to_owned()));
    }
    for (index, platforms) in days.iter().enumerate() {
        let platforms = number_or_null(platforms, &format!("{at}[{index}]"))?;
        registers.insert(day_key(index + 1), platforms);
    }
    Ok(())
}

/// Gives the array back. A day that nobody wrote, below one that somebody did, has one platform.
pub(crate) fn write_days(registers: &Registers) -> Option<Value> {
    let last = last_day(registers);
    if last == 0 {
        return match registers.get(DAYS)? {
            Scalar::Null => Some(Value::Null),
            Scalar::Bool(_) | Scalar::Number(_) | Scalar::Text(_) => Some(Value::Array(Vec::new())),
        };
    }
    let platforms = |day| {
        let register = registers.get(&day_key(day));
        register.map_or(Value::from(1), scalar_value)
    };
    Some((1..=last).map(platforms).collect())
}

/// The highest day with a register, 0 if there is none.
pub(crate) fn last_day(registers: &Registers) -> usize {
    let days = registers.keys().filter_map(|key| parse_day(key));
    days.max().unwrap_or(0)
}

fn parse_day(key: &str) -> Option<usize> {
    let day = key.strip_prefix(DAYS)?.strip_prefix('.')?;
    let day: usize = day.parse().ok()?;
    (1..=DAYS_MAX).contains(&day).then_some(day)
}
