//! Tests of scenario files: the published schema, the named scenarios, the examples of the documentation.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::NAMED;

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
