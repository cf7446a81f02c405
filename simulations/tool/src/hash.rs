//! What names traces and configurations: SHA-256 in hexadecimal.

use serde::Serialize;
use sha2::{Digest, Sha256};

use spotter_sim_plan::Event;

/// Of bytes.
pub(crate) fn of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Of a trace: over its lines, as they stand in `trace.jsonl`.
pub(crate) fn of_trace(trace: &[Event]) -> String {
    let mut hash = Sha256::new();
    for event in trace {
        hash.update(json(event));
        hash.update(b"\n");
    }
    hex(&hash.finalize())
}

/// Of what the devices of a trace show in the end. Numbers count by their value, and devices that agree count once.
pub(crate) fn of_result(trace: &[Event]) -> String {
    of(&json(&spotter_sim_judge::outcome(trace)))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("events have text for keys")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
