//! A store that forgets everything at the end of the process. For tests, and as the contract's simplest reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotter_relay::{LogEntry, LogSlice, MeetRecords, OpenedMeet, Publication};
use spotter_relay_protocol::{LogId, MeetId};

use crate::{LogHead, LogStore, Opened, StoreError};

/// What a log line costs beside the change itself, roughly, so that slices are as long as those of a file.
const LINE_OVERHEAD_BYTES: usize = 200;

/// Keeps meets in memory. Clones share them, as two processes one after the other share a folder.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    meets: Arc<Mutex<BTreeMap<MeetId, Kept>>>,
}

#[derive(Debug)]
struct Kept {
    head: LogHead,
    records: MeetRecords,
    log: Vec<LogEntry>,
    publications: Vec<Publication>,
    kept_pack: Option<Vec<u8>>,
    finished: bool,
    open: bool,
}

impl Memory {
    fn meets(&self) -> MutexGuard<'_, BTreeMap<MeetId, Kept>> {
        self.meets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_open<T>(
        &self,
        meet: MeetId,
        act: impl FnOnce(&mut Kept) -> T,
    ) -> Result<T, StoreError> {
        match self.meets().get_mut(&meet) {
            Some(kept) if kept.open => Ok(act(kept)),
            Some(_) | None => Err(StoreError::NotOpen),
        }
    }
}

impl LogStore for Memory {
    fn create(&self, head: &LogHead, records: &MeetRecords) -> Result<(), StoreError> {
        let mut meets = self.meets();
        if meets.contains_key(&head.meet) {
            return Err(StoreError::Taken);
        }
        let kept = Kept {
            head: *head,
            records: records.clone(),
            log: Vec::new(),
            publications: Vec::new(),
            kept_pack: None,
            finished: false,
            open: true,
        };
        meets.insert(head.meet, kept);
        Ok(())
    }

    fn open(&self, meet: MeetId) -> Result<Opened, StoreError> {
        let mut meets = self.meets();
        let kept = meets.get_mut(&meet).ok_or(StoreError::NoSuchMeet)?;
        kept.open = true;
        let meet = OpenedMeet {
            log_id: kept.head.log_id,
            root: kept.head.root,
            records: kept.records.clone(),
            end: kept.log.len() as u64,
            finished: kept.finished,
        };
        Ok(Opened {
            meet,
            repaired: None,
        })
    }

    fn read(&self, meet: MeetId, after: u64, bytes_max: usize) -> Result<LogSlice, StoreError> {
        self.with_open(meet, |kept| {
            let rest = kept.log.get(after as usize..).unwrap_or_default();
            let mut bytes = 0;
            let fits = |entry: &&LogEntry| {
                let goes_on = bytes < bytes_max.max(1);
                bytes += LINE_OVERHEAD_BYTES + entry.change.as_ref().len() * 4 / 3;
                goes_on
            };
            LogSlice {
                changes: rest
                    .iter()
                    .take_while(fits)
                    .map(|entry| entry.change.clone())
                    .collect(),
                end: kept.log.len() as u64,
            }
        })
    }

    fn log_id(&self, meet: MeetId) -> Result<LogId, StoreError> {
        self.with_open(meet, |kept| kept.head.log_id)
    }

    fn keep_pack(&self, meet: MeetId, file: &[u8]) -> Result<(), StoreError> {
        self.with_open(meet, |kept| kept.kept_pack = Some(file.to_owned()))
    }

    fn kept_pack(&self, meet: MeetId) -> Result<Option<Vec<u8>>, StoreError> {
        self.with_open(meet, |kept| kept.kept_pack.clone())
    }

    fn append_many(&self, appends: &[(MeetId, &[LogEntry])]) -> Vec<Result<u64, StoreError>> {
        let append = |(meet, entries): &(MeetId, &[LogEntry])| {
            self.with_open(*meet, |kept| {
                kept.log.extend_from_slice(entries);
                kept.log.len() as u64
            })
        };
        appends.iter().map(append).collect()
    }

    fn save_records(&self, meet: MeetId, records: &MeetRecords) -> Result<(), StoreError> {
        self.with_open(meet, |kept| kept.records = records.clone())
    }

    fn publish(&self, meet: MeetId, publication: &Publication) -> Result<u32, StoreError> {
        self.with_open(meet, |kept| {
            kept.publications.push(publication.clone());
            kept.publications.len() as u32
        })
    }

    fn finish(&self, meet: MeetId) -> Result<(), StoreError> {
        self.with_open(meet, |kept| kept.finished = true)
    }

    fn close(&self, meet: MeetId) -> Result<(), StoreError> {
        if let Some(kept) = self.meets().get_mut(&meet) {
            kept.open = false;
        }
        Ok(())
    }
}
