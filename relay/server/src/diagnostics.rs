//! What the operator reads: JSON lines in `diag.log`, and the same as text on the terminal.
//!
//! Passwords, tokens and what lifters are called never come here: the machine's events have no place for them, and
//! the shell tells only about files and addresses.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Map, Value};
use spotter_relay::{Event, Level};
use tracing::field::{Field, Visit};
use tracing_subscriber::filter::{FilterExt as _, LevelFilter};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, reload};

use crate::clock;
use crate::limits::DIAG_BYTES_MAX;
use crate::settings::LogLevel;

/// The field in which an event of the machine travels through `tracing`, as JSON.
const RELAY: &str = "relay";

/// What is told at present; exchanged when the operator wants to hear more or less.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Begins telling. Only the first call in a process has an effect.
pub(crate) fn start(file: PathBuf, level: LogLevel) {
    // What libraries have to say about themselves concerns no operator.
    let ours =
        tracing_subscriber::filter::filter_fn(|metadata| metadata.target().starts_with("spotter"));
    let diagnostics = Diagnostics {
        file,
        bytes_max: DIAG_BYTES_MAX,
    };
    let (level, handle) = reload::Layer::new(filter(level));
    let began = tracing_subscriber::registry()
        .with(diagnostics.with_filter(ours.and(level)))
        .try_init();
    if began.is_ok() {
        let _ = LEVEL.set(handle);
    }
}

/// Tells more or less from now on.
pub(crate) fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get() {
        let _ = handle.reload(filter(level));
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Tells what happened in the machine.
pub(crate) fn tell(event: &Event) {
    match event.level() {
        Level::Error => tracing::error!(relay = json(event)),
        Level::Warn => tracing::warn!(relay = json(event)),
        Level::Info => tracing::info!(relay = json(event)),
        Level::Debug => tracing::debug!(relay = json(event)),
    }
}

fn json(event: &Event) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

/// Writes every event to both places.
struct Diagnostics {
    file: PathBuf,
    /// Beyond this the file is moved aside, in the place of the one that was moved aside before.
    bytes_max: u64,
}

impl<S: tracing::Subscriber> Layer<S> for Diagnostics {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_lowercase();
        let time = time();
        let text = text(&time, &level, &fields.0);
        let _ = writeln!(io::stderr().lock(), "{text}");
        let mut line = Map::from_iter([
            ("time".to_owned(), Value::String(time)),
            ("level".to_owned(), Value::String(level)),
        ]);
        line.extend(fields.0);
        let _ = self.write(&Value::Object(line));
    }
}

impl Diagnostics {
    /// Appends a line to the file, wherever it is by now: it may have been moved aside, or lost with its folder.
    fn write(&self, line: &Value) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.file)?;
        if file.metadata()?.len() >= self.bytes_max {
            fs::rename(&self.file, self.file.with_extension("log.1"))?;
            file = options.open(&self.file)?;
        }
        file.write_all(format!("{line}\n").as_bytes())
    }
}

/// The fields of an event, those of a machine's event spread out.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = if field.name() == "message" {
            "event"
        } else {
            field.name()
        };
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == RELAY
            && let Ok(Value::Object(fields)) = serde_json::from_str(value)
        {
            self.0.extend(fields);
            return;
        }
        self.put(field, Value::String(value.to_owned()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// `2026-11-20T14:03:07.120Z  info joined meet=123456789 location="Platform 1"`
fn text(time: &str, level: &str, fields: &Map<String, Value>) -> String {
    let event = fields
        .get("event")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut text = format!("{time} {level:>5} {event}");
    for (name, value) in fields.iter().filter(|(name, _)| *name != "event") {
        let shown = match value.as_str() {
            Some(plain) if is_plain(plain) => plain.to_owned(),
            Some(_) | None => value.to_string(),
        };
        text.push_str(&format!(" {name}={shown}"));
    }
    text
}

/// Whether a value can stand without quotes and without doing anything to a terminal.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.:/@".contains(c))
}

fn time() -> String {
    let millis = i64::try_from(clock::wall_ms()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_moved_aside_when_it_is_long_and_made_anew_when_it_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let diagnostics = Diagnostics {
            file: dir.path().join("diag.log"),
            bytes_max: 10,
        };
        for number in 0..5 {
            diagnostics
                .write(&Value::from(format!("line {number}")))
                .unwrap();
        }
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(
            (read("diag.log.1"), read("diag.log")),
            (
                "\"line 2\"\n\"line 3\"\n".to_owned(),
                "\"line 4\"\n".to_owned()
            )
        );
        fs::remove_file(&diagnostics.file).unwrap();
        diagnostics.write(&Value::from("again")).unwrap();
        assert_eq!(read("diag.log"), "\"again\"\n");
    }

    #[test]
    fn a_line_break_in_a_name_stays_in_its_line() {
        let fields = Map::from_iter([
            ("event".to_owned(), Value::from("joined")),
            (
                "location".to_owned(),
                Value::from("Desk\n\u{1b}[31m level=error"),
            ),
            ("meet".to_owned(), Value::from("123456789")),
        ]);
        let text = text("2026-11-20T14:03:07.120Z", "info", &fields);
        assert_eq!(
            text,
            "2026-11-20T14:03:07.120Z  info joined location=\"Desk\\n\\u001b[31m level=error\" meet=123456789"
        );
    }
}
