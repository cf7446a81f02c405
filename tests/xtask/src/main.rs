//! The two commands of the README, and the benchmarks.
//!
//! `cargo xtask test` runs everything that a change must pass, `cargo xtask start` shows a meet on this machine, and
//! `cargo xtask bench` measures. This package never holds logic of the product: it calls cargo and the programs, times
//! them and says what happened. It depends on nothing, so that it is built in a moment on a fresh clone.

mod another_client;
mod bench;
mod browsers;
mod demo;
mod out;
mod simulations;
mod start;
mod steps;
mod tools;
mod web;

use std::process::ExitCode;

/// What a command ends with: nothing to say, or what went wrong in one sentence.
type Outcome = Result<(), String>;

const HELP: &str = "\
The commands of this repository:

  cargo xtask start             build, start a relay with a demonstration meet, print what to try; Ctrl-C stops it
  cargo xtask start --check     the same, run every printed command once, stop
  cargo xtask test              everything a change must pass (what CI runs)
  cargo xtask test --only lint,docs
                                some of its steps: fmt, lint, docs, deny, tests, suite, another-client, simulations,
                                web
  cargo xtask test --long       the same, with half an hour of fresh seeds in the simulations
  cargo xtask web               build what runs in browsers: the core, the npm packages, the pages
  cargo xtask bench             measure, as ratios within one run (arguments go to the benchmark program)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "start" => start::run(rest),
        "test" => steps::run(rest),
        "web" => web::build(),
        "bench" => bench::run(rest),
        "help" | "--help" | "-h" => {
            out::line(HELP);
            Ok(())
        }
        other => Err(format!("unknown command \"{other}\"\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            out::trouble(&why);
            ExitCode::FAILURE
        }
    }
}
