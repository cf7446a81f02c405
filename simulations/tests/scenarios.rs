//! Every scenario that comes with the program comes out as it says, with the real machines in it, and every promise is kept.
//!
//! `SPOTTER_SCENARIO=b04 SPOTTER_SEED=7 cargo test -p spotter-simulations --test scenarios` plays those whose names contain
//! `b04`, under another seed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;

use serde_json::Value;
use spotter_sim_judge::check;
use spotter_sim_plan::{Event, Plan};
use spotter_sim_scenario::{NAMED, Scenario, expand, expand_all};

/// What takes long is left to sweeps, which are told which scenarios to run.
const LONG: [&str; 1] = ["big-meet-8h"];

/// What is drawn by rates.
const RATES: &str =
    "drawn by rates, which sweeps and studies vary down to none: in some worlds it does not strike";

/// Parts without which a scenario may come out as it says: whose, where their paths begin, and why.
const MAY_BE_MISSING: [(&str, &str, &str); 13] = [
    (
        "b07-clock-skew",
        "/locations",
        "it says that true clocks make no difference, and no trace tells of a clock that is off from the beginning",
    ),
    ("foreign", "/trouble", RATES),
    ("ten-minute-chaos", "/network", RATES),
    ("ten-minute-chaos", "/trouble", RATES),
    ("ten-minute-storm", "/network", RATES),
    ("ten-minute-storm", "/trouble", RATES),
    ("three-bad-minutes", "/network", RATES),
    ("three-bad-minutes", "/trouble", RATES),
    ("three-odd-minutes", "/network", RATES),
    ("three-odd-minutes", "/trouble", RATES),
    (
        "three-odd-minutes",
        "/sessionsLast",
        "whether a session expires while somebody is connected depends on what else is drawn",
    ),
    ("three-rotten-minutes", "/", RATES),
    ("three-twin-minutes", "/", RATES),
];

#[test]
fn without_any_of_its_parts_a_scenario_does_not_come_out_as_it_says() {
    let only = env::var("SPOTTER_SCENARIO").unwrap_or_default();
    let mut unneeded = Vec::new();
    let named = NAMED.iter().filter(|(name, _)| name.contains(&only));
    for (name, text) in named.filter(|(name, _)| !LONG.contains(name)) {
        let scenario: Value = serde_json::from_str(text).unwrap();
        let may_be_missing = |part: &str| {
            let mut which = MAY_BE_MISSING.iter();
            which.any(|(of, begins, _)| of == name && part.starts_with(begins))
        };
        let needed = parts(&scenario)
            .into_iter()
            .filter(|part| !may_be_missing(part));
        for part in needed {
            let without = without(&scenario, &part).to_string();
            if played(name, &without, 1).is_empty() {
                unneeded.push(format!("{name} comes out as it says without {part}"));
            }
        }
    }
    assert!(unneeded.is_empty(), "\n{}\n", unneeded.join("\n"));
}

#[test]
fn every_kind_of_trouble_that_is_drawn_strikes_in_one_of_some_worlds() {
    for (name, text) in NAMED {
        let scenario: Value = serde_json::from_str(text).unwrap();
        for kind in kinds_of_trouble(&scenario) {
            let read = |scenario: &Value| Scenario::read(&scenario.to_string()).unwrap();
            let (with, without) = (read(&scenario), read(&without(&scenario, &kind)));
            let strikes = |seed| {
                let (with, without) = (expand(&with, seed), expand(&without, seed));
                let (with, without) = (with.unwrap(), without.unwrap());
                with.steps != without.steps || with.devices != without.devices
            };
            assert!((1..=60).any(strikes), "{name}: {kind}");
        }
    }
}

/// What makes a scenario what it is, besides people and places: a list of paths in its file.
fn parts(scenario: &Value) -> Vec<String> {
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    let mut parts: Vec<String> = (0..count(&scenario["faults"]))
        .map(|at| format!("/faults/{at}"))
        .collect();
    for field in [
        "orders",
        "diskCalls",
        "sessionsLast",
        "network/loss",
        "network/duplicate",
        "network/reorder",
    ] {
        parts.push(format!("/{field}"));
    }
    for location in 0..count(&scenario["locations"]) {
        for device in 0..count(&scenario["locations"][location]["devices"]) {
            parts.push(format!("/locations/{location}/devices/{device}/clockOff"));
        }
    }
    parts.extend(kinds_of_trouble(scenario));
    parts.retain(|part| scenario.pointer(part).is_some());
    parts
}

fn kinds_of_trouble(scenario: &Value) -> Vec<String> {
    let kinds = scenario["trouble"].as_object().into_iter().flatten();
    let kinds = kinds.filter(|(kind, _)| !["from", "until"].contains(&kind.as_str()));
    kinds.map(|(kind, _)| format!("/trouble/{kind}")).collect()
}

/// A scenario without the part at a path.
fn without(scenario: &Value, part: &str) -> Value {
    let mut scenario = scenario.clone();
    let (within, last) = part.rsplit_once('/').unwrap();
    let within = scenario.pointer_mut(within).unwrap();
    if let Some(items) = within.as_array_mut() {
        items.remove(last.parse().unwrap());
    } else {
        within.as_object_mut().unwrap().remove(last);
    }
    scenario
}

#[test]
fn every_scenario_of_the_seed_comes_out_as_it_says() {
    come_out_as_they_say(|name| name.starts_with("seed-"));
}

#[test]
fn every_scenario_beyond_the_seed_comes_out_as_it_says() {
    come_out_as_they_say(|name| !name.starts_with("seed-") && is_numbered(name));
}

#[test]
fn every_scenario_for_studies_comes_out_as_it_says() {
    come_out_as_they_say(|name| !name.starts_with("seed-") && !is_numbered(name));
}

/// `b01-…` to `b28-…`.
fn is_numbered(name: &str) -> bool {
    let number = name.strip_prefix('b').and_then(|rest| rest.get(..2));
    number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
}

fn come_out_as_they_say(which: impl Fn(&str) -> bool) {
    let only = env::var("SPOTTER_SCENARIO").unwrap_or_default();
    let seed = env::var("SPOTTER_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut missed = Vec::new();
    for (name, text) in NAMED {
        let is_wanted = which(name) && name.contains(&only);
        if is_wanted && (!LONG.contains(name) || only == *name) {
            missed.extend(played(name, text, seed));
        }
    }
    assert!(missed.is_empty(), "\n{}\n", missed.join("\n"));
}

/// Plays all variants of a scenario and tells what came out otherwise than it says.
fn played(name: &str, text: &str, seed: u64) -> Vec<String> {
    let scenario = Scenario::read(text).unwrap();
    let replay = format!("spotter-sim replay --scenario {name} --seed {seed}");
    let mut missed = Vec::new();
    let mut worlds: Vec<(Plan, Vec<Event>)> = Vec::new();
    let plans = expand_all(&scenario, seed).unwrap();
    for (variant, plan) in plans.into_iter().enumerate() {
        let mut trace = Vec::new();
        spotter_simulations::run(&plan, &mut |event| trace.push(event));
        let replay = format!("{replay} --variant {variant}");
        for unmet in scenario.expect.evaluate(&plan, &trace) {
            missed.push(format!("{replay} # {unmet}"));
        }
        for finding in check(&plan, &trace) {
            let (id, at, words) = (&finding.id, finding.at, &finding.words);
            missed.push(format!("{replay} # {id} at {at} ms: {words}"));
        }
        worlds.push((plan, trace));
    }
    for unmet in scenario.expect.evaluate_all(&worlds) {
        missed.push(format!("{replay} # {unmet}"));
    }
    missed
}
