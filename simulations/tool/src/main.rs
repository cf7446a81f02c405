//! The program for researchers; everything is in the library, so that tests can call it.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A third of a world's time went into the allocator of the system, a tenth goes into this one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    spotter_sim::main()
}
