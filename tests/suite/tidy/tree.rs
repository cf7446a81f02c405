//! The files of the repository, without what is built or fetched.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub(super) struct File {
    /// Its path from the repository's root, with `/` between the parts.
    pub(super) path: String,
    /// What it holds.
    pub(super) text: String,
}

impl File {
    /// Lines with their numbers from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line))
    }
}

/// The repository's root.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// All text files, in the order of their paths.
pub(super) fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(
        found.len() > 20,
        "the tree was not found at {}",
        root().display()
    );
    found
}

/// The text files whose path ends like this.
pub(super) fn files_ending(suffix: &str) -> Vec<File> {
    let mut found = files();
    found.retain(|file| file.path.ends_with(suffix));
    found
}

/// One file by its path from the root.
pub(super) fn file(path: &str) -> File {
    let text =
        fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    File {
        path: path.to_owned(),
        text,
    }
}

/// Fails with all broken promises at once, one per line.
pub(super) fn none(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn collect(folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if matches!(
            name.as_str(),
            ".git" | "target" | "node_modules" | "corpus" | "artifacts"
        ) {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            found.push(File { path, text });
        }
    }
}
