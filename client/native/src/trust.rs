//! Whom this device trusts to vouch for a relay: the public authorities, or those that one replica was told to trust.
//!
//! A venue's own relay often has a certificate of the venue's own authority. `--ca FILE` puts that authority's certificate
//! into the replica's folder; from then on it alone is trusted there, so that nobody else can vouch for that relay.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use spotter_journal_file::{make_dir, save_file};
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite;

use crate::failure::Failure;
use crate::store::chain;
use crate::words;

/// The authorities' certificates in a replica's folder.
const AUTHORITIES: &str = "ca.pem";
/// How many names of a certificate are shown to somebody who wanted another one.
const NAMES_SHOWN: usize = 5;

/// Whom a replica trusts.
#[derive(Clone, Debug, Default)]
pub(crate) enum Trust {
    /// Who vouches for the web.
    #[default]
    Public,
    /// The authorities in the replica's folder, and nobody else.
    Own(Arc<ClientConfig>),
}

/// Why a relay was not trusted.
#[derive(Debug)]
pub(crate) struct Distrust {
    pub(crate) why: String,
    /// What the person could do, where that is known.
    pub(crate) hint: Option<&'static str>,
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

    /// Why a relay was not trusted, and what the person could do, if that is why nothing came of a connection. Trying again
    /// does not help then: either this device, or the relay, or somebody in between has to change something.
    pub(crate) fn distrust(&self, error: &tungstenite::Error) -> Option<Distrust> {
        let error = certificate_error(error)?;
        let (why, hint) = (in_words(error), self.hint(error));
        Some(Distrust { why, hint })
    }

    fn hint(&self, error: &CertificateError) -> Option<&'static str> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        if matches!(error, NotValidForName | NotValidForNameContext { .. }) {
            return Some("connect by a name that the relay's certificate carries");
        }
        if !is_of_unknown_authority(error) {
            return None;
        }
        Some(match self {
            Self::Public => {
                "if it has a certificate of your own authority, give that authority's certificate with `--ca FILE`"
            }
            Self::Own(_) => {
                "this replica trusts what it keeps in `ca.pem` and nobody else; `--ca FILE` puts another authority there"
            }
        })
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

/// Why a relay's certificate was not accepted, if that is why nothing came of a connection.
pub(crate) fn not_accepted(error: &tungstenite::Error) -> Option<String> {
    certificate_error(error).map(in_words)
}

fn certificate_error(error: &tungstenite::Error) -> Option<&CertificateError> {
    let tungstenite::Error::Io(error) = error else {
        return None;
    };
    let error: &Error = error.get_ref()?.downcast_ref()?;
    let Error::InvalidCertificate(error) = error else {
        return None;
    };
    Some(error)
}

fn in_words(error: &CertificateError) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext,
    };
    if let NotValidForNameContext {
        expected,
        presented,
    } = error
    {
        let wanted = expected.to_str();
        return if presented.is_empty() {
            format!("its certificate is for no name at all, and {wanted} is wanted")
        } else {
            let carried = names(presented);
            format!("its certificate is for another name: {carried}, not {wanted}")
        };
    }
    if is_of_unknown_authority(error) {
        return "its certificate comes from an authority that is not trusted here".to_owned();
    }
    if let ExpiredContext { time, not_after } = error {
        let (end, here) = (moment(*not_after), moment(*time));
        return format!(
            "its certificate has expired, or this device's clock is wrong: it was good until {end}, and here it is {here}"
        );
    }
    if let NotValidYetContext { time, not_before } = error {
        let (begin, here) = (moment(*not_before), moment(*time));
        return format!(
            "its certificate is not valid yet, or this device's clock is wrong: it is good from {begin}, and here it is {here}"
        );
    }
    let kind = if matches!(error, NotValidForName) {
        "is for another name"
    } else if matches!(error, Expired) {
        "has expired, or this device's clock is wrong"
    } else if matches!(error, NotValidYet) {
        "is not valid yet, or this device's clock is wrong"
    } else {
        "is not accepted"
    };
    format!("its certificate {kind}: {error}")
}

/// Whether the authority is another than those that are trusted, or calls itself by the name of one of them.
fn is_of_unknown_authority(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::UnknownIssuer | CertificateError::BadSignature
    )
}

/// The first few names of a certificate, which the library shows as it shows itself: `DnsName("relay.example.org")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let name = name.strip_suffix(')').unwrap_or(name);
        let name = ["DnsName(", "IpAddress("]
            .iter()
            .find_map(|kind| name.strip_prefix(kind))
            .unwrap_or(name);
        let shown = name.trim_matches('"').chars();
        shown.filter(|c| !c.is_control()).collect::<String>()
    };
    let mut shown: Vec<String> = presented.iter().take(NAMES_SHOWN).map(bare).collect();
    if let Some(more @ 1..) = presented.len().checked_sub(NAMES_SHOWN) {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

fn moment(time: UnixTime) -> String {
    words::time(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
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

    #[test]
    fn names_of_a_certificate_are_shown_bare_and_not_all_of_very_many() {
        let of = |presented: &[&str]| {
            in_words(&CertificateError::NotValidForNameContext {
                expected: "relay.example.org".try_into().unwrap(),
                presented: presented.iter().map(|name| (*name).to_owned()).collect(),
            })
        };
        assert_eq!(
            of(&[r#"DnsName("*.example.com")"#, "IpAddress(192.0.2.7)"]),
            "its certificate is for another name: *.example.com, 192.0.2.7, not relay.example.org"
        );
        assert_eq!(
            of(&["DnsName(\"a\u{1b}[2Jb\")"; 7]),
            "its certificate is for another name: a[2Jb, a[2Jb, a[2Jb, a[2Jb, a[2Jb, 2 more, not relay.example.org"
        );
        assert_eq!(
            of(&[]),
            "its certificate is for no name at all, and relay.example.org is wanted"
        );
    }
}
