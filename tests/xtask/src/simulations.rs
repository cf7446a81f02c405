//! The simulations: plans that once failed, the same seed twice, every scenario, and seeds that nobody has seen.

use std::path::PathBuf;
use std::process::Command;

use crate::tools::{built, call, cargo, root};
use crate::{Outcome, out};

/// What fresh seeds are run on.
const SWEPT: [&str; 3] = ["ten-minute-chaos", "ten-minute-storm", "two-desks-offline"];

/// What fresh seeds are run on for a time of its own: a world of its 205 lifters costs as much as thirty of the others.
const SLOW: &str = "three-odd-minutes";

/// The same with a meet that everybody reads quickly.
const SMALL_MEET: [&str; 2] = ["--grid", "meet.lifters=6"];

/// Builds the program with optimisation and runs all of it; fresh seeds for a minute, or for half an hour.
pub(crate) fn run(long: bool) -> Outcome {
    call(&mut cargo(&[
        "build",
        "--locked",
        "--release",
        "-p",
        "spotter-sim",
    ]))?;
    out::line("plans that once failed");
    for plan in regressions()? {
        call(simulator().arg("run").arg(plan))?;
    }
    out::line("every scenario, in every order it asks for, with what it expects");
    let scenarios = scenarios()?;
    call(
        simulator()
            .arg("sweep")
            .args(&scenarios)
            .args(["--seeds", "1..1", "--orders", "--twice", "0"]),
    )?;
    out::line("some seeds twice, traces compared");
    call(
        simulator()
            .arg("sweep")
            .args(SWEPT)
            .args(["--seeds", "1..8", "--twice", "1"]),
    )?;
    out::line("fresh seeds");
    let [most, small, large] = if long {
        ["22m", "4m", "4m"]
    } else {
        ["40s", "10s", "10s"]
    };
    fresh(&SWEPT, most)?;
    fresh(&[SLOW, SMALL_MEET[0], SMALL_MEET[1]], small)?;
    fresh(&[SLOW], large)
}

/// Runs as many seeds that nobody has seen as there is time for.
fn fresh(what: &[&str], at_most: &str) -> Outcome {
    call(
        simulator()
            .arg("sweep")
            .args(what)
            .args(["--random", "1000000", "--at-most", at_most]),
    )
}

/// The plans in `simulations/regressions`, by name.
fn regressions() -> Result<Vec<PathBuf>, String> {
    let folder = root().join("simulations/regressions");
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut plans: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    plans.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    plans.sort();
    let shorter = |path: &PathBuf| path.strip_prefix(root()).unwrap_or(path).to_path_buf();
    Ok(plans.iter().map(shorter).collect())
}

/// The names of the scenarios that come with the program.
fn scenarios() -> Result<Vec<String>, String> {
    let listed = simulator().args(["list", "--names"]).output();
    let listed = listed.map_err(|error| format!("spotter-sim list: {error}"))?;
    let names = String::from_utf8_lossy(&listed.stdout);
    Ok(names.lines().map(str::to_owned).collect())
}

fn simulator() -> Command {
    let debug = built("spotter-sim");
    let target = debug.parent().and_then(|debug| debug.parent());
    let name = debug.file_name().unwrap_or_default();
    let program = target.map_or_else(PathBuf::new, |target| target.join("release").join(name));
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}
