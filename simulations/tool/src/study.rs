//! `spotter-sim study`: the experiments of `docs/study.md`, from plans to tables and figures, in one command.
//!
//! Every part makes its plans from seeds, runs them under rules, and leaves rows of one table: what was measured, of which
//! plan, under which rule, and the hash of the trace. Tables, figures and the page are made from the rows alone. With the
//! plans beside them the rows are an archive that another day's program of the same version runs again.

mod archive;
mod chart;
mod compare;
mod estimate;
mod gray;
mod orders;
mod page;
mod pool;
mod resync;
mod rows;
mod workload;

use std::path::PathBuf;

use clap::Args;

use crate::clock;
use crate::out;
use crate::trouble::{Ended, Trouble};
use pool::Pool;
use rows::Rows;

/// Regenerate the study: tables, figures, and an archive that can be run again
///
/// Runs our machines and the baselines over partition length, number of locations and edit rate; the rate of conflicts over
/// the time without a connection; all orders of reconnecting up to five locations; and what resynchronising costs.
#[derive(Args)]
pub(crate) struct Study {
    /// Fewer repetitions and points: for trying it out, in about a minute
    #[arg(long)]
    quick: bool,
    /// Where the archive goes: plans, results.csv, hashes
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "study",
        conflicts_with = "check"
    )]
    out: PathBuf,
    /// The folder of documents whose `study.md` and `study/` are brought up to date
    #[arg(long, value_name = "FOLDER", conflicts_with = "check")]
    docs: Option<PathBuf>,
    /// Run an archive again, and say whether every trace is the same
    #[arg(long, value_name = "FOLDER")]
    check: Option<PathBuf>,
    /// How many worlds at a time; by default as many as there are cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl Study {
    /// Does it.
    ///
    /// # Errors
    /// A file cannot be read or written, or the archive is of another version.
    pub(crate) fn run(self) -> Result<Ended, Trouble> {
        let pool = Pool::new(self.jobs);
        if let Some(folder) = &self.check {
            return archive::check(folder, &pool);
        }
        let begun = clock::now();
        let mut rows = Rows::default();
        for (name, part) in PARTS {
            part(&mut rows, &pool, self.quick);
            let took = clock::spoken(begun.elapsed());
            out::remark(&format!("{name}: done after {took}"));
        }
        archive::write(&self.out, &rows, self.quick)?;
        let drawn = page::made(&rows);
        page::write(&self.out, &drawn, &rows)?;
        if let Some(docs) = &self.docs {
            page::write(&docs.join("study"), &drawn, &rows)?;
            page::update(&docs.join("study.md"), &drawn)?;
        }
        for table in &drawn.tables {
            out::line(&format!("{}\n", table.text));
        }
        Ok(Ended::Clean)
    }
}

type Part = fn(&mut Rows, &Pool, bool);

/// The parts of the study, in the order of the page.
const PARTS: [(&str, Part); 4] = [
    ("comparison", compare::run),
    ("conflicts over time apart", gray::run),
    ("orders of reconnecting", orders::run),
    ("resynchronising", resync::run),
];
