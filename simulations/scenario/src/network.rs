//! What the network is like, as a scenario says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spotter_sim_plan as plan;

use crate::draw::ms;
use crate::span::Span;

/// The network between everyone. Without it every message takes 20 ms and none is lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// How long a message takes, one way.
    #[serde(default = "quick")]
    pub latency: Latency,
    /// The share of messages that are lost, 0 to 1; each is sent again after `retransmit` and holds up what comes behind.
    #[serde(default)]
    pub loss: f64,
    /// How long it takes until a lost message is sent again.
    #[serde(default = "retransmit")]
    pub retransmit: Span,
    /// The share of messages that arrive twice, 0 to 1.
    #[serde(default)]
    pub duplicate: f64,
    /// The share of messages that overtake the one before, 0 to 1.
    #[serde(default)]
    pub reorder: f64,
    /// Whether all devices speak in packs, as released programs do. Otherwise a third of all starts speak plainly, so that
    /// both are tried; whoever measures bytes says true.
    #[serde(default)]
    pub always_packed: bool,
    /// How many bytes a relay lets wait for one device before it closes that connection; a mebibyte if nothing is said. What
    /// systems buffer on the way, 128 KiB, comes on top.
    #[serde(default = "queue_bytes")]
    #[schemars(range(min = 65_536, max = 1_048_576))]
    pub queue_bytes: u64,
}

/// How long a message takes, one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Latency {
    /// Always the same.
    Fixed(Span),
    /// Anything between two bounds, equally likely.
    Uniform {
        /// At least.
        min: Span,
        /// At most.
        max: Span,
    },
    /// Mostly near the median, seldom much longer.
    LogNormal {
        /// Half of the messages are faster.
        median: Span,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// What was measured somewhere, in milliseconds: taken in turn, beginning anywhere.
    Trace(Vec<f64>),
    /// Likewise, from a file beside the scenario: one number a line, in milliseconds; empty lines and what follows a
    /// `#` do not count.
    TraceFile(String),
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: quick(),
            loss: 0.0,
            retransmit: retransmit(),
            duplicate: 0.0,
            reorder: 0.0,
            always_packed: false,
            queue_bytes: queue_bytes(),
        }
    }
}

fn quick() -> Latency {
    Latency::Fixed(Span::from_ms(20))
}

fn queue_bytes() -> u64 {
    plan::QUEUE_BYTES
}

fn retransmit() -> Span {
    Span::from_ms(200)
}

impl Network {
    /// As a plan says it; nothing if the file with the trace has not been supplied.
    pub(crate) fn planned(&self, seed: u64) -> Option<plan::Network> {
        let latency = match &self.latency {
            Latency::Fixed(span) => plan::Latency::Fixed { ms: span.ms() },
            Latency::Uniform { min, max } => plan::Latency::Uniform {
                min_ms: min.ms(),
                max_ms: max.ms(),
            },
            Latency::LogNormal { median, sigma } => plan::Latency::LogNormal {
                median_ms: ms(median.ms()),
                sigma: *sigma,
            },
            Latency::Trace(ms) => plan::Latency::Trace { ms: ms.clone() },
            Latency::TraceFile(_) => return None,
        };
        Some(plan::Network {
            seed,
            latency,
            loss: self.loss,
            retransmit: self.retransmit.ms(),
            duplicate: self.duplicate,
            reorder: self.reorder,
            always_packed: self.always_packed,
            queue_bytes: self.queue_bytes,
        })
    }
}

/// Reads a file of measured latencies.
///
/// # Errors
/// Names the line that is no number of milliseconds.
pub(crate) fn read_trace(text: &str) -> Result<Vec<f64>, String> {
    let mut measured = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let said = line.split('#').next().unwrap_or_default().trim();
        if said.is_empty() {
            continue;
        }
        match said.parse::<f64>() {
            Ok(ms) if ms >= 0.0 && ms.is_finite() => measured.push(ms),
            Ok(_) | Err(_) => {
                return Err(format!("line {}: {said:?} is no latency in ms", number + 1));
            }
        }
    }
    if measured.is_empty() {
        return Err("there is no latency in it".to_owned());
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_one_latency_a_line() {
        let read = read_trace("# venue Wi-Fi\n12.5\n\n40 # a burst\n");
        assert_eq!(read, Ok(vec![12.5, 40.0]));
        let refused = read_trace("12\nfast\n");
        assert_eq!(
            refused,
            Err("line 2: \"fast\" is no latency in ms".to_owned())
        );
        assert!(read_trace("# nothing").is_err());
    }
}
