//! `spotter-sim check`.

use std::path::PathBuf;

use clap::Args;

use crate::engine::judgement;
use crate::trouble::{Ended, Trouble};
use crate::{files, out, rows, source, story};

/// Judge a trace that was kept, or that another program wrote
///
/// The judges read the plan and the trace and nothing else, so that a trace of any implementation can be judged.
#[derive(Args)]
pub(super) struct Check {
    /// The trace: one event a line
    #[arg(value_name = "TRACE.jsonl")]
    trace: PathBuf,
    /// The plan it came from
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let plan = source::plan_file(&self.plan)?;
        let trace = files::read_trace(&self.trace)?;
        let (findings, measures) = judgement(&plan, &trace);
        let shown = rows::shown(&measures).into_iter();
        let shown: Vec<Vec<String>> = shown.map(|(name, value)| vec![name, value]).collect();
        out::table(&["measure", "value"], &shown);
        for finding in &findings {
            out::line(&story::finding(finding));
        }
        if findings.is_empty() {
            out::line(&format!(
                "\nnothing is wrong with the {} events",
                trace.len()
            ));
            return Ok(Ended::Clean);
        }
        Ok(Ended::Found)
    }
}
