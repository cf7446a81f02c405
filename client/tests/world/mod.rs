//! A world in one thread: real clients, a relay, disks that forget what was not synced, and wires that can be
//! cut. Whoever drives it decides what is delivered next; nothing happens by itself.

pub mod trouble;

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;
use spotter_client::{
    Action, Answer, Ask, BatchId, Client, Config, EditAsk, GoLive, Input, Join, LinkId, Moment,
    News, Now, Record, Reply, RequestId, Status, WallTime,
};
use spotter_model::{Change, ChangeHash, Edit, LocationName, Meet, Path, Priority, Seen};
use spotter_relay_protocol::Password;

/// The relay of a world: a model of one, or the machine itself in a shell of a few lines.
pub trait RelaySide {
    fn new() -> Self;
    fn connected(&mut self, line: Line);
    fn received(&mut self, line: Line, text: &str) -> Said;
    fn disconnected(&mut self, line: Line) -> Said;
    /// Whether something is written and not durable yet.
    fn is_writing(&self) -> bool;
    /// Lets the oldest thing that was written become durable.
    fn sync(&mut self) -> Said;
    fn pass(&mut self, ms: u64) -> Said;
    /// Loses all state, as if the data folder had been deleted.
    fn forget_everything(&mut self);
    /// Goes back to an old copy of the log, under the same log id.
    fn roll_back_to(&mut self, len: usize);
    fn hashes(&self) -> Vec<ChangeHash>;
    fn heads(&self) -> Vec<ChangeHash>;
}

/// In place of a message: the relay closes the connection.
pub const HANG_UP: &str = "";

/// What a relay sends, in order.
pub type Said = Vec<(Line, String)>;

/// A client's connection, as the world names it: which client, and which of its connections.
pub type Line = (usize, LinkId);

pub struct World<R: RelaySide> {
    pub relay: R,
    pub nodes: Vec<Node>,
    pub now: Now,
    /// What is on its way, by who will receive it; in order, as on any stream.
    wires: BTreeMap<Wire, VecDeque<Parcel>>,
    /// Which end of a connection between replicas belongs to which.
    other_end: BTreeMap<Line, Line>,
    accepted: u64,
    starts: u8,
    /// Whether frames of the relay may be delivered twice.
    pub echo: bool,
}

/// One device: a client, its disk, and what it said.
pub struct Node {
    pub client: Client,
    pub journal: Vec<Record>,
    pub saving: Option<(BatchId, Vec<Record>)>,
    pub disk_full: bool,
    pub cut: bool,
    pub answers: BTreeMap<RequestId, Answer>,
    pub told: Vec<News>,
    /// Every change whose author was told that it is saved.
    pub promised: Vec<ChangeHash>,
    requests: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wire {
    ToRelay(Line),
    ToNode(Line),
    Disk(usize),
    RelayDisk,
}

#[derive(Clone, Debug)]
enum Parcel {
    Opened,
    Text(String),
    Pong,
    Lost,
    Synced,
}

pub const LOCATIONS: [(&str, u32); 4] =
    [("desk", 10), ("platform", 20), ("jury", 30), ("stream", 5)];

impl<R: RelaySide> World<R> {
    pub fn new(nodes: usize) -> Self {
        let mut world = Self {
            relay: R::new(),
            nodes: Vec::new(),
            now: Now {
                moment: Moment::from_ms(1_000_000),
                wall: WallTime::from_unix_seconds(1_795_000_000),
            },
            wires: BTreeMap::new(),
            other_end: BTreeMap::new(),
            accepted: 0,
            starts: 0,
            echo: false,
        };
        for node in 0..nodes {
            let client = world.fresh_client();
            world.nodes.push(Node {
                client,
                journal: Vec::new(),
                saving: None,
                disk_full: false,
                cut: false,
                answers: BTreeMap::new(),
                told: Vec::new(),
                promised: Vec::new(),
                requests: 0,
            });
            world.step(
                node,
                Input::Opened {
                    records: Vec::new(),
                },
            );
        }
        world
    }

