//! Ways to bring the appends of many logs to the disk together: what each costs and how long an append waits.
//!
//! A round appends a line to each of a number of logs at once and ends when all are synced; a stream appends a thousand
//! lines a second, each to another log, and whatever has arrived during one sync is the next batch. The figures are
//! those behind `docs/decisions/063-sharing-syncs.md`.

mod ways;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use self::ways::{Logs, Way};
use crate::clock::{hold_until, micros, now, percentile, process_time};
use crate::history::ok;
use crate::report::{Bar, Report};

/// Appends a second in a stream, each to another log than the one before.
const STREAM_RATE: u32 = 1_000;

/// Logs that a stream goes to.
const STREAM_LOGS: usize = 1_000;

/// Measures every way at every number of logs.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let ways = [
        Way::Each { threads: 1 },
        Way::Each { threads: 4 },
        Way::Each { threads: 16 },
        Way::Each { threads: 32 },
        Way::EachInPlace { threads: 16 },
        Way::Journal { in_place: false },
        Way::Journal { in_place: true },
        Way::WholeDisk,
    ];
    for logs in [1, 10, 100, 1_000] {
        for way in ways {
            rounds(report, way, logs, long);
        }
    }
    for way in ways {
        stream(report, way, if long { 10 } else { 3 });
    }
}

/// Rounds until a second is over, at least three.
fn rounds(report: &mut Report, way: Way, count: usize, long: bool) {
    let folder = ok(tempfile::tempdir());
    let logs = Logs::create(folder.path(), way, count);
    let (began, cpu_before) = (now(), process_time());
    let budget = Duration::from_secs(if long { 5 } else { 1 });
    let (mut waits, mut rounds) = (Vec::new(), 0);
    while rounds < 3 || began.elapsed() < budget {
        let start = now();
        logs.round(&(0..count).collect::<Vec<_>>(), |_, done| {
            waits.push(done.duration_since(start));
        });
        rounds += 1;
    }
    let (took, cpu) = (began.elapsed(), process_time() - cpu_before);
    let appends = rounds * count;
    let mut tell = |what: &str, value, unit| {
        let what = format!("{count} logs at once, {way}: {what}");
        report.add("sync", what, (value, unit), None, Bar::None);
    };
    tell("appends", appends as f64 / took.as_secs_f64(), "a second");
    tell("median", micros(percentile(&mut waits, 0.5)), "us");
    tell(
        "99th percentile",
        micros(percentile(&mut waits, 0.99)),
        "us",
    );
    tell("processor", micros(cpu) / appends as f64, "us an append");
    let (_, settled) = (logs.settle(), began.elapsed() - took);
    if matches!(way, Way::Journal { .. }) {
        tell("settling, once", micros(settled) / count as f64, "us a log");
    }
}

/// A thousand appends a second to a thousand logs.
fn stream(report: &mut Report, way: Way, seconds: u32) {
    let folder = ok(tempfile::tempdir());
    let logs = Logs::create(folder.path(), way, STREAM_LOGS);
    let (begin, cpu_before) = (now(), process_time());
    let schedule = Schedule {
        begin,
        next: AtomicUsize::new(0),
        count: (STREAM_RATE * seconds) as usize,
    };
    let waits = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..way.streams() {
            scope.spawn(|| {
                while let Some(batch) = schedule.take(way.batches()) {
                    let logs_of_batch: Vec<usize> =
                        batch.clone().map(|n| n % STREAM_LOGS).collect();
                    logs.round(&logs_of_batch, |place, done| {
                        let wait = done.duration_since(schedule.due(batch.start + place));
                        ok(waits.lock().map_err(|_| "poisoned")).push(wait);
                    });
                }
            });
        }
    });
    let (took, cpu) = (begin.elapsed(), process_time() - cpu_before);
    let mut waits = ok(waits.into_inner().map_err(|_| "poisoned"));
    let mut tell = |what: &str, value, unit| {
        let what = format!("a stream of 1,000 a second, {way}: {what}");
        report.add("sync", what, (value, unit), None, Bar::None);
    };
    tell(
        "appends",
        schedule.count as f64 / took.as_secs_f64(),
        "a second",
    );
    tell("median", micros(percentile(&mut waits, 0.5)), "us");
    tell(
        "99th percentile",
        micros(percentile(&mut waits, 0.99)),
        "us",
    );
    tell(
        "processor",
        micros(cpu) / schedule.count as f64,
        "us an append",
    );
}

/// When each append of a stream is due, and which was taken last.
struct Schedule {
    begin: Instant,
    next: AtomicUsize,
    count: usize,
}

impl Schedule {
    fn due(&self, append: usize) -> Instant {
        self.begin + Duration::from_secs(1) / STREAM_RATE * append as u32
    }

    /// Waits for the next append, and takes it with all that are due by then, if the way does batches.
    fn take(&self, batches: bool) -> Option<std::ops::Range<usize>> {
        if !batches {
            let append = self.next.fetch_add(1, Ordering::Relaxed);
            if append >= self.count {
                return None;
            }
            hold_until(self.due(append));
            return Some(append..append + 1);
        }
        let first = self.next.load(Ordering::Relaxed);
        if first >= self.count {
            return None;
        }
        hold_until(self.due(first));
        let (moment, mut end) = (now(), first + 1);
        while end < self.count && self.due(end) <= moment {
            end += 1;
        }
        self.next.store(end, Ordering::Relaxed);
        Some(first..end)
    }
}

/// A line as long as that of a small edit.
fn line() -> Vec<u8> {
    let mut line = vec![b'x'; 349];
    line.push(b'\n');
    line
}

/// The path of a log.
fn path_of(folder: &Path, log: usize) -> std::path::PathBuf {
    folder.join(format!("{log:09}")).join("updates.json.log")
}
