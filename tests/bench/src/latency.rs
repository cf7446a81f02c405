//! From an edit on one device to its acknowledgement and to the screen of another, and the processor time of the relay
//! for it, beside a bare sync and a bare broadcast. The three take turns, so that noise hits them alike.

use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use spotter_model::{Change, ObjectId, RegisterId};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::clock::{median, micros, millis, now, pause, pause_until};
use crate::crowd::{Crowd, Screen, Texts, Times};
use crate::history::{History, ok};
use crate::host::disk_folder;
use crate::mint::Place;
use crate::report::{Bar, Report, Spread};
use crate::run_local;
use crate::servers::Server;

/// 50 edits a second.
const PACE: Duration = Duration::from_millis(20);
/// As long as a relayed change of this workload.
const FRAME_BYTES: usize = 330;

/// A relay and a bare broadcast with the same crowd, and a file to sync.
struct Contest {
    relay: Server,
    at_relay: Crowd,
    broadcast: Server,
    at_broadcast: Crowd,
    file: std::fs::File,
    _folder: tempfile::TempDir,
    _place: Place,
}

/// Picks one list of times.
type Kind = fn(&Times) -> &Vec<Duration>;

/// What a few rounds have measured, one value or list of values for each round.
#[derive(Default)]
struct Rounds {
    syncs: Vec<Vec<Duration>>,
    relay: Vec<(Times, Duration)>,
    broadcast: Vec<(Times, Duration)>,
}

impl Contest {
    async fn begin(readers: usize, edits: usize) -> Self {
        let (base, changes) = prepare(edits);
        let place = Place::with_meets(1, readers + 1, &base);
        let relay = Server::relay(place.path(), &[]);
        let screen = Screen {
            base: base.into(),
            register: RegisterId {
                object: ObjectId::Root,
                key: "title".to_owned(),
            },
        };
        let texts = changes.iter().enumerate().map(update).collect();
        let meet = &place.meets[0];
        let at_relay = Crowd::at_relay(relay.address, meet, readers, texts, Some(screen)).await;
        let broadcast = Server::broadcast();
        let frame: Texts = Rc::new([Utf8Bytes::from("x".repeat(FRAME_BYTES))]);
        let at_broadcast = Crowd::at_broadcast(broadcast.address, readers, frame).await;
        let folder = disk_folder();
        Self {
            file: ok(std::fs::File::create(folder.path().join("bare"))),
            relay,
            at_relay,
            broadcast,
            at_broadcast,
            _folder: folder,
            _place: place,
        }
    }

    /// Both play so many edits at a pace; before, each plays a few to warm up.
    async fn paced(&mut self, rounds: usize, edits: usize) -> Rounds {
        self.at_relay.play(20, PACE).await;
        self.at_broadcast.play(20, PACE).await;
        let mut measured = Rounds::default();
        for _ in 0..rounds {
            measured.syncs.push(self.bare_syncs(edits / 2).await);
            let before = self.relay.cpu();
            let times = self.at_relay.play(edits, PACE).await;
            measured
                .relay
                .push((times, self.relay.cpu().saturating_sub(before)));
            let before = self.broadcast.cpu();
            let times = self.at_broadcast.play(edits, PACE).await;
            measured
                .broadcast
                .push((times, self.broadcast.cpu().saturating_sub(before)));
        }
        measured
    }

    /// Both play so many edits as fast as they are acknowledged.
    async fn pressed(&mut self, rounds: usize, edits: usize, in_flight: usize) -> Rounds {
        self.at_relay.press(edits / 4, in_flight).await;
        self.at_broadcast.press(edits / 4, in_flight).await;
        let mut measured = Rounds::default();
        for _ in 0..rounds {
            let before = self.relay.cpu();
            let times = self.at_relay.press(edits, in_flight).await;
            measured
                .relay
                .push((times, self.relay.cpu().saturating_sub(before)));
            let before = self.broadcast.cpu();
            let times = self.at_broadcast.press(edits, in_flight).await;
            measured
                .broadcast
                .push((times, self.broadcast.cpu().saturating_sub(before)));
            // The relay lets one connection send 5,000 messages a second in the long run.
            pause(Duration::from_millis(200)).await;
        }
        measured
    }

