//! Does on a store what the machine asks: what concerns one meet in the order asked, different meets side by side.
//!
//! Appends of different meets are done together, since the store can make them durable with one sync: whatever comes while
//! one lot is on its way to the disk is the next lot, and the driver hears of a lot in one message. One thread does all of
//! them. It is woken once for a lot and wakes the driver once, and only after the lock between the two has been let go
//! of: on a single core, whoever is woken earlier runs against that lock and has to be woken again.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use spotter_relay::{Action, BatchId, CreateTrouble, Input, LogEntry, OpenTrouble, StoreTrouble};
use spotter_relay_protocol::MeetId;
use spotter_relay_store::{LogHead, LogStore, StoreError};
use tokio::sync::mpsc;

use crate::clock::{self, Stopwatch};
use crate::driver::Told;
use crate::limits::{APPENDED_TOGETHER, APPENDER_STAYS, CLOSED_SIDE_BY_SIDE, SHARED_SYNC_EVERY};

/// Hands actions to threads that may wait for a disk. Clones act on the same store.
#[derive(Clone)]
pub(crate) struct Storage {
    store: Arc<dyn LogStore>,
    inbox: mpsc::Sender<Told>,
    work: Arc<Mutex<Work>>,
    /// Wakes the appending thread.
    more: Arc<Condvar>,
}

#[derive(Debug, Default)]
struct Work {
    /// Per meet, what waits. Invariant: a meet is in here exactly while a thread works for it, or its append is among
    /// those that come next.
    waiting: BTreeMap<MeetId, VecDeque<Action>>,
    /// Appends that come next, at most one to a meet.
    appends: Vec<Append>,
    appender: Appender,
    /// Whether nothing will be asked any more.
    closing: bool,
    /// The meets whose files are open.
    open: BTreeSet<MeetId>,
}

/// What the appending thread is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Appender {
    /// There is none.
    #[default]
    None,
    /// It waits to be woken.
    Waiting,
    /// It will look for more by itself.
    Busy,
}

/// What is to be done once the lock on the work has been let go of.
#[derive(Debug)]
enum Begun {
    /// An appending thread has to be started.
    Appender,
    /// The appending thread has to be woken.
    More,
    /// A thread has to do this for a meet.
    Action(MeetId, Action),
}

/// What one meet wants appended.
#[derive(Debug)]
struct Append {
    meet: MeetId,
    batch: BatchId,
    entries: Vec<LogEntry>,
}

impl Storage {
    pub(crate) fn new(store: Arc<dyn LogStore>, inbox: mpsc::Sender<Told>) -> Self {
        Self {
            store,
            inbox,
            work: Arc::default(),
            more: Arc::default(),
        }
    }

    /// Has an action done that concerns a meet's files. Others are ignored.
    pub(crate) fn perform(&self, action: Action) {
        let Some(meet) = meet_of(&action) else { return };
        let begun = {
            let mut work = self.work();
            match work.waiting.entry(meet) {
                Entry::Occupied(mut waiting) => {
                    waiting.get_mut().push_back(action);
                    None
                }
                Entry::Vacant(none) => {
                    none.insert(VecDeque::new());
                    work.begin(meet, action)
                }
            }
        };
        self.go_about(begun);
    }

    fn go_about(&self, begun: impl IntoIterator<Item = Begun>) {
        for begun in begun {
            match begun {
                Begun::More => self.more.notify_one(),
                Begun::Appender => {
                    let storage = self.clone();
                    tokio::task::spawn_blocking(move || storage.append_all());
                }
                Begun::Action(meet, action) => {
                    let storage = self.clone();
                    tokio::task::spawn_blocking(move || storage.work_for(meet, action));
                }
            }
        }
    }

    /// Appends whatever comes, lot after lot, until nothing has come for a while.
    fn append_all(&self) {
        while let Some(appends) = self.next_lot() {
            let begun = Stopwatch::start();
            // A bug in the store must not stop the meets that come after.
            let appended = catch_unwind(AssertUnwindSafe(|| self.append(&appends)));
            let inputs = appended.unwrap_or_else(|_| failed(&appends));
            let _ = self.inbox.blocking_send(Told::Done(inputs));
            let next: Vec<Begun> = {
                let mut work = self.work();
                let meets = appends.iter().map(|append| append.meet);
                meets.filter_map(|meet| work.go_on(meet)).collect()
            };
            self.go_about(next);
            if appends.len() > 1 {
                clock::rest(SHARED_SYNC_EVERY.saturating_sub(begun.passed()));
            }
        }
    }

