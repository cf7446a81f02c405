//! One meet on display: the task that holds its document and its feeds, fed by whoever embeds this.
//!
//! It lives as long as somebody holds a [`Stage`], which everybody does who may read; what is computed is computed on
//! threads that may take their time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use spotter_display::{Display, Epoch, NoView, Order, ReaderId, Rule, Snapshot};
use spotter_model::{Change, ChangeHash, Meet, Screen};
use spotter_relay_protocol::CloseReason;
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::sleep_until;

use crate::clock;
use crate::limits::{INBOX, OUTBOX, SIGN_OF_LIFE_EVERY};

/// How displays of a meet are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Updates that are kept for readers that connect.
    pub overlap: usize,
    /// Readers of the meet's feeds at once.
    pub readers_max: usize,
}

/// A meet on display. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Stage(mpsc::Sender<Said>);

/// A meet on display, for whoever must not keep it there.
#[derive(Clone, Debug)]
pub struct StageRef(mpsc::WeakSender<Said>);

/// What goes to one reader.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    Say(Arc<str>),
    Close(CloseReason),
}

/// Why somebody who may read is shown nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotShown {
    /// There is no such view, or none yet.
    No(NoView),
    /// As many read as may.
    Full,
    /// The stage is gone.
    Gone,
}

#[derive(Debug)]
enum Said {
    Begin(ChangeHash),
    Changes {
        changes: Vec<Change>,
        caught_up: bool,
        taken: oneshot::Sender<()>,
    },
    Snapshot {
        screen: Screen,
        answer: oneshot::Sender<Result<Snapshot, NotShown>>,
    },
    Open {
        screen: Screen,
        rule: Rule,
        answer: oneshot::Sender<Result<Seat, NotShown>>,
    },
    Heard {
        reader: ReaderId,
        text: String,
    },
    Left(ReaderId),
}

impl Said {
    /// Whether somebody waits for the meet to be shown.
    fn asks(&self) -> bool {
        match self {
            Self::Snapshot { .. } | Self::Open { .. } => true,
            Self::Begin(_) | Self::Changes { .. } | Self::Heard { .. } | Self::Left(_) => false,
        }
    }
}

/// A reader's place. What it is sent comes out of `orders`, and it is cut off where that ends.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) reader: ReaderId,
    pub(crate) orders: mpsc::Receiver<Out>,
}

impl Stage {
    /// A stage for a meet of which nothing has been told yet.
    pub fn open(setup: Setup) -> Self {
        let (said, inbox) = mpsc::channel(INBOX);
        let task = Task {
            board: Some(Box::new(Board {
                meet: None,
                display: Display::new(next_epoch(), setup.overlap),
            })),
            setup,
            readers: Vec::new(),
            next_reader: 1,
            caught_up: false,
        };
        tokio::spawn(task.run(inbox));
        Self(said)
    }

    /// Something that does not keep the stage.
    pub fn downgrade(&self) -> StageRef {
        StageRef(self.0.downgrade())
    }

    /// From now on the stage shows the meet with this genesis, of which it holds nothing.
    pub async fn begin(&self, root: ChangeHash) {
        let _ = self.0.send(Said::Begin(root)).await;
    }

    /// Takes in changes in the order in which they were admitted. With `caught_up` they are all there are at present;
    /// nothing is shown before the first of these. Returns once they have been taken in.
    pub async fn changes(&self, changes: Vec<Change>, caught_up: bool) {
        let (taken, done) = oneshot::channel();
        let said = Said::Changes {
            changes,
            caught_up,
            taken,
        };
        if self.0.send(said).await.is_ok() {
            let _ = done.await;
        }
    }

    pub(crate) async fn snapshot(&self, screen: Screen) -> Result<Snapshot, NotShown> {
        let (answer, answered) = oneshot::channel();
        self.ask(Said::Snapshot { screen, answer }, answered).await
    }

    pub(crate) async fn open_reader(&self, screen: Screen, rule: Rule) -> Result<Seat, NotShown> {
        let (answer, answered) = oneshot::channel();
        let said = Said::Open {
            screen,
            rule,
            answer,
        };
        self.ask(said, answered).await
    }

    pub(crate) async fn heard(&self, reader: ReaderId, text: String) {
        let _ = self.0.send(Said::Heard { reader, text }).await;
    }

