//! A journal on a disk that fails: full, forgetful, or gone in the middle of a call. Nothing that was reported saved is
//! ever lost, nothing half-written is ever read, and a failure is never repeated until it looks like a success.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;

use quickcheck::{Gen, QuickCheck};
use serde::{Deserialize, Serialize};
use spotter_journal::{Line, Unreadable};
use spotter_journal_file::{
    AppendError, Disk, DiskVolume, JournalError, JournalFile, OpenFile, Opened,
};

const SECTOR: usize = 512;

/// A disk with one file: what programs see of it, and what would be left of it after a power cut.
#[derive(Clone, Debug, Default)]
struct FaultyDisk(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    seen: Vec<u8>,
    on_medium: Vec<u8>,
    /// The number of further calls that succeed; after them every call fails, as if the power were gone.
    calls_left: Option<usize>,
    bytes_max: Option<usize>,
    /// The next sync fails, and with it the system forgets that anything was to be written.
    sync_fails: bool,
    /// Whether the file would be found under its name after a power cut.
    is_named: bool,
    /// How many bytes have been read.
    bytes_read: usize,
}

#[derive(Debug)]
struct FaultyFile(FaultyDisk);

impl FaultyDisk {
    /// Cuts the power: of what was not synced, each sector survives or not by the toss of a coin.
    fn crash(&self, coin: &mut Gen) {
        let mut state = self.0.borrow_mut();
        let mut left = state.on_medium.clone();
        let seen = state.seen.clone();
        if *coin.choose(&[true, false]).unwrap() {
            left.resize(seen.len(), 0);
        }
        for start in (0..left.len()).step_by(SECTOR) {
            let end = left.len().min(start + SECTOR).min(seen.len());
            if start < end && *coin.choose(&[true, false]).unwrap() {
                left[start..end].copy_from_slice(&seen[start..end]);
            }
        }
        state.seen = left.clone();
        state.on_medium = left;
        state.calls_left = None;
    }

    fn with(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.borrow_mut());
    }
}

impl State {
    fn call(&mut self) -> io::Result<()> {
        match &mut self.calls_left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the power is gone")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

impl Disk for FaultyDisk {
    type File = FaultyFile;
    type Volume = DiskVolume;

    fn create_new(&self, path: &Path) -> io::Result<FaultyFile> {
        self.0.borrow_mut().call()?;
        // The tails that are set aside are nothing this disk is asked for again.
        if path.extension().is_some_and(|end| end != "log") {
            return Ok(FaultyFile(Self::default()));
        }
        Ok(FaultyFile(self.clone()))
    }

    fn sync_entry(&self, _: &Path) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.call()?;
        state.is_named = true;
        Ok(())
    }

    fn open(&self, _: &Path) -> io::Result<FaultyFile> {
        self.0.borrow_mut().call()?;
        Ok(FaultyFile(self.clone()))
    }

    fn volume(&self, _: &Path) -> Option<DiskVolume> {
        None
    }
}

impl OpenFile for FaultyFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.0.0.borrow_mut();
        state.call()?;
        let rest = state.seen.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        state.bytes_read += count;
        Ok(count)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.0.0.borrow_mut();
        let offset = offset as usize;
        // A write that fails has written half.
        let called = state.call();
        let fits = match (&called, state.bytes_max) {
            (Err(_), _) => bytes.len() / 2,
            (Ok(()), Some(max)) => max.saturating_sub(offset).min(bytes.len()),
            (Ok(()), None) => bytes.len(),
        };
        let len = state.seen.len().max(offset + fits);
        state.seen.resize(len, 0);
        state.seen[offset..offset + fits].copy_from_slice(&bytes[..fits]);
        called?;
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.0.0.borrow_mut();
        state.call()?;
        if std::mem::take(&mut state.sync_fails) {
            return Err(io::Error::other("input/output error"));
        }
        state.on_medium = state.seen.clone();
        Ok(())
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.0.0.borrow_mut();
        state.call()?;
        state.seen.truncate(len as usize);
        Ok(())
    }

    fn is_still(&self, _: &Path, len: u64) -> bool {
        self.0.0.borrow().seen.len() as u64 == len
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

fn note(number: usize) -> Note {
    Note {
        text: format!("{number} ").repeat(1 + number % 120),
    }
}

struct Bench {
    dir: tempfile::TempDir,
    disk: FaultyDisk,
}

impl Bench {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            disk: FaultyDisk::default(),
        }
    }

    fn create(&self) -> Result<JournalFile<FaultyDisk>, JournalError> {
        JournalFile::create(
            self.disk.clone(),
            &self.dir.path().join("notes.log"),
            &[note(0)],
        )
    }

    fn open(&self) -> Result<(Opened<FaultyDisk>, Vec<Note>), JournalError> {
        let mut notes = Vec::new();
        let path = self.dir.path().join("notes.log");
        let opened = JournalFile::open(self.disk.clone(), &path, |line: Line<'_>| {
            notes.push(line.parse().map_err(|_| Unreadable)?);
            Ok(())
        })?;
        Ok((opened, notes))
    }
}

