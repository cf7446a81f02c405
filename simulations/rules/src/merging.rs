//! Replication for rules under which everybody decides for themselves: replicas that hold writes, a server that keeps
//! and forwards them, and one function that says which of the writes of a register is shown.
//!
//! A write names those it overwrites: all of its register that its writer held and nobody had overwritten yet. The
//! server numbers writes in the order of their arrival and decides nothing. A replica that was away asks for what came
//! behind its last position; one that finds another log brings everything it holds. Nothing is ever taken away, so
//! whoever holds the same writes shows the same, if the function looks at the writes alone.

mod register;
mod replica;
mod store;

pub use register::{Register, Rival};
pub use replica::{Replica, Winner};
pub use store::Store;
