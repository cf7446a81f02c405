//! Opening a meet: finding its folder, putting in order what a crash has interrupted, checking every line of its log.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use spotter_journal::Unreadable;
use spotter_journal_file::{Disk, JournalError, JournalFile, load_record, move_dir};
use spotter_relay::{FirstLine, MeetRecords, OpenedMeet};
use spotter_relay_protocol::MeetId;

use super::admin;
use super::layout::{AUTH, LOG, Layout, SESSIONS, head_of};
use super::volumes::Volumes;
use crate::{LogHead, Opened, StoreError};

/// After so many lines of a log that is being checked, whoever else wants the core may have it: some 20 microseconds.
/// On a single core a meet of very many changes would else hold up all others for as long as the system lets a thread
/// run, at each turn of theirs.
const LINES_BETWEEN_TURNS: u64 = 128;

/// A meet whose log is open for appending.
#[derive(Debug)]
pub(super) struct OpenMeet<D: Disk> {
    pub(super) dir: PathBuf,
    pub(super) head: LogHead,
    pub(super) finished: bool,
    pub(super) journal: JournalFile<D>,
    /// The file system it lies on, if that can be synced as a whole.
    pub(super) volume: Option<Arc<D::Volume>>,
}

impl<D: Disk> OpenMeet<D> {
    /// The position of the last change.
    pub(super) fn end(&self) -> u64 {
        self.journal.records() - 1
    }

    /// Reads the records and says what has been opened.
    pub(super) fn tell(&self, repaired: Option<String>) -> Result<Opened, StoreError> {
        let meet = OpenedMeet {
            log_id: self.head.log_id,
            root: self.head.root,
            records: records(&self.dir)?,
            end: self.end(),
            finished: self.finished,
        };
        Ok(Opened { meet, repaired })
    }
}

/// Opens a meet wherever it lies, and says in words what had to be put in order.
pub(super) fn open<D: Disk>(
    layout: &Layout,
    disk: &D,
    volumes: &Volumes<D>,
    meet: MeetId,
) -> Result<(OpenMeet<D>, Option<String>), StoreError> {
    let (current, finished) = (layout.current(meet), layout.finished(meet));
    let mut repairs = Vec::new();
    let dir = match (current.is_dir(), finished.is_dir()) {
        (false, false) => return Err(StoreError::NoSuchMeet),
        (true, false) => current,
        (false, true) => finished.clone(),
        (true, true) => {
            repairs.push(settle(meet, &current, &finished)?);
            if finished.is_dir() {
                finished.clone()
            } else {
                current
            }
        }
    };
    let path = dir.join(LOG);
    let mut first = None;
    let opened = JournalFile::open(disk.clone(), &path, |line| {
        if line.record == 0 {
            first = Some(line.parse::<FirstLine>().map_err(|_| Unreadable)?);
        }
        if line.record.is_multiple_of(LINES_BETWEEN_TURNS) {
            thread::yield_now();
        }
        Ok(())
    })
    .map_err(|error| missing_is_damage(error, &path))?;
    let head = first.ok_or_else(|| no_first_line(&path))?;
    let head = head_of(&head, meet, &path)?;
    if let Some(torn) = opened.torn {
        repairs.push(format!(
            "an interrupted write of {} bytes at the end of {} was set aside as {}",
            torn.bytes,
            path.display(),
            torn.set_aside.display()
        ));
    }
    let open = OpenMeet {
        finished: dir == finished,
        volume: volumes.of(disk, &dir),
        dir,
        head,
        journal: opened.journal,
    };
    Ok((open, (!repairs.is_empty()).then(|| repairs.join("; "))))
}

/// The records in a meet's folder.
pub(super) fn records(dir: &Path) -> Result<MeetRecords, StoreError> {
    let load = |name| {
        let path = dir.join(name);
        load_record(&path)?.ok_or_else(|| StoreError::Damaged {
            file: path,
            what: "the file is missing".to_owned(),
        })
    };
    MeetRecords::from_json(load(AUTH)?, load(SESSIONS)?).map_err(|error| StoreError::Damaged {
        file: dir.to_owned(),
        what: error.to_string(),
    })
}

/// Both folders have the meet: a move between disks was interrupted, or somebody put a backup back. The longer log
/// is the meet, provided that both are of one incarnation; the other folder is renamed, never deleted.
fn settle(meet: MeetId, current: &Path, finished: &Path) -> Result<String, StoreError> {
    let [here, there] = [current, finished].map(|dir| admin::look(meet, dir));
    let (Ok(here), Ok(there)) = (here, there) else {
        return Err(stands_twice(current, finished));
    };
    if here.head.log_id != there.head.log_id {
        return Err(stands_twice(current, finished));
    }
    let aside = if there.changes >= here.changes {
        current
    } else {
        finished
    };
    let name = (1..)
        .map(|number| aside.with_extension(format!("aside-{number}")))
        .find(|name| !name.exists())
        .unwrap_or_else(|| aside.with_extension("aside"));
    move_dir(aside, &name)?;
    Ok(format!(
        "the meet stood in both folders; the shorter copy was set aside as {}",
        name.display()
    ))
}

fn stands_twice(current: &Path, finished: &Path) -> StoreError {
    StoreError::Damaged {
        file: current.to_owned(),
        what: format!(
            "the meet also stands in {}, and the two cannot be told apart; move one of them away",
            finished.display()
        ),
    }
}

fn missing_is_damage(error: JournalError, path: &Path) -> StoreError {
    if !error.is_missing() {
        return error.into();
    }
    StoreError::Damaged {
        file: path.to_owned(),
        what: "the file is missing".to_owned(),
    }
}

pub(super) fn no_first_line(path: &Path) -> StoreError {
    StoreError::Damaged {
        file: path.to_owned(),
        what: "the first line, which says whose log it is, is missing".to_owned(),
    }
}
