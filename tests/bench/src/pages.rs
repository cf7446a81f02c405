//! Puts a run into `docs/performance.md`: what stands between its two marks is written anew, the rest is people's.

use std::path::{Path, PathBuf};

use crate::plots;
use crate::report::{Figure, Run, TABLE_HEAD, number};

const BEGIN: &str = "<!-- measured: written by `cargo xtask bench --long --write-docs` -->";
const END: &str = "<!-- end of what is measured -->";

/// Writes tables and plots.
///
/// # Errors
/// The page is not where it should be, lacks its marks, or cannot be written.
pub(crate) fn write(run: &Run, groups: &[(&str, &str)]) -> Result<(), String> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page: PathBuf = docs.join("performance.md");
    let drawn = plots::draw(run, &docs.join("plots"))?;
    let text = std::fs::read_to_string(&page)
        .map_err(|error| format!("cannot read {}: {error}", page.display()))?;
    let parts = text.split_once(BEGIN);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        return Err(format!(
            "{} has lost its marks: {BEGIN} … {END}",
            page.display()
        ));
    };
    let measured = measured(run, &drawn, groups);
    std::fs::write(
        &page,
        format!("{before}{BEGIN}\n\n{measured}\n{END}{after}"),
    )
    .map_err(|error| format!("cannot write {}: {error}", page.display()))
}

fn measured(run: &Run, drawn: &[(&str, &str)], groups: &[(&str, &str)]) -> String {
    let form = if run.long { "long" } else { "short" };
    let mut text = format!(
        "One {form} run on {}, with a load average of {} before it.\n\n## The bars\n\n",
        run.machine,
        number(run.load_average)
    );
    let held = run.figures.iter().filter(|figure| figure.bar.is_some());
    text.push_str(&table(held));
    for (file, title) in drawn {
        text.push_str(&format!("\n![{title}](plots/{file})\n"));
    }
    text.push_str("\n## Everything measured\n");
    for (name, about) in groups {
        let figures: Vec<&Figure> = run
            .figures
            .iter()
            .filter(|figure| figure.group == *name)
            .collect();
        if !figures.is_empty() {
            text.push_str(&format!("\n### {name}: {about}\n\n{}", table(figures)));
        }
    }
    text
}

fn table<'run>(figures: impl IntoIterator<Item = &'run Figure>) -> String {
    let rows = figures.into_iter().map(|figure| figure.row(None) + "\n");
    let rows: String = rows.collect();
    format!("{TABLE_HEAD}\n{rows}")
}
