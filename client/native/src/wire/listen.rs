//! Letting other replicas connect, on a venue's network.

use std::net::SocketAddr;
use std::sync::Arc;

use spotter_client::LinkId;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep_until, timeout_at};
use tokio_tungstenite::accept_async_with_config;

use super::{Told, config};
use crate::clock;
use crate::failure::Failure;
use crate::limits::{ACCEPT_PAUSE, GREETING_MAX, UPGRADING};

/// Listens at an address from now on, and returns the one that was picked. `first` numbers the connections.
pub(crate) async fn listen(
    address: &str,
    first: u64,
    told: mpsc::Sender<Told>,
) -> Result<SocketAddr, Failure> {
    let cannot =
        |error: std::io::Error| Failure::local(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let picked = listener.local_addr().map_err(cannot)?;
    tokio::spawn(accept(listener, first, told));
    Ok(picked)
}

async fn accept(listener: TcpListener, first: u64, told: mpsc::Sender<Told>) {
    let greeting = Arc::new(Semaphore::new(GREETING_MAX));
    let mut number = first;
    loop {
        let Ok(permit) = Arc::clone(&greeting).acquire_owned().await else {
            return;
        };
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep_until(clock::after(ACCEPT_PAUSE)).await;
                continue;
            }
        };
        let (link, told) = (LinkId::Accepted(number), told.clone());
        number += 1;
        tokio::spawn(async move {
            upgrade(link, socket, told).await;
            drop(permit);
        });
    }
}

async fn upgrade(link: LinkId, socket: TcpStream, told: mpsc::Sender<Told>) {
    let _ = socket.set_nodelay(true);
    let upgrading = accept_async_with_config(socket, Some(config()));
    match timeout_at(clock::after(UPGRADING), upgrading).await {
        Ok(Ok(socket)) => {
            let socket = Box::new(socket);
            let _ = told.send(Told::Accepted { link, socket }).await;
        }
        Ok(Err(error)) => tracing::debug!(%link, %error, "somebody connected and made no sense"),
        Err(_) => tracing::debug!(%link, "somebody connected and said nothing"),
    }
}
