//! Keeping a second process out of a directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;

/// The file that is locked, in the directory it stands for.
const LOCK_FILE: &str = "lock";

/// Holds a directory for this process until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

/// Why a directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{} is in use by another process", path.display())]
    Held {
        /// The directory.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot lock {}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl DirLock {
    /// Takes the lock of an existing directory without waiting.
    ///
    /// # Errors
    ///
    /// Another process holds it, or it cannot be locked at all.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let refused = |source| LockError::Io {
            path: path.to_owned(),
            source,
        };
        let file = disk::private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(path.join(LOCK_FILE))
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_held_by_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let held = DirLock::take(dir.path()).unwrap();
        let error = DirLock::take(dir.path()).unwrap_err();
        assert!(matches!(error, LockError::Held { .. }), "{error}");
        drop(held);
        DirLock::take(dir.path()).unwrap();
    }
}
