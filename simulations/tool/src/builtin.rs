//! The scenarios that come with the program.

use serde_json::Value;
use spotter_sim_scenario::NAMED;

/// Name and text, sorted by name.
pub(crate) fn all() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = NAMED.to_vec();
    all.sort_unstable();
    all
}

/// The text of a scenario by its name.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found.map(|&(_, text)| text)
}

/// What a scenario says it is about.
pub(crate) fn about(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    value["about"].as_str().unwrap_or_default().to_owned()
}

/// Names that somebody may have meant: those with a word in common.
pub(crate) fn near(name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let words = name.split(['-', ' ', '_']).filter(|word| word.len() > 2);
    let words: Vec<&str> = words.collect();
    let likely = |known: &&str| words.iter().any(|word| known.contains(word));
    let names = all().into_iter().map(|(known, _)| known);
    names.filter(likely).take(5).collect()
}
