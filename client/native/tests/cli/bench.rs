//! A temporary folder with a replica, and running the program on it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A saved meet of twelve lifters, ids 5000 to 5011.
pub(crate) const SAVED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/data/demonstration.openlifter"
);

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder that ends with the test.
pub(crate) struct Bench {
    place: TempDir,
}

impl Bench {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            place: TempDir::new().unwrap(),
        }
    }

    /// A folder with a replica of the saved meet.
    pub(crate) fn with_meet() -> Self {
        let bench = Self::empty();
        bench.ok(&["import", SAVED]);
        bench
    }

    /// A path in the folder, as an argument.
    pub(crate) fn file(&self, name: &str) -> String {
        self.place.path().join(name).display().to_string()
    }

    /// The replica's folder.
    pub(crate) fn replica(&self) -> PathBuf {
        self.place.path().join("replica")
    }

    /// The file that holds everything.
    pub(crate) fn journal(&self) -> PathBuf {
        self.replica().join("replica.json.log")
    }

    /// The program on the replica.
    pub(crate) fn spotter(&self) -> Command {
        spotter_in(&self.replica())
    }

    /// Runs one command.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        finish(self.spotter().args(arguments), "")
    }

    /// Runs one command that must end well; returns what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!(finished.code, 0, "{arguments:?}: {finished:?}");
        finished.out.trim_end().to_owned()
    }

    /// Runs one command that must end well and print JSON.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments)).unwrap()
    }

    /// Runs one command that must end with this status, and returns what it said about that.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!(finished.code, code, "{arguments:?}: {finished:?}");
        assert!(!finished.err.is_empty(), "{arguments:?} says nothing");
        finished.err
    }
}

/// The program on a replica's folder.
pub(crate) fn spotter_in(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spotter"));
    command
        .arg("--replica")
        .arg(folder)
        .env_remove("SPOTTER_REPLICA");
    command
}

/// Runs a command to its end, feeding it `input`.
#[track_caller]
pub(crate) fn finish(command: &mut Command, input: &str) -> Finished {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever does not read its input closes it early; what it says is judged, not the broken pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
