//! `spotter-sim bugs`, in programs that are built with the feature `planted`.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;
use spotter_sim_plan::Plan;
use spotter_simulations::planted::{Bug, plant};

use crate::engine::{Outcome, Ruling, judged};
use crate::source::{Script, Source, open};
use crate::trouble::{Ended, Trouble};
use crate::{clock, files, out, summary};

/// Where the table stands in the document: from this heading to the end of the file.
const HEADING: &str = "## How soon they are found\n";

/// Plant each bug on purpose, and count the seeds until it is found
///
/// Seeds are drawn from the time, and so after the bugs were written, unless --from names where they begin. A bug counts as
/// found when an invariant is broken with it, and none without it on the same plan. The row without a bug says on how many
/// seeds the correct program raised no alarm. Ends with status 1 if a bug is not found, or there was an alarm.
#[derive(Args)]
pub(super) struct Bugs {
    /// Only these bugs, with commas between
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// The scenarios, which take turns from seed to seed
    #[arg(
        long,
        value_name = "SCENARIO",
        value_delimiter = ',',
        default_value = "three-bad-minutes,three-odd-minutes"
    )]
    scenarios: Vec<String>,
    /// Where seeds begin
    #[arg(long, value_name = "SEED")]
    from: Option<u64>,
    /// A bug that is not found within so many seeds is not found
    #[arg(long, value_name = "N", default_value_t = 1000)]
    within: u64,
    /// How many seeds are run without a bug
    #[arg(long, value_name = "N", default_value_t = 1000)]
    correct: u64,
    /// How many threads [default: one for each core]
    #[arg(long, value_name = "J")]
    jobs: Option<usize>,
    /// Write the table into this document, docs/planted-bugs.md
    #[arg(long, value_name = "FILE")]
    write_docs: Option<PathBuf>,
}

/// What became of a bug.
struct Hunt {
    bug: Bug,
    /// How many seeds it took, the seed, and what is broken.
    found: Option<(u64, u64, String)>,
}

/// What the correct program did.
#[derive(Default)]
struct Correct {
    worlds: u64,
    alarms: Vec<String>,
}

