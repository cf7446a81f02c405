//! Plans in few words, and what a world told of them.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for a few events among all"
)]

pub mod random;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Event, Happened, Latency, Network, PLAN_FORMAT, Plan,
    RelayNumber, SESSION_MS, Seat, Step, Watch,
};

pub fn device(number: u16) -> DeviceNumber {
    DeviceNumber(number)
}

pub fn relay(number: u16) -> RelayNumber {
    RelayNumber(number)
}

pub fn after(at: u64, doing: Doing) -> Step {
    Step { at, doing }
}

pub fn edit(number: u16, at: u64, edit: u32, register: &str, value: Value) -> Step {
    let doing = Doing::Edit {
        device: device(number),
        edit: EditNumber(edit),
        puts: BTreeMap::from([(register.to_owned(), value)]),
    };
    after(at, doing)
}

/// A meet with two lifters and so many devices, each at a location of its own. Calm begins after 30 seconds.
pub fn plan(devices: u16) -> Plan {
    let seats = [
        "desk", "platform", "jury", "weigh-in", "stream", "scores", "door", "press",
    ];
    let roster = seats.iter().zip(1..).map(|(name, number)| Seat {
        location: (*name).to_owned(),
        priority: 10 * number,
    });
    let roster: Vec<Seat> = roster.collect();
    let member = |number: u16| Device {
        name: format!("device {number}"),
        location: roster[usize::from(number) % roster.len()].location.clone(),
        relay: 0,
        clock_off: i64::from(number) * 86_400_000,
    };
    let mut steps = vec![after(0, Doing::GoLive { device: device(0) })];
    for number in 1..devices {
        let at = 1_000 + 100 * u64::from(number);
        steps.push(after(
            at,
            Doing::Join {
                device: device(number),
            },
        ));
    }
    Plan {
        format: PLAN_FORMAT,
        scenario: "by hand".to_owned(),
        seed: 1,
        devices: (0..devices).map(member).collect(),
        roster: roster.clone(),
        relays: 1,
        start: BTreeMap::from([
            ("meet.name".to_owned(), json!("Autumn Open")),
            ("entries.5003.name".to_owned(), json!("Ada")),
            ("entries.5004.name".to_owned(), json!("Bea")),
        ]),
        network: Network {
            seed: 1,
            latency: Latency::Uniform {
                min_ms: 5,
                max_ms: 40,
            },
            ..Network::default()
        },
        session_ms: SESSION_MS,
        steps,
        calm_at: 30_000,
        ends_at: 90_000,
        watch: Watch::Ends,
    }
}

/// What a world told.
pub struct Told {
    pub events: Vec<Event>,
}

impl Told {
    pub fn of(plan: &Plan) -> Self {
        let mut events = Vec::new();
        spotter_simulations::run(plan, &mut |event| events.push(event));
        Self { events }
    }

    pub fn count(&self, is: impl Fn(&Happened) -> bool) -> usize {
        self.events.iter().filter(|event| is(&event.what)).count()
    }

    /// What a device shows at the end.
    pub fn register(&self, number: u16, register: &str) -> Value {
        let rests = |event: &Event| match &event.what {
            Happened::Rests {
                device, registers, ..
            } if device.0 == number => {
                Some(registers.get(register).cloned().unwrap_or(Value::Null))
            }
            _ => None,
        };
        self.events
            .iter()
            .find_map(rests)
            .expect("the device rests")
    }

    /// What must hold at the end of every world: so many devices are in sync and hold the same meet, every write that was
    /// called saved is held by all of them, and nobody has told of a fault.
    pub fn agree(&self, devices: usize) {
        let words = self.disagreement(devices);
        assert!(words.is_none(), "{}", words.unwrap_or_default());
    }

    pub fn disagreement(&self, devices: usize) -> Option<String> {
        let mut rests = BTreeMap::new();
        let mut synced = BTreeMap::new();
        let mut saved = BTreeSet::new();
        let mut held: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
        for event in &self.events {
            match &event.what {
                Happened::Rests {
                    device,
                    heads,
                    state,
                    ..
                } => {
                    rests.insert(device.0, (heads.clone(), state.clone()));
                }
                Happened::Status {
                    device, in_sync, ..
                } => {
                    synced.insert(device.0, *in_sync);
                }
                Happened::Saved { write, device } => {
                    saved.insert((device.0, write.clone()));
                }
                Happened::Wrote { device, write } => {
                    held.entry(device.0).or_default().insert(write.name.clone());
                }
                Happened::Learnt { device, writes } => {
                    held.entry(device.0)
                        .or_default()
                        .extend(writes.iter().cloned());
                }
                Happened::Forgot {
                    device,
                    writes,
                    why,
                } => {
                    let held = held.entry(device.0).or_default();
                    for write in writes {
                        held.remove(write);
                        // A device that lost its disk has lost what only it had.
                        if why != "crash" {
                            saved.retain(|(_, name)| name != write);
                        }
                    }
                }
                Happened::Fault { whose, what } => {
                    return Some(format!("fault of {whose:?}: {what}"));
                }
                _ => {}
            }
        }
        if rests.len() != devices {
            return Some(format!(
                "{} of {devices} devices hold the meet",
                rests.len()
            ));
        }
        if let Some((number, _)) = synced.iter().find(|(_, synced)| !**synced) {
            return Some(format!("device {number} is not in sync"));
        }
        let first = rests.values().next();
        if let Some((number, _)) = rests.iter().find(|(_, rest)| Some(*rest) != first) {
            return Some(format!("device {number} holds another meet"));
        }
        for (author, write) in &saved {
            let lacks = |(_, held): &(&u16, &BTreeSet<String>)| !held.contains(write);
            if let Some((number, _)) = held.iter().find(lacks) {
                return Some(format!(
                    "device {number} lacks {write}, which device {author} saved"
                ));
            }
        }
        None
    }
}
