//! What the sources must keep: an opening paragraph, purity where it is promised, no switched-off test.

use super::manifests::PURE;
use super::tree::{File, files, files_ending, none};

/// What a pure source never names outside its tests, and why.
const IMPURE: &[(&str, &str)] = &[
    ("std::fs", "reads or writes files"),
    ("std::net::Tcp", "opens sockets"),
    ("std::net::Udp", "opens sockets"),
    ("std::thread", "starts threads"),
    ("std::process", "starts processes"),
    ("std::env::", "reads the environment"),
    ("SystemTime", "reads a clock"),
    ("Instant::now", "reads a clock"),
    ("async fn", "is asynchronous"),
    (".await", "is asynchronous"),
];

#[test]
fn every_source_opens_with_its_paragraph() {
    let mut broken = Vec::new();
    for file in files_ending(".rs") {
        let opening: String = file
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        if opening.len() < 12 {
            broken.push(format!(
                "{}:1 does not open with a `//!` paragraph",
                file.path
            ));
        }
    }
    none(&broken);
}

#[test]
fn pure_packages_do_no_io() {
    let mut broken = Vec::new();
    for file in files_ending(".rs").iter().filter(|file| is_pure(file)) {
        for (number, line) in product_lines(file) {
            for (name, does) in IMPURE {
                if line.contains(name) {
                    broken.push(format!("{}:{number} {does}: {}", file.path, line.trim()));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn no_test_is_switched_off() {
    let switches = [concat!("#[", "ignore"), concat!("test", ".skip(")];
    let unexplained = concat!("#[", "allow(");
    let mut broken = Vec::new();
    for file in files_ending(".rs") {
        for (number, line) in file.lines() {
            let line = line.trim();
            let silenced = line.starts_with(unexplained) && !line.contains("reason");
            if silenced || switches.iter().any(|switch| line.starts_with(switch)) {
                broken.push(format!(
                    "{}:{number} {line} (mend it, or say why)",
                    file.path
                ));
            }
        }
    }
    none(&broken);
}

#[test]
fn no_file_names_a_machine_or_a_registry_host() {
    let names = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/home", "/"),
        concat!("index", ".crates.io"),
        concat!("static", ".crates.io"),
        concat!("registry", ".npmjs.org"),
        concat!("files", ".pythonhosted.org"),
    ];
    let mut broken = Vec::new();
    for file in files() {
        for (number, line) in file.lines() {
            for name in names.iter().filter(|name| line.contains(**name)) {
                broken.push(format!("{}:{number} names {name}", file.path));
            }
        }
    }
    none(&broken);
}

fn is_pure(file: &File) -> bool {
    PURE.iter().any(|folder| {
        let Some(rest) = file.path.strip_prefix(&format!("{folder}/src/")) else {
            return false;
        };
        !rest
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
    })
}

/// The lines of a source before its tests, without comments.
fn product_lines(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.lines()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}
