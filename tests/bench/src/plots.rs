//! Plots of a run, as SVG files that are regenerated and never touched by hand.

use std::path::Path;

use plotters::prelude::*;

use crate::report::{Figure, Line, Run, number};

type Drawn = Result<(), Box<dyn std::error::Error>>;

const WIDTH: u32 = 900;
const ROW: i32 = 24;
const TOP: i32 = 56;
const LABELS: i32 = 470;
const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(40, 44, 52);
const FAINT: RGBColor = RGBColor(120, 126, 138);
const GOOD: RGBColor = RGBColor(64, 130, 109);
const BAD: RGBColor = RGBColor(190, 75, 60);
const OTHER: RGBColor = RGBColor(88, 116, 174);

/// Draws every plot that the run has figures for, and says which.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn draw(run: &Run, folder: &Path) -> Result<Vec<(&'static str, &'static str)>, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut drawn = Vec::new();
    let bars = how_near(run);
    let bytes = bytes(run);
    let hot_path = hot_path(run);
    let charts = [
        (
            "bars.svg",
            "How near each figure is to its bar; beyond the line it is missed",
            bars,
            Some(1.0),
            false,
        ),
        (
            "bytes.svg",
            "Bytes of a thousand edits, and on the wire (each mark is ten times the one before)",
            bytes,
            None,
            true,
        ),
        (
            "hot-path.svg",
            "The relay's processor time for a change, in microseconds",
            hot_path,
            None,
            false,
        ),
    ];
    for (file, title, rows, mark, is_log) in charts {
        if !rows.is_empty() {
            chart(&folder.join(file), title, &rows, mark, is_log)
                .map_err(|error| error.to_string())?;
            drawn.push((file, title));
        }
    }
    if let Some(lines) = run.series.get("many") {
        let title = "Share of deliveries that took at most so many milliseconds";
        curves(&folder.join("many-meets.svg"), title, lines).map_err(|error| error.to_string())?;
        drawn.push(("many-meets.svg", title));
    }
    Ok(drawn)
}

struct Row {
    label: String,
    value: f64,
    shown: String,
    colour: RGBColor,
}

fn how_near(run: &Run) -> Vec<Row> {
    let rows = run.figures.iter().filter_map(|figure| {
        let measured = figure.measured_against_bar()?;
        // A bar of nothing is kept with nothing.
        let value = if figure.bar? > 0.0 {
            measured / figure.bar?
        } else {
            measured
        };
        let colour = if figure.bar_kept? { GOOD } else { BAD };
        Some(Row {
            label: figure.what.clone(),
            value,
            shown: number(value),
            colour,
        })
    });
    rows.collect()
}

fn bytes(run: &Run) -> Vec<Row> {
    let wanted = [
        (
            "pack",
            "1,000 edits of a meet's day: deflated",
            "1,000 edits of a meet's day: as they are",
            true,
        ),
        (
            "pack",
            "1,000 edits of a meet's day: deflated",
            "1,000 edits of a meet's day: deflated",
            false,
        ),
        (
            "pack",
            "1,000 edits of a meet's day: packed",
            "1,000 edits of a meet's day: packed",
            false,
        ),
        (
            "exchange",
            "1,000 edits made offline: Automerge's own sync",
            "1,000 edits sent: Automerge's own sync",
            false,
        ),
        (
            "exchange",
            "1,000 edits made offline: the messages with the changes",
            "1,000 edits sent: ours",
            false,
        ),
        (
            "exchange",
            "after missing 100 changes: Automerge's own sync",
            "100 changes fetched: Automerge's own sync",
            false,
        ),
        (
            "exchange",
            "after missing 100 changes: the messages with the changes",
            "100 changes fetched: ours",
            false,
        ),
        (
            "exchange",
            "cold join: the messages with the changes",
            "cold join: the document saved by Automerge",
            true,
        ),
        (
            "exchange",
            "cold join: Automerge's own sync",
            "cold join: Automerge's own sync",
            false,
        ),
        (
            "exchange",
            "cold join: the messages with the changes",
            "cold join: ours",
            false,
        ),
    ];
    let rows = wanted
        .iter()
        .filter_map(|(group, what, label, is_reference)| {
            let figure = run.figure(group, what)?;
            let value = if *is_reference {
                figure.reference.as_ref()?.value
            } else {
                figure.value
            };
            let is_ours = label.ends_with("ours") || label.ends_with("packed");
            Some(Row {
                label: (*label).to_owned(),
                value,
                shown: number(value),
                colour: if is_ours { GOOD } else { OTHER },
            })
        });
    rows.collect()
}

fn hot_path(run: &Run) -> Vec<Row> {
    let profiles = run.series.iter().filter_map(|(name, lines)| {
        let load = name.strip_prefix("profile, ")?;
        Some(lines.iter().map(move |line| {
            let value = line.points.first().map_or(0.0, |(_, value)| *value);
            Row {
                label: format!("{load}: {}", line.name),
                value,
                shown: number(value),
                colour: if load.starts_with("one") { GOOD } else { OTHER },
            }
        }))
    });
    profiles.flatten().collect()
}

