//! A disk in memory: what programs see of its files, and what would be left of them after a power cut.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use spotter_journal_file::{Disk, OpenFile, Volume};
use spotter_sim_plan::Rot;

use crate::chance::{happens, mix, unit};

/// What a disk writes at once or not at all.
const SECTOR: usize = 512;

/// A disk that can be full, fail, forget and die. Clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct SimDisk(Rc<RefCell<Platter>>);

#[derive(Debug)]
struct Platter {
    files: BTreeMap<PathBuf, Content>,
    /// Tells files from others that had the same name.
    created: u64,
    full: bool,
    sync_fails: bool,
    /// The number of further calls that succeed, if the process is to die at one.
    calls_left: Option<u32>,
    /// Whether the process that uses the disk has died at a call.
    is_dead: bool,
    syncs: u64,
    /// For drawing: the seed, and how many crashes and short writes there were.
    seed: u64,
    drawn: u64,
}

#[derive(Clone, Debug, Default)]
struct Content {
    number: u64,
    seen: Vec<u8>,
    on_medium: Vec<u8>,
    /// What was written since the last sync; nothing if the system believes that it is all on the medium.
    dirty: Option<(usize, usize)>,
    /// Whether the name would be found after a power cut.
    named: bool,
}

/// What a disk held at some time, as its medium had it.
#[derive(Clone, Debug)]
pub(crate) struct Copied(BTreeMap<PathBuf, Content>);

/// A file of a [`SimDisk`].
#[derive(Debug)]
pub(crate) struct SimFile {
    disk: SimDisk,
    path: PathBuf,
    number: u64,
}

/// There are no volumes: each file is synced by itself.
#[derive(Debug)]
pub(crate) enum NoVolume {}

impl SimDisk {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rc::new(RefCell::new(Platter {
            files: BTreeMap::new(),
            created: 0,
            full: false,
            sync_fails: false,
            calls_left: None,
            is_dead: false,
            syncs: 0,
            seed,
            drawn: 0,
        })))
    }

    /// Cuts the power. Of what was not synced each sector survives or not.
    pub(crate) fn crash(&self) {
        let mut platter = self.0.borrow_mut();
        let lots = [platter.seed, platter.draw()];
        let mut file_number = 0;
        platter.files.retain(|_, content| {
            file_number += 1;
            content.named || happens(0.5, &[lots[0], lots[1], file_number, 1])
        });
        for (number, content) in (0..).zip(platter.files.values_mut()) {
            content.survive(&[lots[0], lots[1], number, 2]);
        }
        platter.calls_left = None;
        platter.is_dead = false;
    }

    pub(crate) fn fill(&self, full: bool) {
        self.0.borrow_mut().full = full;
    }

    pub(crate) fn fail_next_sync(&self, fails: bool) {
        self.0.borrow_mut().sync_fails = fails;
    }

    pub(crate) fn die_at(&self, call: Option<u32>) {
        self.0.borrow_mut().calls_left = call;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.0.borrow().is_dead
    }

    pub(crate) fn syncs(&self) -> u64 {
        self.0.borrow().syncs
    }

    pub(crate) fn has(&self, path: &Path) -> bool {
        self.0.borrow().files.contains_key(path)
    }

    pub(crate) fn len(&self, path: &Path) -> u64 {
        let platter = self.0.borrow();
        let content = platter.files.get(path);
        content.map_or(0, |content| content.seen.len() as u64)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().files.is_empty()
    }

    pub(crate) fn clear(&self) {
        self.0.borrow_mut().files.clear();
    }

    /// Takes a file away.
    pub(crate) fn remove(&self, path: &Path) {
        self.0.borrow_mut().files.remove(path);
    }

    /// Gives a file another name, durably.
    pub(crate) fn rename(&self, from: &Path, to: &Path) {
        let mut platter = self.0.borrow_mut();
        if let Some(content) = platter.files.remove(from) {
            platter.files.insert(to.to_owned(), content);
        }
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.0.borrow().files.keys().cloned().collect()
    }

    /// What is on the medium now.
    pub(crate) fn copy(&self) -> Copied {
        let mut files = self.0.borrow().files.clone();
        for content in files.values_mut() {
            content.seen.clone_from(&content.on_medium);
            content.dirty = None;
            content.named = true;
        }
        Copied(files)
    }

    /// Takes back what was copied, in the place of everything.
    pub(crate) fn restore(&self, copied: &Copied) {
        let mut platter = self.0.borrow_mut();
        platter.files.clone_from(&copied.0);
        platter.created += 1_000_000;
    }

    /// Changes what is stored. Returns whether there was anything to change.
    pub(crate) fn rot(&self, path: &Path, rot: Rot, at_share: f64) -> bool {
        let mut platter = self.0.borrow_mut();
        let Some(content) = platter.files.get_mut(path) else {
            return false;
        };
        let len = content.on_medium.len();
        if len == 0 {
            return false;
        }
        let place = ((len as f64 * at_share.clamp(0.0, 1.0)) as usize).min(len - 1);
        match rot {
            Rot::Bit => {
                let bit = 1_u8 << (place % 8);
                content.on_medium[place] ^= bit;
                if let Some(byte) = content.seen.get_mut(place) {
                    *byte ^= bit;
                }
            }
            Rot::Cut => {
                content.on_medium.truncate(place);
                content.seen.truncate(place);
                content.dirty = content
                    .dirty
                    .map(|(from, to)| (from.min(place), to.min(place)));
            }
        }
        true
    }

    /// Replaces a small file as a whole: written beside it, synced, renamed, and the rename synced.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut platter = self.0.borrow_mut();
        platter.call()?;
        if platter.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        platter.sync()?;
        let renamed = platter.call();
        let lots = [platter.seed, platter.draw(), 3];
        // A rename that the process died in, or before its own sync, has happened or not.
        if renamed.is_err() && happens(0.5, &lots) {
            return renamed;
        }
        platter.created += 1;
        let content = Content {
            number: platter.created,
            seen: bytes.to_owned(),
            on_medium: bytes.to_owned(),
            dirty: None,
            named: true,
        };
        platter.files.insert(path.to_owned(), content);
        renamed?;
        platter.call()
    }

    pub(crate) fn get(&self, path: &Path) -> Option<Vec<u8>> {
        let platter = self.0.borrow();
        platter.files.get(path).map(|content| content.seen.clone())
    }
}

