//! Plays random plans and prints the smallest plan of each that ends in disagreement: `hunt FROM COUNT`.
#![allow(clippy::print_stdout)]

#[path = "../tests/plans/mod.rs"]
mod plans;

use plans::Told;
use plans::random::{random_plan, shrunk};
use spotter_sim_plan::Plan;

fn words(plan: &Plan) -> Option<String> {
    let run = || Told::of(plan).disagreement(plan.devices.len());
    std::panic::catch_unwind(run).unwrap_or_else(|_| Some("panicked".to_owned()))
}

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map_while(|it| it.parse::<u64>().ok());
    let (from, count) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(100));
    let mut failed = 0;
    for seed in from..from + count {
        let plan = random_plan(seed);
        let Some(why) = words(&plan) else { continue };
        failed += 1;
        let kind = |why: &str| {
            why.chars()
                .filter(|c| !c.is_ascii_hexdigit())
                .collect::<String>()
        };
        let smallest = shrunk(&plan, |plan| {
            words(plan).is_some_and(|other| kind(&other) == kind(&why))
        });
        println!("seed {seed}: {why}");
        for step in &smallest.steps {
            println!("   {:>7} {:?}", step.at, step.doing);
        }
        let name = format!("/tmp/plan-{seed}.json");
        let json = serde_json::to_string_pretty(&smallest).unwrap_or_default();
        let _ = std::fs::write(name, json);
        if failed == 12 {
            break;
        }
    }
    println!("{failed} of {count} failed");
}
