//! Everything that can happen to a feed and one reader of it, in every order in which it can happen.
//!
//! What can happen: the meet changes; the server answers a request, or answers it with what it knew a moment ago; the
//! answer arrives; a socket is opened; a message arrives, in the order of sending; the server sends a sign of life; the
//! server restarts, knowing what it knew or less than that, and whatever it had sent arrives up to any point. At every
//! point the reader must show exactly what the server once showed under the revision that the reader stored; and when
//! nothing more can happen, what the server shows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;
use spotter_display::{Epoch, Feed, Link, Rule, View};

use crate::readers::{CheckReader, OverlapReader, Shown, Wants, board, number, snapshot};

/// How much can happen.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    updates: usize,
    restarts: usize,
    stale_answers: usize,
    signs_of_life: usize,
    overlap_max: usize,
    /// By how much the clock has gone on between two runs.
    between_runs: i64,
}

#[derive(Clone, Debug)]
enum Reader {
    Overlap(OverlapReader),
    Check(CheckReader, Wants),
}

#[derive(Clone, Debug)]
enum Request {
    None,
    Asked,
    Answered(Value),
}

#[derive(Clone, Debug)]
enum Socket {
    Closed,
    Open {
        link: Link,
        up: VecDeque<String>,
        down: VecDeque<Arc<str>>,
    },
    /// The server is gone; what it had sent may still arrive.
    Cut {
        down: VecDeque<Arc<str>>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Update,
    Answer,
    AnswerStale,
    AnswerArrives,
    Connect,
    HearReader,
    MessageArrives,
    SignOfLife,
    Restart { forgets: bool },
    CutIsNoticed,
}

const EVENTS: &[Event] = &[
    Event::Update,
    Event::Answer,
    Event::AnswerStale,
    Event::AnswerArrives,
    Event::Connect,
    Event::HearReader,
    Event::MessageArrives,
    Event::SignOfLife,
    Event::Restart { forgets: false },
    Event::Restart { forgets: true },
    Event::CutIsNoticed,
];

#[derive(Clone, Debug)]
struct World {
    left: Bounds,
    updated: usize,
    feed: Feed,
    earlier: Option<Value>,
    /// What the server showed, by epoch and revision.
    history: BTreeMap<(u64, u64), Shown>,
    reader: Reader,
    request: Request,
    socket: Socket,
}

/// What the meet comes to, update by update: a lifter changes, one comes, one goes, and all at once.
fn script(step: usize) -> View {
    match step {
        0 => board(&[Some(1), Some(2), None]),
        1 => board(&[Some(4), Some(2), None]),
        2 => board(&[Some(4), Some(2), Some(3)]),
        3 => board(&[None, Some(5), Some(3)]),
        _ => board(&[Some(7), None, Some(8)]),
    }
}

impl World {
    fn new(rule: Rule, knows_epochs: bool, bounds: Bounds) -> Self {
        let feed = Feed::begin(Epoch::at(1_000), bounds.overlap_max, script(0), 0);
        let mut world = Self {
            left: bounds,
            updated: 0,
            feed,
            earlier: None,
            history: BTreeMap::new(),
            reader: match rule {
                Rule::Overlap => Reader::Overlap(OverlapReader::new(knows_epochs)),
                Rule::VersionCheck => Reader::Check(CheckReader::new(), Wants::Snapshot),
            },
            request: Request::Asked,
            socket: Socket::Closed,
        };
        world.remember();
        world
    }

    fn remember(&mut self) {
        let now = snapshot(&self.feed);
        let name = (number(&now, "epoch"), number(&now, "revision"));
        let before = self.history.insert(name, Shown::of_snapshot(&now));
        assert_eq!(before, None, "one revision, two views");
    }

    /// Lets something happen, if it can.
    fn happen(&mut self, event: Event) -> bool {
        match event {
            Event::Update => self.update(),
            Event::Answer => self.answer(Some(snapshot(&self.feed))),
            Event::AnswerStale => {
                let stale = self.earlier.clone();
                let can = self.left.stale_answers > 0 && self.answer(stale);
                self.left.stale_answers -= usize::from(can);
                can
            }
            Event::AnswerArrives => self.answer_arrives(),
            Event::Connect => self.connect(),
            Event::HearReader => self.hear_reader(),
            Event::MessageArrives => self.message_arrives(),
            Event::SignOfLife => self.sign_of_life(),
            Event::Restart { forgets } => self.restart(forgets),
            Event::CutIsNoticed => self.cut_is_noticed(),
        }
    }