    pub(crate) async fn left(&self, reader: ReaderId) {
        let _ = self.0.send(Said::Left(reader)).await;
    }

    async fn ask<T>(
        &self,
        said: Said,
        answered: oneshot::Receiver<Result<T, NotShown>>,
    ) -> Result<T, NotShown> {
        self.0.send(said).await.map_err(|_| NotShown::Gone)?;
        answered.await.unwrap_or(Err(NotShown::Gone))
    }
}

impl StageRef {
    /// The stage, if anybody still needs it.
    pub fn upgrade(&self) -> Option<Stage> {
        self.0.upgrade().map(Stage)
    }
}

/// What is computed with.
#[derive(Debug)]
struct Board {
    meet: Option<HeldMeet>,
    display: Display,
}

/// A meet, which says nothing of itself in logs.
struct HeldMeet(Meet);

impl std::fmt::Debug for HeldMeet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeldMeet({})", self.0.len())
    }
}

struct Task {
    /// Away only while a thread computes with it; lost if that thread dies, and the stage with it.
    board: Option<Box<Board>>,
    setup: Setup,
    /// Ordered by number, since numbers rise.
    readers: Vec<(ReaderId, mpsc::Sender<Out>)>,
    next_reader: u64,
    /// Whether everything that there was has been taken in once.
    caught_up: bool,
}

