//! The whole relay as a process, talked to over real sockets in the words of the protocol.
#![allow(clippy::unwrap_used)]

mod counted;
mod displayed;
mod killed;
mod lost;
mod managed;
mod packed;
mod reloaded;
mod stopped;
mod wire;
