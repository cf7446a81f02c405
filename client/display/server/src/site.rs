//! Everything that is answered here, by path.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE,
    ETAG, HeaderMap, HeaderValue, IntoHeaderName, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
    WWW_AUTHENTICATE,
};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use spotter_display::{NoView, Rule};
use spotter_relay_protocol::MeetId;
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::clock;
use crate::counts::Counts;
use crate::gate::{Credential, Gate, Pass, Refusal};
use crate::limits::CATCHING_UP;
use crate::pages::{self, is_known};
use crate::passes::Passes;
use crate::reader;
use crate::request::{
    PROTOCOL, Part, from_authorization, from_protocols, live, offers_protocol, screen,
};
use crate::stage::NotShown;

/// What a request is answered with.
pub type Answer = Response<Full<Bytes>>;

/// Pages, snapshots and feeds, behind somebody's gate.
pub struct Site<G> {
    gate: G,
    passes: Arc<Passes>,
    counts: Arc<dyn Counts>,
}

impl<G: Gate> Site<G> {
    /// A site behind a gate.
    pub fn new(gate: G, counts: Arc<dyn Counts>) -> Arc<Self> {
        Arc::new(Self {
            gate,
            passes: Arc::default(),
            counts,
        })
    }

    /// Answers a request that comes from an address; nothing if there is nothing here under its path. A reader's
    /// connection holds `guest` for as long as it is there.
    pub async fn answer<Guest: Send + 'static>(
        self: &Arc<Self>,
        request: Request<Incoming>,
        from: IpAddr,
        guest: Guest,
    ) -> Option<Answer> {
        let path = request.uri().path().to_owned();
        if path.starts_with("/live/") && !path.starts_with("/live/assets/") {
            let Some((meet, part)) = live(&path) else {
                let reason = "there is nothing here; an address is /live/123456789/lifters";
                let nothing = Refusal::new(StatusCode::NOT_FOUND, "not-found", reason);
                return Some(refused(&nothing));
            };
            return Some(self.live(request, from, (meet, part), guest).await);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return None;
        }
        pages::answer(&path, request.headers())
    }

    async fn live<Guest: Send + 'static>(
        self: &Arc<Self>,
        request: Request<Incoming>,
        from: IpAddr,
        (meet, part): (MeetId, Part),
        guest: Guest,
    ) -> Answer {
        let method = request.method();
        if method == Method::OPTIONS {
            return preflight();
        }
        if method != Method::GET && method != Method::HEAD {
            let reason = "a display only reads: GET and HEAD";
            let not = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "only-reading", reason);
            return refused(&not);
        }
        let outcome = match part {
            Part::Page => Ok(pages::to_scoreboard(&meet.digits(), request.uri().query())),
            Part::Lifters => {
                let outcome = self.lifters(&request, from, meet).await;
                let answer = outcome.unwrap_or_else(|refusal| refused(&refusal));
                self.counts.answered(answer.status().as_u16());
                return answer;
            }
            Part::Feed => self.feed(request, from, (meet, Rule::Overlap), guest).await,
            Part::Check => {
                self.feed(request, from, (meet, Rule::VersionCheck), guest)
                    .await
            }
        };
        outcome.unwrap_or_else(|refusal| refused(&refusal))
    }

    async fn lifters(
        &self,
        request: &Request<Incoming>,
        from: IpAddr,
        meet: MeetId,
    ) -> Result<Answer, Refusal> {
        let screen = screen(request.uri().query())?;
        let by = from_authorization(request.headers())?;
        let pass = self.admitted(from, meet, by).await?;
        let shown = timeout_at(clock::after(CATCHING_UP), pass.stage.snapshot(screen)).await;
        let snapshot = shown.map_err(|_| catching_up())?.map_err(not_shown)?;
        let tag = format!("W/\"{}\"", snapshot.revision);
        let mut answer = if is_known(request.headers(), &tag) {
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer
        } else {
            let text = serde_json::to_string(&snapshot).map_err(|_| gone())?;
            let mut answer = Response::new(Full::from(text));
            put(answer.headers_mut(), CONTENT_TYPE, "application/json");
            answer
        };
        put(answer.headers_mut(), ETAG, &tag);
        // Whoever asks again must be told by us: an old picture is a wrong one.
        put(answer.headers_mut(), CACHE_CONTROL, "private, no-cache");
        open_to_all(answer.headers_mut());
        Ok(answer)
    }

    async fn feed<Guest: Send + 'static>(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        from: IpAddr,
        (meet, rule): (MeetId, Rule),
        guest: Guest,
    ) -> Result<Answer, Refusal> {
        if !request.headers().contains_key(UPGRADE) {
            let reason = "this is a feed; open it as a WebSocket";
            let code = StatusCode::UPGRADE_REQUIRED;
            return Err(Refusal::new(code, "websocket-wanted", reason));
        }
        let screen = screen(request.uri().query())?;
        let by = from_protocols(request.headers())?;
        let Ok(mut answer) = create_response_with_body(&request, Full::default) else {
            let reason = "this is not the opening of a WebSocket";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "bad-request", reason));
        };
        if offers_protocol(request.headers()) {
            put(answer.headers_mut(), SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
        }
        let pass = self.admitted(from, meet, by).await?;
        let opened = pass.stage.open_reader(screen, rule);
        let opened = timeout_at(clock::after(CATCHING_UP), opened).await;
        let seat = opened.map_err(|_| catching_up())?.map_err(not_shown)?;
        let upgrade = hyper::upgrade::on(&mut request);
        let counts = Arc::clone(&self.counts);
        tokio::spawn(async move {
            let Ok(upgraded) = upgrade.await else {
                return pass.stage.left(seat.reader).await;
            };
            let socket = WebSocketStream::from_raw_socket(
                TokioIo::new(upgraded),
                Role::Server,
                Some(reader::config()),
            );
            reader::run(socket.await, seat, pass, (counts, reader::Pace::USUAL)).await;
            drop(guest);
        });
        Ok(answer)
    }

    async fn admitted(
        &self,
        from: IpAddr,
        meet: MeetId,
        by: Credential,
    ) -> Result<Arc<Pass>, Refusal> {
        self.passes.get(&self.gate, from, (meet, by)).await
    }
}

