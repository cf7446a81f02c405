//! Sockets to measure with: a relay, a bare broadcast beside it, and clients that speak plain messages.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use spotter_relay_server::{Options, Premises};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::history::ok;

/// A client's connection.
pub(crate) struct Wire(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let (socket, _) = ok(tokio_tungstenite::connect_async(format!("ws://{address}/")).await);
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            ok(stream.set_nodelay(true));
        }
        Self(socket)
    }

    pub(crate) async fn send(&mut self, text: String) {
        ok(self.0.send(Message::text(text)).await);
    }

    /// The next text, whatever it says.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    unreachable!("a server on this machine closes no measured connection")
                }
            }
        }
    }

    /// The next message of a type; others are passed over.
    pub(crate) async fn message(&mut self, msg_type: &str) -> Value {
        loop {
            let message: Value = ok(serde_json::from_str(&self.text().await));
            if message["msgType"] == msg_type {
                return message;
            }
            assert!(
                message["msgType"] != "UPDATE_REJECTED" && message["msgType"] != "JOIN_REJECTED",
                "{message}"
            );
        }
    }
}

/// Starts a relay on this thread's runtime, on a free port of this machine.
pub(crate) async fn start_relay(folder: &std::path::Path) -> SocketAddr {
    let options = Options {
        data: Some(folder.join("data")),
        key_file: Some(folder.join("key")),
        low_memory: Some(true),
        links_per_address_max: Some(10_000),
        links_per_meet_max: Some(10_000),
        links_max: Some(20_000),
        ..Options::default()
    };
    let premises = ok(Premises::take(ok(options.complete())));
    let listener = ok(TcpListener::bind("127.0.0.1:0").await);
    let address = ok(listener.local_addr());
    tokio::spawn(premises.serve(listener, std::future::pending()));
    address
}

/// Starts a server that sends every text to all its connections and does nothing else.
pub(crate) async fn start_broadcast() -> SocketAddr {
    let listener = ok(TcpListener::bind("127.0.0.1:0").await);
    let address = ok(listener.local_addr());
    let (sender, _) = broadcast::channel::<Message>(4_096);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            ok(stream.set_nodelay(true));
            tokio::spawn(broadcast_to(stream, sender.clone()));
        }
    });
    address
}

async fn broadcast_to(stream: TcpStream, sender: broadcast::Sender<Message>) {
    let (mut sink, mut source) = ok(tokio_tungstenite::accept_async(stream).await).split();
    let mut receiver = sender.subscribe();
    loop {
        tokio::select! {
            received = source.next() => match received {
                Some(Ok(message)) if message.is_text() => drop(sender.send(message)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            message = receiver.recv() => {
                let Ok(message) = message else { return };
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}
