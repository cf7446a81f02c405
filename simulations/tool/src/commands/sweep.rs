//! `spotter-sim sweep`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use spotter_sim_plan::{Event, Network, PLAN_FORMAT, Plan, SESSION_MS, Watch};

use crate::engine::{EXPECT, OURS, Ruling, judgement};
use crate::rows;
use crate::source::{Script, Setting, Source, open};
use crate::sweep::{self, Config, Done, Folder, News, Progress, Told, World};
use crate::trouble::{Ended, Trouble};
use crate::{clock, moment, out, summary};

/// Failures beyond this many are counted and no longer told one by one.
const FAILURES_TOLD: u64 = 20;

/// Run many worlds: scenarios, seeds and a grid of settings
///
/// Every scenario with every combination of the grid's settings is run with every seed, on all cores. Each world is a row of
/// `results.csv`; plans that fail are kept in `failures`, and a line tells how to replay each. A sweep that was stopped goes
/// on where it was when the same command is given again. Ends with status 1 if a world failed.
///
/// Rows do not depend on the number of threads: the same sweep gives the same file.
#[derive(Args)]
pub(super) struct Sweep {
    /// Scenarios: files, or names of those that come with the program
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
    /// The seeds from A to B, both included
    #[arg(long, value_name = "A..B", value_parser = seeds, required_unless_present = "random")]
    seeds: Option<(u64, u64)>,
    /// So many seeds, beginning at one that the time gives (printed, and kept in `sweep.json`)
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    random: Option<u64>,
    /// Where the seeds of --random begin
    #[arg(long, value_name = "SEED", requires = "random")]
    from: Option<u64>,
    /// Vary a field, as in network.loss=0,0.02,0.05; may be repeated, which makes a grid
    #[arg(long, value_name = "KEY=V1,V2,…", value_parser = dimension)]
    grid: Vec<Dimension>,
    /// Give a field another value in all of them
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Setting::read)]
    settings: Vec<Setting>,
    /// The rule that decides conflicts, several with commas between, or all
    #[arg(long, value_name = "NAME", default_value = "spotter")]
    rule: String,
    /// Run every order of reconnecting and every call to a disk that a scenario asks for
    #[arg(long)]
    orders: bool,
    /// How many threads [default: one for each core]
    #[arg(long, value_name = "J")]
    jobs: Option<NonZeroUsize>,
    /// Run one in N worlds a second time and compare the traces; 0: none
    #[arg(long, value_name = "N", default_value_t = 100)]
    twice: u64,
    /// Begin no world after this time: 45s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = moment::read)]
    at_most: Option<u64>,
    /// Keep rows, failing plans and a summary in this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The values of one field.
#[derive(Clone, Debug)]
struct Dimension(Vec<Setting>);

fn dimension(text: &str) -> Result<Dimension, String> {
    Setting::read_several(text).map(Dimension)
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let read = |text: &str| text.trim().parse::<u64>().ok();
    let found = match text.split_once("..") {
        Some((from, to)) => read(from).zip(read(to.trim_start_matches('='))),
        None => read(text).map(|seed| (seed, seed)),
    };
    match found {
        Some((from, to)) if from <= to && to - from < 100_000_000 => Ok((from, to)),
        _ => Err(format!("\"{text}\" is no range of seeds, as in 1..1000")),
    }
}

impl Sweep {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let configs = self.configs()?;
        let (seeds, from) = self.chosen_seeds()?;
        let told = Told::of(&configs, from);
        let (mut folder, done) = match &self.out {
            Some(path) => {
                let (folder, done) = Folder::open(path, &told, self.columns())?;
                (Some(folder), done)
            }
            None => (None, Done::default()),
        };
        let before = done.keys.len() as u64;
        if before > 0 {
            let failures = done.failures;
            out::remark(&format!(
                "going on: {before} worlds are done, {failures} failed"
            ));
        }
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let sweep = sweep::Sweep {
            configs,
            seeds,
            rules: Ruling::named(&self.rule)?,
            orders: self.orders,
            jobs: self.jobs.unwrap_or(cores).get(),
            twice: self.twice,
            at_most: self.at_most.map(Duration::from_millis),
            done: done.keys,
        };
        let mut progress = Progress::new(sweep.pairs(), sweep.at_most, done.failures);
        sweep.run(&mut |news| {
            match news {
                News::SeedDone => progress.step(),
                News::Stopped(trouble) => return Err(trouble),
                News::Unmet(config, seed, words) => {
                    progress.failures += 1;
                    let given = &sweep.configs[config].script.given;
                    progress.say(&words);
                    progress.say(&format!("  spotter-sim run {given} --seed {seed} --orders"));
                }
                News::Finished(world) => {
                    count(&mut progress, &world);
                    let config = &sweep.configs[world.config];
                    let kept = match &mut folder {
                        Some(folder) => folder.keep(config, &world)?,
                        None => None,
                    };
                    if world.outcome.failed() {
                        tell_failure(&progress, config, &world, kept);
                    }
                }
            }
            Ok(())
        })?;
        let summary = tell(&progress, &sweep, before);
        if let Some(folder) = folder {
            folder.close(summary)?;
        }
        Ok(if progress.failures > 0 {
            Ended::Found
        } else {
            Ended::Clean
        })
    }

    fn configs(&self) -> Result<Vec<Config>, Trouble> {
        let dimensions: Vec<Vec<Setting>> = self
            .grid
            .iter()
            .map(|dimension| dimension.0.clone())
            .collect();
        let mut configs = Vec::new();
        for given in &self.scenarios {
            let script = script(given)?;
            for point in sweep::grid(&dimensions) {
                let settings = [point, self.settings.clone()].concat();
                configs.push(Config::new(&script, settings)?);
            }
        }
        Ok(configs)
    }

    /// The seeds, and where they begin if the time gave it.
    fn chosen_seeds(&self) -> Result<(Vec<u64>, Option<u64>), Trouble> {
        if let Some((from, to)) = self.seeds {
            return Ok(((from..=to).collect(), None));
        }
        let before = match &self.out {
            Some(path) => Told::before(path)?.and_then(|told| told.from),
            None => None,
        };
        let from = self.from.or(before).unwrap_or_else(clock::fresh_seed);
        out::remark(&format!("seeds from {from} on"));
        let count = self.random.unwrap_or(0);
        Ok(((from..from.saturating_add(count)).collect(), Some(from)))
    }

    /// The columns of the rows. The names of the measures are those of a world in which nothing happened.
    fn columns(&self) -> Vec<String> {
        let varied = self.grid.iter().filter_map(|dimension| dimension.0.first());
        let settings: Vec<Setting> = varied.chain(&self.settings).cloned().collect();
        let (_, measures) = judgement(&nothing(), &[] as &[Event]);
        let names: Vec<&str> = measures.keys().map(String::as_str).collect();
        rows::columns(&settings, &names)
    }
}

