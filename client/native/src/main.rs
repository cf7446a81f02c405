//! The program `spotter`: a replica on the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    spotter_client_native::main()
}
