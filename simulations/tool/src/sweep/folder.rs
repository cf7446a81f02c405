//! The folder of a sweep: what it is, the rows so far, the plans that failed.
//!
//! `sweep.json` says what the sweep is, and is there before the first world. `results.csv` grows by a row for each world;
//! a row that was being written when the program died is cut off when it goes on. In the end the rows are sorted, so
//! that the same sweep gives the same file whatever the number of threads.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Config, World};
use crate::files;
use crate::rows::{self, Key, Row};
use crate::summary::{COMMIT, VERSION};
use crate::trouble::Trouble;

/// The file that says what a sweep is.
const TOLD: &str = "sweep.json";

/// More plans than this are not kept; the rows say which failed.
const FAILURES_KEPT: u64 = 500;

/// What a sweep is: `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// The version of the program.
    pub(crate) version: String,
    /// The commit it was built from, where that is known.
    pub(crate) commit: Option<String>,
    /// Where seeds begin that were not chosen.
    pub(crate) from: Option<u64>,
    /// Hash, scenario and settings of every configuration.
    pub(crate) configs: Vec<Value>,
}

/// What a folder holds already.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// What names each of its rows.
    pub(crate) keys: BTreeSet<Key>,
    /// How many of the worlds failed.
    pub(crate) failures: u64,
}

/// The folder, open for rows.
pub(crate) struct Folder {
    path: PathBuf,
    columns: Vec<String>,
    rows: fs::File,
    failures: u64,
}

impl Told {
    /// Of a sweep with these configurations.
    pub(crate) fn of(configs: &[Config], from: Option<u64>) -> Self {
        let told = |config: &Config| {
            let settings = config.settings.iter();
            let settings = settings.map(|setting| (setting.key.clone(), setting.value.clone()));
            serde_json::json!({
                "config": config.hash,
                "scenario": config.script.name,
                "given": config.script.given,
                "settings": settings.collect::<serde_json::Map<_, _>>(),
            })
        };
        Self {
            version: VERSION.to_owned(),
            commit: COMMIT.map(str::to_owned),
            from,
            configs: configs.iter().map(told).collect(),
        }
    }

    /// Whether a sweep was begun in a folder.
    pub(crate) fn is_in(folder: &Path) -> bool {
        folder.join(TOLD).exists()
    }

    /// What was told in a folder before, if a sweep was begun there.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn before(folder: &Path) -> Result<Option<Self>, Trouble> {
        if !Self::is_in(folder) {
            return Ok(None);
        }
        let path = folder.join(TOLD);
        let told = serde_json::from_str(&files::read(&path)?);
        let told = told.map_err(|error| Trouble::Asked(format!("{}: {error}", path.display())));
        told.map(Some)
    }
}

impl Folder {
    /// Opens a folder for a sweep, going on with what is there; tells what that is.
    ///
    /// # Errors
    /// It cannot be written, or holds rows of another version, of another grid, or of a scenario that was changed since.
    pub(crate) fn open(
        path: &Path,
        told: &Told,
        columns: Vec<String>,
    ) -> Result<(Self, Done), Trouble> {
        files::make_folder(path)?;
        if let Some(before) = Told::before(path)? {
            if (&before.version, &before.commit) != (&told.version, &told.commit) {
                return Err(elsewhere(path, "rows of another version of this program"));
            }
            if let Some(other) = before
                .configs
                .iter()
                .find(|config| !told.configs.contains(config))
            {
                let scenario = other["scenario"].as_str().unwrap_or_default();
                let what = format!(
                    "rows of {scenario} as it was, or with other settings, which this sweep has not"
                );
                return Err(elsewhere(path, &what));
            }
        }
        files::write_json(&path.join(TOLD), told)?;
        let results = path.join("results.csv");
        let done = if results.exists() {
            go_on(&results, &columns)?
        } else {
            files::write(&results, &rows::csv_line(&columns))?;
            Done::default()
        };
        let rows = fs::OpenOptions::new().append(true).open(&results);
        let folder = Self {
            path: path.to_path_buf(),
            columns,
            rows: rows.map_err(Trouble::with(&results))?,
            failures: done.failures,
        };
        Ok((folder, done))
    }

    /// Keeps a world: its row, and its plan if it failed; gives the plan's path.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn keep(
        &mut self,
        config: &Config,
        world: &World,
    ) -> Result<Option<PathBuf>, Trouble> {
        let cells = world.row.cells_in(&self.columns);
        let cells = cells.map_err(|why| elsewhere(&self.path, &format!("other columns: {why}")))?;
        let line = rows::csv_line(&cells);
        let written = self.rows.write_all(line.as_bytes());
        written.map_err(Trouble::with(&self.path))?;
        if !world.outcome.failed() {
            return Ok(None);
        }
        self.failures += 1;
        if self.failures > FAILURES_KEPT {
            return Ok(None);
        }
        let variant = world
            .variant
            .map(|variant| format!("-v{variant}"))
            .unwrap_or_default();
        let (scenario, seed) = (&world.plan.scenario, world.plan.seed);
        let name = format!("{scenario}-{}-seed-{seed}{variant}.json", &config.hash[..8]);
        let path = self.path.join("failures").join(name);
        files::write_json(&path, &world.plan)?;
        Ok(Some(path))
    }

    /// Sorts the rows, and writes what is said of the whole, to which it adds how many results the orders of a seed had.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn close(self, mut summary: Value) -> Result<(), Trouble> {
        drop(self.rows);
        let results = self.path.join("results.csv");
        let mut rows = read_rows(&results)?;
        rows.sort_by_cached_key(place);
        let beside = self.path.join("results.csv.new");
        files::write(&beside, &rows::to_csv(&rows))?;
        if !rows.is_empty() {
            fs::rename(&beside, &results).map_err(Trouble::with(&results))?;
        }
        summary["distinctOutcomes"] = serde_json::json!(rows::distinct(&rows));
        files::write_json(&self.path.join("summary.json"), &summary)
    }
}

/// Where a row stands among the others.
fn place(row: &Row) -> (String, String, u64, u64, String) {
    let text = |column| row.get(column).unwrap_or_default().to_owned();
    let number = |column| {
        row.get(column)
            .and_then(|cell| cell.parse().ok())
            .unwrap_or(0)
    };
    (
        text("scenario"),
        text("config"),
        number("seed"),
        number("variant"),
        text("rule"),
    )
}

/// Cuts off a row that was being written, and tells of the others.
fn go_on(results: &Path, columns: &[String]) -> Result<Done, Trouble> {
    let text = files::read(results)?;
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    if text[..whole].lines().next() != rows::csv_line(columns).lines().next() {
        return Err(elsewhere(results, "a sweep with other columns"));
    }
    if whole < text.len() {
        let file = fs::OpenOptions::new().write(true).open(results);
        let cut = file.and_then(|file| file.set_len(whole as u64));
        cut.map_err(Trouble::with(results))?;
    }
    let rows = read_rows(results)?;
    let failed = rows.iter().filter(|row| row.failed());
    Ok(Done {
        failures: failed.count() as u64,
        keys: rows.iter().filter_map(Row::key).collect(),
    })
}

fn read_rows(results: &Path) -> Result<Vec<Row>, Trouble> {
    rows::from_csv(&files::read(results)?)
        .map_err(|why| Trouble::Asked(format!("{}: {why}", results.display())))
}

fn elsewhere(path: &Path, what: &str) -> Trouble {
    Trouble::Asked(format!(
        "{} holds {what}; give another --out",
        path.display()
    ))
}
