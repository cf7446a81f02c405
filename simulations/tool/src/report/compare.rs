//! The comparison: every measure under every rule.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::statistics::{Mean, mean};
use super::{Material, colour, framed};
use crate::rows::number_shown;

/// The section: a table for all worlds, and one for each scenario if there are several.
pub(crate) fn section(material: &Material) -> Markup {
    let rules = material.rules();
    let scenarios = material.scenarios();
    html! {
        section {
            h2 { @if rules.len() > 1 { "The rules compared" } @else { "What was measured" } }
            p.note { (explained(material)) }
            (table(material, None))
            @if scenarios.len() > 1 { (failures_by_scenario(material, &scenarios)) }
        }
    }
}

fn explained(material: &Material) -> &'static str {
    let rules = material.rules().len().max(1);
    if material.rows.len() > rules {
        "Means over all worlds, with the half width of their 95 % confidence interval. The bars compare the rules within a row."
    } else {
        "The bars compare the rules within a row."
    }
}

/// The measures of every rule, over all worlds or over those in which a field of the grid has a value.
pub(crate) fn table(material: &Material, only: Option<(&str, &str)>) -> Markup {
    let (rules, measures) = (&material.rules(), measures(material));
    let row = |measure: &str| -> Vec<Option<Mean>> {
        rules
            .iter()
            .map(|rule| mean(&values(material, rule, only, measure)))
            .collect()
    };
    let rows = html! {
        thead { tr { th { "measure" } @for rule in rules { th.n { (rule) } } } }
        tbody {
            @for measure in &measures {
                @let means = row(measure);
                @if means.iter().any(Option::is_some) {
                    tr {
                        td { (measure) }
                        @for (rule, told) in rules.iter().zip(&means) {
                            td.n.bar { (cell(material, rule, told.as_ref(), &means)) }
                        }
                    }
                }
            }
        }
    };
    framed("measures", rows)
}

fn cell(material: &Material, rule: &str, told: Option<&Mean>, row: &[Option<Mean>]) -> Markup {
    let Some(told) = told else {
        return html! {};
    };
    let most = row
        .iter()
        .flatten()
        .map(|told| told.mean.abs())
        .fold(0.0, f64::max);
    let share = if most > 0.0 {
        told.mean.abs() / most * 100.0
    } else {
        0.0
    };
    html! {
        (number_shown(told.mean))
        @if told.half > 0.0 { span.note { " ± " (number_shown(told.half)) } }
        @if differ(row) {
            div style={ "width:" (format!("{share:.0}")) "%;background:var(--r" (colour(material, rule) % 8) ")" } {}
        }
    }
}

/// Whether the rules differ at all; where they do not, bars say nothing.
fn differ(row: &[Option<Mean>]) -> bool {
    let mut means = row.iter().flatten().map(|told| told.mean);
    let first = means.next().unwrap_or(0.0);
    means.any(|mean| (mean - first).abs() > f64::EPSILON * first.abs())
}

fn failures_by_scenario(material: &Material, scenarios: &[String]) -> Markup {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in &material.rows {
        if row.get("rule") == Some(crate::engine::OURS) {
            let count = counts
                .entry(row.get("scenario").unwrap_or_default())
                .or_default();
            count.0 += 1;
            count.1 += u64::from(row.get("failed") == Some("1"));
        }
    }
    html! {
        h2 { "Scenarios" }
        (framed("scenarios", html! {
            thead { tr { th { "scenario" } th.n { "worlds" } th.n { "that failed" } } }
            tbody {
                @for scenario in scenarios {
                    @let (worlds, failed) = counts.get(scenario.as_str()).copied().unwrap_or_default();
                    tr { td { (scenario) } td.n { (worlds) } td.n { (failed) } }
                }
            }
        }))
    }
}

/// The names of all measures, in the order of the rows.
pub(crate) fn measures(material: &Material) -> Vec<String> {
    let longest = material
        .rows
        .iter()
        .map(|row| row.measures())
        .max_by_key(Vec::len);
    longest
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn values(material: &Material, rule: &str, only: Option<(&str, &str)>, measure: &str) -> Vec<f64> {
    let of_rule = material
        .rows
        .iter()
        .filter(|row| row.get("rule") == Some(rule));
    let wanted =
        of_rule.filter(|row| only.is_none_or(|(field, value)| row.get(field) == Some(value)));
    wanted.filter_map(|row| row.number(measure)).collect()
}
