//! The one place where this program reads a clock.

use std::time::{Duration, SystemTime};

use spotter_client::{Moment, Now, WallTime};
use tokio::time::Instant;

/// A clock that never runs backwards, beside the one on the wall.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts a clock; the machine's moments are counted from here.
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }

    /// What both clocks show.
    pub(crate) fn now(&self) -> Now {
        Now {
            moment: self.moment(),
            wall: wall(),
        }
    }

    /// What the machine's clock shows.
    pub(crate) fn moment(&self) -> Moment {
        let passed = self.started.elapsed().as_millis();
        Moment::from_ms(u64::try_from(passed).unwrap_or(u64::MAX))
    }

    /// When one of the machine's moments will be, on the clock that timers use.
    pub(crate) fn instant_of(&self, moment: Moment) -> Instant {
        // A timer cannot name a moment beyond all measure.
        self.started + Duration::from_millis(moment.as_ms().min(u64::from(u32::MAX)))
    }
}

/// A moment from now, for the deadlines of the shell itself.
pub(crate) fn after(pause: Duration) -> Instant {
    Instant::now() + pause
}

/// What the wall clock shows.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn wall() -> WallTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    WallTime::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Whether a moment has come.
pub(crate) fn is_over(deadline: Instant) -> bool {
    Instant::now() >= deadline
}
