//! Compares what is expected with a trace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Event, Plan};

use super::story::{Story, count};
use super::{Count, Expect};

/// Something that did not come out as expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expect.{field}: {what}")]
pub struct Unmet {
    /// The field of [`Expect`].
    pub field: String,
    /// What was expected, and what came out.
    pub what: String,
}

impl Expect {
    /// What did not come out as expected in one world.
    pub fn evaluate(&self, plan: &Plan, trace: &[Event]) -> Vec<Unmet> {
        let mut evaluation = Evaluation {
            expect: self,
            plan,
            story: Story::of(trace),
            unmet: Vec::new(),
        };
        evaluation.agreement();
        evaluation.counts();
        evaluation.statuses();
        evaluation.unmet
    }

    /// What did not come out as expected over all variants of a scenario (see [`expand_all`](crate::expand_all)).
    pub fn evaluate_all(&self, worlds: &[(Plan, Vec<Event>)]) -> Vec<Unmet> {
        let Some(expected) = self.distinct_outcomes else {
            return Vec::new();
        };
        let mut outcomes = BTreeSet::new();
        for (_, trace) in worlds {
            let story = Story::of(trace);
            let shown = story.rests.values().map(|rest| rest.registers);
            outcomes.extend(shown.map(told));
        }
        let found = count(outcomes.len());
        if expected.holds(found) {
            return Vec::new();
        }
        vec![Unmet {
            field: "distinctOutcomes".to_owned(),
            what: format!(
                "expected {expected}, found {found} in {} worlds",
                worlds.len()
            ),
        }]
    }
}

/// What a device shows, as one text.
fn told(registers: &BTreeMap<String, Value>) -> String {
    let said = registers
        .iter()
        .map(|(name, value)| format!("{name}={value}\n"));
    said.collect()
}

struct Evaluation<'a> {
    expect: &'a Expect,
    plan: &'a Plan,
    story: Story<'a>,
    unmet: Vec<Unmet>,
}

impl Evaluation<'_> {
    /// Whoever should agree does, and shows what is expected.
    fn agreement(&mut self) {
        let agreeing = self.agreeing();
        let mut first: Option<DeviceNumber> = None;
        for device in &agreeing {
            let Some(rest) = self.story.rests.get(device) else {
                let what = format!("{} does not rest in the end", self.name(*device));
                self.miss("agree", what);
                continue;
            };
            let before = first.and_then(|first| self.story.rests.get(&first));
            if let Some(other) = before
                && (other.state != rest.state || other.heads != rest.heads)
            {
                let first = self.name(first.unwrap_or(*device));
                let what = format!("{} differs from {first} in the end", self.name(*device));
                self.miss("agree", what);
            }
            first = first.or(Some(*device));
        }
        for device in agreeing {
            self.shown(device);
        }
    }

    fn agreeing(&self) -> Vec<DeviceNumber> {
        match &self.expect.agree {
            Some(names) => self.devices(names),
            None => self.story.rests.keys().copied().collect(),
        }
    }

    fn shown(&mut self, device: DeviceNumber) {
        let Some(rest) = self.story.rests.get(&device) else {
            return;
        };
        let mut missed = Vec::new();
        for (register, value) in &self.expect.shows {
            let shown = rest.registers.get(register);
            if !shown.is_some_and(|shown| alike(shown, value)) {
                let shown = shown.map_or("nothing".to_owned(), Value::to_string);
                let name = self.name(device);
                missed.push((
                    "shows",
                    format!("{register} is {shown} at {name}, expected {value}"),
                ));
            }
        }
        if let Some(expected) = self.expect.conflicts
            && !expected.holds(rest.conflicts)
        {
            let (found, name) = (rest.conflicts, self.name(device));
            missed.push((
                "conflicts",
                format!("{name} lists {found}, expected {expected}"),
            ));
        }
        for (field, what) in missed {
            self.miss(field, what);
        }
    }

    fn counts(&mut self) {
        let agreeing = self.agreeing();
        let (expect, story) = (self.expect, &self.story);
        let acknowledged = story.missing(&story.acknowledged, &agreeing);
        let saved = story.missing(&story.saved, &agreeing);
        let counts = [
            ("acknowledgedLost", expect.acknowledged_lost, acknowledged),
            ("savedLost", expect.saved_lost, saved),
            ("notWritten", expect.not_written, story.not_written),
            ("refused", expect.refused, story.refused),
            ("hashed", expect.hashed, story.hashed),
            ("logs", expect.logs, count(story.logs.len())),
            (
                "strangersLogged",
                expect.strangers_logged,
                story.strangers(),
            ),
            ("loggedTwice", expect.logged_twice, story.logged_twice()),
            ("attacked", expect.attacked, story.attacked),
        ];
        for (field, expected, found) in counts {
            self.counted(field, expected, found);
        }
        for (found, expected) in &self.expect.opened {
            let times = self.story.opened.get(found.as_str()).copied().unwrap_or(0);
            self.counted(&format!("opened.{found}"), Some(*expected), times);
        }
        for (what, expected) in &self.expect.happened {
            let times = self.story.happened.get(what.as_str()).copied().unwrap_or(0);
            self.counted(&format!("happened.{what}"), Some(*expected), times);
        }
        for fault in self.story.faults.clone() {
            self.miss("", format!("a machine reports a fault: {fault}"));
        }
    }

    fn statuses(&mut self) {
        for device in self.devices(&self.expect.need_resync) {
            if !self.story.said_resync.contains(&device) {
                let what = format!("{} never said that it must fetch", self.name(device));
                self.miss("needResync", what);
            }
        }
        for device in self.devices(&self.expect.never_need_resync) {
            if self.story.said_resync.contains(&device) {
                let what = format!("{} said that it must fetch", self.name(device));
                self.miss("neverNeedResync", what);
            }
        }
        for device in self.devices(&self.expect.in_sync) {
            if self.story.in_sync.get(&device) != Some(&true) {
                let what = format!("{} does not say in the end that it is", self.name(device));
                self.miss("inSync", what);
            }
        }
    }

    fn counted(&mut self, field: &str, expected: Option<Count>, found: u64) {
        if let Some(expected) = expected
            && !expected.holds(found)
        {
            self.miss(field, format!("expected {expected}, found {found}"));
        }
    }

    fn miss(&mut self, field: &str, what: String) {
        self.unmet.push(Unmet {
            field: field.to_owned(),
            what,
        });
    }

    /// The devices of these names, and those at locations of these names.
    fn devices(&self, names: &[String]) -> Vec<DeviceNumber> {
        let numbered = (0..).map(DeviceNumber).zip(&self.plan.devices);
        let named = numbered.filter(|(_, device)| {
            let is = |name: &String| {
                *name == device.name
                    || *name == device.location
                    || name == "devices"
                    || name == "everyone"
            };
            names.iter().any(is)
        });
        named.map(|(number, _)| number).collect()
    }

    fn name(&self, device: DeviceNumber) -> String {
        let device = self.plan.devices.get(usize::from(device.0));
        device.map_or_else(String::new, |device| device.name.clone())
    }
}

/// Whether two values are the same for a person: 80 is 80.0.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests;
