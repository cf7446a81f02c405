//! A relay process, and a device that talks to it in nothing but the words of the protocol.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures_util::{SinkExt, StreamExt};
use spotter_model::{
    ActorId, Author, Change, ChangeHash, Document, LocationName, NewOps, ObjectId, Pen, Priority,
    Target,
};
use spotter_relay_protocol::{
    ChangeBytes, ClientMessage, CreateMeet, JoinBy, JoinMeet, MeetCreated, MeetId, OfferedUpdate,
    Password, RelayMessage, RosterEntry, SessionToken, UpdateCode, UpdateInit,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The password of every meet here.
pub(crate) const PASSWORD: &str = "correct horse";

/// Changes that may be on their way at once.
const PIPELINE: usize = 64;

pub(crate) struct Relay {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
}

impl Relay {
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// Starts it with more words on its command line. What it tells the terminal is in `<data>.told`.
    pub(crate) fn start_with(data: &Path, more: &[&str]) -> Self {
        Self::run(
            Command::new(env!("CARGO_BIN_EXE_spotter-relay")),
            data,
            more,
        )
    }

    /// Starts it on a disk that takes no file beyond 32 KiB, until [`Self::make_room`].
    #[cfg(target_os = "linux")]
    pub(crate) fn start_without_room(data: &Path) -> Self {
        let limited = "trap '' XFSZ; ulimit -S -f 64; exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", limited, env!("CARGO_BIN_EXE_spotter-relay")]);
        Self::run(command, data, &[])
    }

    /// Takes the limit away again.
    #[cfg(target_os = "linux")]
    pub(crate) fn make_room(&self) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let process = Pid::from_raw(self.process.id() as i32);
        let unlimited = Rlimit {
            current: None,
            maximum: None,
        };
        prlimit(process, Resource::Fsize, unlimited).unwrap();
    }

    pub(crate) fn run(mut command: Command, data: &Path, more: &[&str]) -> Self {
        let told = std::fs::File::create(data.with_extension("told")).unwrap();
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--low-memory", "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(told)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on ")
            .unwrap()
            .parse()
            .unwrap();
        Self { process, address }
    }

    /// SIGKILL, and the certainty that the process is gone.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) struct Wire(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(connect_async(format!("ws://{address}/")).await.unwrap().0)
    }

    pub(crate) async fn say(&mut self, message: ClientMessage) -> bool {
        self.0.send(Message::text(message.encode())).await.is_ok()
    }

    /// The next word, or `None` when the relay is gone.
    pub(crate) async fn hear(&mut self) -> Option<RelayMessage> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Some(RelayMessage::decode(&text).unwrap()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// A device that keeps what it made until the relay has acknowledged it.
pub(crate) struct Desk {
    document: Document,
    pen: Pen,
    made: u64,
    pub(crate) unacknowledged: VecDeque<(u64, Change)>,
    /// What was sent on this connection and is not answered yet.
    pub(crate) under_way: usize,
    /// Position to change, as acknowledged.
    pub(crate) acknowledged: BTreeMap<u64, ChangeHash>,
}

impl Desk {
    pub(crate) fn new() -> (Self, ChangeHash) {
        let pen = Pen {
            actor: ActorId::new([7; 8]),
            author: Author {
                location: LocationName::parse("Desk").unwrap(),
                priority: Priority::new(10).unwrap(),
            },
        };
        let mut ops = NewOps::new();
        ops.make_container("meet");
        let (document, genesis) = Document::begin(&pen, &ops, 0).unwrap();
        let root = genesis.hash();
        let desk = Self {
            document,
            pen,
            made: 0,
            unacknowledged: VecDeque::from([(0, genesis)]),
            under_way: 0,
            acknowledged: BTreeMap::new(),
        };
        (desk, root)
    }

    pub(crate) fn make(&mut self) {
        self.made += 1;
        let mut ops = NewOps::new();
        let key = format!("register {}", self.made % 50);
        ops.set(Target::Object(ObjectId::Root), &key, self.made as f64);
        let (change, _) = self.document.write(&self.pen, &ops, 0, None).unwrap();
        self.unacknowledged.push_back((self.made, change));
    }

    /// Everything it knows, in order.
    pub(crate) fn everything(&self) -> Vec<Change> {
        let count = self.document.index().len();
        (0..count)
            .map(|number| self.document.change_at(number).unwrap())
            .collect()
    }

    /// Forgets that anything was acknowledged, as after the relay has lost it, and holds these and what is still new.
    pub(crate) fn start_over(&mut self, known: Vec<Change>) {
        let new = std::mem::take(&mut self.unacknowledged);
        let numbered = (1_000_000..).zip(known).chain(new);
        self.unacknowledged = numbered.collect();
        self.acknowledged.clear();
        self.under_way = 0;
    }

    /// Sends what is not under way yet, as far as the pipeline takes it.
    pub(crate) async fn offer(&mut self, wire: &mut Wire) {
        while self.under_way < PIPELINE.min(self.unacknowledged.len()) {
            let (local_seq_num, change) = &self.unacknowledged[self.under_way];
            let update = OfferedUpdate {
                local_seq_num: *local_seq_num,
                change: ChangeBytes::new(change.bytes().clone()),
                after_server_seq_num: None,
            };
            let offer = ClientMessage::UpdateInit(UpdateInit {
                session_token: None,
                updates: vec![update],
            });
            self.under_way += 1;
            if !wire.say(offer).await {
                return;
            }
        }
    }

    /// Makes changes, keeps the pipeline full and takes acknowledgements, until the relay is gone.
    pub(crate) async fn work(&mut self, wire: &mut Wire) {
        loop {
            while self.unacknowledged.len() < PIPELINE {
                self.make();
            }
            self.offer(wire).await;
            let Some(word) = wire.hear().await else {
                return;
            };
            self.heard(word);
        }
    }

    pub(crate) fn heard(&mut self, word: RelayMessage) {
        if let RelayMessage::UpdateAck(ack) = &word {
            for acked in &ack.update_acks {
                let mut held = self.unacknowledged.iter();
                let Some(at) = held.position(|(local, _)| *local == acked.local_seq_num) else {
                    // What was sent twice is acknowledged twice, at one position.
                    assert!(self.acknowledged.contains_key(&acked.server_seq_num));
                    continue;
                };
                let (_, change) = self.unacknowledged.remove(at).unwrap();
                self.under_way = self.under_way.saturating_sub(1);
                self.acknowledged
                    .insert(acked.server_seq_num, change.hash());
            }
        }
        // Nothing here is ever wrong; but a relay that is about to stop takes no more.
        if let RelayMessage::UpdateRejected(rejected) = &word {
            let mut refused = rejected.updates_rejected.iter();
            let only_later = refused.all(|it| it.code == UpdateCode::Busy && !it.for_good);
            assert!(only_later, "{word:?}");
        }
    }
}

/// Takes a meet live and says everything that the relay answered.
pub(crate) async fn create_meet(relay: &Relay, root: ChangeHash) -> (Wire, MeetCreated) {
    let mut wire = Wire::connect(relay.address).await;
    let location_name = LocationName::parse("Desk").unwrap();
    let locations = vec![RosterEntry {
        location_name: location_name.clone(),
        priority: Priority::new(10).unwrap(),
        renamed_from: Vec::new(),
    }];
    let create = CreateMeet {
        protocol: 1,
        this_location_name: location_name,
        password: Password::parse(PASSWORD).unwrap(),
        locations,
        root,
        packs: Vec::new(),
    };
    wire.say(ClientMessage::CreateMeet(create)).await;
    match wire.hear().await {
        Some(RelayMessage::MeetCreated(made)) => (wire, made),
        other => panic!("{other:?}"),
    }
}

/// Takes a meet live.
pub(crate) async fn go_live(relay: &Relay, root: ChangeHash) -> (Wire, MeetId, SessionToken) {
    let (wire, made) = create_meet(relay, root).await;
    (wire, made.meet_id, made.session_token)
}

/// What somebody says who knows nothing of the meet yet.
pub(crate) fn join(meet_id: MeetId, by: JoinBy) -> ClientMessage {
    ClientMessage::JoinMeet(JoinMeet {
        protocol: 1,
        meet_id,
        by,
        ticket: None,
        position: None,
        heads: None,
        epoch: None,
        packs: Vec::new(),
    })
}

/// Tries a password, on a connection of its own, and says what the relay answered.
pub(crate) async fn try_password(
    address: SocketAddr,
    meet_id: MeetId,
    password: &str,
) -> RelayMessage {
    let mut wire = Wire::connect(address).await;
    let by = JoinBy::Password {
        location_name: LocationName::parse("Desk").unwrap(),
        password: Password::parse(password).unwrap(),
    };
    wire.say(join(meet_id, by)).await;
    wire.hear().await.unwrap()
}

/// Comes back by token, which costs no scrypt. Returns how many changes the relay says it has.
pub(crate) async fn come_back(relay: &Relay, meet_id: MeetId, token: &SessionToken) -> (Wire, u64) {
    let mut wire = Wire::connect(relay.address).await;
    wire.say(join(meet_id, JoinBy::Token(token.clone()))).await;
    match wire.hear().await {
        Some(RelayMessage::MeetJoined(joined)) => (wire, joined.server_seq_num),
        other => panic!("{other:?}"),
    }
}
