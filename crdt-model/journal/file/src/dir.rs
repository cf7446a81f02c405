//! Directories whose entries survive a power cut. A file is only as durable as the entry that names it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::JournalError;

/// Waits until the entries of a directory are on the medium.
///
/// # Errors
///
/// Those of the operating system.
pub fn sync_dir(path: &Path) -> Result<(), JournalError> {
    sync_folder(path).map_err(JournalError::io("sync", path))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(path).and_then(|dir| dir.sync_all())
}

/// Waits until the entries of the directory that names this path are on the medium.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    sync_folder(parent(path).unwrap_or(Path::new(".")))
}

/// Creates a directory and whatever is missing above it. Fine if it is there already.
///
/// # Errors
///
/// Those of the operating system.
pub fn make_dir(path: &Path) -> Result<(), JournalError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = parent(path) {
        make_dir(parent)?;
    }
    match create_private(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(JournalError::io("create", path)(error)),
    }
}

/// Moves a directory to a path on the same disk that names nothing or an empty directory. Either the whole of it is
/// there afterwards or none.
///
/// # Errors
///
/// Those of the operating system, and a directory with content at the new path.
pub fn move_dir(from: &Path, to: &Path) -> Result<(), JournalError> {
    fs::rename(from, to).map_err(JournalError::io("move", from))?;
    sync_parent(to)?;
    sync_parent(from)
}

/// Waits until the entry that names this path is on the medium.
pub(crate) fn sync_parent(path: &Path) -> Result<(), JournalError> {
    sync_dir(parent(path).unwrap_or(Path::new(".")))
}

fn parent(path: &Path) -> Option<&Path> {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}
