//! What an operator can set, by flag, by environment variable and by file, under the same names everywhere.
//!
//! A flag wins over the environment, the environment over the file, the file over the defaults.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use spotter_relay::{Limits, ScryptParams};

use crate::network::Network;
use crate::tls::{Tls, TlsError};

/// Where a relay listens unless told otherwise: on this machine only.
const LISTEN: &str = "127.0.0.1:8765";

/// The longest that stopping may take: whoever stops a relay wants it to end.
const DRAIN_SECONDS_MAX: u64 = 3_600;

/// Updates that are kept for displays that connect, unless told otherwise.
const OVERLAP: usize = 10;

/// Everything that can be set, as far as it has been set.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Options {
    /// The folder for meets and diag.log; made if it is not there. Copying it at any time is a backup.
    #[arg(long, value_name = "DIR", env = "SPOTTER_RELAY_DATA")]
    pub data: Option<PathBuf>,
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:8765].
    #[arg(long, value_name = "ADDR", env = "SPOTTER_RELAY_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The relay's key; made on the first start. Keep it, and a copy elsewhere: with it a relay that has lost DIR gets
    /// its meets back from their members. Not inside DIR [default: DIR with `.key` behind it].
    #[arg(long, value_name = "FILE", env = "SPOTTER_RELAY_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Tell Prometheus what is counted, at `http://ADDR/metrics`, without encryption and to everybody who can reach it;
    /// off unless given.
    #[arg(long, value_name = "ADDR", env = "SPOTTER_RELAY_METRICS_ADDRESS")]
    pub metrics_address: Option<SocketAddr>,
    /// The relay's certificate and those behind it, in PEM form: encrypt every connection. Read again on SIGHUP.
    #[arg(long, value_name = "FILE", env = "SPOTTER_RELAY_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM form. Read again on SIGHUP.
    #[arg(long, value_name = "FILE", env = "SPOTTER_RELAY_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Listen on an address that other machines can reach although nothing is encrypted: passwords can then be read on
    /// the way. For a network of your own, or behind a proxy that does TLS.
    #[arg(long, value_name = "BOOL", env = "SPOTTER_RELAY_ALLOW_PLAINTEXT", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_plaintext: Option<bool>,
    /// Origins of pages that may connect, exactly as browsers send them, such as `https://lift.example.org`.
    #[arg(
        long,
        value_name = "ORIGIN,...",
        env = "SPOTTER_RELAY_ORIGINS",
        value_delimiter = ','
    )]
    pub origins: Option<Vec<String>>,
    /// Serve the pages for browsers and the feeds for displays under the relay's port [default: true].
    #[arg(long, value_name = "BOOL", env = "SPOTTER_RELAY_PAGES", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub pages: Option<bool>,
    /// Updates that are kept for displays that connect; whoever has missed more fetches everything [default: 10].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_DISPLAY_OVERLAP")]
    pub display_overlap: Option<usize>,
    /// Addresses or networks of proxies whose X-Forwarded-For is believed, such as `127.0.0.1` or `10.0.0.0/8`.
    #[arg(
        long,
        value_name = "NET,...",
        env = "SPOTTER_RELAY_TRUSTED_PROXIES",
        value_delimiter = ','
    )]
    pub trusted_proxies: Option<Vec<Network>>,
    /// Check passwords with 32 MiB of memory instead of 128.
    #[arg(long, value_name = "BOOL", env = "SPOTTER_RELAY_LOW_MEMORY", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub low_memory: Option<bool>,
    /// What goes to the terminal and to diag.log: error, warn, info, debug or trace [default: info].
    #[arg(long, value_name = "LEVEL", env = "SPOTTER_RELAY_LOG")]
    pub log: Option<LogLevel>,
    /// Seconds that stopping may take, 3600 at most [default: 10].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_DRAIN_SECONDS")]
    pub drain_seconds: Option<u64>,
    /// Connections at once [default: 8192].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_LINKS_MAX")]
    pub links_max: Option<usize>,
    /// Connections at once from one address [default: 1024].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_LINKS_PER_ADDRESS_MAX")]
    pub links_per_address_max: Option<usize>,
    /// Connections at once to one meet [default: 512].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_LINKS_PER_MEET_MAX")]
    pub links_per_meet_max: Option<usize>,
    /// Meets that one address may create in an hour [default: 120].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_CREATIONS_PER_HOUR_MAX")]
    pub creations_per_hour_max: Option<u32>,
    /// Bytes of changes in one meet [default: 67108864].
    #[arg(long, value_name = "N", env = "SPOTTER_RELAY_MEET_BYTES_MAX")]
    pub meet_bytes_max: Option<u64>,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What must be seen to at once.
    Error,
    /// What should be seen to in the morning.
    Warn,
    /// Who came and went.
    Info,
    /// What was decided.
    Debug,
    /// Everything.
    Trace,
}