    fn update(&mut self) -> bool {
        if self.left.updates == 0 {
            return false;
        }
        self.left.updates -= 1;
        self.updated += 1;
        self.earlier = Some(snapshot(&self.feed));
        let update = self.feed.show(script(self.updated), 1).unwrap();
        self.remember();
        if let Socket::Open { link, down, .. } = &mut self.socket {
            down.extend(link.update(&update));
        }
        true
    }

    fn answer(&mut self, with: Option<Value>) -> bool {
        match (&self.request, with) {
            (Request::Asked, Some(answer)) => {
                self.request = Request::Answered(answer);
                true
            }
            (Request::Asked | Request::Answered(_) | Request::None, _) => false,
        }
    }

    fn answer_arrives(&mut self) -> bool {
        let Request::Answered(answer) = self.request.clone() else {
            return false;
        };
        self.request = Request::None;
        match &mut self.reader {
            Reader::Overlap(reader) => reader.snapshot(&answer),
            Reader::Check(reader, wants) => {
                reader.snapshot(&answer);
                *wants = Wants::Socket;
            }
        }
        true
    }

    fn connect(&mut self) -> bool {
        if !matches!(self.socket, Socket::Closed) || self.wants() != Wants::Socket {
            return false;
        }
        let (rule, up) = match &mut self.reader {
            Reader::Overlap(reader) => {
                reader.connected();
                (Rule::Overlap, VecDeque::new())
            }
            Reader::Check(reader, wants) => {
                *wants = Wants::Messages;
                (Rule::VersionCheck, VecDeque::from([reader.greeting()]))
            }
        };
        let link = Link::new(rule);
        let down = link.opening(&self.feed).into();
        self.socket = Socket::Open { link, up, down };
        true
    }

    fn hear_reader(&mut self) -> bool {
        let Socket::Open { link, up, down } = &mut self.socket else {
            return false;
        };
        let Some(said) = up.pop_front() else {
            return false;
        };
        down.extend(link.heard(&self.feed, &said).unwrap());
        true
    }

    fn message_arrives(&mut self) -> bool {
        let (Socket::Open { down, .. } | Socket::Cut { down }) = &mut self.socket else {
            return false;
        };
        let Some(message) = down.pop_front() else {
            return false;
        };
        match &mut self.reader {
            Reader::Overlap(reader) => reader.message(&message),
            Reader::Check(reader, _) => reader.message(&message),
        }
        // Starting over closes the socket.
        if self.wants() == Wants::Snapshot {
            self.socket = Socket::Closed;
            self.request = Request::Asked;
        }
        true
    }

    fn sign_of_life(&mut self) -> bool {
        let Socket::Open { link, down, .. } = &mut self.socket else {
            return false;
        };
        if self.left.signs_of_life == 0 {
            return false;
        }
        self.left.signs_of_life -= 1;
        down.extend(link.sign_of_life(&self.feed));
        true
    }

    fn restart(&mut self, forgets: bool) -> bool {
        if self.left.restarts == 0 || (forgets && self.updated == 0) {
            return false;
        }
        self.left.restarts -= 1;
        if forgets {
            self.updated -= 1;
            self.left.updates += 1;
        }
        let first = number(&snapshot(&self.feed), "epoch");
        let first = first.checked_add_signed(self.left.between_runs).unwrap();
        let view = script(self.updated);
        self.feed = Feed::begin(Epoch::at(first), self.left.overlap_max, view, 2);
        self.earlier = None;
        self.remember();
        self.socket = match std::mem::replace(&mut self.socket, Socket::Closed) {
            Socket::Open { down, .. } | Socket::Cut { down } => Socket::Cut { down },
            Socket::Closed => Socket::Closed,
        };
        true
    }

    /// The socket is opened anew; what had been sent and has not arrived is lost.
    fn cut_is_noticed(&mut self) -> bool {
        if !matches!(self.socket, Socket::Cut { .. }) {
            return false;
        }
        self.socket = Socket::Closed;
        match &mut self.reader {
            Reader::Overlap(reader) => reader.lost_socket(),
            Reader::Check(_, wants) => *wants = Wants::Socket,
        }
        true
    }

    fn wants(&self) -> Wants {
        match &self.reader {
            Reader::Overlap(reader) => reader.wants,
            Reader::Check(_, wants) => *wants,
        }
    }

