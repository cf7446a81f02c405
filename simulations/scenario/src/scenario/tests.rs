//! Tests of scenario files: the published schema, the named scenarios, the examples of the documentation.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::{NAMED, expand};

fn folder(name: &str) -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.join("../..").join(name)
}

/// To write it anew: `SPOTTER_WRITE_SCHEMA=1 cargo test -p spotter-sim-scenario schema`.
#[test]
fn the_published_schema_is_current() {
    let path = folder("simulations/scenarios/schema.json");
    let current = format!("{:#}\n", schema());
    if std::env::var_os("SPOTTER_WRITE_SCHEMA").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), current);
}

#[test]
fn every_scenario_file_can_be_run_by_its_name() {
    let files = fs::read_dir(folder("simulations/scenarios")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| name != "schema")
        .collect();
    names.sort();
    let known: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, names);
}

#[test]
fn a_scenario_is_written_as_it_was_read() {
    for (name, text) in NAMED {
        let scenario = Scenario::read(text).unwrap();
        let written = serde_json::to_string(&scenario).unwrap();
        assert_eq!(Scenario::read(&written).unwrap(), scenario, "{name}");
    }
}

/// Blocks that name no scenario are parts of one: whatever they leave open is filled in.
#[test]
fn every_example_of_the_documentation_expands() {
    let page = fs::read_to_string(folder("docs/scenarios.md")).unwrap();
    let blocks = page.split("```json\n").skip(1);
    let mut examples = 0;
    for block in blocks.map(|block| block.split("```").next().unwrap()) {
        let mut example: Value = serde_json::from_str(block).unwrap_or_else(|error| {
            panic!("{error} in the example\n{block}");
        });
        let rest: Value = serde_json::from_str(
            r#"{ "name": "example", "duration": "10m", "relays": 2, "meet": { "lifters": 5 },
                "locations": [
                    { "name": "Jury", "priority": 30 },
                    { "name": "Platform", "priority": 20 },
                    { "name": "Desk", "priority": 10, "devices": [{ "name": "Desk" }, { "name": "Spare", "spare": true }] }
                ] }"#,
        )
        .unwrap();
        for (field, value) in rest.as_object().unwrap() {
            let fields = example.as_object_mut().unwrap();
            fields.entry(field.clone()).or_insert(value.clone());
        }
        let mut scenario = Scenario::read(&example.to_string())
            .unwrap_or_else(|error| panic!("{error} in the example\n{block}"));
        for file in scenario.needs() {
            let text = if file.ends_with(".json") {
                "[]"
            } else {
                "20\n"
            };
            scenario.supply(&file, text).unwrap();
        }
        expand(&scenario, 1).unwrap();
        examples += 1;
    }
    assert!(examples > 5, "only {examples} examples were found");
}

#[test]
fn trouble_that_no_trace_tells_of_cannot_be_expected() {
    let path = folder("simulations/scenarios/two-desks-offline.json");
    let mut value: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    value["expect"]["happened"] = serde_json::json!({ "cut": 1, "cuts": 1 });
    let error = Scenario::read(&value.to_string()).unwrap_err().to_string();
    assert!(error.contains("expect.happened.cuts"), "{error}");
    value["expect"]["happened"] = serde_json::json!({ "cut": 1 });
    assert!(Scenario::read(&value.to_string()).is_ok());
}

#[test]
fn what_is_no_object_and_what_stands_there_twice_is_told_by_its_place() {
    for text in ["[]", "7", " \"name\""] {
        let told = Scenario::read(text).unwrap_err().to_string();
        assert!(told.starts_with("line 1, column "), "{told}");
        let words = "a scenario is a JSON object, in braces";
        assert!(told.ends_with(words), "{told}");
    }
    let text = "{\n \"name\": \"mine\",\n \"duration\": \"5m\",\n \"name\": \"yours\"\n}";
    let told = Scenario::read(text).unwrap_err().to_string();
    assert!(told.starts_with("line 4, column "), "{told}");
    assert!(told.contains("duplicate field `name`"), "{told}");
}
