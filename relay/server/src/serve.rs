//! A relay from its first connection to its last.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::Arc;

use spotter_journal_file::{DirLock, JournalError, LockError, make_dir};
use spotter_relay::{Config, Input, Relay, RelayKey};
use spotter_relay_store::{FlatFiles, LogStore};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use crate::clock::{self, Clock};
use crate::diagnostics;
use crate::door::Door;
use crate::driver::{Driver, Told};
use crate::hasher::Hasher;
use crate::key::{KeyError, load_or_make_key, random};
use crate::limits::{INBOX, RETRY_AFTER_DRAIN_MS};
use crate::settings::Settings;
use crate::storage::Storage;

/// Why a relay does not start, or does not stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be made.
    #[error("cannot make the data folder")]
    Data(#[source] JournalError),
    /// The data folder is in use, or cannot be locked.
    #[error("cannot take the data folder")]
    Lock(#[source] LockError),
    /// There is no key.
    #[error("cannot get the relay's key")]
    Key(#[source] KeyError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which address.
        address: std::net::SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Nobody may be told where the relay listens.
    #[error("cannot tell that the relay is ready")]
    Tell(#[source] io::Error),
    /// Stopping took too long. What was acknowledged is safe nevertheless.
    #[error("connections were cut off because stopping took too long")]
    NotDrained,
}

/// A relay's folder and key, taken, with the diagnostics running: all that is needed before listening.
#[derive(Debug)]
pub struct Premises {
    settings: Settings,
    key: RelayKey,
    store: Arc<FlatFiles>,
    _lock: DirLock,
}

impl Premises {
    /// Makes and locks the data folder, gets the key, and begins `diag.log`.
    ///
    /// # Errors
    ///
    /// Another relay uses the folder, or the operating system refuses.
    pub fn take(settings: Settings) -> Result<Self, ServeError> {
        make_dir(&settings.data).map_err(ServeError::Data)?;
        let lock = DirLock::take(&settings.data).map_err(ServeError::Lock)?;
        diagnostics::start(settings.data.join("diag.log"), settings.log);
        let (key, made) = load_or_make_key(&settings.key_file).map_err(ServeError::Key)?;
        if made {
            let file = settings.key_file.display();
            tracing::warn!(%file, "a new key was made; keep a copy of it elsewhere");
        }
        Ok(Self {
            store: Arc::new(FlatFiles::new(&settings.data)),
            settings,
            key,
            _lock: lock,
        })
    }

    /// Serves on a listener until `stop` comes true; then lets nobody in, tells everyone when to come back, finishes
    /// what is being written, and returns.
    ///
    /// # Errors
    ///
    /// [`ServeError::NotDrained`] if that took longer than the settings allow.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let store: Arc<dyn LogStore> = self.store.clone();
        let (inbox, told) = mpsc::channel(INBOX);
        let storage = Storage::new(store, inbox.clone());
        let config = Config {
            limits: self.settings.limits.clone(),
            scrypt: self.settings.scrypt,
        };
        let seed = random().map_err(ServeError::Key)?;
        let driver = Driver {
            relay: Relay::new(config, self.key, seed),
            clock: Clock::start(),
            inbox: told,
            storage: storage.clone(),
            hasher: Hasher::new(inbox.clone()),
            links: BTreeMap::new(),
            said_last: None,
            drained: false,
        };
        let mut driver = tokio::spawn(driver.run());
        let door = Arc::new(Door::new(&self.settings, inbox.clone()));
        let accepting = tokio::spawn(Arc::clone(&door).accept(listener));

        stop.await;
        door.drain();
        let deadline = clock::after(self.settings.drain);
        let retry_after_ms = RETRY_AFTER_DRAIN_MS;
        let drained = timeout_at(deadline, async {
            let _ = inbox
                .send(Told::Happened(Input::Drain { retry_after_ms }))
                .await;
            let _ = (&mut driver).await;
        })
        .await;
        accepting.abort();
        driver.abort();
        let _ = tokio::task::spawn_blocking(move || storage.close_all()).await;
        tracing::info!("stopped");
        drained.map_err(|_| ServeError::NotDrained)
    }
}