/// A certificate and its key, as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those behind it.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What holds for one run, complete and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder for meets and diag.log.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the relay's key lies.
    pub key_file: PathBuf,
    /// Where to tell what is counted.
    pub metrics_address: Option<SocketAddr>,
    /// What to encrypt with, if that is the relay's task.
    pub tls: Option<TlsFiles>,
    /// Whether other machines may connect without encryption.
    pub allow_plaintext: bool,
    /// Origins of pages that may connect.
    pub origins: Vec<String>,
    /// Whether there are pages and displays.
    pub pages: bool,
    /// Updates that are kept for displays that connect.
    pub display_overlap: usize,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<Network>,
    /// How hard passwords are hashed.
    pub scrypt: ScryptParams,
    /// How much is told.
    pub log: LogLevel,
    /// How long stopping may take.
    pub drain: Duration,
    /// What the machine allows.
    pub limits: Limits,
}

/// Why the settings make no relay.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file makes no sense.
    #[error("in the settings file {}", path.display())]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// Nobody said where the meets are.
    #[error(
        "no data folder was given; use --data DIR, SPOTTER_RELAY_DATA, or `data` in a settings file"
    )]
    NoData,
    /// A certificate without a key, or the other way round.
    #[error("{0} was given without {1}; encryption needs both")]
    HalfTls(&'static str, &'static str),
    /// Others could read passwords on the way.
    #[error(
        "{0} can be reached from other machines, and nothing is encrypted: give --tls-cert and --tls-key, or listen on \
         127.0.0.1 behind a proxy that does TLS, or say --allow-plaintext if everyone on the way may read every password"
    )]
    Plaintext(SocketAddr),
    /// The key would be lost with what it should bring back.
    #[error("the key file {} lies inside the data folder {}; whoever loses one would lose both", key_file.display(), data.display())]
    KeyInData {
        /// The key file.
        key_file: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// An origin that no browser sends.
    #[error(
        "{0:?} is not an origin; write it as browsers send it, such as https://lift.example.org"
    )]
    Origin(String),
    /// Two listeners at one place.
    #[error(
        "metrics-address {metrics} is taken by listen {listen}; the metrics need a port of their own"
    )]
    SameAddress {
        /// For clients.
        listen: SocketAddr,
        /// For metrics.
        metrics: SocketAddr,
    },
    /// A relay that would not stop.
    #[error("drain-seconds must be at most {DRAIN_SECONDS_MAX}")]
    Drain,
    /// A limit of nothing.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
}

impl Options {
    /// Reads a settings file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has something in it that is no setting.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let text = fs::read_to_string(path).map_err(|source| SettingsError::File {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| SettingsError::Toml {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// These options, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            data: self.data.or(other.data),
            listen: self.listen.or(other.listen),
            key_file: self.key_file.or(other.key_file),
            metrics_address: self.metrics_address.or(other.metrics_address),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            allow_plaintext: self.allow_plaintext.or(other.allow_plaintext),
            origins: self.origins.or(other.origins),
            pages: self.pages.or(other.pages),
            display_overlap: self.display_overlap.or(other.display_overlap),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            low_memory: self.low_memory.or(other.low_memory),
            log: self.log.or(other.log),
            drain_seconds: self.drain_seconds.or(other.drain_seconds),
            links_max: self.links_max.or(other.links_max),
            links_per_address_max: self.links_per_address_max.or(other.links_per_address_max),
            links_per_meet_max: self.links_per_meet_max.or(other.links_per_meet_max),
            creations_per_hour_max: self.creations_per_hour_max.or(other.creations_per_hour_max),
            meet_bytes_max: self.meet_bytes_max.or(other.meet_bytes_max),
        }
    }

    /// Fills in the defaults and checks that the whole makes a relay.
    ///
    /// # Errors
    ///
    /// Names the setting that is missing or wrong.
    pub fn complete(self) -> Result<Settings, SettingsError> {
        let data = self.data.ok_or(SettingsError::NoData)?;
        let usual = Limits::default();
        let settings = Settings {
            listen: self
                .listen
                .unwrap_or_else(|| LISTEN.parse().expect("the default is an address")),
            key_file: self.key_file.unwrap_or_else(|| beside(&data)),
            metrics_address: self.metrics_address,
            tls: tls(self.tls_cert, self.tls_key)?,
            allow_plaintext: self.allow_plaintext.unwrap_or(false),
            origins: self.origins.unwrap_or_default(),
            pages: self.pages.unwrap_or(true),
            display_overlap: self.display_overlap.unwrap_or(OVERLAP),
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
            scrypt: if self.low_memory.unwrap_or(false) {
                ScryptParams::LOW_MEMORY
            } else {
                ScryptParams::STRONG
            },
            log: self.log.unwrap_or(LogLevel::Info),
            drain: Duration::from_secs(self.drain_seconds.unwrap_or(10)),
            limits: Limits {
                links_max: self.links_max.unwrap_or(usual.links_max),
                links_per_address_max: self
                    .links_per_address_max
                    .unwrap_or(usual.links_per_address_max),
                links_per_meet_max: self.links_per_meet_max.unwrap_or(usual.links_per_meet_max),
                creations_per_hour_max: self
                    .creations_per_hour_max
                    .unwrap_or(usual.creations_per_hour_max),
                meet_bytes_max: self.meet_bytes_max.unwrap_or(usual.meet_bytes_max),
                ..usual
            },
            data,
        };
        settings.check()?;
        Ok(settings)
    }
}

