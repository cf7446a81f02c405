//! Judges a trace: whether what was promised held, and what a researcher measures of it.
//!
//! [`check`] looks for broken promises, the invariants I1 to I13 and a few plain ones, and returns a [`Finding`] for each.
//! [`check_orders`] compares traces of the same edits that were brought together in different orders. [`measure`] counts
//! and times what is published of replication. `docs/invariants.md` and `docs/metrics.md` define every one of them.
//!
//! Everything is told from the plan and the trace. The judge uses no machine, no document and no rule of ours: who had seen
//! what follows from who held what when writing, and which value must be shown follows from the definition of the replay
//! order in `docs/resolution.md`. It therefore judges a trace of any other program as well, and cannot share a mistake with
//! the code it judges.
//!
//! It never panics on a trace, however broken; what cannot be is a finding named `trace`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod check;
mod finding;
mod invariants;
mod measure;

mod past;
#[cfg(test)]
mod story;
mod value;

pub use check::check;
pub use finding::Finding;
pub use invariants::{check_orders, comparable_orders};
pub use measure::{
    CurvePoint, DeviceTimeline, Measures, Span, StalenessSample, Timeline, convergence_curve,
    distinct_outcomes, measure, outcome, staleness_samples, timeline,
};
