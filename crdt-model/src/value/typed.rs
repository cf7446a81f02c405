//! The value that a person typed for a register.

use serde_json::{Map, Value, json};

use crate::json::{number_value, read_double};
use crate::openlifter::{Kind, POUNDS_PER_KG};
use crate::path::{Path, RegisterKind};

/// Reads typed text as the value of the register that the path names.
///
/// `shown` is what the register holds now: an attempt given by its weight alone keeps its verdict, and by its
/// verdict alone its weight; a selector keeps what is not named.
///
/// # Errors
/// Says what would be understood.
pub(crate) fn typed(path: &Path, text: &str, shown: Option<&Value>) -> Result<Value, String> {
    let trimmed = text.trim();
    match path.kind() {
        RegisterKind::Single(kind) => single(path.field(), kind, text, trimmed),
        RegisterKind::PlateList => list(trimmed, number),
        RegisterKind::Plate => plate(trimmed, shown),
        RegisterKind::Attempt => attempt(trimmed, shown),
        RegisterKind::Selector => selector(trimmed),
        RegisterKind::Carried | RegisterKind::Hidden => {
            Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
        }
    }
}

fn single(field: &str, kind: Kind, text: &str, trimmed: &str) -> Result<Value, String> {
    match kind {
        Kind::Text => sensible(field, text).map(Value::from),
        Kind::Flag => flag(trimmed),
        Kind::Texts => list(trimmed, |item| Ok(Value::from(item))),
        Kind::Numbers => list(trimmed, weight),
        Kind::Number | Kind::Days | Kind::Plates | Kind::Weights(_) | Kind::Verdicts(_) => {
            sensible_number(field, trimmed)
        }
    }
}

const SEXES: &[&str] = &["M", "F", "Mx"];
const EQUIPMENT: &[&str] = &[
    "Bare",
    "Sleeves",
    "Wraps",
    "Single-ply",
    "Multi-ply",
    "Unlimited",
];
const LIFT_LETTERS: &[&str] = &["S", "B", "D"];

fn sensible<'a>(field: &str, text: &'a str) -> Result<&'a str, String> {
    match field {
        "sex" => one_of(SEXES, text.trim()),
        "equipment" => one_of(EQUIPMENT, text.trim()),
        "flight" => flight(text.trim()),
        "birthDate" if text.is_empty() => Ok(text),
        "date" | "birthDate" => date(text.trim()),
        _ => Ok(text),
    }
}

fn one_of<'a>(choices: &[&str], text: &'a str) -> Result<&'a str, String> {
    if choices.contains(&text) {
        Ok(text)
    } else {
        Err(format!(
            "expected one of {}, not {text:?}",
            choices.join(", ")
        ))
    }
}

fn flight(text: &str) -> Result<&str, String> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some('A'..='P'), None) => Ok(text),
        (Some(_) | None, _) => Err(format!("flights are named A to P, not {text:?}")),
    }
}

fn date(text: &str) -> Result<&str, String> {
    let wrong = || format!("expected a date like 2024-08-31, not {text:?}");
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return Err(wrong());
    };
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return Err(wrong());
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    let last = last_of_month(number(year), number(month));
    if (1..=last).contains(&number(day)) {
        Ok(text)
    } else {
        Err(wrong())
    }
}

fn last_of_month(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}

fn flag(text: &str) -> Result<Value, String> {
    match text {
        "true" | "yes" => Ok(Value::Bool(true)),
        "false" | "no" => Ok(Value::Bool(false)),
        _ => Err(format!("expected yes or no, not {text:?}")),
    }
}

fn sensible_number(field: &str, text: &str) -> Result<Value, String> {
    let range = match field {
        "day" | "lengthDays" => 1.0..=14.0,
        "platform" => 1.0..=20.0,
        _ if field.starts_with("platformsOnDays.") => 1.0..=20.0,
        "age" | "lot" => 0.0..=1e6,
        "bodyweightKg"
        | "squatBarAndCollarsWeightKg"
        | "benchBarAndCollarsWeightKg"
        | "deadliftBarAndCollarsWeightKg" => return weight(text),
        _ => return number(text),
    };
    let value = number(text)?;
    let sensible = |number: f64| number.fract() == 0.0 && range.contains(&number);
    if value.as_f64().is_some_and(sensible) {
        Ok(value)
    } else {
        Err(format!(
            "expected a whole number from {} to {}, not {text:?}",
            range.start(),
            range.end()
        ))
    }
}

fn number(text: &str) -> Result<Value, String> {
    match read_double(text) {
        Some(number) if number.is_finite() => Ok(number_value(number)),
        Some(_) | None => Err(format!("expected a number, not {text:?}")),
    }
}

/// A weight in kilograms, or in pounds if it says so.
fn weight(text: &str) -> Result<Value, String> {
    let pounds = ["lbs", "lb"]
        .iter()
        .find_map(|unit| text.strip_suffix(unit));
    let kg = number(
        pounds
            .or(text.strip_suffix("kg"))
            .unwrap_or(text)
            .trim_end(),
    )?;
    let kg = kg.as_f64().unwrap_or(f64::NAN) / if pounds.is_some() { POUNDS_PER_KG } else { 1.0 };
    if kg >= 0.0 {
        Ok(number_value(kg))
    } else {
        Err(format!(
            "a weight cannot be less than nothing, as {text:?} is"
        ))
    }
}

