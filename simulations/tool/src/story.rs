//! Plans, traces and findings as people read them: who, what, when, a line each.

mod event;
mod state;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spotter_sim_judge::Finding;
use spotter_sim_plan::{DeviceNumber, Plan, Whose};

use crate::engine::Outcome;
use crate::moment;

pub(crate) use state::state_at;

/// More registers than this are not told one by one.
const START_TOLD: usize = 12;

/// How large a plan is, in one line.
pub(crate) fn size(plan: &Plan) -> String {
    let edits = plan.edits().len();
    format!(
        "{} devices, {} steps ({edits} edits), trouble until {}, ends at {}",
        plan.devices.len(),
        plan.steps.len(),
        moment::shown(plan.calm_at),
        moment::shown(plan.ends_at)
    )
}

/// A plan as a story.
pub(crate) fn of_plan(plan: &Plan) -> Vec<String> {
    let names = Names::of(plan);
    let mut lines = vec![format!(
        "{}, seed {}: {}",
        plan.scenario,
        plan.seed,
        size(plan)
    )];
    for device in &plan.devices {
        let priority = plan.priority_of(&device.location).unwrap_or(0);
        let relay = match plan.relays {
            1 => String::new(),
            _ => format!(", relay {}", device.relay),
        };
        let off = match device.clock_off {
            0 => String::new(),
            ms => format!(", its clock off by {}", signed(ms)),
        };
        lines.push(format!(
            "  {} sits at {}, priority {priority}{relay}{off}",
            device.name, device.location
        ));
    }
    lines.push(step::network(&plan.network));
    lines.extend(start(plan));
    let steps = plan.steps.iter().map(|step| {
        let (who, what) = step::told(&names, &step.doing);
        names.line(step.at, &who, &what)
    });
    lines.extend(steps);
    lines.push(names.line(
        plan.calm_at,
        "",
        "--- calm: everything is healed, nobody edits ---",
    ));
    lines.push(names.line(plan.ends_at, "", "the end"));
    lines
}

/// What is there at the start: every register if they are few, else the lifters and the others.
fn start(plan: &Plan) -> Vec<String> {
    if plan.start.len() <= START_TOLD {
        let told = plan.start.iter();
        return told
            .map(|(register, value)| format!("  at the start {register} is {value}"))
            .collect();
    }
    let entry = |register: &String| {
        let rest = register.strip_prefix("entries.")?;
        rest.split_once('.').map(|(id, _)| id.to_owned())
    };
    let entries: BTreeSet<String> = plan.start.keys().filter_map(entry).collect();
    vec![format!(
        "  at the start there are {} lifters, and {} registers hold a value",
        entries.len(),
        plan.start.len()
    )]
}

/// A trace as a story, with what was found in its place, up to a time.
pub(crate) fn told(plan: &Plan, outcome: &Outcome, until: Option<u64>, all: bool) -> Vec<String> {
    let names = Names::of(plan);
    let until = until.unwrap_or(u64::MAX);
    let mut found = outcome.findings.iter().peekable();
    let mut lines = Vec::new();
    for event in outcome.trace.iter().take_while(|event| event.at <= until) {
        while let Some(finding) = found.next_if(|finding| finding.at < event.at) {
            lines.push(self::finding(finding));
        }
        if let Some((who, what)) = event::told(&names, &event.what, all) {
            lines.push(names.line(event.at, &who, &what));
        }
    }
    lines.extend(found.filter(|finding| finding.at <= until).map(finding));
    lines
}

/// A finding in one line.
pub(crate) fn finding(finding: &Finding) -> String {
    format!(
        "{}  !!! {}: {}",
        moment::shown(finding.at),
        finding.id,
        finding.words
    )
}

/// What was found in a run, and what it means there.
pub(crate) fn findings(outcome: &Outcome) -> Vec<String> {
    if outcome.findings.is_empty() {
        return vec![format!("\n{}: no invariant is broken", outcome.rule)];
    }
    let ids = outcome.finding_ids().join(", ");
    let mut lines = vec![format!("\n{} breaks {ids}:", outcome.rule)];
    let shown = outcome.findings.iter().take(10).map(finding);
    lines.extend(shown.map(|line| format!("  {line}")));
    if outcome.findings.len() > 10 {
        lines.push(format!("  and {} more", outcome.findings.len() - 10));
    }
    lines
}

/// What devices are called.
struct Names<'a> {
    plan: &'a Plan,
    width: usize,
}

impl<'a> Names<'a> {
    fn of(plan: &'a Plan) -> Self {
        let widths = plan
            .devices
            .iter()
            .map(|device| device.name.chars().count());
        Self {
            plan,
            width: widths.max().unwrap_or(0).clamp(7, 24),
        }
    }

    fn device(&self, number: DeviceNumber) -> String {
        let device = self.plan.devices.get(usize::from(number.0));
        device.map_or_else(
            || format!("device {}", number.0),
            |device| device.name.clone(),
        )
    }

    fn whose(&self, whose: Whose) -> String {
        match whose {
            Whose::Device(number) => self.device(number),
            Whose::Relay(_) if self.plan.relays == 1 => "relay".to_owned(),
            Whose::Relay(number) => format!("relay {}", number.0),
        }
    }

    fn line(&self, at: u64, who: &str, what: &str) -> String {
        let width = self.width;
        format!("{}  {who:<width$}  {what}", moment::shown(at))
    }
}

/// Registers and values, as many as fit.
fn puts(puts: &BTreeMap<String, Value>) -> String {
    let shown: Vec<String> = puts
        .iter()
        .take(4)
        .map(|(register, value)| format!("{register} = {value}"))
        .collect();
    match puts.len() {
        0..=4 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - 4),
    }
}

/// A hash or name, as short as people need.
fn short(name: &str) -> &str {
    name.get(..8).unwrap_or(name)
}

fn signed(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "+" };
    format!("{sign}{}", moment::length(ms.unsigned_abs()))
}
