//! What a relay keeps on its disk: the released codec of logs and records, and a pack beside each log.

use std::collections::BTreeMap;
use std::path::PathBuf;

use spotter_journal::{Line, Standing, Unreadable};
use spotter_journal_file::{JournalError, JournalFile};
use spotter_model::{Change, ChangeHash};
use spotter_relay::{
    CreateTrouble, FirstLine, LogEntry, LogHead, LogLine, LogSlice, MeetRecords, OpenTrouble,
    OpenedMeet, PackedSlice, StoreTrouble,
};
use spotter_relay_protocol::{Chain, LogId, MeetId, Runs, SessionId};

use crate::disk::SimDisk;
use crate::journal::Found;

/// Changes that are packed at once: few, so that most catch-ups take several packs.
const PACKED_AT_ONCE: usize = 512;

/// The meets on a relay's disk.
#[derive(Debug)]
pub(crate) struct Store {
    disk: SimDisk,
    open: BTreeMap<MeetId, OpenLog>,
    /// Packs kept beside logs. They outlive the process, and a log that is rolled back.
    kept: BTreeMap<MeetId, PackedSlice>,
    /// The pack that was made last, for others who lack the same.
    packed: Option<(LogId, Runs, PackedSlice)>,
    /// How many records were ever reported synced and not taken away since.
    pub(crate) synced: BTreeMap<MeetId, u64>,
}

#[derive(Debug)]
struct OpenLog {
    head: LogHead,
    journal: JournalFile<SimDisk>,
}

/// A log as it was found.
pub(crate) struct FoundLog {
    pub(crate) found: Found,
    pub(crate) records: u64,
}

impl Store {
    pub(crate) fn new(disk: SimDisk) -> Self {
        Self {
            disk,
            open: BTreeMap::new(),
            kept: BTreeMap::new(),
            packed: None,
            synced: BTreeMap::new(),
        }
    }

    /// The process is gone.
    pub(crate) fn let_go(&mut self) {
        self.packed = None;
        self.open.clear();
    }

    /// The disk holds something else than it did.
    pub(crate) fn forget(&mut self) {
        self.open.clear();
        self.kept.clear();
        self.synced.clear();
    }

    pub(crate) fn create(
        &mut self,
        head: LogHead,
        records: &MeetRecords,
    ) -> Result<(), CreateTrouble> {
        let trouble = |error: String| CreateTrouble::Store(StoreTrouble::Unavailable(error));
        // What is there under its last name counts; the records of a meet that was never born do not.
        if self.disk.has(&log_path(head.meet)) {
            return Err(CreateTrouble::Taken);
        }
        let unborn = dir(head.meet).join("unborn");
        self.disk.remove(&unborn);
        self.save_records(head.meet, records)
            .map_err(CreateTrouble::Store)?;
        let created = JournalFile::create(self.disk.clone(), &unborn, &[FirstLine::of(&head)]);
        let mut journal = created.map_err(|error| trouble(error.to_string()))?;
        if self.disk.is_dead() {
            return Err(trouble("the process is gone".to_owned()));
        }
        self.disk.rename(&unborn, &log_path(head.meet));
        journal.moved_to(&log_path(head.meet));
        self.synced.insert(head.meet, 1);
        self.open.insert(head.meet, OpenLog { head, journal });
        Ok(())
    }

