//! What the model costs: admission, the replay order, a local edit, loading and waking a meet, memory.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use spotter_model::{Change, Document, Index, NewOps, ObjectId, RegisterId, Target};

use crate::clock::{cpu, micros, percentile};
use crate::history::{History, ok, pen};
use crate::report::{Bar, Report};

/// Decoding and admitting a change, in connected meets and in the worst cases we know.
pub(crate) fn admission(report: &mut Report, long: bool) {
    let edits = if long { 50_000 } else { 5_000 };
    let mut connected = History::new(200, 4);
    connected.play(edits, 10, false);
    let hash = micros(hash_all(&connected.log));
    let decode = micros(decode_all(&connected.log));
    report.add(
        "admission",
        "decode a change",
        (decode, "us"),
        Some(("SHA-256 of its bytes", hash)),
        Bar::None,
    );
    admit(
        report,
        "admit, 4 locations that hear of each other every 10 edits",
        &connected.log,
        hash,
    );
    let mut hot = History::new(20, 8);
    hot.play(5_000, 80, true);
    admit(
        report,
        "admit, 5,000 edits of one register, 80 of them concurrent",
        &hot.log,
        hash,
    );
    let mut many = History::new(20, 500);
    many.play(4_500, usize::MAX, false);
    (0..10).for_each(|replica| many.catch_up(replica));
    (0..500).for_each(|edit| many.edit(edit % 10, false));
    let what = "admit, 500 actors write 9 edits each unheard, 10 of them merge all and go on";
    admit(report, what, &many.log, hash);
    admit(
        report,
        "admit, 1,000 edits after missing 5,000",
        &long_absence(false).log,
        hash,
    );
    admit(
        report,
        "admit, the same with every edit in one register",
        &long_absence(true).log,
        hash,
    );
}

/// One location writes a thousand edits that nobody hears of, while another writes five thousand.
fn long_absence(hot: bool) -> History {
    let mut history = History::new(200, 2);
    (0..5_000).for_each(|_| history.edit(0, hot));
    (0..1_000).for_each(|_| history.edit(1, hot));
    history
}

fn admit(report: &mut Report, what: &str, log: &[Change], hash: f64) {
    let reference = Some(("SHA-256", hash));
    let (index_only, _) = cpu(|| index_of(log));
    report.add(
        "admission",
        what,
        (micros(index_only) / log.len() as f64, "us a change"),
        reference,
        Bar::None,
    );
    let (with_order, _) = cpu(|| document_of(log));
    let what = format!("{what}, with the replay order");
    report.add(
        "admission",
        what,
        (micros(with_order) / log.len() as f64, "us a change"),
        reference,
        Bar::None,
    );
}

fn index_of(log: &[Change]) -> Index {
    let mut index = Index::new(log[0].hash());
    for change in log {
        let _ = ok(index.admit(change));
    }
    index
}

fn document_of(log: &[Change]) -> Document {
    let mut document = Document::new(log[0].hash());
    log.chunks(100)
        .for_each(|batch| drop(document.receive(batch)));
    document
}

fn hash_all(log: &[Change]) -> Duration {
    let (time, _) = cpu(|| {
        log.iter()
            .map(|change| Sha256::digest(&change.bytes()[..])[0])
            .fold(0, |a, b| a ^ b)
    });
    time / log.len() as u32
}

fn decode_all(log: &[Change]) -> Duration {
    let (time, decoded) = cpu(|| {
        log.iter()
            .filter(|change| Change::decode(change.bytes()).is_ok())
            .count()
    });
    assert_eq!(decoded, log.len());
    time / log.len() as u32
}

