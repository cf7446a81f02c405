//! Edits without meaning at a given rate, over a given number of registers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spotter_sim_plan::DeviceNumber;

use super::Stage;
use super::crew::{Act, Puts};
use super::lifters::{Ids, Start};
use crate::draw::Dice;
use crate::workload::{Choice, Keys, Registers, Synthetic};

/// Registers of one lifter: three lifts of five attempts.
const ATTEMPTS_EACH: u32 = 15;

/// How often a register that is touched already is drawn again.
const TRIES: u32 = 30;

/// A minute.
const MINUTE_MS: f64 = 60_000.0;

/// The edits; whoever must exist for them is added to the start.
pub(super) fn acts(stage: &Stage<'_>, ids: &mut Ids, start: &mut Start) -> Vec<Act> {
    let Some(load) = &stage.scenario.workload.synthetic else {
        return Vec::new();
    };
    let keys = Names::of(&load.keys, ids, start);
    let choice = Chooser::of(&load.keys);
    let mut number = 0;
    let mut acts = Vec::new();
    for device in stage.cast.editors() {
        acts.extend(of_device(stage, load, device, &keys, &choice, &mut number));
    }
    acts
}

fn of_device(
    stage: &Stage<'_>,
    load: &Synthetic,
    device: DeviceNumber,
    keys: &Names,
    choice: &Chooser,
    number: &mut u64,
) -> Vec<Act> {
    let mut dice = Dice::of(stage.seed, &format!("load {}", device.0));
    let until = load.until.map_or(stage.calm_at, |until| until.ms());
    let mean = MINUTE_MS / load.edits_per_minute;
    let mut acts = Vec::new();
    let mut at = load.from.ms();
    while mean.is_finite() {
        at = at.saturating_add(dice.waiting_ms(mean));
        if at >= until {
            break;
        }
        let touched = touched(load, choice, &mut dice);
        let mut puts = Puts::new();
        for key in touched {
            *number += 1;
            puts.insert(keys.name(key), keys.value(*number));
        }
        acts.push(Act { at, device, puts });
    }
    acts
}

/// Different registers. Where a few are chosen nearly always, the ones after them fill up.
fn touched(load: &Synthetic, choice: &Chooser, dice: &mut Dice) -> BTreeSet<u32> {
    let mut touched = BTreeSet::new();
    for _ in 0..load.touches {
        let mut key = choice.draw(dice);
        for _ in 0..TRIES {
            if !touched.contains(&key) {
                break;
            }
            key = choice.draw(dice);
        }
        while touched.contains(&key) {
            key = (key + 1) % load.keys.count;
        }
        touched.insert(key);
    }
    touched
}

/// What the registers are called.
enum Names {
    Attempts { first_id: u32 },
    Prefix(String),
}

impl Names {
    fn of(keys: &Keys, ids: &mut Ids, start: &mut Start) -> Self {
        match &keys.registers {
            Registers::Named(prefix) => Self::Prefix(prefix.clone()),
            Registers::Attempts => {
                let lifters = keys.count.div_ceil(ATTEMPTS_EACH);
                let given: Vec<u32> = (0..lifters).map(|_| ids.next()).collect();
                for id in &given {
                    start.insert(format!("entries.{id}.name"), json!(format!("Lifter {id}")));
                }
                Self::Attempts {
                    first_id: given.first().copied().unwrap_or_default(),
                }
            }
        }
    }

    fn name(&self, key: u32) -> String {
        match self {
            Self::Prefix(prefix) => format!("{prefix}.{key}"),
            Self::Attempts { first_id } => {
                let id = first_id + key / ATTEMPTS_EACH;
                let lift = match key % ATTEMPTS_EACH / 5 {
                    0 => "squat",
                    1 => "bench",
                    _ => "deadlift",
                };
                format!("entries.{id}.{lift}.{}", key % 5 + 1)
            }
        }
    }

    fn value(&self, number: u64) -> Value {
        match self {
            Self::Prefix(_) => json!(number),
            Self::Attempts { .. } => json!([crate::draw::ms(number) / 2.0, 0]),
        }
    }
}

/// How a register is chosen.
enum Chooser {
    Uniform(u32),
    /// The sums of the weights so far.
    Weighted(Vec<f64>),
}

impl Chooser {
    fn of(keys: &Keys) -> Self {
        let Choice::Zipf { exponent } = keys.choice else {
            return Self::Uniform(keys.count);
        };
        let mut sum = 0.0;
        let weights = (1..=keys.count).map(|rank| {
            sum += libm::pow(f64::from(rank), -exponent);
            sum
        });
        Self::Weighted(weights.collect())
    }

    fn draw(&self, dice: &mut Dice) -> u32 {
        match self {
            Self::Uniform(count) => u32::try_from(dice.below(u64::from(*count))).unwrap_or(0),
            Self::Weighted(sums) => {
                let drawn = dice.unit() * sums.last().copied().unwrap_or(0.0);
                let at = sums.partition_point(|sum| *sum <= drawn);
                u32::try_from(at.min(sums.len() - 1)).unwrap_or(0)
            }
        }
    }
}
