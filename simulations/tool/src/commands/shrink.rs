//! `spotter-sim shrink`.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use spotter_sim_plan::Plan;

use super::wanted::Drawn;
use crate::engine::{Ruling, judged};
use crate::shrink::{Progress, shrink};
use crate::trouble::{Ended, Trouble};
use crate::{files, out, story};

/// Make a plan that fails as small as it can be while it still fails
///
/// Takes away steps, devices, registers and troubles of the network, and makes times and values plain, as long as the same
/// invariant stays broken. What is left can be read by a person; nothing more can be taken away from it. What a scenario
/// expects is of its whole plan, and not looked at here.
#[derive(Args)]
pub(super) struct Shrink {
    /// The plan that fails; or a scenario that does with the seed
    #[arg(long, value_name = "FILE")]
    plan: String,
    #[command(flatten)]
    drawn: Drawn,
    /// The finding that must stay, such as I4 [default: the first]
    #[arg(long, value_name = "ID")]
    finding: Option<String>,
    /// Write the smallest plan here
    #[arg(short = 'o', long, value_name = "FILE")]
    out: PathBuf,
}

impl Shrink {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let plan = self.drawn.plan(&self.plan)?;
        let rule = Ruling::ours();
        let ids = ids_of(&plan, &rule);
        let wanted = match (&self.finding, ids.first()) {
            (_, None) => {
                return Err(Trouble::Asked(format!(
                    "no invariant is broken by {}: there is nothing to shrink (what a scenario expects is of its whole plan)",
                    self.plan
                )));
            }
            (Some(id), Some(_)) if !ids.contains(id) => {
                let found = ids.join(", ");
                return Err(Trouble::Asked(format!(
                    "{} breaks {found}, not {id}",
                    self.plan
                )));
            }
            (Some(id), Some(_)) => id.clone(),
            (None, Some(first)) => first.clone(),
        };
        let small = smallest(plan, &wanted, &rule);
        files::write_json(&self.out, &small)?;
        for line in story::of_plan(&small) {
            out::line(&line);
        }
        for line in story::findings(&judged(&small, &rule, None)) {
            out::line(&line);
        }
        out::line(&format!(
            "\nspotter-sim replay --plan {}",
            self.out.display()
        ));
        Ok(Ended::Clean)
    }
}

fn ids_of(plan: &Plan, rule: &Ruling) -> Vec<String> {
    let outcome = judged(plan, rule, None);
    outcome
        .finding_ids()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn smallest(plan: Plan, wanted: &str, rule: &Ruling) -> Plan {
    let before = story::size(&plan);
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let mut fails = |plan: &Plan| ids_of(plan, rule).iter().any(|id| id == wanted);
    let mut told = |progress: Progress| {
        let Progress {
            tried,
            steps,
            devices,
        } = progress;
        bar.set_message(format!(
            "{wanted} with {steps} steps and {devices} devices, {tried} plans tried"
        ));
        bar.tick();
    };
    let mut small = shrink(plan, &mut fails, &mut told);
    bar.finish_and_clear();
    if !small.scenario.ends_with("-shrunk") {
        small.scenario.push_str("-shrunk");
        // The name is part of the plan; if it were part of the failure, it stays.
        if !fails(&small) {
            small
                .scenario
                .truncate(small.scenario.len() - "-shrunk".len());
        }
    }
    out::line(&format!("{wanted}: {before}"));
    out::line(&format!("shrunk to: {}\n", story::size(&small)));
    small
}
