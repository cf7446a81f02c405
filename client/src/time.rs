//! The two clocks a step is told: one that only runs forwards, for timers, and the wall's, for people.
//!
//! No decision rests on the wall clock; it may be wrong by years or jump while a meet runs.

use serde::{Deserialize, Serialize};

/// A point on the shell's monotonic clock, in milliseconds since any fixed moment before the client began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Takes the reading of a monotonic clock.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// The reading.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// The moment this much later.
    #[must_use]
    pub const fn after_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How long ago `earlier` was; nothing if it is yet to come.
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What the wall clock shows, in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(i64);

impl WallTime {
    /// Takes seconds since 1970.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }
}

/// What both clocks show when something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For timers.
    pub moment: Moment,
    /// For people to read: it is written into changes and decides nothing.
    pub wall: WallTime,
}
