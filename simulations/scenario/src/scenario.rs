//! A scenario: who takes part, what they do, what befalls them, and what should come out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spotter_sim_plan as plan;

use crate::check::check;
use crate::error::ScenarioError;
use crate::expect::Expect;
use crate::fault::Fault;
use crate::location::Location;
use crate::network::{Latency, Network, read_trace};
use crate::position::position_of;
use crate::span::Span;
use crate::trouble::Trouble;
use crate::workload::Workload;

/// A scenario, as it is written in a file. First comes `duration` of people and trouble, then `calm`, in which everyone must
/// agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// Where the schema of scenarios is, for editors that complete and check while one types.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name: small letters, digits and hyphens.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,79}$"))]
    pub name: String,
    /// What it is about, for people.
    #[serde(default)]
    pub about: String,
    /// How long people edit and trouble lasts.
    pub duration: Span,
    /// How long the calm after it lasts: everything is healed, nobody edits, and in the end everyone must agree.
    #[serde(default = "a_minute")]
    pub calm: Span,
    /// Who takes part. The first device of the first location makes the meet.
    #[schemars(length(min = 1))]
    pub locations: Vec<Location>,
    /// How many relays there are.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub relays: u16,
    /// The meet as it is when it goes live.
    #[serde(default)]
    pub meet: Meet,
    /// Registers with the values they hold when it goes live, besides those of `meet`.
    #[serde(default)]
    pub start: BTreeMap<String, Value>,
    /// What the network is like.
    #[serde(default)]
    pub network: Network,
    /// How long a session lasts before the password is wanted again; a week if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_last: Option<Span>,
    /// What people do.
    #[serde(default)]
    pub workload: Workload,
    /// What befalls them, by rates.
    #[serde(default)]
    pub trouble: Trouble,
    /// What befalls them, at fixed times.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Devices that are cut off and come back, in every order: one plan for each.
    #[serde(default)]
    pub orders: Option<Orders>,
    /// A process that dies at a call to its disk: one plan for each call.
    #[serde(default)]
    pub disk_calls: Option<DiskCalls>,
    /// What is looked at while it runs.
    #[serde(default)]
    pub watch: Watch,
    /// What should come out.
    #[serde(default)]
    pub expect: Expect,
}

/// The meet as it is when it goes live. OpenLifter's ids are given from 5000 on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Meet {
    /// How many lifters there are.
    #[serde(default)]
    #[schemars(range(max = 5000))]
    pub lifters: u32,
    /// How many days it lasts.
    #[serde(default = "one_number")]
    #[schemars(range(min = 1, max = 14))]
    pub days: u32,
    /// How many platforms there are on each day.
    #[serde(default = "one_number")]
    #[schemars(range(min = 1, max = 20))]
    pub platforms: u32,
    /// How many flights lift on each platform and day.
    #[serde(default = "one_number")]
    #[schemars(range(min = 1, max = 16))]
    pub flights: u32,
}

/// Devices that are cut off together and come back one after the other, in every order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Orders {
    /// The devices; at most five, which makes 120 orders. Expanded to a single plan, they come back in this order.
    #[schemars(length(min = 1, max = 5))]
    pub of: Vec<String>,
    /// When they are cut off.
    pub cut_at: Span,
    /// When the first of them comes back.
    pub heal_at: Span,
    /// How long it takes from one to the next.
    pub apart: Span,
}

/// A process that dies at a call to its disk and starts again, once for each call of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiskCalls {
    /// Which: the name of a device, or `relay 0`.
    pub of: String,
    /// From when the calls are counted.
    pub at: Span,
    /// How many calls are tried: one plan for each. Expanded to a single plan, the call is drawn.
    #[schemars(range(min = 1, max = 1000))]
    pub calls: u32,
    /// How long after `at` it starts again, having died or not.
    pub starts_after: Span,
}

/// What is looked at while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// Screens are read at edits and at the end only; worlds are as fast as they can be.
    #[default]
    Ends,
    /// Every change of what any device shows is reported.
    Screens,
}

impl Default for Meet {
    fn default() -> Self {
        Self {
            lifters: 0,
            days: 1,
            platforms: 1,
            flights: 1,
        }
    }
}

