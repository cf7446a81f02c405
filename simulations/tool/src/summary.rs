//! What a run says about itself: enough to do it again, and to see that it was the same.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spotter_sim_plan::Plan;

use crate::engine::Outcome;

/// This version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit it was built from, where that is known; `-changed` follows if the tree was another.
pub(crate) const COMMIT: Option<&str> = option_env!("SPOTTER_COMMIT");

/// A version of this program, and the commit that it was built from.
pub(crate) type Version = (String, Option<String>);

/// This one.
pub(crate) fn here() -> Version {
    (VERSION.to_owned(), COMMIT.map(str::to_owned))
}

/// A version in words.
pub(crate) fn spoken((version, commit): &Version) -> String {
    let Some(commit) = commit else {
        return version.clone();
    };
    let (commit, changed) = commit.split_once('-').unwrap_or((commit, ""));
    let changed = if changed.is_empty() { "" } else { ", changed" };
    let short = commit.get(..12).unwrap_or(commit);
    format!("{version} ({short}{changed})")
}

/// The summary of a run: `summary.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// The version of the program that made it, which replays it.
    pub(crate) version: String,
    /// The commit of that program, if it was known.
    pub(crate) commit: Option<String>,
    /// The scenario's name.
    pub(crate) scenario: String,
    /// The seed.
    pub(crate) seed: u64,
    /// SHA-256 of the plan.
    pub(crate) plan_hash: String,
    /// What came of it under each rule.
    pub(crate) rules: Vec<Ruled>,
}

/// What came of a plan under a rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ruled {
    /// The rule.
    pub(crate) rule: String,
    /// SHA-256 of the trace's lines.
    pub(crate) trace_hash: String,
    /// SHA-256 of what the devices show in the end.
    #[serde(default)]
    pub(crate) result_hash: String,
    /// How many events the trace has.
    pub(crate) events: u64,
    /// How many edits were written.
    pub(crate) edits: u64,
    /// What was handled: messages, timers, calls to disks.
    pub(crate) handled: u64,
    /// Invariants that are broken.
    pub(crate) findings: Vec<Value>,
    /// What was measured.
    pub(crate) measures: Map<String, Value>,
}

impl Summary {
    /// Of a plan that was run.
    pub(crate) fn of(plan: &Plan, outcomes: &[Outcome]) -> Self {
        Self {
            version: VERSION.to_owned(),
            commit: COMMIT.map(str::to_owned),
            scenario: plan.scenario.clone(),
            seed: plan.seed,
            plan_hash: plan.hash(),
            rules: outcomes.iter().map(Ruled::of).collect(),
        }
    }
}

impl Ruled {
    fn of(outcome: &Outcome) -> Self {
        let findings = outcome.findings.iter();
        let findings = findings.map(|finding| serde_json::to_value(finding).unwrap_or_default());
        Self {
            rule: outcome.rule.clone(),
            trace_hash: outcome.trace_hash.clone(),
            result_hash: outcome.result_hash.clone(),
            events: outcome.trace.len() as u64,
            edits: outcome.edits,
            handled: outcome.handled,
            findings: findings.collect(),
            measures: outcome.measures.clone(),
        }
    }
}

/// This version in words.
pub(crate) fn made_by() -> String {
    spoken(&here())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_of_changed_sources_does_not_pass_for_one_of_its_commit() {
        let spoken =
            |commit: Option<&str>| spoken(&("1.2.3".to_owned(), commit.map(str::to_owned)));
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(spoken(None), "1.2.3");
        assert_eq!(spoken(Some(commit)), "1.2.3 (0123456789ab)");
        let changed = format!("{commit}-changed");
        assert_eq!(spoken(Some(&changed)), "1.2.3 (0123456789ab, changed)");
        assert_eq!(
            made_by().contains("changed"),
            COMMIT.is_some_and(|it| it.ends_with("-changed"))
        );
    }
}
