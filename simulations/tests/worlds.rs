//! Worlds from plans written by hand: what must hold in the calm, whatever the trouble was.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for a few events among all"
)]

mod plans;

use spotter_sim_plan::{Doing, Event, Happened, Lane, Watch, Whose};

use self::plans::random::random_plan;
use self::plans::{Told, after, device, edit, plan, relay};

#[test]
fn two_devices_that_edit_at_once_end_with_the_same_meet() {
    let mut plan = plan(2);
    plan.steps.extend([
        edit(
            0,
            5_000,
            1,
            "entries.5003.squat.1",
            serde_json::json!([100.0, 1]),
        ),
        edit(
            1,
            5_000,
            2,
            "entries.5003.squat.1",
            serde_json::json!([105.0, -1]),
        ),
        edit(1, 6_000, 3, "meet.city", "Bergen".into()),
    ]);
    let told = Told::of(&plan);
    told.agree(2);
    assert_eq!(told.count(|what| matches!(what, Happened::Saved { .. })), 3);
    let acknowledged = |what: &Happened| matches!(what, Happened::Acknowledged { .. });
    assert!(told.count(acknowledged) >= 3);
    assert_eq!(told.register(0, "meet.city"), "Bergen");
    assert_eq!(
        told.register(0, "entries.5003.squat.1"),
        serde_json::json!([105, -1])
    );
}

#[test]
fn the_same_plan_gives_the_same_trace() {
    let mut plan = plan(3);
    plan.watch = Watch::Screens;
    plan.network.loss = 0.1;
    plan.network.duplicate = 0.1;
    for number in 0..20 {
        let device = (number % 3) as u16;
        let value = format!("value {number}").into();
        plan.steps.push(edit(
            device,
            5_000 + 700 * u64::from(number),
            number,
            "meet.name",
            value,
        ));
    }
    plan.steps.push(after(
        9_000,
        Doing::Cut {
            device: device(1),
            lane: Lane::Both,
        },
    ));
    plan.steps.push(after(
        12_000,
        Doing::Crash {
            whose: Whose::Relay(relay(0)),
        },
    ));
    plan.steps.push(after(
        15_000,
        Doing::Start {
            whose: Whose::Relay(relay(0)),
        },
    ));
    let written = |told: Told| -> String {
        let lines = told
            .events
            .iter()
            .map(|event: &Event| serde_json::to_string(event).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    };
    let (one, other) = (Told::of(&plan), Told::of(&plan));
    one.agree(3);
    assert_eq!(written(one), written(other));
}

#[test]
fn what_was_edited_behind_a_cut_arrives_when_it_is_healed() {
    for lane in [Lane::Up, Lane::Down, Lane::Both] {
        let mut plan = plan(2);
        plan.steps.extend([
            after(
                5_000,
                Doing::Cut {
                    device: device(1),
                    lane,
                },
            ),
            edit(1, 6_000, 1, "meet.city", "Oslo".into()),
            edit(0, 7_000, 2, "meet.country", "Norway".into()),
            after(100_000, Doing::Heal { device: device(1) }),
        ]);
        plan.calm_at = 101_000;
        plan.ends_at = 161_000;
        let told = Told::of(&plan);
        told.agree(2);
        assert_eq!(told.register(0, "meet.city"), "Oslo");
        assert_eq!(told.register(1, "meet.country"), "Norway");
    }
}

#[test]
fn a_crash_loses_only_what_was_never_called_saved() {
    for at in 0..40 {
        let mut plan = plan(2);
        plan.steps.extend([
            edit(1, 5_000, 1, "meet.city", "Oslo".into()),
            after(
                5_000 + at,
                Doing::Crash {
                    whose: Whose::Device(device(1)),
                },
            ),
            after(
                5_020 + at,
                Doing::Crash {
                    whose: Whose::Relay(relay(0)),
                },
            ),
        ]);
        let told = Told::of(&plan);
        told.agree(2);
        if told.count(|what| matches!(what, Happened::Saved { .. })) == 1 {
            assert_eq!(told.register(0, "meet.city"), "Oslo");
        }
    }
}

#[test]
fn after_any_trouble_everyone_agrees() {
    for seed in 0..40 {
        let plan = random_plan(seed);
        let words = Told::of(&plan).disagreement(plan.devices.len());
        assert!(
            words.is_none(),
            "seed {seed}: {}",
            words.unwrap_or_default()
        );
    }
}

#[test]
fn an_attacker_without_a_password_gets_nothing_in_and_a_member_breaks_nothing() {
    for with in [
        "garbage",
        "bomb",
        "forged-author",
        "twin",
        "orphans",
        "flood",
    ] {
        for member in [false, true] {
            let mut plan = plan(3);
            let attack = |at| {
                let with = with.to_owned();
                after(
                    at,
                    Doing::Attack {
                        relay: relay(0),
                        member,
                        with,
                    },
                )
            };
            plan.steps.extend([
                edit(1, 5_000, 1, "meet.city", "Oslo".into()),
                attack(6_000),
                edit(2, 6_500, 2, "meet.country", "Norway".into()),
                edit(1, 7_000, 3, "meet.state", "Viken".into()),
                edit(2, 12_000, 4, "meet.name", "Oslo Open".into()),
            ]);
            let told = Told::of(&plan);
            let words = told.disagreement(3);
            assert!(words.is_none(), "{with}, member {member}: {words:?}");
            assert_eq!(told.register(0, "meet.state"), "Viken");
            let answers = told.events.iter().find_map(|event| match &event.what {
                Happened::Attacked { answers, .. } => Some(answers.clone()),
                _ => None,
            });
            let answers = answers.expect("the attack was answered");
            let session = |what: &Happened| matches!(what, Happened::Joined { device: None, .. });
            assert_eq!(
                told.count(session),
                usize::from(member),
                "{with}: {answers:?}"
            );
        }
    }
}
