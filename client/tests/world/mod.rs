//! A world in one thread: real clients, a relay, disks that forget what was not synced, and wires that can be
//! cut. Whoever drives it decides what is delivered next; nothing happens by itself.

mod calm;
mod mishaps;
mod shell;
pub mod trouble;

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;
use spotter_client::{
    Answer, Ask, BatchId, Client, Config, EditAsk, GoLive, Input, Join, LinkId, Moment, News, Now,
    Record, RequestId, Status, WallTime,
};
use spotter_model::{Change, ChangeHash, Edit, LocationName, Meet, Path, Priority, Seen};
use spotter_relay_protocol::{Frame, Password};

/// The relay of a world: a model of one, or the machine itself in a shell of a few lines.
pub trait RelaySide {
    fn new() -> Self;
    fn connected(&mut self, line: Line);
    fn received(&mut self, line: Line, frame: &Frame) -> Said;
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
pub type Said = Vec<(Line, Frame)>;

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
    Message(Frame),
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

    pub(super) fn fresh_client(&mut self) -> Client {
        self.starts += 1;
        Client::new(
            &Config {
                stay_connected: true,
                // Every third run of a client speaks as the simplest do.
                plain: self.starts.is_multiple_of(3),
                unwatched: false,
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
