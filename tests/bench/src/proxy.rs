//! A network of one cable that counts: bytes each way, and how often one side has to wait for the other.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

use crate::history::ok;

/// What went through the cable, as TCP carries it, without TCP's own headers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// From the client.
    pub(crate) up: usize,
    /// To the client.
    pub(crate) down: usize,
    /// Of these, what the client's and the server's first burst took: the upgrade to a WebSocket.
    pub(crate) upgrade: usize,
    /// Bursts of the client that the server has answered: round trips.
    pub(crate) round_trips: usize,
}

/// The proxy; it ends with the load that it serves.
pub(crate) struct Cable {
    pub(crate) address: SocketAddr,
    state: Rc<State>,
}

struct State {
    to: Cell<SocketAddr>,
    counts: RefCell<Counts>,
    /// Whether the client spoke last.
    client_spoke: Cell<bool>,
}

impl Cable {
    /// A cable to this server.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = ok(TcpListener::bind("127.0.0.1:0").await);
        let state = Rc::new(State {
            to: Cell::new(server),
            counts: RefCell::default(),
            client_spoke: Cell::new(false),
        });
        let cable = Self {
            address: ok(listener.local_addr()),
            state: Rc::clone(&state),
        };
        spawn_local(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = ok(TcpStream::connect(state.to.get()).await);
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                spawn_local(pump(from_client, to_server, Rc::clone(&state), true));
                spawn_local(pump(from_server, to_client, Rc::clone(&state), false));
            }
        });
        cable
    }

    /// What went through since this was last asked.
    pub(crate) fn take(&self) -> Counts {
        self.state.client_spoke.set(false);
        self.state.counts.take()
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Rc<State>, is_client: bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length) = from.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        state.count(length, is_client);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

impl State {
    fn count(&self, length: usize, is_client: bool) {
        let mut counts = self.counts.borrow_mut();
        if is_client {
            counts.up += length;
        } else {
            counts.down += length;
            counts.round_trips += usize::from(self.client_spoke.get());
        }
        // The upgrade is what is said until the client has been answered and speaks again.
        if counts.round_trips == 0 || (counts.round_trips == 1 && !is_client) {
            counts.upgrade += length;
        }
        self.client_spoke.set(is_client);
    }
}
