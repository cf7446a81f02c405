//! The two programs over real sockets, for what their machines cannot show: connections of which one side knows nothing,
//! processes that stand still, handshakes that stop half-way, bytes that come one at a time. Between them is the suite's
//! own proxy; nothing in the programs is changed or configured for it.

mod crowds;
mod frames;
mod handshakes;
mod silences;

use crate::harness::World;

/// What a relay is started with so that it tells its numbers.
const COUNTED: &[&str] = &["--metrics-address", "127.0.0.1:0"];

/// A meet of two desks whose relay tells its numbers.
fn two_desks() -> World {
    World::with_settings(&[("A", 20), ("B", 10)], COUNTED)
}

/// A text that no pack makes short.
fn long_text() -> String {
    let mut state = 1_u64;
    let mut text = String::new();
    while text.len() < 45_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{:08x}", state >> 32));
    }
    text
}
