//! JSON as JavaScript writes it: OpenLifter's files are `JSON.stringify` of its store, so ours are too.
//!
//! A number is written in the shortest form that reads back as the same double, with JavaScript's choice between
//! `1e21` and plain digits. Negative zero is the one departure: JavaScript writes it as `0` and loses the sign.

use std::io;

use serde::Serialize as _;
use serde_json::ser::Formatter;
use serde_json::{Number, Value};

/// The largest whole number up to which every whole number is a double of its own.
pub(crate) const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// Writes a value as OpenLifter would: one line, no spaces, keys in the order they stand in.
pub fn json_text(value: &Value) -> String {
    let mut bytes = Vec::with_capacity(128);
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut bytes, JavaScript,
    ));
    debug_assert!(written.is_ok(), "a value always serialises into memory");
    String::from_utf8(bytes).unwrap_or_default()
}

/// A double's shortest text, as JavaScript prints it.
///
/// The standard library finds the same digits; only where JavaScript begins to write exponents, and the plus in them, is its own.
pub(crate) fn number_text(number: f64) -> String {
    let size = number.abs();
    if size == f64::INFINITY {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if size == 0.0 || size.is_nan() || (1e-6..1e21).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    if size < 1.0 {
        text
    } else {
        text.replace('e', "e+")
    }
}

/// A double as a JSON number; `null` for what JSON cannot say, as JavaScript has it.
pub(crate) fn number_value(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() <= SAFE_INTEGER_MAX;
    let negative_zero = number == 0.0 && number.is_sign_negative();
    if whole && !negative_zero {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a safe integer fits in 64 bits exactly"
        )]
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// The double that a text of digits stands for, with or without sign, point and exponent; nothing for any other text.
#[cfg(not(target_family = "wasm"))]
pub fn read_double(text: &str) -> Option<f64> {
    looks_like_a_double(text).then(|| text.parse().ok())?
}

/// The double that a text of digits stands for, with or without sign, point and exponent; nothing for any other text.
///
/// In a browser JSON's reader does it, which is there anyway: the table that the standard library's needs is 10 KB to load.
#[cfg(target_family = "wasm")]
pub fn read_double(text: &str) -> Option<f64> {
    read_double_as_json(text)
}

fn looks_like_a_double(text: &str) -> bool {
    let known = |byte: u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E');
    text.bytes().all(known)
}

/// What the standard library reads and JSON has no word for: a plus, zeros in front, a point without digits on one side.
#[cfg(any(test, target_family = "wasm"))]
fn read_double_as_json(text: &str) -> Option<f64> {
    if !looks_like_a_double(text) {
        return None;
    }
    let (minus, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let part = if part.is_empty() { "0" } else { part };
    serde_json::from_str(&format!("{minus}{whole}.{part}{exponent}")).ok()
}

/// The double that a JSON number stands for in JavaScript.
pub(crate) fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// Compact JSON, but for the digits of a double.
struct JavaScript;

impl Formatter for JavaScript {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number_text(value).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use quickcheck_macros::quickcheck;

    use super::*;

    #[quickcheck]
    fn every_double_is_written_as_javascript_writes_it(bits: u64, hundredths: i32) -> bool {
        let nearby = f64::from(hundredths) / 100.0;
        [f64::from_bits(bits), nearby, nearby * 1e-8, nearby * 1e18]
            .into_iter()
            .filter(|number| number.to_bits() != (-0.0_f64).to_bits())
            .all(|number| number_text(number) == ryu_js::Buffer::new().format(number))
    }

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        let texts = [
            120.0,
            2.5,
            1e21,
            1e-7,
            158.757_329_633_132_4,
            -0.0,
            1e20,
            0.1,
        ]
        .map(number_text)
        .join(" ");
        assert_eq!(
            texts,
            "120 2.5 1e+21 1e-7 158.7573296331324 -0 100000000000000000000 0.1"
        );
    }

    #[test]
    fn a_browser_reads_the_same_doubles() {
        let texts = [
            "182.5",
            "007",
            ".5",
            "5.",
            "+5",
            "-0",
            "1e3",
            "1E-7",
            "00.10",
            "5e-324",
            "1e308",
            "-.25e+2",
            "0.1",
            "158.7573296331324",
            "9007199254740993",
            "",
            ".",
            "-",
            "+",
            "e5",
            "1e",
            "--1",
            "1.2.3",
            "1-2",
            "+-1",
            "-+1",
            "1e5.5",
            "inf",
            "nan",
            "1_000",
            " 1",
            "0x10",
            "000",
        ];
        for text in texts {
            let bits = |double: Option<f64>| double.map(f64::to_bits);
            assert_eq!(
                bits(read_double_as_json(text)),
                bits(read_double(text)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_double_survives_its_value_and_its_text() {
        for number in [
            0.0,
            -0.0,
            5e-324,
            1e21,
            20.411_656_667_117_025,
            -7.0,
            9e15,
            1e300,
        ] {
            let read: Value = serde_json::from_str(&json_text(&number_value(number))).unwrap();
            let Value::Number(read) = read else {
                panic!("{read} is no number")
            };
            assert_eq!(double(&read).to_bits(), number.to_bits());
        }
    }

    #[test]
    fn text_is_escaped_as_javascript_escapes_it() {
        let value = Value::from("\u{0}\u{1f}\"\\/\n\u{7f}\u{2028}é😀");
        assert_eq!(
            json_text(&value),
            "\"\\u0000\\u001f\\\"\\\\/\\n\u{7f}\u{2028}é😀\""
        );
    }
}
