//! The file systems that meets lie on. Nearly always it is one; a folder of meets may have been put on another disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use spotter_journal_file::{Disk, Volume};

/// The file systems met so far, by what tells them apart. One handle for each: it remembers which failures it has told.
#[derive(Debug)]
pub(super) struct Volumes<D: Disk>(Mutex<BTreeMap<u64, Option<Arc<D::Volume>>>>);

impl<D: Disk> Volumes<D> {
    /// The file system of a folder, if it can be synced as a whole.
    pub(super) fn of(&self, disk: &D, dir: &Path) -> Option<Arc<D::Volume>> {
        let device = device(dir)?;
        let mut volumes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        volumes
            .entry(device)
            .or_insert_with(|| {
                let volume = disk.volume(dir).map(Arc::new);
                // The folder may have become that of another disk in between.
                volume.filter(|volume| volume.id() == device)
            })
            .clone()
    }
}

impl<D: Disk> Default for Volumes<D> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(unix)]
fn device(dir: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(dir).ok().map(|dir| dir.dev())
}

#[cfg(not(unix))]
fn device(_dir: &Path) -> Option<u64> {
    None
}
