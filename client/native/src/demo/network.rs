//! A network between one location and the relay: a proxy in this process that can be cut and led elsewhere.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::failure::Failure;

/// A network that leads to the relay, unless it is cut.
pub(super) struct Network {
    address: SocketAddr,
    relay: watch::Sender<SocketAddr>,
    cut: watch::Sender<bool>,
}

impl Network {
    /// Lays a cable to a relay.
    pub(super) async fn to(relay: SocketAddr) -> Result<Self, Failure> {
        let cannot = |error| Failure::local(format!("no network can be laid here: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let (relay, leads_to) = watch::channel(relay);
        let (cut, is_cut) = watch::channel(false);
        tokio::spawn(accept(listener, leads_to, is_cut));
        Ok(Self {
            address,
            relay,
            cut,
        })
    }

    /// The relay's WebSocket address as it is seen through this network.
    pub(super) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(super) fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub(super) fn heal(&self) {
        self.cut.send_replace(false);
    }

    /// The relay is somewhere else now.
    pub(super) fn lead_to(&self, relay: SocketAddr) {
        self.relay.send_replace(relay);
    }
}

async fn accept(
    listener: TcpListener,
    leads_to: watch::Receiver<SocketAddr>,
    is_cut: watch::Receiver<bool>,
) {
    while let Ok((near, _)) = listener.accept().await {
        let relay = *leads_to.borrow();
        if !*is_cut.borrow() {
            tokio::spawn(carry(near, relay, is_cut.clone()));
        }
    }
}

async fn carry(mut near: TcpStream, relay: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(relay).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
}
