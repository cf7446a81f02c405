//! A device's journal on its disk: what the shell of the released client does with the records it is given.

use std::path::{Path, PathBuf};

use spotter_client::Record;
use spotter_journal::{Line, Unreadable};
use spotter_journal_file::{AppendError, JournalError, JournalFile, Opened};

use crate::disk::SimDisk;

const JOURNAL: &str = "replica.json.log";

/// A journal, open or not.
#[derive(Debug)]
pub(crate) struct Journal {
    disk: SimDisk,
    path: PathBuf,
    /// `None` before the first record and after a failure that closed it.
    journal: Option<JournalFile<SimDisk>>,
    saved: u64,
    /// Records of a batch after which the disk did not say what it holds: any of the first of them may be there.
    unsure: u64,
    /// How many records were ever reported saved and not taken away since.
    pub(crate) synced: u64,
}

/// How a journal was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    None,
    Clean,
    Torn,
    Damaged,
}

impl Found {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Clean => "clean",
            Self::Torn => "torn",
            Self::Damaged => "damaged",
        }
    }
}

impl Journal {
    pub(crate) fn new(disk: SimDisk) -> Self {
        Self {
            disk,
            path: PathBuf::from(JOURNAL),
            journal: None,
            saved: 0,
            unsure: 0,
            synced: 0,
        }
    }

    pub(crate) fn path() -> &'static Path {
        Path::new(JOURNAL)
    }

    /// Reads everything, as a process does when it starts.
    ///
    /// # Errors
    /// In words, when the process dies at it.
    pub(crate) fn open(&mut self) -> Result<(Found, Vec<Record>), String> {
        (self.journal, self.saved, self.unsure) = (None, 0, 0);
        if !self.disk.has(&self.path) {
            return Ok((Found::None, Vec::new()));
        }
        let mut records = Vec::new();
        let take = |line: Line<'_>| {
            records.push(line.parse().map_err(|_| Unreadable)?);
            Ok(())
        };
        match JournalFile::open(self.disk.clone(), &self.path, take) {
            Ok(opened) => {
                let found = if opened.torn.is_some() {
                    Found::Torn
                } else {
                    Found::Clean
                };
                self.begin_with(opened);
                Ok((found, records))
            }
            Err(JournalError::Damaged { .. }) => Ok((Found::Damaged, Vec::new())),
            Err(error) => Err(error.to_string()),
        }
    }

    fn begin_with(&mut self, opened: Opened<SimDisk>) {
        self.saved = opened.journal.records();
        self.journal = Some(opened.journal);
    }

    /// Writes a batch and does not wait for the disk. Returns whether there is anything to wait for.
    ///
    /// # Errors
    /// Says for a person why it is not saved.
    pub(crate) fn write(&mut self, records: &[Record]) -> Result<bool, String> {
        if self.journal.is_none() && self.saved == 0 && !self.disk.has(&self.path) {
            let created = JournalFile::create(self.disk.clone(), &self.path, records);
            // What a failure leaves of them is found out by opening.
            self.unsure = records.len() as u64;
            self.journal = Some(created.map_err(|error| error.to_string())?);
            self.unsure = 0;
            self.saved = records.len() as u64;
            self.synced = self.saved;
            return Ok(false);
        }
        let there = self.open_again()?;
        let rest = records.get(there..).unwrap_or_default();
        if rest.is_empty() {
            self.synced = self.saved;
            return Ok(false);
        }
        let Some(journal) = &mut self.journal else {
            return Err("the journal is not open".to_owned());
        };
        let written = journal.write(rest);
        if let Err(error) = written {
            self.failed(&error, rest.len());
            return Err(error.to_string());
        }
        self.unsure = rest.len() as u64;
        Ok(true)
    }

    /// Waits until what was written is on the disk.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn sync(&mut self) -> Result<(), String> {
        let Some(journal) = &mut self.journal else {
            return Err("the journal is not open".to_owned());
        };
        let synced = journal.sync();
        let rest = std::mem::take(&mut self.unsure);
        let finished = journal.finish(synced);
        self.saved = journal.records();
        if let Err(error) = finished {
            self.failed(&error, usize::try_from(rest).unwrap_or(usize::MAX));
            return Err(error.to_string());
        }
        self.synced = self.saved;
        Ok(())
    }

    fn failed(&mut self, error: &AppendError, rest: usize) {
        if matches!(error, AppendError::Unsure { .. }) {
            self.unsure = rest as u64;
        }
        if self.journal.as_ref().is_some_and(JournalFile::is_closed) {
            self.journal = None;
        }
    }

    /// Opens the journal again after a failure closed it; returns how many of the records to be saved are there.
    fn open_again(&mut self) -> Result<usize, String> {
        if self.journal.is_some() {
            return Ok(0);
        }
        let opened = JournalFile::open(self.disk.clone(), &self.path, |_| Ok(()));
        let opened = opened.map_err(|error| error.to_string())?;
        let (found, known) = (opened.journal.records(), self.saved);
        let more = found.saturating_sub(known);
        if found < known || more > self.unsure {
            return Err(format!("it holds {found} records, not {known}"));
        }
        self.unsure = 0;
        self.begin_with(opened);
        Ok(usize::try_from(more).unwrap_or(usize::MAX))
    }
}