impl From<Watch> for plan::Watch {
    fn from(watch: Watch) -> Self {
        match watch {
            Watch::Ends => Self::Ends,
            Watch::Screens => Self::Screens,
        }
    }
}

impl Scenario {
    /// Reads a scenario from the text of its file.
    ///
    /// # Errors
    /// Names the line, the column, the field, and what is wrong with it.
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        let mut json = serde_json::Deserializer::from_str(text);
        let read = serde_path_to_error::deserialize(&mut json);
        let scenario: Self = read.map_err(|error| told(text, &error))?;
        json.end().map_err(|error| ScenarioError {
            place: Some((error.line(), error.column())),
            field: String::new(),
            what: without_place(&error),
        })?;
        check(&scenario).map_err(|error| error.in_text(text))?;
        Ok(scenario)
    }

    /// The files that the scenario names, as it names them. They must be supplied before it is expanded.
    pub fn needs(&self) -> Vec<String> {
        let trace = match &self.network.latency {
            Latency::TraceFile(name) => Some(name.clone()),
            Latency::Fixed(_)
            | Latency::Uniform { .. }
            | Latency::LogNormal { .. }
            | Latency::Trace(_) => None,
        };
        let repeated = self.workload.log.as_ref();
        let log = repeated.and_then(|log| log.file.clone());
        trace.into_iter().chain(log).collect()
    }

    /// What is wrong with the scenario if a file that it needs cannot be had.
    pub fn cannot_have(&self, name: &str, why: &str) -> ScenarioError {
        let field = match &self.network.latency {
            Latency::TraceFile(file) if file == name => TRACE_FILE,
            Latency::TraceFile(_)
            | Latency::Fixed(_)
            | Latency::Uniform { .. }
            | Latency::LogNormal { .. }
            | Latency::Trace(_) => LOG_FILE,
        };
        ScenarioError::at(field, format!("{name}: {why}"))
    }

    /// Puts the text of a file in the place of its name.
    ///
    /// # Errors
    /// Names the field, and what is wrong with the file.
    pub fn supply(&mut self, name: &str, text: &str) -> Result<(), ScenarioError> {
        if matches!(&self.network.latency, Latency::TraceFile(file) if file == name) {
            let ms = read_trace(text);
            let ms = ms.map_err(|what| ScenarioError::at(TRACE_FILE, format!("{name}: {what}")))?;
            self.network.latency = Latency::Trace(ms);
        }
        if let Some(log) = &mut self.workload.log
            && log.file.as_deref() == Some(name)
        {
            let actions = serde_json::from_str(text);
            log.actions =
                actions.map_err(|error| ScenarioError::at(LOG_FILE, format!("{name}: {error}")))?;
            log.file = None;
        }
        check(self)
    }
}

/// The field that names a file of latencies.
const TRACE_FILE: &str = "network.latency.traceFile";

/// The field that names a file of actions.
const LOG_FILE: &str = "workload.log.file";

/// A text that is no JSON is wrong where its parser stops; a value of the wrong shape is wrong where it begins.
fn told(text: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> ScenarioError {
    let inner = error.inner();
    let field = error.path().to_string();
    // What is not known of the path is a question mark, and the whole is a dot.
    let field = field.trim_end_matches(['?', '.']).to_owned();
    let what = without_place(inner);
    if inner.is_data() && !text.trim_start().starts_with('{') {
        return ScenarioError::at("", "a scenario is a JSON object, in braces").in_text(text);
    }
    // The second of two fields of one name is wrong, and its parser has just read it.
    let place = match inner.is_data() && !what.starts_with("duplicate field") {
        true => position_of(text, &field),
        false => (inner.line(), inner.column()),
    };
    ScenarioError {
        place: Some(place),
        field,
        what,
    }
}

/// What `serde_json` says, without the place it adds at the end.
fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    said.strip_suffix(&place).unwrap_or(&said).to_owned()
}

/// The JSON Schema of scenarios: what editors check and complete by.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Scenario>();
    schema.insert("title".to_owned(), "A scenario of spotter-sim".into());
    schema.to_value()
}

fn a_minute() -> Span {
    Span::from_ms(60_000)
}

fn one() -> u16 {
    1
}

fn one_number() -> u32 {
    1
}

#[cfg(test)]
mod tests;
