//! The ways that are compared, each as small as it can be: no checks, no encoding, only writes and syncs.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use super::{line, path_of};
use crate::clock::now;
use crate::history::ok;

/// Bytes that an in-place file has before the first append.
const ROOM: usize = 64 << 10;

/// The same for the shared journal, which begins anew when it is full.
const JOURNAL_ROOM: u64 = 32 << 20;

/// How appends to several logs become durable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// Each log is synced by itself, by this many threads.
    Each {
        /// How many.
        threads: usize,
    },
    /// The same with files that have their length already, so that a sync writes no metadata.
    EachInPlace {
        /// How many.
        threads: usize,
    },
    /// One journal takes the lines of all logs and is synced; the logs are written and synced later.
    Journal {
        /// Whether the journal has its length already.
        in_place: bool,
    },
    /// All logs are written, then the file system is synced.
    WholeDisk,
}

impl Way {
    /// How many threads take from a stream.
    pub(super) fn streams(self) -> usize {
        match self {
            Self::Each { threads } | Self::EachInPlace { threads } => threads,
            Self::Journal { .. } | Self::WholeDisk => 1,
        }
    }

    /// Whether a thread takes all that is there instead of one.
    pub(super) fn batches(self) -> bool {
        matches!(self, Self::Journal { .. } | Self::WholeDisk)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Each { threads } => write!(f, "a sync each, {threads} threads"),
            Self::EachInPlace { threads } => {
                write!(f, "a sync each, {threads} threads, in place")
            }
            Self::Journal { in_place: false } => f.write_str("one journal"),
            Self::Journal { in_place: true } => f.write_str("one journal, in place"),
            Self::WholeDisk => f.write_str("one syncfs"),
        }
    }
}

/// A number of logs, and the journal beside them.
pub(super) struct Logs {
    way: Way,
    logs: Vec<Log>,
    journal: Log,
    line: Vec<u8>,
}

struct Log {
    file: File,
    end: AtomicU64,
}

impl Logs {
    pub(super) fn create(folder: &Path, way: Way, count: usize) -> Self {
        let room = match way {
            Way::EachInPlace { .. } => ROOM,
            Way::Each { .. } | Way::Journal { .. } | Way::WholeDisk => 0,
        };
        let journal_room = match way {
            Way::Journal { in_place: true } => JOURNAL_ROOM as usize,
            Way::Journal { in_place: false }
            | Way::Each { .. }
            | Way::EachInPlace { .. }
            | Way::WholeDisk => 0,
        };
        let logs = (0..count).map(|log| Log::create(&path_of(folder, log), room));
        let logs = Self {
            way,
            logs: logs.collect(),
            journal: Log::create(&folder.join("journal"), journal_room),
            line: line(),
        };
        ok(rustix::fs::syncfs(&logs.journal.file));
        logs
    }

    /// Appends a line to each of these logs, and tells of each when it is durable.
    pub(super) fn round(&self, appends: &[usize], mut done: impl FnMut(usize, Instant) + Send) {
        match self.way {
            Way::Each { threads } | Way::EachInPlace { threads } => {
                if let [log] = appends {
                    self.append_and_sync(*log);
                    return done(0, now());
                }
                self.side_by_side(appends, threads, done);
            }
            Way::Journal { .. } => {
                self.journal.append(&self.line.repeat(appends.len()));
                appends
                    .iter()
                    .for_each(|&log| self.logs[log].append(&self.line));
                ok(self.journal.file.sync_data());
                let moment = now();
                (0..appends.len()).for_each(|place| done(place, moment));
            }
            Way::WholeDisk => {
                appends
                    .iter()
                    .for_each(|&log| self.logs[log].append(&self.line));
                ok(rustix::fs::syncfs(&self.journal.file));
                let moment = now();
                (0..appends.len()).for_each(|place| done(place, moment));
            }
        }
    }

    /// Syncs the logs themselves.
    pub(super) fn settle(&self) {
        for log in &self.logs {
            ok(log.file.sync_data());
        }
    }

    fn append_and_sync(&self, log: usize) {
        self.logs[log].append(&self.line);
        ok(self.logs[log].file.sync_data());
    }

    fn side_by_side(
        &self,
        appends: &[usize],
        threads: usize,
        done: impl FnMut(usize, Instant) + Send,
    ) {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(done));
        std::thread::scope(|scope| {
            for _ in 0..threads.min(appends.len()) {
                scope.spawn(|| {
                    while let place = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(&log) = appends.get(place)
                    {
                        self.append_and_sync(log);
                        let moment = now();
                        ok(done.lock().map_err(|_| "poisoned"))(place, moment);
                    }
                });
            }
        });
    }
}

impl Log {
    fn create(path: &Path, room: usize) -> Self {
        if let Some(folder) = path.parent() {
            ok(fs::create_dir_all(folder));
        }
        let mut options = OpenOptions::new();
        let file = ok(options.read(true).write(true).create_new(true).open(path));
        ok(file.write_all_at(&vec![0; room], 0));
        Self {
            file,
            end: AtomicU64::new(0),
        }
    }

    fn append(&self, bytes: &[u8]) {
        let length = bytes.len() as u64;
        if self.end.load(Ordering::Relaxed) + length > JOURNAL_ROOM {
            self.end.store(0, Ordering::Relaxed);
        }
        let at = self.end.fetch_add(length, Ordering::Relaxed);
        ok(self.file.write_all_at(bytes, at));
    }
}
