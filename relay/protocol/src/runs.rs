//! Numbers that follow one another, told by the first and how many there are: what is said of a thousand changes
//! must not be a thousand times as long as what is said of one.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::PACKED_CHANGES_MAX;

/// Rising numbers as `[first, count]` pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(Vec<(u64, u64)>);

impl Runs {
    /// The runs of these numbers, in their order.
    pub fn of(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            match runs.last_mut() {
                Some((first, count)) if first.checked_add(*count) == Some(number) => *count += 1,
                Some(_) | None => runs.push((number, 1)),
            }
        }
        Self(runs)
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The numbers.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        self.0
            .iter()
            .flat_map(|(first, count)| *first..first + count)
    }

    /// The last number.
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|(first, count)| first + count - 1)
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Runs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let runs = Vec::<(u64, u64)>::deserialize(deserializer)?;
        let mut left = PACKED_CHANGES_MAX as u64;
        for (first, count) in &runs {
            left = check_run(*first, *count, left).map_err(de::Error::custom)?;
        }
        Ok(Self(runs))
    }
}

/// Whether a run has numbers, none of them too large, and no more than there may be; how many are left then.
pub(crate) fn check_run(first: u64, count: u64, left: u64) -> Result<u64, &'static str> {
    if count == 0 {
        return Err("a run of no numbers");
    }
    if first.checked_add(count).is_none() {
        return Err("a run beyond the largest number");
    }
    left.checked_sub(count)
        .ok_or("more numbers than a message may name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_from_their_runs() {
        let numbers = [3, 4, 5, 9, 10, 2];
        let runs = Runs::of(numbers);
        assert_eq!(serde_json::to_string(&runs).unwrap(), "[[3,3],[9,2],[2,1]]");
        assert_eq!(runs.numbers().collect::<Vec<_>>(), numbers);
        assert_eq!((runs.count(), runs.last()), (6, Some(2)));
    }

    #[test]
    fn absurd_runs_are_refused() {
        for text in [
            "[[1,0]]",
            "[[18446744073709551615,1]]",
            "[[1,10001]]",
            "[[1,6000],[7000,6000]]",
            "[[1]]",
        ] {
            assert!(serde_json::from_str::<Runs>(text).is_err(), "{text}");
        }
    }
}
