//! `cargo xtask bench`: builds the benchmarks with optimisation and runs them.

use crate::Outcome;
use crate::tools::{call, cargo};

/// Runs the benchmark program; its arguments pass through.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    call(&mut cargo(&["build", "--locked", "--release", "--bins"]))?;
    call(
        cargo(&[
            "run",
            "--locked",
            "--release",
            "--quiet",
            "--package",
            "spotter-bench",
            "--",
        ])
        .args(arguments),
    )
}
