//! The whole relay as a process, talked to over real sockets in the words of the protocol.
#![allow(clippy::unwrap_used)]

mod killed;
mod lost;
mod stopped;
mod wire;
