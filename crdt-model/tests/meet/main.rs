//! A meet through its public door: saved files, edits, OpenLifter's actions, two locations, and what people are told.
#![allow(clippy::unwrap_used)]

mod desk;
mod edits;
