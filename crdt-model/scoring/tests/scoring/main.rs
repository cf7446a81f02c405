//! Results as OpenLifter has them, and the shapes in which they are handed out.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

mod desk;
mod facts;
mod golden;
mod laws;
mod openlifter;
