//! Many worlds: every configuration with every seed, on several threads.
//!
//! Worlds share nothing, so that the rows are the same whatever the number of threads; only the order in which they are
//! finished differs.

mod folder;
mod progress;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use spotter_sim_plan::Plan;
use spotter_sim_scenario::{Scenario, expand, expand_all};

use crate::clock;
use crate::engine::{Outcome, Ruling, finding, judged};
use crate::rows::{Key, Row};
use crate::source::{Script, Setting};
use crate::trouble::Trouble;

pub(crate) use folder::{Done, Folder, Told};
pub(crate) use progress::Progress;

/// A scenario with the settings of one point of the grid.
pub(crate) struct Config {
    /// As it was given.
    pub(crate) script: Script,
    /// What was changed in it.
    pub(crate) settings: Vec<Setting>,
    /// What names it.
    pub(crate) hash: String,
    scenario: Scenario,
}

/// What to run.
pub(crate) struct Sweep {
    /// Every point of the grid of every scenario.
    pub(crate) configs: Vec<Config>,
    /// Every seed.
    pub(crate) seeds: Vec<u64>,
    /// Under which rules.
    pub(crate) rules: Vec<Ruling>,
    /// Whether every order and disk call of a scenario is run.
    pub(crate) orders: bool,
    /// On how many threads.
    pub(crate) jobs: usize,
    /// One in so many worlds is run twice, and its traces compared; 0: none.
    pub(crate) twice: u64,
    /// No world is begun after this long.
    pub(crate) at_most: Option<Duration>,
    /// What is there already.
    pub(crate) done: BTreeSet<Key>,
}

/// A world that is finished.
pub(crate) struct World {
    /// Its place in [`Sweep::configs`].
    pub(crate) config: usize,
    /// Its variant, where all orders are run.
    pub(crate) variant: Option<usize>,
    /// What it is made of.
    pub(crate) plan: Plan,
    /// What came of it; without the trace.
    pub(crate) outcome: Outcome,
    /// Its row.
    pub(crate) row: Row,
}

/// What a thread says.
pub(crate) enum News {
    /// A world is finished.
    Finished(Box<World>),
    /// Something did not come out as expected over all orders of a configuration (by its place) and seed.
    Unmet(usize, u64, String),
    /// All worlds of a configuration and seed are finished, or were there already.
    SeedDone,
    /// It cannot go on.
    Stopped(Trouble),
}

impl Config {
    /// Reads a scenario with settings.
    ///
    /// # Errors
    /// It makes no sense.
    pub(crate) fn new(script: &Script, settings: Vec<Setting>) -> Result<Self, Trouble> {
        Ok(Self {
            scenario: script.ready(&settings)?,
            hash: script.config(&settings)?,
            script: script.clone(),
            settings,
        })
    }

    fn plans(&self, seed: u64, orders: bool) -> Result<Vec<(Option<usize>, Plan)>, Trouble> {
        let plans = if orders {
            let plans = expand_all(&self.scenario, seed);
            plans.map(|plans| {
                plans
                    .into_iter()
                    .enumerate()
                    .map(|(at, plan)| (Some(at), plan))
                    .collect()
            })
        } else {
            expand(&self.scenario, seed).map(|plan| vec![(None, plan)])
        };
        plans.map_err(|error| Trouble::Asked(format!("{}: {error}", self.script.given)))
    }

    /// The command that brings a world of it back.
    pub(crate) fn replay_line(&self, seed: u64, variant: Option<usize>) -> String {
        let set = self
            .settings
            .iter()
            .map(|setting| format!(" --set '{}'", setting.shown()));
        let variant = variant
            .map(|variant| format!(" --variant {variant}"))
            .unwrap_or_default();
        let given = &self.script.given;
        format!(
            "spotter-sim replay --scenario {given}{} --seed {seed}{variant}",
            set.collect::<String>()
        )
    }
}

/// Every combination of one setting of each dimension.
pub(crate) fn grid(dimensions: &[Vec<Setting>]) -> Vec<Vec<Setting>> {
    let mut points = vec![Vec::new()];
    for dimension in dimensions {
        let with = |point: &Vec<Setting>| {
            let longer =
                |setting: &Setting| [point.as_slice(), std::slice::from_ref(setting)].concat();
            dimension.iter().map(longer).collect::<Vec<_>>()
        };
        points = points.iter().flat_map(with).collect();
    }
    points
}

impl Sweep {
    /// How many pairs of configuration and seed there are.
    pub(crate) fn pairs(&self) -> u64 {
        (self.configs.len() * self.seeds.len()) as u64
    }

