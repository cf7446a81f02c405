//! What the operator's monitoring reads: few numbers, each the sum over all meets. Nothing here names a meet, an address, a
//! session or a person, and every label has a handful of values that are words of this program.
//!
//! Counting costs an atomic addition or two. What can be looked up is looked up when somebody asks.

mod numbers;
mod process;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prometheus::{Error, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use spotter_relay::{Event, Relay};
use spotter_relay_protocol::CloseReason;

use crate::clock;
use numbers::Numbers;
use process::{Process, free_bytes};

/// Finds some counters among all numbers.
type Of = fn(&Numbers) -> &IntCounterVec;

/// Label values that are told from the beginning, so that the first time is a change.
const EXPECTED: &[(Of, &[&str])] = &[
    (
        |numbers| &numbers.storage_errors,
        &[
            "create", "open", "read", "append", "save", "publish", "finish", "close",
        ],
    ),
    (
        |numbers| &numbers.connections_refused,
        &["full", "address-full", "origin", "stopping", "odd-request"],
    ),
    (
        |numbers| &numbers.tls_handshakes,
        &["agreed", "disagreed", "plaintext", "too-slow", "broken"],
    ),
    (|numbers| &numbers.joins, &["joined", "resumed"]),
    (
        |numbers| &numbers.changes_refused,
        &["checksum", "not-a-chunk", "twin"],
    ),
    (
        |numbers| &numbers.changes_put_off,
        &[
            "meet-full",
            "waiting-full",
            "too-fast",
            "busy",
            "storage-trouble",
        ],
    ),
    (
        |numbers| &numbers.meet_events,
        &[
            "went-live",
            "finished",
            "published",
            "recovered",
            "memory-lost",
            "trouble",
            "damaged",
        ],
    ),
    (
        |numbers| &numbers.links_closed,
        &["slow-reader", "full", "too-large", "malformed"],
    ),
    (
        |numbers| &numbers.displays_closed,
        &[
            "left",
            "slow-reader",
            "silent",
            "session-ended",
            "going-away",
        ],
    ),
    (|numbers| &numbers.display_answers, &["200", "304", "403"]),
];

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    numbers: Numbers,
    process: Process,
    data: PathBuf,
}

impl Metrics {
    /// Everything at zero. `data` is the folder whose disk is watched.
    ///
    /// # Errors
    ///
    /// A name that is given twice or is none: a bug.
    pub(crate) fn new(data: PathBuf) -> Result<Arc<Self>, Error> {
        let registry = Registry::new();
        let build = Opts::new(
            "spotter_build_info",
            "Always 1; the label tells the version.",
        );
        let build = IntGauge::with_opts(build.const_label("version", env!("CARGO_PKG_VERSION")))?;
        build.set(1);
        registry.register(Box::new(build))?;
        let numbers = Numbers::new(&registry)?;
        for (counters, labels) in EXPECTED {
            for label in *labels {
                counters(&numbers).with_label_values(&[label]);
            }
        }
        Ok(Arc::new(Self {
            process: Process::new(&registry)?,
            numbers,
            registry,
            data,
        }))
    }

