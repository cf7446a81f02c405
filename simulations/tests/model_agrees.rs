//! The real machines end with what the model of their rule ends with, and the judge accepts both.
//!
//! The model is written from `docs/resolution.md` alone and shares nothing with the real machines but the plan. Times of
//! arrival differ between the two, so who had seen what may; edits are therefore made well apart from deliveries: while
//! lines are healed, nobody edits for a minute.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::{Value, json};
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Event, Happened, Lane, Network, PLAN_FORMAT, Plan,
    SESSION_MS, Seat, Step, Watch,
};
use spotter_sim_rules::ReplayOrder;

/// What happens, one after the other: edits, as device, register and how many registers, and lines that are cut or healed.
#[derive(Clone, Debug)]
enum Act {
    Edits { device: u8, register: u8, many: u8 },
    Cuts(u8),
    Heals(u8),
}

/// Priorities are distinct: between equals the actor decides in the end, and each of the two draws its own.
#[derive(Clone, Debug)]
struct History(Vec<Act>);

impl Arbitrary for Act {
    fn arbitrary(g: &mut Gen) -> Self {
        let device = u8::arbitrary(g) % 4;
        match u8::arbitrary(g) % 8 {
            0 => Self::Cuts(device),
            1 => Self::Heals(device),
            _ => Self::Edits {
                device,
                register: u8::arbitrary(g) % 4,
                many: 1 + u8::arbitrary(g) % 2,
            },
        }
    }
}

impl Arbitrary for History {
    fn arbitrary(g: &mut Gen) -> Self {
        Self((0..20).map(|_| Act::arbitrary(g)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

const REGISTERS: [&str; 5] = [
    "entries.5003.bodyweightKg",
    "entries.5003.name",
    "entries.5004.bodyweightKg",
    "meet.city",
    "meet.name",
];

fn plan(history: &History) -> Plan {
    let locations = ["Door", "Desk", "Platform", "Jury"];
    let device = |name: &str| Device {
        name: name.to_lowercase(),
        location: name.to_owned(),
        relay: 0,
        clock_off: 0,
    };
    let seat = |(name, priority): (&str, u32)| Seat {
        location: name.to_owned(),
        priority,
    };
    let mut steps = vec![Step {
        at: 0,
        doing: Doing::GoLive {
            device: DeviceNumber(0),
        },
    }];
    steps.extend((1..4).map(|number| Step {
        at: 1_000 + 100 * u64::from(number),
        doing: Doing::Join {
            device: DeviceNumber(number),
        },
    }));
    let mut at = 10_000;
    for (edit, act) in (0..).zip(&history.0) {
        steps.push(Step {
            at,
            doing: doing(edit, act),
        });
        // Whoever is healed may wait half a minute before it tries again.
        at += if matches!(act, Act::Heals(_)) {
            60_000
        } else {
            10_000
        };
    }
    Plan {
        format: PLAN_FORMAT,
        scenario: "model".to_owned(),
        seed: 1,
        roster: locations
            .into_iter()
            .zip([40, 10, 20, 30])
            .map(seat)
            .collect(),
        devices: locations.map(device).to_vec(),
        relays: 1,
        start: REGISTERS
            .iter()
            .map(|name| ((*name).to_owned(), first(name)))
            .collect(),
        network: Network::default(),
        session_ms: SESSION_MS,
        steps,
        calm_at: at,
        ends_at: at + 150_000,
        watch: Watch::Ends,
    }
}

fn doing(edit: u32, act: &Act) -> Doing {
    let device = |number: u8| DeviceNumber(u16::from(number));
    match act {
        Act::Cuts(number) => Doing::Cut {
            device: device(*number),
            lane: Lane::Both,
        },
        Act::Heals(number) => Doing::Heal {
            device: device(*number),
        },
        Act::Edits {
            device: number,
            register,
            many,
        } => {
            let names = REGISTERS
                .iter()
                .skip(usize::from(*register))
                .take(usize::from(*many));
            let puts: BTreeMap<String, Value> = names
                .map(|name| ((*name).to_owned(), value(name, edit)))
                .collect();
            Doing::Edit {
                device: device(*number),
                edit: EditNumber(edit),
                puts,
            }
        }
    }
}

fn first(register: &str) -> Value {
    if register.ends_with("Kg") {
        json!(70.5)
    } else {
        json!("at first")
    }
}

fn value(register: &str, edit: u32) -> Value {
    if register.ends_with("Kg") {
        json!(80.5 + f64::from(edit))
    } else {
        json!(format!("edit {edit}"))
    }
}

fn real(plan: &Plan) -> Vec<Event> {
    let mut trace = Vec::new();
    spotter_simulations::run(plan, &mut |event| trace.push(event));
    trace
}

fn model(plan: &Plan) -> Vec<Event> {
    let mut trace = Vec::new();
    spotter_sim_rules::run(plan, &ReplayOrder, &mut |event| trace.push(event));
    trace
}

/// What each device shows at the end.
fn ends(trace: &[Event]) -> BTreeMap<DeviceNumber, BTreeMap<String, Value>> {
    let rests = trace.iter().filter_map(|event| {
        if let Happened::Rests {
            device, registers, ..
        } = &event.what
        {
            Some((*device, registers.clone()))
        } else {
            None
        }
    });
    rests.collect()
}

/// What the judge says of the values that are shown, and of agreement.
fn wrong(plan: &Plan, trace: &[Event]) -> Vec<String> {
    let found = spotter_sim_judge::check(plan, trace).into_iter();
    let asked = found.filter(|finding| ["I1", "I4", "I5"].contains(&finding.id.as_str()));
    asked
        .map(|finding| format!("{} {}", finding.id, finding.words))
        .collect()
}

#[test]
fn the_real_machines_and_the_model_end_with_the_same_registers() {
    fn agree(history: History) -> Result<bool, String> {
        let plan = plan(&history);
        let (real, model) = (real(&plan), model(&plan));
        for trace in [&real, &model] {
            let wrong = wrong(&plan, trace);
            if !wrong.is_empty() {
                return Err(wrong.join("; "));
            }
        }
        let (real, model) = (ends(&real), ends(&model));
        if real.len() == 4 && real == model {
            return Ok(true);
        }
        Err(format!("real {real:?}, model {model:?}"))
    }
    QuickCheck::new()
        .tests(60)
        .quickcheck(agree as fn(History) -> Result<bool, String>);
}
