//! Every number by its name. `docs/operating.md` says what each means to the operator.

use prometheus::{
    Error, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

/// Up to what time a write to disk is counted where, in seconds.
const APPEND_SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

/// Up to how many changes a batch is counted where.
const BATCH_CHANGES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Up to what time a password check is counted where, in seconds.
const PASSWORD_SECONDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];

/// The numbers themselves. Times are whole seconds since 1970.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) connections_accepted: IntCounter,
    pub(super) connections_refused: IntCounterVec,
    pub(super) connections_open: IntGauge,
    pub(super) tls_handshakes: IntCounterVec,
    pub(super) certificate_expires: IntGauge,
    pub(super) links_open: IntGauge,
    pub(super) links_closed: IntCounterVec,
    pub(super) displays_open: IntGauge,
    pub(super) displays_closed: IntCounterVec,
    pub(super) displayed_meets: IntGauge,
    pub(super) display_answers: IntCounterVec,
    pub(super) display_messages: IntCounter,
    pub(super) display_bytes: IntCounter,
    pub(super) meets_awake: IntGauge,
    pub(super) meet_events: IntCounterVec,
    pub(super) joins: IntCounterVec,
    pub(super) password_checks_pending: IntGauge,
    pub(super) password_check_seconds: Histogram,
    pub(super) messages_received: IntCounter,
    pub(super) received_bytes: IntCounter,
    pub(super) packs_unpacked: IntCounter,
    pub(super) messages_sent: IntCounter,
    pub(super) sent_bytes: IntCounter,
    pub(super) bad_messages: IntCounter,
    pub(super) changes_appended: IntCounter,
    pub(super) changes_refused: IntCounterVec,
    pub(super) changes_put_off: IntCounterVec,
    pub(super) append_bytes: IntCounter,
    pub(super) append_changes: Histogram,
    pub(super) append_seconds: Histogram,
    pub(super) log_reads: IntCounter,
    pub(super) storage_errors: IntCounterVec,
    pub(super) last_failed_append: IntGauge,
    pub(super) draining: IntGauge,
    pub(super) reload_successful: IntGauge,
    pub(super) reload_time: IntGauge,
    pub(super) data_free: IntGauge,
}

