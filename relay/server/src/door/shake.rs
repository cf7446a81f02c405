//! Agreeing on encryption with whoever has connected: bounded in time, and in how many may be at it at once.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::seats::Seat;
use crate::clock;
use crate::limits::HANDSHAKE;

/// The first byte of everything that is said to agree on encryption.
const HANDSHAKE_RECORD: u8 = 0x16;

/// What is answered to those who speak plainly to a relay that encrypts.
const SPOKEN_PLAINLY: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Connection: close\r\n\r\n\
    this relay encrypts: use wss:// or https://\n";

/// Why nothing was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// It came to nothing in time.
    TooSlow,
    /// The other side spoke plainly.
    Plaintext,
    /// The two sides have nothing in common, or the other one does not like the certificate.
    Disagreed,
    /// The connection broke, or was closed.
    Broken,
}

impl Failed {
    /// A word for logs and counters.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::TooSlow => "too-slow",
            Self::Plaintext => "plaintext",
            Self::Disagreed => "disagreed",
            Self::Broken => "broken",
        }
    }
}

/// Agrees on encryption, or not.
pub(super) async fn hands(
    socket: TcpStream,
    config: Arc<ServerConfig>,
    seat: &Seat,
) -> Result<TlsStream<TcpStream>, Failed> {
    let shaking = shake(socket, config, seat);
    let shaken = timeout_at(clock::after(HANDSHAKE), shaking).await;
    shaken.unwrap_or(Err(Failed::TooSlow))
}

async fn shake(
    mut socket: TcpStream,
    config: Arc<ServerConfig>,
    seat: &Seat,
) -> Result<TlsStream<TcpStream>, Failed> {
    // Who says nothing takes nobody's turn and no memory.
    let mut first = [0];
    match socket.peek(&mut first).await {
        Ok(1) if first == [HANDSHAKE_RECORD] => {}
        Ok(1) => {
            let _ = socket.write_all(SPOKEN_PLAINLY).await;
            let _ = socket.shutdown().await;
            return Err(Failed::Plaintext);
        }
        Ok(_) | Err(_) => return Err(Failed::Broken),
    }
    let _turn = seat.turn().await.ok_or(Failed::Broken)?;
    let shaken = TlsAcceptor::from(config).accept(socket).await;
    shaken.map_err(|error| {
        // What rustls has to say comes as one of these.
        if error.kind() == io::ErrorKind::InvalidData {
            Failed::Disagreed
        } else {
            Failed::Broken
        }
    })
}
