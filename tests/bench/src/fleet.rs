//! Many meets at once on one server: in each, three clients take turns to edit at a pace, and every acknowledgement and
//! delivery is timed. The same for a relay and for the bare broadcast.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::SinkExt as _;
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_local};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::clock::{now, pause_until};
use crate::history::ok;
use crate::mint::Minted;
use crate::wire::{Ear, Mouth, Wire, next_text};

/// Clients of each meet.
pub(crate) const CLIENTS: usize = 3;
/// How long the last deliveries may take.
const GIVE_UP: Duration = Duration::from_secs(30);

/// Meets with their connected clients. The connections end with this value.
pub(crate) struct Fleet {
    meets: Vec<MeetLoad>,
    tally: Rc<Tally>,
    tasks: Vec<JoinHandle<()>>,
}

/// The writing ends of one meet's clients, and when each text was sent.
struct MeetLoad {
    mouths: Vec<Mouth>,
    pulse: Rc<Pulse>,
    texts: Rc<[Utf8Bytes]>,
}

#[derive(Default)]
struct Pulse {
    sent: RefCell<Vec<Instant>>,
}

/// What has come of all that was sent.
#[derive(Default)]
struct Tally {
    outstanding: Cell<usize>,
    acknowledged: RefCell<Vec<Duration>>,
    delivered: RefCell<Vec<Duration>>,
    news: Notify,
}

/// What a run of a fleet has measured.
pub(crate) struct Voyage {
    pub(crate) acknowledged: Vec<Duration>,
    pub(crate) delivered: Vec<Duration>,
    /// Acknowledgements and deliveries that did not come.
    pub(crate) missing: usize,
}

impl Fleet {
    /// Has three clients return to each meet. `first` is the position of the first text in its log.
    pub(crate) async fn at_relay(
        address: SocketAddr,
        meets: &[Minted],
        texts: &Rc<[Utf8Bytes]>,
        first: usize,
    ) -> Self {
        let mut fleet = Self::empty();
        for meet in meets {
            let mut wires = Vec::new();
            for session in 0..CLIENTS {
                wires.push(Wire::join(address, meet, session).await);
            }
            fleet.launch(wires, Rc::clone(texts), Numbers::Relay { first });
        }
        fleet
    }

    /// Has three clients enter each room of the bare broadcast.
    pub(crate) async fn at_broadcast(
        address: SocketAddr,
        rooms: usize,
        texts: &Rc<[Utf8Bytes]>,
    ) -> Self {
        let mut fleet = Self::empty();
        for room in 0..rooms {
            let mut wires = Vec::new();
            for _ in 0..CLIENTS {
                wires.push(Wire::open(address, &format!("/{room}")).await);
            }
            fleet.launch(wires, Rc::clone(texts), Numbers::Broadcast);
        }
        fleet
    }

    fn empty() -> Self {
        Self {
            meets: Vec::new(),
            tally: Rc::default(),
            tasks: Vec::new(),
        }
    }

    fn launch(&mut self, wires: Vec<Wire>, texts: Rc<[Utf8Bytes]>, numbers: Numbers) {
        let pulse = Rc::new(Pulse::default());
        let mut mouths = Vec::new();
        for (client, wire) in wires.into_iter().enumerate() {
            mouths.push(wire.mouth);
            let (pulse, tally) = (Rc::clone(&pulse), Rc::clone(&self.tally));
            let hearing = hear(wire.ear, client, numbers, pulse, tally);
            self.tasks.push(spawn_local(hearing));
        }
        self.meets.push(MeetLoad {
            mouths,
            pulse,
            texts,
        });
    }

    /// Plays so many edits in every meet at this pace, the meets evenly spread over it, and waits for all that is due.
    pub(crate) async fn sail(&mut self, edits: usize, pace: Duration) -> Voyage {
        self.tally.acknowledged.take();
        self.tally.delivered.take();
        let due = self.meets.len() * edits * CLIENTS;
        self.tally.outstanding.set(due);
        let begin = now() + Duration::from_millis(50);
        let count = self.meets.len() as u32;
        let plays = self.meets.iter_mut().enumerate().map(|(number, meet)| {
            let begin = begin + pace * number as u32 / count;
            meet.play(edits, begin, pace)
        });
        join_all(plays).await;
        let tally = &self.tally;
        let all_in = async {
            while tally.outstanding.get() > 0 {
                tally.news.notified().await;
            }
        };
        let _ = tokio::time::timeout(GIVE_UP, all_in).await;
        Voyage {
            acknowledged: tally.acknowledged.take(),
            delivered: tally.delivered.take(),
            missing: tally.outstanding.get(),
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl MeetLoad {
    async fn play(&mut self, edits: usize, begin: Instant, pace: Duration) {
        for edit in 0..edits {
            pause_until(begin + pace * edit as u32).await;
            let number = self.pulse.sent.borrow().len();
            let text = self.texts[number].clone();
            self.pulse.sent.borrow_mut().push(now());
            let mouth = &mut self.mouths[number % CLIENTS];
            ok(mouth.send(Message::Text(text)).await);
        }
    }
}

/// How a frame says which texts it stands for.
#[derive(Clone, Copy)]
enum Numbers {
    /// An acknowledgement by the sender's number, a relayed change by its position.
    Relay { first: usize },
    /// The text itself, which holds its number.
    Broadcast,
}

async fn hear(mut ear: Ear, client: usize, numbers: Numbers, pulse: Rc<Pulse>, tally: Rc<Tally>) {
    while let Some(text) = next_text(&mut ear).await {
        let at = now();
        let is_relayed = text.contains("\"UPDATE_RELAY\"");
        let (key, first) = match numbers {
            Numbers::Relay { first } if is_relayed => ("\"serverSeqNum\":", first),
            Numbers::Relay { .. } | Numbers::Broadcast => ("\"localSeqNum\":", 0),
        };
        for number in numbers_behind(&text, key) {
            let Some(&sent) = pulse.sent.borrow().get(number.wrapping_sub(first)) else {
                continue;
            };
            let own = (number - first) % CLIENTS == client;
            let times = if own {
                &tally.acknowledged
            } else {
                &tally.delivered
            };
            times.borrow_mut().push(at - sent);
            tally
                .outstanding
                .set(tally.outstanding.get().saturating_sub(1));
            if tally.outstanding.get() == 0 {
                tally.news.notify_one();
            }
        }
    }
}

/// The numbers that follow a key in a JSON text.
fn numbers_behind<'text>(text: &'text str, key: &'text str) -> impl Iterator<Item = usize> + 'text {
    text.match_indices(key).filter_map(move |(at, _)| {
        let rest = &text[at + key.len()..];
        let end = rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    })
}
