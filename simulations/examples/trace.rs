//! Prints the trace of a plan, which is read from a file or from the standard input: one JSON object a line.
#![allow(clippy::print_stdout)]

use std::io::{Read as _, Write as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    match std::env::args().nth(1) {
        Some(path) => text = std::fs::read_to_string(path)?,
        None => drop(std::io::stdin().read_to_string(&mut text)?),
    }
    let plan = serde_json::from_str(&text)?;
    let mut out = std::io::stdout().lock();
    let mut failed = None;
    spotter_simulations::run(&plan, &mut |event| {
        let written = serde_json::to_string(&event).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|line| writeln!(out, "{line}")) {
            failed.get_or_insert(error);
        }
    });
    failed.map_or(Ok(()), |error| Err(error.into()))
}
