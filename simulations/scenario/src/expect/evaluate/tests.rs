//! Tests of expectations, on traces of a few lines.

use serde_json::json;
use spotter_sim_plan::{Happened, Write};

use super::*;
use crate::{Scenario, expand};

const SCENARIO: &str = r#"{
    "name": "two", "duration": "1m",
    "locations": [{ "name": "East", "priority": 2 }, { "name": "West", "priority": 1 }]
}"#;

fn plan() -> Plan {
    expand(&Scenario::read(SCENARIO).unwrap(), 1).unwrap()
}

fn expect(value: Value) -> Expect {
    serde_json::from_value(value).unwrap()
}

fn events(happened: Vec<Happened>) -> Vec<Event> {
    let at = |what| Event { at: 0, what };
    happened.into_iter().map(at).collect()
}

fn rests(device: u16, state: &str, weight: f64) -> Happened {
    Happened::Rests {
        device: DeviceNumber(device),
        heads: vec![state.to_owned()],
        state: state.to_owned(),
        registers: BTreeMap::from([("entries.5000.bodyweightKg".to_owned(), json!(weight))]),
        conflicts: 1,
    }
}

fn wrote(device: u16, name: &str) -> Happened {
    Happened::Wrote {
        device: DeviceNumber(device),
        write: Write {
            name: name.to_owned(),
            edit: None,
            location: "East".to_owned(),
            priority: 2,
            counter: 1,
            counters: BTreeMap::new(),
            unseen: Vec::new(),
            actor: String::new(),
            puts: BTreeMap::new(),
        },
    }
}

fn said(unmet: Vec<Unmet>) -> Vec<String> {
    unmet.iter().map(Unmet::to_string).collect()
}

#[test]
fn whoever_differs_in_the_end_is_named_even_if_nothing_is_expected() {
    let trace = events(vec![rests(0, "a", 80.0), rests(1, "b", 80.0)]);
    let unmet = Expect::default().evaluate(&plan(), &trace);
    assert_eq!(
        said(unmet),
        ["expect.agree: West differs from East in the end"]
    );
    let nobody = expect(json!({ "agree": [] }));
    assert_eq!(nobody.evaluate(&plan(), &trace), []);
}

#[test]
fn a_wrong_final_value_is_told_with_the_one_expected() {
    let trace = events(vec![rests(0, "a", 80.0), rests(1, "a", 80.0)]);
    let right = expect(json!({ "shows": { "entries.5000.bodyweightKg": 80 }, "conflicts": 1 }));
    assert_eq!(right.evaluate(&plan(), &trace), []);
    let wrong = expect(json!({
        "agree": ["East"],
        "shows": { "entries.5000.bodyweightKg": 81 },
        "conflicts": 0
    }));
    assert_eq!(
        said(wrong.evaluate(&plan(), &trace)),
        [
            "expect.shows: entries.5000.bodyweightKg is 80.0 at East, expected 81",
            "expect.conflicts: East lists 1, expected 0",
        ]
    );
}

#[test]
fn an_acknowledged_write_that_somebody_lacks_in_the_end_is_lost() {
    let acknowledged = Happened::Acknowledged {
        device: DeviceNumber(0),
        write: "w".to_owned(),
        relay: spotter_sim_plan::RelayNumber(0),
        log: "l".to_owned(),
        position: 1,
    };
    let learnt = Happened::Learnt {
        device: DeviceNumber(1),
        writes: vec!["w".to_owned()],
    };
    let none_lost = expect(json!({ "acknowledgedLost": 0, "logs": 1 }));
    let mut happened = vec![wrote(0, "w"), acknowledged, learnt];
    happened.extend([rests(0, "a", 1.0), rests(1, "a", 1.0)]);
    let trace = events(happened);
    assert_eq!(none_lost.evaluate(&plan(), &trace), []);
    let mut lost = trace.clone();
    lost.push(Event {
        at: 0,
        what: Happened::Forgot {
            device: DeviceNumber(1),
            writes: vec!["w".to_owned()],
            why: "crash".to_owned(),
        },
    });
    assert_eq!(
        said(none_lost.evaluate(&plan(), &lost)),
        ["expect.acknowledgedLost: expected 0, found 1"]
    );
}

#[test]
fn what_orders_show_in_the_end_is_counted_over_all_of_them() {
    let world = |weight| {
        (
            plan(),
            events(vec![rests(0, "a", weight), rests(1, "b", weight)]),
        )
    };
    let one = expect(json!({ "distinctOutcomes": 1 }));
    assert_eq!(one.evaluate_all(&[world(80.0), world(80.0)]), []);
    assert_eq!(
        said(one.evaluate_all(&[world(80.0), world(81.0)])),
        ["expect.distinctOutcomes: expected 1, found 2 in 2 worlds"]
    );
}

#[test]
fn trouble_that_never_happened_and_statuses_that_were_never_told_are_missed() {
    let expected = expect(json!({
        "agree": [],
        "happened": { "cut": { "atLeast": 1 } },
        "needResync": ["West"],
        "inSync": ["East"],
        "hashed": 2
    }));
    assert_eq!(
        said(expected.evaluate(&plan(), &[])),
        [
            "expect.hashed: expected 2, found 0",
            "expect.happened.cut: expected at least 1, found 0",
            "expect.needResync: West never said that it must fetch",
            "expect.inSync: East does not say in the end that it is",
        ]
    );
}
