//! What displays show, and the feed that keeps them up to date.
//!
//! A display reads a meet and never edits it. It is served plain JSON: a [`Snapshot`] of one day and platform, then a
//! [`Frame`] for every change of it, numbered without holes. [`Feed`] is the machine behind that; it opens no socket and
//! reads no clock. Sockets and files are in the shells that embed it.
//!
//! ```
//! use serde_json::{Map, json};
//! use spotter_display::{Epoch, Feed, View};
//!
//! let row = |kg: f64| json!({"id": 5003, "name": "Ann", "totalKg": kg}).as_object().cloned().unwrap_or_default();
//! let mut feed = Feed::begin(Epoch::at(52), 10, View::new(Map::new(), vec![row(0.0)]), 0);
//! let update = feed.show(View::new(Map::new(), vec![row(182.5)]), 1_000);
//! assert_eq!(update.map(|update| update.revision), Some(53));
//! assert_eq!(feed.snapshot(2_000).lifters[0]["totalKg"], json!(182.5));
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod display;
mod feed;
mod frame;
mod link;
mod time;
mod view;

pub use display::{Display, NoView, OVERLAP, Order, ReaderId};
pub use feed::{Epoch, Feed, NoCheck, Written};
pub use frame::{FORMAT, Frame, Lifters, Snapshot};
pub use link::{Link, Rule};
pub use view::View;
