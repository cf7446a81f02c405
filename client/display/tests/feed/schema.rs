//! As much of JSON Schema as `schema.json` uses. A word that is not known here fails the test.

use std::path::Path;

use serde_json::Value;

/// The schema.
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn load() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.json");
        Self(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
    }

    /// Whether a message is as its definition says, or where it is not.
    pub(crate) fn check(&self, definition: &str, message: &Value) -> Result<(), String> {
        let schema = &self.0["$defs"][definition];
        assert!(schema.is_object(), "there is no definition {definition}");
        self.is(schema, message, definition)
    }

    /// The definitions that the schema as a whole offers and that fit.
    pub(crate) fn any(&self, message: &Value) -> Vec<String> {
        let offered = self.0["oneOf"].as_array().unwrap().iter();
        let names = offered.map(|one| name(one["$ref"].as_str().unwrap()));
        names
            .filter(|name| self.check(name, message).is_ok())
            .collect()
    }

    fn is(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        for (word, wanted) in schema.as_object().unwrap() {
            let is_so = match word.as_str() {
                "description" => true,
                "$ref" => {
                    return self
                        .check(&name(wanted.as_str().unwrap()), value)
                        .map_err(|why| format!("{at}: {why}"));
                }
                "const" => value == wanted,
                "enum" => wanted.as_array().unwrap().contains(value),
                "type" => self.has_type(wanted, value),
                "pattern" => value
                    .as_str()
                    .is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
                "minimum" => value
                    .as_f64()
                    .is_none_or(|number| number >= wanted.as_f64().unwrap()),
                "minItems" => value
                    .as_array()
                    .is_none_or(|list| list.len() as u64 >= wanted.as_u64().unwrap()),
                "maxItems" => value
                    .as_array()
                    .is_none_or(|list| list.len() as u64 <= wanted.as_u64().unwrap()),
                "required" => {
                    let fields = wanted
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|field| field.as_str().unwrap());
                    fields
                        .into_iter()
                        .all(|field| !value.is_object() || value.get(field).is_some())
                }
                "properties" => {
                    for (field, schema) in wanted.as_object().unwrap() {
                        if let Some(value) = value.get(field) {
                            self.is(schema, value, &format!("{at}.{field}"))?;
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    assert_eq!(*wanted, Value::Bool(false));
                    let known = schema["properties"].as_object().unwrap();
                    let fields = value.as_object().into_iter().flatten();
                    fields
                        .into_iter()
                        .all(|(field, _)| known.contains_key(field))
                }
                "items" => {
                    for value in value.as_array().into_iter().flatten() {
                        self.is(wanted, value, &format!("{at}[]"))?;
                    }
                    true
                }
                other => panic!("{other} at {at} is not understood"),
            };
            if !is_so {
                return Err(format!("{at}: {value} breaks {word}: {wanted}"));
            }
        }
        Ok(())
    }

    fn has_type(&self, wanted: &Value, value: &Value) -> bool {
        match wanted {
            Value::Array(any) => any.iter().any(|one| self.has_type(one, value)),
            one @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_)) => match one.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "null" => value.is_null(),
                other => panic!("{other} is no type"),
            },
        }
    }
}

fn name(reference: &str) -> String {
    reference.strip_prefix("#/$defs/").unwrap().to_owned()
}

/// The two patterns of the schema.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$" => {
            let like = "0000-00-00T00:00:00.000Z";
            text.len() == like.len()
                && text
                    .chars()
                    .zip(like.chars())
                    .all(|(is, like)| is == like || (like == '0' && is.is_ascii_digit()))
        }
        "^#[0-9A-Fa-f]{6}$" => {
            text.len() == 7
                && text.starts_with('#')
                && text[1..].chars().all(|c| c.is_ascii_hexdigit())
        }
        "^([1-9][0-9]*|G|DQ)?$" => {
            let is_number = !text.starts_with('0') && text.chars().all(|c| c.is_ascii_digit());
            is_number || ["G", "DQ"].contains(&text)
        }
        other => panic!("the pattern {other} is not understood"),
    }
}
