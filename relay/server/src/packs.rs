//! Packs logs beside everything else: packing costs a core for a while, so few threads do it, and a storm of readers
//! waits for them rather than taking every thread that appends need. Meets take turns. A log that brings down its thread costs
//! those who wait for that log and nobody else.

use std::sync::Arc;

use spotter_relay::{Action, Input, PackedSlice, StoreTrouble};
use spotter_relay_protocol::MeetId;
use spotter_relay_store::{LogStore, keep_pack, pack_log};
use tokio::sync::mpsc;

use crate::driver::Told;
use crate::limits::PACKING_THREADS;
use crate::storage::trouble;
use crate::turns::Turns;

/// Hands packing to its threads. Clones share them.
#[derive(Clone)]
pub(crate) struct Packs {
    store: Arc<dyn LogStore>,
    inbox: mpsc::Sender<Told>,
    turns: Turns<Action>,
}

impl Packs {
    pub(crate) fn new(store: Arc<dyn LogStore>, inbox: mpsc::Sender<Told>) -> Self {
        Self {
            store,
            inbox,
            turns: Turns::of_threads(PACKING_THREADS),
        }
    }

    /// Has the log of a meet packed, for a reader or to be kept. Other actions are ignored.
    pub(crate) fn perform(&self, meet: MeetId, action: Action) {
        if self.turns.add(meet, action) {
            tokio::spawn(self.clone().work_off());
        }
    }

    async fn work_off(self) {
        while let Some(action) = self.turns.next() {
            let given_up = given_up(&action);
            let packs = self.clone();
            let acted = tokio::task::spawn_blocking(move || packs.act(&action)).await;
            let input = acted.unwrap_or_else(|bug| {
                tracing::error!(%bug, "packing a log");
                given_up
            });
            if let Some(input) = input {
                let _ = self.inbox.send(Told::Happened(input)).await;
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
                if let Ok(PackedSlice {
                    wrong: Some(wrong), ..
                }) = &packed
                {
                    tracing::warn!(%meet, wrong, "the kept pack is left out");
                }
                Some(Input::LogPacked {
                    meet: *meet,
                    read: *read,
                    outcome: packed.map_err(|error| trouble(&error)),
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
            | Action::Unpack { .. }
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
            | Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Drained => None,
        }
    }
}

/// What the machine is told of an action that a bug has ended.
fn given_up(action: &Action) -> Option<Input> {
    let trouble = || StoreTrouble::Unavailable("a bug ended the packing".to_owned());
    match action {
        Action::PackLog { meet, read, .. } => Some(Input::LogPacked {
            meet: *meet,
            read: *read,
            outcome: Err(trouble()),
        }),
        Action::KeepPack { meet, .. } => Some(Input::PackKept {
            meet: *meet,
            outcome: Err(trouble()),
        }),
        Action::Send { .. }
        | Action::Close { .. }
        | Action::Ping { .. }
        | Action::Unpack { .. }
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
        | Action::DisplayAdmitted { .. }
        | Action::DisplayRefused { .. }
        | Action::DisplayEnded { .. }
        | Action::FeedSlice { .. }
        | Action::FeedFinished { .. }
        | Action::FeedEnded { .. }
        | Action::Drained => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use spotter_relay::{LogEntry, LogSlice, MeetRecords, Publication, ReadId};
    use spotter_relay_protocol::{LogId, Runs};
    use spotter_relay_store::{LogHead, Opened, StoreError};

    use super::*;

    /// A store with a bug.
    struct Buggy;

    impl LogStore for Buggy {
        fn create(&self, _: &LogHead, _: &MeetRecords) -> Result<(), StoreError> {
            Err(StoreError::NotOpen)
        }
        fn open(&self, _: MeetId) -> Result<Opened, StoreError> {
            Err(StoreError::NotOpen)
        }
        fn read(&self, _: MeetId, _: u64, _: usize) -> Result<LogSlice, StoreError> {
            panic!("a bug, as this test wants it")
        }
        fn log_id(&self, _: MeetId) -> Result<LogId, StoreError> {
            Ok(LogId::from_bytes([1; 8]))
        }
        fn keep_pack(&self, _: MeetId, _: &[u8]) -> Result<(), StoreError> {
            Ok(())
        }
        fn kept_pack(&self, _: MeetId) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(None)
        }
        fn append_many(&self, _: &[(MeetId, &[LogEntry])]) -> Vec<Result<u64, StoreError>> {
            Vec::new()
        }
        fn save_records(&self, _: MeetId, _: &MeetRecords) -> Result<(), StoreError> {
            Ok(())
        }
        fn publish(&self, _: MeetId, _: &Publication) -> Result<u32, StoreError> {
            Ok(1)
        }
        fn finish(&self, _: MeetId) -> Result<(), StoreError> {
            Ok(())
        }
        fn close(&self, _: MeetId) -> Result<(), StoreError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_bug_in_packing_is_told_to_who_waits_and_stops_no_later_packing() {
        let (inbox, mut told) = mpsc::channel(8);
        let packs = Packs::new(Arc::new(Buggy), inbox);
        let meet = MeetId::from_number(123_456_789).unwrap();
        for number in 0..5 {
            let pack = Action::PackLog {
                meet,
                read: ReadId(number),
                positions: Runs::of(1..=3),
                kept: true,
            };
            packs.perform(meet, pack);
            packs.perform(meet, Action::KeepPack { meet, upto: 3 });
        }
        let (mut packed, mut kept) = (0, 0);
        while packed + kept < 10 {
            let next = tokio::time::timeout(Duration::from_secs(60), told.recv()).await;
            match next.unwrap() {
                Some(Told::Happened(Input::LogPacked { outcome, .. })) => {
                    packed += u32::from(outcome.is_err());
                }
                Some(Told::Happened(Input::PackKept { outcome, .. })) => {
                    kept += u32::from(outcome.is_err());
                }
                _ => panic!("something else was told"),
            }
        }
        assert_eq!((packed, kept), (5, 5));
    }
}
