//! Worlds as a judge sees them who knows nothing of ours: no alarm where all is right, and one where something is not.
#![allow(clippy::unwrap_used)]

use spotter_sim_judge::{
    Finding, check, check_orders, comparable_orders, distinct_outcomes, measure,
};
use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Plan, Watch};
use spotter_sim_scenario::{Scenario, expand, expand_all};

fn scenario(name: &str) -> Scenario {
    let file = format!("{}/scenarios/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Scenario::read(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn run(plan: &Plan) -> Vec<Event> {
    let mut trace = Vec::new();
    spotter_simulations::run(plan, &mut |event| trace.push(event));
    trace
}

fn words(findings: &[Finding]) -> Vec<String> {
    let words = |finding: &Finding| format!("{} at {}: {}", finding.id, finding.at, finding.words);
    findings.iter().map(words).collect()
}

fn ids(plan: &Plan, trace: &[Event]) -> Vec<String> {
    let findings = check(plan, trace);
    findings.into_iter().map(|finding| finding.id).collect()
}

#[test]
fn chaos_breaks_no_promise() {
    for (seed, watch) in [(1, Watch::Ends), (18, Watch::Ends), (35, Watch::Screens)] {
        let mut plan = expand(&scenario("ten-minute-chaos"), seed).unwrap();
        plan.watch = watch;
        let trace = run(&plan);
        let again = format!("spotter-sim replay --seed {seed} --scenario ten-minute-chaos");
        let found = words(&check(&plan, &trace));
        assert!(found.is_empty(), "{again}: {found:#?}");
        let measures = measure(&plan, &trace);
        assert!(measures.edits > 20, "{again}: {measures:?}");
        let never = [
            measures.priority_inversions,
            measures.causal_inversions,
            measures.acknowledged_lost,
            measures.local_lost,
            measures.returns.unwrap_or(0),
        ];
        assert_eq!(never, [0; 5], "{again}");
        assert_eq!(measures.flaps.is_some(), watch == Watch::Screens);
    }
}

#[test]
fn what_once_went_wrong_goes_well() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut played = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let plan: Plan = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let found = words(&check(&plan, &run(&plan)));
        assert!(
            found.is_empty(),
            "spotter-sim replay --plan {}: {found:#?}",
            path.display()
        );
        played += 1;
    }
    assert!(played > 0);
}

#[test]
fn every_order_of_reconnecting_has_one_outcome() {
    let plans = expand_all(&scenario("three-locations-conflict"), 1).unwrap();
    let runs: Vec<(Plan, Vec<Event>)> = plans
        .into_iter()
        .map(|plan| {
            let trace = run(&plan);
            (plan, trace)
        })
        .collect();
    assert_eq!(runs.len(), 6);
    assert_eq!(comparable_orders(&runs), 6);
    assert_eq!(words(&check_orders(&runs)), [""; 0]);
    let traces: Vec<Vec<Event>> = runs.into_iter().map(|(_, trace)| trace).collect();
    assert_eq!(distinct_outcomes(&traces), 1);
}

#[test]
fn what_is_wrong_in_a_trace_is_found() {
    let plan = expand(&scenario("two-desks-offline"), 1).unwrap();
    let trace = run(&plan);
    assert_eq!(words(&check(&plan, &trace)), [""; 0]);

    let without = |is: fn(&Happened) -> bool| {
        let mut trace = trace.clone();
        let last = trace.iter().rposition(|event| is(&event.what)).unwrap();
        trace.remove(last);
        ids(&plan, &trace)
    };
    let logged = without(|what| matches!(what, Happened::Logged { .. }));
    assert!(logged.contains(&"I2".to_owned()), "{logged:?}");
    let learnt = without(|what| matches!(what, Happened::Learnt { .. }));
    assert!(learnt.contains(&"I3".to_owned()), "{learnt:?}");
    assert!(learnt.contains(&"I1".to_owned()), "{learnt:?}");
    let mut strangers = trace.clone();
    strangers.retain(|event| !matches!(event.what, Happened::Joined { .. }));
    assert!(ids(&plan, &strangers).contains(&"I9".to_owned()));

    let mut shown = trace.clone();
    for event in &mut shown {
        if let Happened::Rests { registers, .. } = &mut event.what {
            let name = registers.keys().next().unwrap().clone();
            registers.insert(name, "something else".into());
        }
    }
    assert!(ids(&plan, &shown).contains(&"I4".to_owned()));
}

#[test]
fn every_edit_is_compared_with_what_was_typed() {
    let plan = expand(&scenario("two-desks-offline"), 1).unwrap();
    let trace = run(&plan);
    let mut compared = 0;
    for number in 0..plan.steps.len() {
        let mut tampered = plan.clone();
        let Doing::Edit { puts, .. } = &mut tampered.steps[number].doing else {
            continue;
        };
        *puts.values_mut().next().unwrap() = "nobody typed this".into();
        let found = ids(&tampered, &trace);
        assert!(
            found.contains(&"typed".to_owned()),
            "step {number}: {found:?}"
        );
        compared += 1;
    }
    assert_eq!(compared, plan.edits().len());
    assert!(compared > 10);
}

#[test]
fn whoever_never_got_in_is_missed() {
    let name = "seed-one-updating-client-one-read-only-client";
    let plan = expand(&scenario(name), 1).unwrap();
    let mut trace = run(&plan);
    assert_eq!(words(&check(&plan, &trace)), [""; 0]);
    let reader = DeviceNumber(1);
    let is_of_the_reader = |event: &Event| {
        if let Happened::Learnt { device, .. }
        | Happened::Status { device, .. }
        | Happened::Rests { device, .. } = &event.what
        {
            return *device == reader;
        }
        matches!(&event.what, Happened::Joined { device, .. } if *device == Some(reader))
    };
    trace.retain(|event| !is_of_the_reader(event));
    assert_eq!(ids(&plan, &trace), ["converged"]);
}
