//! The door: accepts connections, answers the two questions an operator's machinery asks over plain HTTP, and lets
//! WebSockets in.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN, UPGRADE,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use spotter_relay::LinkId;
use spotter_relay_protocol::MESSAGE_BYTES_MAX;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep_until, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::clock;
use crate::driver::Told;
use crate::limits::{
    ACCEPT_PAUSE, HANDSHAKE, HEAD_BYTES, READ_BUFFER, SPARE_CONNECTIONS, WRITE_BUFFER,
    WRITE_BUFFER_MAX,
};
use crate::link;
use crate::settings::Settings;

/// What a proxy says about where a request comes from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

type Answer = Response<Full<Bytes>>;

/// What all connections share.
pub(crate) struct Door {
    inbox: mpsc::Sender<Told>,
    /// Origins of pages that may connect, compared letter by letter.
    origins: Vec<String>,
    trusted_proxies: Vec<IpAddr>,
    per_address_max: usize,
    addresses: Mutex<BTreeMap<IpAddr, usize>>,
    seats: Arc<Semaphore>,
    next_link: AtomicU64,
    draining: AtomicBool,
}

/// A connection's place among those that are allowed; given back when dropped.
struct Seat {
    door: Arc<Door>,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Door {
    pub(crate) fn new(settings: &Settings, inbox: mpsc::Sender<Told>) -> Self {
        let seats = settings.limits.links_max + SPARE_CONNECTIONS;
        Self {
            inbox,
            origins: settings.origins.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
            per_address_max: settings.limits.links_per_address_max,
            addresses: Mutex::default(),
            seats: Arc::new(Semaphore::new(seats.min(Semaphore::MAX_PERMITS))),
            next_link: AtomicU64::new(1),
            draining: AtomicBool::new(false),
        }
    }

    /// From now on nobody new is let in.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Accepts connections for ever.
    pub(crate) async fn accept(self: Arc<Self>, listener: TcpListener) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((socket, from)) => {
                    // An address of the older kind stays itself on a socket that listens to both.
                    let from = from.ip().to_canonical();
                    if let Some(seat) = self.seat(from) {
                        tokio::spawn(serve(socket, from, seat));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep_until(clock::after(ACCEPT_PAUSE)).await;
                }
            }
        }
    }

    /// A place for one more connection, if there is one. Behind a trusted proxy all come from one address.
    fn seat(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let permit = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = addresses.entry(address).or_default();
        if *count >= self.per_address_max && !self.trusted_proxies.contains(&address) {
            return None;
        }
        *count += 1;
        Some(Seat {
            door: Arc::clone(self),
            address,
            _permit: permit,
        })
    }

    fn answer(self: &Arc<Self>, request: &Request<Incoming>) -> Answer {
        if request.method() != Method::GET {
            return text(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is answered here\n",
            );
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, "alive\n"),
            "/readyz" if self.draining.load(Ordering::Relaxed) => {
                text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
            }
            "/readyz" => text(StatusCode::OK, "ready\n"),
            "/" => text(
                StatusCode::UPGRADE_REQUIRED,
                "this is a Spotter relay; clients connect to it with a WebSocket\n",
            ),
            _ => text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        }
    }

    /// Why a WebSocket is not let in.
    fn refusal(&self, request: &Request<Incoming>) -> Option<Answer> {
        if request.uri().path() != "/" {
            return Some(text(StatusCode::NOT_FOUND, "there is nothing here\n"));
        }
        if self.draining.load(Ordering::Relaxed) {
            return Some(text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"));
        }
        // A browser always says which page it acts for; other programs say nothing.
        let mut origins = request.headers().get_all(ORIGIN).iter();
        let foreign = origins.any(|origin| {
            !self
                .origins
                .iter()
                .any(|known| known.as_bytes() == origin.as_bytes())
        });
        if foreign {
            return Some(text(
                StatusCode::FORBIDDEN,
                "pages of this origin may not connect; the relay's operator can list it under `origins`\n",
            ));
        }
        None
    }

    /// Where a request comes from: the socket's address, or what a trusted proxy has added last to what it was told.
    fn address(&self, from: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusted_proxies.contains(&from) {
            return from;
        }
        let forwarded = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last = forwarded
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.rsplit(',').next());
        last.and_then(|address| address.trim().parse().ok())
            .unwrap_or(from)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut addresses = self
            .door
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = addresses.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}

/// Answers one connection's one request, which may turn it into a WebSocket.
async fn serve(socket: TcpStream, from: IpAddr, seat: Seat) {
    let _ = socket.set_nodelay(true);
    let seat = Arc::new(seat);
    let service = service_fn(move |request| {
        let answer = respond(request, from, &seat);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    // Twice: once for the request, once for a slow reader of the answer.
    let _ = timeout_at(clock::after(HANDSHAKE * 2), connection).await;
}

fn respond(mut request: Request<Incoming>, from: IpAddr, seat: &Arc<Seat>) -> Answer {
    let door = &seat.door;
    if !request.headers().contains_key(UPGRADE) {
        return door.answer(&request);
    }
    if let Some(refusal) = door.refusal(&request) {
        return refusal;
    }
    let Ok(answer) = create_response_with_body(&request, Full::default) else {
        return text(
            StatusCode::BAD_REQUEST,
            "this is not the opening of a WebSocket\n",
        );
    };
    let address = door.address(from, request.headers());
    let upgrade = hyper::upgrade::on(&mut request);
    let seat = Arc::clone(seat);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config()))
                .await;
        let link = LinkId(seat.door.next_link.fetch_add(1, Ordering::Relaxed));
        let (handle, orders) = link::handle();
        let connected = Told::Connected {
            link,
            address,
            handle,
        };
        let inbox = seat.door.inbox.clone();
        if inbox.send(connected).await.is_ok() {
            link::run(socket, link, orders, inbox).await;
        }
    });
    answer
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        // Results are handed in as one message, which most clients send as one frame.
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
}

fn text(status: StatusCode, words: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(words.as_bytes())));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    // One answer to a connection; only WebSockets stay.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn address(from: &str, told: &[&'static str]) -> String {
        let options = Options {
            data: Some("data".into()),
            trusted_proxies: Some(vec!["127.0.0.1".parse().unwrap()]),
            ..Options::default()
        };
        let door = Door::new(&options.complete().unwrap(), mpsc::channel(1).0);
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        door.address(from.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        assert_eq!(address("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(address("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            address("127.0.0.1", &["8.8.8.8, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            address("127.0.0.1", &["8.8.8.8", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(address("127.0.0.1", &["8.8.8.8, unknown"]), "127.0.0.1");
        assert_eq!(address("127.0.0.1", &[]), "127.0.0.1");
    }
}
