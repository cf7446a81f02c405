//! One pass over a trace, with every check looking on.

use spotter_sim_plan::{Event, Happened, Plan};

use crate::finding::{Finding, Report};
use crate::invariants::{Invariant, all, of_every_rule};
use crate::past::Past;

/// Looks for broken promises in the trace of a plan. An empty answer means that none was seen.
///
/// Other rules than `spotter` promise little of what is looked for here; of their traces only the shape is judged, and that
/// devices agree that hold the same writes (`I1`).
///
/// The cost grows with the events, and with the square of the writes of one register: a ten-minute meet takes well below
/// two milliseconds.
pub fn check(plan: &Plan, trace: &[Event]) -> Vec<Finding> {
    let mut invariants = if is_ours(trace) {
        all()
    } else {
        of_every_rule()
    };
    let mut report = Report::default();
    let mut past = Past::new(plan);
    let mut now = 0;
    for (number, event) in trace.iter().enumerate() {
        if event.at > now {
            instant_over(&mut invariants, &past, now, &mut report);
            now = event.at;
        }
        for invariant in &mut invariants {
            invariant.event(&past, number, event, &mut report);
        }
        past.take(number, event);
    }
    instant_over(&mut invariants, &past, now, &mut report);
    for invariant in &mut invariants {
        invariant.end(&past, now, &mut report);
    }
    report.into_findings()
}

fn instant_over<'a>(
    invariants: &mut [Box<dyn Invariant<'a> + 'a>],
    past: &Past<'a>,
    now: u64,
    report: &mut Report,
) {
    for invariant in invariants {
        invariant.instant_over(past, now, report);
    }
}

fn is_ours(trace: &[Event]) -> bool {
    let other =
        |event: &Event| matches!(&event.what, Happened::Began { rule, .. } if rule != "spotter");
    !trace.iter().any(other)
}