    async fn bare_syncs(&mut self, count: usize) -> Vec<Duration> {
        let begin = now();
        let mut times = Vec::new();
        for number in 0..count {
            pause_until(begin + PACE * number as u32).await;
            let start = now();
            ok(self.file.write_all(&[b'x'; 250]));
            ok(self.file.sync_data());
            times.push(start.elapsed());
        }
        times
    }
}

/// At 50 edits a second, with few and many readers.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let (rounds, edits) = if long { (6, 150) } else { (3, 100) };
    for readers in [10, 200] {
        let measured = run_local(async {
            let mut contest = Contest::begin(readers, rounds * edits + 20).await;
            contest.paced(rounds, edits).await
        });
        tell_waiting(report, readers, &measured);
        tell_cpu(report, readers, edits, &measured);
    }
}

fn tell_waiting(report: &mut Report, readers: usize, measured: &Rounds) {
    let of = |rounds: &[(Times, Duration)], kind: Kind| {
        Spread::of(rounds.iter().map(|(times, _)| millis(median(kind(times)))))
    };
    let sync = Spread::of(measured.syncs.iter().map(|times| millis(median(times))));
    let what = format!("append 250 bytes and sync, beside {readers} readers, median");
    report.spread("latency", what, (sync, "ms"), None, Bar::None);
    let kinds: [(&str, Kind, Bar); 3] = [
        ("to acknowledgement", |times| &times.acknowledged, Bar::None),
        ("to the screen", |times| &times.shown, Bar::Ratio(1.5)),
        ("to the last reader", |times| &times.last, Bar::Ratio(1.5)),
    ];
    for (name, kind, bar) in kinds {
        let reference = sync.middle + of(&measured.broadcast, kind).middle;
        let reference = Some(("one sync and one bare broadcast, ms", reference));
        let what = format!("edit {name}, {readers} readers, median");
        report.spread(
            "latency",
            what,
            (of(&measured.relay, kind), "ms"),
            reference,
            bar,
        );
    }
}

fn tell_cpu(report: &mut Report, readers: usize, edits: usize, measured: &Rounds) {
    let each = |rounds: &[(Times, Duration)]| {
        Spread::of(
            rounds
                .iter()
                .map(|(_, cpu)| micros(*cpu) / (edits * readers) as f64),
        )
    };
    let bare = each(&measured.broadcast);
    let what = format!("relay's processor time a delivery, {readers} readers, 50 edits/s");
    let reference = Some(("a bare broadcast, us", bare.middle));
    let bar = if readers == 200 {
        Bar::Ratio(1.3)
    } else {
        Bar::None
    };
    report.spread(
        "latency",
        what,
        (each(&measured.relay), "us"),
        reference,
        bar,
    );
}

/// Processor time of a change when many are under way, and when each waits for the one before.
pub(crate) fn measure_changes(report: &mut Report, long: bool) {
    let rounds = if long { 6 } else { 3 };
    for (readers, in_flight, edits, bar) in [(8, 64, 1_600, 2.0), (1, 1, 200, 8.0)] {
        let measured = run_local(async {
            let mut contest = Contest::begin(readers, rounds * edits + edits).await;
            contest.pressed(rounds, edits, in_flight).await
        });
        let each = |rounds: &[(Times, Duration)]| {
            Spread::of(rounds.iter().map(|(_, cpu)| micros(*cpu) / edits as f64))
        };
        let reference = Some(("a bare broadcast, us", each(&measured.broadcast).middle));
        let what =
            format!("relay's processor time a change, readers {readers}, in flight {in_flight}");
        let value = (each(&measured.relay), "us");
        report.spread("change", what, value, reference, Bar::Ratio(bar));
    }
}

/// A small meet, and edits of it by one location, made before any clock runs.
pub(crate) fn prepare(edits: usize) -> (Vec<Change>, Vec<Change>) {
    let mut history = History::new(10, 1);
    history.title(0);
    let base = history.log.clone();
    (0..edits).for_each(|edit| history.title(edit));
    (base.clone(), history.log.split_off(base.len()))
}

/// `UPDATE_INIT` with one change.
pub(crate) fn update((number, change): (usize, &Change)) -> Utf8Bytes {
    let change = STANDARD.encode(&change.bytes()[..]);
    let updates = json!([{"localSeqNum": number, "change": change}]);
    json!({"msgType": "UPDATE_INIT", "updates": updates})
        .to_string()
        .into()
}
