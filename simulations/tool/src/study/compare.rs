//! Our machines and the baselines, over partition length, number of locations and edit rate.
//!
//! Ten minutes. Every location loses the network once, for the given time, at a moment of its own. One factor is varied at a
//! time around four locations, a minute, and twelve edits a minute and location, on forty registers.

use serde_json::Value;
use spotter_sim_plan::Plan;

use super::pool::Pool;
use super::rows::{Row, Rows};
use super::workload::{BEGINS, Workload};
use crate::engine::{Ruling, judged};

pub(super) const PART: &str = "comparison";
pub(super) const PARTITION: &str = "partition_s";
pub(super) const LOCATIONS: &str = "locations";
pub(super) const RATE: &str = "edits_per_minute";

/// What is kept of the measures of `docs/metrics.md`.
pub(super) const MEASURES: [&str; 16] = [
    "priority_inversions",
    "outranked",
    "causal_inversions",
    "returns",
    "acknowledged_lost",
    "local_lost",
    "refused",
    "edits_blocked",
    "blocked_edit_s",
    "flaps",
    "conflicts_per_1k_edits",
    "staleness_s_p95",
    "catch_up_s_p50",
    "catch_up_s_p95",
    "convergence_s",
    "bytes_per_edit",
];

const REGISTERS: usize = 40;
const LASTS: u64 = 600_000;

/// The base that is varied.
#[derive(Clone, Copy)]
struct Setting {
    partition_s: u64,
    locations: u16,
    edits_per_minute: u64,
}

const BASE: Setting = Setting {
    partition_s: 60,
    locations: 4,
    edits_per_minute: 12,
};

/// One world.
struct World {
    factor: &'static str,
    x: f64,
    seed: u64,
    plan: Plan,
}

pub(super) fn run(rows: &mut Rows, pool: &Pool, quick: bool) {
    let mut worlds = Vec::new();
    for (factor, x, setting) in points(quick) {
        for seed in 1..=if quick { 4 } else { 16 } {
            worlds.push(World {
                factor,
                x,
                seed,
                plan: plan(setting, seed),
            });
        }
    }
    for rule in rules() {
        let judged = pool.each(&worlds, |world| rows_of(world, &rule));
        rows.rows.extend(judged.into_iter().flatten());
    }
    for world in &worlds {
        rows.keep(&world.plan);
    }
}

/// Ours, the baselines, and clocks that are off by up to a minute.
pub(super) fn rules() -> Vec<Ruling> {
    let skewed = Ruling::named("last-writer-wins:60000").unwrap_or_default();
    Ruling::all().into_iter().chain(skewed).collect()
}

fn points(quick: bool) -> Vec<(&'static str, f64, Setting)> {
    let partitions: &[u64] = if quick {
        &[15, 240]
    } else {
        &[15, 60, 120, 240]
    };
    let locations: &[u16] = if quick { &[2] } else { &[2, 4, 6, 8] };
    let rates: &[u64] = if quick { &[4] } else { &[4, 12, 24, 36] };
    let by_partition = partitions.iter().map(|&partition_s| {
        let setting = Setting {
            partition_s,
            ..BASE
        };
        (PARTITION, partition_s as f64, setting)
    });
    let by_locations = locations.iter().map(|&locations| {
        let setting = Setting { locations, ..BASE };
        (LOCATIONS, f64::from(locations), setting)
    });
    let by_rate = rates.iter().map(|&edits_per_minute| {
        let setting = Setting {
            edits_per_minute,
            ..BASE
        };
        (RATE, edits_per_minute as f64, setting)
    });
    by_partition.chain(by_locations).chain(by_rate).collect()
}

fn plan(setting: Setting, seed: u64) -> Plan {
    let mut workload = Workload::new(PART, setting.locations, REGISTERS, seed);
    let (until, partition) = (BEGINS + LASTS, setting.partition_s * 1_000);
    for device in 0..setting.locations {
        let edits = setting.edits_per_minute * LASTS / 60_000;
        workload.edits_between(device, edits, BEGINS, until);
        let cut = workload.chance.within(BEGINS..until - partition);
        workload.cuts(device, cut);
        workload.heals(device, cut + partition);
    }
    workload.calm_at(until)
}

fn rows_of(world: &World, rule: &Ruling) -> Vec<Row> {
    let outcome = judged(&world.plan, rule, None);
    let plan = world.plan.hash();
    let row = |measure: &str| Row {
        part: PART.to_owned(),
        factor: world.factor.to_owned(),
        x: world.x,
        rule: rule.name().to_owned(),
        seed: world.seed,
        plan: plan.clone(),
        trace: outcome.trace_hash.clone(),
        measure: measure.to_owned(),
        value: outcome.measures.get(measure).and_then(Value::as_f64),
    };
    MEASURES.into_iter().map(row).collect()
}