impl Bugs {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let bugs = self.chosen()?;
        let scripts = self.scripts()?;
        let from = self.from.unwrap_or_else(clock::fresh_seed);
        out::remark(&format!("seeds from {from} on"));
        let hunts = self.hunts(&bugs, &scripts, from)?;
        let correct = self.correct(&scripts, from)?;
        let table = self.table(&hunts, &correct, from);
        out::line(&table);
        for alarm in &correct.alarms {
            out::line(&format!("alarm without a bug: {alarm}"));
        }
        if let Some(path) = &self.write_docs {
            let text = files::read(path)?;
            let before = text.split(HEADING).next().unwrap_or_default().trim_end();
            files::write(path, &format!("{before}\n\n{HEADING}\n{table}"))?;
        }
        let all_found = hunts.iter().all(|hunt| hunt.found.is_some());
        let clean = all_found && correct.alarms.is_empty();
        Ok(if clean { Ended::Clean } else { Ended::Found })
    }

    fn chosen(&self) -> Result<Vec<Bug>, Trouble> {
        let named = |name: &String| {
            let unknown = || Trouble::Asked(format!("there is no bug \"{name}\""));
            Bug::named(name).ok_or_else(unknown)
        };
        match self.only.as_slice() {
            [] => Ok(Bug::ALL.to_vec()),
            names => names.iter().map(named).collect(),
        }
    }

    fn scripts(&self) -> Result<Vec<Script>, Trouble> {
        let script = |given: &String| match open(given)? {
            Source::Script(script) => Ok(script),
            Source::Plan(_) => Err(Trouble::Asked(format!(
                "{given} is a plan, and has no seeds"
            ))),
        };
        self.scenarios.iter().map(script).collect()
    }

    fn threads(&self) -> usize {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or(cores).max(1)
    }

    fn hunts(&self, bugs: &[Bug], scripts: &[Script], from: u64) -> Result<Vec<Hunt>, Trouble> {
        let hunts = parallel(self.threads(), bugs.len(), |at| {
            let hunt = self.hunt(bugs[at], scripts, from)?;
            out::remark(&hunt.told());
            Ok(hunt)
        })?;
        Ok(hunts)
    }

    fn hunt(&self, bug: Bug, scripts: &[Script], from: u64) -> Result<Hunt, Trouble> {
        for number in 0..self.within {
            let seed = from + number;
            let plan = plan(scripts, seed)?;
            let with = with(Some(bug), &plan);
            if with.findings.is_empty() || !self::with(None, &plan).findings.is_empty() {
                continue;
            }
            // What comes without the second line of defence has to do harm that its absence alone does not do.
            let comes_alone = !bug.is_without_comparison() || bug == Bug::NothingCompared;
            if !comes_alone
                && !self::with(Some(Bug::NothingCompared), &plan)
                    .findings
                    .is_empty()
            {
                continue;
            }
            let ids = with.finding_ids().join(", ");
            let found = Some((number + 1, seed, ids));
            return Ok(Hunt { bug, found });
        }
        Ok(Hunt { bug, found: None })
    }

    fn correct(&self, scripts: &[Script], from: u64) -> Result<Correct, Trouble> {
        let chunks = self.correct.div_ceil(100) as usize;
        let parts = parallel(self.threads(), chunks, |at| {
            let first = at as u64 * 100;
            let mut part = Correct::default();
            for number in first..(first + 100).min(self.correct) {
                let plan = plan(scripts, from + number)?;
                let outcome = with(None, &plan);
                part.worlds += 1;
                if outcome.failed() {
                    let ids = outcome.finding_ids().join(", ");
                    part.alarms
                        .push(format!("{ids} in {}, seed {}", plan.scenario, plan.seed));
                }
            }
            Ok(part)
        })?;
        Ok(parts.into_iter().fold(Correct::default(), |mut all, part| {
            all.worlds += part.worlds;
            all.alarms.extend(part.alarms);
            all
        }))
    }

    fn table(&self, hunts: &[Hunt], correct: &Correct, from: u64) -> String {
        let mut text = format!(
            "Seeds from {from} on, drawn after the bugs were written; scenarios {}; version {}. The same again:\n\
             `cargo run --release -p spotter-sim --features planted -- bugs --from {from} --scenarios {} --correct {}`.\n\n\
             | bug | seeds until it was found | seed | what it breaks |\n| --- | --- | --- | --- |\n",
            self.scenarios.join(" and "),
            summary::made_by(),
            self.scenarios.join(","),
            self.correct
        );
        for hunt in hunts {
            text.push_str(&hunt.row(self.within));
        }
        let alarms = match correct.alarms.len() {
            0 => "no alarm".to_owned(),
            count => format!("**{count} alarms**"),
        };
        text.push_str(&format!(
            "| none | {alarms} in {} seeds | | |\n",
            correct.worlds
        ));
        text
    }
}

impl Hunt {
    fn told(&self) -> String {
        match &self.found {
            Some((seeds, seed, ids)) => {
                format!(
                    "{}: {ids} after {seeds} seeds (seed {seed})",
                    self.bug.name()
                )
            }
            None => format!("{}: NOT FOUND", self.bug.name()),
        }
    }

    fn row(&self, within: u64) -> String {
        match &self.found {
            Some((seeds, seed, ids)) => {
                format!("| `{}` | {seeds} | {seed} | {ids} |\n", self.bug.name())
            }
            None => format!("| `{}` | **not within {within}** | | |\n", self.bug.name()),
        }
    }
}

/// Scenarios take turns from seed to seed.
fn plan(scripts: &[Script], seed: u64) -> Result<Plan, Trouble> {
    let turn = seed % scripts.len().max(1) as u64;
    scripts[turn as usize].plan(&[], seed)
}

/// What comes of a plan with a bug planted on this thread, or none.
fn with(bug: Option<Bug>, plan: &Plan) -> Outcome {
    plant(bug);
    let outcome = judged(plan, &Ruling::ours(), None);
    plant(None);
    outcome
}

/// Does a number of things on some threads; the results are in order.
fn parallel<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> Result<T, Trouble> + Sync,
) -> Result<Vec<T>, Trouble> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<T, Trouble>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        return;
                    }
                    let result = work(at);
                    let mut done = done
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((at, result));
                }
            });
        }
    });
    let mut done = done
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
