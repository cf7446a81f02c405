//! What the documents must keep: one word per thing, links that lead somewhere, a complete index of decisions.

use super::tree::{File, file, files, files_ending, none, root};

/// Words that the glossary replaces by another, as far as they mean nothing else in our sentences.
const REPLACED: &[(&str, &str)] = &[
    ("athlete", "entry"),
    ("athletes", "entries"),
    ("clash", "conflict"),
    ("clashes", "conflicts"),
    ("competitor", "entry"),
    ("competitors", "entries"),
    ("login", "session"),
    ("logins", "sessions"),
    ("mutation of the document", "change"),
    ("precedence", "priority"),
    ("viewer", "display"),
    ("viewers", "displays"),
];

#[test]
fn documents_use_one_word_per_thing() {
    let mut broken = Vec::new();
    for file in files_ending(".md") {
        for (number, line) in prose(&file) {
            let spoken = format!(" {} ", spoken_words(&line));
            for (word, instead) in REPLACED {
                if spoken.contains(&format!(" {word} ")) {
                    broken.push(format!(
                        "{}:{number} says \"{word}\"; the glossary says \"{instead}\"",
                        file.path
                    ));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for file in files_ending(".md") {
        let folder = root().join(&file.path).parent().unwrap().to_path_buf();
        for (number, line) in prose(&file) {
            for link in links(&line) {
                let target = link.split('#').next().unwrap_or_default();
                let elsewhere =
                    link.contains("://") || link.starts_with("mailto:") || target.is_empty();
                if !elsewhere && !folder.join(target).exists() {
                    broken.push(format!(
                        "{}:{number} links to {target}, which does not exist",
                        file.path
                    ));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn index_of_decisions_is_complete() {
    let index = file("docs/decisions/README.md");
    let mut broken = Vec::new();
    for page in files()
        .iter()
        .filter_map(|file| file.path.strip_prefix("docs/decisions/"))
    {
        if page != "README.md" && !index.text.contains(&format!("({page})")) {
            broken.push(format!("docs/decisions/README.md does not list {page}"));
        }
    }
    none(&broken);
}

/// The lines people read: without code blocks and without what stands in backticks.
fn prose(file: &File) -> Vec<(usize, String)> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push((
                number,
                line.split('`').step_by(2).collect::<Vec<_>>().join(" "),
            ));
        }
    }
    lines
}

fn spoken_words(line: &str) -> String {
    let letters = line.chars().map(|c| {
        if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            ' '
        }
    });
    letters
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn links(line: &str) -> Vec<&str> {
    line.split("](")
        .skip(1)
        .filter_map(|after| after.split(')').next())
        .collect()
}
