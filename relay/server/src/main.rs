//! The relay as a program. What it does is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    spotter_relay_server::command::Command::parse().run()
}
