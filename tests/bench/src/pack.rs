//! Bytes and processor time of many changes: as they are, deflated, and packed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use spotter_model::Change;
use spotter_pack::{Bounds, pack, unpack};

use crate::clock::{cpu, micros};
use crate::day::Day;
use crate::history::{History, ok};
use crate::report::{Bar, Report, Spread};

const ROUNDS: usize = 5;

/// A thousand edits of a meet's day, a thousand of random fields, a hundred, and a meet from its beginning.
pub(crate) fn measure(report: &mut Report, _long: bool) {
    let mut day = Day::begin(200);
    day.go_on(2_000);
    let first = day.log.len();
    day.go_on(1_000);
    let cases = [
        (
            "100 edits of a meet's day",
            &day.log[first..first + 100],
            Bar::None,
        ),
        (
            "1,000 edits of a meet's day",
            &day.log[first..],
            Bar::Ratio(1.0 / 3.0),
        ),
    ];
    for (what, changes, bar) in cases {
        compare(report, what, changes, bar);
    }
    let mut random = History::new(200, 4);
    random.play(1_000, 10, false);
    let edits = &random.log[random.log.len() - 1_000..];
    compare(report, "1,000 edits of random fields", edits, Bar::None);
    day.go_on(2_000);
    compare(
        report,
        "a meet of 200 lifters and 5,000 edits, whole",
        &day.log,
        Bar::None,
    );
}

fn compare(report: &mut Report, what: &str, changes: &[Change], bar: Bar) {
    let raw: Vec<u8> = changes
        .iter()
        .flat_map(|change| change.bytes().iter().copied())
        .collect();
    let (time, deflated) = several(|| deflate(&raw));
    let deflated = deflated.len() as f64;
    let reference = Some(("as they are, bytes", raw.len() as f64));
    report.add(
        "pack",
        format!("{what}: deflated"),
        (deflated, "bytes"),
        reference,
        Bar::None,
    );
    report.spread(
        "pack",
        format!("{what}: deflating"),
        (each(&time, changes), "us a change"),
        None,
        Bar::None,
    );
    let (packing, packed) = several(|| pack(changes));
    let reference = Some(("deflated, bytes", deflated));
    report.add(
        "pack",
        format!("{what}: packed"),
        (packed.len() as f64, "bytes"),
        reference,
        bar,
    );
    let per_change = packed.len() as f64 / changes.len() as f64;
    report.add(
        "pack",
        format!("{what}: packed, each"),
        (per_change, "bytes a change"),
        None,
        Bar::None,
    );
    let bounds = Bounds {
        changes_max: changes.len(),
        bytes_max: raw.len(),
    };
    let (unpacking, unpacked) = several(|| ok(unpack(&packed, bounds)));
    assert_eq!(unpacked, changes, "a pack restores its changes to the byte");
    let (decoding, decoded) = several(|| {
        changes
            .iter()
            .filter(|change| Change::decode(change.bytes()).is_ok())
            .count()
    });
    assert_eq!(decoded, changes.len());
    let reference = Some((
        "decoding them unpacked, us",
        each(&decoding, changes).middle,
    ));
    report.spread(
        "pack",
        format!("{what}: packing"),
        (each(&packing, changes), "us a change"),
        reference,
        Bar::None,
    );
    report.spread(
        "pack",
        format!("{what}: unpacking"),
        (each(&unpacking, changes), "us a change"),
        reference,
        Bar::None,
    );
}

/// Deflate at its smallest.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    ok(encoder.write_all(bytes));
    ok(encoder.finish())
}

fn several<T>(work: impl Fn() -> T) -> (Vec<f64>, T) {
    let (first, mut result) = cpu(&work);
    let mut times = vec![micros(first)];
    for _ in 1..ROUNDS {
        let (time, again) = cpu(&work);
        times.push(micros(time));
        result = again;
    }
    (times, result)
}

fn each(times: &[f64], changes: &[Change]) -> Spread {
    Spread::of(times.iter().map(|time| time / changes.len() as f64))
}
