//! One client at a time: inputs in, exact actions out.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs
)]

#[path = "machine/bench.rs"]
mod bench;
#[path = "machine/borrowing.rs"]
mod borrowing;
#[path = "machine/editing.rs"]
mod editing;
#[path = "machine/linking.rs"]
mod linking;
#[path = "machine/membership.rs"]
mod membership;
#[path = "machine/packing.rs"]
mod packing;
#[path = "machine/peering.rs"]
mod peering;
#[path = "machine/presenting.rs"]
mod presenting;
#[path = "machine/receiving.rs"]
mod receiving;
#[path = "machine/undoing.rs"]
mod undoing;
