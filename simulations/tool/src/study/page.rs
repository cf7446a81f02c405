//! Tables and figures, made from the rows alone, and the page that shows them.

use std::collections::BTreeSet;
use std::path::Path;

use super::chart::{Chart, Line};
use super::estimate::{Estimate, log_log_slope, mean, short};
use super::rows::{Point, Rows};
use super::{compare, gray, orders, resync};
use crate::engine::OURS;
use crate::files;
use crate::summary::{self, Version};
use crate::trouble::Trouble;

/// What the page shows.
pub(super) struct Drawn {
    pub(super) tables: Vec<Table>,
    /// File names and what they hold.
    figures: Vec<(String, String)>,
}

/// A table or a few words, under the name by which the page asks for it.
pub(super) struct Table {
    name: &'static str,
    pub(super) text: String,
}

/// Makes everything.
pub(super) fn made(rows: &Rows) -> Drawn {
    let tables = vec![
        origin(rows, &summary::here()),
        comparison(rows),
        slopes(rows),
        outcomes(rows),
        bytes(rows),
    ];
    Drawn {
        tables,
        figures: figures(rows),
    }
}

/// Writes the figures and the estimates behind them.
///
/// # Errors
/// A file cannot be written.
pub(super) fn write(folder: &Path, drawn: &Drawn, rows: &Rows) -> Result<(), Trouble> {
    for (name, svg) in &drawn.figures {
        files::write(&folder.join(name), svg)?;
    }
    files::write(&folder.join("estimates.csv"), &estimates(rows))
}

/// Puts the tables between the marks of a page: `<!-- study: NAME -->` and `<!-- study: end -->`.
///
/// # Errors
/// The page cannot be read or written, or lacks marks.
pub(super) fn update(page: &Path, drawn: &Drawn) -> Result<(), Trouble> {
    let mut text = files::read(page)?;
    for table in &drawn.tables {
        text = with_table(&text, table).ok_or_else(|| {
            let (page, name) = (page.display(), table.name);
            Trouble::Asked(format!(
                "{page}: there is no <!-- study: {name} --> with an end"
            ))
        })?;
    }
    files::write(page, &text)
}

fn with_table(page: &str, table: &Table) -> Option<String> {
    let begins = format!("<!-- study: {} -->\n", table.name);
    let (before, rest) = page.split_once(&begins)?;
    let (_, after) = rest.split_once("<!-- study: end -->")?;
    Some(format!(
        "{before}{begins}\n{}\n<!-- study: end -->{after}",
        table.text
    ))
}

/// Which version made the numbers, and how often each point was repeated.
fn origin(rows: &Rows, (version, commit): &Version) -> Table {
    let commit = commit.as_deref().map_or_else(
        || "an unknown commit".to_owned(),
        |commit| {
            let (commit, changed) = commit.split_once('-').unwrap_or((commit, ""));
            let changed = if changed.is_empty() { "" } else { ", changed" };
            format!("commit `{}`{changed}", commit.get(..12).unwrap_or(commit))
        },
    );
    let repeated = |part| {
        let of_part = rows.rows.iter().filter(|row| row.part == part);
        let seeds: BTreeSet<u64> = of_part.map(|row| row.seed).collect();
        seeds.len()
    };
    let text = format!(
        "These numbers were made by version {version} at {commit}. Each point of the comparison was repeated {} times, of the\n\
         conflicts {} times, of resynchronising {} times; for the orders there are {} sets of edits for each number of locations,\n\
         in all of their orders.\n",
        repeated(compare::PART),
        repeated(gray::PART),
        repeated(resync::PART),
        repeated(orders::PART)
    );
    Table {
        name: "origin",
        text,
    }
}

