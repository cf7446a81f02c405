//! Who is let in to a relay that encrypts, and what those cost who stall.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ProtocolVersion};
use spotter_relay_server::{Options, Premises};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

use crate::authority::Authority;

/// The first bytes of a handshake, which announce more than ever comes.
const BEGUN: &[u8] = &[0x16, 3, 1, 2, 0, 1];

async fn relay(dir: &Path, authority: &Authority) -> SocketAddr {
    let files = authority.vouch(dir, &["localhost"]);
    let options = Options {
        data: Some(dir.join("data")),
        tls_cert: Some(files.cert),
        tls_key: Some(files.key),
        ..Options::default()
    };
    let premises = Premises::take(options.complete().unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(premises.serve(listener, std::future::pending()));
    address
}

/// Connects from one of this machine's own addresses.
async fn reach(from: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(from), 0)).unwrap();
    socket.connect(address).await.unwrap()
}

async fn shake(
    socket: TcpStream,
    config: Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(config).connect(name, socket).await
}

async fn get(mut socket: TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn both_versions_of_tls_lead_to_http_and_to_a_websocket() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let address = relay(dir.path(), &authority).await;
    for (spoken, version) in [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let mut config = (*authority.client_of(&[spoken])).clone();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let config = Arc::new(config);
        let socket = TcpStream::connect(address).await.unwrap();
        let socket = shake(socket, Arc::clone(&config)).await.unwrap();
        let (_, agreed) = socket.get_ref();
        assert_eq!(agreed.protocol_version(), Some(version));
        assert_eq!(agreed.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(get(socket, "/healthz").await.starts_with("HTTP/1.1 200"));

        let url = format!("wss://localhost:{}/", address.port());
        let connector = Some(Connector::Rustls(config));
        let (mut socket, _) = connect_async_tls_with_config(url, None, true, connector)
            .await
            .unwrap();
        let hello = r#"{"msgType":"HELLO"}"#.into();
        futures_util::SinkExt::send(&mut socket, hello)
            .await
            .unwrap();
        let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(answer.contains("UNKNOWN_MESSAGE_TYPE"), "{answer}");
    }
}

#[tokio::test]
async fn who_speaks_plainly_is_told_that_the_relay_encrypts() {
    let dir = tempfile::tempdir().unwrap();
    let address = relay(dir.path(), &Authority::new()).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.write_all(request).await.unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("wss://"),
        "{answer}"
    );
}

#[tokio::test]
async fn who_stalls_hundreds_of_handshakes_is_dropped_and_keeps_nobody_else_out() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let address = relay(dir.path(), &authority).await;
    let mut stalled = Vec::new();
    for _ in 0..300 {
        let mut socket = reach([127, 0, 0, 1], address).await;
        socket.write_all(BEGUN).await.unwrap();
        stalled.push(socket);
    }
    let socket = reach([127, 0, 0, 2], address).await;
    let socket = shake(socket, authority.client()).await.unwrap();
    assert!(get(socket, "/healthz").await.starts_with("HTTP/1.1 200"));
    join_all(stalled.into_iter().map(async |mut socket| {
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
    }))
    .await;
    let socket = reach([127, 0, 0, 1], address).await;
    assert!(shake(socket, authority.client()).await.is_ok());
}
