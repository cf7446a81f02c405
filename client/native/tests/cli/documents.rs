//! The page for scripts says what the program prints.

use serde_json::Value;

use crate::bench::Bench;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/command-line.md");
const PATH: &str = "entries.5003.squat.2";

/// The example below a heading of the page.
#[track_caller]
fn example(heading: &str) -> Value {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let section = page.split(&format!("### `{heading}`")).nth(1).unwrap();
    let example = section.split("```json").nth(1).unwrap();
    serde_json::from_str(example.split("```").next().unwrap()).unwrap()
}

#[track_caller]
fn same_fields(documented: &Value, printed: &Value) {
    let fields =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(fields(documented), fields(printed));
}

#[test]
fn json_has_the_documented_fields() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "182.5 good", "--reason", "depth was fine"]);
    same_fields(
        &example("get PATH --json"),
        &bench.json(&["get", PATH, "--json"]),
    );
    let history = bench.json(&["history", PATH, "--json"]);
    same_fields(&example("history PATH --json"), &history[1]);
    same_fields(
        &example("status --json"),
        &bench.json(&["status", "--json"]),
    );
}
