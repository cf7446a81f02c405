//! What the driver wants done on a connection: a queue between the two that costs next to nothing while it is empty.
//!
//! There is one of these for every connection, most of them idle, so it is a lock around a queue without room, where a
//! channel would hold blocks of memory in advance. Whatever has come together by the time the connection gets to run is
//! taken at once, and written and flushed together.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use smallvec::SmallVec;
use spotter_relay_protocol::CloseReason;
use tokio_tungstenite::tungstenite::Message;

use crate::limits::ORDERS;

/// What the driver wants done on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Say(Message),
    Ping,
    Close(CloseReason),
}

/// Orders that wait. Mostly it is one, which needs no memory of its own.
pub(crate) type Waiting = SmallVec<[Order; 1]>;

/// The driver's end. Dropping it cuts the connection at once.
#[derive(Debug)]
pub(crate) struct LinkHandle(Arc<Mutex<Queue>>);

/// The connection's end.
#[derive(Debug)]
pub(crate) struct Orders(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Waiting,
    /// One of the ends is gone: what waits is waited for by nobody.
    cut: bool,
    /// Whom to wake when there is something to take.
    taker: Option<Waker>,
}

/// The connection is not reading, or is gone already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotTaken;

/// The two ends of a new connection's orders.
pub(crate) fn orders() -> (LinkHandle, Orders) {
    let queue = Arc::default();
    (LinkHandle(Arc::clone(&queue)), Orders(queue))
}

impl LinkHandle {
    /// Puts an order behind those that wait.
    ///
    /// # Errors
    ///
    /// Too many wait already, or nobody is there to take them.
    pub(crate) fn give(&self, order: Order) -> Result<(), NotTaken> {
        let mut queue = lock(&self.0);
        if queue.cut || queue.waiting.len() >= ORDERS {
            return Err(NotTaken);
        }
        queue.waiting.push(order);
        let taker = queue.taker.take();
        drop(queue);
        taker.into_iter().for_each(Waker::wake);
        Ok(())
    }
}

impl Drop for LinkHandle {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.cut = true;
        let taker = queue.taker.take();
        drop(queue);
        taker.into_iter().for_each(Waker::wake);
    }
}

impl Orders {
    /// Takes everything that waits, or is ready with nothing once the connection is to be cut.
    pub(crate) fn poll_take(&self, cx: &Context<'_>) -> Poll<Option<Waiting>> {
        let mut queue = lock(&self.0);
        if queue.cut {
            return Poll::Ready(None);
        }
        if queue.waiting.is_empty() {
            queue.wait(cx);
            return Poll::Pending;
        }
        Poll::Ready(Some(mem::take(&mut queue.waiting)))
    }

    /// Is ready once the connection is to be cut, whatever waits before.
    pub(crate) fn poll_cut(&self, cx: &Context<'_>) -> Poll<()> {
        let mut queue = lock(&self.0);
        if queue.cut {
            return Poll::Ready(());
        }
        queue.wait(cx);
        Poll::Pending
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.cut = true;
        queue.waiting = Waiting::new();
    }
}

impl Queue {
    fn wait(&mut self, cx: &Context<'_>) {
        match &mut self.taker {
            Some(taker) => taker.clone_from(cx.waker()),
            None => self.taker = Some(cx.waker().clone()),
        }
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_came_together_is_taken_together_and_wakes_once() {
        let (woken, (handle, orders)) = (Arc::new(Woken::default()), orders());
        let waker = Waker::from(Arc::clone(&woken));
        let cx = Context::from_waker(&waker);
        assert!(orders.poll_take(&cx).is_pending());
        for _ in 0..3 {
            handle.give(Order::Ping).unwrap();
        }
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        let Poll::Ready(Some(taken)) = orders.poll_take(&cx) else {
            unreachable!("three were given");
        };
        assert_eq!(taken.len(), 3);
        assert!(orders.poll_take(&cx).is_pending());
    }

    #[test]
    fn a_connection_that_takes_nothing_is_given_no_more_than_the_bound() {
        let (handle, _orders) = orders();
        for _ in 0..ORDERS {
            handle.give(Order::Ping).unwrap();
        }
        assert_eq!(handle.give(Order::Ping), Err(NotTaken));
    }

    #[test]
    fn either_end_that_goes_ends_the_other() {
        let (woken, (handle, taking)) = (Arc::new(Woken::default()), orders());
        let waker = Waker::from(Arc::clone(&woken));
        let cx = Context::from_waker(&waker);
        assert!(taking.poll_cut(&cx).is_pending());
        handle.give(Order::Ping).unwrap();
        drop(handle);
        assert!(woken.0.load(Ordering::Relaxed) > 0);
        assert!(taking.poll_cut(&cx).is_ready());
        assert!(matches!(taking.poll_take(&cx), Poll::Ready(None)));

        let (handle, taking) = orders();
        drop(taking);
        assert_eq!(handle.give(Order::Ping), Err(NotTaken));
    }
}
