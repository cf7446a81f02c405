//! Waiting for a condition, with a deadline: the only place of the suite that knows time.

use std::time::{Duration, Instant};

/// Far more than anything takes on a busy machine; a test that gets there has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// The present moment, for what is a fact about time.
#[expect(
    clippy::disallowed_methods,
    reason = "the one look at the clock beside the loop that waits"
)]
pub(crate) fn moment() -> Instant {
    Instant::now()
}

/// Looks until there is something to see, and fails when nothing comes.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, look).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// Looks until there is something to see or the time is over.
#[expect(
    clippy::disallowed_methods,
    reason = "the one loop that waits for other processes"
)]
pub(crate) fn until_within<T>(time: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + time;
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(GLANCE);
    }
}
