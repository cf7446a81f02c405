//! The relay's own encryption, from outside, over real sockets.
#![allow(clippy::unwrap_used)]

mod authority;
mod files;
mod handshakes;
mod renewed;
