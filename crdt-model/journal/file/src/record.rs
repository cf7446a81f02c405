//! Small JSON files that are replaced as a whole.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use spotter_journal::EncodeError;

use crate::dir::sync_parent;
use crate::{JournalError, disk};

/// Replaces a record. When this returns the new one is on disk; whenever it is interrupted, the old one still is.
///
/// The new content is first written to `<path>.new`, which a later call simply writes over.
///
/// # Errors
///
/// Those of the operating system; the old record stands.
pub fn save_record<T: Serialize>(path: &Path, record: &T) -> Result<(), JournalError> {
    let mut json = serde_json::to_vec_pretty(record).map_err(|error| JournalError::Encode {
        path: path.to_owned(),
        source: EncodeError::NotAnObject(Some(error)),
    })?;
    json.push(b'\n');
    save_file(path, &json)
}

/// Reads a record; `None` if there is none.
///
/// # Errors
///
/// Those of the operating system, and content that is not a `T`.
pub fn load_record<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, JournalError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalError::io("read", path)(error)),
    };
    let record = serde_json::from_slice(&bytes).map_err(|source| JournalError::NotARecord {
        path: path.to_owned(),
        source,
    })?;
    Ok(Some(record))
}

/// Replaces a whole file, as [`save_record`] does. What is there and is no file, such as a pipe or a terminal, is written
/// to and not replaced.
///
/// # Errors
///
/// Those of the operating system; the old file stands.
pub fn save_file(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let there = OpenOptions::new().write(true).open(path);
        return there
            .and_then(|mut there| there.write_all(bytes))
            .map_err(JournalError::io("write", path));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    disk::private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(new)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(JournalError::io("write", new))?;
    fs::rename(new, path).map_err(JournalError::io("replace", path))?;
    sync_parent(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.json");
        assert_eq!(load_record::<Vec<u32>>(&path).unwrap(), None);
        save_record(&path, &vec![1, 2, 3]).unwrap();
        fs::write(dir.path().join("auth.json.new"), "half of a reco").unwrap();
        assert_eq!(load_record::<Vec<u32>>(&path).unwrap(), Some(vec![1, 2, 3]));
        save_record(&path, &vec![4]).unwrap();
        assert_eq!(load_record::<Vec<u32>>(&path).unwrap(), Some(vec![4]));
        assert!(!dir.path().join("auth.json.new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        use std::os::unix::fs::FileTypeExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&path).unwrap();
        // A socket cannot be opened for writing; that it is still there is the point.
        save_file(&path, b"a meet").unwrap_err();
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        save_file(Path::new("/dev/null"), b"a meet").unwrap();
        let null = fs::symlink_metadata("/dev/null").unwrap();
        assert!(null.file_type().is_char_device());
    }

    #[test]
    fn a_damaged_record_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.json");
        fs::write(&path, "{\"salt\":").unwrap();
        let error = load_record::<Vec<u32>>(&path).unwrap_err();
        assert!(error.to_string().contains("auth.json"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_record() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.json");
        save_record(&path, &1).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
