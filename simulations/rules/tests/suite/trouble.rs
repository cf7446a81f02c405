//! Whatever happens to a star of devices, those who merge agree in the calm, and lose nothing that anybody still has.

use std::collections::BTreeSet;

use serde_json::json;
use spotter_sim_plan::{
    DeviceNumber, Doing, Event, HalfOpenSide, Happened, Lane, Latency, Network, RelayNumber, Whose,
};
use spotter_sim_rules::{RefuseOffline, ReplayOrder, Rule, all};

use crate::plans::{Small, agreed, ends, traced};

const DESKS: [(&str, u32); 3] = [("High", 30), ("Mid", 20), ("Low", 10)];
const SERVER: Whose = Whose::Relay(RelayNumber(0));
const LOW: Whose = Whose::Device(DeviceNumber(2));

/// A device edits every second, in turn, while the steps happen.
fn busy(steps: &[(u64, Doing)]) -> Small {
    let mut small = Small::new(&DESKS);
    for (at, doing) in steps {
        small = small.does(*at, doing.clone());
    }
    for second in 6..90_u16 {
        small = small.writes(u64::from(second) * 1_000, second % 3, f64::from(second));
    }
    small
}

fn wrote(trace: &[Event]) -> BTreeSet<String> {
    let names = trace.iter().filter_map(|event| match &event.what {
        Happened::Wrote { write, .. } => Some(write.name.clone()),
        _ => None,
    });
    names.collect()
}

fn logged(trace: &[Event]) -> BTreeSet<String> {
    let names = trace.iter().filter_map(|event| match &event.what {
        Happened::Logged { write, .. } => Some(write.clone()),
        _ => None,
    });
    names.collect()
}

fn troubles() -> Vec<(&'static str, Vec<(u64, Doing)>)> {
    let low = DeviceNumber(2);
    vec![
        (
            "one way up",
            vec![(
                10_000,
                Doing::Cut {
                    device: low,
                    lane: Lane::Up,
                },
            )],
        ),
        (
            "one way down",
            vec![(
                10_000,
                Doing::Cut {
                    device: low,
                    lane: Lane::Down,
                },
            )],
        ),
        ("reset", vec![(10_500, Doing::Reset { device: low })]),
        (
            "half-open, the device believes",
            vec![(
                10_500,
                Doing::HalfOpen {
                    device: low,
                    believer: HalfOpenSide::Device,
                },
            )],
        ),
        (
            "half-open, the server believes",
            vec![(
                10_500,
                Doing::HalfOpen {
                    device: low,
                    believer: HalfOpenSide::Relay,
                },
            )],
        ),
        (
            "the server crashes",
            vec![
                (10_500, Doing::Crash { whose: SERVER }),
                (20_500, Doing::Start { whose: SERVER }),
            ],
        ),
        (
            "a device crashes",
            vec![
                (10_500, Doing::Crash { whose: LOW }),
                (20_500, Doing::Start { whose: LOW }),
            ],
        ),
        (
            "the server pauses",
            vec![
                (10_500, Doing::Pause { whose: SERVER }),
                (80_500, Doing::Resume { whose: SERVER }),
            ],
        ),
        (
            "a device pauses",
            vec![
                (10_500, Doing::Pause { whose: LOW }),
                (80_500, Doing::Resume { whose: LOW }),
            ],
        ),
        (
            "the server forgets",
            vec![
                (10_500, Doing::LoseMemory { whose: SERVER }),
                (20_500, Doing::Start { whose: SERVER }),
            ],
        ),
        (
            "the server is restored",
            vec![
                (10_500, Doing::Backup { whose: SERVER }),
                (20_500, Doing::Restore { whose: SERVER }),
                (30_500, Doing::Start { whose: SERVER }),
            ],
        ),
        (
            "a device is restored",
            vec![
                (10_500, Doing::Backup { whose: LOW }),
                (20_500, Doing::Restore { whose: LOW }),
                (30_500, Doing::Start { whose: LOW }),
            ],
        ),
        (
            "a session is ended",
            vec![(10_500, Doing::Revoke { device: low })],
        ),
    ]
}

#[test]
fn after_any_trouble_replicas_agree_and_have_everything_that_was_written() {
    for (name, steps) in troubles() {
        let trace = traced(&busy(&steps).plan(), &ReplayOrder);
        agreed(&trace);
        assert_eq!(wrote(&trace), logged(&trace), "{name}");
        let heads: BTreeSet<String> = trace
            .iter()
            .filter_map(|event| match &event.what {
                Happened::Rests { heads, .. } => Some(heads.join(" ")),
                _ => None,
            })
            .collect();
        assert_eq!(heads.len(), 1, "{name}");
    }
}

#[test]
fn a_server_that_refuses_leaves_everybody_with_what_it_has() {
    for (name, steps) in troubles() {
        let trace = traced(&busy(&steps).plan(), &RefuseOffline);
        assert_eq!(ends(&trace).len(), 3, "{name}");
        agreed(&trace);
    }
}

#[test]
fn messages_that_come_late_twice_and_out_of_order_change_nothing() {
    for seed in 0..20 {
        let mut plan = busy(&[
            (
                10_000,
                Doing::Cut {
                    device: DeviceNumber(1),
                    lane: Lane::Both,
                },
            ),
            (
                40_000,
                Doing::Heal {
                    device: DeviceNumber(1),
                },
            ),
        ])
        .plan();
        plan.network = Network {
            seed,
            latency: Latency::LogNormal {
                median_ms: 300.0,
                sigma: 1.0,
            },
            loss: 0.1,
            retransmit: 500,
            duplicate: 0.1,
            reorder: 0.1,
            ..Network::default()
        };
        let trace = traced(&plan, &ReplayOrder);
        agreed(&trace);
        assert_eq!(wrote(&trace), logged(&trace), "seed {seed}");
    }
}

#[test]
fn time_never_goes_back_and_every_run_begins_and_ends() {
    for rule in all() {
        for (name, steps) in troubles() {
            let trace = traced(&busy(&steps).plan(), rule.as_ref());
            assert!(
                trace.is_sorted_by_key(|event| event.at),
                "{}: {name}",
                rule.name()
            );
            assert!(matches!(
                trace.first().unwrap().what,
                Happened::Began { .. }
            ));
            assert!(matches!(trace.last().unwrap().what, Happened::Ended { .. }));
        }
    }
}

#[test]
fn a_clone_writes_under_a_name_of_its_own() {
    let mut begun = Small::new(&DESKS[..2]).writes(6_000, 0, 1.0).plan();
    // The second does not join: it starts as a copy of the first.
    begun
        .steps
        .retain(|step| !matches!(step.doing, Doing::Join { .. }));
    let plan = Small::from(begun)
        .does(
            9_000,
            Doing::Clone {
                from: DeviceNumber(0),
                to: DeviceNumber(1),
                old: false,
            },
        )
        .writes(10_000, 0, 2.0)
        .writes(11_000, 1, 3.0)
        .plan();
    let trace = traced(&plan, &ReplayOrder as &dyn Rule);
    assert_eq!(wrote(&trace).len(), 3);
    assert_eq!(agreed(&trace), json!(3.0));
}
