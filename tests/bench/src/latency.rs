//! From an edit on one device to its acknowledgement and to the screen of another, beside one bare sync and one bare
//! broadcast.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use spotter_model::{Change, Document, NewOps, ObjectId, RegisterId, Target};
use tokio::sync::mpsc;

use crate::clock::{micros, now, pause, percentile};
use crate::history::{ok, pen};
use crate::report::{Bar, Report};
use crate::wire::{Wire, start_broadcast, start_relay};

const PASSWORD: &str = "a bench needs none";
const EDITS: usize = 200;
const PACE: Duration = Duration::from_millis(20);

/// Measures at 50 edits a second, with few and many readers.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let folder = ok(tempfile::tempdir());
    let runtime = ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build());
    let sync = median(runtime.block_on(bare_syncs(folder.path())));
    report.add(
        "latency",
        "append 250 bytes and sync",
        (micros(sync), "us"),
        None,
        Bar::None,
    );
    for readers in if long { vec![1, 10, 200] } else { vec![1, 10] } {
        runtime.block_on(measure_with(report, folder.path(), readers, sync));
    }
}

async fn measure_with(report: &mut Report, folder: &Path, readers: usize, sync: Duration) {
    let echo = median(bare_broadcasts(readers).await);
    let what = format!("bare broadcast, {readers} readers, to the last");
    report.add("latency", what, (micros(echo), "us"), None, Bar::None);
    let relay = start_relay(&folder.join(readers.to_string())).await;
    let (acks, screens) = edits_through(relay, readers).await;
    let reference = Some(("one sync and one bare broadcast", micros(sync + echo)));
    let what = format!("edit to acknowledgement, {readers} readers, median");
    report.add(
        "latency",
        what,
        (micros(median(acks)), "us"),
        reference,
        Bar::None,
    );
    let what = format!("edit to the last of {readers} screens, median");
    report.add(
        "latency",
        what,
        (micros(median(screens)), "us"),
        reference,
        Bar::Ratio(1.5),
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    percentile(&mut times, 0.5)
}

async fn bare_syncs(folder: &Path) -> Vec<Duration> {
    let mut file = ok(std::fs::File::create(folder.join("bare")));
    let mut times = Vec::new();
    for _ in 0..EDITS {
        pause(PACE).await;
        let start = now();
        ok(file.write_all(&[b'x'; 250]));
        ok(file.sync_data());
        times.push(start.elapsed());
    }
    times
}

async fn bare_broadcasts(readers: usize) -> Vec<Duration> {
    let address = start_broadcast().await;
    let (arrived, mut arrivals) = mpsc::unbounded_channel::<Instant>();
    let mut writer = Wire::open(address).await;
    for _ in 0..readers {
        let mut reader = Wire::open(address).await;
        let arrived = arrived.clone();
        tokio::spawn(async move {
            loop {
                reader.text().await;
                let _ = arrived.send(now());
            }
        });
    }
    // The first round makes sure that everybody is subscribed.
    pause(PACE * 5).await;
    let mut times = Vec::new();
    for _ in 0..EDITS {
        pause(PACE).await;
        let start = now();
        writer.send("x".repeat(300)).await;
        times.push(last_of(&mut arrivals, readers).await - start);
        writer.text().await;
    }
    times
}

async fn last_of(arrivals: &mut mpsc::UnboundedReceiver<Instant>, readers: usize) -> Instant {
    let mut last = now();
    for _ in 0..readers {
        last = arrivals.recv().await.unwrap_or(last);
    }
    last
}

/// Plays edits through a relay and answers how long each took to its acknowledgement and to the last screen.
async fn edits_through(relay: SocketAddr, readers: usize) -> (Vec<Duration>, Vec<Duration>) {
    let mut ops = NewOps::new();
    ops.set(Target::Object(ObjectId::Root), "name", "bench");
    let (mut document, genesis) = ok(Document::begin(&pen(1), &ops, 0));
    let mut writer = Wire::open(relay).await;
    let meet_id = create(&mut writer, &genesis).await;
    let (arrived, mut arrivals) = mpsc::unbounded_channel::<Instant>();
    for _ in 0..readers {
        let reader = join(relay, &meet_id).await;
        tokio::spawn(show(reader, genesis.clone(), arrived.clone()));
    }
    let (mut acks, mut screens) = (Vec::new(), Vec::new());
    for edit in 0..EDITS {
        pause(PACE).await;
        let start = now();
        let mut ops = NewOps::new();
        ops.set(Target::Object(ObjectId::Root), "name", edit as f64);
        let (change, _) = ok(document.write(&pen(1), &ops, 0, None));
        writer.send(update(edit as u64 + 2, &change)).await;
        writer.message("UPDATE_ACK").await;
        acks.push(start.elapsed());
        screens.push(last_of(&mut arrivals, readers).await - start);
    }
    (acks, screens)
}

async fn create(writer: &mut Wire, genesis: &Change) -> String {
    let create = json!({
        "msgType": "CREATE_MEET", "protocol": 1, "thisLocationName": "desk", "password": PASSWORD,
        "locations": [{"locationName": "desk", "priority": 1}, {"locationName": "screen", "priority": 2}],
        "root": genesis.hash(),
    });
    writer.send(create.to_string()).await;
    let created = writer.message("MEET_CREATED").await;
    writer.send(update(1, genesis)).await;
    writer.message("UPDATE_ACK").await;
    created["meetId"].as_str().unwrap_or_default().to_owned()
}

fn update(number: u64, change: &Change) -> String {
    let change = STANDARD.encode(&change.bytes()[..]);
    json!({"msgType": "UPDATE_INIT", "updates": [{"localSeqNum": number, "change": change}]})
        .to_string()
}

async fn join(relay: SocketAddr, meet_id: &str) -> Wire {
    let mut reader = Wire::open(relay).await;
    let join = json!({
        "msgType": "JOIN_MEET", "protocol": 1, "meetId": meet_id, "locationName": "screen", "password": PASSWORD,
    });
    reader.send(join.to_string()).await;
    reader.message("CAUGHT_UP").await;
    reader
}

/// A replica that reads: admits what arrives and reads the value it would draw.
async fn show(mut reader: Wire, genesis: Change, arrived: mpsc::UnboundedSender<Instant>) {
    let mut document = Document::new(genesis.hash());
    document.receive(std::slice::from_ref(&genesis));
    let register = RegisterId {
        object: ObjectId::Root,
        key: "name".to_owned(),
    };
    loop {
        let message = reader.message("UPDATE_RELAY").await;
        for update in message["updatesRelayed"].as_array().into_iter().flatten() {
            let bytes = ok(STANDARD.decode(update["change"].as_str().unwrap_or_default()));
            document.receive(&[ok(Change::decode(&bytes))]);
            assert!(document.value(&register).is_some());
            let _ = arrived.send(now());
        }
    }
}
