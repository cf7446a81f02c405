//! The names of connections.

use std::fmt;

/// Names one connection. The client numbers those it asks for, the shell those that others open; no number is
/// used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkId {
    /// An attempt to reach the relay.
    Relay(u64),
    /// A connection to another replica that this client asked for.
    Dialled(u64),
    /// A connection that another replica opened; the shell gives the number.
    Accepted(u64),
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relay(n) => write!(f, "relay connection {n}"),
            Self::Dialled(n) => write!(f, "dialled connection {n}"),
            Self::Accepted(n) => write!(f, "accepted connection {n}"),
        }
    }
}
