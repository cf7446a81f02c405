//! A client's connection as cheap as can be: plain messages, small buffers, no replica.

use std::net::SocketAddr;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use crate::history::ok;
use crate::mint::Minted;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The half that writes.
pub(crate) type Mouth = SplitSink<Socket, Message>;
/// The half that reads.
pub(crate) type Ear = SplitStream<Socket>;

/// A client's connection.
pub(crate) struct Wire {
    pub(crate) mouth: Mouth,
    pub(crate) ear: Ear,
}

impl Wire {
    /// Connects; the path is the room of the bare broadcast, and `/` at a relay.
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Self {
        let stream = ok(TcpStream::connect(address).await);
        Self::over(stream, &address.to_string(), path).await
    }

    /// Connects to a relay that encrypts.
    pub(crate) async fn open_encrypted(address: SocketAddr, trusting: Connector) -> Self {
        let stream = ok(TcpStream::connect(address).await);
        ok(stream.set_nodelay(true));
        let url = format!("wss://localhost:{}/", address.port());
        let (config, trusting) = (Some(small_buffers()), Some(trusting));
        let upgraded =
            tokio_tungstenite::client_async_tls_with_config(url, stream, config, trusting);
        let (socket, _) = ok(upgraded.await);
        let (mouth, ear) = socket.split();
        Self { mouth, ear }
    }

    /// Connects to a relay with little room for what arrives and is not read.
    pub(crate) async fn open_narrow(address: SocketAddr) -> Self {
        let socket = ok(TcpSocket::new_v4());
        ok(socket.set_recv_buffer_size(128 << 10));
        let stream = ok(socket.connect(address).await);
        Self::over(stream, &address.to_string(), "/").await
    }

    /// Speaks over a stream that stands.
    pub(crate) async fn over(stream: TcpStream, host: &str, path: &str) -> Self {
        ok(stream.set_nodelay(true));
        let url = format!("ws://{host}{path}");
        let stream = MaybeTlsStream::Plain(stream);
        let upgraded =
            tokio_tungstenite::client_async_with_config(url, stream, Some(small_buffers()));
        let (socket, _) = ok(upgraded.await);
        let (mouth, ear) = socket.split();
        Self { mouth, ear }
    }

    /// Returns to a meet with a session, and waits until everything in it has come.
    pub(crate) async fn join(address: SocketAddr, meet: &Minted, session: usize) -> Self {
        let wire = Self::open(address, "/").await;
        wire.joined(meet, session).await
    }

    /// Returns to a meet on a connection that stands.
    pub(crate) async fn joined(mut self, meet: &Minted, session: usize) -> Self {
        self.send(join_message(meet, session, None)).await;
        self.message("CAUGHT_UP").await;
        self
    }

    pub(crate) async fn send(&mut self, text: impl Into<Utf8Bytes>) {
        ok(self.mouth.send(Message::text(text)).await);
    }

    /// The next text, whatever it says.
    pub(crate) async fn text(&mut self) -> Utf8Bytes {
        match next_text(&mut self.ear).await {
            Some(text) => text,
            None => unreachable!("a server on this machine closes no measured connection"),
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

/// The next text; none when the connection has ended.
pub(crate) async fn next_text(ear: &mut Ear) -> Option<Utf8Bytes> {
    loop {
        match ear.next().await {
            Some(Ok(Message::Text(text))) => return Some(text),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// `JOIN_MEET` with a token, and with a position if the client holds anything.
pub(crate) fn join_message(meet: &Minted, session: usize, position: Option<Value>) -> String {
    let mut join = json!({
        "msgType": "JOIN_MEET", "protocol": 1, "meetId": meet.meet_id, "sessionToken": meet.tokens[session],
    });
    if let Some(position) = position {
        join["position"] = position;
    }
    join.to_string()
}

/// Buffers for thousands of connections; the library's own are 128 KiB each.
pub(crate) fn small_buffers() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4 << 10)
}
