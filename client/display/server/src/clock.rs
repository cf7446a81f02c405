//! The one place where displays read a clock.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The wall clock in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// A moment from now.
pub(crate) fn after(pause: Duration) -> Instant {
    Instant::now() + pause
}