/// All rules at the longest partition, one measure a column.
fn comparison(rows: &Rows) -> Table {
    let x = rows
        .xs(compare::PART, compare::PARTITION)
        .last()
        .copied()
        .unwrap_or_default();
    let rules = rows.rules(compare::PART);
    let mut table = head(std::iter::once("measure").chain(rules.iter().map(String::as_str)));
    for measure in compare::MEASURES {
        let cell = |rule: &String| {
            let point = Point {
                part: compare::PART,
                factor: compare::PARTITION,
                x,
                rule,
                measure,
            };
            shown(mean(&rows.values(point)))
        };
        line(
            &mut table,
            std::iter::once(measure.to_owned()).chain(rules.iter().map(cell)),
        );
    }
    Table {
        name: "comparison",
        text: table,
    }
}

fn slopes(rows: &Rows) -> Table {
    let mut table = head(["varied", "value", "conflicts", "expected", "ratio"].into_iter());
    let mut fits = String::new();
    for factor in [gray::APART, gray::LOCATIONS] {
        let mut points = Vec::new();
        for x in rows.xs(gray::PART, factor) {
            let values = conflicts(rows, factor, x);
            let (locations, apart) = if factor == gray::APART {
                (4.0, x)
            } else {
                (x, 60.0)
            };
            let expected = gray::expected(locations, apart);
            let found = mean(&values);
            let ratio = found.map_or(0.0, |found| found.value / expected);
            let cells = [
                factor.to_owned(),
                short(x),
                shown(found),
                short(expected),
                format!("{ratio:.2}"),
            ];
            line(&mut table, cells.into_iter());
            // The argument has ordered pairs where it speaks of nodes.
            let along = if factor == gray::APART {
                x
            } else {
                x * (x - 1.0)
            };
            points.push((along, values));
        }
        let over = if factor == gray::APART {
            "the time apart"
        } else {
            "ordered pairs of locations"
        };
        let expected = if factor == gray::APART { 2 } else { 1 };
        let slope = log_log_slope(&points).map_or_else(
            || "none".to_owned(),
            |slope| {
                format!(
                    "{:.2} (95 % interval {:.2} to {:.2})",
                    slope.value, slope.low, slope.high
                )
            },
        );
        fits.push_str(&format!(
            "\nSlope over {over}: {slope}; expected: {expected}.\n"
        ));
    }
    Table {
        name: "conflicts",
        text: table + &fits,
    }
}

fn conflicts(rows: &Rows, factor: &str, x: f64) -> Vec<f64> {
    rows.values(Point {
        part: gray::PART,
        factor,
        x,
        rule: OURS,
        measure: gray::MEASURE,
    })
}

fn outcomes(rows: &Rows) -> Table {
    let xs = rows.xs(orders::PART, orders::LOCATIONS);
    let names = xs.iter().map(|x| format!("{x} locations"));
    let names: Vec<String> = std::iter::once("rule".to_owned())
        .chain(names)
        .chain(["most".to_owned(), "orders that end in agreement".to_owned()])
        .collect();
    let mut table = head(names.iter().map(String::as_str));
    for rule in rows.rules(orders::PART) {
        let values = |measure, x| {
            rows.values(Point {
                part: orders::PART,
                factor: orders::LOCATIONS,
                x,
                rule: &rule,
                measure,
            })
        };
        let means = xs.iter().map(|x| shown(mean(&values(orders::MEASURE, *x))));
        let all = |measure| {
            xs.iter()
                .flat_map(|x| values(measure, *x))
                .collect::<Vec<f64>>()
        };
        let most = all(orders::MEASURE).into_iter().fold(0.0, f64::max);
        let agree = mean(&all("agree")).map_or(0.0, |agree| 100.0 * agree.value);
        let cells = std::iter::once(rule.clone())
            .chain(means)
            .chain([short(most), format!("{agree:.0} %")]);
        line(&mut table, cells);
    }
    Table {
        name: "orders",
        text: table,
    }
}

