//! Appending to many meets at the price of one sync: all are written, then their file system is synced once.
//!
//! A meet that is alone syncs its own log, which waits for nobody else's files. Where the file system cannot be synced as
//! a whole, or would not say that it failed, each log is synced by itself, several side by side. Why it is done like this
//! is `docs/decisions/063-sharing-syncs.md`.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, MutexGuard};

use spotter_journal_file::{AppendError, Disk, Volume};
use spotter_relay::{LogEntry, LogLine};
use spotter_relay_protocol::MeetId;

use super::open::OpenMeet;
use super::{FlatFiles, Slot, lock};
use crate::StoreError;

/// Logs that are synced side by side where they must be synced one by one: more gain nothing on any disk measured.
const SIDE_BY_SIDE: usize = 16;

/// One meet's part of what is appended together, from the moment it is alone with its log.
struct Part<'a, D: Disk> {
    /// Where in the caller's list.
    place: usize,
    open: MutexGuard<'a, Option<OpenMeet<D>>>,
    outcome: Result<u64, StoreError>,
}

impl<D> FlatFiles<D>
where
    D: Disk + Send + Sync,
    D::File: Send,
    D::Volume: Send + Sync,
{
    pub(super) fn append_together(
        &self,
        appends: &[(MeetId, &[LogEntry])],
    ) -> Vec<Result<u64, StoreError>> {
        // In the order of their ids, so that two who append to the same meets do not wait for each other for ever.
        let by_id: BTreeMap<MeetId, usize> = (0..).zip(appends).map(|(n, a)| (a.0, n)).collect();
        let slots: Vec<(MeetId, usize, Slot<D>)> = {
            let mut slots = self.slots();
            let slot = |(meet, place)| (meet, place, Arc::clone(slots.entry(meet).or_default()));
            by_id.into_iter().map(slot).collect()
        };
        let mut parts: Vec<Part<'_, D>> = Vec::with_capacity(slots.len());
        for (_, place, slot) in &slots {
            parts.push(Part::begin(*place, lock(slot), appends[*place].1));
        }
        sync(&mut parts);
        let mut outcomes: Vec<Result<u64, StoreError>> = Vec::new();
        outcomes.resize_with(appends.len(), || Err(StoreError::NotOpen));
        let mut closed = Vec::new();
        for part in parts {
            if part.open.is_none() {
                closed.push(part.place);
            }
            outcomes[part.place] = part.outcome;
        }
        drop(slots);
        for place in closed {
            self.let_go(appends[place].0);
        }
        outcomes
    }
}

impl<'a, D: Disk> Part<'a, D> {
    /// Writes, and does not wait for the disk.
    fn begin(
        place: usize,
        mut open: MutexGuard<'a, Option<OpenMeet<D>>>,
        entries: &[LogEntry],
    ) -> Self {
        let outcome = match open.as_mut() {
            None => Err(StoreError::NotOpen),
            Some(open) => {
                let lines: Vec<LogLine> = entries.iter().map(LogLine::from).collect();
                open.journal.write(&lines).map(|()| 0).map_err(Into::into)
            }
        };
        let mut part = Self {
            place,
            open,
            outcome,
        };
        part.close_if_unsure();
        part
    }

    /// The meet, if it was written and waits for the disk.
    fn written(&mut self) -> Option<&mut OpenMeet<D>> {
        self.outcome.as_ref().ok()?;
        self.open.as_mut()
    }

    /// Whether what was written is on the disk, and in the file that the path names.
    fn finish(&mut self, synced: io::Result<()>) {
        let Some(open) = self.written() else { return };
        let finished = open.journal.finish(synced);
        let end = open.end();
        self.outcome = finished.map(|_| end).map_err(|e: AppendError| e.into());
        self.close_if_unsure();
    }

    fn close_if_unsure(&mut self) {
        if matches!(self.outcome, Err(StoreError::Unsure(_))) {
            *self.open = None;
        }
    }
}

/// Brings to the disk what was written: each file system at once, and what lies alone on one by itself.
fn sync<D>(parts: &mut [Part<'_, D>])
where
    D: Disk,
    D::File: Send,
    D::Volume: Send + Sync,
{
    let mut volumes: BTreeMap<u64, (Arc<D::Volume>, usize)> = BTreeMap::new();
    for open in parts.iter_mut().filter_map(Part::written) {
        if let Some(volume) = &open.volume {
            let counted = volumes
                .entry(volume.id())
                .or_insert_with(|| (Arc::clone(volume), 0));
            counted.1 += 1;
        }
    }
    let mut shared: BTreeMap<u64, io::Result<()>> = BTreeMap::new();
    for (id, (volume, count)) in volumes {
        if count > 1 {
            shared.insert(id, volume.sync());
        }
    }
    let mut alone = Vec::new();
    for part in parts {
        let Some(open) = part.written() else { continue };
        let outcome = open.volume.as_ref().and_then(|it| shared.get(&it.id()));
        match outcome {
            // Invariant: whoever relied on a sync that failed is unsure, and it is not tried again for anybody.
            Some(outcome) => {
                let outcome = outcome.as_ref().copied().map_err(again);
                part.finish(outcome);
            }
            None => alone.push(part),
        }
    }
    sync_each(&mut alone);
}

/// Syncs logs one by one, several at once.
fn sync_each<D>(parts: &mut [&mut Part<'_, D>])
where
    D: Disk,
    D::File: Send,
    D::Volume: Send + Sync,
{
    let mut journals: Vec<_> = parts
        .iter_mut()
        .filter_map(|part| part.written())
        .map(|open| (&mut open.journal, Ok(())))
        .collect();
    let share = journals.len().div_ceil(SIDE_BY_SIDE).max(1);
    if let [(journal, synced)] = &mut journals[..] {
        *synced = journal.sync();
    } else {
        std::thread::scope(|scope| {
            for journals in journals.chunks_mut(share) {
                scope.spawn(|| {
                    for (journal, synced) in journals {
                        *synced = journal.sync();
                    }
                });
            }
        });
    }
    let outcomes: Vec<io::Result<()>> = journals.into_iter().map(|(_, synced)| synced).collect();
    for (part, synced) in parts.iter_mut().zip(outcomes) {
        part.finish(synced);
    }
}

/// The same failure, for one more who relied on it.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