    /// Waits for appends and takes those to be done next; none, if the thread is to end.
    fn next_lot(&self) -> Option<Vec<Append>> {
        let mut work = self.work();
        while work.appends.is_empty() {
            if work.closing || work.appender == Appender::Waiting {
                work.appender = Appender::None;
                return None;
            }
            work.appender = Appender::Waiting;
            let waited = self.more.wait_timeout_while(work, APPENDER_STAYS, |work| {
                work.appends.is_empty() && !work.closing
            });
            work = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        work.appender = Appender::Busy;
        let count = work.appends.len().min(APPENDED_TOGETHER);
        let rest = work.appends.split_off(count);
        Some(std::mem::replace(&mut work.appends, rest))
    }

    /// Appends a lot, and says what the machine is to be told.
    fn append(&self, appends: &[Append]) -> Vec<Input> {
        let lists: Vec<(MeetId, &[LogEntry])> = appends
            .iter()
            .map(|append| (append.meet, &append.entries[..]))
            .collect();
        let outcomes = self.store.append_many(&lists);
        let told = |(append, outcome): (&Append, Result<u64, StoreError>)| {
            let &Append { meet, batch, .. } = append;
            match outcome {
                Ok(_) => Input::Appended { meet, batch },
                Err(error) => Input::AppendFailed {
                    meet,
                    batch,
                    trouble: trouble(&error),
                },
            }
        };
        appends.iter().zip(outcomes).map(told).collect()
    }

    /// Closes every meet, so that the end of each log is protected. For when nothing is asked any more.
    pub(crate) fn close_all(&self) {
        let open: Vec<MeetId> = {
            let mut work = self.work();
            work.closing = true;
            std::mem::take(&mut work.open).into_iter().collect()
        };
        self.more.notify_all();
        let share = open.len().div_ceil(CLOSED_SIDE_BY_SIDE).max(1);
        std::thread::scope(|scope| {
            for meets in open.chunks(share) {
                scope.spawn(|| meets.iter().for_each(|&meet| self.close(meet)));
            }
        });
    }

    fn close(&self, meet: MeetId) {
        if let Err(error) = self.store.close(meet) {
            tracing::warn!(%meet, trouble = words(&error), "closed without a mark");
        }
    }

    /// Does one action, and begins whatever has come to wait behind it.
    fn work_for(&self, meet: MeetId, action: Action) {
        if let Some(input) = self.act(action) {
            let _ = self.inbox.blocking_send(Told::Happened(input));
        }
        let next = self.work().go_on(meet);
        self.go_about(next);
    }

    fn act(&self, action: Action) -> Option<Input> {
        let store = &self.store;
        Some(match action {
            Action::CreateMeet {
                meet,
                log_id,
                root,
                records,
            } => {
                let head = LogHead { meet, log_id, root };
                let outcome = self.opened(meet, store.create(&head, &records));
                Input::MeetCreated {
                    meet,
                    outcome: outcome.map_err(create_trouble),
                }
            }
            Action::OpenMeet { meet } => {
                let outcome = self.opened(meet, store.open(meet)).map(|opened| {
                    if let Some(repaired) = opened.repaired {
                        tracing::warn!(%meet, repaired, "repaired");
                    }
                    opened.meet
                });
                Input::MeetOpened {
                    meet,
                    outcome: outcome.map_err(open_trouble),
                }
            }
            Action::ReadLog {
                meet,
                read,
                after,
                bytes_max,
            } => Input::LogRead {
                meet,
                read,
                outcome: store
                    .read(meet, after, bytes_max)
                    .map_err(|error| trouble(&error)),
            },
            Action::SaveRecords {
                meet,
                save,
                records,
            } => Input::RecordsSaved {
                meet,
                save,
                outcome: store
                    .save_records(meet, &records)
                    .map_err(|error| trouble(&error)),
            },
            Action::SavePublication {
                meet,
                save,
                publication,
            } => Input::PublicationSaved {
                meet,
                save,
                outcome: store
                    .publish(meet, &publication)
                    .map(drop)
                    .map_err(|error| trouble(&error)),
            },
            Action::FinishMeet { meet, save } => Input::MeetFinished {
                meet,
                save,
                outcome: store.finish(meet).map_err(|error| trouble(&error)),
            },
            Action::CloseMeet { meet } => {
                self.work().open.remove(&meet);
                self.close(meet);
                return None;
            }
            // Appends are done together, by `append_all`.
            Action::Append { .. }
            | Action::Send { .. }
            | Action::PackLog { .. }
            | Action::KeepPack { .. }
            | Action::Close { .. }
            | Action::Ping { .. }
            | Action::Unpack { .. }
            | Action::HashPassword { .. }
            | Action::Event(_)
            | Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Drained => return None,
        })
    }

    fn opened<T>(&self, meet: MeetId, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if outcome.is_ok() {
            self.work().open.insert(meet);
        }
        outcome
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    /// Begins an action for a meet for which nothing is under way.
    fn begin(&mut self, meet: MeetId, action: Action) -> Option<Begun> {
        let Action::Append {
            meet,
            batch,
            entries,
        } = action
        else {
            return Some(Begun::Action(meet, action));
        };
        self.appends.push(Append {
            meet,
            batch,
            entries,
        });
        match std::mem::replace(&mut self.appender, Appender::Busy) {
            Appender::None => Some(Begun::Appender),
            Appender::Waiting => Some(Begun::More),
            Appender::Busy => None,
        }
    }

    /// Begins what has come to wait at a meet meanwhile.
    fn go_on(&mut self, meet: MeetId) -> Option<Begun> {
        match self.waiting.get_mut(&meet)?.pop_front() {
            Some(next) => self.begin(meet, next),
            None => {
                self.waiting.remove(&meet);
                None
            }
        }
    }
}

/// What the machine is told of a lot of which nobody knows what became.
fn failed(appends: &[Append]) -> Vec<Input> {
    let failed = |&Append { meet, batch, .. }: &Append| Input::AppendFailed {
        meet,
        batch,
        trouble: StoreTrouble::Unavailable("a bug has stopped the append".to_owned()),
    };
    appends.iter().map(failed).collect()
}

fn meet_of(action: &Action) -> Option<MeetId> {
    match action {
        Action::CreateMeet { meet, .. }
        | Action::OpenMeet { meet }
        | Action::ReadLog { meet, .. }
        | Action::Append { meet, .. }
        | Action::SaveRecords { meet, .. }
        | Action::SavePublication { meet, .. }
        | Action::FinishMeet { meet, .. }
        | Action::CloseMeet { meet } => Some(*meet),
        Action::Send { .. }
        | Action::PackLog { .. }
        | Action::KeepPack { .. }
        | Action::Close { .. }
        | Action::Ping { .. }
        | Action::Unpack { .. }
        | Action::HashPassword { .. }
        | Action::Event(_)
        | Action::DisplayAdmitted { .. }
        | Action::DisplayRefused { .. }
        | Action::DisplayEnded { .. }
        | Action::FeedSlice { .. }
        | Action::FeedFinished { .. }
        | Action::FeedEnded { .. }
        | Action::Drained => None,
    }
}

fn create_trouble(error: StoreError) -> CreateTrouble {
    match error {
        StoreError::Taken => CreateTrouble::Taken,
        StoreError::NoSuchMeet
        | StoreError::NotOpen
        | StoreError::Full(_)
        | StoreError::Unsure(_)
        | StoreError::Damaged { .. }
        | StoreError::Unusable(_) => CreateTrouble::Store(trouble(&error)),
    }
}

fn open_trouble(error: StoreError) -> OpenTrouble {
    match error {
        StoreError::NoSuchMeet => OpenTrouble::NoSuchMeet,
        StoreError::Taken
        | StoreError::NotOpen
        | StoreError::Full(_)
        | StoreError::Unsure(_)
        | StoreError::Damaged { .. }
        | StoreError::Unusable(_) => OpenTrouble::Store(trouble(&error)),
    }
}

pub(crate) fn trouble(error: &StoreError) -> StoreTrouble {
    match error {
        StoreError::Damaged { .. } => StoreTrouble::Damaged(words(error)),
        StoreError::NoSuchMeet
        | StoreError::Taken
        | StoreError::NotOpen
        | StoreError::Full(_)
        | StoreError::Unsure(_)
        | StoreError::Unusable(_) => StoreTrouble::Unavailable(words(error)),
    }
}

/// An error with everything that caused it.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