fn bytes(rows: &Rows) -> Table {
    let rules = rows.rules(resync::PART);
    let mut table = head(
        std::iter::once("missing changes")
            .chain(rules.iter().map(String::as_str))
            .chain(["ratio"]),
    );
    for x in rows.xs(resync::PART, resync::MISSING) {
        let found: Vec<Option<Estimate>> = rules
            .iter()
            .map(|rule| mean(&resynchronising(rows, rule, x)))
            .collect();
        let ratio = match found.as_slice() {
            [Some(ours), Some(other)] => format!("{:.2}", ours.value / other.value),
            _ => String::new(),
        };
        let cells = std::iter::once(short(x))
            .chain(found.iter().map(|found| shown(*found)))
            .chain([ratio]);
        line(&mut table, cells);
    }
    Table {
        name: "resynchronising",
        text: table,
    }
}

fn resynchronising(rows: &Rows, rule: &str, x: f64) -> Vec<f64> {
    rows.values(Point {
        part: resync::PART,
        factor: resync::MISSING,
        x,
        rule,
        measure: resync::MEASURE,
    })
}

fn figures(rows: &Rows) -> Vec<(String, String)> {
    let mut figures = Vec::new();
    for (factor, x) in [
        (compare::PARTITION, "seconds without a connection"),
        (compare::LOCATIONS, "locations"),
        (compare::RATE, "edits a minute and location"),
    ] {
        for (measure, title) in [
            (
                "flaps",
                "Times that a screen went to a value whose author had not seen the one before",
            ),
            (
                "returns",
                "Times that a screen went back to a value that had been replaced",
            ),
            (
                "priority_inversions",
                "Registers that rest with a value that a higher priority should have beaten",
            ),
            (
                "refused",
                "Writes that a server refused or overruled for good",
            ),
            ("blocked_edit_s", "Seconds in which people could not edit"),
        ] {
            let lines = rows
                .rules(compare::PART)
                .into_iter()
                .map(|rule| of_rule(rows, compare::PART, factor, measure, rule));
            let chart = Chart {
                title: title.to_owned(),
                x: x.to_owned(),
                y: measure.to_owned(),
                logarithmic: (false, false),
                lines: lines.collect(),
            };
            figures.push((format!("{measure}-{factor}.svg"), chart.svg()));
        }
    }
    figures.push(("conflicts.svg".to_owned(), conflicts_chart(rows).svg()));
    figures.push(("orders.svg".to_owned(), orders_chart(rows).svg()));
    figures.push(("resynchronising.svg".to_owned(), bytes_chart(rows).svg()));
    figures
}

fn of_rule(rows: &Rows, part: &str, factor: &str, measure: &str, rule: String) -> Line {
    let at = |x: f64| {
        let values = rows.values(Point {
            part,
            factor,
            x,
            rule: &rule,
            measure,
        });
        Some((x, mean(&values)?))
    };
    let points = rows.xs(part, factor).into_iter().filter_map(at).collect();
    Line { name: rule, points }
}

fn conflicts_chart(rows: &Rows) -> Chart {
    let exactly = |value| Estimate {
        value,
        low: value,
        high: value,
    };
    let expected = rows
        .xs(gray::PART, gray::APART)
        .into_iter()
        .map(|x| (x, exactly(gray::expected(4.0, x))));
    Chart {
        title: "Conflicting edits of one time apart, four locations".to_owned(),
        x: "seconds without a connection".to_owned(),
        y: "edits in conflict".to_owned(),
        logarithmic: (true, true),
        lines: vec![
            of_rule(
                rows,
                gray::PART,
                gray::APART,
                gray::MEASURE,
                OURS.to_owned(),
            ),
            Line {
                name: "Gray et al. 1996".to_owned(),
                points: expected.collect(),
            },
        ],
    }
}

fn orders_chart(rows: &Rows) -> Chart {
    let rules = rows.rules(orders::PART).into_iter();
    Chart {
        title: "Different results of the same edits over all orders of reconnecting".to_owned(),
        x: "locations".to_owned(),
        y: "results".to_owned(),
        logarithmic: (false, false),
        lines: rules
            .map(|rule| of_rule(rows, orders::PART, orders::LOCATIONS, orders::MEASURE, rule))
            .collect(),
    }
}

