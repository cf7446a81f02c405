//! How fast one link may go: a bucket that fills with time and is emptied by use.

use crate::time::Timestamp;

/// A bucket of something countable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// What may be used at once, in thousandths, so that slow rates fill it evenly.
    level: u64,
    /// What was used beyond that, in thousandths; paid off before the bucket fills.
    owed: u64,
    filled_at: Timestamp,
}

/// How a bucket fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: u64,
    pub(crate) burst: u64,
}

impl Bucket {
    /// A full bucket.
    pub(crate) const fn full(rate: Rate, now: Timestamp) -> Self {
        Self {
            level: rate.burst.saturating_mul(1_000),
            owed: 0,
            filled_at: now,
        }
    }

    /// Takes `count` out, or says in how many milliseconds there will be as much.
    pub(crate) fn take(&mut self, count: u64, rate: Rate, now: Timestamp) -> Result<(), u64> {
        self.fill(rate, now);
        // What is larger than the whole bucket passes when the bucket is full, or it never would.
        let wanted = count.min(rate.burst).saturating_mul(1_000);
        match self.level.checked_sub(wanted) {
            Some(rest) => {
                self.level = rest;
                Ok(())
            }
            None => Err((wanted - self.level)
                .saturating_add(self.owed)
                .div_ceil(rate.per_second.max(1))
                .max(1)),
        }
    }

    /// Takes out what was used already. Whatever the bucket does not have is owed, and whoever comes next waits for it.
    pub(crate) fn charge(&mut self, count: u64, rate: Rate, now: Timestamp) {
        self.fill(rate, now);
        let used = count.saturating_mul(1_000);
        self.owed = self.owed.saturating_add(used.saturating_sub(self.level));
        self.level = self.level.saturating_sub(used);
    }

    fn fill(&mut self, rate: Rate, now: Timestamp) {
        let filled = now.ms_since(self.filled_at).saturating_mul(rate.per_second);
        let paid = filled.min(self.owed);
        self.owed -= paid;
        self.level = self
            .level
            .saturating_add(filled - paid)
            .min(rate.burst.saturating_mul(1_000));
        self.filled_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 100,
        burst: 200,
    };

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        let start = Timestamp::from_millis(5_000);
        let mut bucket = Bucket::full(RATE, start);
        assert_eq!(bucket.take(200, RATE, start), Ok(()));
        assert_eq!(bucket.take(50, RATE, start), Err(500));
        assert_eq!(bucket.take(50, RATE, start.after_ms(499)), Err(1));
        assert_eq!(bucket.take(50, RATE, start.after_ms(500)), Ok(()));
    }

    #[test]
    fn what_is_owed_is_paid_before_anything_is_taken() {
        let start = Timestamp::from_millis(0);
        let mut bucket = Bucket::full(RATE, start);
        bucket.charge(150, RATE, start);
        assert_eq!(bucket.take(50, RATE, start), Ok(()));
        bucket.charge(300, RATE, start);
        assert_eq!(bucket.take(50, RATE, start), Err(3_500));
        assert_eq!(bucket.take(50, RATE, start.after_ms(3_499)), Err(1));
        assert_eq!(bucket.take(50, RATE, start.after_ms(3_500)), Ok(()));
    }

    #[test]
    fn what_is_larger_than_the_bucket_passes_when_it_is_full() {
        let start = Timestamp::from_millis(0);
        let mut bucket = Bucket::full(RATE, start);
        assert_eq!(bucket.take(1_000, RATE, start), Ok(()));
        assert_eq!(bucket.take(1_000, RATE, start), Err(2_000));
    }
}
