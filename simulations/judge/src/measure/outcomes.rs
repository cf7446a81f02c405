//! How many different results there are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spotter_sim_plan::{Event, Happened};

/// How many different results a list of traces has. A result is the registers that all devices of a trace rest with; one in
/// which they disagree is a result of its own. Traces of the same edits in different orders have exactly one if the order does
/// not matter.
pub fn distinct_outcomes(traces: &[Vec<Event>]) -> usize {
    let outcomes: BTreeSet<BTreeSet<String>> = traces.iter().map(|trace| outcome(trace)).collect();
    outcomes.len()
}

/// How many different results the devices of one trace rest with.
pub(super) fn results(trace: &[Event]) -> usize {
    outcome(trace).len()
}

/// The result of a trace: what its devices rest with, as text, each once. One text if they agree.
pub fn outcome(trace: &[Event]) -> BTreeSet<String> {
    let mut rests = BTreeSet::new();
    for event in trace {
        if let Happened::Rests { registers, .. } = &event.what {
            rests.insert(spelled(registers));
        }
    }
    rests
}

/// Registers as text, in which equal values are spelled the same.
fn spelled(registers: &BTreeMap<String, Value>) -> String {
    let mut text = String::new();
    for (register, value) in registers {
        text.push_str(&Value::from(register.as_str()).to_string());
        text.push(':');
        match value.as_f64() {
            Some(number) => text.push_str(&format!("{number:?}")),
            None => text.push_str(&value.to_string()),
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::distinct_outcomes;
    use crate::story::Story;

    #[test]
    fn equal_results_are_one_outcome() {
        let resting = |one: i64, other: i64| {
            let mut story = Story::of_two();
            story.rests();
            for (device, value) in [(0, one), (1, other)] {
                story.rest(device, |_, _, registers, _| {
                    registers.insert("r".to_owned(), json!(value));
                });
            }
            story.trace
        };
        assert_eq!(distinct_outcomes(&[resting(1, 1), resting(1, 1)]), 1);
        assert_eq!(
            distinct_outcomes(&[resting(1, 1), resting(2, 2), resting(1, 1)]),
            2
        );
        assert_eq!(distinct_outcomes(&[resting(1, 1), resting(1, 2)]), 2);
    }
}
