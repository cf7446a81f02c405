//! The figures of a run: shown as they are measured, as a table at the end, as JSON to keep and to compare with.

use std::collections::BTreeMap;
use std::path::Path;

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::host;

/// The first two lines of a table of figures.
pub(crate) const TABLE_HEAD: &str = "\
| group | what | value | rounds | reference | ratio | bar | kept |
| --- | --- | --- | --- | --- | --- | --- | --- |";

/// One figure beside what it is compared with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Figure {
    pub(crate) group: String,
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// The smallest and the largest of the rounds, where there were several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<(f64, f64)>,
    /// How many rounds.
    pub(crate) rounds: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bar: Option<f64>,
    /// Whether the bar is one for the ratio.
    #[serde(default)]
    pub(crate) bar_is_ratio: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bar_kept: Option<bool>,
}

/// What a figure is compared with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Reference {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) ratio: f64,
}

/// The values of several rounds: the one in the middle, and how far they lie apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) middle: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) rounds: usize,
}

impl Spread {
    /// Of one value for each round.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        Self {
            middle: f64::midpoint(at(last / 2), at(last.div_ceil(2))),
            least: at(0),
            most: at(last),
            rounds: values.len(),
        }
    }
}

/// What a figure is held to.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// Nothing; it is only reported.
    None,
    /// The figure itself may be at most this.
    Value(f64),
    /// Its ratio to the reference may be at most this.
    Ratio(f64),
}

/// A run, as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Run {
    /// Whether it was the long form.
    pub(crate) long: bool,
    /// What it ran on.
    pub(crate) machine: String,
    /// How busy that was before.
    pub(crate) load_average: f64,
    pub(crate) figures: Vec<Figure>,
    /// Points of a plot, by its name: for each line its name and its points.
    pub(crate) series: BTreeMap<String, Vec<Line>>,
}

/// A line of a plot.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Figures in the order in which they were measured.
pub(crate) struct Report {
    pub(crate) run: Run,
    earlier: Option<Run>,
    progress: ProgressBar,
}

impl Report {
    pub(crate) fn new(long: bool, earlier: Option<Run>, progress: ProgressBar) -> Self {
        Self {
            run: Run {
                long,
                machine: host::describe(),
                load_average: host::load_average(),
                figures: Vec::new(),
                series: BTreeMap::new(),
            },
            earlier,
            progress,
        }
    }

    /// Adds a figure that was measured once.
    pub(crate) fn add(
        &mut self,
        group: &'static str,
        what: impl Into<String>,
        (value, unit): (f64, &str),
        reference: Option<(&str, f64)>,
        bar: Bar,
    ) {
        let once = Spread::of([value]);
        self.spread(group, what, (once, unit), reference, bar);
    }

    /// Adds a figure that was measured in several rounds, and shows it at once: long runs show progress.
    pub(crate) fn spread(
        &mut self,
        group: &'static str,
        what: impl Into<String>,
        (values, unit): (Spread, &str),
        reference: Option<(&str, f64)>,
        bar: Bar,
    ) {
        let value = values.middle;
        let reference = reference.map(|(what, reference)| Reference {
            what: what.to_owned(),
            value: reference,
            ratio: value / reference,
        });
        let bar_is_ratio = matches!(bar, Bar::Ratio(_));
        let (bar, bar_kept) = match bar {
            Bar::None => (None, None),
            Bar::Value(bar) => (Some(bar), Some(value <= bar)),
            Bar::Ratio(bar) => {
                let ratio = reference.as_ref().map(|reference| reference.ratio);
                (Some(bar), ratio.map(|ratio| ratio <= bar))
            }
        };
        let figure = Figure {
            group: group.to_owned(),
            what: what.into(),
            value,
            unit: unit.to_owned(),
            spread: (values.rounds > 1).then_some((values.least, values.most)),
            rounds: values.rounds,
            reference,
            bar,
            bar_is_ratio,
            bar_kept,
        };
        self.say(&figure.row(self.earlier(&figure)));
        self.run.figures.push(figure);
    }

    /// Keeps points for a plot.
    pub(crate) fn plot(&mut self, plot: &str, line: &str, points: Vec<(f64, f64)>) {
        let lines = self.run.series.entry(plot.to_owned()).or_default();
        let name = line.to_owned();
        lines.push(Line { name, points });
    }

    /// A remark between the figures.
    pub(crate) fn say(&self, words: &str) {
        self.progress.suspend(|| out(words));
    }

    /// The whole table, for the end of a run.
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![TABLE_HEAD.to_owned()];
        let figures = self.run.figures.iter();
        lines.extend(figures.map(|figure| figure.row(self.earlier(figure))));
        lines.join("\n")
    }

    /// Whether every bar that was tried was kept.
    pub(crate) fn missed(&self) -> Vec<&Figure> {
        let figures = self.run.figures.iter();
        figures
            .filter(|figure| figure.bar_kept == Some(false))
            .collect()
    }

    fn earlier(&self, figure: &Figure) -> Option<&Figure> {
        self.earlier.as_ref()?.figure(&figure.group, &figure.what)
    }
}

impl Run {
    /// A figure by its names.
    pub(crate) fn figure(&self, group: &str, what: &str) -> Option<&Figure> {
        let mut figures = self.figures.iter();
        figures.find(|figure| figure.group == group && figure.what == what)
    }

    /// Reads a run that was kept.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()))
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    }

    /// Keeps this run.
    ///
    /// # Errors
    /// Says why it could not be written.
    pub(crate) fn save(&self, path: &Path) -> Result<(), String> {
        let json = serde_json::to_vec_pretty(self).map_err(|error| error.to_string());
        json.and_then(|json| std::fs::write(path, json).map_err(|error| error.to_string()))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

impl Figure {
    /// The figure as a line of the table; beside an earlier one, with the ratio to it.
    pub(crate) fn row(&self, earlier: Option<&Self>) -> String {
        let reference = self.reference.as_ref();
        let rounds = match self.spread {
            Some((least, most)) => {
                format!("{}: {} to {}", self.rounds, number(least), number(most))
            }
            None => String::new(),
        };
        let against = earlier.map_or_else(String::new, |earlier| {
            format!(" {}x of before |", number(self.value / earlier.value))
        });
        format!(
            "| {} | {} | {}{}{} | {rounds} | {} | {} | {} | {} |{against}",
            self.group,
            self.what,
            number(self.value),
            if self.unit.is_empty() { "" } else { " " },
            self.unit,
            reference.map_or_else(String::new, |r| format!("{}: {}", r.what, number(r.value))),
            reference.map_or_else(String::new, |r| number(r.ratio)),
            self.bar.map_or_else(String::new, number),
            self.bar_kept
                .map_or("", |kept| if kept { "yes" } else { "**no**" }),
        )
    }
}

/// Three digits that matter; thousands are set apart.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    let plain = format!("{value:.digits$}");
    let plain = match plain.contains('.') {
        true => plain.trim_end_matches('0').trim_end_matches('.'),
        false => &plain,
    };
    if value.abs() < 10_000.0 {
        return plain.to_owned();
    }
    let mut grouped = String::new();
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && digit.is_ascii_digit() && (plain.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Prints a line of the result.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn out(line: &str) {
    println!("{line}");
}
