//! The relay's key on disk: 64 hex digits in a file that only its owner can read, outside the data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use spotter_journal_file::{JournalError, make_dir, save_file};
use spotter_relay::RelayKey;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is there but cannot be read.
    #[error("cannot read the key file {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file holds something else. It is never overwritten.
    #[error("{} is not a relay's key: it should hold 64 hex digits", path.display())]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
    /// A new key could not be written.
    #[error("cannot make a key file")]
    NotWritten(#[source] JournalError),
    /// The system has no randomness.
    #[error("the system gives no randomness")]
    NoRandomness(#[source] getrandom::Error),
}

/// Reads the key; makes it if there is none, and says whether it did.
///
/// # Errors
///
/// A file that is there but holds no key is left as it is.
pub fn load_or_make_key(path: &Path) -> Result<(RelayKey, bool), KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let bytes = parse(text.trim()).ok_or_else(|| KeyError::NotAKey {
                path: path.to_owned(),
            })?;
            Ok((RelayKey::from_bytes(bytes), false))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((make(path)?, true)),
        Err(source) => Err(KeyError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Randomness from the system.
///
/// # Errors
///
/// The system gives none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeyError::NoRandomness)?;
    Ok(bytes)
}

fn make(path: &Path) -> Result<RelayKey, KeyError> {
    let bytes: [u8; 32] = random()?;
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.push('\n');
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        make_dir(parent).map_err(KeyError::NotWritten)?;
    }
    save_file(path, text.as_bytes()).map_err(KeyError::NotWritten)?;
    Ok(RelayKey::from_bytes(bytes))
}

fn parse(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/relay.key");
        let (key, made) = load_or_make_key(&path).unwrap();
        assert!(made);
        assert_eq!(load_or_make_key(&path).unwrap(), (key, false));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.key");
        for content in ["", "hello", &"0".repeat(63), &"g".repeat(64)] {
            fs::write(&path, content).unwrap();
            assert!(matches!(
                load_or_make_key(&path),
                Err(KeyError::NotAKey { .. })
            ));
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }
}
