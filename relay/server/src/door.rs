//! The door: accepts connections, answers the two questions an operator's machinery asks over plain HTTP, and lets
//! WebSockets in.

mod rules;
mod seats;
mod shake;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use spotter_display_server::{Counts, Site};
use spotter_relay::LinkId;
use spotter_relay_protocol::MESSAGE_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::clock;
use crate::displays::RelayGate;
use crate::driver::Told;
use crate::limits::{
    ACCEPT_PAUSE, BROWSING, HANDSHAKE, HEAD_BYTES, READ_BUFFER, WRITE_BUFFER, WRITE_BUFFER_MAX,
};
use crate::link;
use crate::metrics::Metrics;
use crate::orders::orders;
use crate::ready::Ready;

pub(crate) use rules::{RuleBook, Rules};
use seats::{Seat, Seats};

type Answer = Response<Full<Bytes>>;

/// What all connections share.
pub(crate) struct Door {
    inbox: mpsc::Sender<Told>,
    rules: Arc<RuleBook>,
    ready: Ready,
    metrics: Arc<Metrics>,
    seats: Arc<Seats>,
    /// Pages and displays.
    site: Arc<Site<RelayGate>>,
    next_link: Arc<AtomicU64>,
    draining: AtomicBool,
}

/// One connection on its way in.
struct Guest {
    door: Arc<Door>,
    from: IpAddr,
    seat: Seat,
}

impl Door {
    pub(crate) fn new(
        rules: Arc<RuleBook>,
        ready: Ready,
        metrics: Arc<Metrics>,
        inbox: mpsc::Sender<Told>,
    ) -> Self {
        let next_link = Arc::new(AtomicU64::new(1));
        let gate = RelayGate::new(inbox.clone(), Arc::clone(&next_link));
        let counts: Arc<dyn Counts> = Arc::<Metrics>::clone(&metrics);
        Self {
            site: Site::new(gate, counts),
            inbox,
            rules,
            ready,
            metrics,
            seats: Seats::new(),
            next_link,
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
                    let rules = self.rules.current();
                    let seat = self.seats.take(from, rules.room(from));
                    self.metrics.accepted(self.seats.count());
                    match seat {
                        Ok(seat) => {
                            let door = Arc::clone(&self);
                            tokio::spawn(enter(socket, rules, Guest { door, from, seat }));
                        }
                        Err(why) => self.metrics.not_let_in(why.as_str()),
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep_until(clock::after(ACCEPT_PAUSE)).await;
                }
            }
        }
    }

    async fn answer(&self, method: &Method, path: &str) -> Answer {
        if method != Method::GET {
            return text(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is answered here\n",
            );
        }
        match path {
            "/healthz" => text(StatusCode::OK, "alive\n"),
            "/readyz" if self.draining.load(Ordering::Relaxed) => {
                text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
            }
            "/readyz" if !self.ready.can_write().await => text(
                StatusCode::SERVICE_UNAVAILABLE,
                "the data folder cannot be written\n",
            ),
            "/readyz" => text(StatusCode::OK, "ready\n"),
            "/" => text(
                StatusCode::UPGRADE_REQUIRED,
                "this is a Spotter relay; clients connect to it with a WebSocket\n",
            ),
            _ => text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        }
    }

    /// Answers whoever wants a page or a display.
    async fn show(&self, request: Request<Incoming>, guest: &Arc<Guest>) -> Answer {
        if self.draining.load(Ordering::Relaxed) {
            return text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
        }
        let address = self.rules.current().address(guest.from, request.headers());
        let method = request.method().clone();
        let shown = self.site.answer(request, address, Arc::clone(guest)).await;
        match shown {
            Some(answer) => answer,
            None if method == Method::GET || method == Method::HEAD => {
                text(StatusCode::NOT_FOUND, "there is nothing here\n")
            }
            None => text(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is answered here\n",
            ),
        }
    }

    /// Why a WebSocket is not let in.
    fn refusal(&self, from: IpAddr, request: &Request<Incoming>) -> Option<Answer> {
        if request.uri().path() != "/" {
            self.metrics.not_let_in("odd-request");
            return Some(text(StatusCode::NOT_FOUND, "there is nothing here\n"));
        }
        if self.draining.load(Ordering::Relaxed) {
            self.metrics.not_let_in("stopping");
            return Some(text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"));
        }
        if self.rules.current().is_foreign(from, request.headers()) {
            self.metrics.not_let_in("origin");
            return Some(text(
                StatusCode::FORBIDDEN,
                "pages of this origin may not connect; the relay's operator can list it under `origins`\n",
            ));
        }
        None
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Its own seat is given back only after this.
        let others = self.door.seats.count().saturating_sub(1);
        self.door.metrics.connections(others);
    }
}

/// Sees one connection in: encrypted, if the relay encrypts.
async fn enter(socket: TcpStream, rules: Arc<Rules>, guest: Guest) {
    let _ = socket.set_nodelay(true);
    match &rules.tls {
        None => serve(socket, guest).await,
        Some(tls) => {
            let shaken = shake::hands(socket, Arc::clone(&tls.config), &guest.seat).await;
            // Long-lived connections hold on to none of the old rules.
            drop(rules);
            match shaken {
                Ok(socket) => {
                    guest.door.metrics.shook_hands("agreed");
                    serve(socket, guest).await;
                }
                Err(why) => {
                    guest.door.metrics.shook_hands(why.as_str());
                    tracing::debug!(why = why.as_str(), "no encryption was agreed on");
                }
            }
        }
    }
}

/// Answers one connection's one request, which may turn it into a WebSocket.
async fn serve<S>(socket: S, guest: Guest)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let guest = Arc::new(guest);
    let service = service_fn(move |request| {
        let guest = Arc::clone(&guest);
        async move { Ok::<_, Infallible>(respond(request, &guest).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    // Once for the request, and then for a slow reader of the answer, and for those who ask for more.
    let _ = timeout_at(clock::after(HANDSHAKE + BROWSING), connection).await;
}

async fn respond(mut request: Request<Incoming>, guest: &Arc<Guest>) -> Answer {
    let door = &guest.door;
    let path = request.uri().path();
    let is_upgrade = request.headers().contains_key(UPGRADE);
    let is_for_browsers = match path {
        "/healthz" | "/readyz" => false,
        "/" => !is_upgrade,
        _ => !is_upgrade || path.starts_with("/live/"),
    };
    if is_for_browsers && door.rules.current().pages {
        return door.show(request, guest).await;
    }
    if !is_upgrade {
        return door.answer(request.method(), path).await;
    }
    if let Some(refusal) = door.refusal(guest.from, &request) {
        return refusal;
    }
    let Ok(answer) = create_response_with_body(&request, Full::default) else {
        door.metrics.not_let_in("odd-request");
        return text(
            StatusCode::BAD_REQUEST,
            "this is not the opening of a WebSocket\n",
        );
    };
    let address = door.rules.current().address(guest.from, request.headers());
    let upgrade = hyper::upgrade::on(&mut request);
    let guest = Arc::clone(guest);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config()))
                .await;
        let link = LinkId(guest.door.next_link.fetch_add(1, Ordering::Relaxed));
        let (handle, orders) = orders();
        let connected = Told::Connected {
            link,
            address,
            handle,
        };
        let inbox = guest.door.inbox.clone();
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
