//! The one place where this program draws randomness: a seed at the start of every process.

use crate::failure::Failure;

/// A seed for the client's machine.
///
/// Invariant: never stored, never drawn twice in a process. The actor of this run comes from it, and two processes that
/// write as one actor would make a meet that nobody can put together.
pub(crate) fn seed() -> Result<[u8; 32], Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::local(format!("the system gives no randomness: {error}")))?;
    Ok(seed)
}
