//! Fields that OpenLifter does not know, carried so that forks and later versions lose nothing.
//!
//! A carried field is one register of JSON text whose key is `~` and the field's name: no known name and no
//! key of ours begins so. Names too long for a key share one register, `^`, as one JSON object.

use serde_json::{Map, Value};

use super::content::Registers;
use super::fields::{Field, json_value, unknown};
use crate::json::json_text;
use crate::op::Scalar;

const PREFIX: char = '~';
const LONG_NAMED: &str = "^";

/// Longest name, in bytes, that a key holds behind its prefix; keys end at 256 bytes.
const NAME_BYTES_MAX: usize = 200;

/// The key under which a field of this name is carried, if its name fits.
pub(crate) fn carried_key(name: &str) -> Option<String> {
    (name.len() <= NAME_BYTES_MAX).then(|| format!("{PREFIX}{name}"))
}

/// The name of the field carried under a key.
pub(crate) fn carried_name(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX)
}

/// Takes in all fields that the table does not list.
pub(crate) fn read_carried(
    object: &Map<String, Value>,
    fields: &'static [Field],
    registers: &mut Registers,
) {
    let mut long_named = Map::new();
    for (name, value) in unknown(object, fields) {
        match carried_key(name) {
            Some(key) => {
                registers.insert(key, Scalar::Text(json_text(value)));
            }
            None => {
                long_named.insert(name.clone(), value.clone());
            }
        }
    }
    if !long_named.is_empty() {
        let text = json_text(&Value::Object(long_named));
        registers.insert(LONG_NAMED.to_owned(), Scalar::Text(text));
    }
}

/// Puts the carried fields behind the known ones.
pub(crate) fn write_carried(registers: &Registers, object: &mut Map<String, Value>) {
    for (key, scalar) in registers {
        let Scalar::Text(text) = scalar else { continue };
        if let Some(name) = carried_name(key) {
            object.insert(name.to_owned(), json_value(text));
        } else if key == LONG_NAMED
            && let Value::Object(long_named) = json_value(text)
        {
            object.extend(long_named);
        }
    }
}
