//! Scenarios: what a meet, its people and its trouble are like, and how they become plans.
//!
//! A [`Scenario`] is what a person writes: a JSON file of some twenty lines. [`expand`] draws everything that is random
//! in it from a seed and gives a [`Plan`](spotter_sim_plan::Plan), the plain list that worlds run; [`expand_all`] gives one
//! plan for every order of reconnecting that the scenario asks for. What should come out stands in the scenario too, and
//! [`Expect::evaluate`] compares it with a trace.
//!
//! The package is pure: it reads no file (see [`Scenario::needs`]), and the same scenario and seed give the same plan on
//! every machine.
//!
//! ```
//! use spotter_sim_scenario::{Scenario, expand};
//!
//! let scenario = Scenario::read(r#"{
//!     "name": "two-desks",
//!     "duration": "2m",
//!     "locations": [{ "name": "East", "priority": 2 }, { "name": "West", "priority": 1 }],
//!     "meet": { "lifters": 1 },
//!     "workload": { "edits": [
//!         { "at": "10s", "device": "East", "puts": { "entries.5000.bodyweightKg": 82.4 } }
//!     ] }
//! }"#).unwrap();
//! let plan = expand(&scenario, 1).unwrap();
//! assert_eq!(plan.edits().len(), 1);
//! ```

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::unwrap_in_result,
        reason = "a test that cannot go on fails"
    )
)]

mod cast;
mod check;
mod draw;
mod error;
mod expand;
mod expect;
mod fault;
mod length;
mod location;
mod named;
mod network;
mod position;
mod scenario;
mod span;
mod trouble;
mod workload;

pub use error::ScenarioError;
pub use expand::{expand, expand_all};
pub use expect::{Count, Expect, Invariant, Unmet};
pub use fault::{Deed, Fault, HalfOpen, Lane, Rot};
pub use length::Length;
pub use location::{DeviceOf, Location, Role};
pub use named::{NAMED, named};
pub use network::{Latency, Network};
pub use scenario::{DiskCalls, Meet, Orders, Scenario, Watch, schema};
pub use span::{Offset, Span};
pub use trouble::{
    Attacks, ClocksOff, Crashes, Jumps, Partitions, Rate, Rots, SlowReaders, Trouble,
};
pub use workload::{
    Choice, EditAt, Import, Keys, MeetWork, Registers, Repeated, Shares, Synthetic, Workload,
};
