//! `spotter-sim expand`.

use std::path::PathBuf;

use clap::Args;

use super::wanted::Drawn;
use crate::trouble::{Ended, Trouble};
use crate::{files, out, story};

/// Print the plan that a scenario becomes with a seed
///
/// A plan is a plain list of everything that people, networks, disks and clocks will do, and when. It is JSON, can be
/// edited by hand, and is taken by `run`, `replay` and `shrink` in place of a scenario.
#[derive(Args)]
pub(super) struct Expand {
    /// A scenario's file, or the name of one that comes with the program
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    #[command(flatten)]
    drawn: Drawn,
    /// Print one plan for each order of reconnecting or each call to a disk that the scenario asks for, one a line
    #[arg(long)]
    orders: bool,
    /// Print it as a story for people
    #[arg(long, conflicts_with = "orders")]
    story: bool,
    /// Write it to a file
    #[arg(short = 'o', long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Expand {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let text = if self.orders {
            let plans = self.drawn.all_plans(&self.scenario)?;
            let lines = plans.iter().map(|(_, plan)| serde_json::to_string(plan));
            let lines: Result<Vec<String>, _> = lines.collect();
            lines.map(|lines| lines.join("\n"))
        } else {
            let plan = self.drawn.plan(&self.scenario)?;
            if self.story {
                Ok(story::of_plan(&plan).join("\n"))
            } else {
                serde_json::to_string_pretty(&plan)
            }
        };
        let text = text.map_err(|error| Trouble::Asked(error.to_string()))?;
        match self.out {
            Some(path) => files::write(&path, &format!("{text}\n"))?,
            None => out::line(&text),
        }
        Ok(Ended::Clean)
    }
}
