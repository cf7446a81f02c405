//! Running a plan under a rule and judging what came of it. Everything that runs worlds goes through here.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::time::Duration;

use serde_json::{Map, Value};
use spotter_sim_judge::Finding;
use spotter_sim_plan::{Event, Happened, Plan};
use spotter_sim_scenario::Expect;

use crate::trouble::Trouble;
use crate::{clock, hash};

/// The name of the rule that the real machines follow.
pub(crate) const OURS: &str = "spotter";

/// The id of findings that say that something is not as a scenario expects.
pub(crate) const EXPECT: &str = "expect";

/// A world that tells more than this is going in circles, and is stopped.
const EVENTS_MAX: usize = 20_000_000;

/// A way to decide conflicts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ruling(String);

/// What came of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Under which rule.
    pub(crate) rule: String,
    /// What happened.
    pub(crate) trace: Vec<Event>,
    /// The trace's hash.
    pub(crate) trace_hash: String,
    /// The hash of what the devices show in the end: equal where they show the same.
    pub(crate) result_hash: String,
    /// Invariants that are broken.
    pub(crate) findings: Vec<Finding>,
    /// What was measured: names and numbers, one level deep.
    pub(crate) measures: Map<String, Value>,
    /// What was handled: messages, timers, calls to disks.
    pub(crate) handled: u64,
    /// The edits that were written.
    pub(crate) edits: u64,
    /// The processor's time that the world took, without judging it.
    pub(crate) took: Duration,
}

impl Ruling {
    /// The real machines.
    pub(crate) fn ours() -> Self {
        Self(OURS.to_owned())
    }

    /// All there are, ours first.
    pub(crate) fn all() -> Vec<Self> {
        let baselines = spotter_sim_rules::all();
        let names = baselines.iter().map(|rule| Self(rule.name().to_owned()));
        std::iter::once(Self::ours()).chain(names).collect()
    }

    /// Those that somebody named: names with commas between, or `all`. Some take an option behind a colon.
    ///
    /// # Errors
    /// One is unknown; the words list those there are.
    pub(crate) fn named(names: &str) -> Result<Vec<Self>, Trouble> {
        if names == "all" {
            return Ok(Self::all());
        }
        names
            .split(',')
            .map(|name| Self::one(name.trim()))
            .collect()
    }

    fn one(name: &str) -> Result<Self, Trouble> {
        if name == OURS {
            return Ok(Self::ours());
        }
        if let Some(rule) = spotter_sim_rules::by_name(name) {
            return Ok(Self(rule.name().to_owned()));
        }
        let known: Vec<String> = Self::all().into_iter().map(|rule| rule.0).collect();
        let known = known.join(", ");
        Err(Trouble::Asked(format!(
            "there is no rule \"{name}\"; there are {known}, and all"
        )))
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Whether breaking an invariant is a failure: baselines break some by nature.
    pub(crate) fn is_ours(&self) -> bool {
        self.0 == OURS
    }
}

impl Outcome {
    /// Whether it is our rule and something is broken.
    pub(crate) fn failed(&self) -> bool {
        self.rule == OURS && !self.findings.is_empty()
    }

