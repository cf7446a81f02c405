//! The words, from outside: golden files, malformed texts, and laws.
#![allow(
    missing_docs,
    reason = "a test binary has no readers of its documentation"
)]
#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

mod document;
mod examples;
mod golden;
mod laws;
mod malformed;
mod reader;
