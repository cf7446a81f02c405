//! The program `spotter`: a replica on the command line, and a shell around the client's machine.
//!
//! A replica is a folder (`store.rs`); the machine that edits, keeps, sends and catches up is `spotter-client`.
//! This package never decides anything about a meet. It reads the folder and tells the machine what is in it, opens the
//! connections the machine asks for, waits for the disk, reads the clock, and says in words or in JSON what came out.
//!
//! A command is run like this. Those that only read open the folder without taking it, so that they work beside a
//! running `spotter run`. All others take the folder's lock, hand the machine to a driver, ask, and drive it until
//! the answer is there; what was promised as saved is then on disk, whatever happens to the process.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod chance;
mod cli;
mod clock;
mod commands;
mod contact;
mod demo;
mod driver;
mod failure;
mod limits;
mod lines;
mod out;
mod show;
mod store;
mod trust;
mod wire;
mod words;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::Cli;
use crate::failure::Failure;

/// Runs the command line that this process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.verbose);
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::remark(failure.to_string());
            failure.code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    // An earlier choice of the process would stand; there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local(format!("this program cannot run here: {error}")))?;
    let outcome = runtime.block_on(commands::run(cli));
    // Whoever still waits for standard input must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Libraries may say what they send and receive, and that includes passwords: only our own words are shown.
    let ours = tracing_subscriber::filter::Targets::new().with_target("spotter", level);
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false);
    tracing_subscriber::registry()
        .with(to_stderr)
        .with(ours)
        .init();
}
