//! An open journal: appending batches that are on disk when the call returns, and reading them back.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use spotter_journal::{Batch, Line, Place, Scanner, Unreadable, Verdict, encode, encode_mark};

use crate::disk::{Disk, OpenFile, RealDisk};
use crate::{AppendError, JournalError};

/// How far apart the places are that are remembered for reading from the middle.
const CHECKPOINT_BYTES: u64 = 64 * 1024;

/// A journal that is open for appending. One process has one of these per file; see [`crate::DirLock`].
#[derive(Debug)]
pub struct JournalFile<D: Disk = RealDisk> {
    path: PathBuf,
    /// `None` once a failure has left it unknown what the file holds.
    file: Option<D::File>,
    /// After the last line that is known to be on disk.
    end: Place,
    /// Places to begin reading from, about [`CHECKPOINT_BYTES`] apart, the first at the start.
    checkpoints: Vec<Place>,
    /// Where the last reading ended, since whoever reads a journal in slices goes on there.
    read_to: Place,
    /// Where the journal will end once the batch that has been written, and not yet synced, is known to be on disk.
    written: Option<Place>,
    /// Whether the last line is a mark, so that another one would say nothing.
    ends_with_mark: bool,
}

impl<D: Disk> JournalFile<D> {
    /// Creates a journal with its first records. When this returns, they and the file's name are on disk.
    ///
    /// # Errors
    ///
    /// The path names something already, or the operating system refuses; then there is no journal, or one with no
    /// records in it.
    pub fn create<T: Serialize>(disk: D, path: &Path, first: &[T]) -> Result<Self, JournalError> {
        let batch = encode(Place::START, first).map_err(|source| JournalError::Encode {
            path: path.to_owned(),
            source,
        })?;
        let mut file = disk
            .create_new(path)
            .map_err(JournalError::io("create", path))?;
        file.write_all_at(&batch.bytes, 0)
            .map_err(JournalError::io("write", path))?;
        file.sync().map_err(JournalError::io("sync", path))?;
        disk.sync_entry(path)
            .map_err(JournalError::io("sync the folder of", path))?;
        Ok(Self::opened(path, file, batch.end, vec![Place::START]))
    }

    pub(crate) fn opened(path: &Path, file: D::File, end: Place, checkpoints: Vec<Place>) -> Self {
        Self {
            path: path.to_owned(),
            file: Some(file),
            end,
            checkpoints,
            read_to: Place::START,
            written: None,
            ends_with_mark: false,
        }
    }

    /// Appends a batch with one write and one sync. When this returns, the batch is on disk in the file that the path
    /// names, and has the numbers from the returned one on.
    ///
    /// # Errors
    ///
    /// The batch must not be reported as saved; [`AppendError`] says how the journal stands now.
    pub fn append<T: Serialize>(&mut self, payloads: &[T]) -> Result<u64, AppendError> {
        self.write(payloads)?;
        let synced = self.sync();
        self.finish(synced)
    }

    /// Writes a batch and does not wait for the disk: the first of three steps, for those who sync many journals together.
    /// The batch counts for nothing, and nothing else can be written, before [`Self::finish`].
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    pub fn write<T: Serialize>(&mut self, payloads: &[T]) -> Result<(), AppendError> {
        let batch = encode(self.end, payloads).map_err(|source| AppendError::Encode {
            path: self.path.clone(),
            source,
        })?;
        self.put(batch)
    }

