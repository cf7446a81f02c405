//! WebSocket connections: one task each, that carries messages between a socket and the driver and decides nothing.

mod address;
mod listen;

use std::io;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use spotter_client::LinkId;
use spotter_relay_protocol::{Frame, MESSAGE_BYTES_MAX};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, connect_async_tls_with_config};

pub(crate) use address::{check_plaintext, peer_url};
pub(crate) use listen::listen;

use crate::clock;
use crate::limits::{CONNECTING, FAREWELL, OUTBOX, READ_BUFFER, WRITE_BUFFER_MAX};
use crate::trust::{Distrust, Trust, not_accepted};

/// What a connection tells the driver.
#[derive(Debug)]
pub(crate) enum Told {
    /// It stands.
    Connected { link: LinkId },
    /// Another replica connected. Nothing is read of it before the driver takes it.
    Accepted {
        link: LinkId,
        socket: Box<WebSocketStream<TcpStream>>,
    },
    /// A message arrived.
    Received { link: LinkId, frame: Frame },
    /// A ping or a pong arrived.
    Heard { link: LinkId },
    /// The certificate of whoever is at the other end was not accepted; it ends.
    Distrusted(Distrust),
    /// It ended, or could not be made.
    Disconnected { link: LinkId, why: String },
}

/// The driver's end of a connection. Dropping it closes the connection in good order.
#[derive(Debug)]
pub(crate) struct Wire {
    orders: mpsc::Sender<Message>,
    task: Option<JoinHandle<()>>,
}

impl Wire {
    /// Begins to connect.
    pub(crate) fn connect(
        link: LinkId,
        address: String,
        trust: &Trust,
        told: mpsc::Sender<Told>,
    ) -> Self {
        let (orders, received) = mpsc::channel(OUTBOX);
        let trust = trust.clone();
        let task = tokio::spawn(async move {
            let connecting =
                connect_async_tls_with_config(address, Some(config()), true, trust.connector());
            match timeout_at(clock::after(CONNECTING), connecting).await {
                Ok(Ok((socket, _))) => carry(link, socket, received, told).await,
                Ok(Err(error)) => {
                    if let Some(distrust) = trust.distrust(&error) {
                        let _ = told.send(Told::Distrusted(distrust)).await;
                    }
                    say_lost(link, in_words(&error), &told).await;
                }
                Err(_) => say_lost(link, "nobody answered in time".to_owned(), &told).await,
            }
        });
        Self {
            orders,
            task: Some(task),
        }
    }

    /// Takes over a connection that another replica opened.
    pub(crate) fn accepted(
        link: LinkId,
        socket: WebSocketStream<TcpStream>,
        told: mpsc::Sender<Told>,
    ) -> Self {
        let (orders, received) = mpsc::channel(OUTBOX);
        let task = tokio::spawn(carry(link, socket, received, told));
        Self {
            orders,
            task: Some(task),
        }
    }

    /// Queues a message; false if the connection does not take any more.
    pub(crate) fn send(&self, message: Message) -> bool {
        self.orders.try_send(message).is_ok()
    }

    /// Closes in good order and waits for that.
    pub(crate) async fn close(mut self) {
        let task = self.task.take();
        drop(self);
        if let Some(task) = task {
            let _ = timeout_at(clock::after(2 * FAREWELL), task).await;
        }
    }
}

/// Carries messages both ways until one side has had enough. Reading and writing do not wait for each other.
async fn carry<S>(
    link: LinkId,
    socket: WebSocketStream<S>,
    orders: mpsc::Receiver<Message>,
    told: mpsc::Sender<Told>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if matches!(link, LinkId::Relay(_) | LinkId::Dialled(_))
        && told.send(Told::Connected { link }).await.is_err()
    {
        return;
    }
    let (sink, stream) = socket.split();
    tokio::select! {
        why = read(link, stream, &told) => say_lost(link, why, &told).await,
        ended = write(sink, orders) => {
            if let Err(error) = ended {
                say_lost(link, in_words(&error), &told).await;
            }
        }
    }
}

/// Reads until the connection ends; returns why.
async fn read<S>(
    link: LinkId,
    mut stream: SplitStream<WebSocketStream<S>>,
    told: &mpsc::Sender<Told>,
) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(frame) = stream.next().await {
        let message = match frame {
            Ok(Message::Text(text)) => Told::Received {
                link,
                frame: Frame::from(text.as_str()),
            },
            Ok(Message::Binary(bytes)) => Told::Received {
                link,
                frame: Frame::Packed((&*bytes).into()),
            },
            Ok(Message::Ping(_) | Message::Pong(_)) => Told::Heard { link },
            Ok(Message::Frame(_)) => return "it sent half a message".to_owned(),
            Ok(Message::Close(frame)) => {
                let reason = frame.map(|frame| frame.reason.as_str().to_owned());
                return match reason.filter(|reason| !reason.is_empty()) {
                    Some(reason) => format!("it closed the connection: {reason}"),
                    None => "it closed the connection".to_owned(),
                };
            }
            Err(error) => return in_words(&error),
        };
        if told.send(message).await.is_err() {
            break;
        }
    }
    "the connection ended".to_owned()
}

/// Writes what is ordered, flushing when nothing more waits; closes in good order when no more can come.
async fn write<S>(
    mut sink: SplitSink<WebSocketStream<S>, Message>,
    mut orders: mpsc::Receiver<Message>,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = orders.recv().await {
        sink.feed(message).await?;
        while let Ok(message) = orders.try_recv() {
            sink.feed(message).await?;
        }
        sink.flush().await?;
    }
    let _ = timeout_at(clock::after(FAREWELL), sink.close()).await;
    Ok(())
}

async fn say_lost(link: LinkId, why: String, told: &mpsc::Sender<Told>) {
    let _ = told.send(Told::Disconnected { link, why }).await;
}

/// Bounded sizes, whoever is at the other end.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
}

fn in_words(error: &Error) -> String {
    if let Some(why) = not_accepted(error) {
        return why;
    }
    if let Error::Io(error) = error {
        return io_in_words(error);
    }
    if matches!(
        error,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
    ) {
        return "the connection broke".to_owned();
    }
    if let Error::Tls(error) = error {
        return no_encryption(error);
    }
    if let Error::Http(response) = error {
        return format!("it answered {} instead of a WebSocket", response.status());
    }
    // The library's errors repeat their cause.
    error.to_string()
}

fn io_in_words(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        return "connection refused".to_owned();
    }
    let broken = [
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::BrokenPipe,
    ];
    if broken.contains(&error.kind()) {
        return "the connection broke".to_owned();
    }
    if error.kind() == io::ErrorKind::InvalidData {
        return no_encryption(error);
    }
    error.to_string().to_lowercase()
}

fn no_encryption(error: &dyn std::fmt::Display) -> String {
    let error = error.to_string().to_lowercase();
    format!("no encryption could be agreed on: {error}")
}
