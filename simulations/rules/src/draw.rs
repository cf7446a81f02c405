//! What is drawn while a plan runs: it follows from a seed, a lane and the number of a message, and nothing else.

use spotter_sim_plan::{Latency, Network};

/// A number that looks like chance, from numbers that do not.
pub(crate) fn mixed(parts: &[u64]) -> u64 {
    parts.iter().fold(0x5350_4f54_5445_5231, |state, part| {
        scrambled(state ^ scrambled(*part))
    })
}

/// The finaliser of SplitMix64: every bit of the input moves about half of the bits of the output.
fn scrambled(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Anything from 0 up to but not including 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn share(parts: &[u64]) -> f64 {
    (mixed(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// What is drawn for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    /// How long it takes, the times it is sent again included, in milliseconds.
    pub(crate) takes: u64,
    /// How often it is lost and sent again.
    pub(crate) lost: u64,
    /// Whether it arrives twice.
    pub(crate) twice: bool,
    /// Whether others overtake it.
    pub(crate) overtaken: bool,
}

/// A message that is lost is sent again at most so often; then it gets through.
const RETRANSMISSIONS_MAX: u64 = 16;

/// The fate of a message, by the number it has on its lane.
pub(crate) fn fate(network: &Network, lane: u64, number: u64) -> Fate {
    let draw = |what: u64| share(&[network.seed, lane, number, what]);
    let losses = (0..RETRANSMISSIONS_MAX)
        .take_while(|again| draw(16 + again) < network.loss)
        .count() as u64;
    Fate {
        takes: latency(network, lane, number) + losses * network.retransmit,
        lost: losses,
        twice: draw(2) < network.duplicate,
        overtaken: draw(3) < network.reorder,
    }
}

fn latency(network: &Network, lane: u64, number: u64) -> u64 {
    let draw = |what: u64| share(&[network.seed, lane, number, what]);
    match &network.latency {
        Latency::Fixed { ms } => *ms,
        Latency::Uniform { min_ms, max_ms } => {
            let wide = max_ms.saturating_sub(*min_ms) + 1;
            min_ms + mixed(&[network.seed, lane, number, 0]) % wide
        }
        Latency::LogNormal { median_ms, sigma } => {
            let normal = libm::sqrt(-2.0 * libm::log(1.0 - draw(0)))
                * libm::cos(2.0 * std::f64::consts::PI * draw(1));
            whole(median_ms * libm::exp(sigma * normal))
        }
        Latency::Trace { ms } if ms.is_empty() => 0,
        Latency::Trace { ms } => {
            let turn = mixed(&[network.seed, lane]).wrapping_add(number) % ms.len() as u64;
            whole(ms[usize::try_from(turn).unwrap_or_default()])
        }
    }
}

/// Rounded to whole milliseconds, and never less than none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large or too small becomes the nearest whole number"
)]
fn whole(ms: f64) -> u64 {
    libm::round(ms) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(latency: Latency) -> Network {
        Network {
            seed: 7,
            latency,
            ..Network::default()
        }
    }

    #[test]
    fn the_same_message_has_the_same_fate() {
        let lossy = Network {
            loss: 0.3,
            duplicate: 0.3,
            reorder: 0.3,
            ..network(Latency::Uniform {
                min_ms: 10,
                max_ms: 30,
            })
        };
        let fates: Vec<Fate> = (0..1_000).map(|number| fate(&lossy, 3, number)).collect();
        assert_eq!(
            fates,
            (0..1_000).map(|n| fate(&lossy, 3, n)).collect::<Vec<_>>()
        );
        let lost = fates.iter().filter(|fate| fate.lost > 0).count();
        assert!((250..350).contains(&lost), "{lost} of 1,000 were lost");
        let twice = fates.iter().filter(|fate| fate.twice).count();
        assert!((250..350).contains(&twice), "{twice} of 1,000 came twice");
    }

    #[test]
    fn half_of_the_messages_are_faster_than_the_median() {
        let slow = network(Latency::LogNormal {
            median_ms: 100.0,
            sigma: 0.5,
        });
        let faster = (0..1_000)
            .filter(|n| fate(&slow, 1, *n).takes < 100)
            .count();
        assert!((450..550).contains(&faster), "{faster} of 1,000");
    }

    #[test]
    fn a_trace_is_taken_in_turn() {
        let traced = network(Latency::Trace {
            ms: vec![1.0, 2.0, 3.0],
        });
        let takes: Vec<u64> = (0..6).map(|n| fate(&traced, 1, n).takes).collect();
        assert_eq!(takes[..3], takes[3..]);
        assert_eq!(takes[..3].iter().sum::<u64>(), 6);
    }
}
