//! Every scenario that comes with the program comes out as it says, with the real machines in it, and every promise is kept.
//!
//! `SPOTTER_SCENARIO=b04 SPOTTER_SEED=7 cargo test -p spotter-simulations --test scenarios` plays those whose names contain
//! `b04`, under another seed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;

use spotter_sim_judge::check;
use spotter_sim_plan::{Event, Plan};
use spotter_sim_scenario::{NAMED, Scenario, expand_all};

/// What takes long is left to sweeps, which are told which scenarios to run.
const LONG: [&str; 1] = ["big-meet-8h"];

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

/// `b01-…` to `b26-…`.
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
