//! A store that counts what is done to another.

use std::sync::Arc;

use spotter_relay::{LogEntry, LogSlice, MeetRecords, Publication};
use spotter_relay_protocol::{LogId, MeetId};
use spotter_relay_store::{LogHead, LogStore, Opened, StoreError};

use crate::clock::Stopwatch;
use crate::metrics::Metrics;

/// Every operation of a store, counted and passed on as it is.
pub(crate) struct Measured<S> {
    pub(crate) store: S,
    pub(crate) metrics: Arc<Metrics>,
}

impl<S> Measured<S> {
    /// Counts an operation that the disk, and not whoever asked, has failed.
    fn noted<T>(&self, operation: &str, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match &outcome {
            Ok(_) | Err(StoreError::Taken | StoreError::NoSuchMeet) => {}
            Err(
                StoreError::NotOpen
                | StoreError::Full(_)
                | StoreError::Unsure(_)
                | StoreError::Damaged { .. }
                | StoreError::Unusable(_),
            ) => self.metrics.storage_failed(operation),
        }
        outcome
    }
}

impl<S: LogStore> LogStore for Measured<S> {
    fn create(&self, head: &LogHead, records: &MeetRecords) -> Result<(), StoreError> {
        self.noted("create", self.store.create(head, records))
    }

    fn open(&self, meet: MeetId) -> Result<Opened, StoreError> {
        self.noted("open", self.store.open(meet))
    }

    fn read(&self, meet: MeetId, after: u64, bytes_max: usize) -> Result<LogSlice, StoreError> {
        self.metrics.log_read();
        self.noted("read", self.store.read(meet, after, bytes_max))
    }

    fn log_id(&self, meet: MeetId) -> Result<LogId, StoreError> {
        self.store.log_id(meet)
    }

    fn keep_pack(&self, meet: MeetId, file: &[u8]) -> Result<(), StoreError> {
        self.noted("save", self.store.keep_pack(meet, file))
    }

    fn kept_pack(&self, meet: MeetId) -> Result<Option<Vec<u8>>, StoreError> {
        self.noted("read", self.store.kept_pack(meet))
    }

    fn append_many(&self, appends: &[(MeetId, &[LogEntry])]) -> Vec<Result<u64, StoreError>> {
        let begun = Stopwatch::start();
        let outcomes = self.store.append_many(appends);
        let passed = begun.passed();
        let count = |((_, entries), outcome): (&(MeetId, &[LogEntry]), _)| {
            let outcome = self.noted("append", outcome);
            if outcome.is_ok() {
                let bytes = entries
                    .iter()
                    .map(|entry| entry.change.shared().len())
                    .sum();
                self.metrics.appended(entries.len(), bytes, passed);
            }
            outcome
        };
        appends.iter().zip(outcomes).map(count).collect()
    }

    fn save_records(&self, meet: MeetId, records: &MeetRecords) -> Result<(), StoreError> {
        self.noted("save", self.store.save_records(meet, records))
    }

    fn publish(&self, meet: MeetId, publication: &Publication) -> Result<u32, StoreError> {
        self.noted("publish", self.store.publish(meet, publication))
    }

    fn finish(&self, meet: MeetId) -> Result<(), StoreError> {
        self.noted("finish", self.store.finish(meet))
    }

    fn close(&self, meet: MeetId) -> Result<(), StoreError> {
        self.noted("close", self.store.close(meet))
    }
}
