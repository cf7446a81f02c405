//! A plan: who takes part, over what network, and everything that happens to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::network::Network;
use crate::step::{EditNumber, Step};

/// The format of plans that this version writes and reads.
pub const PLAN_FORMAT: u32 = 1;

/// Everything that will happen. All times are milliseconds since the beginning of the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_FORMAT`].
    pub format: u32,
    /// The name of the scenario it was expanded from.
    pub scenario: String,
    /// The seed it was expanded with; also what the machines of the world are seeded with.
    pub seed: u64,
    /// The locations that may be joined.
    pub roster: Vec<Seat>,
    /// Who takes part. The first makes the meet.
    pub devices: Vec<Device>,
    /// How many relays there are.
    #[serde(default = "one")]
    pub relays: u16,
    /// What registers hold before anybody edits; they exist on every device that has joined. A lifter exists if one of
    /// its registers is named here (`entries.5003.name`) or an edit adds it.
    pub start: BTreeMap<String, Value>,
    /// How messages travel.
    pub network: Network,
    /// How long a session lasts at a relay, in milliseconds.
    #[serde(default = "a_week", skip_serializing_if = "is_a_week")]
    pub session_ms: u64,
    /// What happens, by time; what happens at the same time, in the order of the list.
    pub steps: Vec<Step>,
    /// When the trouble is over: everything that was cut is healed, whoever is down starts, disks work again. From then on no
    /// more edits are made.
    pub calm_at: u64,
    /// When the world ends and everyone must have agreed.
    pub ends_at: u64,
    /// What is looked at while it runs.
    #[serde(default)]
    pub watch: Watch,
}

/// How long a session lasts where a plan says nothing else, in milliseconds: a week.
pub const SESSION_MS: u64 = 7 * 24 * 3_600_000;

/// A location in the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seat {
    /// Its name.
    pub location: String,
    /// The higher one wins.
    pub priority: u32,
}

/// Something that a person sits at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// What it is called in reports; unique.
    pub name: String,
    /// The location it joins as; in the roster.
    pub location: String,
    /// The relay it connects to, from 0.
    #[serde(default)]
    pub relay: u16,
    /// How far its clock is off, in milliseconds.
    #[serde(default)]
    pub clock_off: i64,
}

/// What a world reports besides what the checks need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// Screens are read at edits and at the end only; the world is as fast as it can be.
    #[default]
    Ends,
    /// Every change of what any device shows is reported.
    Screens,
}

impl Plan {
    /// The edits of the plan, by number.
    pub fn edits(&self) -> BTreeMap<EditNumber, &Step> {
        let numbered = |step: &'_ Step| step.doing.edit();
        self.steps
            .iter()
            .filter_map(|step| Some((numbered(step)?, step)))
            .collect()
    }

    /// SHA-256 over the plan's JSON, in hexadecimal: by that a trace names its plan.
    pub fn hash(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let hash = Sha256::digest(json);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The priority of a location; `None` if it is not in the roster.
    pub fn priority_of(&self, location: &str) -> Option<u32> {
        let seat = self.roster.iter().find(|seat| seat.location == location);
        seat.map(|seat| seat.priority)
    }
}

fn a_week() -> u64 {
    SESSION_MS
}

fn is_a_week(session_ms: &u64) -> bool {
    *session_ms == SESSION_MS
}

fn one() -> u16 {
    1
}