impl Platter {
    fn call(&mut self) -> io::Result<()> {
        if self.is_dead {
            return Err(died());
        }
        match &mut self.calls_left {
            None => Ok(()),
            Some(0) => {
                self.is_dead = true;
                Err(died())
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call()?;
        self.syncs += 1;
        if std::mem::take(&mut self.sync_fails) {
            return Err(io::Error::other("input/output error"));
        }
        Ok(())
    }

    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }
}

fn died() -> io::Error {
    io::Error::other("the process is gone")
}

impl Content {
    fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(bytes);
        let (from, to) = self.dirty.unwrap_or((offset, end));
        self.dirty = Some((from.min(offset), to.max(end)));
    }

    fn sync(&mut self) {
        self.on_medium.resize(self.seen.len(), 0);
        if let Some((from, to)) = self.dirty.take() {
            let to = to.min(self.seen.len());
            if from < to {
                self.on_medium[from..to].copy_from_slice(&self.seen[from..to]);
            }
        }
    }

    fn survive(&mut self, lots: &[u64; 4]) {
        let coin = |number: u64| mix(&[lots[0], lots[1], lots[2], lots[3], number]) & 1 == 0;
        // The length is written by itself: a cut or a growth has got to the medium or not.
        if self.on_medium.len() != self.seen.len() && coin(u64::MAX) {
            self.on_medium.resize(self.seen.len(), 0);
        }
        if let Some((from, to)) = self.dirty.take() {
            let mut start = from - from % SECTOR;
            while start < to {
                let end = (start + SECTOR)
                    .min(self.on_medium.len())
                    .min(self.seen.len());
                if start < end && coin(start as u64) {
                    let begin = start.max(from);
                    let end = end.min(to);
                    if begin < end {
                        self.on_medium[begin..end].copy_from_slice(&self.seen[begin..end]);
                    }
                }
                start += SECTOR;
            }
        }
        self.seen.clone_from(&self.on_medium);
        self.named = true;
    }
}

