//! Percentiles by nearest rank: always a number that was measured.

/// Measured numbers, in order.
#[derive(Debug)]
pub(super) struct Sorted(Vec<f64>);

impl Sorted {
    pub(super) fn new(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        Self(numbers)
    }

    /// The smallest number that at least `share` percent of all do not exceed; none if nothing was measured.
    pub(super) fn percentile(&self, share: usize) -> Option<f64> {
        let rank = (self.0.len() * share).div_ceil(100).max(1);
        self.0.get(rank - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Sorted;

    #[test]
    fn a_percentile_is_a_number_that_was_measured() {
        let ten = Sorted::new((1..=10).rev().map(f64::from).collect());
        assert_eq!(ten.percentile(50), Some(5.0));
        assert_eq!(ten.percentile(95), Some(10.0));
        assert_eq!(ten.percentile(0), Some(1.0));
        assert_eq!(Sorted::new(Vec::new()).percentile(50), None);
    }
}