    /// A live meet with everybody in it and nothing left to say.
    pub fn live(nodes: usize) -> Self {
        let mut world = Self::new(nodes);
        world.ask(
            0,
            Ask::NewMeet {
                date: "2026-11-20".to_owned(),
            },
        );
        world.go_live(0);
        world.settle();
        for node in 1..nodes {
            world.join(node, LOCATIONS[node % LOCATIONS.len()].0);
        }
        world.settle();
        world.agree();
        world
    }

    fn fresh_client(&mut self) -> Client {
        self.starts += 1;
        Client::new(
            &Config {
                stay_connected: true,
            },
            [self.starts; 32],
        )
    }

    pub fn ask(&mut self, node: usize, ask: Ask) -> RequestId {
        self.nodes[node].requests += 1;
        let request = RequestId(self.nodes[node].requests);
        self.step(node, Input::Asked { request, ask });
        request
    }

    pub fn go_live(&mut self, node: usize) -> RequestId {
        let seats = LOCATIONS
            .iter()
            .map(|(name, priority)| (location(name), Priority::new(*priority).unwrap()));
        let go_live = GoLive {
            relay: "ws://relay".to_owned(),
            location: location(LOCATIONS[node % LOCATIONS.len()].0),
            roster: seats.collect(),
            password: password(),
            again: false,
        };
        self.ask(node, Ask::GoLive(go_live))
    }

    pub fn join(&mut self, node: usize, name: &str) -> RequestId {
        let join = Join {
            relay: "ws://relay".to_owned(),
            meet_id: self.nodes[0]
                .client
                .status(self.now.moment)
                .meet_id
                .unwrap_or_else(|| "123-456-789".parse().unwrap()),
            location: location(name),
            password: password(),
        };
        self.ask(node, Ask::Join(join))
    }

    pub fn set(&mut self, node: usize, path: &str, text: &str) -> RequestId {
        self.ask(node, Ask::Edit(set(path, text)))
    }

