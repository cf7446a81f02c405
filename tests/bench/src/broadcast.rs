//! The bare reference: a server on the same WebSocket library that sends every text to everybody in the same room
//! and does nothing else. It reads no message, stores nothing and checks nothing; it is what a relay could cost at
//! least.
//!
//! It does what makes a broadcast cheap: a frame's payload is made once and shared, a plain map leads from a room to
//! its queues, and each connection writes all that waits for it and flushes once.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::{Sink as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::history::ok;
use crate::wire::small_buffers;

type Rooms = Arc<Mutex<HashMap<String, Vec<(u64, mpsc::UnboundedSender<Message>)>>>>;

/// Serves on a free port of this machine, prints the address, and ends with its standard input.
pub(crate) fn serve() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build());
    runtime.block_on(async {
        let listener = ok(TcpListener::bind("127.0.0.1:0").await);
        tell(ok(listener.local_addr()));
        let rooms = Rooms::default();
        for id in 0.. {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let rooms = Arc::clone(&rooms);
            tokio::spawn(async move {
                if let Some((room, connection)) = enter(stream, &rooms, id).await {
                    connection.carry(&rooms, &room).await;
                    leave(&rooms, &room, id);
                }
            });
        }
    });
}

fn tell(address: SocketAddr) {
    let mut out = std::io::stdout();
    ok(writeln!(out, "listening on {address}"));
    ok(out.flush());
}

struct Connection {
    socket: WebSocketStream<TcpStream>,
    queue: mpsc::UnboundedReceiver<Message>,
    unflushed: bool,
}

/// Completes the upgrade; the path names the room.
async fn enter(stream: TcpStream, rooms: &Rooms, id: u64) -> Option<(String, Connection)> {
    let _ = stream.set_nodelay(true);
    let mut room = String::new();
    #[expect(clippy::result_large_err, reason = "the library's callback")]
    let read_path = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut room);
        Ok(response)
    };
    let accepted =
        tokio_tungstenite::accept_hdr_async_with_config(stream, read_path, Some(small_buffers()));
    let socket = accepted.await.ok()?;
    let (sender, queue) = mpsc::unbounded_channel();
    let mut rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
    rooms.entry(room.clone()).or_default().push((id, sender));
    let connection = Connection {
        socket,
        queue,
        unflushed: false,
    };
    Some((room, connection))
}

fn leave(rooms: &Rooms, room: &str, id: u64) {
    let mut rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(members) = rooms.get_mut(room) {
        members.retain(|(member, _)| *member != id);
    }
}

enum Happened {
    Queued(Option<Message>),
    Heard(Option<Result<Message, Error>>),
    Flushed(Result<(), Error>),
}

impl Connection {
    async fn carry(mut self, rooms: &Rooms, room: &str) {
        loop {
            let carried_on = match poll_fn(|cx| self.poll(cx)).await {
                Happened::Queued(Some(message)) => self.write(message),
                Happened::Heard(Some(Ok(message))) if message.is_text() => {
                    let rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
                    for (_, queue) in rooms.get(room).into_iter().flatten() {
                        let _ = queue.send(message.clone());
                    }
                    true
                }
                Happened::Heard(Some(Ok(_))) => {
                    self.unflushed = true;
                    true
                }
                Happened::Flushed(Ok(())) => {
                    self.unflushed = false;
                    true
                }
                Happened::Queued(None)
                | Happened::Heard(Some(Err(_)) | None)
                | Happened::Flushed(Err(_)) => false,
            };
            if !carried_on {
                return;
            }
        }
    }

    /// Writing comes before flushing, and flushing before reading.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Happened> {
        if let Poll::Ready(message) = self.queue.poll_recv(cx) {
            return Poll::Ready(Happened::Queued(message));
        }
        if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.socket).poll_flush(cx)
        {
            return Poll::Ready(Happened::Flushed(flushed));
        }
        self.socket.poll_next_unpin(cx).map(Happened::Heard)
    }

    fn write(&mut self, first: Message) -> bool {
        let mut next = Some(first);
        while let Some(message) = next {
            if Pin::new(&mut self.socket).start_send(message).is_err() {
                return false;
            }
            self.unflushed = true;
            next = self.queue.try_recv().ok();
        }
        true
    }
}
