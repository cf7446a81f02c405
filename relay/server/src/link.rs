//! One connection, after its upgrade: carries messages between a socket and the driver.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink, SinkExt, StreamExt};
use spotter_relay::{Heard, Input, LinkId};
use spotter_relay_protocol::{CloseReason, Frame};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::clock;
use crate::driver::Told;
use crate::limits::{FAREWELL, SENT_TOLD_FROM};
use crate::orders::{Order, Orders, Waiting};
use crate::unpacking::{Pause, PauseOver};

/// Carries messages until either side is done, then tells the driver that the connection is gone.
pub(crate) async fn run<S>(
    socket: WebSocketStream<S>,
    id: LinkId,
    orders: Orders,
    inbox: mpsc::Sender<Told>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut link = Link {
        id,
        socket,
        untold: 0,
        unflushed: false,
        paused: None,
        inbox,
    };
    if let Some(reason) = link.talk(&orders).await {
        tokio::select! {
            () = link.bid_farewell(reason, FAREWELL) => {}
            () = poll_fn(|cx| orders.poll_cut(cx)) => {}
        }
    }
    let _ = link.tell(Input::Disconnected { link: id }).await;
}

struct Link<S> {
    id: LinkId,
    socket: WebSocketStream<S>,
    /// Bytes of messages that the driver has not been told have left, flushed or not.
    untold: usize,
    /// Whether there is anything to flush, be it an answer to a ping.
    unflushed: bool,
    /// Nothing is read until this is over: something packed is being dealt with.
    paused: Option<PauseOver>,
    inbox: mpsc::Sender<Told>,
}

/// The driver is gone; so is the connection.
struct Gone;

/// What a connection waits for.
enum Happened {
    Ordered(Option<Waiting>),
    Heard(Option<Result<Message, Error>>),
    Flushed(Result<(), Error>),
}

impl<S> Link<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Carries messages until the connection is to be closed, for which the reason is returned, or is gone.
    async fn talk(&mut self, orders: &Orders) -> Option<CloseReason> {
        loop {
            let happened = poll_fn(|cx| self.poll(orders, cx)).await;
            let outcome = match happened {
                Happened::Ordered(orders) => self.write(orders?),
                Happened::Heard(message) => self.heard(message).await,
                Happened::Flushed(Ok(())) => self.flushed().await.map(|()| None),
                Happened::Flushed(Err(_)) => Err(Gone),
            };
            match outcome {
                Ok(None) => {}
                Ok(reason) => return reason,
                Err(Gone) => return None,
            }
        }
    }

    /// Writing comes before flushing, so that what is said to many is flushed once.
    fn poll(&mut self, orders: &Orders, cx: &mut Context<'_>) -> Poll<Happened> {
        if let Poll::Ready(orders) = orders.poll_take(cx) {
            return Poll::Ready(Happened::Ordered(orders));
        }
        if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.socket).poll_flush(cx)
        {
            return Poll::Ready(Happened::Flushed(flushed));
        }
        if let Some(over) = &mut self.paused {
            let _ = ready!(Pin::new(over).poll(cx));
            self.paused = None;
        }
        self.socket.poll_next_unpin(cx).map(Happened::Heard)
    }

    async fn heard(
        &mut self,
        message: Option<Result<Message, Error>>,
    ) -> Result<Option<CloseReason>, Gone> {
        let link = self.id;
        match message {
            Some(Ok(Message::Text(text))) => self.read(Frame::from(text.as_str())).await,
            Some(Ok(Message::Binary(bytes))) => self.read(Frame::Packed((&*bytes).into())).await,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                // The library has queued the answer to a ping.
                self.unflushed = true;
                self.tell(Input::Heard { link }).await?;
                Ok(None)
            }
            Some(Ok(Message::Frame(_))) => self.unreadable(CloseReason::Malformed).await,
            Some(Err(Error::Capacity(_))) => self.unreadable(CloseReason::TooLarge).await,
            Some(Err(Error::Utf8(_) | Error::Protocol(_))) => {
                self.unreadable(CloseReason::Malformed).await
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
        }
    }

    /// Closes the connection for what arrived, and has it counted and told.
    async fn unreadable(&mut self, reason: CloseReason) -> Result<Option<CloseReason>, Gone> {
        let link = self.id;
        self.tell(Input::Unreadable { link, reason }).await?;
        Ok(Some(reason))
    }

    /// Reads a message here, in the connection's own task, so that the driver need not. A pack stays packed, and nothing else
    /// is read until it is dealt with.
    async fn read(&mut self, frame: Frame) -> Result<Option<CloseReason>, Gone> {
        let (link, heard) = (self.id, Heard::read(&frame));
        let input = Input::Received { link, heard };
        let told = match frame {
            Frame::Text(_) => Told::Happened(input),
            Frame::Packed(_) => {
                let (pause, over) = Pause::begin();
                self.paused = Some(over);
                Told::Packed { input, pause }
            }
        };
        self.inbox.send(told).await.map_err(|_| Gone)?;
        Ok(None)
    }

    /// Writes all that was ordered, to be flushed together.
    fn write(&mut self, orders: Waiting) -> Result<Option<CloseReason>, Gone> {
        for order in orders {
            let message = match order {
                Order::Say(message) => {
                    self.untold += message.len();
                    message
                }
                Order::Ping => Message::Ping(Default::default()),
                Order::Close(reason) => return Ok(Some(reason)),
            };
            // Without asking whether it is ready: what the socket does not take now waits in its write buffer.
            Pin::new(&mut self.socket)
                .start_send(message)
                .map_err(|_| Gone)?;
            self.unflushed = true;
        }
        Ok(None)
    }

    /// Everything has left. The driver is told of it now and then: enough for its bounds, seldom enough to cost nothing.
    async fn flushed(&mut self) -> Result<(), Gone> {
        self.unflushed = false;
        if self.untold < SENT_TOLD_FROM {
            return Ok(());
        }
        let (link, bytes) = (self.id, std::mem::take(&mut self.untold));
        self.tell(Input::Sent { link, bytes }).await
    }

    /// Writes what is left and the reason, and waits for the other side to have read it; but not for long.
    async fn bid_farewell(&mut self, reason: CloseReason, at_most: Duration) {
        let close = CloseFrame {
            code: CloseCode::from(reason.number()),
            reason: reason.as_str().into(),
        };
        let farewell = async {
            if self.socket.send(Message::Close(Some(close))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        let _ = timeout_at(clock::after(at_most), farewell).await;
    }

    async fn tell(&mut self, input: Input) -> Result<(), Gone> {
        self.inbox
            .send(Told::Happened(input))
            .await
            .map_err(|_| Gone)
    }
}
