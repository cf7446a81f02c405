//! Everything that is drawn while a plan is made.
//!
//! Each concern draws from a stream of its own, so that adding a fault does not change what people type. Logarithms and
//! the like come from `libm`, which gives the same bits on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// A stream of draws.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    stream: ChaCha8Rng,
}

impl Dice {
    /// The stream of a concern under a seed. Of the name, the first 24 bytes count.
    pub(crate) fn of(seed: u64, concern: &str) -> Self {
        let mut key = [0; 32];
        let (number, name) = key.split_at_mut(8);
        number.copy_from_slice(&seed.to_le_bytes());
        for (byte, letter) in name.iter_mut().zip(concern.bytes()) {
            *byte = letter;
        }
        Self {
            stream: ChaCha8Rng::from_seed(key),
        }
    }

    /// Any number.
    pub(crate) fn any(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// From 0 up to, and without, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.any() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below a bound; 0 if the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.any()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A place in a list of this length; 0 for an empty one.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    /// From `min` to `max`, both possible.
    pub(crate) fn between(&mut self, min: u64, max: u64) -> u64 {
        min + self.below(max.saturating_sub(min).saturating_add(1))
    }

    /// Whether something of this likelihood happens.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of a list.
    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.index(of.len()))
    }

    /// Around 0 with deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Waiting for something that comes about every `mean` milliseconds.
    pub(crate) fn exponential_ms(&mut self, mean: u64) -> u64 {
        self.waiting_ms(ms(mean))
    }

    /// Likewise, for means that are no whole milliseconds. At most a hundred means.
    pub(crate) fn waiting_ms(&mut self, mean: f64) -> u64 {
        whole(-mean * libm::log(1.0 - self.unit()))
    }

    /// Around a median.
    pub(crate) fn log_normal_ms(&mut self, median: u64, sigma: f64) -> u64 {
        whole(ms(median) * libm::exp(sigma * self.normal()))
    }
}

/// Milliseconds as a double.
#[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53 ms")]
pub(crate) fn ms(whole: u64) -> f64 {
    whole as f64
}

/// The nearest whole number of milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative ones become 0, large ones saturate"
)]
pub(crate) fn whole(ms: f64) -> u64 {
    libm::round(ms) as u64
}

/// The moment that lies this share of the way from one to another.
pub(crate) fn along(from: u64, to: u64, share: f64) -> u64 {
    from + whole(ms(to.saturating_sub(from)) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_concern_give_the_same_draws_on_every_machine() {
        let mut dice = Dice::of(7, "people");
        let drawn: Vec<u64> = (0..3).map(|_| dice.below(1_000_000)).collect();
        let lengths = [dice.exponential_ms(60_000), dice.log_normal_ms(60_000, 1.0)];
        assert_eq!(
            (drawn, lengths),
            (vec![334_960, 385_850, 213_546], [87_330, 31_591])
        );
    }

    #[test]
    fn concerns_draw_apart() {
        assert_ne!(Dice::of(7, "people").any(), Dice::of(7, "trouble").any());
    }

    #[test]
    fn waiting_takes_its_mean_on_average() {
        let mut dice = Dice::of(1, "mean");
        let sum: u64 = (0..10_000).map(|_| dice.exponential_ms(1_000)).sum();
        assert!((9_500_000..10_500_000).contains(&sum), "{sum}");
    }
}
