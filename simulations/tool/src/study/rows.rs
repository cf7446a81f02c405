//! The table that everything else is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spotter_sim_plan::Plan;

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// The part of the study.
    pub(super) part: String,
    /// What was varied.
    pub(super) factor: String,
    /// Its value.
    pub(super) x: f64,
    /// Under which rule.
    pub(super) rule: String,
    /// The repetition.
    pub(super) seed: u64,
    /// SHA-256 of the plan; empty if none was run.
    pub(super) plan: String,
    /// SHA-256 of the trace; empty if none was run.
    pub(super) trace: String,
    /// What was measured.
    pub(super) measure: String,
    /// What came out; none where the trace does not tell.
    pub(super) value: Option<f64>,
}

/// All numbers, and the plans they come from.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// By hash.
    pub(super) plans: BTreeMap<String, Plan>,
}

/// Which numbers are meant: all repetitions of one point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'a> {
    pub(super) part: &'a str,
    pub(super) factor: &'a str,
    pub(super) x: f64,
    pub(super) rule: &'a str,
    pub(super) measure: &'a str,
}

impl Rows {
    /// Keeps a plan, and gives its hash.
    pub(super) fn keep(&mut self, plan: &Plan) -> String {
        let name = plan.hash();
        self.plans
            .entry(name.clone())
            .or_insert_with(|| plan.clone());
        name
    }

    /// The numbers of a point that there are, by repetition.
    pub(super) fn values(&self, point: Point<'_>) -> Vec<f64> {
        let meant = |row: &&Row| {
            row.part == point.part
                && row.factor == point.factor
                && row.x.to_bits() == point.x.to_bits()
                && row.rule == point.rule
                && row.measure == point.measure
        };
        self.rows
            .iter()
            .filter(meant)
            .filter_map(|row| row.value)
            .collect()
    }

    /// The values that a factor was given in a part, rising.
    pub(super) fn xs(&self, part: &str, factor: &str) -> Vec<f64> {
        let of = self
            .rows
            .iter()
            .filter(|row| row.part == part && row.factor == factor);
        let mut xs: Vec<f64> = of.map(|row| row.x).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        xs
    }

    /// The rules of a part, in the order in which they were run.
    pub(super) fn rules(&self, part: &str) -> Vec<String> {
        let mut rules: Vec<String> = Vec::new();
        for row in self.rows.iter().filter(|row| row.part == part) {
            if !rules.contains(&row.rule) {
                rules.push(row.rule.clone());
            }
        }
        rules
    }
}