    /// The ids of the findings, each once, in order.
    pub(crate) fn finding_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self
            .findings
            .iter()
            .map(|finding| finding.id.as_str())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Runs a plan and judges it, and compares what came out with what the scenario expects of our rule. A world that panics
/// gives the trace until then, and a finding that says so.
pub(crate) fn judged(plan: &Plan, rule: &Ruling, expect: Option<&Expect>) -> Outcome {
    let (trace, panicked, took) = timed_trace(plan, rule);
    let mut outcome = match panicked {
        None => {
            let mut outcome = outcome_of(plan, &rule.0, trace);
            let expect = expect.filter(|_| rule.is_ours());
            let more = expect.map(|expect| unmet(plan, &outcome, expect));
            outcome.findings.extend(more.unwrap_or_default());
            outcome
        }
        // What a world leaves behind that stopped in the middle is no trace to judge.
        Some(words) => {
            let at = trace.last().map_or(0, |event| event.at);
            let findings = vec![finding("panic", at, words)];
            outcome(&rule.0, trace, findings, Map::new())
        }
    };
    outcome.took = took;
    outcome
}

/// What did not come out as the scenario expects, as findings.
fn unmet(plan: &Plan, outcome: &Outcome, expect: &Expect) -> Vec<Finding> {
    let unmet = expect.evaluate(plan, &outcome.trace);
    unmet
        .iter()
        .map(|unmet| finding(EXPECT, plan.ends_at, unmet.to_string()))
        .collect()
}

/// Judges a trace.
pub(crate) fn outcome_of(plan: &Plan, rule: &str, trace: Vec<Event>) -> Outcome {
    let (findings, measures) = judgement(plan, &trace);
    outcome(rule, trace, findings, measures)
}

fn outcome(
    rule: &str,
    trace: Vec<Event>,
    findings: Vec<Finding>,
    measures: Map<String, Value>,
) -> Outcome {
    let handled = if let Some(Happened::Ended { handled }) = trace.last().map(|event| &event.what) {
        *handled
    } else {
        0
    };
    Outcome {
        rule: rule.to_owned(),
        trace_hash: hash::of_trace(&trace),
        result_hash: hash::of_result(&trace),
        findings,
        measures,
        handled,
        edits: trace.iter().filter(|event| is_edit(event)).count() as u64,
        took: Duration::ZERO,
        trace,
    }
}

/// Runs a plan without judging it.
///
/// # Errors
/// The world panicked: with the trace until then, and what it said.
pub(crate) fn trace(plan: &Plan, rule: &Ruling) -> Result<Vec<Event>, (Vec<Event>, String)> {
    match timed_trace(plan, rule) {
        (trace, None, _) => Ok(trace),
        (trace, Some(why), _) => Err((trace, why)),
    }
}

fn is_edit(event: &Event) -> bool {
    matches!(&event.what, Happened::Wrote { write, .. } if write.edit.is_some())
}

/// What the judges say of a trace.
pub(crate) fn judgement(plan: &Plan, trace: &[Event]) -> (Vec<Finding>, Map<String, Value>) {
    let judged = quietly(|| {
        let findings = spotter_sim_judge::check(plan, trace);
        let measures = spotter_sim_judge::measure(plan, trace);
        (
            findings,
            flat(&serde_json::to_value(measures).unwrap_or_default()),
        )
    });
    judged.unwrap_or_else(|why| {
        let why = format!("the judge stumbled: {why}");
        (vec![finding("panic", 0, why)], Map::new())
    })
}

/// A finding of this program's own.
pub(crate) fn finding(id: &str, at: u64, words: String) -> Finding {
    Finding {
        id: id.to_owned(),
        at,
        words,
        events: Vec::new(),
    }
}

fn timed_trace(plan: &Plan, rule: &Ruling) -> (Vec<Event>, Option<String>, Duration) {
    let mut trace = Vec::new();
    let (panicked, took) = clock::processor_time(|| {
        quietly(|| {
            let mut told = |event| {
                assert!(
                    trace.len() < EVENTS_MAX,
                    "more than {EVENTS_MAX} events: it goes in circles"
                );
                trace.push(event);
            };
            if rule.is_ours() {
                spotter_simulations::run(plan, &mut told);
                return;
            }
            if let Some(baseline) = spotter_sim_rules::by_name(&rule.0) {
                spotter_sim_rules::run(plan, baseline.as_ref(), &mut told);
            }
        })
    });
    (trace, panicked.err(), took)
}

/// Numbers of an object and of the objects in it, with dotted names. Lists are left out.
fn flat(value: &Value) -> Map<String, Value> {
    let mut out = Map::new();
    flatten("", value, &mut out);
    out
}

fn flatten(name: &str, value: &Value, out: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() {
                    field.clone()
                } else {
                    format!("{name}.{field}")
                };
                flatten(&name, value, out);
            }
        }
        Value::Array(_) => {}
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.insert(name.to_owned(), value.clone());
        }
    }
}

thread_local! {
    /// What the last panic of this thread said, while somebody listens.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Whether somebody listens.
    static LISTENING: RefCell<bool> = const { RefCell::new(false) };
}

/// Does something that may panic, and gives what it said instead of printing it.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |info| {
            if LISTENING.with(|listening| *listening.borrow()) {
                SAID.with(|said| *said.borrow_mut() = Some(info.to_string().replace('\n', " ")));
            } else {
                others(info);
            }
        }));
    });
    LISTENING.with(|listening| *listening.borrow_mut() = true);
    let done = catch_unwind(AssertUnwindSafe(work));
    LISTENING.with(|listening| *listening.borrow_mut() = false);
    done.map_err(|_| {
        let said = SAID.with(|said| said.borrow_mut().take());
        said.unwrap_or_else(|| "it panicked without a word".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_panic_becomes_words() {
        let said = quietly(|| panic!("four it is")).unwrap_err();
        assert!(said.contains("four it is"), "{said}");
        assert_eq!(quietly(|| 4), Ok(4));
    }

    #[test]
    fn measures_become_columns_with_dotted_names() {
        let flat = flat(&json!({"edits": 3, "staleness": {"p50": 0.5, "all": [1, 2]}}));
        let names: Vec<&str> = flat.keys().map(String::as_str).collect();
        assert_eq!(names, ["edits", "staleness.p50"]);
    }
}
