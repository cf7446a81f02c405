//! One writer and its readers on one server: sends prepared texts at a pace or so many at once, and notes when each was
//! acknowledged, shown, and read by the last. The same for a relay and for the bare broadcast, so that the difference
//! between two crowds is the difference between their servers.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::SinkExt as _;
use serde_json::Value;
use spotter_model::{Change, Document, RegisterId};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_local};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::clock::{now, pause_until};
use crate::history::ok;
use crate::mint::Minted;
use crate::wire::{Ear, Mouth, Wire, next_text};

/// How long a delivery may take before the measurement is given up.
const GIVE_UP: Duration = Duration::from_secs(60);

/// What to send, in order.
pub(crate) type Texts = Rc<[Utf8Bytes]>;

/// A replica that reads: what it holds at the beginning, and the register that it draws.
#[derive(Clone)]
pub(crate) struct Screen {
    pub(crate) base: Rc<[Change]>,
    pub(crate) register: RegisterId,
}

/// A writer and its readers. The connections end with this value.
pub(crate) struct Crowd {
    writer: Mouth,
    board: Rc<Board>,
    texts: Texts,
    tasks: Vec<JoinHandle<()>>,
}

/// What happened to every text, by its number.
struct Board {
    readers: usize,
    edits: RefCell<Vec<Edit>>,
    news: Notify,
}

#[derive(Clone, Copy)]
struct Edit {
    sent: Instant,
    acknowledged: Option<Instant>,
    shown: Option<Instant>,
    arrivals: usize,
    last: Instant,
}

/// How long each text of one run took.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) acknowledged: Vec<Duration>,
    pub(crate) shown: Vec<Duration>,
    pub(crate) last: Vec<Duration>,
}

impl Crowd {
    /// Joins a meet as so many readers and a writer.
    pub(crate) async fn at_relay(
        address: SocketAddr,
        meet: &Minted,
        readers: usize,
        texts: Texts,
        screen: Option<Screen>,
    ) -> Self {
        let mut wires = Vec::new();
        for session in 0..=readers {
            wires.push(Wire::join(address, meet, session).await);
        }
        Self::of(wires, texts, Counting::Changes, screen)
    }

    /// Enters a room of the bare broadcast.
    pub(crate) async fn at_broadcast(address: SocketAddr, readers: usize, texts: Texts) -> Self {
        let mut wires = Vec::new();
        for _ in 0..=readers {
            wires.push(Wire::open(address, "/room").await);
        }
        Self::of(wires, texts, Counting::Frames, None)
    }

    fn of(wires: Vec<Wire>, texts: Texts, counting: Counting, screen: Option<Screen>) -> Self {
        let mut wires = wires.into_iter();
        let Some(first) = wires.next() else {
            unreachable!("a crowd has a writer")
        };
        let readers = wires.len();
        let board = Rc::new(Board {
            readers,
            edits: RefCell::default(),
            news: Notify::new(),
        });
        let mut tasks = vec![spawn_local(hear_acks(
            first.ear,
            Rc::clone(&board),
            counting,
        ))];
        for (number, wire) in wires.enumerate() {
            let board = Rc::clone(&board);
            // The screen is neither the first nor the last to be sent to.
            let place = match (number == readers / 2, &screen) {
                (true, Some(screen)) => Place::Screen(Replica::of(screen)),
                (true, None) => Place::BareScreen,
                (false, _) => Place::Crowd,
            };
            tasks.push(spawn_local(read(wire.ear, board, counting, place)));
        }
        Self {
            writer: first.mouth,
            board,
            texts,
            tasks,
        }
    }

    /// Sends the next texts at a pace and waits until everybody has them.
    pub(crate) async fn play(&mut self, count: usize, pace: Duration) -> Times {
        let (first, begin) = (self.sent(), now());
        for number in 0..count {
            pause_until(begin + pace * number as u32).await;
            self.feed().await;
            ok(self.writer.flush().await);
        }
        self.times_since(first).await
    }

    /// Sends the next texts with so many unacknowledged at any time, and waits until everybody has them.
    pub(crate) async fn press(&mut self, count: usize, in_flight: usize) -> Times {
        let first = self.sent();
        while self.sent() < first + count {
            let free = in_flight - (self.sent() - self.board.acknowledged());
            if free == 0 {
                self.board.news.notified().await;
                continue;
            }
            for _ in 0..free.min(first + count - self.sent()) {
                self.feed().await;
            }
            ok(self.writer.flush().await);
        }
        self.times_since(first).await
    }

