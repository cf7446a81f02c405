//! The words in which simulations are written and judged: plans and traces.
//!
//! A [`Plan`] says everything that people, networks, disks and clocks will do, and when, as a plain list; nothing is drawn
//! while it runs except what [`Network`] describes, which follows from its seed and the message alone. A world takes a
//! plan and gives a trace: [`Event`]s in the order in which they happened. Shrinking deletes from the list; replaying runs
//! it again; judges read the trace.
//!
//! This package knows no machine, no document and no rule. Whatever runs plans or judges traces shares nothing else.

mod network;
mod plan;
mod step;
mod trace;

pub use network::{Latency, Network, QUEUE_BYTES};
pub use plan::{Device, PLAN_FORMAT, Plan, SESSION_MS, Seat, Watch};
pub use step::{
    DeviceNumber, Doing, EditNumber, HalfOpenSide, Lane, RelayNumber, Rot, Step, Whose,
};
pub use trace::{BEFELL, Befell, Event, Happened, TROUBLES, Write};
