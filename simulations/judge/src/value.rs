//! When two values are the same: numbers by their bits as doubles, however they are spelled.

use serde_json::Value;
use spotter_sim_plan::Write;

/// Whether two values are equal. `80` and `80.0` are; `0.0` and `-0.0` are not.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one.to_bits() == other.to_bits(),
            (None, _) | (_, None) => one == other,
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let known = |(key, value)| other.get(key).is_some_and(|found| same(value, found));
            one.len() == other.len() && one.iter().all(known)
        }
        _ => one == other,
    }
}

/// Whether two writes give the same registers the same values.
pub(crate) fn say_the_same(one: &Write, other: &Write) -> bool {
    let mut pairs = one.puts.iter().zip(&other.puts);
    one.puts.len() == other.puts.len()
        && pairs.all(|((one, value), (other, theirs))| one == other && same(value, theirs))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::same;

    #[test]
    fn numbers_are_equal_when_their_bits_are() {
        assert!(same(&json!(80), &json!(80.0)));
        assert!(!same(&json!(0.0), &json!(-0.0)));
        assert!(!same(&json!(80), &json!("80")));
        assert!(same(&json!({"a": [1, 2]}), &json!({"a": [1.0, 2.0]})));
        assert!(!same(&json!({"a": [1, 2]}), &json!({"a": [1, 2, 3]})));
    }
}
