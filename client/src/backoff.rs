//! How long to wait before connecting again.

use rand_core::Rng;

use crate::limits::{BACKOFF_FIRST_MS, BACKOFF_LONGEST_MS};

/// Counts failures in a row and gives a pause for each: doubled from half a second to thirty, then anything
/// between half of it and the whole, so that a hundred clients of a restarted relay do not come at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Notes one more failure and returns the pause before the next attempt.
    pub(crate) fn next_pause_ms(&mut self, rng: &mut impl Rng) -> u64 {
        let doubled = BACKOFF_FIRST_MS.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        jittered(doubled.min(BACKOFF_LONGEST_MS), rng)
    }

    /// Forgets the failures: the connection has been live for a while.
    pub(crate) fn forget(&mut self) {
        self.failures = 0;
    }
}

/// Anything between half of a pause and the whole.
pub(crate) fn jittered(pause_ms: u64, rng: &mut impl Rng) -> u64 {
    let half = pause_ms / 2;
    half + rng.next_u64() % (pause_ms - half + 1)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn pauses_grow_to_thirty_seconds_and_no_further() {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let mut backoff = Backoff::default();
        let pauses: Vec<u64> = (0..40).map(|_| backoff.next_pause_ms(&mut rng)).collect();
        assert!((250..=500).contains(&pauses[0]));
        assert!((500..=1_000).contains(&pauses[1]));
        assert!(pauses[10..].iter().all(|p| (15_000..=30_000).contains(p)));
    }

    #[test]
    fn two_clients_do_not_come_back_at_the_same_moment() {
        let pause = |seed| {
            let mut rng = ChaCha8Rng::from_seed([seed; 32]);
            let mut backoff = Backoff { failures: 6 };
            backoff.next_pause_ms(&mut rng)
        };
        assert_ne!(pause(1), pause(2));
    }

    #[test]
    fn after_a_steady_connection_the_first_pause_is_short_again() {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let mut backoff = Backoff { failures: 9 };
        backoff.forget();
        assert!(backoff.next_pause_ms(&mut rng) <= 500);
    }
}
