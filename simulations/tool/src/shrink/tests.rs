//! Plans become as small as the failure allows, whatever fails.

use std::collections::BTreeMap;

use serde_json::json;
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Lane, Network, PLAN_FORMAT, Plan, SESSION_MS, Seat,
    Step, Watch,
};

use super::*;

#[test]
fn only_what_the_failure_needs_is_left() {
    let plan = large();
    // It fails as long as the fourth device is cut before it edits the third lifter.
    let mut fails = |plan: &Plan| {
        let cut = plan.steps.iter().position(|step| is_cut(step, plan));
        let edit = plan.steps.iter().position(|step| is_edit(step, plan));
        cut.zip(edit).is_some_and(|(cut, edit)| cut < edit)
    };
    let mut tried = 0;
    let small = shrink(plan, &mut fails, &mut |progress| tried = progress.tried);
    assert!(fails(&small));
    assert_eq!(small.steps.len(), 2, "{:?}", small.steps);
    let names: Vec<&str> = small
        .devices
        .iter()
        .map(|device| device.name.as_str())
        .collect();
    assert_eq!(names, ["desk 0", "desk 3"]);
    assert!(small.start.is_empty());
    assert!(
        small.steps.iter().all(|step| step.at <= 100),
        "{:?}",
        small.steps
    );
    assert!(tried < 2000, "{tried} plans were tried");
}

#[test]
fn what_is_needed_together_is_kept_together() {
    let mut fails = |plan: &Plan| {
        let edits = plan.edits();
        edits.contains_key(&EditNumber(7)) == edits.contains_key(&EditNumber(93))
            && edits.contains_key(&EditNumber(7))
    };
    let small = shrink(large(), &mut fails, &mut |_| {});
    assert_eq!(small.steps.len(), 2);
}

fn is_cut(step: &Step, plan: &Plan) -> bool {
    matches!(&step.doing, Doing::Cut { device, .. } if name_of(plan, *device) == "desk 3")
}

fn is_edit(step: &Step, plan: &Plan) -> bool {
    matches!(&step.doing, Doing::Edit { device, puts, .. }
        if name_of(plan, *device) == "desk 3" && puts.contains_key("entries.3.bodyweightKg"))
}

fn name_of(plan: &Plan, device: DeviceNumber) -> &str {
    &plan.devices[usize::from(device.0)].name
}

/// Five devices, a hundred edits of two registers each, and a cut of everyone.
fn large() -> Plan {
    let edit = |number: u32| Step {
        at: 10_000 + u64::from(number) * 777,
        doing: Doing::Edit {
            device: DeviceNumber((number % 5) as u16),
            edit: EditNumber(number),
            puts: BTreeMap::from([
                (format!("entries.{}.bodyweightKg", number % 7), json!(81.35)),
                ("meet.name".to_owned(), json!("Spring")),
            ]),
        },
    };
    let cut = |number: u16| Step {
        at: 9000 + u64::from(number),
        doing: Doing::Cut {
            device: DeviceNumber(number),
            lane: Lane::Both,
        },
    };
    Plan {
        format: PLAN_FORMAT,
        scenario: "large".to_owned(),
        seed: 1,
        roster: vec![Seat {
            location: "Desk".to_owned(),
            priority: 1,
        }],
        devices: (0..5)
            .map(|number| Device {
                name: format!("desk {number}"),
                location: "Desk".to_owned(),
                relay: 0,
                clock_off: 0,
            })
            .collect(),
        relays: 1,
        start: (0..7)
            .map(|id| (format!("entries.{id}.name"), json!("Somebody")))
            .collect(),
        network: Network::default(),
        session_ms: SESSION_MS,
        steps: (0..5).map(cut).chain((0..100).map(edit)).collect(),
        calm_at: 200_000,
        ends_at: 260_000,
        watch: Watch::Ends,
    }
}
