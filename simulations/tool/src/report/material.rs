//! What a report is made of: worlds with their traces, and rows.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spotter_sim_plan::{Event, Happened, Plan};

use crate::engine::OURS;
use crate::rows::{self, Row};
use crate::trouble::Trouble;
use crate::{files, source};

/// Worlds of a folder beyond this many are in the tables only.
const WORLDS_DRAWN: usize = 4;

/// A plan and what happened under some rules.
pub(crate) struct World {
    /// The plan.
    pub(crate) plan: Plan,
    /// Which of all orders it is.
    pub(crate) variant: Option<u64>,
    /// Rule and trace, ours first.
    pub(crate) traces: Vec<(String, Vec<Event>)>,
}

/// Everything.
#[derive(Default)]
pub(crate) struct Material {
    /// Worlds that are drawn.
    pub(crate) worlds: Vec<World>,
    /// A row for each world and rule, drawn or not.
    pub(crate) rows: Vec<Row>,
    /// Version and commit of the program that ran them.
    pub(crate) made_by: String,
    words: Vec<(String, String)>,
}

/// A world that broke an invariant under our rule.
pub(crate) struct Failure {
    /// The scenario.
    pub(crate) scenario: String,
    /// The seed.
    pub(crate) seed: String,
    /// What it breaks.
    pub(crate) ids: String,
    /// The first finding in words, where they are known.
    pub(crate) words: String,
}

impl Material {
    /// The rules, ours first.
    pub(crate) fn rules(&self) -> Vec<String> {
        let mut rules: Vec<String> = Vec::new();
        let of_rows = self.rows.iter().filter_map(|row| row.get("rule"));
        for rule in of_rows {
            if !rules.iter().any(|known| known == rule) {
                rules.push(rule.to_owned());
            }
        }
        rules.sort_by_key(|rule| (rule != OURS, rule.clone()));
        rules
    }

    /// The scenarios, each once.
    pub(crate) fn scenarios(&self) -> Vec<String> {
        let names = self.rows.iter().filter_map(|row| row.get("scenario"));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Worlds that broke an invariant under our rule.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        let failed = self
            .rows
            .iter()
            .filter(|row| row.get("failed") == Some("1"));
        let failure = |row: &Row| {
            let text = |column| row.get(column).unwrap_or_default().to_owned();
            let hash = text("plan_hash");
            let words = self.words.iter().find(|(plan, _)| *plan == hash);
            Failure {
                scenario: text("scenario"),
                seed: text("seed"),
                ids: text("findings"),
                words: words.map(|(_, words)| words.clone()).unwrap_or_default(),
            }
        };
        failed.map(failure).collect()
    }
}

/// Reads what is at some paths: folders that `run` or `sweep` made, or traces.
///
/// # Errors
/// Something cannot be read, or there is nothing.
pub(crate) fn gather(paths: &[PathBuf], plan: Option<&Path>) -> Result<Material, Trouble> {
    let mut material = Material::default();
    for path in paths {
        if path.is_dir() {
            material.add_folder(path)?;
        } else {
            material.add_trace(path, plan)?;
        }
    }
    if material.rows.is_empty() {
        let paths: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Trouble::Asked(format!(
            "{}: there is no results.csv and no trace; `spotter-sim run … --out DIR` makes them",
            paths.join(", ")
        )));
    }
    for world in &mut material.worlds {
        world
            .traces
            .sort_by_key(|(rule, _)| (rule != OURS, rule.clone()));
    }
    Ok(material)
}

impl Material {
    fn add_folder(&mut self, folder: &Path) -> Result<(), Trouble> {
        let results = folder.join("results.csv");
        if results.exists() {
            let rows = rows::from_csv(&files::read(&results)?);
            let senseless = |why| Trouble::Asked(format!("{}: {why}", results.display()));
            self.rows.extend(rows.map_err(senseless)?);
        }
        for name in ["summary.json", "sweep.json"] {
            self.read_summary(&folder.join(name))?;
        }
        let mut folders: Vec<PathBuf> = entries(folder)?;
        folders.retain(|path| path.is_dir());
        folders.insert(0, folder.to_path_buf());
        for folder in folders {
            if self.worlds.len() < WORLDS_DRAWN && folder.join("plan.json").exists() {
                self.add_world(&folder)?;
            }
        }
        Ok(())
    }

    fn add_world(&mut self, folder: &Path) -> Result<(), Trouble> {
        let plan = source::plan_file(&folder.join("plan.json"))?;
        let mut traces = Vec::new();
        for path in entries(folder)? {
            if path.to_string_lossy().ends_with("trace.jsonl") {
                let trace = files::read_trace(&path)?;
                traces.push((rule_of(&trace), trace));
            }
        }
        let name = folder.file_name().and_then(|name| name.to_str());
        let variant = name.and_then(|name| name.strip_prefix("variant-")?.parse().ok());
        self.worlds.push(World {
            plan,
            variant,
            traces,
        });
        Ok(())
    }

    fn add_trace(&mut self, path: &Path, plan: Option<&Path>) -> Result<(), Trouble> {
        let beside = path.with_file_name("plan.json");
        let plan = plan.unwrap_or(&beside);
        if !plan.exists() {
            return Err(Trouble::Asked(format!(
                "{} is a trace without its plan; --plan names it",
                path.display()
            )));
        }
        let plan = source::plan_file(plan)?;
        let trace = files::read_trace(path)?;
        let rule = rule_of(&trace);
        self.rows.push(super::row_of(&plan, &rule, &trace));
        match self.worlds.iter_mut().find(|world| world.plan == plan) {
            Some(world) => world.traces.push((rule, trace)),
            None => self.worlds.push(World {
                plan,
                variant: None,
                traces: vec![(rule, trace)],
            }),
        }
        Ok(())
    }

    fn read_summary(&mut self, path: &Path) -> Result<(), Trouble> {
        if !path.exists() {
            return Ok(());
        }
        let summary: Value = serde_json::from_str(&files::read(path)?).unwrap_or_default();
        if let Some(version) = summary["version"].as_str() {
            let commit = summary["commit"]
                .as_str()
                .and_then(|commit| commit.get(..12));
            let commit = commit
                .map(|commit| format!(" ({commit})"))
                .unwrap_or_default();
            self.made_by = format!("{version}{commit}");
        }
        let plan = summary["planHash"].as_str().unwrap_or_default();
        let rules = summary["rules"].as_array().into_iter().flatten();
        let ours = rules.filter(|ruled| ruled["rule"] == OURS);
        let words = ours.filter_map(|ruled| ruled["findings"][0]["words"].as_str());
        self.words
            .extend(words.map(|words| (plan.to_owned(), words.to_owned())));
        Ok(())
    }
}

fn rule_of(trace: &[Event]) -> String {
    if let Some(Happened::Began { rule, .. }) = trace.first().map(|event| &event.what) {
        return rule.clone();
    }
    OURS.to_owned()
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let entries = fs::read_dir(folder).map_err(Trouble::with(folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
