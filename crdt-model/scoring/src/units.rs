//! Weights as people read and type them, in kilograms or pounds.

use spotter_model::read_double;
use thiserror::Error;

/// OpenLifter's pounds in a kilogram.
const POUNDS_PER_KG: f64 = 2.204_622_62;

/// Why a typed weight was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected a weight like 182.5, not {text:?}")]
pub struct InvalidWeight {
    /// What was typed.
    pub text: String,
}

/// A weight in the meet's unit, as OpenLifter displays it: at most two decimals, no trailing zeros, no unit.
///
/// Nothing is shown for what is no number.
pub fn display_weight(kg: f64, in_kg: bool) -> String {
    hundredths_text(display_hundredths(in_unit(kg, in_kg)))
}

/// The kilograms that a person typed in the meet's unit, or in the unit that the text names (`400 lb`, `180kg`).
///
/// A comma is a decimal point, and an empty text is no weight, 0. Pounds are converted and not rounded, so the
/// weight shows again as it was typed.
///
/// # Errors
/// The text is no weight.
pub fn parse_weight(text: &str, in_kg: bool) -> Result<f64, InvalidWeight> {
    let trimmed = text.trim();
    let (digits, in_kg) = if let Some(rest) = trimmed.strip_suffix("kg") {
        (rest.trim_end(), true)
    } else if let Some(rest) = trimmed.strip_suffix("lbs").or(trimmed.strip_suffix("lb")) {
        (rest.trim_end(), false)
    } else {
        (trimmed, in_kg)
    };
    if trimmed.is_empty() {
        return Ok(0.0);
    }
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let digits = digits.replacen(',', ".", 1);
    let number = read_double(&digits);
    match number {
        Some(number) if digits.bytes().all(plain) && number.is_finite() => Ok(if in_kg {
            number
        } else {
            number / POUNDS_PER_KG
        }),
        Some(_) | None => Err(InvalidWeight {
            text: text.to_owned(),
        }),
    }
}

/// A weight class whose limit is this, as it is called in the meet's unit. In pounds it is called by its whole pounds,
/// and the class of 182 by its custom, 183.
pub(crate) fn class_text(limit_kg: f64, in_kg: bool) -> String {
    if in_kg {
        return display_weight(limit_kg, true);
    }
    let pounds = (limit_kg * POUNDS_PER_KG).floor();
    display_weight(if pounds == 182.0 { 183.0 } else { pounds }, true)
}

/// A weight as a plate or a bar is labelled: in kilograms unchanged, in pounds rounded to two decimals.
pub(crate) fn labelled(kg: f64, in_kg: bool) -> f64 {
    if in_kg {
        kg
    } else {
        display_hundredths(in_unit(kg, false)) / 100.0
    }
}

/// The kilograms of a weight in the meet's unit.
pub(crate) fn to_kg(weight: f64, in_kg: bool) -> f64 {
    if in_kg {
        weight
    } else {
        weight / POUNDS_PER_KG
    }
}

fn in_unit(kg: f64, in_kg: bool) -> f64 {
    if in_kg { kg } else { kg * POUNDS_PER_KG }
}

/// Rounded to hundredths; what ends in nine is taken to be a tenth that conversion has worn down.
fn display_hundredths(weight: f64) -> f64 {
    let rounded = round(weight * 100.0);
    if rounded % 10.0 == 9.0 {
        rounded + 1.0
    } else {
        rounded
    }
}

/// JavaScript's rounding: halves go up, and what rounds up to zero keeps its sign.
fn round(number: f64) -> f64 {
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 {
        floor + 1.0
    } else {
        floor
    };
    rounded.copysign(number)
}

fn hundredths_text(hundredths: f64) -> String {
    if !hundredths.is_finite() {
        return String::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, and no weight comes near"
    )]
    let whole = hundredths.abs() as u64;
    let sign = if hundredths.is_sign_negative() {
        "-"
    } else {
        ""
    };
    let (units, rest) = (whole / 100, whole % 100);
    match (rest / 10, rest % 10) {
        (0, 0) => format!("{sign}{units}"),
        (tenths, 0) => format!("{sign}{units}.{tenths}"),
        (tenths, last) => format!("{sign}{units}.{tenths}{last}"),
    }
}

#[cfg(test)]
mod tests {
    use quickcheck_macros::quickcheck;

    use super::*;

    #[test]
    fn weights_are_displayed_as_openlifter_displays_them() {
        let shown = [
            (5.777_77, true, "5.78"),
            (775.64, false, "1710"),
            (775.65, false, "1710.02"),
            (197.31, false, "435"),
            (109.04, false, "240.4"),
            (317.5, false, "699.97"),
            (350.0 / POUNDS_PER_KG, false, "350"),
            (62.5, false, "137.8"),
            (-62.5, false, "-137.79"),
            (182.5, true, "182.5"),
            (0.0, true, "0"),
            (-0.0, true, "-0"),
            (-0.001, true, "-0"),
            (f64::NAN, true, ""),
            (f64::INFINITY, false, ""),
        ];
        for (kg, in_kg, text) in shown {
            assert_eq!(display_weight(kg, in_kg), text, "{kg} {in_kg}");
        }
    }

    #[test]
    fn weights_are_typed_with_point_or_comma_in_the_meets_unit_or_the_one_they_name() {
        for (text, in_kg, kg) in [
            ("182.5", true, 182.5),
            (" 182,5 ", true, 182.5),
            ("", true, 0.0),
            (".5", true, 0.5),
            ("350", false, 158.757_329_633_132_4),
            ("350 lb", true, 158.757_329_633_132_4),
            ("350lbs", true, 158.757_329_633_132_4),
            ("180kg", false, 180.0),
        ] {
            assert_eq!(parse_weight(text, in_kg), Ok(kg), "{text}");
        }
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        for text in [
            "-5", "+5", "1e3", "inf", "NaN", "1,2,3", "1.2.3", "kg", ".", "180 st", "0x10", "1 80",
        ] {
            assert!(parse_weight(text, true).is_err(), "{text}");
        }
        let error = parse_weight("heavy", true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a weight like 182.5, not \"heavy\""
        );
    }

    #[quickcheck]
    fn whole_and_half_pounds_show_again_as_typed(halves: u16) -> bool {
        let text = display_weight(f64::from(halves) / 2.0, true);
        parse_weight(&text, false).map(|kg| display_weight(kg, false)) == Ok(text)
    }

    #[test]
    fn classes_in_pounds_are_whole_and_182_is_called_183() {
        let called = [52.0, 82.5, 90.0, 100.0, 140.0].map(|limit| class_text(limit, false));
        assert_eq!(called, ["114", "181", "198", "220", "308"]);
        assert_eq!(class_text(83.0, false), "183");
        assert_eq!(class_text(82.6, false), "183");
        assert_eq!(class_text(82.5, true), "82.5");
    }
}
