//! What befalls everyone, by rates: the nemesis.
//!
//! Each kind strikes each of its targets independently, at random moments that come `perHour` times an hour on average, and
//! not again while it lasts. Whatever still lasts when the calm begins ends there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::length::Length;
use crate::span::Span;

/// What befalls everyone, by rates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trouble {
    /// From when on; 5 s if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Span>,
    /// Until when it strikes anew; to the end of the duration if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Span>,
    /// A device is cut off from its relay, and nobody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<Partitions>,
    /// All devices of a relay are cut off together: the venue's internet is down. Strikes relays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outages: Option<Rate>,
    /// A connection breaks and only one side notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open: Option<Rate>,
    /// A connection breaks and both sides notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets: Option<Rate>,
    /// A device reads slowly for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_readers: Option<SlowReaders>,
    /// A process dies, of devices and relays, and starts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crashes: Option<Crashes>,
    /// A process stands still for a while: a laptop sleeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pauses: Option<Rate>,
    /// A disk is full for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_disks: Option<Rate>,
    /// A sync of a disk fails, loses what was written, and the ones after it claim success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_syncs: Option<Rate>,
    /// Stored bytes change by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rot: Option<Rots>,
    /// All that a process has stored is gone; it starts anew after `length`. Strikes relays if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_memory: Option<Rate>,
    /// A backup is made and, `length` later, put back. Strikes relays if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<Rate>,
    /// Clocks that are off from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks_off: Option<ClocksOff>,
    /// Clocks that jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_jumps: Option<Jumps>,
    /// A device uses another relay from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Rate>,
    /// A device exchanges changes directly with another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<Rate>,
    /// A file with everything is carried from a device to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundles: Option<Rate>,
    /// A spare device starts with a copy of another's disk that is `length` old, and both go on. Half of what people would have
    /// edited at the original from then on they edit at the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clones: Option<Rate>,
    /// The initiator ends a device's sessions, and whoever sits there gives the password again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revokes: Option<Rate>,
    /// The initiator gives a device's location another priority, drawn among those of the roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority_changes: Option<Rate>,
    /// Somebody sends what no client would. Strikes relays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacks: Option<Attacks>,
}

/// Something that happens now and then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// How often an hour, for each target.
    pub per_hour: f64,
    /// How long it lasts, where it does; about half a minute if nothing is said.
    #[serde(default = "half_a_minute")]
    pub length: Length,
    /// Whom it strikes: names of devices or locations, `relay 0`, `devices`, `relays`, `everyone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<String>>,
}

/// Lines that let nothing through for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Partitions {
    /// How often an hour, for each target.
    pub per_hour: f64,
    /// How long they last.
    #[serde(default = "half_a_minute")]
    pub length: Length,
    /// The share of them that hold up one direction only.
    #[serde(default)]
    pub one_way: f64,
    /// Whom they strike: names of devices or locations, `devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<String>>,
}

/// Devices that read slowly for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlowReaders {
    /// How often an hour, for each target.
    pub per_hour: f64,
    /// How long.
    #[serde(default = "half_a_minute")]
    pub length: Length,
    /// How fast they read meanwhile; 0 is not at all.
    pub bytes_per_second: u64,
    /// Which: names of devices or locations, `devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<String>>,
}

/// Processes that die and start again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Crashes {
    /// How often an hour, for each target.
    pub per_hour: f64,
    /// How long until they start again.
    #[serde(default = "half_a_minute")]
    pub length: Length,
    /// The share of them that happen at one of the next calls to the disk, not at any moment.
    #[serde(default = "half")]
    pub at_disk_call: f64,
    /// Whom they strike: names of devices or locations, `relay 0`, `devices`, `relays`; everyone if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<String>>,
}

/// Stored bytes that change by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rots {
    /// How often an hour, for each target.
    pub per_hour: f64,
    /// The share of them that cut the file short; the others turn one bit around.
    #[serde(default)]
    pub cut: f64,
    /// Whom they strike: names of devices or locations, `relay 0`, `devices`, `relays`; relays if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<String>>,
}

/// Clocks that are off from the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClocksOff {
    /// By at most so much, before or after.
    pub up_to: Span,
    /// The share of devices whose clock is off.
    #[serde(default = "whole")]
    pub share: f64,
}

/// Clocks that jump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Jumps {
    /// How often an hour, for each target.
    pub per_hour: f64,
    /// By at most so much, forwards or backwards.
    pub up_to: Span,
    /// Whose: names of devices or locations, `relay 0`, `devices`, `relays`; everyone's if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<String>>,
}

/// Things sent that no client of ours would send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attacks {
    /// How often an hour, for each relay.
    pub per_hour: f64,
    /// The share of them by somebody who has the password.
    #[serde(default = "half")]
    pub member: f64,
    /// What is sent: some of `garbage`, `bomb`, `forged-author`, `twin`, `twin-of-latest`, `orphans`, `flood`.
    pub with: Vec<String>,
}

fn half_a_minute() -> Length {
    Length::LogNormal {
        median: Span::from_ms(30_000),
        sigma: 1.0,
    }
}

fn half() -> f64 {
    0.5
}

fn whole() -> f64 {
    1.0
}
