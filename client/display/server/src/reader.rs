//! One reader's connection, after its upgrade: carries messages between a socket and the stage.

use std::sync::Arc;
use std::time::Duration;

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

/// How long a reader is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    ping_every: Duration,
    writing: Duration,
}

impl Pace {
    /// That of everyone.
    pub(crate) const USUAL: Self = Self {
        ping_every: PING_EVERY,
        writing: WRITING,
    };
}

/// Carries messages until either side is done.
pub(crate) async fn run<S>(
    mut socket: WebSocketStream<S>,
    mut seat: Seat,
    pass: Arc<Pass>,
    (counts, pace): (Arc<dyn Counts>, Pace),
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    counts.opened();
    let why = talk(&mut socket, &mut seat, &pass, (&*counts, pace)).await;
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
    (counts, pace): (&dyn Counts, Pace),
) -> Option<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ended = pass.ended.clone();
    let mut unanswered = 0;
    let mut next_ping = clock::after(pace.ping_every);
    loop {
        if let Some(reason) = pass.ended() {
            return Some(reason);
        }
        tokio::select! {
            out = seat.orders.recv() => match out {
                Some(Out::Say(text)) => {
                    counts.sent(text.len());
                    if let Err(reason) = say(socket, Message::Text(Utf8Bytes::from(&*text)), pace).await {
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
                next_ping = clock::after(pace.ping_every);
                if let Err(reason) = say(socket, Message::Ping(Default::default()), pace).await {
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
    pace: Pace,
) -> Result<(), Option<CloseReason>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match timeout_at(clock::after(pace.writing), socket.send(message)).await {
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::DuplexStream;
    use tokio::sync::{mpsc, watch};
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;
    use crate::stage::{Setup, Stage};

    /// Remembers why readers were closed.
    #[derive(Default)]
    struct Closed(Mutex<Vec<&'static str>>);

    impl Counts for Closed {
        fn answered(&self, _status: u16) {}
        fn opened(&self) {}
        fn closed(&self, why: &'static str) {
            self.0.lock().unwrap().push(why);
        }
        fn sent(&self, _bytes: usize) {}
    }

    const HASTY: Pace = Pace {
        ping_every: Duration::from_millis(20),
        writing: Duration::from_millis(40),
    };

    /// A reader with room for so many bytes on its way, which reads none of them: what waits for it, and the other end.
    async fn reader_of(bytes: usize, says: &str, ended: Option<CloseReason>) -> Vec<&'static str> {
        let (near, _far): (DuplexStream, DuplexStream) = tokio::io::duplex(bytes);
        let socket = WebSocketStream::from_raw_socket(near, Role::Server, Some(config())).await;
        let (orders, waiting) = mpsc::channel(4);
        if !says.is_empty() {
            orders.try_send(Out::Say(says.into())).unwrap();
        }
        let seat = Seat {
            reader: spotter_display::ReaderId(1),
            orders: waiting,
        };
        let setup = Setup {
            overlap: 1,
            readers_max: 1,
        };
        let (giver, watching) = watch::channel(ended);
        let pass = Arc::new(Pass::new(Stage::open(setup), watching, move || drop(giver)));
        let closed = Arc::new(Closed::default());
        let counts: Arc<dyn Counts> = Arc::<Closed>::clone(&closed);
        run(socket, seat, pass, (counts, HASTY)).await;
        drop(orders);
        closed.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn a_reader_that_answers_no_ping_is_let_go() {
        assert_eq!(reader_of(4_096, "", None).await, ["silent"]);
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_not_waited_for() {
        let says = "x".repeat(1_000);
        assert_eq!(reader_of(16, &says, None).await, ["slow-reader"]);
    }

    #[tokio::test]
    async fn a_reader_whose_right_has_ended_is_told_nothing_more() {
        let ended = Some(CloseReason::SessionEnded);
        assert_eq!(reader_of(4_096, "more", ended).await, ["session-ended"]);
    }
}
