//! Whom this device trusts to vouch for a relay: the public authorities, or those that one replica was told to trust.
//!
//! A venue's own relay often has a certificate of the venue's own authority. `--ca FILE` puts that authority's certificate
//! into the replica's folder; from then on it alone is trusted there, so that nobody else can vouch for that relay.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use spotter_journal_file::{make_dir, save_file};
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite;

use crate::failure::Failure;
use crate::store::chain;

/// The authorities' certificates in a replica's folder.
const AUTHORITIES: &str = "ca.pem";

/// Whom a replica trusts.
#[derive(Clone, Debug, Default)]
pub(crate) enum Trust {
    /// Who vouches for the web.
    #[default]
    Public,
    /// The authorities in the replica's folder, and nobody else.
    Own(Arc<ClientConfig>),
}

impl Trust {
    /// Puts authorities into a replica's folder, from a file, in the place of those that were there.
    ///
    /// # Errors
    ///
    /// The file holds no certificate of an authority, or the folder cannot be written.
    pub(crate) fn keep(dir: &Path, file: Option<&Path>) -> Result<(), Failure> {
        let Some(file) = file else { return Ok(()) };
        let cannot =
            |error: io::Error| Failure::refused(format!("cannot read {}: {error}", file.display()));
        let text = fs::read(file).map_err(cannot)?;
        authorities(&text, file)?;
        make_dir(dir).map_err(|error| Failure::local(chain(&error)))?;
        save_file(&dir.join(AUTHORITIES), &text).map_err(|error| Failure::local(chain(&error)))
    }

    /// Whom the replica in this folder trusts.
    ///
    /// # Errors
    ///
    /// What was kept cannot be read any more.
    pub(crate) fn load(dir: &Path) -> Result<Self, Failure> {
        let file = dir.join(AUTHORITIES);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Public),
            Err(error) => {
                let why = format!("cannot read {}: {error}", file.display());
                return Err(Failure::local(why));
            }
        };
        let roots = authorities(&text, &file)?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::local(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::Own(Arc::new(config)))
    }

    /// What connections are made with.
    pub(crate) fn connector(&self) -> Option<Connector> {
        match self {
            Self::Public => None,
            Self::Own(config) => Some(Connector::Rustls(Arc::clone(config))),
        }
    }
}

fn authorities(text: &[u8], file: &Path) -> Result<RootCertStore, Failure> {
    let wrong = |why: &str| Failure::refused(format!("{}: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text) {
        let certificate = certificate.map_err(|error| wrong(&error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| wrong(&error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong(
            "holds no certificate: there is no line `-----BEGIN CERTIFICATE-----`",
        ));
    }
    Ok(roots)
}

/// Why a relay's certificate was not accepted, if that is why nothing came of a connection. Trying again does not help
/// then: either this device, or the relay, or somebody in between has to change something.
pub(crate) fn distrust(error: &tungstenite::Error) -> Option<String> {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
        NotValidYet, NotValidYetContext, UnknownIssuer,
    };
    let tungstenite::Error::Io(error) = error else {
        return None;
    };
    let error: &Error = error.get_ref()?.downcast_ref()?;
    let Error::InvalidCertificate(error) = error else {
        return None;
    };
    let kind = if matches!(error, NotValidForName | NotValidForNameContext { .. }) {
        "is for another name"
    } else if matches!(error, Expired | ExpiredContext { .. }) {
        "has expired, or this device's clock is wrong"
    } else if matches!(error, NotValidYet | NotValidYetContext { .. }) {
        "is not valid yet, or this device's clock is wrong"
    } else if matches!(error, UnknownIssuer | BadSignature) {
        // The latter: there is a trusted one of the same name.
        return Some("its certificate comes from an authority that is not trusted here".to_owned());
    } else {
        "is not accepted"
    };
    Some(format!("its certificate {kind}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_of_an_authority_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let replica = dir.path().join("replica");
        for wrong in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n",
        ] {
            fs::write(&file, wrong).unwrap();
            let told = Trust::keep(&replica, Some(&file)).unwrap_err().to_string();
            assert!(told.contains("file: "), "{told}");
            assert!(!replica.exists());
        }
        assert!(matches!(Trust::load(&replica), Ok(Trust::Public)));
    }
}