    /// What a replica shows.
    pub fn shows(&mut self, node: usize, path: &str) -> String {
        let path: Path = path.parse().unwrap();
        let shown = self.meet(node).get(&path).unwrap();
        shown
            .held
            .value
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    pub fn meet(&mut self, node: usize) -> &mut Meet {
        self.nodes[node].client.meet().unwrap()
    }

    pub fn status(&self, node: usize) -> Status {
        self.nodes[node].client.status(self.now.moment)
    }

    pub fn step(&mut self, node: usize, input: Input) {
        let actions = self.nodes[node].client.step(self.now, input);
        if let Some(at) = self.nodes[node].client.next_wakeup() {
            assert!(
                at > self.now.moment,
                "node {node} would be woken without end"
            );
        }
        for action in actions {
            self.perform(node, action);
        }
    }

    fn perform(&mut self, node: usize, action: Action) {
        match action {
            Action::Save { batch, records } => {
                assert!(self.nodes[node].saving.is_none(), "one batch at a time");
                self.nodes[node].saving = Some((batch, records));
                self.post(Wire::Disk(node), Parcel::Synced);
            }
            Action::Connect {
                link: link @ LinkId::Relay(_),
                ..
            } => {
                let parcel = if self.nodes[node].cut {
                    Parcel::Lost
                } else {
                    Parcel::Opened
                };
                self.post(Wire::ToNode((node, link)), parcel);
            }
            Action::Connect { link, address } => self.connect_peer((node, link), &address),
            Action::Disconnect { link } => {
                self.forget_wire((node, link));
                self.hang_up((node, link));
                if let Some(other) = self.other_end.remove(&(node, link)) {
                    self.other_end.remove(&other);
                    self.post(Wire::ToNode(other), Parcel::Lost);
                }
            }
            Action::Send {
                link: link @ LinkId::Relay(_),
                text,
            } => {
                self.post(Wire::ToRelay((node, link)), Parcel::Text(text));
            }
            Action::Send { link, text } => {
                if let Some(other) = self.other_end.get(&(node, link)).copied() {
                    self.post(Wire::ToNode(other), Parcel::Text(text));
                }
            }
            Action::Ping { link } => self.post(Wire::ToNode((node, link)), Parcel::Pong),
            Action::Answer { request, answer } => {
                if let Ok(Reply::Edited { change: Some(hash) }) = &answer {
                    self.nodes[node].promised.push(*hash);
                }
                let answered = self.nodes[node].answers.insert(request, answer);
                assert!(answered.is_none(), "{request:?} was answered twice");
            }
            Action::Tell(news) => self.nodes[node].told.push(news),
        }
    }

    fn connect_peer(&mut self, dialling: Line, address: &str) {
        let peer: usize = address.strip_prefix("peer-").unwrap().parse().unwrap();
        if self.nodes[dialling.0].cut || self.nodes[peer].cut {
            return self.post(Wire::ToNode(dialling), Parcel::Lost);
        }
        self.accepted += 1;
        let accepted = (peer, LinkId::Accepted(self.accepted));
        self.other_end.insert(dialling, accepted);
        self.other_end.insert(accepted, dialling);
        self.post(Wire::ToNode(dialling), Parcel::Opened);
        self.post(Wire::ToNode(accepted), Parcel::Opened);
    }

    fn post(&mut self, wire: Wire, parcel: Parcel) {
        self.wires.entry(wire).or_default().push_back(parcel);
    }

    fn forget_wire(&mut self, line: Line) {
        self.wires.remove(&Wire::ToNode(line));
        self.wires.remove(&Wire::ToRelay(line));
    }

    /// Delivers the next parcel of one of the wires that have any; false if there is none.
    pub fn deliver(&mut self, choice: usize) -> bool {
        self.wires.retain(|_, parcels| !parcels.is_empty());
        if self.relay.is_writing() {
            self.post(Wire::RelayDisk, Parcel::Synced);
        }
        let wires: Vec<Wire> = self.wires.keys().copied().collect();
        let Some(wire) = wires.get(choice % wires.len().max(1)).copied() else {
            return false;
        };
        let Some(parcel) = self.wires.get_mut(&wire).and_then(VecDeque::pop_front) else {
            return false;
        };
        match wire {
            Wire::Disk(node) => self.sync(node),
            Wire::RelayDisk => {
                self.wires.remove(&Wire::RelayDisk);
                let said = self.relay.sync();
                self.post_all(said);
            }
            Wire::ToRelay(line) => self.give_to_relay(line, parcel),
            Wire::ToNode(line) => self.give_to_node(line, parcel),
        }
        true
    }

    fn sync(&mut self, node: usize) {
        let Some((batch, records)) = self.nodes[node].saving.take() else {
            return;
        };
        if self.nodes[node].disk_full {
            let why = "no space left on device".to_owned();
            return self.step(node, Input::SaveFailed { batch, why });
        }
        // Through the text that stands on disk, so that every record is one that can be read again.
        let text: Vec<String> = records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap())
            .collect();
        let read = text
            .iter()
            .map(|line| serde_json::from_str::<Record>(line).unwrap());
        self.nodes[node].journal.extend(read);
        self.step(node, Input::Saved { batch });
    }

    fn give_to_relay(&mut self, line: Line, parcel: Parcel) {
        let Parcel::Text(text) = parcel else { return };
        let said = self.relay.received(line, &text);
        self.post_all(said);
    }

    fn post_all(&mut self, said: Said) {
        for (line, text) in said {
            if text == HANG_UP {
                self.forget_wire(line);
                self.post(Wire::ToNode(line), Parcel::Lost);
                continue;
            }
            self.post(Wire::ToNode(line), Parcel::Text(text.clone()));
            if self.echo {
                self.post(Wire::ToNode(line), Parcel::Text(text));
            }
        }
    }

    /// Tells the relay that a connection is gone.
    fn hang_up(&mut self, line: Line) {
        let said = self.relay.disconnected(line);
        self.post_all(said);
    }

    fn give_to_node(&mut self, line: Line, parcel: Parcel) {
        let (node, link) = line;
        match parcel {
            Parcel::Opened => {
                if matches!(link, LinkId::Relay(_)) {
                    self.relay.connected(line);
                }
                self.step(node, Input::Connected { link });
            }
            Parcel::Text(text) => self.step(node, Input::Received { link, text }),
            Parcel::Pong => self.step(node, Input::Heard { link }),
            Parcel::Lost => {
                let why = "connection refused".to_owned();
                self.step(node, Input::Disconnected { link, why });
            }
            Parcel::Synced => {}
        }
    }

