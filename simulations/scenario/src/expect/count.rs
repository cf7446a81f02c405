//! A number that is expected: exactly, or between bounds.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many: exactly (`3`), or between bounds (`{ "atLeast": 1, "atMost": 5 }`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// At least so many.
    pub at_least: u64,
    /// At most so many.
    pub at_most: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bounds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<u64>,
}

impl Count {
    /// Exactly so many.
    pub const fn exactly(count: u64) -> Self {
        Self {
            at_least: count,
            at_most: count,
        }
    }

    /// Whether a number is as expected.
    pub const fn holds(self, count: u64) -> bool {
        self.at_least <= count && count <= self.at_most
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, u64::MAX) => write!(f, "at least {least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.at_least == self.at_most {
            return serializer.serialize_u64(self.at_least);
        }
        let bounds = Bounds {
            at_least: (self.at_least > 0).then_some(self.at_least),
            at_most: (self.at_most < u64::MAX).then_some(self.at_most),
        };
        bounds.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counted)
    }
}

struct Counted;

impl<'de> Visitor<'de> for Counted {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or an object with atLeast and atMost")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Count, E> {
        Ok(Count::exactly(count))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Count, A::Error> {
        let bounds = Bounds::deserialize(MapAccessDeserializer::new(map))?;
        let count = Count {
            at_least: bounds.at_least.unwrap_or(0),
            at_most: bounds.at_most.unwrap_or(u64::MAX),
        };
        if count.at_least > count.at_most {
            return Err(A::Error::custom("atLeast is more than atMost"));
        }
        Ok(count)
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many: exactly, or between bounds.",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                {
                    "type": "object",
                    "properties": {
                        "atLeast": { "type": "integer", "minimum": 0 },
                        "atMost": { "type": "integer", "minimum": 0 }
                    },
                    "additionalProperties": false
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_exact_or_bounded_and_read_as_it_is_written() {
        for (text, said) in [
            ("3", "3"),
            (r#"{"atLeast":1}"#, "at least 1"),
            (r#"{"atMost":5}"#, "at most 5"),
            (r#"{"atLeast":1,"atMost":5}"#, "1 to 5"),
        ] {
            let count: Count = serde_json::from_str(text).unwrap();
            assert_eq!(count.to_string(), said);
            assert_eq!(serde_json::to_string(&count).unwrap(), text);
        }
        for text in [
            "-1",
            r#"{"atLeast":2,"atMost":1}"#,
            r#"{"least":1}"#,
            r#""3""#,
        ] {
            assert!(serde_json::from_str::<Count>(text).is_err(), "{text}");
        }
    }
}
