//! One client on a bench: inputs go in, and the exact actions come out. The bench is the relay, the disk and the clock.

use serde_json::json;
use spotter_client::{
    Action, Answer, Ask, BatchId, Client, Config, EditAsk, GoLive, Input, LinkId, Moment, News,
    Now, Record, RequestId, Status, WallTime,
};
use spotter_model::{Author, Change, ChangeHash, Edit, LocationName, Path, Pen, Priority, Seen};
use spotter_relay_protocol::{
    Chain, ClientMessage, LogId, MeetCreated, MeetId, MeetJoined, OfferedUpdate, RelayMessage,
    Roster, RosterEntry, SessionToken, Ticket, UpdateAck, UpdateAcked, UpdateInit,
};

pub struct Bench {
    pub client: Client,
    pub now: Now,
    pub journal: Vec<Record>,
    requests: u64,
}

pub const RELAY: LinkId = LinkId::Relay(1);

impl Bench {
    /// A client that has opened an empty store.
    pub fn new() -> Self {
        let mut bench = Self::unopened([7; 32]);
        let opened = bench.step(Input::Opened {
            records: Vec::new(),
        });
        bench.save(opened);
        bench
    }

    pub fn unopened(seed: [u8; 32]) -> Self {
        Self {
            client: Client::new(
                &Config {
                    stay_connected: true,
                    ..Config::default()
                },
                seed,
            ),
            now: Now {
                moment: Moment::from_ms(1_000_000),
                wall: WallTime::from_unix_seconds(1_795_000_000),
            },
            journal: Vec::new(),
            requests: 0,
        }
    }

    /// A client with a meet that is live, everything acknowledged.
    pub fn live() -> Self {
        let mut bench = Self::new();
        let begun = bench.ask(Ask::NewMeet {
            date: "2026-11-20".to_owned(),
        });
        bench.save(begun);
        let going = bench.ask(Ask::GoLive(go_live()));
        bench.save(going);
        let knocked = bench.step(Input::Connected { link: RELAY });
        assert!(matches!(said(&knocked)[..], [ClientMessage::CreateMeet(_)]));
        let created = bench.hear(created());
        let updates = offered(&created);
        bench.save(created);
        let acked = bench.hear(ack(&updates, 0));
        bench.save(acked);
        assert!(bench.status().in_sync, "{:?}", bench.status());
        bench
    }

    pub fn step(&mut self, input: Input) -> Vec<Action> {
        self.client.step(self.now, input)
    }

    pub fn ask(&mut self, ask: Ask) -> Vec<Action> {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.step(Input::Asked { request, ask })
    }

    pub fn set(&mut self, path: &str, text: &str) -> Vec<Action> {
        self.ask(Ask::Edit(set(path, text)))
    }

    pub fn hear(&mut self, message: RelayMessage) -> Vec<Action> {
        let frame = message.encode().into();
        self.step(Input::Received { link: RELAY, frame })
    }

    /// Syncs whatever these actions want saved, and whatever comes of it.
    pub fn save(&mut self, mut actions: Vec<Action>) -> Vec<Action> {
        let mut others = Vec::new();
        while !actions.is_empty() {
            match actions.remove(0) {
                Action::Save { batch, records } => {
                    self.journal.extend(records);
                    actions.extend(self.step(Input::Saved { batch }));
                }
                other => others.push(other),
            }
        }
        others
    }

    pub fn wait(&mut self, ms: u64) -> Vec<Action> {
        self.now.moment = self.now.moment.after_ms(ms);
        self.step(Input::Tick)
    }

    /// Sleeps until the client wants to be woken.
    pub fn sleep(&mut self) -> Vec<Action> {
        self.now.moment = self.client.next_wakeup().unwrap();
        self.step(Input::Tick)
    }

    pub fn status(&self) -> Status {
        self.client.status(self.now.moment)
    }

    pub fn root(&mut self) -> ChangeHash {
        self.client.meet().unwrap().root()
    }

    /// A change that another location writes on what is here.
    pub fn change_from(&mut self, seed: u8, path: &str, text: &str) -> Change {
        let meet = self.client.meet().unwrap();
        let mut elsewhere = spotter_model::Meet::open(meet.root());
        elsewhere.receive(&meet.changes().collect::<Vec<_>>());
        let pen = Pen {
            actor: spotter_model::ActorId::new([seed; 8]),
            author: author("platform", 20),
        };
        let ask = set(path, text);
        elsewhere
            .edit(&pen, &ask.edit, 1_795_000_000, None, Seen::Unchecked)
            .unwrap()
            .unwrap()
    }
}

/// What was sent to the relay.
pub fn said(actions: &[Action]) -> Vec<ClientMessage> {
    let texts = actions.iter().filter_map(|action| match action {
        Action::Send { frame, .. } => Some(frame),
        _ => None,
    });
    texts
        .map(|frame| ClientMessage::read(frame).unwrap())
        .collect()
}