    /// Waits until what was written is on disk: the second step, unless the whole [`Volume`](crate::Volume) is synced.
    ///
    /// # Errors
    ///
    /// Those of the operating system; they must be handed to [`Self::finish`].
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.as_mut().ok_or_else(closed)?.sync()
    }

    /// Makes the batch that was written part of the journal, if the disk has it and the path still names the file: the
    /// third step. The batch has the numbers from the returned one on.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    pub fn finish(&mut self, synced: io::Result<()>) -> Result<u64, AppendError> {
        let first = self.end.records;
        self.settle(synced)?;
        self.ends_with_mark = false;
        Ok(first)
    }

    /// Writes a line that vouches for all before it, unless the last one does already. For idle moments and closing.
    ///
    /// # Errors
    ///
    /// As [`Self::append`]; no record is lost by leaving it out.
    pub fn mark(&mut self) -> Result<(), AppendError> {
        if !self.ends_with_mark {
            self.put(encode_mark(self.end))?;
            let synced = self.sync();
            self.settle(synced)?;
            self.ends_with_mark = true;
        }
        Ok(())
    }

    /// Reads records from a number on, about `bytes_max` bytes of them but at least one, and returns the number to go
    /// on with. That is [`Self::records`] when the end has been reached.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has been damaged since it was opened.
    pub fn read(
        &mut self,
        from: u64,
        bytes_max: usize,
        mut sink: impl FnMut(Line<'_>) -> Result<(), Unreadable>,
    ) -> Result<u64, JournalError> {
        let path = &self.path;
        let file = self
            .file
            .as_mut()
            .ok_or_else(closed)
            .map_err(JournalError::io("read", path))?;
        let after = self
            .checkpoints
            .partition_point(|place| place.records <= from);
        let checkpoint = self.checkpoints[after.saturating_sub(1)];
        let goes_on = (checkpoint.records..=from).contains(&self.read_to.records);
        let begin = if goes_on { self.read_to } else { checkpoint };
        let mut scanner = Scanner::resume(begin);
        let mut offset = scanner.place().offset;
        let mut buffer = vec![0; bytes_max.clamp(1, CHECKPOINT_BYTES as usize)];
        let mut bytes_left = bytes_max as u64;
        while offset < self.end.offset && (bytes_left > 0 || scanner.place().records <= from) {
            let wanted = buffer.len().min((self.end.offset - offset) as usize);
            let count = file
                .read_at(&mut buffer[..wanted], offset)
                .map_err(JournalError::io("read", path))?;
            if count == 0 {
                let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
                return Err(JournalError::io("read", path)(ended));
            }
            scanner.feed(&buffer[..count], |line| {
                if line.record < from {
                    Ok(())
                } else {
                    sink(line)
                }
            });
            offset += count as u64;
            if scanner.is_damaged() {
                return Err(damaged(path, scanner));
            }
            if scanner.place().records > from {
                bytes_left = bytes_left.saturating_sub(count as u64);
            }
        }
        self.read_to = scanner.place();
        Ok(self.read_to.records.max(from.min(self.end.records)))
    }

    /// How many records the journal has.
    pub fn records(&self) -> u64 {
        self.end.records
    }

    /// How many bytes the journal has.
    pub fn bytes(&self) -> u64 {
        self.end.offset
    }

    /// Whether a failure has closed the journal, so that it must be opened anew.
    pub fn is_closed(&self) -> bool {
        self.file.is_none()
    }

    /// Learns that the journal has been moved, with a folder on the way to it, to another path.
    pub fn moved_to(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
    }

    /// Where the journal lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn put(&mut self, batch: Batch) -> Result<(), AppendError> {
        let file = self.file.take().filter(|_| self.written.is_none());
        let Some(mut file) = file else {
            return Err(AppendError::Closed {
                path: self.path.clone(),
            });
        };
        if !file.is_still(&self.path, self.end.offset) {
            return Err(AppendError::Replaced {
                path: self.path.clone(),
            });
        }
        if let Err(source) = file.write_all_at(&batch.bytes, self.end.offset) {
            return Err(self.take_back(file, source));
        }
        self.written = Some(batch.end);
        self.file = Some(file);
        Ok(())
    }

    fn settle(&mut self, synced: io::Result<()>) -> Result<(), AppendError> {
        let (Some(mut file), Some(end)) = (self.file.take(), self.written.take()) else {
            return Err(AppendError::Closed {
                path: self.path.clone(),
            });
        };
        if let Err(source) = synced {
            // What is cut off here cannot be mistaken for a saved batch by whoever opens the file next.
            let _ = file.cut(self.end.offset);
            return Err(AppendError::Unsure {
                path: self.path.clone(),
                source,
            });
        }
        // Invariant: a file that was unlinked or replaced meanwhile syncs happily; nothing in it is saved.
        if !file.is_still(&self.path, end.offset) {
            return Err(AppendError::Replaced {
                path: self.path.clone(),
            });
        }
        self.file = Some(file);
        self.advance(end);
        Ok(())
    }

    /// Cuts off what a failed write has left, so that the journal is as before.
    fn take_back(&mut self, mut file: D::File, source: io::Error) -> AppendError {
        let path = self.path.clone();
        match file.cut(self.end.offset) {
            Ok(()) => {
                self.file = Some(file);
                AppendError::NotWritten { path, source }
            }
            Err(source) => AppendError::Unsure { path, source },
        }
    }

    fn advance(&mut self, end: Place) {
        self.end = end;
        let last = self.checkpoints.last().map_or(0, |place| place.offset);
        if end.offset - last >= CHECKPOINT_BYTES {
            self.checkpoints.push(end);
        }
    }
}

/// The error for a scan that met damage in a file of which every line had been synced.
fn damaged(path: &Path, scanner: Scanner) -> JournalError {
    let place = scanner.place();
    let what = match scanner.finish() {
        Verdict::Corrupt { what, .. } => what,
        Verdict::Torn { .. } | Verdict::Clean => spotter_journal::Damage::Checksum,
    };
    JournalError::Damaged {
        path: path.to_owned(),
        at: place.offset,
        line: place.lines + 1,
        what,
    }
}

fn closed() -> io::Error {
    io::Error::other("the journal was closed by an earlier failure")
}
