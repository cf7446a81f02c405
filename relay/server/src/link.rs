//! One connection, after its upgrade: carries messages between a socket and the driver.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Sink, SinkExt, StreamExt};
use spotter_relay::{Heard, Input, LinkId};
use spotter_relay_protocol::{CloseReason, Frame};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::clock;
use crate::driver::Told;
use crate::limits::{FAREWELL, WRITTEN_TOGETHER};

/// What the driver wants done on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Say(Message),
    Ping,
    Close(CloseReason),
}

/// The driver's end of a connection. Dropping it cuts the connection at once.
#[derive(Debug)]
pub(crate) struct LinkHandle {
    pub(crate) orders: mpsc::Sender<Order>,
    _cut: oneshot::Sender<()>,
}

/// The connection's end of a [`LinkHandle`].
#[derive(Debug)]
pub(crate) struct Orders {
    orders: mpsc::Receiver<Order>,
    cut: oneshot::Receiver<()>,
}

/// The two ends of a new connection's orders.
pub(crate) fn handle() -> (LinkHandle, Orders) {
    let (sender, orders) = mpsc::channel(crate::limits::ORDERS);
    let (_cut, cut) = oneshot::channel();
    let handle = LinkHandle {
        orders: sender,
        _cut,
    };
    (handle, Orders { orders, cut })
}

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
        unsent: 0,
        unflushed: false,
        inbox,
    };
    let Orders { orders, mut cut } = orders;
    let reason = tokio::select! {
        reason = link.talk(orders) => reason,
        _ = &mut cut => None,
    };
    if let Some(reason) = reason {
        tokio::select! {
            () = link.bid_farewell(reason, FAREWELL) => {}
            _ = &mut cut => {}
        }
    }
    let _ = link.tell(Input::Disconnected { link: id }).await;
}

struct Link<S> {
    id: LinkId,
    socket: WebSocketStream<S>,
    /// Bytes of messages that have been written and not flushed.
    unsent: usize,
    /// Whether there is anything to flush, be it an answer to a ping.
    unflushed: bool,
    inbox: mpsc::Sender<Told>,
}

/// The driver is gone; so is the connection.
struct Gone;

/// What a connection waits for.
enum Happened {
    Ordered(Option<Order>),
    Heard(Option<Result<Message, Error>>),
    Flushed(Result<(), Error>),
}

impl<S> Link<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Carries messages until the connection is to be closed, for which the reason is returned, or is gone.
    async fn talk(&mut self, mut orders: mpsc::Receiver<Order>) -> Option<CloseReason> {
        loop {
            let happened = poll_fn(|cx| self.poll(&mut orders, cx)).await;
            let outcome = match happened {
                Happened::Ordered(order) => self.write(order?, &mut orders),
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
    fn poll(&mut self, orders: &mut mpsc::Receiver<Order>, cx: &mut Context<'_>) -> Poll<Happened> {
        if let Poll::Ready(order) = orders.poll_recv(cx) {
            return Poll::Ready(Happened::Ordered(order));
        }
        if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.socket).poll_flush(cx)
        {
            return Poll::Ready(Happened::Flushed(flushed));
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
            Some(Ok(Message::Frame(_))) => Ok(Some(CloseReason::Malformed)),
            Some(Err(Error::Capacity(_))) => Ok(Some(CloseReason::TooLarge)),
            Some(Err(Error::Utf8(_) | Error::Protocol(_))) => Ok(Some(CloseReason::Malformed)),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
        }
    }

    /// Reads a message here, in the connection's own task, so that the driver need not.
    async fn read(&mut self, frame: Frame) -> Result<Option<CloseReason>, Gone> {
        let (link, heard) = (self.id, Heard::read(&frame));
        self.tell(Input::Received { link, heard }).await?;
        Ok(None)
    }

    /// Writes this order and those that are waiting behind it, to be flushed together.
    fn write(
        &mut self,
        first: Order,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Result<Option<CloseReason>, Gone> {
        let mut next = Some(first);
        let mut written = 0;
        while let Some(order) = next {
            let message = match order {
                Order::Say(message) => {
                    self.unsent += message.len();
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
            written += 1;
            next = if written < WRITTEN_TOGETHER {
                orders.try_recv().ok()
            } else {
                None
            };
        }
        Ok(None)
    }

    async fn flushed(&mut self) -> Result<(), Gone> {
        self.unflushed = false;
        let bytes = std::mem::take(&mut self.unsent);
        if bytes == 0 {
            return Ok(());
        }
        let link = self.id;
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