/// Horizontal bars with their labels.
fn chart(path: &Path, title: &str, rows: &[Row], mark: Option<f64>, is_log: bool) -> Drawn {
    let height = TOP + ROW * rows.len() as i32 + 16;
    let area = SVGBackend::new(path, (WIDTH, height as u32)).into_drawing_area();
    area.fill(&PAPER)?;
    area.draw(&Text::new(title, (16, 16), text(17, INK)))?;
    let place = |value: f64| {
        if is_log {
            value.max(1.0).log10()
        } else {
            value
        }
    };
    let most = rows
        .iter()
        .map(|row| place(row.value))
        .fold(mark.unwrap_or(0.0), f64::max);
    // A few that are far beyond their bars do not make the others invisible.
    let most = if mark.is_some() { most.min(2.5) } else { most };
    let room = f64::from(WIDTH as i32 - LABELS - 70);
    let x = |value: f64| LABELS + (place(value).min(most) / most * room) as i32;
    if is_log {
        for power in 1..=most as i32 {
            let at = x(10f64.powi(power));
            area.draw(&PathElement::new(
                [(at, TOP - 6), (at, height - 12)],
                FAINT.mix(0.4),
            ))?;
        }
    }
    for (number, row) in rows.iter().enumerate() {
        let top = TOP + ROW * number as i32;
        area.draw(&Text::new(
            shortened(&row.label),
            (16, top + 3),
            text(12, INK),
        ))?;
        let corners = [(LABELS, top), (x(row.value).max(LABELS + 1), top + ROW - 8)];
        area.draw(&Rectangle::new(corners, row.colour.filled()))?;
        area.draw(&Text::new(
            row.shown.clone(),
            (x(row.value) + 6, top + 3),
            text(12, FAINT),
        ))?;
    }
    if let Some(mark) = mark {
        area.draw(&PathElement::new(
            [(x(mark), TOP - 8), (x(mark), height - 10)],
            INK.stroke_width(2),
        ))?;
    }
    area.present()?;
    Ok(())
}

/// Rising curves over a logarithm of milliseconds.
fn curves(path: &Path, title: &str, lines: &[Line]) -> Drawn {
    let area = SVGBackend::new(path, (WIDTH, 360)).into_drawing_area();
    area.fill(&PAPER)?;
    area.draw(&Text::new(title, (16, 16), text(17, INK)))?;
    let (left, right, top, bottom) = (60, WIDTH as i32 - 40, 60, 310);
    let times = || {
        lines
            .iter()
            .flat_map(|line| &line.points)
            .map(|(time, _)| time.max(0.01).log10())
    };
    let (least, most) = (
        times().fold(f64::MAX, f64::min).floor(),
        times().fold(f64::MIN, f64::max).ceil(),
    );
    let x = |time: f64| {
        let share = (time.max(0.01).log10() - least) / (most - least).max(1.0);
        left + (share * f64::from(right - left)) as i32
    };
    let y = |share: f64| bottom - (share * f64::from(bottom - top)) as i32;
    for power in least as i32..=most as i32 {
        let time = 10f64.powi(power);
        area.draw(&PathElement::new(
            [(x(time), top), (x(time), bottom)],
            FAINT.mix(0.4),
        ))?;
        area.draw(&Text::new(
            format!("{time} ms"),
            (x(time) - 12, bottom + 8),
            text(12, FAINT),
        ))?;
    }
    for share in [0.0, 0.5, 0.99] {
        area.draw(&PathElement::new(
            [(left, y(share)), (right, y(share))],
            FAINT.mix(0.4),
        ))?;
        area.draw(&Text::new(
            format!("{:.0} %", 100.0 * share),
            (16, y(share) - 6),
            text(12, FAINT),
        ))?;
    }
    for (number, (line, colour)) in lines.iter().zip([OTHER, GOOD, BAD]).enumerate() {
        let points: Vec<(i32, i32)> = line
            .points
            .iter()
            .map(|(time, share)| (x(*time), y(*share)))
            .collect();
        area.draw(&PathElement::new(points, colour.stroke_width(2)))?;
        let at = (left + 140 * number as i32, 38);
        area.draw(&Text::new(line.name.clone(), at, text(13, colour)))?;
    }
    area.present()?;
    Ok(())
}

fn text(size: i32, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&colour)
}

fn shortened(label: &str) -> String {
    const MOST: usize = 74;
    match label.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &label[..end]),
        None => label.to_owned(),
    }
}

impl Figure {
    /// What is held against the bar: the ratio where there is a reference that the bar speaks of, else the value.
    fn measured_against_bar(&self) -> Option<f64> {
        self.bar?;
        Some(match (&self.reference, self.bar_is_ratio) {
            (Some(reference), true) => reference.ratio,
            (Some(_) | None, _) => self.value,
        })
    }
}
