//! What people do, as a scenario says it. The parts may be combined.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::span::Span;

/// What people do. The parts may be combined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// What happens at a meet: registration, weigh-in, lifting, corrections. Drawn from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meet: Option<MeetWork>,
    /// Edits that are written down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<EditAt>,
    /// A log of OpenLifter's actions, made again by those whose job each is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Repeated>,
    /// Edits without meaning at a given rate, for studies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<Synthetic>,
}

/// What happens at a meet. The whole meet is fitted into the scenario's duration, however short that is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeetWork {
    /// How the duration is shared out. What gets nothing does not happen.
    #[serde(default)]
    pub shares: Shares,
    /// The share of lifters that are not registered yet when the meet goes live.
    #[serde(default = "late")]
    pub late: f64,
    /// What is lifted: some of `S`, `B` and `D`, in this order.
    #[serde(default = "all_lifts")]
    #[schemars(regex(pattern = "^S?B?D?$"))]
    pub lifts: String,
    /// The share of attempts that succeed; openers more often, third attempts less.
    #[serde(default = "good")]
    pub good: f64,
    /// The share of verdicts that the jury turns around within some attempts.
    #[serde(default = "corrected")]
    pub corrections: f64,
    /// The share of edits that somebody else makes than those whose job it is.
    #[serde(default = "elsewhere")]
    pub elsewhere: f64,
    /// The share of edits that two locations make, a moment apart and not quite the same.
    #[serde(default = "twice")]
    pub twice: f64,
    /// Spreadsheets that are imported: a burst of one edit a row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
}

/// How a duration is shared out among the phases of a meet; the numbers are relative to each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shares {
    /// Adding lifters, and mending what is written about them.
    #[serde(default)]
    pub registration: f64,
    /// Body weights, rack heights and openers.
    #[serde(default)]
    pub weigh_in: f64,
    /// Attempts and verdicts.
    #[serde(default)]
    pub lifting: f64,
}

/// A spreadsheet of registrations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Import {
    /// When.
    pub at: Span,
    /// How many rows it has: lifters that nobody has registered.
    #[schemars(range(min = 1, max = 5000))]
    pub rows: u32,
}

/// An edit that is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditAt {
    /// When.
    pub at: Span,
    /// At which device.
    pub device: String,
    /// Register and value; at least one.
    pub puts: BTreeMap<String, Value>,
}

/// A log of OpenLifter's actions: an array of them, as a Redux middleware records it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repeated {
    /// The file with the array, beside the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The actions themselves, in place of a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Value>,
    /// When the first is made; at 5 s if nothing is said.
    #[serde(default = "five_seconds")]
    pub from: Span,
    /// The mean time from one action to the next; without it, the log is fitted into the scenario's duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
}

/// Edits without meaning, at a rate. Each gives every register it touches a value that nobody else gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Synthetic {
    /// How many edits each editing device makes a minute, on average; they come independently of each other.
    pub edits_per_minute: f64,
    /// The registers that are edited.
    pub keys: Keys,
    /// How many different registers an edit touches.
    #[serde(default = "one")]
    pub touches: u32,
    /// From when on; 5 s if nothing is said.
    #[serde(default = "five_seconds")]
    pub from: Span,
    /// Until when; to the end of the duration if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Span>,
}

/// The registers that a synthetic load edits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keys {
    /// How many there are.
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// How one is chosen.
    #[serde(default)]
    pub choice: Choice,
    /// Which registers they are.
    #[serde(default)]
    pub registers: Registers,
}

/// How a register is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Choice {
    /// Each is as likely as any other.
    #[default]
    Uniform,
    /// The n-th is chosen in proportion to `1 / n^exponent`.
    Zipf {
        /// 0 is uniform; words of a language have about 1.
        exponent: f64,
    },
}

/// Which registers a synthetic load edits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Registers {
    /// Attempts of lifters who are there for that: fifteen registers each.
    #[default]
    Attempts,
    /// `PREFIX.0`, `PREFIX.1` and so on: registers of somebody else's program.
    Named(String),
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            registration: 0.2,
            weigh_in: 0.2,
            lifting: 0.6,
        }
    }
}

fn late() -> f64 {
    0.2
}

fn all_lifts() -> String {
    "SBD".to_owned()
}

fn good() -> f64 {
    0.75
}

fn corrected() -> f64 {
    0.02
}

fn elsewhere() -> f64 {
    0.02
}

fn twice() -> f64 {
    0.02
}

fn five_seconds() -> Span {
    Span::from_ms(5_000)
}

fn one() -> u32 {
    1
}
