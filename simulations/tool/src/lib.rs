//! The program `spotter-sim`: expand, run, sweep, replay, shrink, check and report.
//!
//! It is the shell around the simulations: files, threads, progress and plots are here, and nothing that decides. Each
//! subcommand is a file of `commands` that reads its arguments, asks the packages below, and prints.
//! `docs/simulations.md` leads through it.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::unwrap_in_result,
        reason = "a test that cannot go on fails"
    )
)]

mod builtin;
mod clock;
mod commands;
mod engine;
mod files;
mod hash;
mod moment;
mod out;
mod report;
mod rows;
mod shrink;
mod source;
mod story;
mod study;
mod summary;
mod sweep;
mod trouble;

use std::process::ExitCode;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let ended = commands::run();
    if let Err(error) = &ended {
        out::trouble(&error.to_string());
    }
    trouble::status(&ended)
}