fn bytes_chart(rows: &Rows) -> Chart {
    let rules = rows.rules(resync::PART).into_iter();
    let lines = rules.map(|rule| {
        let mut line = of_rule(rows, resync::PART, resync::MISSING, resync::MEASURE, rule);
        line.points.retain(|(x, _)| *x > 0.0);
        line
    });
    Chart {
        title: "Bytes until a device that was away has what it missed".to_owned(),
        x: "missing changes".to_owned(),
        y: "bytes, both ways".to_owned(),
        logarithmic: (true, true),
        lines: lines.collect(),
    }
}

/// Every estimate, one a line.
fn estimates(rows: &Rows) -> String {
    let mut text = "part,factor,x,rule,measure,repetitions,mean,low95,high95\n".to_owned();
    let mut points: Vec<Point<'_>> = Vec::new();
    let mut known = BTreeSet::new();
    for row in &rows.rows {
        if known.insert((
            &row.part,
            &row.factor,
            row.x.to_bits(),
            &row.rule,
            &row.measure,
        )) {
            points.push(Point {
                part: &row.part,
                factor: &row.factor,
                x: row.x,
                rule: &row.rule,
                measure: &row.measure,
            });
        }
    }
    for point in points {
        let values = rows.values(point);
        let Some(found) = mean(&values) else {
            continue;
        };
        text.push_str(&format!(
            "{},{},{},{},{},{},{:.4},{:.4},{:.4}\n",
            point.part,
            point.factor,
            point.x,
            point.rule,
            point.measure,
            values.len(),
            found.value,
            found.low,
            found.high
        ));
    }
    text
}

fn shown(found: Option<Estimate>) -> String {
    found.map_or_else(|| "–".to_owned(), |found| found.shown())
}

fn head<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let rule = vec!["---"; names.len()];
    format!("| {} |\n| {} |\n", names.join(" | "), rule.join(" | "))
}

fn line(table: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    table.push_str(&format!("| {} |\n", cells.join(" | ")));
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::*;

    #[test]
    fn a_table_replaces_what_stood_between_its_marks() {
        let page = "before\n<!-- study: orders -->\nold\n<!-- study: end -->\nafter\n";
        let table = Table {
            name: "orders",
            text: "new\n".to_owned(),
        };
        let updated = with_table(page, &table).unwrap();
        assert_eq!(
            updated,
            "before\n<!-- study: orders -->\n\nnew\n\n<!-- study: end -->\nafter\n"
        );
        assert_eq!(
            with_table(&updated, &table).as_deref(),
            Some(updated.as_str()),
            "it can be done again"
        );
        let another = page.replace("orders", "bytes");
        assert_eq!(with_table(&another, &table), None);
    }

    #[test]
    fn a_page_names_the_version_that_made_it_and_the_repetitions_that_there_were() {
        let row = |part: &str, seed| Row {
            part: part.to_owned(),
            factor: String::new(),
            x: 1.0,
            rule: OURS.to_owned(),
            seed,
            plan: String::new(),
            trace: String::new(),
            measure: String::new(),
            value: None,
        };
        let rows = Rows {
            rows: vec![
                row(compare::PART, 1),
                row(compare::PART, 2),
                row(compare::PART, 2),
                row(gray::PART, 1),
            ],
            ..Rows::default()
        };
        let commit = format!("{}-changed", "0123456789abcdef");
        let said = origin(&rows, &("1.2.3".to_owned(), Some(commit))).text;
        let begins = "These numbers were made by version 1.2.3 at commit `0123456789ab`, changed. ";
        assert!(said.starts_with(begins), "{said}");
        assert!(said.contains("comparison was repeated 2 times"), "{said}");
        assert!(said.contains("conflicts 1 times"), "{said}");
    }
}