    /// Cuts a device off: whatever is on its wires is gone.
    pub fn cut(&mut self, node: usize) {
        self.nodes[node].cut = true;
        for line in self.lines_of(node) {
            self.forget_wire(line);
            self.hang_up(line);
            if let Some(other) = self.other_end.remove(&line) {
                self.other_end.remove(&other);
                self.forget_wire(other);
                self.post(Wire::ToNode(other), Parcel::Lost);
            }
            let why = "connection reset".to_owned();
            self.step(node, Input::Disconnected { link: line.1, why });
        }
    }

    fn lines_of(&self, node: usize) -> Vec<Line> {
        let status_links = (1..=200).map(LinkId::Relay);
        let peers = self
            .other_end
            .keys()
            .filter(|(owner, _)| *owner == node)
            .copied();
        status_links.map(|link| (node, link)).chain(peers).collect()
    }

    pub fn heal(&mut self, node: usize) {
        self.nodes[node].cut = false;
        self.ask(node, Ask::StayConnected(true));
    }

    /// Kills a process and starts it again: what was not synced is gone.
    pub fn crash(&mut self, node: usize) {
        let cut = self.nodes[node].cut;
        for line in self.lines_of(node) {
            self.forget_wire(line);
            self.hang_up(line);
            if let Some(other) = self.other_end.remove(&line) {
                self.other_end.remove(&other);
                self.post(Wire::ToNode(other), Parcel::Lost);
            }
        }
        self.wires.remove(&Wire::Disk(node));
        let client = self.fresh_client();
        let device = &mut self.nodes[node];
        device.client = client;
        device.saving = None;
        device.cut = cut;
        let records = device.journal.clone();
        self.step(node, Input::Opened { records });
    }

    /// Lets the relay lose its connections, as when it is killed.
    pub fn drop_all_lines(&mut self) {
        for node in 0..self.nodes.len() {
            if !self.nodes[node].cut {
                self.cut(node);
                self.nodes[node].cut = false;
            }
        }
    }

    pub fn advance(&mut self, ms: u64) {
        self.now.moment = self.now.moment.after_ms(ms);
        let said = self.relay.pass(ms);
        self.post_all(said);
        for node in 0..self.nodes.len() {
            self.step(node, Input::Tick);
        }
    }

    /// Delivers everything, and lets time pass from one wake-up to the next for two minutes at most.
    pub fn settle(&mut self) {
        let end = self.now.moment.after_ms(120_000);
        loop {
            let mut turn = 0;
            while self.deliver(turn) {
                turn += 1;
                assert!(turn < 200_000, "the world never becomes quiet");
            }
            let quiet = (0..self.nodes.len()).all(|node| self.is_content(node));
            let wakeups = self
                .nodes
                .iter()
                .filter_map(|node| node.client.next_wakeup());
            match wakeups.min() {
                Some(at) if !quiet && at <= end => {
                    let ms = at.ms_since(self.now.moment).max(1);
                    self.advance(ms);
                }
                Some(_) | None => return,
            }
        }
    }

    fn is_content(&self, node: usize) -> bool {
        let status = self.status(node);
        status.in_sync || status.meet_id.is_none()
    }

    /// Checks what must hold in the calm: everyone is in sync, has the same meet, and nothing promised is lost.
    pub fn agree(&mut self) {
        let heads = self.relay.heads();
        for node in 0..self.nodes.len() {
            let status = self.status(node);
            assert!(status.in_sync, "node {node} is not in sync: {status:?}");
            assert!(!status.need_resync);
            assert_eq!(
                self.meet(node).heads(),
                heads,
                "node {node} shows something else"
            );
            let promised = self.nodes[node].promised.clone();
            for hash in promised {
                assert!(
                    self.relay.hashes().contains(&hash),
                    "the edit {hash} of node {node} was lost"
                );
            }
        }
    }

    pub fn changes(&mut self, node: usize) -> Vec<Change> {
        self.meet(node).changes().collect()
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

pub fn location(name: &str) -> LocationName {
    LocationName::parse(name).unwrap()
}

pub fn password() -> Password {
    Password::parse("correct horse").unwrap()
}
