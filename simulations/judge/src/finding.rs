//! A broken promise, as it is reported.

use serde::{Deserialize, Serialize};

/// How many findings of one invariant a report lists; the rest is counted in the last of them.
const LISTED: usize = 16;

/// A promise that a trace breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The invariant: `I1` to `I13`, or `trace`, `fault`, `converged`, `rank`, `typed`.
    pub id: String,
    /// When it was seen broken, in milliseconds since the beginning.
    pub at: u64,
    /// What is wrong, for people.
    pub words: String,
    /// The events it rests on, by their place in the trace, from 0.
    pub events: Vec<usize>,
}

/// Collects findings, and keeps a trace that breaks a promise ten thousand times from filling the memory.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    more: Vec<(&'static str, usize)>,
}

impl Report {
    /// Adds a finding; `words` is asked only if it will be listed.
    pub(crate) fn add(
        &mut self,
        id: &'static str,
        at: u64,
        events: &[usize],
        words: impl FnOnce() -> String,
    ) {
        let listed = self.findings.iter().filter(|one| one.id == id).count();
        if listed < LISTED {
            self.findings.push(Finding {
                id: id.to_owned(),
                at,
                words: words(),
                events: events.to_vec(),
            });
            return;
        }
        match self.more.iter_mut().find(|(of, _)| *of == id) {
            Some((_, count)) => *count += 1,
            None => self.more.push((id, 1)),
        }
    }

    /// The findings, by time.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        for (id, count) in self.more {
            if let Some(last) = self.findings.iter_mut().rfind(|one| one.id == id) {
                last.words.push_str(&format!(" (and {count} more of {id})"));
            }
        }
        self.findings.sort_by_key(|one| one.at);
        self.findings
    }
}
