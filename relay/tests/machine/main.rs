//! The relay's machine from outside: inputs in, actions out, no sockets and no files.
#![allow(
    missing_docs,
    reason = "a test binary has no readers of its documentation"
)]
#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one answer among all"
)]

mod desk;
mod displaying;
mod unpacking;
mod writer;

mod administering;
mod beside;
mod catching_up;
mod committing;
mod creating;
mod document;
mod joining;
mod laws;
mod limiting;
mod packing;
mod presenting;
mod recovering;
mod timing;