    /// Everything in the form that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        self.process.look();
        if let Some(bytes) = free_bytes(&self.data) {
            self.numbers.data_free.set(bytes);
        }
        let told = TextEncoder::new().encode_to_string(&self.registry.gather());
        told.unwrap_or_default()
    }

    pub(crate) fn accepted(&self, open: usize) {
        self.numbers.connections_accepted.inc();
        self.connections(open);
    }

    pub(crate) fn connections(&self, open: usize) {
        self.numbers.connections_open.set(whole(open));
    }

    pub(crate) fn not_let_in(&self, reason: &str) {
        count(&self.numbers.connections_refused, reason);
    }

    pub(crate) fn shook_hands(&self, outcome: &str) {
        count(&self.numbers.tls_handshakes, outcome);
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.numbers.messages_received.inc();
        self.numbers.received_bytes.inc_by(bytes as u64);
    }

    /// An offer is being unpacked.
    pub(crate) fn unpacked(&self) {
        self.numbers.packs_unpacked.inc();
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.numbers.messages_sent.inc();
        self.numbers.sent_bytes.inc_by(bytes as u64);
    }

    /// A connection did not read what was sent, and was cut off.
    pub(crate) fn cut_off(&self) {
        count(&self.numbers.links_closed, CloseReason::SlowReader.as_str());
    }

    pub(crate) fn password_checked(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.numbers.password_check_seconds.observe(seconds);
    }

    /// A batch of changes is on disk.
    pub(crate) fn appended(&self, changes: usize, bytes: usize, took: Duration) {
        self.numbers.append_changes.observe(changes as f64);
        self.numbers.append_seconds.observe(took.as_secs_f64());
        self.numbers.append_bytes.inc_by(bytes as u64);
    }

    /// A display has asked for everything, and this was the status of the answer.
    pub(crate) fn display_answered(&self, status: u16) {
        count(&self.numbers.display_answers, &status.to_string());
    }

    pub(crate) fn display_opened(&self) {
        self.numbers.displays_open.inc();
    }

    pub(crate) fn display_closed(&self, why: &str) {
        self.numbers.displays_open.dec();
        count(&self.numbers.displays_closed, why);
    }

    pub(crate) fn display_sent(&self, bytes: usize) {
        self.numbers.display_messages.inc();
        self.numbers.display_bytes.inc_by(bytes as u64);
    }

    pub(crate) fn log_read(&self) {
        self.numbers.log_reads.inc();
    }

    /// The disk has not done what it was asked.
    pub(crate) fn storage_failed(&self, operation: &str) {
        count(&self.numbers.storage_errors, operation);
    }

    pub(crate) fn certificate_ends(&self, at_seconds: Option<u64>) {
        let at = at_seconds.and_then(|at| i64::try_from(at).ok());
        self.numbers.certificate_expires.set(at.unwrap_or(0));
    }

    /// The settings were read again.
    pub(crate) fn reloaded(&self, successfully: bool) {
        self.numbers.reload_successful.set(successfully.into());
        if successfully {
            self.numbers.reload_time.set(now_seconds());
        }
    }

    /// How it stands with the machine.
    pub(crate) fn stands(&self, relay: &Relay, displayed_meets: usize) {
        self.numbers.displayed_meets.set(whole(displayed_meets));
        self.numbers.links_open.set(whole(relay.links()));
        self.numbers.meets_awake.set(whole(relay.meets()));
        let checks = whole(relay.password_checks());
        self.numbers.password_checks_pending.set(checks);
    }

    /// Something happened in the machine.
    pub(crate) fn happened(&self, event: &Event) {
        let numbers = &self.numbers;
        let meets = &numbers.meet_events;
        match event {
            Event::WentLive { .. } => count(meets, "went-live"),
            Event::Joined { resumed: false, .. } => count(&numbers.joins, "joined"),
            Event::Joined { resumed: true, .. } => count(&numbers.joins, "resumed"),
            Event::JoinRejected { code, .. } => count(&numbers.joins, code),
            Event::Closed { reason, .. } => count(&numbers.links_closed, reason.as_str()),
            Event::BadMessage { .. } => numbers.bad_messages.inc(),
            Event::ChangeRefused { code, .. } => count(&numbers.changes_refused, code),
            Event::ChangesPutOff { code, changes, .. } => numbers
                .changes_put_off
                .with_label_values(&[code.as_str()])
                .inc_by(*changes as u64),
            Event::Appended { changes, .. } => numbers.changes_appended.inc_by(*changes as u64),
            Event::AppendFailed { .. } => numbers.last_failed_append.set(now_seconds()),
            Event::MeetTrouble { damaged: false, .. } => count(meets, "trouble"),
            Event::MeetTrouble { damaged: true, .. } => count(meets, "damaged"),
            Event::MemoryLost { .. } => count(meets, "memory-lost"),
            Event::Recovered { .. } => count(meets, "recovered"),
            Event::Published { .. } => count(meets, "published"),
            Event::Finished { .. } => count(meets, "finished"),
            Event::Draining { .. } => numbers.draining.set(1),
            // The disk's refusal is counted where it happened.
            Event::PackNotKept { .. } | Event::Left { .. } | Event::Administered { .. } => {}
        }
    }
}

fn count(counters: &IntCounterVec, label: &str) {
    counters.with_label_values(&[label]).inc();
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn now_seconds() -> i64 {
    whole(usize::try_from(clock::wall_ms() / 1_000).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_in_the_form_that_prometheus_reads() {
        let metrics = Metrics::new("/".into()).unwrap();
        metrics.accepted(3);
        metrics.appended(2, 240, Duration::from_micros(700));
        metrics.storage_failed("append");
        let text = metrics.text();
        for line in [
            "# TYPE spotter_connections_accepted_total counter",
            "spotter_connections_accepted_total 1",
            "spotter_connections_open 3",
            "spotter_append_seconds_bucket{le=\"0.0005\"} 0",
            "spotter_append_seconds_bucket{le=\"0.001\"} 1",
            "spotter_append_bytes_total 240",
            "spotter_storage_errors_total{operation=\"append\"} 1",
            "spotter_storage_errors_total{operation=\"read\"} 0",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} in {text}");
        }
    }
}
