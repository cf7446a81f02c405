//! Means and slopes with their uncertainty: 95 % intervals by the percentile bootstrap over repetitions.
//!
//! The bootstrap assumes no distribution; counts of rare events have none that is convenient. Its draws follow from a
//! fixed seed, so that the same rows give the same intervals.

use std::ops::Range;

const RESAMPLES: usize = 2_000;

/// An estimate and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Estimate {
    /// As tables show it.
    pub(super) fn shown(&self) -> String {
        if self.low.to_bits() == self.high.to_bits() {
            return short(self.value);
        }
        format!(
            "{} ({}–{})",
            short(self.value),
            short(self.low),
            short(self.high)
        )
    }
}

/// Three digits that mean something.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    let digits = if size >= 100.0 || value.fract() == 0.0 {
        0
    } else if size >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

/// The mean of repetitions; none if there are none.
pub(super) fn mean(values: &[f64]) -> Option<Estimate> {
    let groups = [values.to_vec()];
    estimate(&groups, |groups| average(&groups[0]))
}

/// The slope of the logarithm of the mean over the logarithm of x, by least squares. Every x has its repetitions.
pub(super) fn log_log_slope(points: &[(f64, Vec<f64>)]) -> Option<Estimate> {
    let groups: Vec<Vec<f64>> = points.iter().map(|(_, values)| values.clone()).collect();
    estimate(&groups, |groups| {
        let logs = points.iter().zip(groups).filter_map(|((x, _), values)| {
            let mean = average(values)?;
            (mean > 0.0).then(|| (x.ln(), mean.ln()))
        });
        slope(&logs.collect::<Vec<_>>())
    })
}

/// What a statistic is, and between what 95 % of it lie when repetitions are drawn again within each group.
fn estimate(
    groups: &[Vec<f64>],
    statistic: impl Fn(&[Vec<f64>]) -> Option<f64>,
) -> Option<Estimate> {
    let value = statistic(groups)?;
    let mut chance = Chance(0x5EED);
    let mut drawn: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let again: Vec<Vec<f64>> = groups
                .iter()
                .map(|group| resampled(group, &mut chance))
                .collect();
            statistic(&again)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| {
        drawn
            .get((share * (drawn.len() - 1) as f64).round() as usize)
            .copied()
    };
    Some(Estimate {
        value,
        low: at(0.025)?,
        high: at(0.975)?,
    })
}

fn resampled(group: &[f64], chance: &mut Chance) -> Vec<f64> {
    (0..group.len())
        .map(|_| group[chance.below(0..group.len())])
        .collect()
}

fn average(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| {
        (x + point.0 / count, y + point.1 / count)
    });
    let across: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let along: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    (points.len() > 1).then(|| along / across)
}

/// Numbers that look like chance and follow from a seed (SplitMix64).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number of the range, which is not empty.
    pub(super) fn below(&mut self, range: Range<usize>) -> usize {
        range.start + (self.next() % range.len() as u64) as usize
    }

    /// A number of the range, which is not empty.
    pub(super) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_holds_the_mean_and_narrows_with_repetitions() {
        let values = |count: u32| (0..count).map(|n| f64::from(n % 10)).collect::<Vec<_>>();
        let (few, many) = (mean(&values(20)).unwrap(), mean(&values(500)).unwrap());
        assert!(few.low < 4.5 && 4.5 < few.high);
        assert!(many.high - many.low < (few.high - few.low) / 3.0);
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn what_never_varies_has_no_interval() {
        assert_eq!(mean(&[3.0, 3.0]).unwrap().shown(), "3");
    }

    #[test]
    fn a_square_has_a_slope_of_two() {
        let points: Vec<_> = [1.0, 2.0, 4.0, 8.0]
            .map(|x: f64| (x, vec![3.0 * x * x; 5]))
            .to_vec();
        let slope = log_log_slope(&points).unwrap();
        assert!((slope.value - 2.0).abs() < 1e-9);
    }
}