impl Disk for SimDisk {
    type File = SimFile;
    type Volume = NoVolume;

    fn create_new(&self, path: &Path) -> io::Result<SimFile> {
        let mut platter = self.0.borrow_mut();
        platter.call()?;
        if platter.files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        platter.created += 1;
        let number = platter.created;
        let content = Content {
            number,
            ..Content::default()
        };
        platter.files.insert(path.to_owned(), content);
        Ok(self.file(path, number))
    }

    fn open(&self, path: &Path) -> io::Result<SimFile> {
        let mut platter = self.0.borrow_mut();
        platter.call()?;
        let content = platter.files.get(path);
        let number = content.ok_or(io::ErrorKind::NotFound)?.number;
        Ok(self.file(path, number))
    }

    fn sync_entry(&self, path: &Path) -> io::Result<()> {
        let mut platter = self.0.borrow_mut();
        platter.call()?;
        if let Some(content) = platter.files.get_mut(path) {
            content.named = true;
        }
        Ok(())
    }

    fn volume(&self, _: &Path) -> Option<NoVolume> {
        None
    }
}

impl SimDisk {
    fn file(&self, path: &Path, number: u64) -> SimFile {
        SimFile {
            disk: self.clone(),
            path: path.to_owned(),
            number,
        }
    }
}

impl SimFile {
    fn with<T>(&self, act: impl FnOnce(&mut Content) -> T, platter: &mut Platter) -> io::Result<T> {
        let is_it = |content: &Content| content.number == self.number;
        // It may have been given another name since it was opened.
        let content = if platter.files.get(&self.path).is_some_and(is_it) {
            platter.files.get_mut(&self.path)
        } else {
            platter.files.values_mut().find(|content| is_it(content))
        };
        content
            .map(act)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl OpenFile for SimFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut platter = self.disk.0.borrow_mut();
        platter.call()?;
        let read = |content: &mut Content| {
            let rest = content.seen.get(offset as usize..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            count
        };
        self.with(read, &mut platter)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut platter = self.disk.0.borrow_mut();
        let was_dead = platter.is_dead;
        let called = platter.call();
        let lots = [platter.seed, platter.draw(), 4];
        // A write that the process died in, or for which there is no room, has got somewhere.
        let fits = match (&called, platter.full) {
            (Err(_), _) if was_dead => 0,
            (Err(_), _) | (Ok(()), true) => (bytes.len() as f64 * unit(&lots)) as usize,
            (Ok(()), false) => bytes.len(),
        };
        let full = platter.full;
        let write = |content: &mut Content| {
            if fits > 0 {
                content.write(&bytes[..fits], offset as usize);
            }
        };
        self.with(write, &mut platter)?;
        called?;
        if full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut platter = self.disk.0.borrow_mut();
        let synced = platter.sync();
        let died = platter.is_dead;
        match synced {
            Ok(()) => self.with(Content::sync, &mut platter),
            Err(error) if died => Err(error),
            Err(error) => {
                // The system counts the pages as clean from now on, and shows them to whoever reads.
                self.with(|content| content.dirty = None, &mut platter)?;
                Err(error)
            }
        }
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        let mut platter = self.disk.0.borrow_mut();
        platter.call()?;
        let len = len as usize;
        let cut = |content: &mut Content| {
            content.seen.truncate(len);
            content.dirty = content
                .dirty
                .map(|(from, to)| (from.min(len), to.min(len)))
                .filter(|(from, to)| from < to);
        };
        self.with(cut, &mut platter)
    }

    fn is_still(&self, path: &Path, len: u64) -> bool {
        let platter = self.disk.0.borrow();
        let content = platter.files.get(path);
        content.is_some_and(|content| {
            content.number == self.number && content.seen.len() as u64 == len
        })
    }
}

impl Volume for NoVolume {
    fn id(&self) -> u64 {
        match *self {}
    }

    fn sync(&self) -> io::Result<()> {
        match *self {}
    }
}