fn list(text: &str, item: impl Fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    if text.starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|error| format!("expected a list, not {text:?}: {error}"));
    }
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    items.map(item).collect()
}

fn attempt(text: &str, shown: Option<&Value>) -> Result<Value, String> {
    let part = |index| {
        shown
            .and_then(|pair| pair.get(index))
            .cloned()
            .unwrap_or(json!(0))
    };
    let (kg, verdict) = match text.rsplit_once(' ') {
        Some((kg, word)) if verdict(word).is_some() => (weight(kg.trim_end())?, verdict(word)),
        None if verdict(text).is_some() => (part(0), verdict(text)),
        Some(_) | None => (weight(text)?, None),
    };
    Ok(json!([kg, verdict.unwrap_or_else(|| part(1))]))
}

fn verdict(word: &str) -> Option<Value> {
    match word {
        "good" => Some(json!(1)),
        "no" => Some(json!(-1)),
        "-" => Some(json!(0)),
        _ => None,
    }
}

fn selector(text: &str) -> Result<Value, String> {
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let [group, lift] = words[..] else {
        return Err(format!(
            "expected a flight and a lift, like \"B S\", not {text:?}"
        ));
    };
    Ok(json!({
        "flight": flight(group)?, "lift": one_of(LIFT_LETTERS, lift)?,
        "overrideAttempt": null, "overrideEntryId": null,
    }))
}

fn plate(text: &str, shown: Option<&Value>) -> Result<Value, String> {
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let mut plate = match shown {
        Some(Value::Object(plate)) => plate.clone(),
        Some(_) | None => Map::new(),
    };
    let (pairs, color) = text.split_once(' ').unwrap_or((text, ""));
    plate.insert("pairCount".to_owned(), number(pairs)?);
    if !color.is_empty() {
        plate.insert("color".to_owned(), Value::from(color.trim()));
    }
    Ok(Value::Object(plate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::spoken;

    #[track_caller]
    fn means(path: &str, text: &str, value: Value) {
        assert_eq!(typed(&path.parse().unwrap(), text, None), Ok(value));
    }

    #[track_caller]
    fn refused(path: &str, text: &str) -> String {
        typed(&path.parse().unwrap(), text, None).unwrap_err()
    }

    #[test]
    fn an_attempt_is_a_weight_and_a_verdict() {
        means("entries.1.squat.2", "182.5 good", json!([182.5, 1]));
        means("entries.1.squat.2", "182.5 no", json!([182.5, -1]));
        means("entries.1.squat.2", "182.5kg -", json!([182.5, 0]));
        means(
            "entries.1.squat.2",
            "350 lb good",
            json!([350.0 / POUNDS_PER_KG, 1]),
        );
    }

    #[test]
    fn half_an_attempt_keeps_the_other_half() {
        let path = "entries.1.squat.2".parse().unwrap();
        let shown = json!([180, 1]);
        assert_eq!(typed(&path, "182.5", Some(&shown)), Ok(json!([182.5, 1])));
        assert_eq!(typed(&path, "no", Some(&shown)), Ok(json!([180, -1])));
    }

    #[test]
    fn what_is_spoken_can_be_typed() {
        for (path, value) in [
            ("entries.1.bench.1", json!([60, -1])),
            ("entries.1.divisions", json!(["Open", "Juniors"])),
            ("meet.weightClassesKgMen", json!([59, 67.5])),
            ("meet.inKg", json!(false)),
            (
                "meet.plates.25",
                json!({"pairCount": 8, "color": "#FF0000"}),
            ),
            ("entries.1.name", json!(" Zoë ")),
        ] {
            let path: Path = path.parse().unwrap();
            assert_eq!(typed(&path, &spoken(path.kind(), &value), None), Ok(value));
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_refused_in_words() {
        assert_eq!(
            refused("entries.1.sex", "Q"),
            "expected one of M, F, Mx, not \"Q\""
        );
        assert_eq!(
            refused("entries.1.flight", "AB"),
            "flights are named A to P, not \"AB\""
        );
        assert_eq!(
            refused("meet.date", "2023-02-29"),
            "expected a date like 2024-08-31, not \"2023-02-29\""
        );
        assert_eq!(
            refused("entries.1.day", "0"),
            "expected a whole number from 1 to 14, not \"0\""
        );
        assert_eq!(
            refused("entries.1.bodyweightKg", "abc"),
            "expected a number, not \"abc\""
        );
        assert_eq!(
            refused("entries.1.bodyweightKg", "inf"),
            "expected a number, not \"inf\""
        );
        assert_eq!(
            refused("entries.1.squat.1", "good good"),
            "expected a number, not \"good\""
        );
        assert_eq!(
            refused("meet.inKg", "maybe"),
            "expected yes or no, not \"maybe\""
        );
    }
}
