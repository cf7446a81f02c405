//! What an operator does to a folder that no relay is using: list the meets, look for damage, repair a damaged log.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use spotter_journal::{Line, Standing, Unreadable, Verdict};
use spotter_journal_file::{Disk, JournalFile, RealDisk, inspect, sync_dir};
use spotter_model::{Change, ChangeHash};
use spotter_relay::{FirstLine, LogLine, OpenedMeet};
use spotter_relay_protocol::{LogId, MeetId};

use super::layout::{LOG, head_of};
use super::{FlatFiles, open};
use crate::{LogHead, StoreError};

/// How many changes a repaired log is given at a time.
const BATCH: usize = 1_000;

/// A meet's folder, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetPlace {
    /// The meet.
    pub meet: MeetId,
    /// Its folder.
    pub dir: PathBuf,
    /// Whether that is among the finished ones.
    pub finished: bool,
}

/// Something that a check has found. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The meet concerned.
    pub meet: MeetId,
    /// The file concerned.
    pub file: PathBuf,
    /// What is wrong with it, with line and offset where there are any.
    pub what: String,
    /// Whether opening the meet will put it in order without losing anything that was acknowledged.
    pub harmless: bool,
}

/// What a repair has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The damaged log, kept.
    pub set_aside: PathBuf,
    /// How many changes the new log has.
    pub kept: u64,
    /// How many sound changes were left out because something they build on is lost. Clients bring them again.
    pub left_out: u64,
}

/// What a log says when it is only looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) head: LogHead,
    pub(super) changes: u64,
}

impl<D: Disk> FlatFiles<D> {
    /// All meets, current ones first, each by number.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read.
    pub fn meets(&self) -> Result<Vec<MeetPlace>, StoreError> {
        let mut all = Vec::new();
        for (parent, finished) in [
            (self.layout.current_meets(), false),
            (self.layout.finished_meets(), true),
        ] {
            let entries = match fs::read_dir(&parent) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(StoreError::Unusable(Box::new(error))),
            };
            let mut here: Vec<_> = entries
                .filter_map(|entry| named(&entry.ok()?.path(), finished))
                .collect();
            here.sort_by_key(|place| place.meet);
            all.extend(here);
        }
        Ok(all)
    }

    /// The folder a meet is in; the current one if it is in both.
    pub fn find(&self, meet: MeetId) -> Option<MeetPlace> {
        [
            (self.layout.current(meet), false),
            (self.layout.finished(meet), true),
        ]
        .into_iter()
        .find(|(dir, _)| dir.is_dir())
        .map(|(dir, finished)| MeetPlace {
            meet,
            dir,
            finished,
        })
    }

    /// Reads a meet's log and records without opening it, for showing.
    ///
    /// # Errors
    ///
    /// Damage, or the world's.
    pub fn look(&self, place: &MeetPlace) -> Result<OpenedMeet, StoreError> {
        let look = look(place.meet, &place.dir)?;
        Ok(OpenedMeet {
            log_id: look.head.log_id,
            root: look.head.root,
            records: open::records(&place.dir)?,
            end: look.changes,
            finished: place.finished,
        })
    }

    /// Reads every byte of a meet and says what is wrong with it. Touches nothing.
    pub fn verify(&self, place: &MeetPlace) -> Vec<Finding> {
        let found = |file: PathBuf, what: String, harmless| Finding {
            meet: place.meet,
            file,
            what,
            harmless,
        };
        let mut findings = Vec::new();
        if !place.finished && self.layout.finished(place.meet).is_dir() {
            findings.push(found(
                self.layout.finished(place.meet),
                "the meet stands in both folders".to_owned(),
                true,
            ));
        }
        if let Err(error) = open::records(&place.dir) {
            findings.push(found(file_of(&error, &place.dir), words(&error), false));
        }
        let log = place.dir.join(LOG);
        match check_log(place.meet, &log) {
            Err(error) => findings.push(found(log, words(&error), false)),
            Ok(Verdict::Clean) => {}
            Ok(verdict @ Verdict::Torn { .. }) => {
                findings.push(found(log, verdict.to_string(), true))
            }
            Ok(verdict @ Verdict::Corrupt { .. }) => {
                findings.push(found(log, verdict.to_string(), false))
            }
        }
        findings
    }

    /// Rebuilds a damaged log under a new id from all changes in it that are sound and whose foundations are. The
    /// damaged file is kept beside it. `None` if the log needs no repair.
    ///
    /// # Errors
    ///
    /// Damage to something else, a log in which no first change is left, or the world's.
    pub fn repair(
        &self,
        place: &MeetPlace,
        new_log_id: LogId,
    ) -> Result<Option<Repaired>, StoreError> {
        open::records(&place.dir)?;
        let log = place.dir.join(LOG);
        if matches!(
            check_log(place.meet, &log),
            Ok(Verdict::Clean | Verdict::Torn { .. })
        ) {
            return Ok(None);
        }
        let salvage = salvage(place.meet, &log)?;
        let head = LogHead {
            meet: place.meet,
            log_id: new_log_id,
            root: salvage.root,
        };
        let new = log.with_extension("log.new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::Unusable(Box::new(error)));
            }
            Ok(()) | Err(_) => {}
        }
        let mut journal = JournalFile::create(RealDisk, &new, &[FirstLine::of(&head)])?;
        for batch in salvage.kept.chunks(BATCH) {
            journal.append(batch)?;
        }
        journal.mark()?;
        let set_aside = link_aside(&log).map_err(|error| StoreError::Unusable(Box::new(error)))?;
        fs::rename(&new, &log).map_err(|error| StoreError::Unusable(Box::new(error)))?;
        sync_dir(&place.dir)?;
        Ok(Some(Repaired {
            set_aside,
            kept: salvage.kept.len() as u64,
            left_out: salvage.left_out,
        }))
    }

    /// The folder the store is in.
    pub fn data(&self) -> &Path {
        self.layout.data()
    }
}

