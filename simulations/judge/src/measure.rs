//! What is measured of a trace: numbers, and series to be plotted. `docs/metrics.md` defines each of them.
//!
//! Everything is computed from the plan and the trace, in the same way for every rule, and nothing by the code that is
//! measured. Who had seen what follows from who held what when writing.

mod blocked;
mod entered;
mod losses;
mod outcomes;
mod percentile;
mod screens;
mod series;
mod spread;
mod standing;
mod traffic;

use serde::{Deserialize, Serialize};
use spotter_sim_plan::{Event, Plan, Watch};

pub use outcomes::{distinct_outcomes, outcome};
pub use series::{
    CurvePoint, DeviceTimeline, Span, StalenessSample, Timeline, convergence_curve,
    staleness_samples, timeline,
};

use crate::past::Past;
use percentile::Sorted;

/// What is measured of one trace. Fields of type `Option` are `None` where the trace does not tell.
///
/// Endings tell units: `_s` are simulated seconds, `_bytes` are bytes, `_p50` and so on are percentiles (nearest rank).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Edits that the plan has.
    pub edits_planned: u64,
    /// Edits that were written at least once.
    pub edits: u64,
    /// Edits that were not written because they said nothing new.
    pub edits_nothing_new: u64,
    /// Edits that a person at a device that ran could not make.
    pub edits_blocked: u64,
    /// Writes, those that the runner made itself included.
    pub writes: u64,
    /// How long people could not edit at devices that ran.
    pub blocked_edit_s: f64,

    /// Registers of which a device rests with a write although a rival of higher priority exists that nothing it had seen outranks.
    pub priority_inversions: u64,
    /// Registers of which a device rests with a write although an unreplaced rival of higher priority exists.
    pub outranked: u64,
    /// Registers of which a device rests with a write although another write had seen it.
    pub causal_inversions: u64,
    /// How often a screen went back to a write that it had shown before another.
    pub returns: Option<u64>,
    /// How often a screen went from one write to another whose author had not seen it, and the person there had no part in it.
    pub flaps: Option<u64>,

    /// Edits that a server had acknowledged and that nobody has any more.
    pub acknowledged_lost: u64,
    /// Edits that a person was told are saved, that no server acknowledged, and that nobody has any more.
    pub local_lost: u64,
    /// Writes that a server refused or overruled for good.
    pub refused: u64,

    /// Edits that wrote another value than a write of the same register that counted then and that their author had not seen.
    pub conflicts: u64,
    /// The same for every thousand edits.
    pub conflicts_per_1k_edits: f64,
    /// Entries that devices added without knowing of each other, so that there are several with one id.
    pub entries_twice: u64,
    /// Registers that are in conflict at rest, on the device that has most of them.
    pub conflicts_left: u64,

    /// How long ago the oldest edit was made that a screen lacks; 0 if it lacks none.
    pub staleness_s_p50: Option<f64>,
    /// See above.
    pub staleness_s_p95: Option<f64>,
    /// See above.
    pub staleness_s_p99: Option<f64>,
    /// How many writes a screen lacks.
    pub staleness_versions_p50: Option<f64>,
    /// See above.
    pub staleness_versions_p95: Option<f64>,
    /// See above.
    pub staleness_versions_p99: Option<f64>,
    /// How long it takes from making an edit until another device holds it.
    pub spread_s_p50: Option<f64>,
    /// See above.
    pub spread_s_p95: Option<f64>,
    /// See above.
    pub spread_s_p99: Option<f64>,
    /// How long it takes, once a device is back, until it and all others that are there hold what any of them had then.
    pub catch_up_s_p50: Option<f64>,
    /// See above.
    pub catch_up_s_p95: Option<f64>,
    /// How long after the beginning of the calm the last device took in its last write; `None` if they do not agree at rest.
    pub convergence_s: Option<f64>,
    /// How many different results the devices rest with: 1 if they agree.
    pub results: u64,

    /// Bytes from devices.
    pub up_bytes: u64,
    /// Bytes to devices.
    pub down_bytes: u64,
    /// Messages both ways.
    pub messages: u64,
    /// Bytes both ways for every edit.
    pub bytes_per_edit: Option<f64>,
    /// Bytes both ways for every byte of what edits say, told once to a server and once to each other device.
    pub metadata_ratio: Option<f64>,
    /// Bytes in the logs of servers at the end.
    pub log_bytes: Option<u64>,
    /// Syncs of servers' disks.
    pub syncs: Option<u64>,
    /// Syncs of servers' disks for every write that they logged.
    pub syncs_per_write: Option<f64>,
    /// The most bytes that ever waited for one device.
    pub peak_queue_bytes: Option<u64>,
    /// Passwords that were hashed.
    pub passwords_hashed: u64,
    /// Events and messages that were handled: what cost is counted by.
    pub handled: u64,
}

/// Measures a trace of a plan.
pub fn measure(plan: &Plan, trace: &[Event]) -> Measures {
    let mut past = Past::new(plan);
    let mut measures = Measures::default();
    let mut blocked = blocked::Blocked::new(plan);
    let mut screens = screens::Screens::default();
    let mut spread = spread::Spread::new(plan);
    let mut traffic = traffic::Counted::default();
    let mut conflicts = standing::Met::default();
    let mut losses = losses::Told::default();
    for (number, event) in trace.iter().enumerate() {
        blocked.event(&past, event);
        screens.event(&past, event);
        spread.before(&past, event);
        conflicts.event(&past, event);
        losses.event(&past, event);
        traffic.event(event);
        past.take(number, event);
        spread.after(&past, event);
    }
    let now = trace.last().map_or(0, |event| event.at);
    measures.edits_planned = plan
        .steps
        .iter()
        .filter_map(|step| step.doing.edit())
        .count() as u64;
    measures.writes = past.history.len() as u64;
    measures.entries_twice = past.history.added_twice() as u64;
    blocked.into(now, &mut measures);
    conflicts.into(&mut measures);
    standing::at_rest(&past, &mut measures);
    losses.into(&past, &mut measures);
    traffic.into(&past, &mut measures);
    spread.into(&past, &mut measures);
    if plan.watch == Watch::Screens {
        screens.into(&mut measures);
        staleness(plan, trace, &mut measures);
    }
    measures.results = outcomes::results(trace) as u64;
    if measures.results != 1 {
        measures.convergence_s = None;
    }
    measures
}

fn staleness(plan: &Plan, trace: &[Event], measures: &mut Measures) {
    let samples = staleness_samples(plan, trace);
    let seconds = Sorted::new(samples.iter().map(|sample| sample.seconds).collect());
    let versions = Sorted::new(
        samples
            .iter()
            .map(|sample| sample.versions as f64)
            .collect(),
    );
    measures.staleness_s_p50 = seconds.percentile(50);
    measures.staleness_s_p95 = seconds.percentile(95);
    measures.staleness_s_p99 = seconds.percentile(99);
    measures.staleness_versions_p50 = versions.percentile(50);
    measures.staleness_versions_p95 = versions.percentile(95);
    measures.staleness_versions_p99 = versions.percentile(99);
}

/// Milliseconds as seconds.
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// How many of something there are for each of something else; none if there is nothing to share it among.
fn ratio(of: u64, among: u64) -> Option<f64> {
    (among > 0).then(|| of as f64 / among as f64)
}
