//! A meet through its public door: saved files, edits, OpenLifter's actions, two locations, and what people are told.
#![allow(clippy::unwrap_used)]

mod actions;
mod desk;
mod edits;
mod kept;
mod laws;
