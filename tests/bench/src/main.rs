//! How fast Spotter is, as ratios within one run.
//!
//! Machines differ and are noisy, so each figure stands beside a reference measured a moment before on the same
//! machine: a hash of the same bytes, a bare append and sync, a bare echo on the same WebSocket library. Computing
//! is measured in processor time of the thread, waiting in wall-clock time; medians and percentiles, never means.

mod clock;
mod history;
mod latency;
mod model;
mod report;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::report::Report;

/// Measures Spotter and prints a table of ratios.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench --long --json bench.json\n  cargo xtask bench --only edit"
)]
struct Options {
    /// Measure the large cases too (50,000 changes, 1,000 lifters); takes some minutes.
    #[arg(long)]
    long: bool,
    /// Run only the groups whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Options {
    fn wants(&self, group: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| group.contains(only.as_str()))
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let mut report = Report::new();
    if options.wants("admission") {
        model::admission(&mut report, options.long);
    }
    if options.wants("edit") {
        model::local_edit(&mut report, options.long);
    }
    if options.wants("load") {
        model::load_and_wake(&mut report, options.long);
    }
    if options.wants("memory") {
        model::memory(&mut report);
    }
    if options.wants("latency") {
        latency::measure(&mut report, options.long);
    }
    report.finish(options.json.as_deref())
}
