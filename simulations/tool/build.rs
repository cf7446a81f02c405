//! Tells the program which commit it is built from, where that is known.
//!
//! It is read from the repository's own files, so that git need not be installed; an unpacked archive without them simply
//! has no commit. If git is there and says that the sources are not those of the commit, `-changed` follows: what such a
//! program keeps can be replayed by nobody else.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where everything lies that a trace depends on.
const SOURCES: [&str; 5] = [
    "Cargo.lock",
    "client/src",
    "crdt-model",
    "relay",
    "simulations",
];

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = here.join("../..");
    if let Some(commit) = commit(&root) {
        let changed = if is_changed(&root) { "-changed" } else { "" };
        say(&format!(
            "cargo::rustc-env=SPOTTER_COMMIT={commit}{changed}"
        ));
    }
}

/// Whether a source in Rust, a scenario or the lock file is not what the commit has.
fn is_changed(root: &Path) -> bool {
    for source in SOURCES {
        say(&format!(
            "cargo::rerun-if-changed={}",
            root.join(source).display()
        ));
    }
    let mut git = Command::new("git");
    git.current_dir(root);
    git.args(["status", "--porcelain", "--", "Cargo.lock"]);
    git.args(["*.rs", "*.toml", "simulations/scenarios"]);
    git.output()
        .is_ok_and(|told| told.status.success() && !told.stdout.is_empty())
}

/// What `HEAD` names.
fn commit(root: &Path) -> Option<String> {
    let dot_git = root.join(".git");
    let git = match fs::read_to_string(&dot_git) {
        // A work tree beside the repository: a file that says where it is.
        Ok(text) => root.join(text.strip_prefix("gitdir:")?.trim()),
        Err(_) => dot_git,
    };
    let shared = fs::read_to_string(git.join("commondir"));
    let shared = shared.map_or_else(|_| git.clone(), |to| git.join(to.trim()));
    let head = git.join("HEAD");
    let text = fs::read_to_string(&head).ok()?;
    say(&format!("cargo::rerun-if-changed={}", head.display()));
    let Some(name) = text.trim().strip_prefix("ref: ") else {
        return Some(text.trim().to_owned());
    };
    let reference = shared.join(name);
    let packed = shared.join("packed-refs");
    for file in [&reference, &packed] {
        if file.exists() {
            say(&format!("cargo::rerun-if-changed={}", file.display()));
        }
    }
    if let Ok(commit) = fs::read_to_string(reference) {
        return Some(commit.trim().to_owned());
    }
    let packed = fs::read_to_string(packed).ok()?;
    let line = packed
        .lines()
        .find(|line| line.ends_with(&format!(" {name}")))?;
    line.split(' ').next().map(str::to_owned)
}

fn say(line: &str) {
    println!("{line}");
}
