//! The table that a run ends with.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

/// One figure beside what it is compared with.
#[derive(Serialize)]
struct Figure {
    group: &'static str,
    what: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bar: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bar_kept: Option<bool>,
}

#[derive(Serialize)]
struct Reference {
    what: &'static str,
    value: f64,
    ratio: f64,
}

/// Figures in the order in which they were measured.
pub(crate) struct Report {
    figures: Vec<Figure>,
}

/// What a figure is held to.
pub(crate) enum Bar {
    /// Nothing; it is only reported.
    None,
    /// The figure itself may be at most this.
    Value(f64),
    /// Its ratio to the reference may be at most this.
    Ratio(f64),
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            figures: Vec::new(),
        }
    }

    /// Adds a figure and shows it at once: long runs show progress.
    pub(crate) fn add(
        &mut self,
        group: &'static str,
        what: impl Into<String>,
        (value, unit): (f64, &'static str),
        reference: Option<(&'static str, f64)>,
        bar: Bar,
    ) {
        let reference = reference.map(|(what, reference)| Reference {
            what,
            value: reference,
            ratio: value / reference,
        });
        let (bar, kept) = match bar {
            Bar::None => (None, None),
            Bar::Value(bar) => (Some(bar), Some(value <= bar)),
            Bar::Ratio(bar) => {
                let ratio = reference.as_ref().map(|reference| reference.ratio);
                (Some(bar), ratio.map(|ratio| ratio <= bar))
            }
        };
        let figure = Figure {
            group,
            what: what.into(),
            value,
            unit,
            reference,
            bar,
            bar_kept: kept,
        };
        say(&figure.row());
        self.figures.push(figure);
    }

    /// Writes the figures down; fails if they cannot be written.
    pub(crate) fn finish(self, json: Option<&Path>) -> ExitCode {
        say(
            "\n| group | what | value | reference | ratio | bar | kept |\n| --- | --- | --- | --- | --- | --- | --- |",
        );
        self.figures.iter().for_each(|figure| say(&figure.row()));
        let Some(path) = json else {
            return ExitCode::SUCCESS;
        };
        let written = serde_json::to_vec_pretty(&self.figures)
            .map_err(std::io::Error::from)
            .and_then(|json| std::fs::write(path, json));
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                say(&format!("cannot write {}: {error}", path.display()));
                ExitCode::FAILURE
            }
        }
    }
}

impl Figure {
    fn row(&self) -> String {
        let reference = self.reference.as_ref();
        format!(
            "| {} | {} | {} {} | {} | {} | {} | {} |",
            self.group,
            self.what,
            number(self.value),
            self.unit,
            reference.map_or_else(String::new, |r| format!("{}: {}", r.what, number(r.value))),
            reference.map_or_else(String::new, |r| number(r.ratio)),
            self.bar.map_or_else(String::new, number),
            self.bar_kept
                .map_or("", |kept| if kept { "yes" } else { "**no**" }),
        )
    }
}

/// Three digits that matter.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
