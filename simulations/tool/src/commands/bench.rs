//! `spotter-sim bench`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::engine::{Outcome, Ruling, judged};
use crate::rows::number_shown;
use crate::source::{Script, Source, open};
use crate::trouble::{Ended, Trouble};
use crate::{clock, out};

/// Measure how fast worlds are, on one core
///
/// Runs ten-minute worlds for a while, then a meet of eight hours with eight devices and about 4,000 edits. Times are those of
/// the worlds alone, with the real machines and the real document; what judging adds is told beside it.
#[derive(Args)]
pub(super) struct Bench {
    /// The scenario of the ten-minute worlds
    #[arg(long, value_name = "SCENARIO", default_value = "ten-minute-chaos")]
    scenario: String,
    /// How many of them
    #[arg(long, value_name = "N", default_value_t = 200)]
    worlds: u64,
    /// Leave the eight-hour meet out
    #[arg(long)]
    short: bool,
}

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
        let Source::Script(script) = open(&self.scenario)? else {
            return Err(Trouble::Asked(
                "a benchmark needs a scenario, for its many seeds".to_owned(),
            ));
        };
        let ten_minutes = measured(&script, self.worlds)?;
        ten_minutes.tell(&self.scenario);
        if !self.short {
            let day = Script {
                given: "eight-hour meet".to_owned(),
                name: "eight-hours".to_owned(),
                text: eight_hours(),
            };
            measured(&day, 3)?.tell("eight hours, eight devices");
        }
        Ok(Ended::Clean)
    }
}

fn measured(script: &Script, worlds: u64) -> Result<Sum, Trouble> {
    let rule = Ruling::ours();
    let mut sum = Sum::default();
    // The first world finds caches cold and the allocator empty.
    drop(judged(&script.plan(&[], 0)?, &rule, None));
    for seed in 1..=worlds {
        let plan = script.plan(&[], seed)?;
        let begun = clock::now();
        let outcome = judged(&plan, &rule, None);
        sum.with_judging += begun.elapsed();
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

/// A meet of eight hours at eight devices: about 4,000 edits in all, and the partitions of a bad day.
fn eight_hours() -> String {
    let location =
        |number: u32| json!({"name": format!("Location {number}"), "priority": number * 10});
    let locations: Vec<_> = (1..=8).map(location).collect();
    let scenario = json!({
        "name": "eight-hours",
        "duration": "8h",
        "locations": locations,
        "meet": {"lifters": 100, "flights": 6},
        "network": {"latency": {"logNormal": {"median": "40ms", "sigma": 0.8}}, "loss": 0.01},
        "workload": {"synthetic": {"editsPerMinute": 1.045, "keys": {"count": 1500}}},
        "trouble": {"partitions": {"perHour": 2}},
    });
    scenario.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eight_hour_meet_has_about_four_thousand_edits() {
        let day = Script {
            given: String::new(),
            name: String::new(),
            text: eight_hours(),
        };
        let plan = day.plan(&[], 1).unwrap();
        assert_eq!(plan.devices.len(), 8);
        let edits = plan.edits().len();
        assert!((3800..4200).contains(&edits), "{edits} edits");
    }
}
