//! What a grid shows: charts of every measure over every field that was varied by numbers, a line for each rule, and the
//! table of measures once more for each value of a field that was varied by words.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::chart::{Axis, Chart, Line, Scale};
use super::compare::{measures, table};
use super::statistics::mean;
use super::{Material, colour};
use crate::rows::Row;

/// The section; nothing where nothing was varied.
pub(crate) fn section(material: &Material) -> Markup {
    html! {
        @for field in &settings(material) {
            @let values = values(material, field);
            @if values.len() > 1 && !is_numeric(material, field) {
                section {
                    h2 { "By " code { (field) } }
                    @for value in &values {
                        h3 { code { (field) "=" (value) } }
                        (table(material, Some((field, value))))
                    }
                }
            }
        }
        @for field in &varied(material) {
            section {
                h2 { "Over " code { (field) } }
                p.note { "Means with their 95 % confidence intervals. Measures that stay the same everywhere are left out." }
                div.cards {
                    @for measure in measures(material) {
                        @if let Some(chart) = chart(material, field, &measure) { (chart.figure()) }
                    }
                }
            }
        }
    }
}

/// The fields of the grid.
fn settings(material: &Material) -> Vec<String> {
    let first = material.rows.first();
    let settings = first.map(Row::settings).unwrap_or_default();
    settings.into_iter().map(str::to_owned).collect()
}

/// Fields of the grid with at least two values, all of them numbers.
fn varied(material: &Material) -> Vec<String> {
    let mut fields = settings(material);
    fields.retain(|field| is_numeric(material, field) && places(material, field).len() > 1);
    fields
}

/// The values that a field was given, each once, sorted.
fn values(material: &Material, field: &str) -> BTreeSet<String> {
    let values = material.rows.iter().filter_map(|row| row.get(field));
    values.map(str::to_owned).collect()
}

/// Whether every value of a field is a number or a span of time.
fn is_numeric(material: &Material, field: &str) -> bool {
    let mut rows = material.rows.iter();
    rows.all(|row| row.get(field).is_none_or(str::is_empty) || number(row, field).is_some())
}

/// The numbers that a field was given, sorted. Spans of time count in seconds.
fn places(material: &Material, field: &str) -> Vec<f64> {
    let numbers = material.rows.iter().filter_map(|row| number(row, field));
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

fn number(row: &Row, field: &str) -> Option<f64> {
    let text = row.get(field)?;
    let plain = text.parse().ok();
    plain.or_else(|| crate::moment::read(text).ok().map(|ms| ms as f64 / 1000.0))
}

/// Whether the field is a span of time, which is drawn in seconds.
fn is_time(material: &Material, field: &str) -> bool {
    let first = material.rows.first().and_then(|row| row.get(field));
    first.is_some_and(|text| text.parse::<f64>().is_err())
}

fn chart(material: &Material, field: &str, measure: &str) -> Option<Chart> {
    let places = places(material, field);
    let lines: Vec<Line> = material
        .rules()
        .iter()
        .map(|rule| line(material, rule, field, measure, &places))
        .collect();
    let values: Vec<f64> = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.1)
        .collect();
    let first = values.first()?;
    if values.iter().all(|value| (value - first).abs() < 1e-12) {
        return None;
    }
    let wide = places.first().is_some_and(|&low| low > 0.0)
        && places
            .last()
            .zip(places.first())
            .is_some_and(|(high, low)| high / low >= 20.0);
    Some(Chart {
        title: measure.to_owned(),
        caption: String::new(),
        x: Axis {
            label: if is_time(material, field) {
                format!("{field}, seconds")
            } else {
                field.to_owned()
            },
            scale: if wide { Scale::Log } else { Scale::Even },
        },
        y: Axis {
            label: String::new(),
            scale: Scale::Even,
        },
        calm: None,
        lines: lines.into_iter().rev().collect(),
    })
}

fn line(material: &Material, rule: &str, field: &str, measure: &str, places: &[f64]) -> Line {
    let mut line = Line {
        name: rule.to_owned(),
        colour: colour(material, rule),
        ..Line::default()
    };
    for &place in places {
        let here = material.rows.iter().filter(|row| {
            row.get("rule") == Some(rule)
                && number(row, field).is_some_and(|number| (number - place).abs() < 1e-12)
        });
        let values: Vec<f64> = here.filter_map(|row| row.number(measure)).collect();
        if let Some(told) = mean(&values) {
            line.points.push((place, told.mean));
            // What cannot be negative has no negative bound.
            let low = told.mean - told.half;
            let low = if told.mean >= 0.0 { low.max(0.0) } else { low };
            line.bounds.push((low, told.mean + told.half));
        }
    }
    line
}