#[test]
fn reading_on_in_small_slices_reads_the_journal_about_once() {
    const SLICE: usize = 4_096;
    let bench = Bench::new();
    let mut journal = bench.create().unwrap();
    for batch in (1..1_000).map(note).collect::<Vec<_>>().chunks(50) {
        journal.append(batch).unwrap();
    }
    bench.disk.with(|state| state.bytes_read = 0);
    let (mut next, mut slices) = (0, 0);
    while next < journal.records() {
        next = journal.read(next, SLICE, |_| Ok(())).unwrap();
        slices += 1;
    }
    let read = bench.disk.0.borrow().bytes_read as u64;
    assert!(slices > 20);
    // Each slice may end within a line, which the next one reads again.
    assert!(read < journal.bytes() + slices * SLICE as u64 / 4);
}

#[test]
fn a_full_disk_refuses_leaves_the_journal_as_it_was_and_recovers_with_space() {
    let bench = Bench::new();
    let mut journal = bench.create().unwrap();
    let before = bench.disk.0.borrow().seen.clone();
    bench
        .disk
        .with(|state| state.bytes_max = Some(before.len() + 10));
    for _ in 0..3 {
        let error = journal.append(&[note(1)]).unwrap_err();
        assert!(matches!(error, AppendError::NotWritten { .. }), "{error}");
        assert!(error.may_be_repeated());
        assert_eq!(bench.disk.0.borrow().seen, before);
    }
    bench.disk.with(|state| state.bytes_max = None);
    assert_eq!(journal.append(&[note(1)]).unwrap(), 1);
    assert_eq!(bench.open().unwrap().1, [note(0), note(1)]);
}

#[test]
fn a_failed_sync_is_never_tried_again_on_the_same_file() {
    let bench = Bench::new();
    let mut journal = bench.create().unwrap();
    bench.disk.with(|state| state.sync_fails = true);
    assert!(matches!(
        journal.append(&[note(1)]),
        Err(AppendError::Unsure { .. })
    ));
    assert!(matches!(
        journal.append(&[note(1)]),
        Err(AppendError::Closed { .. })
    ));
    let (mut opened, notes) = bench.open().unwrap();
    assert_eq!(
        notes,
        [note(0)],
        "what was never synced is not taken for saved"
    );
    assert_eq!(opened.journal.append(&[note(2)]).unwrap(), 1);
}

#[test]
fn what_memory_shows_but_the_disk_never_got_is_on_disk_after_opening() {
    let bench = Bench::new();
    let mut journal = bench.create().unwrap();
    journal.append(&[note(1)]).unwrap();
    let behind = bench.disk.0.borrow().on_medium.clone();
    journal.append(&[note(2)]).unwrap();
    // The last batch is seen, as after a sync that failed in a process that was killed; the medium is behind.
    bench.disk.with(|state| state.on_medium = behind);
    assert_eq!(bench.open().unwrap().1.len(), 3);
    bench.disk.crash(&mut Gen::from_size_and_seed(1, 1));
    assert_eq!(bench.open().unwrap().1.len(), 3);
}

#[test]
fn a_journal_that_could_not_be_created_in_one_go_has_a_name_that_lasts_once_it_is_opened() {
    // The disk is full, or the power of the process that creates it goes before the name is synced.
    for calls in [None, Some(3)] {
        let bench = Bench::new();
        bench.disk.with(|state| {
            state.calls_left = calls;
            state.bytes_max = calls.is_none().then_some(10);
        });
        assert!(bench.create().is_err());
        assert!(!bench.disk.0.borrow().is_named);
        bench
            .disk
            .with(|state| (state.calls_left, state.bytes_max) = (None, None));
        let mut journal = bench.open().unwrap().0.journal;
        journal.append(&[note(1)]).unwrap();
        assert!(bench.disk.0.borrow().is_named);
    }
}

/// One run: batches are appended until the power fails at a given call; then everything reported saved must be there,
/// in order, and the journal must go on. Returns whether the power failed at all.
fn survives_a_power_cut_at(call: usize, coin: &mut Gen) -> bool {
    let bench = Bench::new();
    let mut journal = bench.create().unwrap();
    let mut saved = 1;
    bench.disk.with(|state| state.calls_left = Some(call));
    for size in [1, 3, 40, 1, 7] {
        let batch: Vec<Note> = (saved..saved + size).map(note).collect();
        if journal.append(&batch).is_err() {
            break;
        }
        saved += size;
    }
    let failed = bench.disk.0.borrow().calls_left == Some(0);
    bench.disk.crash(coin);
    // The power may fail again while the journal is being repaired.
    for call in 0..4 {
        bench.disk.with(|state| state.calls_left = Some(call));
        if bench.open().is_err() {
            bench.disk.crash(coin);
        }
    }
    bench.disk.with(|state| state.calls_left = None);
    let (mut opened, notes) = bench.open().unwrap();
    assert!(
        notes.len() >= saved,
        "{} of {saved} saved notes are left",
        notes.len()
    );
    assert_eq!(notes, (0..notes.len()).map(note).collect::<Vec<_>>());
    opened.journal.append(&[note(notes.len())]).unwrap();
    assert_eq!(bench.open().unwrap().1.len(), notes.len() + 1);
    failed
}

#[test]
fn a_power_cut_at_any_call_loses_nothing_saved() {
    fn law(seed: u64) -> bool {
        let mut coin = Gen::from_size_and_seed(1, seed);
        (0..)
            .find(|&call| !survives_a_power_cut_at(call, &mut coin))
            .is_some()
    }
    QuickCheck::new()
        .tests(60)
        .quickcheck(law as fn(u64) -> bool);
}
