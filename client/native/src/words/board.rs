//! The meet as a board of text: who lifts, and what they have lifted.

use serde_json::Value;

/// The lines of the board, from the meet as OpenLifter would save it.
pub(crate) fn board(saved: &Value) -> Vec<String> {
    let meet = &saved["meet"];
    let mut lines = vec![heading(meet)];
    let none = Vec::new();
    let entries = saved["registration"]["entries"].as_array().unwrap_or(&none);
    let rows: Vec<[String; 9]> = entries.iter().map(row).collect();
    if !rows.is_empty() {
        lines.push(String::new());
        lines.extend(table(&rows));
    }
    lines
}

fn heading(meet: &Value) -> String {
    let parts = ["name", "date", "city", "country"].map(|field| text(&meet[field]));
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        "a meet without a name".to_owned()
    } else {
        parts.join(", ")
    }
}

const HEAD: [&str; 9] = [
    "id", "day", "plat", "fl", "name", "bw", "squat", "bench", "deadlift",
];

fn row(entry: &Value) -> [String; 9] {
    [
        text(&entry["id"]),
        text(&entry["day"]),
        text(&entry["platform"]),
        text(&entry["flight"]),
        text(&entry["name"]),
        weight(&entry["bodyweightKg"]),
        attempts(entry, "squat"),
        attempts(entry, "bench"),
        attempts(entry, "deadlift"),
    ]
}

/// All attempts that were called: a lift that failed in brackets, one not judged yet with a question mark.
fn attempts(entry: &Value, lift: &str) -> String {
    let none = Vec::new();
    let weights = entry[format!("{lift}Kg")].as_array().unwrap_or(&none);
    let verdicts = entry[format!("{lift}Status")].as_array().unwrap_or(&none);
    let called = weights.iter().enumerate().filter_map(|(slot, kg)| {
        let kg = weight(kg);
        let verdict = verdicts.get(slot).and_then(Value::as_f64).unwrap_or(0.0);
        match (kg.is_empty(), verdict) {
            (true, _) => None,
            (false, verdict) if verdict > 0.0 => Some(kg),
            (false, verdict) if verdict < 0.0 => Some(format!("({kg})")),
            (false, _) => Some(format!("{kg}?")),
        }
    });
    called.collect::<Vec<_>>().join(" ")
}

/// A weight in kilograms, to the gram; nothing where there is none.
fn weight(kg: &Value) -> String {
    match kg.as_f64() {
        Some(kg) if kg != 0.0 => {
            let rounded = format!("{kg:.3}");
            rounded
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        }
        Some(_) | None => String::new(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn table(rows: &[[String; 9]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(HEAD[column].len())
    };
    let widths: [usize; 9] = std::array::from_fn(width);
    let line = |cells: [&str; 9]| {
        let cells = cells.iter().zip(widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let head = line(HEAD);
    let body = rows
        .iter()
        .map(|row| line(std::array::from_fn(|column| row[column].as_str())));
    std::iter::once(head).chain(body).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attempts_show_weight_and_verdict() {
        let entry = json!({"squatKg": [180, 182.5, 190, 0, 0], "squatStatus": [1, -1, 0, 0, 0]});
        assert_eq!(attempts(&entry, "squat"), "180 (182.5) 190?");
        assert_eq!(attempts(&entry, "bench"), "");
    }
}
