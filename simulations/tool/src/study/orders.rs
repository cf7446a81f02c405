//! How many results the same edits have, over all orders in which locations can come back.
//!
//! Locations lose the network one after the other while all edit a few registers, so that some have seen what others
//! wrote and some have not. Each priority is held by two of them, as far as they go round. Then they come back one by one, and nobody edits any more. Whatever differs, differs by the
//! order alone.

use std::collections::BTreeSet;

use spotter_sim_judge::outcome;
use spotter_sim_plan::{Plan, Watch};

use super::compare::rules;
use super::pool::Pool;
use super::rows::{Row, Rows};
use super::workload::{BEGINS, Workload};
use crate::engine::{Ruling, trace};
use crate::hash;

pub(super) const PART: &str = "orders";
pub(super) const LOCATIONS: &str = "locations";
pub(super) const MEASURE: &str = "distinct_outcomes";

const REGISTERS: usize = 3;
const EDITS_EACH: u64 = 6;
const LASTS: u64 = 60_000;
/// Whoever gave the line up tries again within half a minute.
const BETWEEN: u64 = 40_000;

/// All orders of one set of edits.
struct Orders {
    locations: u16,
    seed: u64,
    plans: Vec<Plan>,
}

pub(super) fn run(rows: &mut Rows, pool: &Pool, quick: bool) {
    let (most, repetitions) = if quick { (3, 4) } else { (5, 20) };
    let mut sets = Vec::new();
    for locations in 2..=most {
        for seed in 1..=repetitions {
            let orders = permutations(locations);
            let plans = orders.iter().map(|order| plan(locations, seed, order));
            sets.push(Orders {
                locations,
                seed,
                plans: plans.collect(),
            });
        }
    }
    for rule in rules() {
        let counted = pool.each(&sets, |orders| rows_of(orders, &rule));
        rows.rows.extend(counted.into_iter().flatten());
    }
    for plan in sets.iter().flat_map(|orders| &orders.plans) {
        rows.keep(plan);
    }
}

/// Every order of so many, the first first.
fn permutations(count: u16) -> Vec<Vec<u16>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        let longer = |order: Vec<u16>| {
            let left = (0..count)
                .filter(|next| !order.contains(next))
                .collect::<Vec<_>>();
            left.into_iter()
                .map(move |next| order.iter().copied().chain([next]).collect())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    orders
}

fn plan(locations: u16, seed: u64, order: &[u16]) -> Plan {
    let mut workload = Workload::new(PART, locations, REGISTERS, seed);
    workload.plan.watch = Watch::Ends;
    // Two desks each are equals, as at most meets.
    for (number, seat) in (0..).zip(workload.plan.roster.iter_mut()) {
        seat.priority = 30 - 10 * (number / 2);
    }
    let until = BEGINS + LASTS;
    for device in 0..locations {
        let cut = workload.chance.within(BEGINS..until);
        workload.cuts(device, cut);
        workload.edits_between(device, EDITS_EACH, BEGINS, until);
    }
    // Long enough that every side has given its line up, whoever was cut last.
    let mut back = until + 90_000;
    for device in order {
        workload.heals(*device, back);
        back += BETWEEN;
    }
    workload.calm_at(back)
}

/// A row with the number of results, and one for each order so that its trace can be compared.
fn rows_of(orders: &Orders, rule: &Ruling) -> Vec<Row> {
    let mut results = BTreeSet::new();
    let row = |measure: &str, value, plan, trace| Row {
        part: PART.to_owned(),
        factor: LOCATIONS.to_owned(),
        x: f64::from(orders.locations),
        rule: rule.name().to_owned(),
        seed: orders.seed,
        plan,
        trace,
        measure: measure.to_owned(),
        value,
    };
    let mut rows = Vec::new();
    for plan in &orders.plans {
        let told = trace(plan, rule).unwrap_or_else(|(told, _)| told);
        let result = outcome(&told);
        rows.push(row(
            "agree",
            Some(f64::from(u8::from(result.len() == 1))),
            plan.hash(),
            hash::of_trace(&told),
        ));
        results.insert(result);
    }
    rows.push(row(
        MEASURE,
        Some(results.len() as f64),
        String::new(),
        String::new(),
    ));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_locations_have_a_hundred_and_twenty_orders() {
        let orders = permutations(5);
        let distinct: BTreeSet<_> = orders.iter().collect();
        assert_eq!((orders.len(), distinct.len()), (120, 120));
    }

    #[test]
    fn orders_differ_in_nothing_but_who_comes_back_when() {
        let plans: Vec<Plan> = permutations(3)
            .iter()
            .map(|order| plan(3, 1, order))
            .collect();
        let edits = |plan: &Plan| {
            plan.edits()
                .values()
                .map(|step| (*step).clone())
                .collect::<Vec<_>>()
        };
        assert!(plans.iter().all(|plan| edits(plan) == edits(&plans[0])));
    }
}
