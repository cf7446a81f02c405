//! How long a relay takes from its start to its first connection, with very many meets on disk and with none.

use std::fs;
use std::path::Path;

use crate::clock::{millis, now};
use crate::history::ok;
use crate::latency::prepare;
use crate::mint::Place;
use crate::report::{Bar, Report, Spread};
use crate::run_local;
use crate::servers::Server;
use crate::wire::Wire;

const ROUNDS: usize = 5;
/// Names that one file may have: file systems allow some 65,000.
const LINKS: usize = 30_000;

/// The two take turns.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let meets = if long { 100_000 } else { 10_000 };
    let (base, _) = prepare(0);
    let empty = Place::with_meets(0, 0, &base);
    let full = Place::with_meets(1, 1, &base);
    multiply(full.path(), &full.meets[0].meet_id, meets);
    let (mut with_none, mut with_many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with_none.push(start(empty.path()));
        with_many.push(start(full.path()));
    }
    let none = Spread::of(with_none);
    let what = format!(
        "start with {} meets on disk, to the first connection",
        with_commas(meets)
    );
    let reference = Some(("with none, ms", none.middle));
    let value = (Spread::of(with_many), "ms");
    report.spread("start", what, value, reference, Bar::Value(100.0));
}

/// Milliseconds from the start of the process to an upgraded connection.
fn start(place: &Path) -> f64 {
    let begin = now();
    let relay = Server::relay(place, &[]);
    run_local(async {
        Wire::open(relay.address, "/").await;
    });
    millis(begin.elapsed())
}

/// Makes a meet's folder many, with further names for the same files: nobody opens them.
fn multiply(place: &Path, meet_id: &str, count: usize) {
    let meets = place.join("data/current-meets");
    let source = meets.join(meet_id);
    let files: Vec<_> = ok(fs::read_dir(&source))
        .flatten()
        .map(|file| file.file_name())
        .collect();
    let mut from = source;
    for number in 1..count {
        let folder = meets.join((100_000_000 + number * 7_919).to_string());
        if folder.exists() {
            continue;
        }
        ok(fs::create_dir(&folder));
        for file in &files {
            if number % LINKS == 0 {
                ok(fs::copy(from.join(file), folder.join(file)));
            } else {
                ok(fs::hard_link(from.join(file), folder.join(file)));
            }
        }
        if number % LINKS == 0 {
            from = folder;
        }
    }
}

fn with_commas(count: usize) -> String {
    format!("{},{:03}", count / 1_000, count % 1_000)
}
