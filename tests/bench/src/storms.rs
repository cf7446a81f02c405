//! Trouble that one meet or one moment makes, and what the others notice of it: everybody returns at once after a restart,
//! readers that do not read, a meet that floods, and a large meet that is woken.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::iter;
use serde_json::json;
use spotter_model::Change;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::clock::{micros, millis, now, p99, pause};
use crate::crowd::Crowd;
use crate::fleet::{CLIENTS, Fleet};
use crate::history::History;
use crate::latency::{prepare, update};
use crate::mint::Place;
use crate::report::{Bar, Report, Spread};
use crate::run_local;
use crate::servers::Server;
use crate::wire::{Wire, join_message, next_text};

/// Connections that are being made at once; the system drops more than it has room for.
const AT_ONCE: usize = 500;
/// Meets that go on as if nothing were.
const CALM: usize = 50;
const CALM_PACE: Duration = Duration::from_millis(500);
/// What the others may notice of a storm, as of a thousand meets.
const NOTICED: Bar = Bar::Ratio(4.0);
/// What a link that returns may cost the relay's processor, as a change that comes alone.
const RETURNED: Bar = Bar::Ratio(8.0);
/// A flood: so many edits at once, then in each quarter of a second so many more, for as long as the others' voyage. The
/// relay lets a connection send 10,000 messages at once and 5,000 a second.
const FLOOD_AT_ONCE: usize = 9_000;
const FLOOD_LATER: usize = 1_000;
const FLOOD_PACE: Duration = Duration::from_millis(250);
const FLOOD_TIMES: usize = 7;

/// Everything that is a storm.
pub(crate) fn measure(report: &mut Report, long: bool) {
    everybody_returns(report, if long { 1_000 } else { 100 });
    let rounds = if long { 4 } else { 2 };
    slow_readers(report);
    flood(report, rounds);
    wake(report, rounds, if long { 50_000 } else { 5_000 });
}

/// A relay is killed and started again, and all its clients come back at once with token and position.
fn everybody_returns(report: &mut Report, meets: usize) {
    let (base, _) = prepare(0);
    let place = Place::with_meets(meets, CLIENTS, &base);
    let links = meets * CLIENTS;
    let (returned, cpu) = run_local(async {
        let positions = positions(&place).await;
        let relay = Server::relay(place.path(), &[]);
        let begin = now();
        let mut joins = Vec::new();
        for (meet, position) in place.meets.iter().zip(positions) {
            for session in 0..CLIENTS {
                let message = join_message(meet, session, Some(position.clone()));
                joins.push(come_back(relay.address, message));
            }
        }
        let wires: Vec<Wire> = iter(joins).buffer_unordered(AT_ONCE).collect().await;
        assert_eq!(wires.len(), links);
        (begin.elapsed(), relay.cpu())
    });
    let (entered, bare) = run_local(async {
        let server = Server::broadcast();
        let begin = now();
        let enter = |number: usize| {
            let address = server.address;
            async move {
                let mut wire = Wire::open(address, &format!("/{number}")).await;
                wire.send("x".repeat(300)).await;
                wire.text().await;
                wire
            }
        };
        let wires: Vec<Wire> = iter((0..links).map(enter))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        assert_eq!(wires.len(), links);
        (begin.elapsed(), server.cpu())
    });
    let what = format!("{links} links return after a restart, until all have caught up");
    let reference = Some(("connecting to a bare broadcast, ms", millis(entered)));
    report.add("storms", what, (millis(returned), "ms"), reference, NOTICED);
    let each = |cpu: Duration| micros(cpu) / links as f64;
    let what = format!("{links} links return: relay's processor time each");
    let reference = Some(("connecting to a bare broadcast, us", each(bare)));
    report.add("storms", what, (each(cpu), "us"), reference, RETURNED);
}

/// Where each meet's log ends, as its members know it.
async fn positions(place: &Place) -> Vec<serde_json::Value> {
    let relay = Server::relay(place.path(), &[]);
    let mut positions = Vec::new();
    for meet in &place.meets {
        let mut wire = Wire::open(relay.address, "/").await;
        wire.send(join_message(meet, 0, None)).await;
        let joined = wire.message("MEET_JOINED").await;
        let caught_up = wire.message("CAUGHT_UP").await;
        positions.push(json!({
            "logId": joined["logId"], "serverSeqNum": caught_up["serverSeqNum"], "chain": caught_up["chain"],
        }));
    }
    positions
}

async fn come_back(address: SocketAddr, message: String) -> Wire {
    let mut wire = Wire::open(address, "/").await;
    wire.send(message).await;
    wire.message("CAUGHT_UP").await;
    wire
}

