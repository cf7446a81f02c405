//! An authority of the suite's own, which vouches for a relay with certificates in files.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Somebody who vouches for relays, and whom clients can be told to trust.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

/// What a relay shows about itself, and the key to it.
pub(crate) struct Vouched {
    cert: PathBuf,
    key: PathBuf,
}

impl Authority {
    /// A new one, whose certificate lies in a folder.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = folder.join(format!("{name}.pem"));
        fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            file,
        }
    }

    /// The file to be given to clients.
    pub(crate) fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Vouches for a relay of this name, with a certificate that was good until the end of a year.
    pub(crate) fn vouch(&self, folder: &Path, name: &str, until: i32) -> Vouched {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let vouched = Vouched {
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        fs::write(&vouched.cert, certificate.pem()).unwrap();
        fs::write(&vouched.key, key.serialize_pem()).unwrap();
        vouched
    }
}

impl Vouched {
    /// What a relay is started with.
    pub(crate) fn settings(&self) -> [&str; 4] {
        let [cert, key] = [&self.cert, &self.key].map(|path| path.to_str().unwrap());
        ["--tls-cert", cert, "--tls-key", key]
    }
}
