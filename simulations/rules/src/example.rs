//! A small plan for documents and first attempts.

use std::collections::BTreeMap;

use serde_json::json;
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Lane, Network, PLAN_FORMAT, Plan, SESSION_MS, Seat,
    Step, Watch,
};

/// Two desks lose the network, both write the body weight of lifter 1, and come back. The first to write outranks the
/// other.
pub fn example_plan() -> Plan {
    let (jury, desk) = (DeviceNumber(0), DeviceNumber(1));
    let weighs = |device, edit, kg: f64| Doing::Edit {
        device,
        edit: EditNumber(edit),
        puts: BTreeMap::from([("entries.1.bodyweightKg".to_owned(), json!(kg))]),
    };
    let cut = |device| Doing::Cut {
        device,
        lane: Lane::Both,
    };
    let happens = [
        (0, Doing::GoLive { device: jury }),
        (1_000, Doing::Join { device: desk }),
        (5_000, cut(jury)),
        (5_000, cut(desk)),
        (6_000, weighs(jury, 0, 80.5)),
        (7_000, weighs(desk, 1, 81.0)),
        (10_000, Doing::Heal { device: desk }),
        (12_000, Doing::Heal { device: jury }),
    ];
    let seat = |location: &str, priority| Seat {
        location: location.to_owned(),
        priority,
    };
    let device = |name: &str, location: &str| Device {
        name: name.to_owned(),
        location: location.to_owned(),
        relay: 0,
        clock_off: 0,
    };
    Plan {
        format: PLAN_FORMAT,
        scenario: "example".to_owned(),
        seed: 1,
        roster: vec![seat("Jury", 30), seat("Desk", 10)],
        devices: vec![device("jury", "Jury"), device("desk", "Desk")],
        relays: 1,
        start: BTreeMap::from([
            ("entries.1.name".to_owned(), json!("A. Lifter")),
            ("entries.1.bodyweightKg".to_owned(), json!(0.0)),
        ]),
        network: Network::default(),
        session_ms: SESSION_MS,
        steps: happens
            .into_iter()
            .map(|(at, doing)| Step { at, doing })
            .collect(),
        calm_at: 20_000,
        ends_at: 80_000,
        watch: Watch::Screens,
    }
}
