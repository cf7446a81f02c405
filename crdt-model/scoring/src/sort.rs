//! Sorting as OpenLifter's browser does.
//!
//! OpenLifter's comparisons contradict themselves where only some lifters have lots: A before B, B before C, C before
//! A. The library's own sort may panic at that, and the outcome depends on which comparisons are made. So these are
//! the comparisons that V8 makes: up to 63 items come out as they do in Chrome, more come out so wherever the comparison
//! is consistent.

use std::cmp::Ordering;

/// Items that are sorted by insertion.
const RUN_MAX: usize = 63;

/// Sorts stably. Never panics, whatever the comparison says.
pub(crate) fn sort<T: Copy>(items: &mut [T], compare: &dyn Fn(&T, &T) -> Ordering) {
    if items.len() <= RUN_MAX {
        insert_all(items, compare);
        return;
    }
    let (left, right) = items.split_at_mut(items.len() / 2);
    sort(left, compare);
    sort(right, compare);
    let merged = merge(left, right, compare);
    items.copy_from_slice(&merged);
}

fn insert_all<T: Copy>(items: &mut [T], compare: &dyn Fn(&T, &T) -> Ordering) {
    for start in first_run(items, compare)..items.len() {
        let pivot = items[start];
        let (mut left, mut right) = (0, start);
        while left < right {
            let middle = left + (right - left) / 2;
            if compare(&pivot, &items[middle]).is_lt() {
                right = middle;
            } else {
                left = middle + 1;
            }
        }
        items.copy_within(left..start, left + 1);
        items[left] = pivot;
    }
}

/// How many items in front stand in order already; if they stand strictly in reverse, they are turned round.
fn first_run<T: Copy>(items: &mut [T], compare: &dyn Fn(&T, &T) -> Ordering) -> usize {
    if items.len() < 2 {
        return items.len();
    }
    let falls = |at: usize| compare(&items[at], &items[at - 1]).is_lt();
    let falling = falls(1);
    let end = (2..items.len()).find(|&at| falls(at) != falling);
    let length = end.unwrap_or(items.len());
    if falling {
        items[..length].reverse();
    }
    length
}

fn merge<T: Copy>(mut left: &[T], mut right: &[T], compare: &dyn Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let ([first, left_rest @ ..], [other, right_rest @ ..]) = (left, right) {
        if compare(other, first).is_lt() {
            merged.push(*other);
            right = right_rest;
        } else {
            merged.push(*first);
            left = left_rest;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    merged
}

/// JavaScript's order of texts: by UTF-16 unit.
pub(crate) fn compare_texts(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// The order of two weights. No number that was read is NaN.
pub(crate) fn compare_numbers(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use quickcheck_macros::quickcheck;

    use super::*;

    #[quickcheck]
    fn a_consistent_comparison_sorts_like_the_library(keys: Vec<u8>) -> bool {
        let many = keys.iter().cycle().take(keys.len() * 7);
        let mut ours: Vec<(u8, usize)> = many.copied().zip(0..).collect();
        let mut theirs = ours.clone();
        theirs.sort_by_key(|(key, _)| *key);
        sort(&mut ours, &|a, b| a.0.cmp(&b.0));
        ours == theirs
    }

    #[quickcheck]
    fn an_inconsistent_comparison_still_gives_a_permutation(verdicts: Vec<bool>) -> bool {
        let count = verdicts.len() * 3;
        let mut items: Vec<usize> = (0..count).collect();
        sort(&mut items, &|a, b| {
            if verdicts[(a * 31 + b * 17) % verdicts.len()] {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        });
        items.sort_unstable();
        items == (0..count).collect::<Vec<_>>()
    }

    #[test]
    fn texts_are_compared_by_utf_16_unit() {
        assert_eq!(compare_texts("\u{FFFD}", "\u{1F600}"), Ordering::Greater);
        assert_eq!(compare_texts("Ann", "Anna"), Ordering::Less);
    }
}
