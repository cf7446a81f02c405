//! The whole system in one thread, from a seed.
//!
//! [`run`] takes a [`Plan`] and tells what happens, in order. The relay and the client in it are
//! the machines that are released, the logs and journals on its disks are written by the codec that is released, and
//! every device holds a real Automerge document. What is simulated is the world around them: time, wires, disks,
//! processes that die, and people.
//!
//! Nothing here reads a clock, opens a file or starts a thread. What is drawn at random follows from the plan's seeds
//! and from what it is drawn for, never from the order of drawing; so the same plan gives the same trace on every machine,
//! and leaving a step out changes nothing but what follows from it.
//!
//! # What messages can do
//!
//! Between a device and a relay, and between two devices, lies a stream, as WebSockets over TCP are: messages of one
//! connection arrive in the order in which they were sent, or not at all. The protocol promises to survive no other
//! order, and no network that there is would ask it to. So the network of a plan means here:
//!
//! - **loss**: the message and all behind it come later, by as often `retransmit` as it was lost;
//! - **reorder**: the message and all behind it are held up once, so that what others sent later arrives earlier: order
//!   changes between connections, never within one;
//! - **duplicate**: a message of the relay is delivered twice, and so is an `UPDATE_INIT` of a device: what a retry after
//!   a lost answer amounts to, without the need of one;
//! - **a cut lane** holds what is sent, as a system's buffers do, and lets it go on when it is healed; ends that gave up
//!   meanwhile are found closed;
//! - **a slow reader** takes so many bytes a second, and the sender's system buffers as much as a system does.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod book;
mod chance;
mod device;
mod disk;
mod journal;
mod line;
mod queue;
mod relay;
mod start;
mod store;
mod world;

pub use spotter_model::planted;
use spotter_sim_plan::{Event, Plan};

/// Plays a plan from its beginning to its end and tells everything that happens, in order.
pub fn run(plan: &Plan, told: &mut dyn FnMut(Event)) {
    world::World::new(plan, told).play();
}