/// A thread died while it computed.
struct Lost;

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Said>) {
        let mut waiting = Vec::new();
        let mut next_sign = clock::after(SIGN_OF_LIFE_EVERY);
        loop {
            let said = tokio::select! {
                said = inbox.recv() => match said {
                    Some(said) => said,
                    None => return,
                },
                () = sleep_until(next_sign) => {
                    next_sign = clock::after(SIGN_OF_LIFE_EVERY);
                    if !self.readers.is_empty()
                        && self.work(|board| ((), board.display.signs_of_life())).await.is_err()
                    {
                        return;
                    }
                    continue;
                }
            };
            // Whoever asks before the meet is here waits for it, and not for ever: they have deadlines of their own.
            if said.asks() && !self.caught_up {
                waiting.push(said);
                continue;
            }
            if self.hear(said).await.is_err() {
                return;
            }
            if self.caught_up {
                for said in waiting.drain(..) {
                    if self.hear(said).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn hear(&mut self, said: Said) -> Result<(), Lost> {
        match said {
            Said::Begin(root) => {
                self.caught_up = false;
                // Revisions of what was shown before count for nothing any more.
                let overlap = self.setup.overlap;
                self.readers.clear();
                self.work(move |board| {
                    board.meet = Some(HeldMeet(Meet::open(root)));
                    board.display = Display::new(next_epoch(), overlap);
                    ((), Vec::new())
                })
                .await
            }
            Said::Changes {
                changes,
                caught_up,
                taken,
            } => {
                let is_shown = caught_up || self.caught_up;
                self.work(move |board| ((), board.take(&changes, is_shown)))
                    .await?;
                self.caught_up |= caught_up;
                let _ = taken.send(());
                Ok(())
            }
            Said::Snapshot { screen, answer } => {
                let snapshot = self.work(move |board| board.snapshot(screen)).await?;
                let _ = answer.send(snapshot);
                Ok(())
            }
            Said::Open {
                screen,
                rule,
                answer,
            } => self.open(screen, rule, answer).await,
            Said::Heard { reader, text } => {
                self.work(move |board| {
                    let order = board.display.heard(reader, &text);
                    ((), order.into_iter().collect())
                })
                .await
            }
            Said::Left(reader) => {
                self.forget(reader);
                self.work(move |board| {
                    board.display.close(reader);
                    ((), Vec::new())
                })
                .await
            }
        }
    }

    async fn open(
        &mut self,
        screen: Screen,
        rule: Rule,
        answer: oneshot::Sender<Result<Seat, NotShown>>,
    ) -> Result<(), Lost> {
        if self.readers.len() >= self.setup.readers_max {
            let _ = answer.send(Err(NotShown::Full));
            return Ok(());
        }
        let reader = ReaderId(self.next_reader);
        self.next_reader += 1;
        // Room for the whole overlap, however much of it is kept.
        let (orders, taken) = mpsc::channel(OUTBOX + self.setup.overlap);
        self.readers.push((reader, orders));
        let outcome = self
            .work(move |board| board.open(reader, screen, rule))
            .await?;
        if outcome.is_err() {
            self.forget(reader);
        }
        let seat = outcome.map(|()| Seat {
            reader,
            orders: taken,
        });
        if answer.send(seat).is_err() {
            self.forget(reader);
            return self
                .work(move |board| {
                    board.display.close(reader);
                    ((), Vec::new())
                })
                .await;
        }
        Ok(())
    }

    /// Computes on a thread that may take its time, and hands out what comes of it.
    async fn work<T: Send + 'static>(
        &mut self,
        compute: impl FnOnce(&mut Board) -> (T, Vec<Order>) + Send + 'static,
    ) -> Result<T, Lost> {
        let mut board = self.board.take().ok_or(Lost)?;
        let computed = spawn_blocking(move || {
            let (result, orders) = compute(&mut board);
            (board, result, orders)
        });
        let (board, result, orders) = computed.await.map_err(|_| Lost)?;
        self.board = Some(board);
        for order in orders {
            self.give(order);
        }
        Ok(result)
    }

    /// Hands an order to a reader's connection. A reader that has too many waiting is not reading, and is cut off.
    fn give(&mut self, order: Order) {
        let (reader, out) = match order {
            Order::Send { reader, text } => (reader, Out::Say(text)),
            Order::Close { reader, why } => {
                tracing::debug!(reader = reader.0, why, "a display made no sense");
                (reader, Out::Close(CloseReason::Malformed))
            }
        };
        let is_closing = matches!(out, Out::Close(_));
        let Ok(at) = self.readers.binary_search_by_key(&reader, |known| known.0) else {
            return;
        };
        let (_, orders) = &self.readers[at];
        if orders.try_send(out).is_err() || is_closing {
            self.readers.remove(at);
            if let Some(board) = &mut self.board {
                board.display.close(reader);
            }
        }
    }

    fn forget(&mut self, reader: ReaderId) {
        self.readers.retain(|(known, _)| *known != reader);
    }
}

impl Board {
    fn take(&mut self, changes: &[Change], is_shown: bool) -> Vec<Order> {
        let Some(HeldMeet(meet)) = &mut self.meet else {
            return Vec::new();
        };
        let refused = meet
            .receive_quietly(changes)
            .into_iter()
            .filter(|(_, verdict)| verdict.is_err())
            .count();
        if refused > 0 {
            tracing::warn!(refused, "a display was told of changes that it must refuse");
        }
        // Nobody asks this copy what happened on its screen.
        drop(meet.take_events());
        if is_shown {
            self.display.changed(meet, clock::wall_ms())
        } else {
            Vec::new()
        }
    }

    fn snapshot(&mut self, screen: Screen) -> (Result<Snapshot, NotShown>, Vec<Order>) {
        let Some(HeldMeet(meet)) = &mut self.meet else {
            return (Err(NotShown::No(NoView::NotHere)), Vec::new());
        };
        match self.display.snapshot(meet, screen, clock::wall_ms()) {
            Ok((snapshot, orders)) => (Ok(snapshot), orders),
            Err(no) => (Err(NotShown::No(no)), Vec::new()),
        }
    }

    fn open(
        &mut self,
        reader: ReaderId,
        screen: Screen,
        rule: Rule,
    ) -> (Result<(), NotShown>, Vec<Order>) {
        let Some(HeldMeet(meet)) = &mut self.meet else {
            return (Err(NotShown::No(NoView::NotHere)), Vec::new());
        };
        let now = clock::wall_ms();
        match self.display.open(meet, reader, (screen, rule), now) {
            Ok(orders) => (Ok(()), orders),
            Err(no) => (Err(NotShown::No(no)), Vec::new()),
        }
    }
}

/// Epochs of one process rise, whatever its clock does.
fn next_epoch() -> Epoch {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = Epoch::beginning(clock::wall_ms(), 0).first();
    let raise = |last: u64| Some(now.max(last.saturating_add(1_000_000)));
    let before = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, raise);
    let before = before.unwrap_or_default();
    Epoch::at(raise(before).unwrap_or(now))
}

#[cfg(test)]
mod tests;