    pub(crate) fn open(
        &mut self,
        meet: MeetId,
    ) -> (Option<FoundLog>, Result<OpenedMeet, OpenTrouble>) {
        if let Some(open) = self.open.get(&meet) {
            let opened = self.tell(open.head, open.journal.records());
            return (None, opened);
        }
        let path = log_path(meet);
        if !self.disk.has(&path) {
            return (None, Err(OpenTrouble::NoSuchMeet));
        }
        let mut first = None;
        let opened = JournalFile::open(self.disk.clone(), &path, |line: Line<'_>| {
            if line.record == 0 {
                first = Some(line.parse::<FirstLine>().map_err(|_| Unreadable)?);
            }
            Ok(())
        });
        let opened = match opened {
            Ok(opened) => opened,
            Err(error @ JournalError::Damaged { .. }) => return damaged(error.to_string()),
            Err(error) => {
                let trouble = StoreTrouble::Unavailable(error.to_string());
                return (None, Err(OpenTrouble::Store(trouble)));
            }
        };
        let head = first.ok_or_else(|| "the first line is missing".to_owned());
        let head = match head.and_then(|line| line.head(meet)) {
            Ok(head) => head,
            Err(what) => return damaged(what),
        };
        let records = opened.journal.records();
        let found = FoundLog {
            found: if opened.torn.is_some() {
                Found::Torn
            } else {
                Found::Clean
            },
            records,
        };
        let told = self.tell(head, records);
        let journal = opened.journal;
        self.open.insert(meet, OpenLog { head, journal });
        (Some(found), told)
    }

    fn tell(&self, head: LogHead, records: u64) -> Result<OpenedMeet, OpenTrouble> {
        let damaged = |what: String| OpenTrouble::Store(StoreTrouble::Damaged(what));
        Ok(OpenedMeet {
            log_id: head.log_id,
            root: head.root,
            records: self.records(head.meet).map_err(damaged)?,
            end: records - 1,
            finished: self.disk.has(&dir(head.meet).join("finished")),
        })
    }

    fn records(&self, meet: MeetId) -> Result<MeetRecords, String> {
        let load = |name: &str| {
            let bytes = self.disk.get(&dir(meet).join(name));
            let bytes = bytes.ok_or_else(|| format!("{name} is missing"))?;
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())
        };
        MeetRecords::from_json(load("auth.json")?, load("sessions.json")?)
            .map_err(|error| error.to_string())
    }

    pub(crate) fn save_records(
        &self,
        meet: MeetId,
        records: &MeetRecords,
    ) -> Result<(), StoreTrouble> {
        let auth = serde_json::to_vec(&records.auth);
        let sessions = serde_json::to_vec(&records.sessions);
        for (name, json) in [("auth.json", auth), ("sessions.json", sessions)] {
            let json = json.map_err(|error| unavailable(&error))?;
            self.disk
                .put(&dir(meet).join(name), &json)
                .map_err(|error| unavailable(&error))?;
        }
        Ok(())
    }

    pub(crate) fn put(&self, meet: MeetId, name: &str, bytes: &[u8]) -> Result<(), StoreTrouble> {
        let put = self.disk.put(&dir(meet).join(name), bytes);
        put.map_err(|error| unavailable(&error))
    }

    pub(crate) fn read(
        &mut self,
        meet: MeetId,
        after: u64,
        bytes_max: usize,
    ) -> Result<LogSlice, StoreTrouble> {
        let journal = self.journal(meet)?;
        let mut changes = Vec::new();
        let read = journal.read(after.saturating_add(1), bytes_max, |line| {
            changes.push(line.parse::<LogLine>().map_err(|_| Unreadable)?.c);
            Ok(())
        });
        let end = journal.records() - 1;
        match read {
            Ok(_) => Ok(LogSlice { changes, end }),
            Err(error @ JournalError::Damaged { .. }) => {
                self.open.remove(&meet);
                Err(StoreTrouble::Damaged(error.to_string()))
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// The changes behind a position, and the sessions that carried them.
    pub(crate) fn found_behind(
        &mut self,
        meet: MeetId,
        after: u64,
    ) -> Vec<(ChangeHash, SessionId)> {
        let mut found = Vec::new();
        if let Ok(journal) = self.journal(meet) {
            // What cannot be read is told when the machine reads it.
            let _ = journal.read(after.saturating_add(1), usize::MAX, |line| {
                let line = line.parse::<LogLine>().map_err(|_| Unreadable)?;
                found.push((line.h, line.by));
                Ok(())
            });
        }
        found
    }

    /// Writes changes and does not wait for the disk.
    pub(crate) fn write(&mut self, meet: MeetId, entries: &[LogEntry]) -> Result<(), StoreTrouble> {
        let lines: Vec<LogLine> = entries.iter().map(LogLine::from).collect();
        let written = self.journal(meet)?.write(&lines);
        self.close_if_unsure(meet);
        written.map_err(|error| unavailable(&error))
    }

    /// Waits until what was written is on the disk; returns the position of the last change.
    pub(crate) fn sync(&mut self, meet: MeetId) -> Result<u64, StoreTrouble> {
        let journal = self.journal(meet)?;
        let synced = journal.sync();
        let finished = journal.finish(synced);
        let records = journal.records();
        self.close_if_unsure(meet);
        finished.map_err(|error| unavailable(&error))?;
        self.synced.insert(meet, records);
        Ok(records - 1)
    }

    fn close_if_unsure(&mut self, meet: MeetId) {
        let closed = |open: &OpenLog| open.journal.is_closed();
        if self.open.get(&meet).is_some_and(closed) {
            self.open.remove(&meet);
        }
    }

    fn journal(&mut self, meet: MeetId) -> Result<&mut JournalFile<SimDisk>, StoreTrouble> {
        let open = self.open.get_mut(&meet);
        let open = open.ok_or_else(|| StoreTrouble::Unavailable("the meet is not open".into()));
        Ok(&mut open?.journal)
    }

    /// Closes a meet, and vouches for the end of its log.
    pub(crate) fn close(&mut self, meet: MeetId) {
        if let Some(mut open) = self.open.remove(&meet) {
            let _ = open.journal.mark();
        }
    }

    pub(crate) fn log_id(&self, meet: MeetId) -> Option<LogId> {
        self.open.get(&meet).map(|open| open.head.log_id)
    }

    /// How many changes an open log holds; none if it is not open.
    pub(crate) fn end(&self, meet: MeetId) -> u64 {
        let open = self.open.get(&meet);
        open.map_or(0, |open| open.journal.records().saturating_sub(1))
    }

    /// Packs the first of these positions.
    pub(crate) fn pack(
        &mut self,
        meet: MeetId,
        positions: &Runs,
        kept: bool,
    ) -> Result<PackedSlice, StoreTrouble> {
        let begins = positions.numbers().next() == Some(1);
        if let Some(slice) = self.kept.get(&meet).filter(|_| kept && begins) {
            return Ok(slice.clone());
        }
        let positions = Runs::of(positions.numbers().take(PACKED_AT_ONCE));
        let log_id = self.log_id(meet);
        if let Some((of, known, slice)) = &self.packed
            && (Some(*of), known) == (log_id, &positions)
        {
            return Ok(slice.clone());
        }
        let changes = self.take(meet, &positions)?;
        let slice = PackedSlice {
            pack: spotter_pack::pack(&changes).into(),
            positions: positions.clone(),
            kept: None,
            wrong: None,
        };
        self.packed = log_id.map(|log_id| (log_id, positions, slice.clone()));
        Ok(slice)
    }

    /// Packs the beginning of a log and keeps that.
    pub(crate) fn keep_pack(&mut self, meet: MeetId, upto: u64) -> Result<(), StoreTrouble> {
        let positions = Runs::of(1..=upto.min(PACKED_AT_ONCE as u64));
        let changes = self.take(meet, &positions)?;
        let hashes = changes.iter().map(Change::hash);
        let chain = hashes.fold(Chain::START, |chain, hash| chain.then(&hash));
        let slice = PackedSlice {
            pack: spotter_pack::pack(&changes).into(),
            positions,
            kept: Some(chain),
            wrong: None,
        };
        self.kept.insert(meet, slice);
        Ok(())
    }

    fn take(&mut self, meet: MeetId, positions: &Runs) -> Result<Vec<Change>, StoreTrouble> {
        let mut changes = Vec::new();
        let mut slice: Option<(u64, LogSlice)> = None;
        for position in positions.numbers() {
            let holds = |(first, slice): &(u64, LogSlice)| {
                (*first..*first + slice.changes.len() as u64).contains(&position)
            };
            if !slice.as_ref().is_some_and(holds) {
                slice = Some((position, self.read(meet, position - 1, 256 << 10)?));
            }
            let Some((first, read)) = &slice else { break };
            let bytes = read.changes.get((position - first) as usize);
            let ended =
                || StoreTrouble::Unavailable("the log ends before what was asked for".into());
            let change = bytes.cloned().ok_or_else(ended)?.into_change();
            changes.push(change.map_err(|refusal| unavailable(&refusal))?);
        }
        Ok(changes)
    }

    /// What an operator does about a damaged log: what is sound in it from its beginning on becomes a log of a new name.
    /// Returns how many changes were kept; none if not even the beginning was left, and the log is gone then.
    pub(crate) fn repair(&mut self, meet: MeetId, log_id: LogId) -> Option<u64> {
        let path = log_path(meet);
        let bytes = self.disk.get(&path)?;
        let (mut head, mut lines, mut broken) = (None, Vec::new(), false);
        let mut scanner = spotter_journal::Scanner::new();
        scanner.feed(&bytes, |line| {
            if line.standing == Standing::Adrift {
                broken = true;
            } else if line.record == 0 {
                head = line
                    .parse::<FirstLine>()
                    .ok()
                    .and_then(|line| line.head(meet).ok());
            } else if let Ok(found) = line.parse::<LogLine>()
                && line.record == lines.len() as u64 + 1
                && !broken
            {
                lines.push(found);
            } else {
                broken = true;
            }
            Ok(())
        });
        self.open.remove(&meet);
        self.synced.remove(&meet);
        self.disk.rename(&path, &dir(meet).join("damaged"));
        let root = head.filter(|_| !lines.is_empty())?.root;
        let head = LogHead { meet, log_id, root };
        let created = JournalFile::create(self.disk.clone(), &path, &[FirstLine::of(&head)]);
        created.ok()?.append(&lines).ok()?;
        self.synced.insert(meet, lines.len() as u64 + 1);
        Some(lines.len() as u64)
    }

    /// All meets on the disk.
    pub(crate) fn meets(&self) -> Vec<MeetId> {
        let paths = self.disk.paths();
        let meet = |path: &PathBuf| {
            let is_log = path.file_name()? == LOG;
            let digits = path.parent()?.to_str()?;
            is_log.then(|| digits.parse().ok())?
        };
        paths.iter().filter_map(meet).collect()
    }

    pub(crate) fn log_bytes(&self) -> u64 {
        let meets = self.meets().into_iter();
        meets.map(|meet| self.disk.len(&log_path(meet))).sum()
    }
}

const LOG: &str = "updates.json.log";

fn dir(meet: MeetId) -> PathBuf {
    PathBuf::from(meet.digits())
}

pub(crate) fn log_path(meet: MeetId) -> PathBuf {
    dir(meet).join(LOG)
}

fn damaged(what: String) -> (Option<FoundLog>, Result<OpenedMeet, OpenTrouble>) {
    let found = FoundLog {
        found: Found::Damaged,
        records: 0,
    };
    let trouble = OpenTrouble::Store(StoreTrouble::Damaged(what));
    (Some(found), Err(trouble))
}

fn unavailable(error: &dyn std::fmt::Display) -> StoreTrouble {
    StoreTrouble::Unavailable(error.to_string())
}
