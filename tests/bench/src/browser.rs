//! The meet in Chromium: from a click to another screen, the start of a page, its memory, bytes of a day.
//!
//! A Node program in `tests/browser/bench` drives the browsers and measures; each line that it prints is a figure, or
//! words. Here the figures become rows like all others. Relay and browsers share all cores, unlike the servers of the
//! other groups: there are more browsers than cores.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::host::{disk_folder, on_all_cores, program};
use crate::report::{Bar, Report, Spread};

/// One line of the program.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    Say(String),
    /// Why nothing can be measured here.
    Missing(String),
    Figure(Figure),
}

#[derive(Deserialize)]
struct Figure {
    what: String,
    unit: String,
    rounds: Vec<f64>,
    reference: Option<Reference>,
    bar: Option<Held>,
}

#[derive(Deserialize)]
struct Reference {
    what: String,
    rounds: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Held {
    Value(f64),
    Ratio(f64),
}

/// Runs the program and takes its figures. Without Node or Chromium nothing is measured; a failure is a bar that is missed.
pub(crate) fn measure(report: &mut Report, long: bool) {
    match run(report, long) {
        Ok(()) => {}
        Err(why) => {
            report.say(&format!("browser: {why}"));
            let failed = (1.0, "");
            let what = "measurements that failed; what was said stands above the table";
            report.add("browser", what, failed, None, Bar::Value(0.0));
        }
    }
}

fn run(report: &mut Report, long: bool) -> Result<(), String> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser/bench/run.mjs");
    let folder = disk_folder();
    let mut command = Command::new("node");
    command
        .arg(bench)
        .args(long.then_some("--long"))
        .env("SPOTTER_BIN", program(""))
        // Browsers and relay keep what they keep on a disk.
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let Ok(mut child) = on_all_cores(|| command.spawn()) else {
        report.say("browser: left out; there is no Node");
        return Ok(());
    };
    let taken = match child.stdout.take() {
        Some(output) => take(report, BufReader::new(output)),
        None => Ok(()),
    };
    let ended = child.wait().map_err(|error| error.to_string())?;
    taken?;
    match ended.success() {
        true => Ok(()),
        false => Err(format!("tests/browser/bench has failed ({ended})")),
    }
}

/// Takes every line, so that the program can end in peace; the first that makes no sense is a failure.
fn take(report: &mut Report, lines: impl BufRead) -> Result<(), String> {
    let mut taken = Ok(());
    for line in lines.lines() {
        let line = line.map_err(|error| error.to_string())?;
        match serde_json::from_str(&line) {
            Ok(Told::Say(words)) => report.say(&format!("browser: {words}")),
            Ok(Told::Missing(why)) => report.say(&format!("browser: left out; {why}")),
            Ok(Told::Figure(figure)) => figure.tell(report),
            Err(error) => taken = taken.and(Err(format!("not understood: {line} ({error})"))),
        }
    }
    taken
}

impl Figure {
    fn tell(self, report: &mut Report) {
        let values = (Spread::of(self.rounds), self.unit.as_str());
        let reference = self.reference.as_ref().map(|reference| {
            let rounds = Spread::of(reference.rounds.iter().copied());
            (reference.what.as_str(), rounds.middle)
        });
        let bar = match self.bar {
            None => Bar::None,
            Some(Held::Value(most)) => Bar::Value(most),
            Some(Held::Ratio(most)) => Bar::Ratio(most),
        };
        report.spread("browser", self.what, values, reference, bar);
    }
}
