//! Packs logs beside everything else: packing costs a core for a while, so few threads do it, and a storm of readers
//! waits for them rather than taking every thread that appends need.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotter_relay::{Action, Input};
use spotter_relay_store::{LogStore, keep_pack, pack_log};
use tokio::sync::mpsc;

use crate::driver::Told;
use crate::limits::PACKING_THREADS;
use crate::storage::trouble;

/// Hands packing to its threads. Clones share them.
#[derive(Clone)]
pub(crate) struct Packs {
    store: Arc<dyn LogStore>,
    inbox: mpsc::Sender<Told>,
    work: Arc<Mutex<Work>>,
}

#[derive(Debug, Default)]
struct Work {
    waiting: VecDeque<Action>,
    threads: usize,
}

impl Packs {
    pub(crate) fn new(store: Arc<dyn LogStore>, inbox: mpsc::Sender<Told>) -> Self {
        Self {
            store,
            inbox,
            work: Arc::default(),
        }
    }

    /// Has a log packed, for a reader or to be kept. Other actions are ignored.
    pub(crate) fn perform(&self, action: Action) {
        let mut work = self.work();
        work.waiting.push_back(action);
        if work.threads < PACKING_THREADS {
            work.threads += 1;
            let packs = self.clone();
            tokio::task::spawn_blocking(move || packs.work_off());
        }
    }

    fn work_off(&self) {
        loop {
            let mut work = self.work();
            let Some(action) = work.waiting.pop_front() else {
                work.threads -= 1;
                return;
            };
            drop(work);
            if let Some(input) = self.act(&action) {
                let _ = self.inbox.blocking_send(Told::Happened(input));
            }
        }
    }

    fn act(&self, action: &Action) -> Option<Input> {
        let store = &*self.store;
        match action {
            Action::PackLog {
                meet,
                read,
                positions,
                kept,
            } => {
                let packed = pack_log(store, *meet, positions, *kept);
                let outcome = packed.map(|(slice, wrong)| {
                    if let Some(wrong) = wrong {
                        tracing::warn!(%meet, wrong, "the kept pack is left out");
                    }
                    slice
                });
                Some(Input::LogPacked {
                    meet: *meet,
                    read: *read,
                    outcome: outcome.map_err(|error| trouble(&error)),
                })
            }
            Action::KeepPack { meet, upto } => {
                let outcome = keep_pack(store, *meet, *upto);
                tracing::debug!(%meet, upto, kept = outcome.is_ok(), "packed the beginning of a log");
                Some(Input::PackKept {
                    meet: *meet,
                    outcome: outcome.map_err(|error| trouble(&error)),
                })
            }
            Action::Send { .. }
            | Action::Close { .. }
            | Action::Ping { .. }
            | Action::HashPassword { .. }
            | Action::CreateMeet { .. }
            | Action::OpenMeet { .. }
            | Action::ReadLog { .. }
            | Action::Append { .. }
            | Action::SaveRecords { .. }
            | Action::SavePublication { .. }
            | Action::FinishMeet { .. }
            | Action::CloseMeet { .. }
            | Action::Event(_)
            | Action::Drained => None,
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
