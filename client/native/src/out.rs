//! Where this program's words go: results to standard output, remarks and progress to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;
use tokio::time::Instant;

use crate::clock;
use crate::limits::PROGRESS_EVERY;

use crate::failure::Failure;

/// Prints one line of a result.
pub(crate) fn line(text: impl AsRef<str>) {
    let mut out = io::stdout().lock();
    // A reader who has seen enough, as `head` has, must not stop edits from being saved.
    let _ = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
}

/// Prints one line of what happens. Whatever a name holds, it stays one line.
pub(crate) fn news(text: impl AsRef<str>) {
    let text = text.as_ref();
    let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    line(text.chars().map(printable).collect::<String>());
}

/// Prints a result for programs, as one indented document.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::refused(format!("the result cannot be written: {error}")))?;
    line(text);
    Ok(())
}

/// Prints a result for programs, as one line of several.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::refused(format!("the result cannot be written: {error}")))?;
    line(text);
    Ok(())
}

/// Says something a person should know, beside the result.
pub(crate) fn remark(text: impl AsRef<str>) {
    let mut err = io::stderr().lock();
    // Where not even this can be written, there is nobody to tell.
    let _ = writeln!(err, "spotter: {}", text.as_ref());
}

/// A line on a terminal that is written over as long work goes on; nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: Option<String>,
    next: Instant,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            shown: None,
            // What is done in a moment needs no words.
            next: clock::after(PROGRESS_EVERY),
            on_terminal: io::stderr().is_terminal(),
        }
    }

    /// Whether it is time to show something, and somebody looks.
    pub(crate) fn is_due(&self) -> bool {
        self.on_terminal && clock::is_over(self.next)
    }

    /// Shows how far the work is.
    pub(crate) fn show(&mut self, text: String) {
        self.next = clock::after(PROGRESS_EVERY);
        if self.on_terminal && self.shown.as_ref() != Some(&text) {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r\x1b[K{text}");
            let _ = err.flush();
            self.shown = Some(text);
        }
    }

    /// Removes the line, before something else is said.
    pub(crate) fn clear(&mut self) {
        if self.shown.take().is_some() {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r\x1b[K");
            let _ = err.flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
