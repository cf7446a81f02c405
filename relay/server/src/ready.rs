//! Whether the disk takes anything: tried by writing a small file and removing it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::clock;
use crate::limits::READY_FOR;

/// A block, which a full disk has no room for.
const BLOCK: &[u8] = &[b'\n'; 4 << 10];

/// Tries a data folder, but not more often than it is worth.
#[derive(Debug)]
pub(crate) struct Ready {
    data: PathBuf,
    /// What was found last, and until when that holds. Those who ask meanwhile wait for one answer.
    found: Mutex<Option<(bool, Instant)>>,
}

impl Ready {
    pub(crate) fn new(data: PathBuf) -> Self {
        Self {
            data,
            found: Mutex::default(),
        }
    }

    /// Whether the data folder could be written within the last second.
    pub(crate) async fn can_write(&self) -> bool {
        let mut found = self.found.lock().await;
        if let Some((could, until)) = *found
            && clock::after(std::time::Duration::ZERO) < until
        {
            return could;
        }
        let data = self.data.clone();
        let tried = tokio::task::spawn_blocking(move || try_writing(&data));
        let could = match tried.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the data folder cannot be written");
                false
            }
            Err(_) => false,
        };
        *found = Some((could, clock::after(READY_FOR)));
        could
    }
}

fn try_writing(data: &Path) -> io::Result<()> {
    let path = data.join("ready.probe");
    let mut file = File::create(&path)?;
    let written = file.write_all(BLOCK).and_then(|()| file.sync_all());
    let removed = fs::remove_file(path);
    written.and(removed)
}
