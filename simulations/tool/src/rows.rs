//! `results.csv`: one row for each world and rule, every column a variable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use spotter_sim_plan::Plan;

use crate::engine::Outcome;
use crate::source::Setting;

/// Columns that every row begins with; settings of a grid and measures follow.
const BEGINNING: [&str; 5] = ["scenario", "config", "seed", "variant", "rule"];

/// Columns between the settings and the measures.
const MIDDLE: [&str; 6] = [
    "plan_hash",
    "trace_hash",
    "result_hash",
    "failed",
    "findings",
    "events",
];

/// A row: the names of the columns, which rows of a table share, and their cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    columns: Arc<[String]>,
    cells: Vec<String>,
}

/// What names a row among others of a sweep: configuration, seed, variant and rule.
pub(crate) type Key = (String, u64, String, String);

impl Row {
    /// The row of an outcome.
    pub(crate) fn of(
        config: &str,
        variant: Option<usize>,
        settings: &[Setting],
        plan: &Plan,
        plan_hash: &str,
        outcome: &Outcome,
    ) -> Self {
        let beginning = [
            plan.scenario.clone(),
            config.to_owned(),
            plan.seed.to_string(),
            variant
                .map(|variant| variant.to_string())
                .unwrap_or_default(),
            outcome.rule.clone(),
        ];
        let middle = [
            plan_hash.to_owned(),
            outcome.trace_hash.clone(),
            outcome.result_hash.clone(),
            u8::from(outcome.failed()).to_string(),
            outcome.finding_ids().join(" "),
            outcome.trace.len().to_string(),
        ];
        let set = settings.iter().map(Setting::value_shown);
        let measured = outcome.measures.values().map(cell);
        let names: Vec<&str> = outcome.measures.keys().map(String::as_str).collect();
        Self {
            columns: columns(settings, &names).into(),
            cells: beginning
                .into_iter()
                .chain(set)
                .chain(middle)
                .chain(measured)
                .collect(),
        }
    }

    /// The names of its columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A column's cell.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.cells.get(at).map(String::as_str)
    }

    /// A column's number.
    pub(crate) fn number(&self, column: &str) -> Option<f64> {
        self.get(column)?.parse().ok()
    }

    /// What names it; `None` if it is no row of ours.
    pub(crate) fn key(&self) -> Option<Key> {
        let seed = self.get("seed")?.parse().ok()?;
        let text = |column: &str| self.get(column).map(str::to_owned);
        Some((text("config")?, seed, text("variant")?, text("rule")?))
    }

    /// Whether its world failed.
    pub(crate) fn failed(&self) -> bool {
        self.get("failed") == Some("1")
    }

    /// The names of the fields that the grid it belongs to varies.
    pub(crate) fn settings(&self) -> Vec<&str> {
        let names = self.columns.iter().map(String::as_str);
        let settings = names
            .skip(BEGINNING.len())
            .take_while(|name| *name != MIDDLE[0]);
        settings.collect()
    }

    /// The measures' names.
    pub(crate) fn measures(&self) -> Vec<&str> {
        let names = self.columns.iter().map(String::as_str);
        names.skip_while(|name| *name != "events").skip(1).collect()
    }

    /// Its cells in the order of other columns; those it lacks are empty.
    ///
    /// # Errors
    /// It has a column that the others lack.
    pub(crate) fn cells_in(&self, columns: &[String]) -> Result<Vec<&str>, String> {
        if let Some(alien) = self.columns.iter().find(|name| !columns.contains(name)) {
            return Err(format!("there is no column \"{alien}\""));
        }
        Ok(columns
            .iter()
            .map(|name| self.get(name).unwrap_or_default())
            .collect())
    }
}

/// How many different results the same edits have under each rule, over all orders of one scenario, settings and seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Distinct {
    /// The scenario.
    pub(crate) scenario: String,
    /// What the grid varies, and its values.
    pub(crate) settings: BTreeMap<String, String>,
    /// The seed.
    pub(crate) seed: u64,
    /// How many plans were run: orders of reconnecting, and calls to disks.
    pub(crate) orders: usize,
    /// The number of results, by rule.
    pub(crate) outcomes: BTreeMap<String, usize>,
}

/// Counts the results of rows that are variants of each other; empty where no orders were run.
pub(crate) fn distinct(rows: &[Row]) -> Vec<Distinct> {
    let mut results: BTreeMap<(&str, &str, u64), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let text = |column| row.get(column).unwrap_or_default();
        if let (false, Ok(seed)) = (text("variant").is_empty(), text("seed").parse()) {
            let alike = (text("scenario"), text("config"), seed);
            results.entry(alike).or_default().push(row);
        }
    }
    let counted = |((scenario, _, seed), rows): (&(&str, &str, u64), &Vec<&Row>)| {
        let mut ends: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut variants = BTreeSet::new();
        for row in rows {
            let text = |column| row.get(column).unwrap_or_default();
            variants.insert(text("variant"));
            ends.entry(text("rule"))
                .or_default()
                .insert(text("result_hash"));
        }
        let first = rows.first();
        let settings = first.into_iter().flat_map(|row| {
            let value = |name| row.get(name).unwrap_or_default();
            let names = row.settings().into_iter();
            names.map(move |name| (name.to_owned(), value(name).to_owned()))
        });
        Distinct {
            scenario: (*scenario).to_owned(),
            settings: settings.collect(),
            seed: *seed,
            orders: variants.len(),
            outcomes: ends
                .into_iter()
                .map(|(rule, ends)| (rule.to_owned(), ends.len()))
                .collect(),
        }
    };
    results.iter().map(counted).collect()
}

