//! Small plans, and what is asked of their traces.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Event, Happened, Lane, Network, PLAN_FORMAT, Plan,
    SESSION_MS, Seat, Step, Watch,
};
use spotter_sim_rules::Rule;

/// The register that all small plans write.
pub(crate) const WEIGHT: &str = "entries.1.bodyweightKg";

/// A plan that is written down step by step. Device 0 goes live, the others join.
pub(crate) struct Small(Plan);

impl Small {
    /// One device for each location, with its priority.
    pub(crate) fn new(seats: &[(&str, u32)]) -> Self {
        let seat = |(location, priority): &(&str, u32)| Seat {
            location: (*location).to_owned(),
            priority: *priority,
        };
        let device = |(location, _): &(&str, u32)| Device {
            name: location.to_lowercase(),
            location: (*location).to_owned(),
            relay: 0,
            clock_off: 0,
        };
        let mut plan = Plan {
            format: PLAN_FORMAT,
            scenario: "small".to_owned(),
            seed: 1,
            roster: seats.iter().map(seat).collect(),
            devices: seats.iter().map(device).collect(),
            relays: 1,
            start: BTreeMap::from([(WEIGHT.to_owned(), json!(0.0))]),
            network: Network::default(),
            session_ms: SESSION_MS,
            steps: Vec::new(),
            calm_at: 100_000,
            ends_at: 250_000,
            watch: Watch::Screens,
        };
        for number in 0..plan.devices.len() {
            let device = DeviceNumber(u16::try_from(number).unwrap());
            let doing = match number {
                0 => Doing::GoLive { device },
                _ => Doing::Join { device },
            };
            plan.steps.push(Step {
                at: if number == 0 { 0 } else { 1_000 },
                doing,
            });
        }
        Self(plan)
    }

    pub(crate) fn does(mut self, at: u64, doing: Doing) -> Self {
        self.0.steps.push(Step { at, doing });
        self
    }

    pub(crate) fn cuts(self, at: u64, device: u16) -> Self {
        let lane = Lane::Both;
        self.does(
            at,
            Doing::Cut {
                device: DeviceNumber(device),
                lane,
            },
        )
    }

    pub(crate) fn heals(self, at: u64, device: u16) -> Self {
        self.does(
            at,
            Doing::Heal {
                device: DeviceNumber(device),
            },
        )
    }

    /// The register of small plans becomes `value`.
    pub(crate) fn writes(self, at: u64, device: u16, value: impl Into<Value>) -> Self {
        self.puts(at, device, &[(WEIGHT, value.into())])
    }

    pub(crate) fn puts(self, at: u64, device: u16, puts: &[(&str, Value)]) -> Self {
        let edit = EditNumber(u32::try_from(self.0.steps.len()).unwrap());
        let puts = puts.iter().map(|(k, v)| ((*k).to_owned(), v.clone()));
        self.does(
            at,
            Doing::Edit {
                device: DeviceNumber(device),
                edit,
                puts: puts.collect(),
            },
        )
    }

    pub(crate) fn plan(mut self) -> Plan {
        self.0.steps.sort_by_key(|step| step.at);
        self.0
    }
}

pub(crate) fn traced(plan: &Plan, rule: &dyn Rule) -> Vec<Event> {
    let mut trace = Vec::new();
    spotter_sim_rules::run(plan, rule, &mut |event| trace.push(event));
    trace
}

/// What each device shows of the register at the end.
pub(crate) fn ends(trace: &[Event]) -> Vec<Value> {
    let rests = trace.iter().filter_map(|event| match &event.what {
        Happened::Rests { registers, .. } => Some(registers.get(WEIGHT).cloned()),
        _ => None,
    });
    rests.map(Option::unwrap_or_default).collect()
}

/// The one value that all devices show at the end.
pub(crate) fn agreed(trace: &[Event]) -> Value {
    let ends: BTreeSet<String> = ends(trace).iter().map(Value::to_string).collect();
    assert_eq!(ends.len(), 1, "devices disagree at the end: {ends:?}");
    serde_json::from_str(ends.first().unwrap()).unwrap()
}

/// The values that a device showed, in order.
pub(crate) fn screens(trace: &[Event], who: u16) -> Vec<Value> {
    let shows = trace.iter().filter_map(|event| match &event.what {
        Happened::Shows {
            device,
            register,
            value,
            ..
        } if device.0 == who && register == WEIGHT => Some(value.clone()),
        _ => None,
    });
    shows.collect()
}

/// The values of small plans as they are compared.
pub(crate) fn kg(values: &[f64]) -> Vec<Value> {
    values.iter().map(|value| json!(value)).collect()
}

impl From<Plan> for Small {
    fn from(plan: Plan) -> Self {
        Self(plan)
    }
}
