//! `cargo xtask test`: the steps a change must pass, in the order in which they fail fastest.
//!
//! A step that fails does not stop the others: the summary at the end names every one that failed, with its time, and
//! the exit status is that of the whole.

use std::time::{Duration, Instant};

use crate::tools::{call, cargo, need_cargo_deny, need_component};
use crate::{Outcome, another_client, browsers, out, simulations, web};

/// One step: the name `--only` takes, what it checks, and how.
struct Step {
    name: &'static str,
    checks: &'static str,
    run: fn(Effort) -> Outcome,
}

/// How much is done where more finds more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    /// What fits beside a cup of coffee.
    Short,
    /// What fits into a night.
    Long,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        checks: "formatting",
        run: |_| formatting(),
    },
    Step {
        name: "lint",
        checks: "lints, on every target, warnings denied",
        run: |_| lints(),
    },
    Step {
        name: "docs",
        checks: "documentation builds, warnings denied",
        run: |_| documentation(),
    },
    Step {
        name: "deny",
        checks: "licences, bans and sources of the dependencies",
        run: |_| dependencies(),
    },
    Step {
        name: "web",
        checks: "what runs in browsers: size, format, lints, types, tests against the real relay",
        run: |_| web::check(),
    },
    Step {
        name: "tests",
        checks: "tests of every package, and the examples in its documentation",
        run: |_| tests(),
    },
    Step {
        name: "suite",
        checks: "the whole system from outside",
        run: |_| suite(),
    },
    Step {
        name: "another-client",
        checks: "a client in Python, written from the documents alone",
        run: |_| another_client::run(),
    },
    Step {
        name: "browsers",
        checks: "the pages in Chromium, Firefox and WebKit, against a real relay",
        run: |_| browsers::run(),
    },
    Step {
        name: "simulations",
        checks: "worlds in trouble: plans that once failed, every scenario, fresh seeds",
        run: |effort| simulations::run(effort == Effort::Long),
    },
];

/// Runs all steps, or those after `--only`; with `--long`, for as long as it takes to find what is rare.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut arguments = arguments.to_vec();
    let all = arguments.len();
    arguments.retain(|argument| argument != "--long");
    let effort = if arguments.len() < all {
        Effort::Long
    } else {
        Effort::Short
    };
    let chosen = chosen(&arguments)?;
    let mut ran: Vec<(&Step, Duration, Outcome)> = Vec::new();
    for step in chosen {
        out::heading(&format!("{}: {}", step.name, step.checks));
        let (took, outcome) = timed(|| (step.run)(effort));
        if let Err(why) = &outcome {
            out::trouble(why);
        }
        ran.push((step, took, outcome));
    }
    summary(&ran)
}

fn chosen(arguments: &[String]) -> Result<Vec<&'static Step>, String> {
    let names: Vec<&str> = match arguments {
        [] => return Ok(STEPS.iter().collect()),
        [flag, names] if flag == "--only" => names.split(',').map(str::trim).collect(),
        [flag] if flag.starts_with("--only=") => {
            flag["--only=".len()..].split(',').map(str::trim).collect()
        }
        other => {
            return Err(format!(
                "`cargo xtask test` takes `--only STEP,STEP…` and `--long`, not \"{}\"",
                other.join(" ")
            ));
        }
    };
    names.into_iter().map(named).collect()
}

fn named(name: &str) -> Result<&'static Step, String> {
    STEPS.iter().find(|step| step.name == name).ok_or_else(|| {
        let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        format!(
            "there is no step \"{name}\"; there are {}",
            known.join(", ")
        )
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a step's time is shown to people and decides nothing"
)]
fn timed(run: impl FnOnce() -> Outcome) -> (Duration, Outcome) {
    let begun = Instant::now();
    let outcome = run();
    (begun.elapsed(), outcome)
}

fn summary(ran: &[(&Step, Duration, Outcome)]) -> Outcome {
    out::heading("summary");
    for (step, took, outcome) in ran {
        let verdict = if outcome.is_ok() { "ok    " } else { "FAILED" };
        out::line(&format!(
            "{verdict} {:<14} {:>12}  {}",
            step.name,
            out::spoken(*took),
            step.checks
        ));
    }
    let total = ran.iter().map(|(_, took, _)| *took).sum();
    let mut failed = Vec::new();
    for (step, _, outcome) in ran {
        if let Err(why) = outcome {
            failed.push(step.name);
            out::line(&format!("\n{} failed: {}", step.name, why.trim_end()));
        }
    }
    if failed.is_empty() {
        out::line(&format!(
            "all {} steps passed in {}",
            ran.len(),
            out::spoken(total)
        ));
        return Ok(());
    }
    Err(format!(
        "{} of {} steps failed: {} (again with `cargo xtask test --only {}`)",
        failed.len(),
        ran.len(),
        failed.join(", "),
        failed.join(",")
    ))
}

fn formatting() -> Outcome {
    need_component("fmt", "rustfmt")?;
    call(&mut cargo(&["fmt", "--all", "--check"]))
}

fn lints() -> Outcome {
    need_component("clippy", "clippy")?;
    call(&mut cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn documentation() -> Outcome {
    call(cargo(&["doc", "--locked", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn dependencies() -> Outcome {
    need_cargo_deny()?;
    call(&mut cargo(&[
        "deny",
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "licenses",
        "bans",
        "sources",
    ]))
}

fn tests() -> Outcome {
    call(&mut cargo(&[
        "test",
        "--locked",
        "--workspace",
        "--no-fail-fast",
        "--exclude",
        "spotter-tests",
    ]))
}

fn suite() -> Outcome {
    // The whole workspace is named, so that nothing is built once more with other features. The suite mostly waits, for
    // disks, processes and networks: more threads than cores.
    call(&mut cargo(&[
        "test",
        "--locked",
        "--workspace",
        "--test",
        "suite",
        "--",
        "--test-threads",
        "6",
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_unless_some_are_chosen() {
        assert_eq!(chosen(&[]).expect("no choice").len(), STEPS.len());
        let two: Vec<_> =
            chosen(&["--only".to_owned(), "docs, lint".to_owned()]).expect("two known steps");
        assert_eq!(
            two.iter().map(|step| step.name).collect::<Vec<_>>(),
            ["docs", "lint"]
        );
    }

    #[test]
    fn unknown_step_is_refused_by_name() {
        let why = chosen(&["--only=lnit".to_owned()])
            .map(|_| ())
            .expect_err("misspelt");
        assert!(why.contains("\"lnit\""), "{why}");
    }
}
