//! Spans of time as people write them: `250ms`, `90s`, `10m`, `8h`, `3d`, `2y`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest span: a hundred years.
const SPAN_MAX_MS: f64 = 100.0 * 365.0 * 86_400_000.0;

/// Units, the longest first, in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("y", 365 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// How long something takes, or how long after the beginning it happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    ms: u64,
}

/// How far a clock is off: a span that may be negative, like `-3y`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset {
    ms: i64,
}

/// A text that is no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no span of time; write a number and ms, s, m, h, d or y, like \"90s\"")]
pub struct InvalidSpan {
    given: String,
}

impl Span {
    /// A span of milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Self { ms }
    }

    /// In milliseconds.
    pub const fn ms(self) -> u64 {
        self.ms
    }
}

impl Offset {
    /// An offset in milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self { ms }
    }

    /// In milliseconds.
    pub const fn ms(self) -> i64 {
        self.ms
    }
}

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        parse(text).map(Self::from_ms).ok_or_else(|| InvalidSpan {
            given: text.chars().take(40).collect(),
        })
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    let whole = number
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(*unit));
    let parts = || number.parse::<f64>().ok().map(|n| n * exact(*unit));
    let ms = whole.map(exact).or_else(parts)?;
    (ms <= SPAN_MAX_MS).then(|| rounded(ms))
}

#[expect(clippy::cast_precision_loss, reason = "spans end far below 2^53 ms")]
fn exact(ms: u64) -> f64 {
    ms as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded by a hundred years, and never negative"
)]
fn rounded(ms: f64) -> u64 {
    libm::round(ms) as u64
}

impl FromStr for Offset {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let span: Span = rest.parse()?;
        let ms = i64::try_from(span.ms).unwrap_or(i64::MAX);
        Ok(Self { ms: sign * ms })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, unit): &&(&str, u64)| self.ms != 0 && self.ms.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("s", 1_000));
        write!(f, "{}{name}", self.ms / unit)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.ms < 0 { "-" } else { "" };
        write!(f, "{sign}{}", Span::from_ms(self.ms.unsigned_abs()))
    }
}

macro_rules! written_as_text {
    ($type:ty, $name:literal, $pattern:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

written_as_text!(Span, "Span", r"^\d+(\.\d+)? ?(ms|s|m|h|d|y)$");
written_as_text!(Offset, "Offset", r"^[+-]?\d+(\.\d+)? ?(ms|s|m|h|d|y)$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_its_unit() {
        for (text, ms) in [
            ("0s", 0),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("90 s", 90_000),
            ("8h", 28_800_000),
            ("2y", 63_072_000_000),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().ms(), ms, "{text}");
        }
        for text in ["", "90", "s", "-1s", "1e3s", "1.2.3s", "5 weeks", "1000y"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_is_written_in_its_largest_whole_unit_and_read_back() {
        for ms in [0, 1, 999, 60_000, 61_000, 86_400_000, 31_536_000_000] {
            let span = Span::from_ms(ms);
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
        assert_eq!(Span::from_ms(120_000).to_string(), "2m");
        assert_eq!("-3y".parse::<Offset>().unwrap().to_string(), "-3y");
    }
}
