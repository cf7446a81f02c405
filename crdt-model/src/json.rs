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
pub(crate) fn number_text(number: f64) -> String {
    if number.to_bits() == (-0.0_f64).to_bits() {
        return "-0".to_owned();
    }
    ryu_js::Buffer::new().format(number).to_owned()
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
    use super::*;

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
