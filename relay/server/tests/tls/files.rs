//! What is said of certificate and key files that are not right.

use std::fs;
use std::path::Path;

use spotter_relay_server::{Options, Premises, TlsFiles};

use crate::authority::Authority;

/// What the relay says when it is to encrypt with these files; nothing if it is content.
fn told(dir: &Path, files: &TlsFiles) -> Option<String> {
    let options = Options {
        data: Some(dir.join("data")),
        tls_cert: Some(files.cert.clone()),
        tls_key: Some(files.key.clone()),
        ..Options::default()
    };
    let error = Premises::take(options.complete().unwrap()).err()?;
    let cause = std::error::Error::source(&error)?;
    Some(cause.to_string())
}

#[test]
fn the_file_that_is_wrong_is_named_with_what_is_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let good = authority.vouch(dir.path(), &["localhost"]);
    assert_eq!(told(dir.path(), &good), None);

    let file = |name: &str, content: &str| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let other = tempfile::tempdir().unwrap();
    let stranger = authority.vouch(other.path(), &["localhost"]);
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_base64 = "-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n";
    let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let with = |cert: Option<&Path>, key: Option<&Path>| TlsFiles {
        cert: cert.unwrap_or(&good.cert).to_owned(),
        key: key.unwrap_or(&good.key).to_owned(),
    };
    for (files, named, what) in [
        (
            with(Some(&dir.path().join("gone")), None),
            "gone",
            "cannot read",
        ),
        (
            with(None, Some(&dir.path().join("gone"))),
            "gone",
            "cannot read",
        ),
        (
            with(Some(&file("empty", "")), None),
            "empty",
            "holds no certificate",
        ),
        (
            with(Some(&good.key), None),
            "key.pem",
            "holds no certificate",
        ),
        (
            with(None, Some(&good.cert)),
            "cert.pem",
            "holds no private key",
        ),
        (
            with(None, Some(&file("locked", encrypted))),
            "locked",
            "is encrypted",
        ),
        (
            with(Some(&file("odd", nonsense)), None),
            "odd",
            "cannot be used",
        ),
        (
            with(Some(&file("torn", no_base64)), None),
            "torn",
            "not in PEM form",
        ),
        (
            with(None, Some(&file("blunt", no_key))),
            "blunt",
            "cannot be used",
        ),
        (
            with(None, Some(&stranger.key)),
            "cert.pem",
            "does not belong",
        ),
    ] {
        let told = told(dir.path(), &files).unwrap();
        assert!(told.contains(named) && told.contains(what), "{told}");
    }
}
