//! The last writer by wall clock: what many synchronising stores do.

use std::rc::Rc;

use spotter_sim_plan::{DeviceNumber, Plan};

use crate::draw::mixed;
use crate::merging::{Replica, Rival, Store};
use crate::rule::{Client, Place, Rule, Server};

/// The write with the latest time of its writer's clock stands, whatever its writer knew.
///
/// Clocks are as wrong as the plan says (`clockOff`, `clock-jumps`), and besides each by something between `-skew_ms` and
/// `skew_ms` that follows from the plan's seed and the device.
#[derive(Clone, Debug)]
pub struct LastWriterWins {
    name: String,
    skew_ms: u64,
}

impl LastWriterWins {
    /// Every clock is off by up to so many milliseconds more than the plan says.
    pub fn with_skew(skew_ms: u64) -> Self {
        let name = "last-writer-wins";
        Self {
            name: match skew_ms {
                0 => name.to_owned(),
                _ => format!("{name}:{skew_ms}"),
            },
            skew_ms,
        }
    }
}

impl Default for LastWriterWins {
    fn default() -> Self {
        Self::with_skew(0)
    }
}

impl Rule for LastWriterWins {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> &'static str {
        "the write with the latest time of its writer's wall clock"
    }

    fn client(&self, plan: &Plan, place: &Place) -> Box<dyn Client> {
        let (seed, skew_ms) = (plan.seed, self.skew_ms);
        Box::new(Replica::new(
            place,
            Rc::new(move |rivals| winner(rivals, seed, skew_ms)),
        ))
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Store::new())
    }
}

fn winner(rivals: &[Rival], seed: u64, skew_ms: u64) -> usize {
    let latest = rivals.iter().enumerate().max_by_key(|(_, rival)| {
        let written = &rival.written;
        let wall = written
            .wall
            .saturating_add(off(seed, skew_ms, written.device));
        (wall, &written.write.actor, rival.counter)
    });
    latest.map_or(0, |(place, _)| place)
}

/// How far the clock of a device is off, besides what the plan says.
fn off(seed: u64, skew_ms: u64, device: DeviceNumber) -> i64 {
    let drawn = mixed(&[seed, u64::from(device.0), 0x0c10_c4e5]) % (2 * skew_ms + 1);
    i64::try_from(drawn).unwrap_or(i64::MAX) - i64::try_from(skew_ms).unwrap_or(i64::MAX)
}