/// One edit and the reading of what it shows: the one register, which is read from the change that wrote it, or all of the
/// lifter's, which are read from Automerge.
pub(crate) fn local_edit(report: &mut Report, long: bool) {
    let mut sizes = vec![(200, 5_000)];
    if long {
        sizes.push((1_000, 50_000));
    }
    for (lifters, edits) in sizes {
        let mut history = History::new(lifters, 4);
        history.play(edits, 10, false);
        let mut document = document_of(&history.log);
        for (read, whole) in [("read", false), ("read all of the lifter", true)] {
            let mut times = edits_and_reads(&mut document, 500, whole);
            let what = |share: &str| {
                format!("edit and {read}, {lifters} lifters, {edits} changes, {share}")
            };
            let (p50, p99) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
            report.add("edit", what("median"), (micros(p50), "us"), None, Bar::None);
            report.add(
                "edit",
                what("99th percentile"),
                (micros(p99), "us"),
                None,
                Bar::Value(1_000.0),
            );
        }
    }
}

fn edits_and_reads(document: &mut Document, count: usize, whole: bool) -> Vec<Duration> {
    let entries = document.maps(&ObjectId::Root)[0].1;
    let lifters = document.maps(&entries);
    document.values(&ObjectId::Root);
    let one = |edit: usize| {
        let register = RegisterId {
            object: lifters[edit % lifters.len()].1,
            key: "field7".to_owned(),
        };
        let (time, shown) = cpu(|| {
            let mut ops = NewOps::new();
            ops.set(
                Target::Object(register.object),
                &register.key,
                edit as f64 + 0.5,
            );
            ok(document.write(&pen(77), &ops, 0, None));
            if whole {
                let values = document.values(&register.object);
                let shown = values.into_iter().find(|(key, _)| *key == register.key);
                shown.map(|(_, value)| value)
            } else {
                document.value(&register)
            }
        });
        assert_eq!(shown, Some((edit as f64 + 0.5).into()));
        time
    };
    (0..count).map(one).collect()
}

/// A client that starts, and a relay that wakes a meet.
pub(crate) fn load_and_wake(report: &mut Report, long: bool) {
    let mut sizes = vec![(200, 5_000)];
    if long {
        sizes.push((1_000, 50_000));
    }
    for (lifters, edits) in sizes {
        let mut history = History::new(lifters, 4);
        history.play(edits, 10, false);
        let bytes: Vec<_> = history
            .log
            .iter()
            .map(|change| change.bytes().clone())
            .collect();
        let (hashing, _) = cpu(|| hash_all(&history.log));
        let decode = || -> Vec<Change> {
            bytes
                .iter()
                .filter_map(|bytes| Change::decode(bytes).ok())
                .collect()
        };
        let (wake, _) = cpu(|| index_of(&decode()));
        let (load, _) = cpu(|| document_of(&decode()).values(&ObjectId::Root));
        let reference = Some(("SHA-256 of all changes, ms", micros(hashing) / 1_000.0));
        let size = format!("{lifters} lifters, {edits} changes");
        report.add(
            "load",
            format!("wake (relay): {size}"),
            (micros(wake) / 1_000.0, "ms"),
            reference,
            Bar::None,
        );
        report.add(
            "load",
            format!("load (client, first read): {size}"),
            (micros(load) / 1_000.0, "ms"),
            reference,
            Bar::None,
        );
    }
}

/// What an awake meet's index takes, from the process's resident memory with many of them.
pub(crate) fn memory(report: &mut Report) {
    const COPIES: usize = 100;
    let mut history = History::new(200, 4);
    history.play(5_000, 10, false);
    let log = history.log;
    let some = || -> Vec<Index> { (0..COPIES).map(|_| index_of(&log)).collect() };
    // The first hundred use up what the allocator has kept of making the log.
    let first = some();
    let before = resident_bytes();
    let second = some();
    let each = (resident_bytes() - before) / COPIES as f64 / 1e6;
    assert!(
        first
            .iter()
            .chain(&second)
            .all(|index| index.len() == log.len())
    );
    let what = "index of a meet: 200 lifters, 60 registers each, 5,000 changes";
    report.add("memory", what, (each, "MB"), None, Bar::Value(1.5));
}

fn resident_bytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let resident = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<f64>().ok());
    resident.unwrap_or(0.0) * rustix::param::page_size() as f64
}
