//! A relay that gets a new certificate while it works.

use std::fs;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ClientConfig;
use spotter_relay_server::{Options, Premises, TlsFiles};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

use crate::authority::Authority;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(port: u16, config: Arc<ClientConfig>) -> Option<Socket> {
    let url = format!("wss://localhost:{port}/");
    let connector = Some(Connector::Rustls(config));
    let connected = connect_async_tls_with_config(url, None, true, connector).await;
    connected.ok().map(|(socket, _)| socket)
}

async fn is_alive(socket: &mut Socket) -> bool {
    let said = socket.send(Message::text(r#"{"msgType":"HELLO"}"#)).await;
    said.is_ok() && matches!(socket.next().await, Some(Ok(Message::Text(_))))
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_those_who_come_and_a_bad_one_to_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new(), Authority::new());
    let TlsFiles { cert, key } = old.vouch(dir.path(), &["localhost"]);
    let options = Options {
        data: Some(dir.path().join("data")),
        tls_cert: Some(cert.clone()),
        tls_key: Some(key),
        ..Options::default()
    };
    let settings = options.complete().unwrap();
    let premises = Premises::take(settings.clone()).unwrap();
    let reloader = premises.reloader();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(premises.serve(listener, std::future::pending()));
    let mut stays = connect(port, old.client()).await.unwrap();
    assert!(connect(port, new.client()).await.is_none());

    new.vouch(dir.path(), &["localhost"]);
    reloader.reload(Ok(settings.clone())).unwrap();
    assert!(is_alive(&mut stays).await);
    assert!(connect(port, old.client()).await.is_none());
    assert!(connect(port, new.client()).await.is_some());

    fs::write(&cert, "").unwrap();
    let refused = reloader.reload(Ok(settings.clone())).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("cert.pem holds no certificate"), "{why}");
    assert!(is_alive(&mut stays).await);
    assert!(connect(port, new.client()).await.is_some());

    // A relay that encrypts does not stop doing so without being started anew.
    let plain = spotter_relay_server::Settings {
        tls: None,
        ..settings
    };
    new.vouch(dir.path(), &["localhost"]);
    let reloaded = reloader.reload(Ok(plain)).unwrap();
    assert_eq!(reloaded.needs_restart, ["tls-cert", "tls-key"]);
    assert!(connect(port, new.client()).await.is_some());
}
