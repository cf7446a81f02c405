//! A report: one HTML file with everything in it, that opens anywhere and loads nothing.

mod chart;
mod compare;
mod curves;
mod grid;
mod material;
mod orders;
mod statistics;
mod timeline;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use spotter_sim_plan::Plan;

use crate::engine::{EXPECT, OURS};
use crate::{moment, rows, story, summary};

use material::Failure;
pub(crate) use material::{Material, World, gather};

/// The style of the page; charts take their colours from it.
const STYLE: &str = include_str!("report/style.css");

/// The page.
pub(crate) fn page(material: &Material) -> String {
    let title = title(material);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.about { (about(material)) }
                }
                main {
                    (findings(material))
                    @for world in &material.worlds { (self::world(world, material.worlds.len() > 1)) }
                    (orders::section(material))
                    (compare::section(material))
                    (grid::section(material))
                    (again(material))
                }
                footer { "spotter-sim " (summary::made_by()) }
            }
        }
    };
    page.into_string()
}

/// The colour of a rule: its place among all rules that the page shows, ours first.
pub(crate) fn colour(material: &Material, rule: &str) -> usize {
    let rules = material.rules();
    rules.iter().position(|known| known == rule).unwrap_or(0)
}

fn title(material: &Material) -> String {
    let scenarios = material.scenarios();
    match scenarios.as_slice() {
        [] => "Simulations".to_owned(),
        names if names.len() <= 3 => names.join(", "),
        names => format!("{} and {} more scenarios", names[0], names.len() - 1),
    }
}

fn about(material: &Material) -> String {
    let rules = material.rules().len();
    let rules = if rules == 1 {
        "one rule".to_owned()
    } else {
        format!("{rules} rules")
    };
    match material.worlds.as_slice() {
        [world] => format!(
            "One world, seed {}, under {rules}: {}",
            world.plan.seed,
            story::size(&world.plan)
        ),
        _ => format!(
            "{} worlds under {rules}",
            material.rows.len() / material.rules().len().max(1)
        ),
    }
}

fn findings(material: &Material) -> Markup {
    let failed = material.failures();
    let worlds = material
        .rows
        .iter()
        .filter(|row| row.get("rule") == Some(OURS))
        .count();
    html! {
        section {
            @if failed.is_empty() {
                @if worlds > 0 {
                    p.verdict.good { strong { "No invariant is broken" } " in " (counted(worlds, "world")) " under our rule." }
                }
            } @else {
                p.verdict.bad { strong { (failed.len()) " of " (counted(worlds, "world")) " failed" } " under our rule: " (what_failed(&failed)) "." }
                (framed("what failed", html! {
                    thead { tr { th { "scenario" } th.n { "seed" } th { "failed" } th { "what" } } }
                    tbody {
                        @for failure in failed.iter().take(50) {
                            tr { td { (failure.scenario) } td.n { (failure.seed) } td { (failure.ids) } td.long { (failure.words) } }
                        }
                    }
                }))
                @if failed.len() > 50 { p.note { "and " (failed.len() - 50) " more" } }
            }
        }
    }
}

/// What failed in how many worlds. What a scenario expects is no invariant.
fn what_failed(failed: &[Failure]) -> String {
    let unmet = |failure: &&Failure| failure.ids.split(' ').any(|id| id == EXPECT);
    let broken = |failure: &&Failure| failure.ids.split(' ').any(|id| id != EXPECT);
    let said = [
        (
            failed.iter().filter(broken).count(),
            "in which an invariant is broken",
        ),
        (
            failed.iter().filter(unmet).count(),
            "in which something else came out than the scenario expects",
        ),
    ];
    let said = said.into_iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = said
        .map(|(count, what)| format!("{} {what}", counted(count, "world")))
        .collect();
    said.join(", ")
}

fn world(world: &World, named: bool) -> Markup {
    html! {
        @if named { h2 { (world.plan.scenario) ", seed " (world.plan.seed) (orders::named(world)) } }
        section {
            h2 { "Who was cut off, and what happened meanwhile" }
            (timeline::figure(world))
        }
        section.pair {
            (curves::convergence(world))
            (curves::staleness(world))
        }
    }
}

/// What it takes to do it again.
fn again(material: &Material) -> Markup {
    html! {
        section {
            h2 { "The same again" }
            p.note { "The same plan gives the same trace on every machine, with the version of the program that is named here." }
            (framed("plans and traces", html! {
                thead { tr { th { "scenario" } th.n { "seed" } th { "rule" } th { "plan" } th { "trace" } } }
                tbody {
                    @for row in material.rows.iter().take(12) {
                        tr {
                            td { (row.get("scenario").unwrap_or_default()) }
                            td.n { (row.get("seed").unwrap_or_default()) }
                            td { (row.get("rule").unwrap_or_default()) }
                            td { code { (short(row.get("plan_hash"))) } }
                            td { code { (short(row.get("trace_hash"))) } }
                        }
                    }
                }
            }))
            @if material.rows.len() > 12 { p.note { "and " (material.rows.len() - 12) " more rows in results.csv" } }
            p.note { "Made by version " (material.made_by) ". Drawn by version " (summary::made_by()) "." }
        }
    }
}

/// A table in a frame of its own: what is wider than the page is scrolled there, by keys as well, and its first column stays.
pub(crate) fn framed(label: &str, rows: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) { table { (rows) } }
    }
}

fn short(hash: Option<&str>) -> &str {
    let hash = hash.unwrap_or_default();
    hash.get(..16).unwrap_or(hash)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// A row of a world that was given as a bare trace.
fn row_of(plan: &Plan, rule: &str, trace: &[spotter_sim_plan::Event]) -> rows::Row {
    let outcome = crate::engine::outcome_of(plan, rule, trace.to_vec());
    let plan_hash = plan.hash();
    rows::Row::of(&plan_hash[..16], None, &[], plan, &plan_hash, &outcome)
}

/// A moment for the axis of a chart.
fn clock_label(ms: f64) -> String {
    let text = moment::shown(ms.max(0.0) as u64);
    text.trim_end_matches(".000").to_owned()
}