/// The columns of rows with these settings and measures.
pub(crate) fn columns(settings: &[Setting], measures: &[&str]) -> Vec<String> {
    let set = settings.iter().map(|setting| setting.key.as_str());
    let names = BEGINNING.into_iter().chain(set).chain(MIDDLE);
    names
        .chain(measures.iter().copied())
        .map(str::to_owned)
        .collect()
}

/// Rows with a header that holds for all: columns in the order in which they were first seen, cells that a row lacks empty.
pub(crate) fn to_csv(rows: &[Row]) -> String {
    let mut columns: Vec<String> = Vec::new();
    for row in rows {
        for name in row.columns() {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
    }
    let mut text = csv_line(&columns);
    for row in rows {
        text.push_str(&csv_line(&row.cells_in(&columns).unwrap_or_default()));
    }
    text
}

/// One line of a table, quoted where it must be.
pub(crate) fn csv_line<T: AsRef<[u8]>>(cells: &[T]) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = out.write_record(cells);
    let bytes = out.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Rows of a text. A last row without its line's end was being written when the program died, and is left out.
///
/// # Errors
/// It is no table.
pub(crate) fn from_csv(text: &str) -> Result<Vec<Row>, String> {
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let mut reader = csv::Reader::from_reader(&text.as_bytes()[..whole]);
    let columns = reader.headers().map_err(|error| error.to_string())?;
    let columns: Arc<[String]> = columns.iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| Row {
        columns: Arc::clone(&columns),
        cells: record.iter().map(str::to_owned).collect(),
    };
    let records = reader.records();
    let rows = records.map(|record| record.map(row).map_err(|error| error.to_string()));
    rows.collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(is) => u8::from(*is).to_string(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Measures as cells, for tables.
pub(crate) fn shown(measures: &Map<String, Value>) -> Vec<(String, String)> {
    let shown = |(name, value): (&String, &Value)| (name.clone(), short(value));
    measures.iter().map(shown).collect()
}

/// A number as people read it: four significant digits, no more.
fn short(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => number_shown(number),
        _ => cell(value),
    }
}

/// A number with four significant digits at most.
pub(crate) fn number_shown(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".to_owned();
    }
    let size = number.abs().log10().floor() as i32;
    let decimals = usize::try_from(3 - size).unwrap_or(0).min(6);
    let text = format!("{number:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(&str, &str)]) -> Row {
        Row {
            columns: cells.iter().map(|(name, _)| (*name).to_owned()).collect(),
            cells: cells.iter().map(|(_, value)| (*value).to_owned()).collect(),
        }
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let rows = vec![
            row(&[("scenario", "a, b"), ("seed", "1"), ("x", "0.5")]),
            row(&[("scenario", "c"), ("seed", "2")]),
        ];
        let read = from_csv(&to_csv(&rows)).unwrap();
        assert_eq!(read[0], rows[0]);
        assert_eq!(read[1].get("seed"), Some("2"));
        assert_eq!(read[1].get("x"), Some(""));
    }

    #[test]
    fn a_row_that_was_being_written_is_left_out() {
        let rows = from_csv("scenario,seed\na,1\nb,").unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].number("seed"), Some(1.0));
    }

    #[test]
    fn orders_of_one_seed_are_counted_by_their_results() {
        let ended = |seed, variant, rule, result| {
            row(&[
                ("scenario", "a"),
                ("config", "c"),
                ("seed", seed),
                ("variant", variant),
                ("rule", rule),
                ("plan_hash", "p"),
                ("result_hash", result),
            ])
        };
        let rows = [
            ended("1", "0", "spotter", "x"),
            ended("1", "0", "dice", "x"),
            ended("1", "1", "spotter", "x"),
            ended("1", "1", "dice", "y"),
            ended("2", "0", "dice", "z"),
            ended("3", "", "dice", "z"),
        ];
        let counted: Vec<_> = distinct(&rows)
            .into_iter()
            .map(|one| (one.seed, one.orders, one.outcomes))
            .collect();
        let of = |outcomes: &[(&str, usize)]| -> BTreeMap<String, usize> {
            let named = outcomes.iter();
            named.map(|(rule, n)| ((*rule).to_owned(), *n)).collect()
        };
        let expected = [
            (1, 2, of(&[("dice", 2), ("spotter", 1)])),
            (2, 1, of(&[("dice", 1)])),
        ];
        assert_eq!(counted, expected);
    }

    #[test]
    fn numbers_have_four_digits() {
        assert_eq!(number_shown(0.123_456), "0.1235");
        assert_eq!(number_shown(1234.56), "1235");
        assert_eq!(number_shown(2.5), "2.5");
        assert_eq!(number_shown(0.0), "0");
    }
}
