//! The relay's certificate and key, from their files to what a handshake needs.
//!
//! Versions 1.2 and 1.3, with one provider of cryptography. A client that returns brings a ticket and is spared most of the
//! handshake; nothing is remembered for it here, so that a thousand that return after a restart cost no memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore, ServerConfig};

use crate::clock;
use crate::settings::TlsFiles;

/// The only protocol that is spoken inside.
const HTTP: &[u8] = b"http/1.1";

/// Why there can be no encryption with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not in the form that certificates and keys are handed out in.
    #[error("{} is not in PEM form: {why}", path.display())]
    NotPem {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no certificate in the file.
    #[error("{} holds no certificate: there is no line `-----BEGIN CERTIFICATE-----`", path.display())]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
    /// There is no key in the file.
    #[error("{} holds no private key: there is no line `-----BEGIN PRIVATE KEY-----`", path.display())]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
    /// The key wants a password, and nobody is there to give it.
    #[error("the key in {} is encrypted; take the password off: openssl pkey -in FILE -out NEW-FILE", path.display())]
    EncryptedKey {
        /// Which file.
        path: PathBuf,
    },
    /// The certificate makes no sense.
    #[error("the certificate in {} cannot be used: {why}", path.display())]
    BadCertificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: Error,
    },
    /// The key makes no sense.
    #[error("the key in {} cannot be used: {why}", path.display())]
    BadKey {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: Error,
    },
    /// Certificate and key are not of one pair.
    #[error("the key in {} does not belong to the first certificate in {}", key.display(), cert.display())]
    Mismatch {
        /// The file with the certificate.
        cert: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
}

/// A certificate and its key, ready for handshakes.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    /// When the certificate ends, in seconds since 1970, as far as it could be found out.
    pub(crate) expires_at: Option<u64>,
}

impl Tls {
    /// Reads and checks both files. What is odd about them but works is said in the log.
    ///
    /// # Errors
    ///
    /// Names the file and what is wrong with it.
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let chain = certificates(&files.cert)?;
        let key = private_key(&files.key)?;
        let provider = Arc::new(ring::default_provider());
        let certified = certified(files, chain, key, &provider)?;
        let expires_at = expiry(&certified, &provider);
        remark_on(files, expires_at);
        let config = config(certified, provider).map_err(|why| TlsError::BadCertificate {
            path: files.cert.clone(),
            why,
        })?;
        Ok(Self {
            config: Arc::new(config),
            expires_at,
        })
    }
}

fn config(certified: CertifiedKey, provider: Arc<CryptoProvider>) -> Result<ServerConfig, Error> {
    let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![HTTP.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = ring::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(config)
}

/// The relay's own certificate, and those behind it.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| not_pem(path, &error))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read(path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        if !matches!(error, PemError::NoItemsFound) {
            return not_pem(path, &error);
        }
        let path = path.to_owned();
        if String::from_utf8_lossy(&text).contains("ENCRYPTED") {
            TlsError::EncryptedKey { path }
        } else {
            TlsError::NoKey { path }
        }
    })
}

fn certified(
    files: &TlsFiles,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|why| TlsError::BadKey {
            path: files.key.clone(),
            why,
        })?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => Err(TlsError::Mismatch {
            cert: files.cert.clone(),
            key: files.key.clone(),
        }),
        Err(why) => Err(TlsError::BadCertificate {
            path: files.cert.clone(),
            why,
        }),
    }
}

/// When a certificate ends: a verifier that is asked about a far future says since when it has not been valid.
fn expiry(certified: &CertifiedKey, provider: &Arc<CryptoProvider>) -> Option<u64> {
    let certificate = certified.end_entity_cert().ok()?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).ok()?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .ok()?;
    let name = ServerName::try_from("relay.invalid").ok()?;
    let far = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX) * 60));
    match verifier.verify_server_cert(certificate, &[], &name, &[], far) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some(not_after.as_secs())
        }
        Ok(_) | Err(_) => None,
    }
}

/// Says until when the certificate holds, and what works but should be seen to.
fn remark_on(files: &TlsFiles, expires_at: Option<u64>) {
    if let Some(expires_at) = expires_at {
        let file = files.cert.display();
        if expires_at <= clock::wall_ms() / 1_000 {
            tracing::warn!(%file, "the certificate has expired; clients refuse it");
        } else {
            let at = i64::try_from(expires_at).unwrap_or(i64::MAX);
            let ends = jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::MAX);
            tracing::info!(%file, %ends, "the certificate was read");
        }
    }
    if is_public(&files.key) {
        let file = files.key.display();
        tracing::warn!(%file, "everybody on this machine can read the key; chmod o= it");
    }
}

#[cfg(unix)]
fn is_public(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_public(_: &Path) -> bool {
    false
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn not_pem(path: &Path, error: &PemError) -> TlsError {
    TlsError::NotPem {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
