//! Several worlds at a time; results come in the order of what was asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// So many threads.
pub(super) struct Pool {
    threads: usize,
}

impl Pool {
    pub(super) fn new(jobs: Option<u16>) -> Self {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads: jobs.map_or_else(cores, usize::from),
        }
    }

    /// Does the same with each, and gives the results in order.
    pub(super) fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..self.threads.min(items.len()) {
                scope.spawn(|| {
                    while let place = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(item) = items.get(place)
                    {
                        let result = work(item);
                        if let Ok(mut done) = done.lock() {
                            done.push((place, result));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(place, _)| *place);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_what_was_asked() {
        let items: Vec<u32> = (0..100).collect();
        let squares = Pool::new(Some(4)).each(&items, |item| item * item);
        assert_eq!(
            squares,
            items.iter().map(|item| item * item).collect::<Vec<_>>()
        );
    }
}
