//! Asking a relay on this machine how it is, for container images that hold no other program that could.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};

use crate::limits::{HEAD_BYTES, HEALTH_CHECK};
use crate::settings::Settings;

/// Why nobody could say how the relay is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HealthError {
    /// Nobody answers there.
    #[error("nobody answers at {address}")]
    NotReached {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// No encryption is possible.
    #[error("cannot encrypt")]
    Tls(#[from] Error),
}

/// How a relay is.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) is_well: bool,
    /// In its own words.
    pub(crate) said: String,
}

/// Asks the relay with these settings.
///
/// # Errors
///
/// It cannot be reached.
pub(crate) fn ask(settings: &Settings, path: &str) -> Result<Health, HealthError> {
    let address = on_this_machine(settings.listen);
    let not_reached = |source| HealthError::NotReached { address, source };
    let socket = TcpStream::connect_timeout(&address, HEALTH_CHECK).map_err(not_reached)?;
    let bound = Some(HEALTH_CHECK);
    socket.set_read_timeout(bound).map_err(not_reached)?;
    socket.set_write_timeout(bound).map_err(not_reached)?;
    let answer = if settings.tls.is_some() {
        let name = ServerName::IpAddress(address.ip().into());
        let connection = ClientConnection::new(client()?, name)?;
        exchange(StreamOwned::new(connection, socket), path)
    } else {
        exchange(socket, path)
    };
    Ok(read(&answer.map_err(not_reached)?))
}

fn exchange(mut socket: impl Read + Write, path: &str) -> io::Result<String> {
    write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    socket.flush()?;
    let mut answer = Vec::new();
    let ended = socket.take(HEAD_BYTES as u64).read_to_end(&mut answer);
    // An end without a farewell is one; without an answer it is none.
    match ended {
        Err(error) if answer.is_empty() => Err(error),
        Ok(_) | Err(_) => Ok(String::from_utf8_lossy(&answer).into_owned()),
    }
}

fn read(answer: &str) -> Health {
    let (head, said) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let said = if said.is_empty() { status } else { said };
    Health {
        is_well: status.contains(" 200 "),
        said: said.trim_end().to_owned(),
    }
}

/// Where this machine reaches a relay that listens there.
fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn client() -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Takes any certificate: this machine asks itself, by number and not by name, says nothing that is secret, and wants to
/// know whether the relay lives, not whether its certificate is in order.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
