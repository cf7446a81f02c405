//! A whole client in this process: the machine of `spotter-client` on a socket, with a disk that takes no time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use futures_util::{SinkExt as _, StreamExt as _};
use spotter_client::{
    Action, Answer, Ask, Client, Config, EditAsk, Input, Join, LinkId, Moment, Now, Reply,
    RequestId, WallTime,
};
use spotter_model::{Change, Edit, Seen};
use spotter_relay_protocol::Frame;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::clock::{now, pause_until};
use crate::history::ok;
use crate::wire::Wire;

/// A replica and its connection to a relay, if it has one.
pub(crate) struct Replica {
    client: Client,
    began: Instant,
    wall: i64,
    link: Option<(LinkId, Wire)>,
    to_connect: Option<(LinkId, String)>,
    to_send: VecDeque<Message>,
    answers: BTreeMap<RequestId, Answer>,
    requests: u64,
    /// Bytes of the messages with changes that were sent, and received, since this was last asked.
    sent: usize,
    received: usize,
}

impl Replica {
    /// A new replica that knows nothing.
    pub(crate) fn new(seed: u8, wall: i64) -> Self {
        let mut replica = Self {
            client: Client::new(&Config::default(), [seed; 32]),
            began: now(),
            wall,
            link: None,
            to_connect: None,
            to_send: VecDeque::new(),
            answers: BTreeMap::new(),
            requests: 0,
            sent: 0,
            received: 0,
        };
        let records = Vec::new();
        replica.step(Input::Opened { records });
        replica
    }

    /// Joins a meet and fetches all of it.
    pub(crate) async fn join(&mut self, join: Join) {
        self.ask(Ask::Join(join)).await;
        self.ask(Ask::Sync).await;
    }

    /// Ends the connection and does not come back.
    pub(crate) async fn cut(&mut self) {
        self.ask(Ask::StayConnected(false)).await;
        self.link = None;
    }

    /// Connects again and exchanges everything.
    pub(crate) async fn sync(&mut self) {
        self.ask(Ask::StayConnected(true)).await;
        self.ask(Ask::Sync).await;
    }

    /// Makes an edit, at this time of day.
    pub(crate) async fn edit(&mut self, edit: Edit, at: i64) {
        self.wall = at;
        let edit = EditAsk {
            edit,
            reason: None,
            seen: Seen::Unchecked,
        };
        self.ask(Ask::Edit(edit)).await;
    }

    /// The changes of its meet, without so many that it held first.
    pub(crate) fn changes_after(&mut self, held: usize) -> Vec<Change> {
        let meet = self.client.meet();
        meet.into_iter()
            .flat_map(|meet| meet.changes())
            .skip(held)
            .collect()
    }

    /// Bytes of the messages with changes, sent and received, since this was last asked.
    pub(crate) fn take_bytes(&mut self) -> (usize, usize) {
        let bytes = (self.sent, self.received);
        (self.sent, self.received) = (0, 0);
        bytes
    }

    fn send(&mut self, message: Message) {
        self.sent += with_changes(&message);
        self.to_send.push_back(message);
    }

    async fn ask(&mut self, ask: Ask) {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.step(Input::Asked { request, ask });
        loop {
            if let Some(answer) = self.answers.remove(&request) {
                let _: Reply = ok(answer);
                return;
            }
            self.turn().await;
        }
    }

    /// Waits until something happens, and deals with it.
    async fn turn(&mut self) {
        if let Some((link, address)) = self.to_connect.take() {
            let host = address.strip_prefix("ws://").unwrap_or(&address).to_owned();
            let wire = Wire::open(ok(host.trim_end_matches('/').parse()), "/").await;
            self.link = Some((link, wire));
            return self.step(Input::Connected { link });
        }
        let wakeup = self.client.next_wakeup();
        let Some((link, wire)) = &mut self.link else {
            wait_until(self.began, wakeup).await;
            return self.step(Input::Tick);
        };
        let link = *link;
        if !self.to_send.is_empty() {
            for message in self.to_send.drain(..) {
                ok(wire.mouth.feed(message).await);
            }
            ok(wire.mouth.flush().await);
        }
        tokio::select! {
            received = wire.ear.next() => {
                let message = ok(received.transpose());
                self.received += message.as_ref().map_or(0, with_changes);
                match message.and_then(frame_of) {
                    Some(frame) => self.step(Input::Received { link, frame }),
                    None => self.step(Input::Heard { link }),
                }
            },
            () = wait_until(self.began, wakeup) => self.step(Input::Tick),
        }
    }

    fn step(&mut self, input: Input) {
        let now = Now {
            moment: Moment::from_ms(elapsed_ms(self.began)),
            wall: WallTime::from_unix_seconds(self.wall),
        };
        for action in self.client.step(now, input) {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Save { batch, .. } => self.step(Input::Saved { batch }),
            Action::Connect { link, address } => self.to_connect = Some((link, address)),
            Action::Disconnect { .. } => self.link = None,
            Action::Send { frame, .. } => self.send(match frame {
                Frame::Text(text) => Message::text(&*text),
                Frame::Packed(bytes) => Message::binary(Bytes::copy_from_slice(&bytes)),
            }),
            Action::Ping { .. } => self.send(Message::Ping(Bytes::new())),
            Action::Answer { request, answer } => {
                self.answers.insert(request, answer);
            }
            Action::Tell(_) => {}
        }
    }
}

/// Bytes of a message, if there are changes in it.
fn with_changes(message: &Message) -> usize {
    let has_changes = match message {
        Message::Text(text) => text.contains("\"change\":"),
        Message::Binary(_) => true,
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => false,
    };
    if has_changes { message.len() } else { 0 }
}

fn frame_of(message: Message) -> Option<Frame> {
    match message {
        Message::Text(text) => Some(text.as_str().into()),
        Message::Binary(bytes) => Some(Frame::Packed((&*bytes).into())),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
    }
}

fn elapsed_ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

async fn wait_until(began: Instant, moment: Option<Moment>) {
    match moment {
        Some(moment) => {
            let since = std::time::Duration::from_millis(moment.as_ms());
            pause_until(began + since).await;
        }
        None => std::future::pending().await,
    }
}
