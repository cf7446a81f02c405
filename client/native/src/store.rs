//! The replica's folder: its journal, its lock, and reading it without disturbing whoever writes.
//!
//! ```text
//! DIR/replica.json.log      everything, one record per line, only ever appended to
//! DIR/replica.json.log.torn-1   a tail that was cut off after a crash, if that ever happened
//! DIR/contact.json          how it stood with the relay when it was last spoken to
//! DIR/lock                  held by the process that writes
//! ```

use std::path::{Path, PathBuf};

use spotter_client::Record;
use spotter_journal::{Line, Standing, Unreadable, Verdict};
use spotter_journal_file::{
    AppendError, DirLock, JournalError, JournalFile, LockError, Opened, RealDisk, inspect, make_dir,
};

use crate::failure::Failure;

const JOURNAL: &str = "replica.json.log";

/// A replica's folder, held by this process for writing.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    /// `None` before the first record and after a failure that closed it; the next save opens it anew.
    journal: Option<JournalFile>,
    /// Records that are on disk for certain.
    saved: u64,
    /// Records of a batch after which the disk did not say what it holds. Any number of the first of them may be there.
    unsure: u64,
    _lock: DirLock,
}

impl Store {
    /// Takes the folder for this process and reads what is in it. A folder that is not there is made.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Vec<Record>), Failure> {
        make_dir(dir).map_err(|error| Failure::local(chain(&error)))?;
        let lock = DirLock::take(dir).map_err(in_use)?;
        let path = dir.join(JOURNAL);
        let mut store = Self {
            path,
            journal: None,
            saved: 0,
            unsure: 0,
            _lock: lock,
        };
        let mut records = Vec::new();
        if store.path.exists() {
            let opened = JournalFile::open(RealDisk, &store.path, |line| take(line, &mut records))
                .map_err(damaged)?;
            store.begin_with(opened);
        }
        Ok((store, records))
    }

    fn begin_with(&mut self, opened: Opened<RealDisk>) {
        if let Some(torn) = opened.torn {
            tracing::warn!(
                bytes = torn.bytes,
                at = torn.at,
                set_aside = %torn.set_aside.display(),
                "the last write had not reached the disk as a whole; it was never reported as saved"
            );
        }
        self.saved = opened.journal.records();
        self.journal = Some(opened.journal);
    }

    /// Appends a batch and waits until it is on disk.
    ///
    /// # Errors
    /// Says for a person why it is not saved. The same records may be given again, in front of later ones.
    pub(crate) fn save(&mut self, records: &[Record]) -> Result<(), String> {
        if self.journal.is_none() && self.saved == 0 && !self.path.exists() {
            let created = JournalFile::create(RealDisk, &self.path, records);
            // What a failure leaves of them is found out by opening the file again.
            self.unsure = records.len() as u64;
            self.journal = Some(created.map_err(|error| chain(&error))?);
            self.unsure = 0;
            self.saved = records.len() as u64;
            return Ok(());
        }
        let there = self.open_again()?;
        let rest = records.get(there..).unwrap_or_default();
        let Some(journal) = &mut self.journal else {
            return Err(format!("{} is not open", self.path.display()));
        };
        if let Err(error) = journal.append(rest) {
            if matches!(error, AppendError::Unsure { .. }) {
                self.unsure = rest.len() as u64;
            }
            if journal.is_closed() {
                self.journal = None;
            }
            return Err(chain(&error));
        }
        self.saved = journal.records();
        Ok(())
    }

    /// Opens the journal again after a failure closed it; returns how many of the records to be saved are there.
    fn open_again(&mut self) -> Result<usize, String> {
        if self.journal.is_some() {
            return Ok(0);
        }
        let opened = JournalFile::open(RealDisk, &self.path, |_| Ok(())).map_err(|error| {
            let lost = if error.is_missing() {
                "; what it held is only in the memory of this process now: carry it away with `bundle export`"
            } else {
                ""
            };
            format!("{}{lost}", chain(&error))
        })?;
        let (found, known) = (opened.journal.records(), self.saved);
        let more = found.saturating_sub(known);
        if found < known || more > self.unsure {
            return Err(format!(
                "{} is not the file that was written here: it holds {found} records, not {known}",
                self.path.display()
            ));
        }
        self.unsure = 0;
        self.begin_with(opened);
        Ok(usize::try_from(more).unwrap_or(usize::MAX))
    }

    /// Vouches for the last batch, too, so that damage to it is told from a torn write from now on.
    pub(crate) fn close(mut self) {
        if let Some(Err(error)) = self.journal.as_mut().map(JournalFile::mark) {
            tracing::info!(error = %chain(&error), "no closing mark; nothing is lost by that");
        }
    }
}

/// Reads a replica without taking it: another process may be writing to it meanwhile.
pub(crate) fn read(dir: &Path) -> Result<Vec<Record>, Failure> {
    let path = dir.join(JOURNAL);
    let mut records = Vec::new();
    let mut in_order = |line: Line<'_>| match line.standing {
        Standing::InOrder => take(line, &mut records),
        Standing::Adrift => Ok(()),
    };
    let inspection = match inspect(&path, &mut in_order) {
        Ok(inspection) => inspection,
        Err(error) if error.is_missing() => {
            return Err(
                Failure::refused(format!("there is no replica in {}", dir.display()))
                    .hint("begin one with `import FILE`, `new`, `join` or `bundle import FILE`"),
            );
        }
        Err(error) => return Err(Failure::local(chain(&error))),
    };
    match inspection.verdict {
        Verdict::Clean => Ok(records),
        Verdict::Torn { at } => {
            tracing::info!(at, "the last write is not on disk as a whole (yet)");
            Ok(records)
        }
        Verdict::Corrupt { at, line, what } => Err(damaged(JournalError::Damaged {
            path,
            at,
            line,
            what,
        })),
    }
}

fn take(line: Line<'_>, records: &mut Vec<Record>) -> Result<(), Unreadable> {
    records.push(line.parse().map_err(|_| Unreadable)?);
    Ok(())
}

fn in_use(error: LockError) -> Failure {
    let failure = Failure::local(chain(&error));
    match error {
        LockError::Held { .. } => failure.hint(
            "end the `run` or `sync` that uses it; reading (get, show, status, …) works meanwhile",
        ),
        LockError::Io { .. } => failure,
    }
}

fn damaged(error: JournalError) -> Failure {
    let failure = Failure::local(chain(&error));
    match error {
        JournalError::Damaged { .. } => failure.hint(
            "nothing was touched; join the meet in another folder, or take it from a backup or a bundle",
        ),
        JournalError::Io { .. }
        | JournalError::NotARecord { .. }
        | JournalError::Encode { .. } => failure,
    }
}

/// An error and everything it was caused by, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
