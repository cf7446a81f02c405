//! Each rule shows what it promises, and what it is known to get wrong, on small plans.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests stop at what they do not expect, and pick a few kinds of events out of a trace"
)]

#[path = "suite/arbitration.rs"]
mod arbitration;
#[path = "suite/automerge.rs"]
mod automerge;
#[path = "suite/plans.rs"]
mod plans;
#[path = "suite/properties.rs"]
mod properties;
#[path = "suite/trouble.rs"]
mod trouble;
