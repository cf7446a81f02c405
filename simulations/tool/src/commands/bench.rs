//! `spotter-sim bench`.

use std::time::Duration;

use clap::Args;

use crate::engine::{Outcome, Ruling, judged};
use crate::rows::number_shown;
use crate::source::{Script, Source, open};
use crate::trouble::{Ended, Trouble};
use crate::{clock, out};

/// Measure how fast worlds are, on one core
///
/// Runs ten-minute worlds for a while, then a meet of eight hours at eight devices. Times are of the
/// processor, and so much the same beside other programs: those of the worlds alone, with the real machines and the real
/// document, and with what judging adds.
#[derive(Args)]
pub(super) struct Bench {
    /// The scenario of the ten-minute worlds
    #[arg(long, value_name = "SCENARIO", default_value = "ten-minute-chaos")]
    scenario: String,
    /// How many of them
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    worlds: u64,
    /// Leave the eight-hour meet out
    #[arg(long)]
    short: bool,
}

/// The scenario of the long meet.
const EIGHT_HOURS: &str = "big-meet-8h";

/// What was added up.
#[derive(Default)]
struct Sum {
    worlds: u64,
    edits: u64,
    handled: u64,
    simulated: u64,
    took: Duration,
    with_judging: Duration,
}

impl Bench {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        measured(&script(&self.scenario)?, self.worlds)?.tell(&self.scenario);
        if !self.short {
            measured(&script(EIGHT_HOURS)?, 3)?.tell(EIGHT_HOURS);
        }
        Ok(Ended::Clean)
    }
}

fn script(given: &str) -> Result<Script, Trouble> {
    match open(given)? {
        Source::Script(script) => Ok(script),
        Source::Plan(_) => Err(Trouble::Asked(
            "a benchmark needs a scenario, for its many seeds".to_owned(),
        )),
    }
}

fn measured(script: &Script, worlds: u64) -> Result<Sum, Trouble> {
    let rule = Ruling::ours();
    let mut sum = Sum::default();
    // The first world finds caches cold and the allocator empty.
    drop(judged(&script.plan(&[], 0)?, &rule, None));
    for seed in 1..=worlds {
        let plan = script.plan(&[], seed)?;
        let (outcome, took) = clock::processor_time(|| judged(&plan, &rule, None));
        sum.with_judging += took;
        sum.add(&outcome, plan.ends_at);
    }
    Ok(sum)
}

impl Sum {
    fn add(&mut self, outcome: &Outcome, simulated: u64) {
        self.worlds += 1;
        self.edits += outcome.edits;
        self.handled += outcome.handled;
        self.simulated += simulated;
        self.took += outcome.took;
    }

    fn tell(&self, name: &str) {
        let seconds = self.took.as_secs_f64().max(1e-9);
        let judged = self.with_judging.as_secs_f64().max(1e-9);
        let worlds = self.worlds.max(1) as f64;
        let row = |what: &str, value: f64| vec![what.to_owned(), number_shown(value)];
        out::table(
            &[name, ""],
            &[
                row("worlds", worlds),
                row("worlds a second", worlds / seconds),
                row("worlds a second with judging", worlds / judged),
                row("milliseconds for a world", seconds * 1e3 / worlds),
                row("edits in a world", self.edits as f64 / worlds),
                row(
                    "microseconds for an edit",
                    seconds * 1e6 / self.edits.max(1) as f64,
                ),
                row(
                    "microseconds for a thing handled",
                    seconds * 1e6 / self.handled.max(1) as f64,
                ),
                row(
                    "simulated seconds in a second",
                    self.simulated as f64 / 1e3 / seconds,
                ),
            ],
        );
        out::line("");
    }
}