/// The updates among what was sent.
pub fn offered(actions: &[Action]) -> Vec<OfferedUpdate> {
    let updates = said(actions)
        .into_iter()
        .filter_map(|message| match message {
            ClientMessage::UpdateInit(UpdateInit { updates, .. }) => Some(updates),
            _ => None,
        });
    updates.flatten().collect()
}

/// What was answered.
pub fn answers(actions: &[Action]) -> Vec<Answer> {
    let answers = actions.iter().filter_map(|action| match action {
        Action::Answer { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    answers.collect()
}

/// What people were told, as they read it.
pub fn told(actions: &[Action]) -> Vec<String> {
    news(actions).iter().map(|news| news.to_string()).collect()
}

pub fn news(actions: &[Action]) -> Vec<News> {
    let told = actions.iter().filter_map(|action| match action {
        Action::Tell(news) => Some(news.clone()),
        _ => None,
    });
    told.collect()
}

/// The batch to be saved and what is in it.
pub fn saving(actions: &[Action]) -> (BatchId, Vec<Record>) {
    let saves = actions.iter().find_map(|action| match action {
        Action::Save { batch, records } => Some((*batch, records.clone())),
        _ => None,
    });
    saves.expect("something is saved")
}

/// What kinds of things are to be done, in order.
pub fn kinds(actions: &[Action]) -> Vec<&'static str> {
    actions
        .iter()
        .map(|action| match action {
            Action::Save { .. } => "save",
            Action::Connect { .. } => "connect",
            Action::Disconnect { .. } => "disconnect",
            Action::Send { .. } => "send",
            Action::Ping { .. } => "ping",
            Action::Answer { .. } => "answer",
            Action::Tell(_) => "tell",
        })
        .collect()
}

/// Acknowledges updates in order, from the position after `before`.
pub fn ack(updates: &[OfferedUpdate], before: u64) -> RelayMessage {
    let acks = (before..).zip(updates).map(|(after, update)| UpdateAcked {
        local_seq_num: update.local_seq_num,
        server_seq_num: after + 1,
        after_server_seq_num: Some(after),
    });
    RelayMessage::UpdateAck(UpdateAck {
        update_acks: acks.collect(),
        chain: None,
    })
}

pub fn created() -> RelayMessage {
    RelayMessage::MeetCreated(MeetCreated {
        meet_id: meet_id(),
        session_token: token(),
        session_expires_at: 1_796_000_000,
        log_id: log_id(),
        location_name: location("desk"),
        priority: Priority::new(10).unwrap(),
        initiator: true,
        roster: roster(),
        ticket: ticket(),
        epoch: 1,
        pack: None,
    })
}

pub fn joined(root: ChangeHash, server_seq_num: u64) -> MeetJoined {
    MeetJoined {
        meet_id: meet_id(),
        session_token: Some(token()),
        session_expires_at: 1_796_000_000,
        location_name: location("desk"),
        priority: Priority::new(10).unwrap(),
        initiator: true,
        root,
        log_id: log_id(),
        server_seq_num,
        roster: Some(roster()),
        ticket: Some(ticket()),
        epoch: 1,
        finished: false,
        pack: None,
    }
}

pub fn go_live() -> GoLive {
    GoLive {
        relay: "ws://relay".to_owned(),
        location: location("desk"),
        roster: vec![
            (location("desk"), Priority::new(10).unwrap()),
            (location("platform"), Priority::new(20).unwrap()),
        ],
        password: password(),
        again: false,
    }
}

pub fn set(path: &str, text: &str) -> EditAsk {
    let path: Path = path.parse().unwrap();
    EditAsk {
        edit: Edit::set(path, &json!(text)).unwrap(),
        reason: None,
        seen: Seen::Unchecked,
    }
}

pub fn author(name: &str, priority: u32) -> Author {
    Author {
        location: location(name),
        priority: Priority::new(priority).unwrap(),
    }
}

pub fn location(name: &str) -> LocationName {
    LocationName::parse(name).unwrap()
}

pub fn password() -> spotter_relay_protocol::Password {
    spotter_relay_protocol::Password::parse("correct horse").unwrap()
}

pub fn meet_id() -> MeetId {
    "123-456-789".parse().unwrap()
}

pub fn log_id() -> LogId {
    LogId::from_bytes([1; 8])
}

pub fn token() -> SessionToken {
    SessionToken::parse("token").unwrap()
}

pub fn ticket() -> Ticket {
    Ticket::parse("ticket").unwrap()
}

pub fn roster() -> Roster {
    let entries = go_live()
        .roster
        .into_iter()
        .map(|(location_name, priority)| RosterEntry {
            location_name,
            priority,
            renamed_from: Vec::new(),
        });
    Roster::new(entries.collect()).unwrap()
}

/// The chain over these changes in this order.
pub fn chain(changes: &[ChangeHash]) -> Chain {
    changes
        .iter()
        .fold(Chain::START, |chain, hash| chain.then(hash))
}
