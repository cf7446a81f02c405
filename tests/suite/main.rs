//! The whole system from outside: real processes, real sockets, real files, and the tree itself.
//!
//! One test binary. `tidy` reads the tree; everything else starts the two programs and treats them as a person, a
//! script or a bad network would. Nothing here sleeps for a fixed time: it waits for a condition, with a deadline.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    reason = "a test that cannot go on should say where"
)]

mod displays;
mod durability;
mod encryption;
mod fuzzed;
mod harness;
mod hostile;
mod machines;
mod members;
mod operations;
mod recovery;
mod scenarios;
mod shells;
mod story;
mod tidy;