    fn sent(&self) -> usize {
        self.board.edits.borrow().len()
    }

    async fn feed(&mut self) {
        let text = self.texts[self.sent() % self.texts.len()].clone();
        self.board.send();
        ok(self.writer.feed(Message::Text(text)).await);
    }

    async fn times_since(&self, first: usize) -> Times {
        let done = async {
            while !self.board.is_done() {
                self.board.news.notified().await;
            }
        };
        let in_time = tokio::time::timeout(GIVE_UP, done).await;
        assert!(in_time.is_ok(), "a text was not delivered within a minute");
        let edits = self.board.edits.borrow();
        let mut times = Times::default();
        for edit in &edits[first..] {
            let since = |moment: Option<Instant>| moment.map(|moment| moment - edit.sent);
            times.acknowledged.extend(since(edit.acknowledged));
            times.shown.extend(since(edit.shown));
            times.last.push(edit.last - edit.sent);
        }
        times
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Board {
    fn send(&self) {
        let sent = now();
        self.edits.borrow_mut().push(Edit {
            sent,
            acknowledged: None,
            shown: None,
            arrivals: 0,
            last: sent,
        });
    }

    fn acknowledged(&self) -> usize {
        self.edits
            .borrow()
            .partition_point(|edit| edit.acknowledged.is_some())
    }

    fn is_done(&self) -> bool {
        let edits = self.edits.borrow();
        edits
            .iter()
            .rev()
            .all(|edit| edit.acknowledged.is_some() && edit.arrivals == self.readers)
    }

    /// Notes something about a text and wakes the writer if that may matter to it.
    fn note(&self, number: usize, note: impl FnOnce(&mut Edit)) {
        let mut edits = self.edits.borrow_mut();
        let Some(edit) = edits.get_mut(number) else {
            return;
        };
        note(edit);
        if edit.acknowledged.is_some() {
            self.news.notify_one();
        }
    }
}

/// What one frame stands for.
#[derive(Clone, Copy)]
enum Counting {
    /// As many texts as it names changes; the relay may put several into a message.
    Changes,
    /// One text.
    Frames,
}

impl Counting {
    fn count(self, text: &str, each: &str) -> usize {
        match self {
            Self::Changes => text.matches(each).count(),
            Self::Frames => 1,
        }
    }
}

async fn hear_acks(mut ear: Ear, board: Rc<Board>, counting: Counting) {
    let mut heard = 0;
    while let Some(text) = next_text(&mut ear).await {
        let at = now();
        assert!(
            !text.contains("UPDATE_REJECTED"),
            "a prepared change is refused: {text}"
        );
        for _ in 0..counting.count(&text, "\"localSeqNum\":") {
            board.note(heard, |edit| edit.acknowledged = Some(at));
            heard += 1;
        }
    }
}

/// Who reads.
enum Place {
    Crowd,
    /// Where the screen stands, at a server whose texts mean nothing.
    BareScreen,
    Screen(Box<Replica>),
}

async fn read(mut ear: Ear, board: Rc<Board>, counting: Counting, mut place: Place) {
    let mut heard = 0;
    while let Some(text) = next_text(&mut ear).await {
        let at = now();
        let count = counting.count(&text, "\"change\":\"");
        let shown = match &mut place {
            Place::Crowd => None,
            Place::BareScreen => Some(at),
            Place::Screen(replica) => replica.take_in(&text),
        };
        for _ in 0..count {
            board.note(heard, |edit| {
                edit.arrivals += 1;
                edit.last = edit.last.max(at);
                edit.shown = edit.shown.or(shown);
            });
            heard += 1;
        }
    }
}

struct Replica {
    document: Document,
    register: RegisterId,
}

impl Replica {
    fn of(screen: &Screen) -> Box<Self> {
        let mut document = Document::new(screen.base[0].hash());
        document.receive(&screen.base);
        document.value(&screen.register);
        Box::new(Self {
            document,
            register: screen.register.clone(),
        })
    }

    /// Admits what arrives and reads the value to draw; says when that was done.
    fn take_in(&mut self, text: &str) -> Option<Instant> {
        let message: Value = ok(serde_json::from_str(text));
        let updates = message["updatesRelayed"].as_array()?;
        for update in updates {
            let bytes = ok(STANDARD.decode(update["change"].as_str().unwrap_or_default()));
            let received = self.document.receive(&[ok(Change::decode(&bytes))]);
            assert!(received.verdicts[0].is_ok());
        }
        assert!(self.document.value(&self.register).is_some());
        Some(now())
    }
}
