//! What each rule promises, and what it is known to get wrong.

use std::collections::BTreeSet;

use serde_json::json;
use spotter_sim_plan::{DeviceNumber, Happened, Plan};
use spotter_sim_rules::{
    Automerge, LastWriterWins, PriorityAmongSurvivors, RefuseOffline, ReplayOrder, Rule, all,
};

use crate::plans::{Small, agreed, kg, screens, traced};

const HIGH: (&str, u32) = ("High", 30);
const MID: (&str, u32) = ("Mid", 20);
const LOW: (&str, u32) = ("Low", 10);

/// High and Low write apart; High first.
fn apart() -> Small {
    Small::new(&[HIGH, LOW])
        .cuts(5_000, 0)
        .cuts(5_000, 1)
        .writes(6_000, 0, 180.0)
        .writes(8_000, 1, 182.5)
}

/// High writes, Low, who has seen it, corrects it, and Mid, who has not, writes too. Mid comes back between.
fn beaten_and_corrected() -> Plan {
    Small::new(&[HIGH, MID, LOW])
        .cuts(5_000, 1)
        .writes(6_000, 1, 177.5)
        .writes(6_500, 0, 180.0)
        .cuts(8_000, 2)
        .writes(9_000, 2, 182.5)
        .heals(10_000, 1)
        .heals(20_000, 2)
        .plan()
}

#[test]
fn every_rule_agrees_when_nothing_goes_wrong() {
    let plan = Small::new(&[HIGH, MID, LOW])
        .writes(6_000, 2, 177.5)
        .writes(7_000, 1, 180.0)
        .writes(8_000, 2, 182.5)
        .plan();
    for rule in all() {
        let end = agreed(&traced(&plan, rule.as_ref()));
        assert_eq!(end, json!(182.5), "{}", rule.name());
    }
}

#[test]
fn the_same_plan_gives_the_same_trace() {
    let plan = beaten_and_corrected();
    for rule in all() {
        let (once, again) = (traced(&plan, rule.as_ref()), traced(&plan, rule.as_ref()));
        assert_eq!(once, again, "{}", rule.name());
    }
}

#[test]
fn the_replay_order_takes_the_higher_priority_of_writes_made_apart() {
    let plan = apart().heals(10_000, 1).heals(20_000, 0).plan();
    assert_eq!(agreed(&traced(&plan, &ReplayOrder)), json!(180.0));
}

#[test]
fn by_the_replay_order_a_beaten_value_stays_beaten() {
    let trace = traced(&beaten_and_corrected(), &ReplayOrder);
    assert_eq!(screens(&trace, 0), kg(&[180.0, 182.5]));
}

#[test]
fn among_survivors_a_beaten_value_returns() {
    let trace = traced(&beaten_and_corrected(), &PriorityAmongSurvivors);
    // High has shown 180 over 177.5; a correction of 180 brings 177.5 up.
    assert_eq!(screens(&trace, 0), kg(&[180.0, 177.5]));
    assert_eq!(agreed(&trace), json!(177.5));
}

#[test]
fn the_last_writer_wins_as_long_as_clocks_are_right() {
    let plan = apart().heals(10_000, 1).heals(20_000, 0).plan();
    let rule = LastWriterWins::default();
    assert_eq!(agreed(&traced(&plan, &rule)), json!(182.5));
}

#[test]
fn the_last_writer_loses_to_a_clock_that_is_ahead_even_to_what_it_had_seen() {
    let mut plan = Small::new(&[HIGH, LOW])
        .writes(6_000, 0, 180.0)
        .writes(16_000, 1, 182.5)
        .plan();
    plan.devices[0].clock_off = 60_000;
    let trace = traced(&plan, &LastWriterWins::default());
    assert_eq!(agreed(&trace), json!(180.0), "the correction is gone");
}

#[test]
fn skew_of_the_rule_loses_later_edits_that_the_plan_would_keep() {
    let lost = |skew_ms| {
        let rule = LastWriterWins::with_skew(skew_ms);
        let one = |seed| {
            let mut plan = Small::new(&[HIGH, LOW])
                .writes(6_000, 0, 180.0)
                .writes(16_000, 1, 182.5)
                .plan();
            plan.seed = seed;
            agreed(&traced(&plan, &rule)) == json!(180.0)
        };
        (0..100).filter(|seed| one(*seed)).count()
    };
    assert_eq!(lost(1_000), 0);
    // The difference of two clocks, each off by up to a minute, exceeds ten seconds one way with probability 0.42.
    let lost = lost(60_000);
    assert!((25..60).contains(&lost), "{lost} of 100");
}

