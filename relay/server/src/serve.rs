//! A relay from its first connection to its last.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::Arc;

use spotter_display_server::Setup;
use spotter_journal_file::{DirLock, JournalError, LockError, make_dir};
use spotter_relay::{Config, Input, Relay, RelayKey};
use spotter_relay_store::{FlatFiles, LogStore};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout_at;

use crate::clock::{self, Clock};
use crate::diagnostics;
use crate::displays::Stages;
use crate::door::{Door, RuleBook, Rules};
use crate::driver::{Driver, Told};
use crate::hasher::Hasher;
use crate::key::{KeyError, load_or_make_key, random};
use crate::limits::{INBOX, RETRY_AFTER_DRAIN_MS};
use crate::measured::Measured;
use crate::metrics::Metrics;
use crate::monitor;
use crate::packs::Packs;
use crate::ready::Ready;
use crate::reload::{Reloader, config};
use crate::settings::Settings;
use crate::storage::Storage;
use crate::tls::{Tls, TlsError};
use crate::unpacking::Unpacker;

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
    /// There can be no encryption with the files given.
    #[error("cannot encrypt")]
    Tls(#[source] TlsError),
    /// Nothing can be counted: a bug.
    #[error("cannot count")]
    Metrics(#[source] prometheus::Error),
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

/// Where a relay listens.
#[derive(Debug)]
pub struct Listeners {
    /// For clients.
    pub relay: TcpListener,
    /// For whoever collects metrics.
    pub metrics: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(relay: TcpListener) -> Self {
        Self {
            relay,
            metrics: None,
        }
    }
}

/// A relay's folder and key, taken, with the diagnostics running: all that is needed before listening.
#[derive(Debug)]
pub struct Premises {
    key: RelayKey,
    store: FlatFiles,
    rules: Arc<RuleBook>,
    reloader: Reloader,
    metrics: Arc<Metrics>,
    _lock: DirLock,
}

impl Premises {
    /// Makes and locks the data folder, reads certificate and key, and begins `diag.log`.
    ///
    /// # Errors
    ///
    /// Another relay uses the folder, a certificate or key cannot be used, or the operating system refuses.
    pub fn take(settings: Settings) -> Result<Self, ServeError> {
        make_dir(&settings.data).map_err(ServeError::Data)?;
        let lock = DirLock::take(&settings.data).map_err(ServeError::Lock)?;
        diagnostics::start(settings.data.join("diag.log"), settings.log);
        let tls = settings.tls.as_ref().map(Tls::load).transpose();
        let tls = tls.map_err(ServeError::Tls)?;
        let (key, made) = load_or_make_key(&settings.key_file).map_err(ServeError::Key)?;
        if made {
            let file = settings.key_file.display();
            tracing::warn!(%file, "a new key was made; keep a copy of it elsewhere");
        }
        let metrics = Metrics::new(settings.data.clone()).map_err(ServeError::Metrics)?;
        metrics.certificate_ends(tls.as_ref().and_then(|tls| tls.expires_at));
        metrics.reloaded(true);
        let rules = RuleBook::new(Rules::new(&settings, tls));
        Ok(Self {
            store: FlatFiles::new(&settings.data),
            reloader: Reloader::new(settings, Arc::clone(&rules), Arc::clone(&metrics)),
            rules,
            metrics,
            key,
            _lock: lock,
        })
    }

    /// What changes the settings of this relay while it serves.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Serves on a listener until `stop` comes true; then lets nobody in, tells everyone when to come back, finishes
    /// what is being written, and returns.
    ///
    /// # Errors
    ///
    /// [`ServeError::NotDrained`] if that took longer than the settings allow.
    pub async fn serve(
        self,
        listeners: impl Into<Listeners>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let Listeners { relay, metrics } = listeners.into();
        let settings = self.reloader.settings();
        let store: Arc<dyn LogStore> = Arc::new(Measured {
            store: self.store,
            metrics: Arc::clone(&self.metrics),
        });
        let (inbox, told) = mpsc::channel(INBOX);
        let packs = Packs::new(Arc::clone(&store), inbox.clone());
        let storage = Storage::new(store, inbox.clone());
        let seed = random().map_err(ServeError::Key)?;
        let setup = Setup {
            overlap: settings.display_overlap,
            readers_max: settings.limits.displays_per_meet_max,
        };
        let driver = Driver {
            stages: Stages::new(inbox.clone(), setup),
            relay: Relay::new(config(&settings), self.key, seed),
            clock: Clock::start(),
            inbox: told,
            storage: storage.clone(),
            packs,
            unpacker: Unpacker::new(inbox.clone(), Arc::clone(&self.metrics)),
            pause: None,
            hasher: Hasher::new(inbox.clone(), Arc::clone(&self.metrics)),
            links: BTreeMap::new(),
            said_last: [None, None],
            drained: false,
            metrics: Arc::clone(&self.metrics),
        };
        let mut driver = tokio::spawn(driver.run());
        let ready = Ready::new(settings.data);
        let counted = Arc::clone(&self.metrics);
        let door = Arc::new(Door::new(self.rules, ready, counted, inbox.clone()));
        let accepting = tokio::spawn(Arc::clone(&door).accept(relay));
        let telling = metrics.map(|metrics| tokio::spawn(monitor::serve(metrics, self.metrics)));
        let changing = tokio::spawn(pass_on(self.reloader.for_machine(), inbox.clone()));

        stop.await;
        door.drain();
        let deadline = clock::after(self.reloader.settings().drain);
        let retry_after_ms = RETRY_AFTER_DRAIN_MS;
        let drained = timeout_at(deadline, async {
            let _ = inbox
                .send(Told::Happened(Input::Drain { retry_after_ms }))
                .await;
            let _ = (&mut driver).await;
        })
        .await;
        accepting.abort();
        changing.abort();
        driver.abort();
        if let Some(telling) = telling {
            telling.abort();
        }
        let _ = tokio::task::spawn_blocking(move || storage.close_all()).await;
        tracing::info!("stopped");
        drained.map_err(|_| ServeError::NotDrained)
    }
}

/// Tells the machine what it should go by, whenever that changes.
async fn pass_on(mut changes: watch::Receiver<Config>, inbox: mpsc::Sender<Told>) {
    while changes.changed().await.is_ok() {
        let config = Box::new(changes.borrow_and_update().clone());
        let _ = inbox
            .send(Told::Happened(Input::Reconfigured { config }))
            .await;
    }
}
