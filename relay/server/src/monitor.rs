//! The operator's own address: what is counted, over plain HTTP, for whoever collects it.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep_until, timeout_at};

use crate::clock;
use crate::limits::{ACCEPT_PAUSE, COLLECTOR_STAYS, COLLECTORS, HANDSHAKE, HEAD_BYTES};
use crate::metrics::Metrics;

/// The form of the text, and its version.
const FORM: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Answers collectors for ever, a few at a time.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>) -> Infallible {
    let places = Arc::new(Semaphore::new(COLLECTORS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((socket, _)) => {
                let metrics = Arc::clone(&metrics);
                tokio::spawn(async move {
                    answer_all(socket, metrics).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a collector of metrics");
                sleep_until(clock::after(ACCEPT_PAUSE)).await;
            }
        }
    }
}

async fn answer_all(socket: TcpStream, metrics: Arc<Metrics>) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &metrics);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service);
    let _ = timeout_at(clock::after(COLLECTOR_STAYS), connection).await;
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, metrics.text()),
        _ => (
            StatusCode::NOT_FOUND,
            "there is only /metrics here\n".into(),
        ),
    };
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, FORM);
    answer
}