#[test]
fn automerge_lets_the_busier_device_win() {
    let busy = apart()
        .puts(7_000, 0, &[("entries.2.bodyweightKg", json!(70.0))])
        .writes(9_000, 0, 181.0)
        .heals(10_000, 1)
        .heals(20_000, 0)
        .plan();
    assert_eq!(agreed(&traced(&busy, &Automerge)), json!(181.0));
    let other = apart()
        .puts(7_000, 1, &[("entries.2.bodyweightKg", json!(70.0))])
        .writes(9_000, 1, 183.0)
        .heals(10_000, 1)
        .heals(20_000, 0)
        .plan();
    assert_eq!(agreed(&traced(&other, &Automerge)), json!(183.0));
}

#[test]
fn a_server_that_refuses_blocks_whoever_is_cut_off() {
    let plan = Small::new(&[HIGH, LOW])
        .cuts(5_000, 1)
        .writes(6_000, 0, 180.0)
        .writes(80_000, 1, 182.5)
        .heals(90_000, 1)
        .plan();
    let trace = traced(&plan, &RefuseOffline);
    assert_eq!(agreed(&trace), json!(180.0));
    let refused = trace.iter().find_map(|event| match &event.what {
        Happened::NotWritten { device, why, .. } => Some((event.at, *device, why.as_str())),
        _ => None,
    });
    assert_eq!(refused, Some((80_000, DeviceNumber(1), "offline")));
}

#[test]
fn a_server_that_refuses_keeps_people_waiting_while_nobody_knows_that_the_line_is_cut() {
    let plan = Small::new(&[HIGH, LOW])
        .cuts(5_000, 1)
        .writes(6_000, 1, 182.5)
        .heals(35_000, 1)
        .plan();
    let trace = traced(&plan, &RefuseOffline);
    let wrote = trace
        .iter()
        .find(|event| matches!(event.what, Happened::Wrote { .. }));
    assert_eq!(
        wrote.map(|event| event.at),
        Some(35_020),
        "as soon as it gets through"
    );
    assert_eq!(agreed(&trace), json!(182.5));
}

#[test]
fn an_edit_whose_answer_is_lost_is_told_as_written_or_not_but_never_both() {
    for heals in [5_030, 5_500, 30_000, 70_000, 90_000] {
        for cut in 5_990..6_060 {
            let plan = Small::new(&[HIGH, LOW])
                .cuts(cut, 1)
                .writes(6_000, 1, 182.5)
                .heals(cut + heals, 1)
                .plan();
            let trace = traced(&plan, &RefuseOffline);
            let outcomes = trace.iter().filter(|event| {
                matches!(
                    event.what,
                    Happened::Wrote { .. } | Happened::NotWritten { .. }
                )
            });
            assert_eq!(outcomes.count(), 1, "cut at {cut}, healed {heals} later");
        }
    }
}

#[test]
fn whoever_merges_has_one_outcome_over_all_orders_of_reconnecting() {
    let merging: [&dyn Rule; 4] = [
        &LastWriterWins::default(),
        &Automerge,
        &PriorityAmongSurvivors,
        &ReplayOrder,
    ];
    for rule in merging {
        let outcomes = outcomes_over_orders(rule);
        assert_eq!(outcomes.len(), 1, "{}: {outcomes:?}", rule.name());
    }
}

/// Three write apart, twice each, and come back in each order.
pub(crate) fn outcomes_over_orders(rule: &dyn Rule) -> BTreeSet<String> {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let outcome = |order: [u16; 3]| {
        let mut small = Small::new(&[HIGH, MID, LOW]);
        for device in 0..3 {
            small = small.cuts(5_000, device).writes(
                6_000 + 7 * u64::from(device),
                device,
                170.0 + f64::from(device),
            );
        }
        for (place, device) in order.into_iter().enumerate() {
            small = small.heals(20_000 + 10_000 * place as u64, device);
        }
        agreed(&traced(&small.plan(), rule)).to_string()
    };
    orders.into_iter().map(outcome).collect()
}
