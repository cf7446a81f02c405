//! How many conflicts come of a time without a connection, against the argument of Gray, Helland, O'Neil and Shasha (1996).
//!
//! A node that is away collects updates of its own and misses those of others, each as many as it is away for; two of them
//! collide if they are of the same item. So the conflicts of one time apart grow with the square of that time, with the
//! number of ordered pairs of nodes, and inversely with the number of items, as long as few items are written twice.

use serde_json::Value;
use spotter_sim_plan::{Plan, Watch};

use super::pool::Pool;
use super::rows::{Row, Rows};
use super::workload::{BEGINS, Workload};
use crate::engine::{Ruling, judged};

pub(super) const PART: &str = "conflicts";
pub(super) const APART: &str = "apart_s";
pub(super) const LOCATIONS: &str = "locations";
pub(super) const MEASURE: &str = "conflicts";

const REGISTERS: usize = 400;
const PER_MINUTE: u64 = 12;

struct World {
    factor: &'static str,
    x: f64,
    seed: u64,
    plan: Plan,
}

/// What the argument expects of one time apart: every edit meets those of all others on its register.
pub(super) fn expected(locations: f64, apart_s: f64) -> f64 {
    let each = PER_MINUTE as f64 / 60.0 * apart_s;
    locations * (locations - 1.0) * each * each / REGISTERS as f64
}

pub(super) fn run(rows: &mut Rows, pool: &Pool, quick: bool) {
    let apart: &[u64] = if quick {
        &[30, 120]
    } else {
        &[15, 30, 60, 120, 240]
    };
    let locations: &[u16] = if quick { &[2, 4] } else { &[2, 3, 4, 6, 8] };
    let by_time = apart
        .iter()
        .map(|&apart_s| (APART, apart_s as f64, 4, apart_s));
    let by_locations = locations
        .iter()
        .map(|&many| (LOCATIONS, f64::from(many), many, 60));
    let mut worlds = Vec::new();
    for (factor, x, locations, apart_s) in by_time.chain(by_locations) {
        for seed in 1..=if quick { 8 } else { 40 } {
            worlds.push(World {
                factor,
                x,
                seed,
                plan: plan(locations, apart_s, seed),
            });
        }
    }
    let ours = Ruling::ours();
    rows.rows
        .extend(pool.each(&worlds, |world| row_of(world, &ours)));
    for world in &worlds {
        rows.keep(&world.plan);
    }
}

fn plan(locations: u16, apart_s: u64, seed: u64) -> Plan {
    let mut workload = Workload::new(PART, locations, REGISTERS, seed);
    workload.plan.watch = Watch::Ends;
    let until = BEGINS + apart_s * 1_000;
    for device in 0..locations {
        workload.cuts(device, BEGINS - 1_000);
        workload.edits_between(device, PER_MINUTE * apart_s / 60, BEGINS, until);
    }
    workload.calm_at(until)
}

fn row_of(world: &World, rule: &Ruling) -> Row {
    let outcome = judged(&world.plan, rule, None);
    Row {
        part: PART.to_owned(),
        factor: world.factor.to_owned(),
        x: world.x,
        rule: rule.name().to_owned(),
        seed: world.seed,
        plan: world.plan.hash(),
        trace: outcome.trace_hash,
        measure: MEASURE.to_owned(),
        value: outcome.measures.get(MEASURE).and_then(Value::as_f64),
    }
}
