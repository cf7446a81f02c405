//! How messages travel: what is drawn follows from the seed, the lane and the number of the message on it.

use serde::{Deserialize, Serialize};

/// The network between everyone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// Of everything that is drawn for messages.
    pub seed: u64,
    /// How long a message takes, one way.
    pub latency: Latency,
    /// The share of messages that are lost, 0 to 1. On a stream a loss is a delay of `retransmit` and holds up what comes
    /// behind it.
    #[serde(default)]
    pub loss: f64,
    /// How long it takes until a lost message is sent again, in milliseconds.
    #[serde(default = "retransmit")]
    pub retransmit: u64,
    /// The share of messages that arrive twice, 0 to 1.
    #[serde(default)]
    pub duplicate: f64,
    /// The share of messages that overtake the one before, 0 to 1.
    #[serde(default)]
    pub reorder: f64,
    /// Whether all devices speak in packs, as released programs do. Otherwise a third of all starts, drawn from the plan's
    /// seed, speak plainly, so that worlds have both.
    #[serde(default, skip_serializing_if = "is_false")]
    pub always_packed: bool,
    /// How many bytes a relay lets wait for one device before it lets that go.
    #[serde(default = "queue_bytes", skip_serializing_if = "is_usual")]
    pub queue_bytes: u64,
}

/// How many bytes wait for one device at most, if nothing is said: as in relays that are released.
pub const QUEUE_BYTES: u64 = 1 << 20;

/// How long a message takes, one way, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    tag = "kind",
    deny_unknown_fields
)]
pub enum Latency {
    /// Always the same.
    Fixed {
        /// How long.
        ms: u64,
    },
    /// Anything between two bounds, equally likely.
    Uniform {
        /// At least.
        min_ms: u64,
        /// At most.
        max_ms: u64,
    },
    /// Mostly near the median, seldom much longer.
    LogNormal {
        /// Half of the messages are faster.
        median_ms: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// As it was measured somewhere: values are taken in turn, beginning anywhere.
    Trace {
        /// What was measured, in milliseconds; at least one.
        ms: Vec<f64>,
    },
}

impl Default for Network {
    fn default() -> Self {
        Self {
            seed: 0,
            latency: Latency::Fixed { ms: 20 },
            loss: 0.0,
            retransmit: retransmit(),
            duplicate: 0.0,
            reorder: 0.0,
            always_packed: false,
            queue_bytes: queue_bytes(),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what is serialised is asked for by reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

fn queue_bytes() -> u64 {
    QUEUE_BYTES
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what is serialised is asked for by reference"
)]
fn is_usual(queue_bytes: &u64) -> bool {
    *queue_bytes == QUEUE_BYTES
}

fn retransmit() -> u64 {
    200
}
