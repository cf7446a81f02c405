//! A replica behind one door: messages in JSON go in, answers in JSON come out.
//!
//! This is what the browser's module is made of besides the client's machine. A [`Desk`] holds one
//! [`Client`](spotter_client::Client), hands it what JavaScript reports (a socket opened, a batch was saved, a person
//! edits), and puts the machine's actions into words that JavaScript can act on without knowing what they mean. It decides
//! nothing about the meet; it opens no socket or file, reads no clock and draws no randomness.
//!
//! Every message is an object with `do`, which says what it is about, and `now`, what the two clocks show. Every answer is
//! an object: `acts` says what to do, in order, `wake` when to call again at the latest, and `value` or `error` what a
//! question is answered with.
//!
//! ```
//! use spotter_browser::Desk;
//!
//! let mut desk = Desk::default();
//! let opened = desk.handle(br#"{"do":"open","now":[0,1795000000],"seed":"0707070707070707070707070707070707070707070707070707070707070707","own":"[]","others":[]}"#);
//! assert!(opened.contains(r#""save":1"#), "{opened}");
//! let begun = desk.handle(br#"{"do":"newMeet","now":[1,1795000000],"call":1,"date":"2026-11-20"}"#);
//! assert!(!begun.contains("error"), "{begun}");
//! // The batch is on disk; the meet's own follows.
//! let saved = desk.handle(br#"{"do":"saved","now":[2,1795000000],"batch":1}"#);
//! assert!(saved.contains(r#""save":2"#), "{saved}");
//! let saved = desk.handle(br#"{"do":"saved","now":[3,1795000000],"batch":2}"#);
//! assert!(saved.contains(r#"{"answer":1,"value":null}"#), "{saved}");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod acts;
mod asks;
mod calls;
mod desk;
mod message;
mod reads;
mod slots;
mod trouble;
mod words;

pub use desk::Desk;