    /// Runs everything that is not done yet, telling of each world as it is finished.
    ///
    /// # Errors
    /// A scenario cannot be expanded, or `told` could not keep what it was told.
    pub(crate) fn run(
        &self,
        told: &mut dyn FnMut(News) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let next = AtomicU64::new(0);
        let stop = AtomicBool::new(false);
        let begun = clock::now();
        let (news, heard) = sync_channel(256);
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let news = news.clone();
                let (next, stop) = (&next, &stop);
                scope.spawn(move || self.work(begun, next, stop, &news));
            }
            drop(news);
            let mut outcome = Ok(());
            for piece in heard {
                if outcome.is_ok() {
                    outcome = told(piece);
                    stop.fetch_or(outcome.is_err(), Ordering::Relaxed);
                }
            }
            outcome
        })
    }

    fn work(&self, begun: Instant, next: &AtomicU64, stop: &AtomicBool, news: &SyncSender<News>) {
        let late = || self.at_most.is_some_and(|most| begun.elapsed() >= most);
        while !stop.load(Ordering::Relaxed) && !late() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.pairs() {
                return;
            }
            if let Err(trouble) = self.pair(number, news) {
                stop.store(true, Ordering::Relaxed);
                let _ = news.send(News::Stopped(trouble));
                return;
            }
            if news.send(News::SeedDone).is_err() {
                return;
            }
        }
    }

    /// All worlds of one configuration and seed. Seeds go slower than configurations, so that a sweep that is stopped has
    /// seen all of the grid.
    fn pair(&self, number: u64, news: &SyncSender<News>) -> Result<(), Trouble> {
        let configs = self.configs.len() as u64;
        let at = (number % configs) as usize;
        let (config, seed) = (&self.configs[at], self.seeds[(number / configs) as usize]);
        // Expanding is not needed where nothing is left to do.
        if !self.orders
            && self
                .rules
                .iter()
                .all(|rule| self.is_done(config, seed, None, rule))
        {
            return Ok(());
        }
        let mut ours = Vec::new();
        for (variant, plan) in config.plans(seed, self.orders)? {
            let plan_hash = plan.hash();
            for rule in &self.rules {
                if self.is_done(config, seed, variant, rule) {
                    continue;
                }
                let mut outcome = judged(&plan, rule, Some(&config.scenario.expect));
                if self.twice > 0 && number.is_multiple_of(self.twice) {
                    compare_again(&plan, rule, &mut outcome);
                }
                let row = Row::of(
                    &config.hash,
                    variant,
                    &config.settings,
                    &plan,
                    &plan_hash,
                    &outcome,
                );
                let trace = std::mem::take(&mut outcome.trace);
                if self.orders && rule.is_ours() {
                    ours.push((plan.clone(), trace));
                }
                let plan = plan.clone();
                let world = World {
                    config: at,
                    variant,
                    plan,
                    outcome,
                    row,
                };
                if news.send(News::Finished(Box::new(world))).is_err() {
                    return Ok(());
                }
            }
        }
        if ours.is_empty() {
            return Ok(());
        }
        for unmet in config.scenario.expect.evaluate_all(&ours) {
            if news.send(News::Unmet(at, seed, unmet.to_string())).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn is_done(&self, config: &Config, seed: u64, variant: Option<usize>, rule: &Ruling) -> bool {
        let variant = variant
            .map(|variant| variant.to_string())
            .unwrap_or_default();
        let key = (config.hash.clone(), seed, variant, rule.name().to_owned());
        self.done.contains(&key)
    }
}

/// Same plan, same trace: if not, that is a finding.
fn compare_again(plan: &Plan, rule: &Ruling, outcome: &mut Outcome) {
    let again = judged(plan, rule, None);
    if again.trace_hash != outcome.trace_hash {
        let pairs = outcome.trace.iter().zip(&again.trace);
        let same = pairs.take_while(|(one, other)| one == other).count();
        let words = format!("the same plan gave another trace, from event {same} on");
        let at = outcome.trace.get(same).map_or(0, |event| event.at);
        outcome.findings.push(finding("determinism", at, words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_every_combination() {
        let losses = Setting::read_several("network.loss=0,0.1").unwrap();
        let lifters = Setting::read_several("meet.lifters=1,2,3").unwrap();
        let points = grid(&[losses, lifters]);
        assert_eq!(points.len(), 6);
        assert_eq!(points[5][0].shown(), "network.loss=0.1");
        assert_eq!(points[5][1].shown(), "meet.lifters=3");
        assert_eq!(grid(&[]), [Vec::new()]);
    }
}
