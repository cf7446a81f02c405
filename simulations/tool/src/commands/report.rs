//! `spotter-sim report`.

use std::path::PathBuf;

use clap::Args;

use crate::trouble::{Ended, Trouble};
use crate::{files, out, report};

/// Draw what was kept as one HTML page that loads nothing
///
/// Of a folder made by `run`: the timeline with partitions, edits and flapping values for each device, how everyone came
/// together, how old what others see is, and the rules compared. Of a folder made by `sweep`: means with confidence
/// intervals, and a chart of every measure over every field that the grid varies. Several folders are put on one page.
#[derive(Args)]
pub(super) struct Report {
    /// Folders that `run` or `sweep` made, or traces
    #[arg(value_name = "DIR|TRACE.jsonl", required = true)]
    what: Vec<PathBuf>,
    /// The plan of a trace that lies alone
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// The page
    #[arg(short = 'o', long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

impl Report {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let material = report::gather(&self.what, self.plan.as_deref())?;
        files::write(&self.out, &report::page(&material))?;
        out::line(&format!("{}", self.out.display()));
        Ok(Ended::Clean)
    }
}