/// Readers that stop reading while a lot is written, beside ten that read.
fn slow_readers(report: &mut Report) {
    const STALLED: usize = 50;
    const READERS: usize = 10;
    const EDITS: usize = 400;
    const PACE: Duration = Duration::from_millis(10);
    let mut history = History::new(1, 1);
    let base = history.log.clone();
    (0..3 * EDITS).for_each(|edit| history.long_text(edit));
    let texts = history.log[base.len()..]
        .iter()
        .enumerate()
        .map(update)
        .collect();
    let place = Place::with_meets(1, READERS + 1 + STALLED, &base);
    let meet = &place.meets[0];
    let (without, with, grown) = run_local(async {
        let relay = Server::relay(place.path(), &[]);
        let mut crowd = Crowd::at_relay(relay.address, meet, READERS, texts, None).await;
        let stop = Rc::new(Notify::new());
        let mut stalling = Vec::new();
        for session in READERS + 1..=READERS + STALLED {
            let mut wire = Wire::open_narrow(relay.address).await;
            wire.send(join_message(meet, session, None)).await;
            stalling.push(spawn_local(read_until(wire, Rc::clone(&stop))));
        }
        crowd.play(EDITS / 4, PACE).await;
        let without = crowd.play(EDITS, PACE).await;
        stop.notify_waiters();
        let stalled = join_all(stalling).await;
        let before = relay.resident_bytes();
        let most = Cell::new(before);
        let watching = async {
            loop {
                pause(Duration::from_millis(20)).await;
                most.set(relay.resident_bytes().max(most.get()));
            }
        };
        let with = tokio::select! {
            with = crowd.play(EDITS, PACE) => with,
            () = watching => unreachable!("watching does not end"),
        };
        drop(stalled);
        (without, with, most.get() - before)
    });
    let what = format!("{STALLED} readers that do not read: resident memory each, at its most");
    report.add(
        "storms",
        what,
        (grown / STALLED as f64 / 1e6, "MB"),
        None,
        Bar::Value(2.1),
    );
    let reference = Some(("without them, ms", millis(p99(&without.last))));
    let what =
        format!("{STALLED} readers that do not read: edit to the last that does, 99th percentile");
    report.add(
        "storms",
        what,
        (millis(p99(&with.last)), "ms"),
        reference,
        NOTICED,
    );
}

/// Reads until it is told to stop, and then holds on to its connection without reading.
async fn read_until(mut wire: Wire, stop: Rc<Notify>) -> Wire {
    let stopped = stop.notified();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return wire,
            text = next_text(&mut wire.ear) => {
                if text.is_none() {
                    return wire;
                }
            }
        }
    }
}

/// One meet sends nearly as much as its relay lets it, all the time.
fn flood(report: &mut Report, rounds: usize) {
    let (base, changes) = prepare(rounds * (FLOOD_AT_ONCE + FLOOD_TIMES * FLOOD_LATER));
    let place = Place::with_meets(CALM + 1, CLIENTS, &base);
    let texts: Rc<[Utf8Bytes]> = changes.iter().enumerate().map(update).collect();
    let (without, with) = run_local(async {
        let relay = Server::relay(place.path(), &[]);
        let (calm, flooding) = place.meets.split_at(CALM);
        let first = base.len() + 1;
        let mut fleet = Fleet::at_relay(relay.address, calm, &texts, first).await;
        let readers = CLIENTS - 1;
        let mut crowd = Crowd::at_relay(
            relay.address,
            &flooding[0],
            readers,
            Rc::clone(&texts),
            None,
        )
        .await;
        fleet.sail(2, CALM_PACE).await;
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            without.push(millis(p99(&fleet.sail(4, CALM_PACE).await.delivered)));
            let storm = async {
                crowd.press(FLOOD_AT_ONCE, 500).await;
                for _ in 0..FLOOD_TIMES {
                    pause(FLOOD_PACE).await;
                    crowd.press(FLOOD_LATER, 500).await;
                }
            };
            let (voyage, ()) = tokio::join!(fleet.sail(4, CALM_PACE), storm);
            with.push(millis(p99(&voyage.delivered)));
        }
        (Spread::of(without), Spread::of(with))
    });
    let what = format!("one meet floods: edit to the others in {CALM} calm meets, 99th percentile");
    let reference = Some(("without it, ms", without.middle));
    report.spread("storms", what, (with, "ms"), reference, NOTICED);
}

/// A meet of very many changes is woken, and fetched from its beginning, while others edit.
fn wake(report: &mut Report, rounds: usize, changes: usize) {
    let mut history = History::new(200, 1);
    (0..changes).for_each(|_| history.edit(0, false));
    let large: Vec<Change> = history.log;
    let (base, small) = prepare(4 * rounds * 2 + 10);
    let place = Place::with_meets(CALM, CLIENTS, &base);
    let giant = place.add_meet(&large);
    let texts: Rc<[Utf8Bytes]> = small.iter().enumerate().map(update).collect();
    let (without, with) = run_local(async {
        let relay = Server::relay(place.path(), &[]);
        let mut fleet = Fleet::at_relay(relay.address, &place.meets, &texts, base.len() + 1).await;
        fleet.sail(2, CALM_PACE).await;
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            without.push(millis(p99(&fleet.sail(4, CALM_PACE).await.delivered)));
            let waking = async {
                pause(CALM_PACE).await;
                Wire::join(relay.address, &giant, 0).await
            };
            let (voyage, _) = tokio::join!(fleet.sail(4, CALM_PACE), waking);
            with.push(millis(p99(&voyage.delivered)));
        }
        (Spread::of(without), Spread::of(with))
    });
    let what = format!(
        "a meet of {changes} changes wakes: edit to the others in {CALM} calm meets, 99th percentile"
    );
    let reference = Some(("without it, ms", without.middle));
    report.spread("storms", what, (with, "ms"), reference, NOTICED);
}
