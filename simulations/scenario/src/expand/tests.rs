//! Tests of expansion: what plans keep, whatever is drawn.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spotter_sim_plan::Whose;

use super::*;
use crate::NAMED;

fn scenario(fields: &str) -> Scenario {
    let text = format!(
        r#"{{ "name": "x", "duration": "10m",
        "locations": [
            {{ "name": "East", "priority": 3 }},
            {{ "name": "West", "priority": 2 }},
            {{ "name": "North", "priority": 1 }}
        ], {fields} }}"#
    );
    Scenario::read(&text).unwrap()
}

fn times(plan: &Plan, which: impl Fn(&Doing) -> bool) -> Vec<u64> {
    let steps = plan.steps.iter().filter(|step| which(&step.doing));
    steps.map(|step| step.at).collect()
}

#[test]
fn the_same_scenario_and_seed_give_the_same_plan_and_another_seed_another() {
    let text = crate::named("ten-minute-chaos").unwrap();
    let scenario = Scenario::read(text).unwrap();
    let plan = expand(&scenario, 7).unwrap();
    assert_eq!(plan, expand(&scenario, 7).unwrap());
    assert_ne!(plan.steps, expand(&scenario, 8).unwrap().steps);
}

#[test]
fn every_named_scenario_expands_to_plans_in_order_of_time_that_end_in_calm() {
    for (name, text) in NAMED {
        let scenario = Scenario::read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(scenario.name, *name);
        for plan in (0..3).flat_map(|seed| expand_all(&scenario, seed).unwrap()) {
            assert!(plan.steps.is_sorted_by_key(|step| step.at), "{name}");
            assert!(plan.steps.iter().all(|step| step.at <= plan.calm_at));
            let edits = times(&plan, |doing| doing.edit().is_some());
            assert!(edits.iter().all(|at| *at >= 5_000 && *at < plan.calm_at));
            assert_eq!(
                plan.steps[0].doing,
                Doing::GoLive {
                    device: DeviceNumber(0)
                }
            );
            let numbers: BTreeSet<_> = plan.edits().into_keys().collect();
            assert_eq!(numbers.len(), edits.len(), "{name} numbers an edit twice");
        }
    }
}

#[test]
fn what_people_do_does_not_change_with_the_trouble() {
    let work = r#""meet": { "lifters": 4 }, "workload": { "meet": {} }"#;
    let quiet = expand(&scenario(work), 3).unwrap();
    let trouble = format!(r#"{work}, "trouble": {{ "partitions": {{ "perHour": 60 }} }}"#);
    let loud = expand(&scenario(&trouble), 3).unwrap();
    let edits = |plan: &Plan| -> Vec<Step> {
        let steps = plan.steps.iter().filter(|step| step.doing.edit().is_some());
        steps.cloned().collect()
    };
    assert!(loud.steps.len() > quiet.steps.len());
    assert_eq!(edits(&loud), edits(&quiet));
}

#[test]
fn trouble_comes_as_often_as_it_is_said_to() {
    let text = r#""trouble": { "partitions": { "perHour": 60, "length": { "fixed": "1ms" } } }"#;
    let scenario = scenario(text);
    let cuts: usize = (0..100)
        .map(|seed| expand(&scenario, seed).unwrap())
        .map(|plan| times(&plan, |doing| matches!(doing, Doing::Cut { .. })).len())
        .sum();
    // Three devices, sixty an hour, a hundred times 595 seconds: 2,975 with a deviation of 55.
    assert!((2_750..3_200).contains(&cuts), "{cuts}");
}

#[test]
fn a_cut_is_healed_after_its_length_or_in_the_calm() {
    let scenario = scenario(
        r#""faults": [
            { "at": "1m", "for": "2m", "do": { "cut": { "device": "West", "lane": "up" } } },
            { "at": "9m", "for": "2m", "do": { "cut": { "device": "West" } } }
        ]"#,
    );
    let plan = expand(&scenario, 0).unwrap();
    assert_eq!(
        times(&plan, |doing| matches!(doing, Doing::Cut { .. })),
        [60_000, 540_000]
    );
    assert_eq!(
        times(&plan, |doing| matches!(doing, Doing::Heal { .. })),
        [180_000]
    );
}

#[test]
fn devices_come_back_in_every_order() {
    let scenario = scenario(
        r#""orders": { "of": ["East", "West", "North"], "cutAt": "10s", "healAt": "1m", "apart": "5s" }"#,
    );
    let plans = expand_all(&scenario, 0).unwrap();
    let mut orders = BTreeSet::new();
    for plan in &plans {
        let healed: Vec<(u64, u16)> = plan
            .steps
            .iter()
            .filter_map(|step| {
                let Doing::Heal { device } = step.doing else {
                    return None;
                };
                Some((step.at, device.0))
            })
            .collect();
        let at: Vec<u64> = healed.iter().map(|(at, _)| *at).collect();
        assert_eq!(at, [60_000, 65_000, 70_000]);
        orders.insert(healed);
    }
    assert_eq!((plans.len(), orders.len()), (6, 6));
    assert_eq!(plans[0], expand(&scenario, 0).unwrap());
}

