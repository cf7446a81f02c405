//! The one place where the relay's program reads a clock.

use std::time::{Duration, SystemTime};

use spotter_relay::Timestamp;
use tokio::time::Instant;

/// The wall clock at the start, and a clock that never runs backwards from there on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started_at_ms: u64,
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started_at_ms: wall_ms(),
            started: now(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = now().duration_since(self.started).as_millis();
        Timestamp::from_millis(self.started_at_ms.saturating_add(millis(passed)))
    }

    /// When a timestamp will be, on the clock that timers use.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Instant {
        let after = at.as_millis().saturating_sub(self.started_at_ms);
        // A timer cannot name a moment beyond all measure.
        self.started + Duration::from_millis(after.min(u64::from(u32::MAX)))
    }
}

/// A moment from now, for timers of the shell itself.
pub(crate) fn after(pause: Duration) -> Instant {
    now() + pause
}

/// The wall clock in milliseconds since 1970, for lines in logs.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| millis(since.as_millis()))
}

/// Keeps a thread that has nothing to wait for from going on too soon. More exact than the timers of tasks, which count
/// whole milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "a pace, and no wait for a condition"
)]
pub(crate) fn rest(pause: Duration) {
    std::thread::sleep(pause);
}

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(now())
    }

    pub(crate) fn passed(self) -> Duration {
        now().duration_since(self.0)
    }
}

fn now() -> Instant {
    Instant::now()
}

fn millis(millis: u128) -> u64 {
    u64::try_from(millis).unwrap_or(u64::MAX)
}