/// Reads a log's head and counts its changes, touching nothing.
pub(super) fn look(meet: MeetId, dir: &Path) -> Result<Look, StoreError> {
    let log = dir.join(LOG);
    let mut first = None;
    let inspection = inspect(&log, |line| {
        if line.record == 0 && line.standing == Standing::InOrder {
            first = Some(line.parse::<FirstLine>().map_err(|_| Unreadable)?);
        }
        Ok(())
    })?;
    if let Verdict::Corrupt { .. } = inspection.verdict {
        return Err(StoreError::Damaged {
            file: log,
            what: inspection.verdict.to_string(),
        });
    }
    let first = first.ok_or_else(|| open::no_first_line(&log))?;
    let head = head_of(&first, meet, &log)?;
    Ok(Look {
        head,
        changes: inspection.records - 1,
    })
}

/// Reads a log completely: frames, fields, and that each change is the one its hash names.
fn check_log(meet: MeetId, log: &Path) -> Result<Verdict, StoreError> {
    let mut first = None;
    let mut misnamed = None;
    let inspection = inspect(log, |line| {
        if line.standing == Standing::Adrift {
            return Ok(());
        }
        if line.record == 0 {
            first = Some(line.parse::<FirstLine>().map_err(|_| Unreadable)?);
            return Ok(());
        }
        let record = line.parse::<LogLine>().map_err(|_| Unreadable)?;
        if !is_what_it_says(&record) {
            misnamed.get_or_insert(line.number);
        }
        Ok(())
    })?;
    if let Verdict::Corrupt { .. } = inspection.verdict {
        return Ok(inspection.verdict);
    }
    let first = first.ok_or_else(|| open::no_first_line(log))?;
    head_of(&first, meet, log)?;
    match misnamed {
        None => Ok(inspection.verdict),
        Some(line) => Err(StoreError::Damaged {
            file: log.to_owned(),
            what: format!("line {line}: the change is not the one its hash names"),
        }),
    }
}

/// What can be taken over from a damaged log.
struct Salvage {
    root: ChangeHash,
    kept: Vec<LogLine>,
    left_out: u64,
}

fn salvage(meet: MeetId, log: &Path) -> Result<Salvage, StoreError> {
    let mut stated_root = None;
    let mut sound = Vec::new();
    inspect(log, |line| {
        collect(&line, &mut stated_root, &mut sound);
        Ok(())
    })?;
    let stated_root = match stated_root {
        Some(first) => Some(head_of(&first, meet, log)?.root),
        None => None,
    };
    let is_root = |change: &Change| {
        change.deps().is_empty() && stated_root.is_none_or(|root| root == change.hash())
    };
    let root = stated_root
        .or_else(|| sound.iter().map(|(_, change)| change).find(|change| is_root(change)).map(Change::hash))
        .ok_or_else(|| StoreError::Damaged {
            file: log.to_owned(),
            what: "neither the first line nor the first change is left; move the meet's folder away, and its members \
                   bring the meet back with their recovery tickets"
                .to_owned(),
        })?;
    let mut known = BTreeSet::new();
    let mut kept = Vec::new();
    let mut left_out = 0;
    for (record, change) in sound {
        let stands = change.hash() == root
            || !change.deps().is_empty() && change.deps().iter().all(|dep| known.contains(dep));
        if !stands {
            left_out += 1;
        } else if known.insert(change.hash()) {
            kept.push(record);
        }
    }
    Ok(Salvage {
        root,
        kept,
        left_out,
    })
}

fn collect(line: &Line<'_>, first: &mut Option<FirstLine>, sound: &mut Vec<(LogLine, Change)>) {
    if let Ok(line) = line.parse::<FirstLine>() {
        first.get_or_insert(line);
        return;
    }
    let Ok(record) = line.parse::<LogLine>() else {
        return;
    };
    if let Ok(change) = Change::decode(record.c.as_ref())
        && change.hash() == record.h
    {
        sound.push((record, change));
    }
}

fn is_what_it_says(record: &LogLine) -> bool {
    Change::decode(record.c.as_ref()).is_ok_and(|change| change.hash() == record.h)
}

/// Gives a file a second name under which it stays when the first comes to name another.
fn link_aside(log: &Path) -> io::Result<PathBuf> {
    for number in 1_u32.. {
        let aside = log.with_extension(format!("log.damaged-{number}"));
        match fs::hard_link(log, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The meet whose folder this is, if it is one.
fn named(dir: &Path, finished: bool) -> Option<MeetPlace> {
    let name = dir.file_name()?.to_str()?;
    let meet: MeetId = name.parse().ok()?;
    (meet.digits() == name && dir.is_dir()).then(|| MeetPlace {
        meet,
        dir: dir.to_owned(),
        finished,
    })
}

fn file_of(error: &StoreError, dir: &Path) -> PathBuf {
    match error {
        StoreError::Damaged { file, .. } => file.clone(),
        StoreError::NoSuchMeet
        | StoreError::Taken
        | StoreError::NotOpen
        | StoreError::Full(_)
        | StoreError::Unsure(_)
        | StoreError::Unusable(_) => dir.to_owned(),
    }
}

/// The error without the file that it names, and with what caused it.
fn words(error: &StoreError) -> String {
    if let StoreError::Damaged { what, .. } = error {
        return what.clone();
    }
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
