//! Work for few threads, of which meets take turns: one that has much to do holds up its own readers and writers, and the
//! others by one piece each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotter_relay_protocol::MeetId;

/// What waits to be done. Clones share it.
#[derive(Debug)]
pub(crate) struct Turns<W> {
    waiting: Arc<Mutex<Waiting<W>>>,
    threads_max: usize,
}

#[derive(Debug)]
struct Waiting<W> {
    /// In the order it came, by meet; no meet without any.
    work: BTreeMap<MeetId, VecDeque<W>>,
    /// The same meets, the one whose turn is next in front.
    turns: VecDeque<MeetId>,
    threads: usize,
}

impl<W> Turns<W> {
    pub(crate) fn of_threads(threads_max: usize) -> Self {
        let waiting = Waiting {
            work: BTreeMap::new(),
            turns: VecDeque::new(),
            threads: 0,
        };
        Self {
            waiting: Arc::new(Mutex::new(waiting)),
            threads_max,
        }
    }

    /// Puts work behind that of its meet. Answers whether another thread has to begin, which then goes on until there is
    /// nothing left for it.
    #[must_use]
    pub(crate) fn add(&self, meet: MeetId, work: W) -> bool {
        let mut waiting = self.waiting();
        let of_meet = waiting.work.entry(meet).or_default();
        of_meet.push_back(work);
        if of_meet.len() == 1 {
            waiting.turns.push_back(meet);
        }
        let begins = waiting.threads < self.threads_max;
        waiting.threads += usize::from(begins);
        begins
    }

    /// What to do next; nothing, if the thread that asks is not needed any more.
    pub(crate) fn next(&self) -> Option<W> {
        let mut waiting = self.waiting();
        let Waiting {
            work,
            turns,
            threads,
        } = &mut *waiting;
        let next = turns.pop_front().and_then(|meet| {
            let of_meet = work.get_mut(&meet)?;
            let next = of_meet.pop_front();
            if of_meet.is_empty() {
                work.remove(&meet);
            } else {
                turns.push_back(meet);
            }
            next
        });
        if next.is_none() {
            *threads -= 1;
        }
        next
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<W>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> Clone for Turns<W> {
    fn clone(&self) -> Self {
        Self {
            waiting: Arc::clone(&self.waiting),
            threads_max: self.threads_max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meet_with_much_to_do_holds_up_another_by_one_piece() {
        let turns = Turns::of_threads(2);
        let [one, two, three] = [1, 2, 3].map(|n| MeetId::from_number(100_000_000 + n).unwrap());
        let begun = [
            turns.add(one, "1a"),
            turns.add(one, "1b"),
            turns.add(one, "1c"),
            turns.add(two, "2a"),
            turns.add(two, "2b"),
        ];
        assert_eq!(begun, [true, true, false, false, false]);
        assert_eq!([turns.next(), turns.next()], [Some("1a"), Some("2a")]);
        assert!(!turns.add(three, "3a"), "two threads are at it");
        let rest: Vec<&str> = std::iter::from_fn(|| turns.next()).collect();
        assert_eq!(rest, ["1b", "2b", "3a", "1c"]);
        assert!(turns.add(one, "1d"), "one of the threads has ended");
    }
}