impl Settings {
    /// These settings as options, every one of them said that has a value.
    pub fn to_options(&self) -> Options {
        Options {
            data: Some(self.data.clone()),
            listen: Some(self.listen),
            key_file: Some(self.key_file.clone()),
            metrics_address: self.metrics_address,
            tls_cert: self.tls.as_ref().map(|tls| tls.cert.clone()),
            tls_key: self.tls.as_ref().map(|tls| tls.key.clone()),
            allow_plaintext: Some(self.allow_plaintext),
            origins: Some(self.origins.clone()),
            pages: Some(self.pages),
            display_overlap: Some(self.display_overlap),
            trusted_proxies: Some(self.trusted_proxies.clone()),
            low_memory: Some(self.scrypt == ScryptParams::LOW_MEMORY),
            log: Some(self.log),
            drain_seconds: Some(self.drain.as_secs()),
            links_max: Some(self.limits.links_max),
            links_per_address_max: Some(self.limits.links_per_address_max),
            links_per_meet_max: Some(self.limits.links_per_meet_max),
            creations_per_hour_max: Some(self.limits.creations_per_hour_max),
            meet_bytes_max: Some(self.limits.meet_bytes_max),
        }
    }

    /// Reads the files that these settings name as far as that changes nothing.
    ///
    /// # Errors
    ///
    /// Certificate or key cannot be used.
    pub fn check_files(&self) -> Result<(), TlsError> {
        self.tls.as_ref().map(Tls::load).transpose().map(drop)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let is_plain = self.tls.is_none();
        if is_plain && !self.listen.ip().is_loopback() && !self.allow_plaintext {
            return Err(SettingsError::Plaintext(self.listen));
        }
        if absolute(&self.key_file).starts_with(absolute(&self.data)) {
            return Err(SettingsError::KeyInData {
                key_file: self.key_file.clone(),
                data: self.data.clone(),
            });
        }
        if let Some(odd) = self.origins.iter().find(|origin| !is_origin(origin)) {
            return Err(SettingsError::Origin(odd.clone()));
        }
        if let Some(metrics) = self.metrics_address
            && collide(self.listen, metrics)
        {
            return Err(SettingsError::SameAddress {
                listen: self.listen,
                metrics,
            });
        }
        if self.drain.as_secs() > DRAIN_SECONDS_MAX {
            return Err(SettingsError::Drain);
        }
        let counts = [
            ("links-max", self.limits.links_max as u64),
            (
                "links-per-address-max",
                self.limits.links_per_address_max as u64,
            ),
            ("links-per-meet-max", self.limits.links_per_meet_max as u64),
            (
                "creations-per-hour-max",
                u64::from(self.limits.creations_per_hour_max),
            ),
            ("meet-bytes-max", self.limits.meet_bytes_max),
            ("drain-seconds", self.drain.as_secs()),
            ("display-overlap", self.display_overlap as u64),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(SettingsError::Zero(name)),
            None => Ok(()),
        }
    }
}

fn tls(cert: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<TlsFiles>, SettingsError> {
    match (cert, key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (Some(_), None) => Err(SettingsError::HalfTls("tls-cert", "tls-key")),
        (None, Some(_)) => Err(SettingsError::HalfTls("tls-key", "tls-cert")),
    }
}

/// Whether the second of two listeners would find its port taken by the first. Port 0 is any that is free.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let is_every = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (is_every || one.ip() == other.ip())
}

