//! One reader's connection, after its upgrade: carries messages between a socket and the stage.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use spotter_relay_protocol::CloseReason;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::clock;
use crate::counts::Counts;
use crate::gate::Pass;
use crate::limits::{
    FAREWELL, HEARD_BYTES_MAX, PING_EVERY, PINGS_UNANSWERED, READ_BUFFER, WRITE_BUFFER,
    WRITE_BUFFER_MAX, WRITING,
};
use crate::stage::{Out, Seat};

/// How a reader's socket is set up.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(Some(HEARD_BYTES_MAX))
        .max_frame_size(Some(HEARD_BYTES_MAX))
}

/// Carries messages until either side is done.
pub(crate) async fn run<S>(
    mut socket: WebSocketStream<S>,
    mut seat: Seat,
    pass: Arc<Pass>,
    counts: Arc<dyn Counts>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    counts.opened();
    let why = talk(&mut socket, &mut seat, &pass, &*counts).await;
    pass.stage.left(seat.reader).await;
    // What is still on its way to the stage holds the pass no longer than this connection is there.
    drop(pass);
    match why {
        Some(reason) => {
            counts.closed(reason.as_str());
            bid_farewell(&mut socket, reason).await;
        }
        None => counts.closed("left"),
    }
}

/// Returns why the connection is to be closed, or nothing if it is gone.
async fn talk<S>(
    socket: &mut WebSocketStream<S>,
    seat: &mut Seat,
    pass: &Pass,
    counts: &dyn Counts,
) -> Option<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ended = pass.ended.clone();
    let mut unanswered = 0;
    let mut next_ping = clock::after(PING_EVERY);
    loop {
        if let Some(reason) = pass.ended() {
            return Some(reason);
        }
        tokio::select! {
            out = seat.orders.recv() => match out {
                Some(Out::Say(text)) => {
                    counts.sent(text.len());
                    if let Err(reason) = say(socket, Message::Text(Utf8Bytes::from(&*text))).await {
                        return reason;
                    }
                }
                Some(Out::Close(reason)) => return Some(reason),
                // More waits than a reader that reads would leave waiting; or the meet begins anew, and so must the reader.
                None => return Some(CloseReason::SlowReader),
            },
            heard = socket.next() => {
                unanswered = 0;
                match heard {
                    Some(Ok(Message::Text(text))) => pass.stage.heard(seat.reader, text.to_string()).await,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_) | Message::Frame(_))) => return Some(CloseReason::Malformed),
                    Some(Err(Error::Capacity(_))) => return Some(CloseReason::TooLarge),
                    Some(Err(Error::Utf8(_) | Error::Protocol(_))) => return Some(CloseReason::Malformed),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                }
            }
            _ = ended.changed() => {}
            () = wait(next_ping) => {
                if unanswered >= PINGS_UNANSWERED {
                    return Some(CloseReason::Silent);
                }
                unanswered += 1;
                next_ping = clock::after(PING_EVERY);
                if let Err(reason) = say(socket, Message::Ping(Default::default())).await {
                    return reason;
                }
            }
        }
    }
}

async fn wait(until: Instant) {
    sleep_until(until).await;
}

/// Writes a message. A reader that does not take it in time is not waited for.
async fn say<S>(
    socket: &mut WebSocketStream<S>,
    message: Message,
) -> Result<(), Option<CloseReason>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match timeout_at(clock::after(WRITING), socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(None),
        Err(_) => Err(Some(CloseReason::SlowReader)),
    }
}

/// Writes the reason, and waits for the other side to have read it; but not for long.
async fn bid_farewell<S>(socket: &mut WebSocketStream<S>, reason: CloseReason)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let close = CloseFrame {
        code: CloseCode::from(reason.number()),
        reason: reason.as_str().into(),
    };
    let farewell = async {
        if socket.send(Message::Close(Some(close))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout_at(clock::after(FAREWELL), farewell).await;
}
