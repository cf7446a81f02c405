//! Meets in a folder of readable files, as the seed of the project drew it:
//!
//! ```text
//! DATA/current-meets/123456789/{updates.json.log, auth.json, sessions.json, cold.pack}
//! DATA/finished-meets/123456789/…
//! ```
//!
//! Nothing is scanned when the store is made; a meet is looked at when it is opened. A copy of the folder, taken at any
//! time, is a valid backup: a log that was copied in the middle of a write has a torn tail.

mod admin;
mod append;
mod layout;
mod open;
mod publish;
mod volumes;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotter_journal::Unreadable;
use spotter_journal_file::{
    Disk, JournalFile, RealDisk, make_dir, move_dir, save_file, save_record,
};
use spotter_relay::{FirstLine, LogEntry, LogLine, LogSlice, MeetRecords, Publication};
use spotter_relay_protocol::{LogId, MeetId};

pub use self::admin::{Finding, MeetPlace, Repaired};
use self::layout::{AUTH, COLD_PACK, LOG, Layout, SESSIONS};
use self::open::OpenMeet;
use self::volumes::Volumes;
use crate::{LogHead, LogStore, Opened, StoreError};

/// A store in a folder. The caller holds the folder's [`DirLock`](spotter_journal_file::DirLock).
#[derive(Debug)]
pub struct FlatFiles<D: Disk = RealDisk> {
    layout: Layout,
    disk: D,
    /// The file systems on which meets have been opened.
    volumes: Volumes<D>,
    /// The meets that are open or in use. Invariant: there is one slot per meet, so that one file is never written by
    /// two; a slot leaves the map only while nobody else holds it.
    slots: Mutex<BTreeMap<MeetId, Slot<D>>>,
}

type Slot<D> = Arc<Mutex<Option<OpenMeet<D>>>>;

impl FlatFiles {
    /// The store in this folder, which need not exist yet.
    pub fn new(data: &Path) -> Self {
        Self::on(RealDisk, data)
    }
}

impl<D: Disk> FlatFiles<D> {
    /// The store in this folder of a disk that may be made to fail.
    pub fn on(disk: D, data: &Path) -> Self {
        Self {
            layout: Layout::new(data),
            disk,
            volumes: Volumes::default(),
            slots: Mutex::default(),
        }
    }

    /// Acts on a meet, alone.
    fn with_slot<T>(&self, meet: MeetId, act: impl FnOnce(&mut Option<OpenMeet<D>>) -> T) -> T {
        let slot = Arc::clone(self.slots().entry(meet).or_default());
        let result = act(&mut lock(&slot));
        let is_open = lock(&slot).is_some();
        drop(slot);
        if !is_open {
            self.let_go(meet);
        }
        result
    }

    /// Forgets the slot of a meet that is not open, unless somebody else is about to use it.
    fn let_go(&self, meet: MeetId) {
        let mut slots = self.slots();
        if slots
            .get(&meet)
            .is_some_and(|slot| Arc::strong_count(slot) == 1 && lock(slot).is_none())
        {
            slots.remove(&meet);
        }
    }

    /// Acts on an open meet, alone. A failure that leaves it unknown what the disk holds closes the meet.
    fn with_open<T>(
        &self,
        meet: MeetId,
        act: impl FnOnce(&mut OpenMeet<D>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_slot(meet, |slot| {
            let open = slot.as_mut().ok_or(StoreError::NotOpen)?;
            let result = act(open);
            if matches!(
                result,
                Err(StoreError::Unsure(_) | StoreError::Damaged { .. })
            ) {
                *slot = None;
            }
            result
        })
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<MeetId, Slot<D>>> {
        lock(&self.slots)
    }

    /// Puts the meet together beside its place and moves it there as a whole.
    fn bear(&self, head: &LogHead, records: &MeetRecords) -> Result<OpenMeet<D>, StoreError> {
        let (unborn, dir) = (
            self.layout.unborn(head.meet),
            self.layout.current(head.meet),
        );
        // What a crash has left of an earlier attempt belongs to a meet that nobody was told of.
        match std::fs::remove_dir_all(&unborn) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Unusable(Box::new(error)));
            }
            Ok(()) | Err(_) => make_dir(&unborn)?,
        }
        save(&unborn, records)?;
        let mut journal =
            JournalFile::create(self.disk.clone(), &unborn.join(LOG), &[FirstLine::of(head)])?;
        move_dir(&unborn, &dir)?;
        journal.moved_to(&dir.join(LOG));
        Ok(OpenMeet {
            volume: self.volumes.of(&self.disk, &dir),
            dir,
            head: *head,
            finished: false,
            journal,
        })
    }
}

