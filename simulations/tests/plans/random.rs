//! Plans drawn from a seed: any trouble in any order, then calm.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spotter_sim_plan::{
    Doing, EditNumber, HalfOpenSide, Lane, Latency, Plan, Rot, Step, Watch, Whose,
};

use super::{after, device, plan, relay};

/// How long the trouble is, in milliseconds.
const TROUBLE_MS: u64 = 180_000;

/// Numbers that look random, from a seed.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn share(&mut self) -> f64 {
        self.below(1_000) as f64 / 1_000.0
    }
}

/// A plan of three to five devices and any trouble.
pub fn random_plan(seed: u64) -> Plan {
    let mut draw = Draw::new(seed);
    let devices = 2 + draw.below(4) as u16;
    let mut plan = plan(devices);
    plan.seed = seed;
    plan.network.seed = seed;
    plan.relays = 1 + draw.below(2) as u16;
    plan.watch = if draw.below(3) == 0 {
        Watch::Screens
    } else {
        Watch::Ends
    };
    plan.network.latency = match draw.below(3) {
        0 => Latency::Fixed {
            ms: draw.below(100),
        },
        1 => Latency::Uniform {
            min_ms: 1,
            max_ms: 1 + draw.below(400),
        },
        _ => Latency::LogNormal {
            median_ms: 30.0,
            sigma: 0.8,
        },
    };
    if draw.below(2) == 0 {
        plan.network.loss = draw.share() / 4.0;
        plan.network.duplicate = draw.share() / 4.0;
        plan.network.reorder = draw.share() / 4.0;
    }
    let dangers = 1 + draw.below(30);
    let steps = 10 + draw.below(60);
    for number in 0..steps {
        let at = 1_500 + draw.below(TROUBLE_MS);
        let step = if draw.below(40) >= dangers {
            edit(&mut draw, devices, number)
        } else {
            trouble(&mut draw, devices, plan.relays)
        };
        plan.steps.push(after(at, step));
    }
    plan.steps.sort_by_key(|step| step.at);
    plan.calm_at = 1_500 + TROUBLE_MS;
    plan.ends_at = plan.calm_at + 60_000;
    plan
}

fn edit(draw: &mut Draw, devices: u16, number: u64) -> Doing {
    let register = match draw.below(8) {
        0 => "meet.name".to_owned(),
        1 => "meet.city".to_owned(),
        2 => "entries.5003.squat.1".to_owned(),
        3 => "entries.5004.bodyweightKg".to_owned(),
        4 => format!("entries.{}.name", 6_000 + number),
        5 => "cart.milk".to_owned(),
        6 => "entries.5004.squat.2".to_owned(),
        _ => "meet.country".to_owned(),
    };
    let value: Value = match register.as_str() {
        "entries.5003.squat.1" | "entries.5004.squat.2" => json!([draw.below(300), 1]),
        "entries.5004.bodyweightKg" => json!(draw.below(150)),
        _ => json!(format!("value {}", draw.below(20))),
    };
    let mut puts = BTreeMap::from([(register, value)]);
    if draw.below(4) == 0 {
        puts.insert("meet.state".to_owned(), json!(format!("state {number}")));
    }
    Doing::Edit {
        device: device(draw.below(u64::from(devices)) as u16),
        edit: EditNumber(number as u32),
        puts,
    }
}

fn trouble(draw: &mut Draw, devices: u16, relays: u16) -> Doing {
    let one = device(draw.below(u64::from(devices)) as u16);
    let other = device(draw.below(u64::from(devices)) as u16);
    let home = relay(draw.below(u64::from(relays)) as u16);
    let whose = if draw.below(2) == 0 {
        Whose::Device(one)
    } else {
        Whose::Relay(home)
    };
    let lane = [Lane::Up, Lane::Down, Lane::Both][draw.below(3) as usize];
    match draw.below(34) {
        0..=2 => Doing::Cut { device: one, lane },
        3..=5 => Doing::Heal { device: one },
        6 => Doing::Reset { device: one },
        7 => Doing::HalfOpen {
            device: one,
            believer: HalfOpenSide::Device,
        },
        8 => Doing::HalfOpen {
            device: one,
            believer: HalfOpenSide::Relay,
        },
        9 => Doing::ReadSlowly {
            device: one,
            bytes_per_second: [None, Some(0), Some(50), Some(2_000)][draw.below(4) as usize],
        },
        10 => Doing::Crash { whose },
        11..=12 => Doing::CrashAtDiskCall {
            whose,
            call: draw.below(6) as u32,
        },
        13..=17 => Doing::Start { whose },
        18 => Doing::Pause { whose },
        19 => Doing::Resume { whose },
        20 => Doing::DiskFull {
            whose,
            full: draw.below(2) == 0,
        },
        21 => Doing::SyncFails { whose },
        22 => Doing::Rots {
            whose,
            rot: if draw.below(2) == 0 {
                Rot::Bit
            } else {
                Rot::Cut
            },
            at_share: draw.share(),
        },
        23 => Doing::LoseMemory { whose },
        24 => Doing::Backup { whose },
        25 => Doing::Restore { whose },
        26 => Doing::ClockJumps {
            whose,
            by: draw.below(1_000_000_000) as i64 - 500_000_000,
        },
        27 => Doing::Dial {
            from: one,
            to: other,
        },
        28 => Doing::Carry {
            from: one,
            to: other,
        },
        29 => Doing::Move {
            device: one,
            relay: home,
        },
        30 => Doing::SetLocation {
            location: "platform".to_owned(),
            name: "platform".to_owned(),
            priority: draw.below(100) as u32,
        },
        31 => Doing::Revoke { device: one },
        32 => Doing::Publish { device: one },
        _ => Doing::Attack {
            relay: home,
            member: draw.below(2) == 0,
            with: [
                "garbage",
                "bomb",
                "forged-author",
                "twin",
                "orphans",
                "flood",
            ][draw.below(6) as usize]
                .to_owned(),
        },
    }
}

/// The plan without whatever is not needed for it to fail: whole stretches of steps first, then single ones. Whoever takes
/// part goes on taking part.
pub fn shrunk(plan: &Plan, fails: impl Fn(&Plan) -> bool) -> Plan {
    let takes_part = |step: &Step| matches!(step.doing, Doing::GoLive { .. } | Doing::Join { .. });
    let mut best = plan.clone();
    let mut size = best.steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < best.steps.len() {
            let without = |(place, step): (usize, &Step)| {
                let stays = !(from..from + size).contains(&place) || takes_part(step);
                stays.then(|| step.clone())
            };
            let steps: Vec<Step> = best.steps.iter().enumerate().filter_map(without).collect();
            let smaller = Plan {
                steps,
                ..best.clone()
            };
            if smaller.steps.len() < best.steps.len() && fails(&smaller) {
                best = smaller;
            } else {
                from += size;
            }
        }
        size /= 2;
    }
    best
}
