//! Changing the settings of a running relay: all of them that can change, or none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotter_relay::Config;
use tokio::sync::watch;

use crate::diagnostics;
use crate::door::{RuleBook, Rules};
use crate::metrics::Metrics;
use crate::settings::{Settings, SettingsError};
use crate::tls::{Tls, TlsError};

/// Settings that only hold from the next start: what they name is taken or listened on.
const FIXED: &[&str] = &[
    "data",
    "display-overlap",
    "key-file",
    "listen",
    "metrics-address",
];

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The new settings make no relay.
    #[error("the settings are as before")]
    Settings(#[from] SettingsError),
    /// There can be no encryption with the files given.
    #[error("the settings are as before, certificate and key included")]
    Tls(#[from] TlsError),
}

/// What became of new settings; the names are those of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// What holds from now on and did not before. Certificate and key are read again whether or not they are named here.
    pub changed: Vec<String>,
    /// What is other than before and holds only from the next start.
    pub needs_restart: Vec<String>,
}

/// Changes the settings of one relay while it runs. Clones change the same one.
#[derive(Clone, Debug)]
pub struct Reloader(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Mutex<Settings>,
    metrics: Arc<Metrics>,
    rules: Arc<RuleBook>,
    machine: watch::Sender<Config>,
}

impl Reloader {
    /// A reloader for a relay that starts with these settings.
    pub(crate) fn new(settings: Settings, rules: Arc<RuleBook>, metrics: Arc<Metrics>) -> Self {
        let machine = watch::Sender::new(config(&settings));
        Self(Arc::new(Shared {
            settings: Mutex::new(settings),
            metrics,
            rules,
            machine,
        }))
    }

    /// Lets new settings hold, as far as they can, and says which. Connections stay; whoever comes from now on finds
    /// the new certificate, origins and proxies.
    ///
    /// # Errors
    ///
    /// The settings make no relay, or certificate or key cannot be used; nothing has changed then.
    pub fn reload(&self, new: Result<Settings, SettingsError>) -> Result<Reloaded, ReloadError> {
        let outcome = new.map_err(ReloadError::from);
        let outcome = outcome.and_then(|new| self.take_over(new));
        self.0.metrics.reloaded(outcome.is_ok());
        outcome
    }

    fn take_over(&self, mut new: Settings) -> Result<Reloaded, ReloadError> {
        let mut current = self.current();
        let mut reloaded = differences(&current, &new);
        new.data.clone_from(&current.data);
        new.key_file.clone_from(&current.key_file);
        new.listen = current.listen;
        new.display_overlap = current.display_overlap;
        if new.tls.is_some() != current.tls.is_some() {
            reloaded.needs_restart.push("tls-cert".to_owned());
            reloaded.needs_restart.push("tls-key".to_owned());
            reloaded.changed.retain(|name| !name.starts_with("tls-"));
            new.tls.clone_from(&current.tls);
        }
        new.metrics_address = current.metrics_address;
        let tls = new.tls.as_ref().map(Tls::load).transpose()?;
        let expires_at = tls.as_ref().and_then(|tls| tls.expires_at);
        self.0.metrics.certificate_ends(expires_at);
        self.0.rules.replace(Rules::new(&new, tls));
        self.0.machine.send_replace(config(&new));
        diagnostics::set_level(new.log);
        *current = new;
        Ok(reloaded)
    }

    /// The settings that hold.
    pub fn settings(&self) -> Settings {
        self.current().clone()
    }

    fn current(&self) -> MutexGuard<'_, Settings> {
        let settings = &self.0.settings;
        settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the machine should go by, whenever that changes.
    pub(crate) fn for_machine(&self) -> watch::Receiver<Config> {
        self.0.machine.subscribe()
    }
}

/// What a relay's machine goes by.
pub(crate) fn config(settings: &Settings) -> Config {
    Config {
        limits: settings.limits.clone(),
        scrypt: settings.scrypt,
    }
}

fn differences(old: &Settings, new: &Settings) -> Reloaded {
    let table = |settings: &Settings| {
        let options = settings.to_options();
        toml::Table::try_from(options).unwrap_or_default()
    };
    let (old, new) = (table(old), table(new));
    let mut reloaded = Reloaded::default();
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
    {
        if FIXED.contains(&name.as_str()) {
            reloaded.needs_restart.push(name.clone());
        } else {
            reloaded.changed.push(name.clone());
        }
    }
    reloaded
}
