//! The feed against readers that are written here anew, from the two rules alone: scenario by scenario, and in every
//! order in which what happens can happen.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

mod accuracy;
mod displayed;
mod every_order;
mod golden;
mod meets;
mod overlap;
mod private;
mod readers;
mod schema;
mod version_check;