impl<D> LogStore for FlatFiles<D>
where
    D: Disk + Send + Sync,
    D::File: Send,
    D::Volume: Send + Sync,
{
    fn create(&self, head: &LogHead, records: &MeetRecords) -> Result<(), StoreError> {
        self.with_slot(head.meet, |slot| {
            let exists = |dir: std::path::PathBuf| dir.symlink_metadata().is_ok();
            if exists(self.layout.current(head.meet)) || exists(self.layout.finished(head.meet)) {
                return Err(StoreError::Taken);
            }
            *slot = Some(self.bear(head, records)?);
            Ok(())
        })
    }

    fn open(&self, meet: MeetId) -> Result<Opened, StoreError> {
        self.with_slot(meet, |slot| {
            if let Some(open) = slot {
                return open.tell(None);
            }
            let (open, repaired) = open::open(&self.layout, &self.disk, &self.volumes, meet)?;
            let opened = open.tell(repaired)?;
            *slot = Some(open);
            Ok(opened)
        })
    }

    fn read(&self, meet: MeetId, after: u64, bytes_max: usize) -> Result<LogSlice, StoreError> {
        self.with_open(meet, |open| {
            let mut changes = Vec::new();
            // Record 0 is the log's head, so that a change's record number is its position.
            open.journal
                .read(after.saturating_add(1), bytes_max, |line| {
                    changes.push(line.parse::<LogLine>().map_err(|_| Unreadable)?.c);
                    Ok(())
                })?;
            Ok(LogSlice {
                changes,
                end: open.end(),
            })
        })
    }

    fn log_id(&self, meet: MeetId) -> Result<LogId, StoreError> {
        self.with_open(meet, |open| Ok(open.head.log_id))
    }

    fn keep_pack(&self, meet: MeetId, file: &[u8]) -> Result<(), StoreError> {
        self.with_open(meet, |open| Ok(save_file(&open.dir.join(COLD_PACK), file)?))
    }

    fn kept_pack(&self, meet: MeetId) -> Result<Option<Vec<u8>>, StoreError> {
        self.with_open(meet, |open| match std::fs::read(open.dir.join(COLD_PACK)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Unusable(Box::new(error))),
        })
    }

    fn append_many(&self, appends: &[(MeetId, &[LogEntry])]) -> Vec<Result<u64, StoreError>> {
        self.append_together(appends)
    }

    fn save_records(&self, meet: MeetId, records: &MeetRecords) -> Result<(), StoreError> {
        self.with_open(meet, |open| save(&open.dir, records))
    }

    fn publish(&self, meet: MeetId, publication: &Publication) -> Result<u32, StoreError> {
        self.with_open(meet, |open| publish::keep(&open.dir, publication))
    }

    fn finish(&self, meet: MeetId) -> Result<(), StoreError> {
        self.with_open(meet, |open| {
            if open.finished {
                return Ok(());
            }
            open.journal.mark()?;
            make_dir(&self.layout.finished_meets())?;
            let finished = self.layout.finished(meet);
            move_dir(&open.dir, &finished).map_err(|error| StoreError::Unsure(Box::new(error)))?;
            open.journal.moved_to(&finished.join(LOG));
            open.dir = finished;
            open.finished = true;
            Ok(())
        })
    }

    fn close(&self, meet: MeetId) -> Result<(), StoreError> {
        self.with_slot(meet, |slot| match slot.take() {
            Some(mut open) => Ok(open.journal.mark()?),
            None => Ok(()),
        })
    }
}

fn save(dir: &Path, records: &MeetRecords) -> Result<(), StoreError> {
    save_record(&dir.join(AUTH), &records.auth)?;
    save_record(&dir.join(SESSIONS), &records.sessions)?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
