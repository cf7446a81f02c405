//! What one display shows at one moment: rows by key, and the rest of the platform.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};
use spotter_scoring::PlatformView;

/// The rows and the platform, as a feed tells of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// In the order in which they stand on the board; no two have the same id.
    rows: Vec<Row>,
    /// Everything but the rows, and their `order`.
    platform: Map<String, Value>,
}

/// One lifter's row, whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) fields: Value,
}

impl View {
    /// A view of these rows, each an object, and of this platform.
    ///
    /// Rows are known by their field `id`. Two entries that were given the same id apart keep two rows: those further
    /// down get negative ids here.
    pub fn new(mut platform: Map<String, Value>, rows: Vec<Map<String, Value>>) -> Self {
        let mut taken = BTreeSet::new();
        let mut spare = 0;
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|mut fields| {
                let told = fields.get("id").and_then(Value::as_i64);
                let id = told.filter(|id| !taken.contains(id)).unwrap_or_else(|| {
                    spare -= 1;
                    while taken.contains(&spare) {
                        spare -= 1;
                    }
                    spare
                });
                taken.insert(id);
                fields.insert("id".to_owned(), id.into());
                let fields = Value::Object(fields);
                Row { id, fields }
            })
            .collect();
        let order = rows.iter().map(|row| row.id.into()).collect();
        platform.insert("order".to_owned(), Value::Array(order));
        Self { rows, platform }
    }

    /// The view of a platform.
    pub fn of(platform: &PlatformView) -> Self {
        let told = serde_json::to_value(platform).map(plain);
        let Ok(Value::Object(mut platform)) = told else {
            return Self::default();
        };
        let rows = match platform.remove("lifters") {
            Some(Value::Array(rows)) => rows,
            Some(_) | None => Vec::new(),
        };
        let rows = rows.into_iter().filter_map(|row| match row {
            Value::Object(row) => Some(row),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => None,
        });
        Self::new(platform, rows.collect())
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn platform(&self) -> &Map<String, Value> {
        &self.platform
    }

    pub(crate) fn row(&self, id: i64) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }
}

/// Whole numbers without a point, as JavaScript writes them.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(&number).unwrap_or(number)),
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, plain(value)));
            Value::Object(fields.collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::String(_)) => other,
    }
}

fn whole(number: &Number) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let told = number.as_f64().filter(|_| number.is_f64())? + 0.0;
    let is_whole = told.fract() == 0.0 && told.abs() < EXACT;
    is_whole.then(|| format!("{told:.0}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_have_no_point() {
        let told = plain(json!({"kg": [82.5, 20.0, -0.0, 1e300, 7]}));
        assert_eq!(told.to_string(), r#"{"kg":[82.5,20,0,1e+300,7]}"#);
    }

    #[test]
    fn two_entries_with_one_id_keep_two_rows() {
        let row =
            |id: i64, name: &str| json!({"id": id, "name": name}).as_object().unwrap().clone();
        let rows = vec![row(7, "Ann"), row(7, "Bea"), row(-1, "Cem"), row(7, "Dan")];
        let view = View::new(Map::new(), rows);
        let ids: Vec<i64> = view.rows().iter().map(|row| row.id).collect();
        assert_eq!(
            ids.len(),
            ids.iter().collect::<BTreeSet<_>>().len(),
            "{ids:?}"
        );
        assert_eq!(ids[0], 7);
        assert_eq!(view.platform()["order"], json!(ids));
    }
}
