//! Displays and pages over HTTP and WebSockets: what the relay and `spotter serve` share.
//!
//! The program that embeds this owns the port. It hands every request here that is none of its own, with the address it
//! comes from ([`Site::answer`]); it says who may read which meet ([`Gate`]); and it feeds the meet's changes to a
//! [`Stage`], on which the meet is for as long as somebody may read it. Nothing is decided here about a meet: the feed
//! is the machine of `spotter-display`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod clock;
mod counts;
mod gate;
mod limits;
mod pages;
mod passes;
mod reader;
mod request;
mod site;
mod stage;

pub use counts::Counts;
pub use gate::{Credential, Gate, Pass, Refusal};
pub use site::{Answer, Site};
pub use stage::{Setup, Stage, StageRef};