    /// What the reader shows is what the server once showed under that revision.
    fn reader_is_honest(&self) -> Result<(), String> {
        let (shown, known) = match &self.reader {
            Reader::Overlap(reader) => {
                let Some(stored) = reader.stored else {
                    return Ok(());
                };
                (&reader.shown, self.history.get(&stored))
            }
            Reader::Check(reader, _) => {
                let Some(version) = reader.version else {
                    return Ok(());
                };
                let mut known = self.history.iter();
                let known = known.find(|((_, revision), _)| *revision == version);
                (&reader.shown, known.map(|(_, shown)| shown))
            }
        };
        if known == Some(shown) {
            Ok(())
        } else {
            Err(format!("a wrong row: {shown:?} instead of {known:?}"))
        }
    }

    /// What the reader shows is what the server shows.
    fn reader_is_in_step(&self) -> Result<(), String> {
        let now = Shown::of_snapshot(&snapshot(&self.feed));
        let shown = match &self.reader {
            Reader::Overlap(reader) => &reader.shown,
            Reader::Check(reader, _) => &reader.shown,
        };
        if *shown == now {
            Ok(())
        } else {
            Err(format!("stale unnoticed: {shown:?} instead of {now:?}"))
        }
    }
}

/// Goes through all orders, and returns how many points were looked at, or the events that led to trouble.
fn explore(world: &World) -> Result<usize, String> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![(world.clone(), Vec::new())];
    while let Some((world, path)) = paths.pop() {
        if !seen.insert(format!("{world:?}")) {
            continue;
        }
        world
            .reader_is_honest()
            .map_err(|why| format!("{why}\nafter {path:?}"))?;
        let mut is_at_rest = true;
        for event in EVENTS {
            let mut next = world.clone();
            if next.happen(*event) {
                is_at_rest &= matches!(event, Event::SignOfLife);
                let mut path = path.clone();
                path.push(*event);
                paths.push((next, path));
            }
        }
        if is_at_rest {
            world
                .reader_is_in_step()
                .map_err(|why| format!("{why}\nafter {path:?}"))?;
        }
    }
    Ok(seen.len())
}

fn bounds(overlap_max: usize, between_runs: i64) -> Bounds {
    Bounds {
        updates: 3,
        restarts: 1,
        stale_answers: 1,
        signs_of_life: 1,
        overlap_max,
        between_runs,
    }
}

#[test]
fn a_reader_of_the_overlap_rule_is_never_wrong_and_never_stale_unnoticed() {
    for overlap_max in [1, 2, 10] {
        for knows_epochs in [false, true] {
            let world = World::new(Rule::Overlap, knows_epochs, bounds(overlap_max, 1_000));
            let points = explore(&world).unwrap();
            assert!(points > 1_000, "only {points} points");
        }
    }
}

#[test]
fn two_restarts_do_no_more_harm_than_one() {
    for rule in [Rule::Overlap, Rule::VersionCheck] {
        let bounds = Bounds {
            updates: 2,
            restarts: 2,
            signs_of_life: 0,
            ..bounds(1, 1_000)
        };
        explore(&World::new(rule, false, bounds)).unwrap();
    }
}

#[test]
fn a_reader_that_knows_epochs_bears_clocks_that_are_set_back() {
    for overlap_max in [1, 10] {
        explore(&World::new(Rule::Overlap, true, bounds(overlap_max, -500))).unwrap();
    }
}

#[test]
fn a_reader_that_does_not_is_caught_stale_then_which_shows_that_this_looks() {
    let found = explore(&World::new(Rule::Overlap, false, bounds(10, -500))).unwrap_err();
    assert!(found.starts_with("stale unnoticed"), "{found}");
}

#[test]
fn runs_that_go_on_counting_without_a_gap_are_caught_too() {
    // The next run begins where a reader expects the next update of the last one.
    let bounds = Bounds {
        stale_answers: 0,
        ..bounds(10, 1)
    };
    explore(&World::new(Rule::Overlap, false, bounds)).unwrap_err();
}

#[test]
fn a_reader_of_the_version_check_is_never_wrong_and_never_stale_unnoticed() {
    for between_runs in [1_000, -500] {
        let world = World::new(Rule::VersionCheck, false, bounds(10, between_runs));
        let points = explore(&world).unwrap();
        assert!(points > 1_000, "only {points} points");
    }
}
