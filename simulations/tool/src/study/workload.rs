//! Plans of a study: locations that edit a number of registers at a rate, and lose the network for a time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Lane, Latency, Network, PLAN_FORMAT, Plan, SESSION_MS,
    Seat, Step, Watch,
};

use super::estimate::Chance;

/// When people begin.
pub(super) const BEGINS: u64 = 10_000;

/// How long the calm is. Whoever gave a line up tries again within half a minute, and a side may believe in a line for one.
pub(super) const CALM: u64 = 150_000;

/// A plan that is being made.
pub(super) struct Workload {
    pub(super) plan: Plan,
    pub(super) chance: Chance,
    registers: usize,
    edits: u32,
}

impl Workload {
    /// So many locations with a device each, the first with the highest priority, and so many registers.
    pub(super) fn new(part: &str, locations: u16, registers: usize, seed: u64) -> Self {
        let name = |number: u16| format!("Location {}", number + 1);
        let seat = |number: u16| Seat {
            location: name(number),
            priority: 10 * u32::from(locations - number),
        };
        let device = |number: u16| Device {
            name: format!("device-{}", number + 1),
            location: name(number),
            relay: 0,
            clock_off: 0,
        };
        let joins = (1..locations).map(|number| Step {
            at: 1_000 + 100 * u64::from(number),
            doing: Doing::Join {
                device: DeviceNumber(number),
            },
        });
        let begins = Step {
            at: 0,
            doing: Doing::GoLive {
                device: DeviceNumber(0),
            },
        };
        let plan = Plan {
            format: PLAN_FORMAT,
            scenario: format!("study-{part}"),
            seed,
            roster: (0..locations).map(seat).collect(),
            devices: (0..locations).map(device).collect(),
            relays: 1,
            start: (0..registers)
                .map(|number| (register(number), json!(0.5)))
                .collect(),
            network: Network {
                seed,
                latency: Latency::LogNormal {
                    median_ms: 30.0,
                    sigma: 0.5,
                },
                always_packed: true,
                ..Network::default()
            },
            session_ms: SESSION_MS,
            steps: std::iter::once(begins).chain(joins).collect(),
            calm_at: 0,
            ends_at: 0,
            watch: Watch::Screens,
        };
        Self {
            plan,
            chance: Chance(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ u64::from(locations)),
            registers,
            edits: 0,
        }
    }

    /// A device gives a register, any, a value that nobody else gives.
    pub(super) fn edits(&mut self, device: u16, at: u64) {
        let register = register(self.chance.below(0..self.registers));
        self.edits += 1;
        let value: Value = json!(f64::from(self.edits) + 0.25);
        let doing = Doing::Edit {
            device: DeviceNumber(device),
            edit: EditNumber(self.edits),
            puts: BTreeMap::from([(register, value)]),
        };
        self.does(at, doing);
    }

    /// A device makes so many edits at any times.
    pub(super) fn edits_between(&mut self, device: u16, count: u64, from: u64, until: u64) {
        for _ in 0..count {
            let at = self.chance.within(from..until);
            self.edits(device, at);
        }
    }

    pub(super) fn cuts(&mut self, device: u16, at: u64) {
        let doing = Doing::Cut {
            device: DeviceNumber(device),
            lane: Lane::Both,
        };
        self.does(at, doing);
    }

    pub(super) fn heals(&mut self, device: u16, at: u64) {
        let doing = Doing::Heal {
            device: DeviceNumber(device),
        };
        self.does(at, doing);
    }

    pub(super) fn does(&mut self, at: u64, doing: Doing) {
        self.plan.steps.push(Step { at, doing });
    }

    /// The plan, with its steps in order and the calm behind.
    pub(super) fn calm_at(mut self, at: u64) -> Plan {
        self.plan.steps.sort_by_key(|step| step.at);
        self.plan.calm_at = at;
        self.plan.ends_at = at + CALM;
        self.plan
    }
}

/// A register without meaning. The real machines keep one of a foreign name like any other.
pub(super) fn register(number: usize) -> String {
    format!("item.{number}")
}
