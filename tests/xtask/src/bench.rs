//! `cargo xtask bench`: builds the programs and the benchmarks with optimisation and runs them.

use std::path::PathBuf;
use std::process::Command;

use crate::Outcome;
use crate::tools::{built, call, cargo, root};

/// Runs the benchmark program; its arguments pass through.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    // Everything in one build: with a package named, dependencies would be built again with other features.
    call(&mut cargo(&["build", "--locked", "--release", "--bins"]))?;
    let mut bench = Command::new(optimised("spotter-bench"));
    call(bench.args(arguments).current_dir(root()))
}

/// Where cargo puts what it builds in the release profile.
fn optimised(program: &str) -> PathBuf {
    let debug = built(program);
    let target = debug.parent().and_then(|debug| debug.parent());
    let name = debug.file_name().unwrap_or_default();
    target.map_or_else(PathBuf::new, |target| target.join("release").join(name))
}
