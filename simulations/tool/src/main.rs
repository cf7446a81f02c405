//! The program for researchers; everything is in the library, so that tests can call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    spotter_sim::main()
}
