//! What `docs/requirements.md` must keep: every item once, with a place, and only tests that exist.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{file, files_ending, none};

/// How many numbered items each source document has.
const NUMBERED: &[(&str, usize)] = &[
    ("S000-", 26),
    ("S001-", 16),
    ("S002-", 120),
    ("S003-", 39),
    ("S004-", 47),
    ("B", 26),
];

#[test]
fn every_numbered_requirement_is_listed_once() {
    let mut broken = Vec::new();
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for row in requirements() {
        *listed.entry(row.id.clone()).or_default() += 1;
        if row.status.is_empty() || row.place.is_empty() {
            broken.push(format!(
                "docs/requirements.md: {} does not say whether and where it is met",
                row.id
            ));
        }
        if row.status == "yes" && row.tests.is_empty() {
            broken.push(format!(
                "docs/requirements.md: {} is said to be met, and no test shows it",
                row.id
            ));
        }
    }
    broken.extend(
        listed
            .iter()
            .filter(|(_, times)| **times > 1)
            .map(|(id, _)| format!("{id} is listed twice")),
    );
    for (prefix, count) in NUMBERED {
        for number in 1..=*count {
            let id = format!("{prefix}{number}");
            // An item with parts is listed part by part: S002-116a, S002-116b …
            if !listed.contains_key(&id) && !listed.contains_key(&format!("{id}a")) {
                broken.push(format!("docs/requirements.md does not list {id}"));
            }
        }
    }
    none(&broken);
}

#[test]
fn every_test_named_in_the_requirements_exists() {
    let existing = names_of_functions();
    let mut broken = Vec::new();
    for row in requirements() {
        for test in row.tests.iter().filter(|test| !existing.contains(*test)) {
            broken.push(format!(
                "docs/requirements.md: {} names the test `{test}`, which does not exist",
                row.id
            ));
        }
    }
    none(&broken);
}

/// A row of the requirements: `| id | in our words | met | where | tests |`.
struct Requirement {
    id: String,
    status: String,
    place: String,
    tests: Vec<String>,
}

fn requirements() -> Vec<Requirement> {
    let text = file("docs/requirements.md").text;
    let rows: Vec<_> = text.lines().filter_map(requirement).collect();
    assert!(
        rows.len() > 200,
        "docs/requirements.md has only {} rows",
        rows.len()
    );
    rows
}

fn requirement(line: &str) -> Option<Requirement> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .map(str::trim)
        .collect();
    let [id, _words, status, place, tests] = cells[..] else {
        return None;
    };
    let numbered =
        id.starts_with(['S', 'B']) && id.contains(|letter: char| letter.is_ascii_digit());
    numbered.then(|| Requirement {
        id: id.to_owned(),
        status: status.to_owned(),
        place: place.to_owned(),
        tests: tests
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect(),
    })
}

/// Functions by their names, and what tests in TypeScript say of themselves.
fn names_of_functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (language, word) in [(".rs", "fn "), (".py", "def ")] {
        for file in files_ending(language) {
            for (_, line) in file.lines() {
                for after in line.split(word).skip(1) {
                    let name: String = after
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                        .collect();
                    names.insert(name);
                }
            }
        }
    }
    for file in files_ending(".test.ts") {
        for (_, line) in file.lines() {
            let named = line.trim_start().strip_prefix("test(\"");
            let name = named.and_then(|rest| rest.split('"').next());
            names.extend(name.map(str::to_owned));
        }
    }
    names
}
