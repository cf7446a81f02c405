//! `spotter-sim replay`.

use std::path::PathBuf;

use clap::Args;
use spotter_sim_plan::{Plan, Watch};

use super::wanted::Drawn;
use crate::engine::{Outcome, Ruling, judged, trace};
use crate::summary::{self, Summary};
use crate::trouble::{Ended, Trouble};
use crate::{files, moment, out, story};

/// Run a world again and tell its story
///
/// Prints who did what and when, line by line, with every broken invariant in its place. With --until it stops there and
/// shows what every device shows and holds at that moment.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["plan", "scenario"]))]
pub(super) struct Replay {
    /// The plan
    #[arg(long, value_name = "FILE")]
    plan: Option<String>,
    /// A scenario's file, or the name of one that comes with the program
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
    #[command(flatten)]
    drawn: Drawn,
    /// The rule that decides conflicts
    #[arg(long, value_name = "NAME", default_value = "spotter")]
    rule: String,
    /// Stop here and show the state: 90s, 1h30m, 05:07.250, or milliseconds
    #[arg(long, value_name = "TIME", value_parser = moment::read)]
    until: Option<u64>,
    /// Tell every event: what was learnt, acknowledged, stored, shown
    #[arg(long, short)]
    verbose: bool,
    /// Compare with the `summary.json` of an earlier run: the trace must have the same hash
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Replay {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let given = self
            .plan
            .as_deref()
            .or(self.scenario.as_deref())
            .unwrap_or_default();
        let plan = self.drawn.plan(given)?;
        let rules = Ruling::named(&self.rule)?;
        let [rule] = rules.as_slice() else {
            return Err(Trouble::Asked(
                "a replay follows one rule; --rule names it".to_owned(),
            ));
        };
        let expect = self.drawn.expect(given)?;
        let outcome = judged(&plan, rule, expect.as_ref());
        for line in story::told(&plan, &outcome, self.until, self.verbose) {
            out::line(&line);
        }
        if let Some(until) = self.until {
            show_state(&plan, rule, until);
        }
        let same = match &self.expect {
            Some(path) => self.compare(path, &plan, &outcome)?,
            None => true,
        };
        Ok(if outcome.failed() || !same {
            Ended::Found
        } else {
            Ended::Clean
        })
    }

    /// Whether the trace is the one that a summary names.
    fn compare(
        &self,
        path: &std::path::Path,
        plan: &Plan,
        outcome: &Outcome,
    ) -> Result<bool, Trouble> {
        let senseless = |error: serde_json::Error| {
            Trouble::Asked(format!("{}: no summary of a run: {error}", path.display()))
        };
        let expected: Summary = serde_json::from_str(&files::read(path)?).map_err(senseless)?;
        let ours = summary::here();
        let theirs = (expected.version.clone(), expected.commit.clone());
        if ours != theirs {
            out::line(&format!(
                "the summary was made by version {}, this is {}; only that version must give the same trace",
                summary::spoken(&theirs),
                summary::spoken(&ours)
            ));
        }
        if expected.plan_hash != plan.hash() {
            out::line(
                "the plan is NOT the one of the summary: another scenario, seed or version of the scenario",
            );
            return Ok(false);
        }
        let Some(ruled) = expected
            .rules
            .iter()
            .find(|ruled| ruled.rule == outcome.rule)
        else {
            return Err(Trouble::Asked(format!(
                "{} says nothing of the rule {}",
                path.display(),
                outcome.rule
            )));
        };
        let same = ruled.trace_hash == outcome.trace_hash;
        out::line(match same {
            true => "the trace is the same, byte for byte",
            false => "the trace is NOT the same",
        });
        Ok(same)
    }
}

/// Runs it once more with all screens watched, which the first run may not have been.
fn show_state(plan: &Plan, rule: &Ruling, until: u64) {
    let mut plan = plan.clone();
    plan.watch = Watch::Screens;
    let events = trace(&plan, rule).unwrap_or_else(|(events, _)| events);
    for line in story::state_at(&plan, &events, until) {
        out::line(&line);
    }
}