fn script(given: &str) -> Result<Script, Trouble> {
    match open(given)? {
        Source::Script(script) => Ok(script),
        Source::Plan(_) => Err(Trouble::Asked(format!(
            "{given} is a plan, which has one seed only; run it with `run`"
        ))),
    }
}

fn nothing() -> Plan {
    Plan {
        format: PLAN_FORMAT,
        scenario: "nothing".to_owned(),
        seed: 0,
        roster: Vec::new(),
        devices: Vec::new(),
        relays: 1,
        start: std::collections::BTreeMap::new(),
        network: Network::default(),
        session_ms: SESSION_MS,
        steps: Vec::new(),
        calm_at: 0,
        ends_at: 0,
        watch: Watch::Ends,
    }
}

fn count(progress: &mut Progress, world: &World) {
    progress.worlds += 1;
    progress.failures += u64::from(world.outcome.failed());
    progress.simulated += world.plan.ends_at;
    if world.outcome.rule != OURS {
        return;
    }
    progress.ours += 1;
    progress.edits += world.outcome.edits;
    progress.handled += world.outcome.handled;
    progress.took += world.outcome.took;
}

fn tell_failure(progress: &Progress, config: &Config, world: &World, kept: Option<PathBuf>) {
    if progress.failures > FAILURES_TOLD {
        return;
    }
    let ids = world.outcome.finding_ids().join(", ");
    let first = world.outcome.findings.first();
    let words = first
        .map(|finding| finding.words.as_str())
        .unwrap_or_default();
    progress.say(&format!("{ids}: {words}"));
    progress.say(&format!(
        "  {}",
        config.replay_line(world.plan.seed, world.variant)
    ));
    // What a scenario expects is of the whole plan: a part of it, with less in it, has not to come to the same.
    if ids == EXPECT {
        return;
    }
    if let Some(path) = kept {
        progress.say(&format!(
            "  spotter-sim shrink --plan {} -o small.json",
            path.display()
        ));
    }
    if progress.failures == FAILURES_TOLD {
        progress.say("further failures are counted only");
    }
}

/// Prints what the sweep came to, and gives it as JSON. Costs are those of our rule, whose worlds are the real machines.
fn tell(progress: &Progress, sweep: &sweep::Sweep, before: u64) -> Value {
    let took = progress.finish();
    let per_second = progress.worlds as f64 / took.as_secs_f64().max(1e-9);
    let in_worlds = progress.took.as_secs_f64();
    let per_core = progress.ours as f64 / in_worlds.max(1e-9);
    let per_edit = in_worlds * 1e6 / (progress.edits.max(1)) as f64;
    let per_thing = in_worlds * 1e6 / (progress.handled.max(1)) as f64;
    out::line(&format!(
        "{} worlds in {} on {} threads, {} of simulated time{}: {} failed",
        progress.worlds,
        clock::spoken(took),
        sweep.jobs,
        moment::length(progress.simulated),
        match before {
            0 => String::new(),
            before => format!(", {before} before"),
        },
        progress.failures
    ));
    out::line(&format!(
        "{} worlds a second, judged; of a core's time: {} worlds a second, {} us for each simulated edit, {} us for each thing handled",
        rows::number_shown(per_second),
        rows::number_shown(per_core),
        rows::number_shown(per_edit),
        rows::number_shown(per_thing)
    ));
    json!({
        "version": summary::VERSION,
        "commit": summary::COMMIT,
        "worlds": before + progress.worlds,
        "worldsThisTime": progress.worlds,
        "failures": progress.failures,
        "edits": progress.edits,
        "handled": progress.handled,
        "simulatedMs": progress.simulated,
        "threads": sweep.jobs,
        "seconds": took.as_secs_f64(),
        "worldsPerSecond": per_second,
        "worldsPerSecondOfOneCore": per_core,
        "microsecondsPerEdit": per_edit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_seeds_include_both_ends() {
        assert_eq!(seeds("1..10"), Ok((1, 10)));
        assert_eq!(seeds("7"), Ok((7, 7)));
        assert_eq!(seeds("1..=10"), Ok((1, 10)));
        for text in [
            "10..1",
            "a..b",
            "..",
            "1..",
            "-1..3",
            "0..99999999999999999999999",
        ] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }
}
