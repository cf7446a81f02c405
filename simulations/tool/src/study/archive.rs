//! The archive of a study: everything that is needed to run it again and see that it is the same.
//!
//! A folder with `study.json` (version, commit, SHA-256 of the other files), `plans.jsonl` (a plan a line) and `results.csv`
//! (a number a line, with the hashes of plan and trace). Tables and figures lie beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use spotter_sim_plan::Plan;

use super::pool::Pool;
use super::rows::{Row, Rows};
use crate::engine::{Ruling, trace};
use crate::summary::{self, COMMIT, VERSION};
use crate::trouble::{Ended, Trouble};
use crate::{files, hash, out};

const FORMAT: u32 = 1;
const PLANS: &str = "plans.jsonl";
const RESULTS: &str = "results.csv";

/// What `study.json` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cover {
    format: u32,
    /// The version of the program that made it, and that runs it again.
    version: String,
    commit: Option<String>,
    quick: bool,
    /// SHA-256 of each file, by its name.
    files: BTreeMap<String, String>,
}

/// Writes an archive.
///
/// # Errors
/// A file cannot be written.
pub(super) fn write(folder: &Path, rows: &Rows, quick: bool) -> Result<(), Trouble> {
    let plans: Vec<String> = rows
        .plans
        .values()
        .filter_map(|plan| serde_json::to_string(plan).ok())
        .collect();
    let texts = [
        (PLANS, plans.join("\n") + "\n"),
        (RESULTS, csv_of(&rows.rows)),
    ];
    for (name, text) in &texts {
        files::write(&folder.join(name), text)?;
    }
    let hashes = texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), hash::of(text.as_bytes())));
    let cover = Cover {
        format: FORMAT,
        version: VERSION.to_owned(),
        commit: COMMIT.map(str::to_owned),
        quick,
        files: hashes.collect(),
    };
    files::write_json(&folder.join("study.json"), &cover)
}

fn csv_of(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing into memory fails for no row of plain fields.
        let _ = writer.serialize(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Runs every world of an archive again, and says whether every trace is the same. Measures follow from traces, and are not
/// computed again; bytes of Automerge's own exchange have no plan and no trace.
///
/// # Errors
/// The archive cannot be read, is damaged, or was made by another version.
pub(super) fn check(folder: &Path, pool: &Pool) -> Result<Ended, Trouble> {
    let cover: Cover = parsed(folder, "study.json", |text| {
        serde_json::from_str(text).map_err(|error| error.to_string())
    })?;
    if (cover.format, cover.version.as_str()) != (FORMAT, VERSION) {
        return Err(Trouble::Asked(format!(
            "{}: made by version {} in format {}; this is version {VERSION} with format {FORMAT}",
            folder.display(),
            cover.version,
            cover.format
        )));
    }
    for (name, expected) in &cover.files {
        let text = files::read(&folder.join(name))?;
        if hash::of(text.as_bytes()) != *expected {
            return Err(Trouble::Asked(format!(
                "{}: {name} is not what it was when the archive was made",
                folder.display()
            )));
        }
    }
    let theirs = (cover.version.clone(), cover.commit.clone());
    if theirs != summary::here() {
        out::line(&format!(
            "the archive was made by version {}, this is {}; only that version must give the same traces",
            summary::spoken(&theirs),
            summary::spoken(&summary::here())
        ));
    }
    let plans = parsed(folder, PLANS, plans)?;
    let rows = parsed(folder, RESULTS, rows)?;
    let runs: BTreeSet<(String, String, String)> = rows
        .into_iter()
        .filter(|row| !row.plan.is_empty())
        .map(|row| (row.plan, row.rule, row.trace))
        .collect();
    let runs: Vec<_> = runs.into_iter().collect();
    let same = pool.each(&runs, |(plan, rule, expected)| {
        is_same(plans.get(plan), rule, expected)
    });
    for ((plan, rule, _), _) in runs.iter().zip(&same).filter(|(_, same)| !**same) {
        out::line(&format!("another trace under {rule}: plan {plan}"));
    }
    let others = same.iter().filter(|same| !**same).count();
    out::line(&format!(
        "{} worlds were run again, and their traces compared; {others} gave another one",
        runs.len()
    ));
    Ok(if others == 0 {
        Ended::Clean
    } else {
        Ended::Found
    })
}

fn is_same(plan: Option<&Plan>, rule: &str, expected: &str) -> bool {
    let ruling = Ruling::named(rule)
        .ok()
        .and_then(|rules| rules.into_iter().next());
    let (Some(plan), Some(ruling)) = (plan, ruling) else {
        return false;
    };
    let told = trace(plan, &ruling).unwrap_or_else(|(told, _)| told);
    hash::of_trace(&told) == expected
}

fn parsed<T>(
    folder: &Path,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Trouble> {
    let path = folder.join(name);
    let text = files::read(&path)?;
    parse(&text).map_err(|why| Trouble::Asked(format!("{}: {why}", path.display())))
}

fn plans(text: &str) -> Result<BTreeMap<String, Plan>, String> {
    let plan = |line: &str| {
        let plan: Plan = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok((plan.hash(), plan))
    };
    text.lines().map(plan).collect()
}

fn rows(text: &str) -> Result<Vec<Row>, String> {
    let rows: Result<_, csv::Error> = csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect();
    rows.map_err(|error| error.to_string())
}