impl<G> fmt::Debug for Site<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}

/// What a refusal looks like: JSON, in words for programs and for people.
fn refused(refusal: &Refusal) -> Answer {
    let mut told = json!({"code": refusal.code, "reason": refusal.reason});
    if let Some(ms) = refusal.retry_after_ms {
        told["retryAfterMs"] = json!(ms);
    }
    let mut answer = Response::new(Full::from(told.to_string()));
    *answer.status_mut() = refusal.status;
    let headers = answer.headers_mut();
    put(headers, CONTENT_TYPE, "application/json");
    put(headers, CACHE_CONTROL, "no-store");
    if let Some(ms) = refusal.retry_after_ms {
        put(headers, RETRY_AFTER, &ms.div_ceil(1_000).to_string());
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        put(headers, WWW_AUTHENTICATE, "Bearer");
    }
    if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
        put(headers, ALLOW, "GET, HEAD");
    }
    open_to_all(headers);
    answer
}

/// Pages from anywhere may read what they have the key to; nothing is granted to a browser as such.
fn open_to_all(headers: &mut HeaderMap) {
    put(headers, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Retry-After");
    pages::protect(headers, "");
}

fn preflight() -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    put(headers, ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
    put(
        headers,
        ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, If-None-Match",
    );
    put(headers, ACCESS_CONTROL_MAX_AGE, "86400");
    open_to_all(headers);
    answer
}

fn put(headers: &mut HeaderMap, name: impl IntoHeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn not_shown(why: NotShown) -> Refusal {
    match why {
        NotShown::No(no @ NoView::NoSuchPlatform(_)) => {
            Refusal::new(StatusCode::NOT_FOUND, "no-such-platform", no.to_string())
        }
        NotShown::No(NoView::NotHere) => catching_up(),
        NotShown::Full => {
            let reason = "too many displays of this meet";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "full", reason).until(10_000)
        }
        NotShown::Gone => gone(),
    }
}

fn catching_up() -> Refusal {
    let reason = "the meet is still being read";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "catching-up", reason).until(2_000)
}

fn gone() -> Refusal {
    let reason = "the display of this meet has just ended";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "ended", reason).until(1_000)
}