#[test]
fn a_process_dies_at_every_call_to_its_disk() {
    let scenario = scenario(
        r#""diskCalls": { "of": "relay 0", "at": "10s", "calls": 4, "startsAfter": "5s" }"#,
    );
    let calls: Vec<u32> = expand_all(&scenario, 0)
        .unwrap()
        .iter()
        .flat_map(|plan| plan.steps.clone())
        .filter_map(|step| {
            let Doing::CrashAtDiskCall { whose, call } = step.doing else {
                return None;
            };
            assert!(matches!(whose, Whose::Relay(_)));
            Some(call)
        })
        .collect();
    assert_eq!(calls, [0, 1, 2, 3]);
}

#[test]
fn a_meet_gives_every_lifter_a_weight_and_nine_verdicts() {
    let text = r#""meet": { "lifters": 10, "platforms": 2, "flights": 2 },
        "workload": { "meet": { "corrections": 0, "elsewhere": 0, "twice": 0 } }"#;
    let plan = expand(&scenario(text), 5).unwrap();
    let mut weighed = BTreeSet::new();
    let mut verdicts = BTreeMap::new();
    for step in &plan.steps {
        let Doing::Edit { puts, .. } = &step.doing else {
            continue;
        };
        for (register, value) in puts {
            let parts: Vec<&str> = register.split('.').collect();
            if parts[2..] == ["bodyweightKg"] {
                weighed.insert(parts[1].to_owned());
            }
            if value
                .as_array()
                .is_some_and(|pair| pair.len() == 2 && pair[1] != 0)
            {
                *verdicts.entry(register.clone()).or_insert(0) += 1;
            }
        }
    }
    assert_eq!((weighed.len(), verdicts.len()), (10, 90));
    assert!(verdicts.values().all(|times| *times == 1));
}

#[test]
fn lifters_of_a_flight_are_judged_in_order_of_their_weights() {
    let text = r#""meet": { "lifters": 6 }, "workload": { "meet": { "shares": { "lifting": 1 }, "lifts": "S", "corrections": 0, "elsewhere": 0, "twice": 0 } }"#;
    let plan = expand(&scenario(text), 5).unwrap();
    let mut rounds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for step in &plan.steps {
        let Doing::Edit { puts, .. } = &step.doing else {
            continue;
        };
        for (register, value) in puts {
            let judged = value
                .as_array()
                .filter(|pair| pair.len() == 2 && pair[1] != 0);
            if let Some([Value::Number(kg), _]) = judged.map(Vec::as_slice) {
                let round = register.rsplit('.').next().unwrap().to_owned();
                rounds.entry(round).or_default().push(kg.as_f64().unwrap());
            }
        }
    }
    assert_eq!(rounds.len(), 3);
    for (round, weights) in rounds {
        assert!(weights.is_sorted(), "round {round}: {weights:?}");
    }
}

#[test]
fn a_synthetic_load_has_its_rate_and_touches_different_registers() {
    let text = r#""workload": { "synthetic": { "editsPerMinute": 30, "touches": 3,
        "keys": { "count": 20, "choice": { "zipf": { "exponent": 1.5 } }, "registers": { "named": "cart" } } } }"#;
    let plan = expand(&scenario(text), 1).unwrap();
    let edits = plan.edits();
    // Three devices, 30 a minute, 595 seconds: 892 with a deviation of 30.
    assert!((800..1_000).contains(&edits.len()), "{}", edits.len());
    let mut first = 0;
    for step in edits.values() {
        let Doing::Edit { puts, .. } = &step.doing else {
            continue;
        };
        assert_eq!(puts.len(), 3);
        first += usize::from(puts.contains_key("cart.0"));
    }
    assert!(
        first > edits.len() / 2,
        "the first register is the favourite"
    );
}

#[test]
fn a_file_that_was_not_read_is_asked_for_by_name() {
    let mut scenario = scenario(r#""network": { "latency": { "traceFile": "wifi.txt" } }"#);
    assert_eq!(scenario.needs(), ["wifi.txt"]);
    let error = expand(&scenario, 0).unwrap_err();
    assert_eq!(error.to_string(), "the file \"wifi.txt\" has not been read");
    scenario.supply("wifi.txt", "10\n20\n").unwrap();
    assert_eq!(
        expand(&scenario, 0).unwrap().network.latency,
        spotter_sim_plan::Latency::Trace {
            ms: vec![10.0, 20.0]
        }
    );
}

#[test]
fn an_edit_and_a_fault_say_what_the_plan_does() {
    let scenario = scenario(
        r#""workload": { "edits": [{ "at": "10s", "device": "West", "puts": { "meet.name": "Open" } }] },
        "faults": [{ "at": "20s", "do": { "setLocation": { "location": "North", "priority": 9 } } }]"#,
    );
    let plan = expand(&scenario, 0).unwrap();
    let edit = &plan.edits()[&EditNumber(0)].doing;
    let puts = BTreeMap::from([("meet.name".to_owned(), Value::from("Open"))]);
    let device = DeviceNumber(1);
    let number = EditNumber(0);
    assert_eq!(
        *edit,
        Doing::Edit {
            device,
            edit: number,
            puts
        }
    );
    let ranked = Doing::SetLocation {
        location: "North".to_owned(),
        name: "North".to_owned(),
        priority: 9,
    };
    assert_eq!(times(&plan, |doing| *doing == ranked), [20_000]);
}
