//! What is said of many values.

use std::collections::BTreeMap;

/// Mean and the half width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    /// How many values.
    pub(crate) count: usize,
    /// Their mean.
    pub(crate) mean: f64,
    /// Half of the interval; 0 for a single value.
    pub(crate) half: f64,
}

/// Of values; `None` of none. The interval takes the mean as normally distributed, with Student's factor for few values.
pub(crate) fn mean(values: &[f64]) -> Option<Mean> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = match count {
        1 => 0.0,
        _ => student(count - 1) * (squares / (count - 1) as f64).sqrt() / (count as f64).sqrt(),
    };
    Some(Mean { count, mean, half })
}

/// The value that 97.5 % of Student's distribution lies below.
fn student(freedom: usize) -> f64 {
    let table = BTreeMap::from([
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (6, 2.447),
        (8, 2.306),
        (10, 2.228),
        (15, 2.131),
        (20, 2.086),
        (30, 2.042),
        (60, 2.0),
        (120, 1.98),
    ]);
    // The entry of the next fewer degrees errs on the side of a wider interval.
    let entry = table.range(..=freedom).next_back();
    match freedom {
        121.. => 1.96,
        _ => entry.map_or(1.96, |(_, factor)| *factor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_textbook() {
        let told = mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((told.mean - 3.0).abs() < 1e-12);
        assert!((told.half - 2.776 * (2.5_f64).sqrt() / 5_f64.sqrt()).abs() < 1e-9);
        assert_eq!(mean(&[7.0]).map(|told| told.half), Some(0.0));
        assert_eq!(mean(&[]), None);
    }
}
