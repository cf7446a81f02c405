//! Who takes part: locations, the devices in them, and what people do there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::span::{Offset, Span};

/// A named place that edits, and how it ranks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Location {
    /// Its name; unique.
    pub name: String,
    /// Its rank; the higher one wins.
    pub priority: u32,
    /// How many locations like this there are. They are called `NAME 1`, `NAME 2` and so on, and each ranks one below the one
    /// before.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1000))]
    pub count: u32,
    /// What is done there; if nobody does something, everybody does it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Whether nobody edits there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reads: bool,
    /// The relay its devices connect to, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub relay: u16,
    /// The devices, or browser tabs, that join as this location. Without any there is one, called as the location.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceOf>,
}

/// Something that a person sits at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceOf {
    /// What it is called in reports and faults; unique.
    pub name: String,
    /// The relay it connects to, from 0, if not the location's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<u16>,
    /// How far its clock is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_off: Option<Offset>,
    /// When it joins, if not at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joins_at: Option<Span>,
    /// Whether it does not join by itself: it begins as the copy of another, or with a bundle.
    #[serde(default, skip_serializing_if = "is_false")]
    pub spare: bool,
}

/// What people do at a location, in workloads shaped like a meet.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Adds lifters and mends what is written about them.
    Registration,
    /// Weighs lifters and takes their openers and rack heights.
    WeighIn,
    /// Runs a platform: calls weights, judges attempts. Platforms are dealt out among those who do.
    Platform,
    /// Overrules verdicts.
    Jury,
    /// Imports spreadsheets.
    Import,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(count: &u32) -> bool {
    *count == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(relay: &u16) -> bool {
    *relay == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}
