//! Delta debugging over a list.

/// The list without what can be left out: chunks of half its length first, then of a quarter, down to single items.
///
/// `keeps` says whether a shorter list still does what the whole one does.
pub(super) fn shortest<T: Clone>(mut items: Vec<T>, mut keeps: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut chunk = items.len().div_ceil(2);
    while chunk > 0 && !items.is_empty() {
        let mut removed = false;
        let mut at = items.len();
        // From the end, so that what later items rest on is still there while they are tried.
        while at > 0 {
            let begin = at.saturating_sub(chunk);
            let without: Vec<T> = [&items[..begin], &items[at..]].concat();
            if keeps(&without) {
                items = without;
                removed = true;
            }
            at = begin;
        }
        if chunk > 1 {
            chunk = chunk.div_ceil(2);
        } else if !removed {
            break;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_exactly_what_is_needed() {
        let all: Vec<u32> = (0..100).collect();
        let needed = [3, 50, 51, 99];
        let left = shortest(all, |list| needed.iter().all(|item| list.contains(item)));
        assert_eq!(left, needed);
    }

    #[test]
    fn nothing_is_left_where_nothing_is_needed() {
        assert!(shortest((0..7).collect(), |_: &[u32]| true).is_empty());
        assert!(shortest(Vec::<u32>::new(), |_| true).is_empty());
    }

    #[test]
    fn items_that_can_only_go_later_go_in_the_end() {
        // An item may be left out only if all larger ones are gone, or none is.
        let left = shortest((0..10_u32).collect(), |list| {
            let high = list.iter().copied().max().unwrap_or(0);
            list.len() as u32 == high + 1 && list.contains(&2)
        });
        assert_eq!(left, [0, 1, 2]);
    }
}