/// Scheme, host and perhaps a port, in lower case, with nothing behind them.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    ["http", "https"].contains(&scheme)
        && !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte)
        })
}

/// The data folder's path with `.key` behind it.
fn beside(data: &Path) -> PathBuf {
    let mut name = absolute(data).into_os_string();
    name.push(".key");
    PathBuf::from(name)
}

/// A path that can be compared: links followed as far as there is something, the rest taken as it is written.
fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for ancestor in whole.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), whole.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            };
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(toml: &str) -> Options {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let flags = options("data = 'a'\nlow-memory = true");
        let file = options("data = 'b'\nlinks-max = 7");
        let settings = flags.or(file).complete().unwrap();
        assert_eq!(settings.data, Path::new("a"));
        assert_eq!(settings.limits.links_max, 7);
        assert_eq!(settings.scrypt, ScryptParams::LOW_MEMORY);
        assert_eq!(settings.listen.to_string(), LISTEN);
    }

    #[test]
    fn printed_settings_are_a_settings_file() {
        let settings = options("data = '/srv/spotter'\norigins = ['https://a.example']")
            .complete()
            .unwrap();
        let printed = toml::to_string(&settings.to_options()).unwrap();
        assert_eq!(options(&printed).complete().unwrap(), settings);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let refused = toml::from_str::<Options>("dat = 'x'")
            .unwrap_err()
            .to_string();
        assert!(refused.contains("dat"), "{refused}");
    }

    #[test]
    fn other_machines_are_let_in_only_when_somebody_says_so() {
        let public =
            |more: &str| options(&format!("data = 'd'\nlisten = '0.0.0.0:80'\n{more}")).complete();
        assert!(matches!(public(""), Err(SettingsError::Plaintext(_))));
        assert!(matches!(
            public("allow-plaintext = false"),
            Err(SettingsError::Plaintext(_))
        ));
        assert!(public("allow-plaintext = true").is_ok());
        assert!(public("tls-cert = 'c'\ntls-key = 'k'").is_ok());
        for half in ["tls-cert = 'c'", "tls-key = 'k'"] {
            assert!(matches!(public(half), Err(SettingsError::HalfTls(..))));
        }
        assert!(options("data = 'd'\nlisten = '[::1]:0'").complete().is_ok());
    }

    #[test]
    fn a_port_is_listened_on_once() {
        let both = |listen: &str, metrics: &str| {
            let both = format!("listen = '{listen}'\nmetrics-address = '{metrics}'");
            options(&format!("data = 'd'\nallow-plaintext = true\n{both}")).complete()
        };
        for (listen, metrics) in [
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("127.0.0.1:1", "0.0.0.0:1"),
        ] {
            let refused = both(listen, metrics);
            assert!(
                matches!(refused, Err(SettingsError::SameAddress { .. })),
                "{listen} {metrics}"
            );
        }
        assert!(both("127.0.0.1:1", "127.0.0.1:2").is_ok());
        assert!(both("127.0.0.1:1", "127.0.0.2:1").is_ok());
        assert!(both("127.0.0.1:0", "127.0.0.1:0").is_ok());
    }

    #[test]
    fn stopping_takes_an_hour_at_most() {
        let stopping =
            |seconds: u64| options(&format!("data = 'd'\ndrain-seconds = {seconds}")).complete();
        assert!(stopping(DRAIN_SECONDS_MAX).is_ok());
        for long in [DRAIN_SECONDS_MAX + 1, i64::MAX as u64] {
            assert!(matches!(stopping(long), Err(SettingsError::Drain)));
        }
    }

    #[test]
    fn the_key_lies_beside_the_data_and_never_inside() {
        let settings = options("data = '/srv/spotter/'").complete().unwrap();
        assert_eq!(settings.key_file, Path::new("/srv/spotter.key"));
        let inside = options("data = '/srv/spotter'\nkey-file = '/srv/spotter/key'").complete();
        assert!(matches!(inside, Err(SettingsError::KeyInData { .. })));
    }

    #[test]
    fn origins_are_what_browsers_send() {
        for odd in [
            "*",
            "null",
            "lift.example.org",
            "https://",
            "https://a.example/",
            "HTTPS://a.example",
        ] {
            assert!(!is_origin(odd), "{odd}");
        }
        for good in [
            "https://a.example",
            "http://localhost:3000",
            "http://[::1]:8080",
        ] {
            assert!(is_origin(good), "{good}");
        }
    }
}
