//! What `docs/own-rule.md` says of a rule that looks at the order of arrival: the judge says that replicas disagree.

#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    reason = "a test that cannot go on fails"
)]

use std::rc::Rc;

use serde_json::json;
use spotter_sim_judge::check;
use spotter_sim_plan::Plan;
use spotter_sim_rules::merging::{Replica, Rival, Store};
use spotter_sim_rules::{Client, Place, Rule, Server, by_name, run};

/// Whatever a replica took in last stands there.
struct LastTaken;

impl Rule for LastTaken {
    fn name(&self) -> &'static str {
        "last-taken"
    }

    fn about(&self) -> &'static str {
        "the write that the replica took in last"
    }

    fn client(&self, _: &Plan, place: &Place) -> Box<dyn Client> {
        let last = |rivals: &[Rival]| rivals.len() - 1;
        Box::new(Replica::new(place, Rc::new(last)))
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Store::new())
    }
}

/// Two people write the same register, and neither sees the other's value before.
fn plan() -> Plan {
    let edit = |device: u16, value: u16| json!({ "at": 6_000, "do": "edit", "device": device, "edit": device, "puts": { "item.r": value } });
    let device = |name: &str| json!({ "name": name, "location": name, "relay": 0, "clockOff": 0 });
    let plan = json!({
        "format": 1, "scenario": "own-rule", "seed": 1, "relays": 1, "start": {}, "watch": "ends",
        "roster": [{ "location": "North", "priority": 20 }, { "location": "South", "priority": 10 }],
        "devices": [device("North"), device("South")],
        "network": { "seed": 1, "latency": { "kind": "fixed", "ms": 20 } },
        "steps": [
            { "at": 0, "do": "go-live", "device": 0 },
            { "at": 1_000, "do": "join", "device": 1 },
            edit(0, 1),
            edit(1, 2),
        ],
        "calmAt": 10_000, "endsAt": 70_000,
    });
    serde_json::from_value(plan).unwrap()
}

#[test]
fn the_judge_says_if_replicas_disagree_under_a_rule_of_ones_own() {
    let broken = |rule: &dyn Rule| {
        let mut trace = Vec::new();
        run(&plan(), rule, &mut |event| trace.push(event));
        let findings = check(&plan(), &trace).into_iter();
        findings.map(|finding| finding.id).collect::<Vec<_>>()
    };
    assert_eq!(broken(&LastTaken), ["I1"]);
    assert_eq!(broken(by_name("automerge").unwrap().as_ref()), [""; 0]);
}
