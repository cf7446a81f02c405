//! The replica's machine: it edits, keeps, sends and catches up, and does no input or output.
//!
//! A [`Client`] holds one copy of one meet. A shell tells it what happened ([`Input`]) and does what it asks for
//! ([`Action`]): first it hands over what the local store holds, then requests of people, messages, results of
//! saving, and the time. The client opens no socket or file, reads no clock and draws no randomness besides the seed
//! it is given. The same machine runs on a desk's computer, in a browser and in the simulator.
//!
//! The loop, as prose: an edit is built and admitted, queued for the local store and sent to the relay and to peers
//! in the same step; its author is answered when it is saved; the relay's acknowledgement takes it out of the
//! outbox. What arrives from elsewhere is admitted, shown, saved together with the place in the relay's log that is
//! reached with it, and passed on to peers. When a connection is lost everything unacknowledged is sent again on
//! the next one, and heads are compared at the end of every catch-up, so that a relay that lost its memory is given
//! back what it lacks.
//!
//! ```
//! use spotter_client::{Action, Answer, Ask, Client, Config, Input, Moment, Now, Reply, RequestId, WallTime};
//!
//! let now = Now { moment: Moment::from_ms(0), wall: WallTime::from_unix_seconds(1_795_000_000) };
//! let mut client = Client::new(&Config::default(), [7; 32]);
//! let mut actions = client.step(now, Input::Opened { records: Vec::new() });
//! let request = RequestId(1);
//! let ask = Ask::NewMeet { date: "2026-11-20".to_owned() };
//! actions.extend(client.step(now, Input::Asked { request, ask }));
//! // Every batch is saved before its requests are answered.
//! let mut answers = Vec::new();
//! while !actions.is_empty() {
//!     match actions.remove(0) {
//!         Action::Save { batch, .. } => actions.extend(client.step(now, Input::Saved { batch })),
//!         Action::Answer { answer, .. } => answers.push(answer),
//!         _ => {}
//!     }
//! }
//! assert_eq!(answers, [Ok(Reply::Done)]);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod action;
mod ask;
mod backoff;
mod bundle;
mod client;
mod input;
mod keeper;
mod limits;
mod line;
mod link_id;
mod news;
mod outbox;
mod peers;
mod presences;
mod proof;
mod record;
mod relay_link;
mod replica;
mod status;
mod time;
mod track;
mod words;

pub use action::Action;
pub use ask::{Answer, Ask, EditAsk, GoLive, Join, Problem, Reply, RequestId, Word};
pub use bundle::{BUNDLE_FORMAT, BundleError, BundleHeader, Unpacked};
pub use client::{Client, Config};
pub use input::{BatchId, Input};
pub use link_id::LinkId;
pub use news::News;
pub use presences::{Present, Who};
pub use record::{Aside, Membership, Origin, RECORD_FORMAT, Record, Session};
pub use status::{LinkState, OfflineReason, PutOff, Status};
pub use time::{Moment, Now, WallTime};