impl Numbers {
    /// All of them at zero.
    ///
    /// # Errors
    ///
    /// A name that is given twice or is none: a bug.
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let new = Register(registry);
        Ok(Self {
            connections_accepted: new.counter(
                "spotter_connections_accepted_total",
                "Connections accepted.",
            )?,
            connections_refused: new.counters(
                "spotter_connections_refused_total",
                "Connections that were not let in, by reason.",
                "reason",
            )?,
            connections_open: new.gauge(
                "spotter_connections_open",
                "Connections, those on their way in included.",
            )?,
            tls_handshakes: new.counters(
                "spotter_tls_handshakes_total",
                "Attempts to agree on encryption, by outcome.",
                "outcome",
            )?,
            certificate_expires: new.gauge(
                "spotter_certificate_expires_timestamp_seconds",
                "When the relay's certificate ends; 0 if the relay does not encrypt.",
            )?,
            links_open: new.gauge("spotter_links_open", "WebSockets that are open.")?,
            links_closed: new.counters(
                "spotter_links_closed_total",
                "WebSockets that the relay closed, by reason.",
                "reason",
            )?,
            displays_open: new.gauge("spotter_displays_open", "Feeds that displays read.")?,
            displays_closed: new.counters(
                "spotter_displays_closed_total",
                "Feeds of displays that ended, by reason.",
                "reason",
            )?,
            displayed_meets: new.gauge(
                "spotter_displayed_meets",
                "Meets that are in memory as a whole because displays read them.",
            )?,
            display_answers: new.counters(
                "spotter_display_answers_total",
                "Answers to displays that asked for everything, by status.",
                "status",
            )?,
            display_messages: new
                .counter("spotter_display_messages_total", "Messages to displays.")?,
            display_bytes: new.counter(
                "spotter_display_sent_bytes_total",
                "Bytes of messages to displays.",
            )?,
            meets_awake: new.gauge(
                "spotter_meets_awake",
                "Meets that are in memory because somebody is connected to them.",
            )?,
            meet_events: new.counters(
                "spotter_meet_events_total",
                "What happened to meets, by event.",
                "event",
            )?,
            joins: new.counters(
                "spotter_joins_total",
                "Attempts to join, by outcome: joined with the password, resumed, or why not.",
                "outcome",
            )?,
            password_checks_pending: new.gauge(
                "spotter_password_checks_pending",
                "Password checks that run or wait; one runs at a time.",
            )?,
            password_check_seconds: new.histogram(
                "spotter_password_check_seconds",
                "How long one password check takes.",
                PASSWORD_SECONDS,
            )?,
            messages_received: new
                .counter("spotter_messages_received_total", "Messages from clients.")?,
            received_bytes: new.counter(
                "spotter_received_bytes_total",
                "Bytes of messages from clients.",
            )?,
            packs_unpacked: new.counter(
                "spotter_packs_unpacked_total",
                "Packs from clients that were unpacked.",
            )?,
            messages_sent: new.counter("spotter_messages_sent_total", "Messages to clients.")?,
            sent_bytes: new.counter("spotter_sent_bytes_total", "Bytes of messages to clients.")?,
            bad_messages: new.counter(
                "spotter_bad_messages_total",
                "Messages that could not be read.",
            )?,
            changes_appended: new.counter(
                "spotter_changes_appended_total",
                "Changes that became durable.",
            )?,
            changes_refused: new.counters(
                "spotter_changes_refused_total",
                "Changes that were refused for good, by code.",
                "code",
            )?,
            changes_put_off: new.counters(
                "spotter_changes_put_off_total",
                "Changes that were not taken for the time being, by reason; each is counted again whenever it is offered.",
                "reason",
            )?,
            append_bytes: new.counter(
                "spotter_append_bytes_total",
                "Bytes of changes that became durable.",
            )?,
            append_changes: new.histogram(
                "spotter_append_changes",
                "How many changes go to the disk together.",
                BATCH_CHANGES,
            )?,
            append_seconds: new.histogram(
                "spotter_append_seconds",
                "How long it takes until a batch of changes is written and synced.",
                APPEND_SECONDS,
            )?,
            log_reads: new.counter(
                "spotter_log_reads_total",
                "Slices read from logs, to wake meets and to let clients catch up.",
            )?,
            storage_errors: new.counters(
                "spotter_storage_errors_total",
                "What the disk did not do, by operation.",
                "operation",
            )?,
            last_failed_append: new.gauge(
                "spotter_last_failed_append_timestamp_seconds",
                "When a batch of changes was last not certainly on disk; 0 for never.",
            )?,
            draining: new.gauge("spotter_draining", "1 while the relay is stopping.")?,
            reload_successful: new.gauge(
                "spotter_config_last_reload_successful",
                "1 if the settings could be taken over when they were last read, 0 if not.",
            )?,
            reload_time: new.gauge(
                "spotter_config_last_reload_success_timestamp_seconds",
                "When settings were last taken over.",
            )?,
            data_free: new.gauge(
                "spotter_data_free_bytes",
                "Bytes that are free for the relay on the disk with the data folder.",
            )?,
        })
    }
}

/// Makes numbers and has them told.
struct Register<'a>(&'a Registry);

impl Register<'_> {
    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, Error> {
        let counter = IntCounter::new(name, help)?;
        self.0.register(Box::new(counter.clone()))?;
        Ok(counter)
    }

    fn counters(&self, name: &str, help: &str, label: &str) -> Result<IntCounterVec, Error> {
        let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
        self.0.register(Box::new(counters.clone()))?;
        Ok(counters)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, Error> {
        let gauge = IntGauge::new(name, help)?;
        self.0.register(Box::new(gauge.clone()))?;
        Ok(gauge)
    }

    fn histogram(&self, name: &str, help: &str, up_to: &[f64]) -> Result<Histogram, Error> {
        let options = HistogramOpts::new(name, help).buckets(up_to.to_vec());
        let histogram = Histogram::with_opts(options)?;
        self.0.register(Box::new(histogram.clone()))?;
        Ok(histogram)
    }
}
