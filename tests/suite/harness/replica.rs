//! A replica as a folder, on which the program `spotter` is run like a person would run it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::programs::{Finished, end_of, finish, spotter};
use super::wait::until;

/// A replica's folder.
#[derive(Clone)]
pub(crate) struct Replica {
    folder: PathBuf,
}

impl Replica {
    /// The replica in this folder, which need not exist yet.
    pub(crate) fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs one command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        finish(
            spotter().arg("--replica").arg(&self.folder).args(arguments),
            None,
        )
    }

    /// Runs one command that must end well, and returns what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).ok()
    }

    /// Writes one register.
    #[track_caller]
    pub(crate) fn set(&self, path: &str, value: &str) {
        self.ok(&["set", path, value]);
    }

    /// Writes many registers, one change each, from `PATH VALUE` lines.
    #[track_caller]
    pub(crate) fn set_many(&self, lines: &str) {
        finish(
            spotter().arg("--replica").arg(&self.folder).arg("set"),
            Some(lines),
        )
        .ok();
    }

    /// Reads one register.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> String {
        self.ok(&["get", path]).trim().to_owned()
    }

    /// Synchronises with the relay until everything is acknowledged and applied.
    #[track_caller]
    pub(crate) fn sync(&self) {
        self.ok(&["sync"]);
    }

    /// Tries to synchronise for a moment, knowing that it will not do.
    #[track_caller]
    pub(crate) fn sync_in_vain(&self) -> String {
        self.run(&["sync", "--for", "1"]).refused()
    }

    /// How it is doing.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.ok(&["status", "--json"])).unwrap()
    }

    /// The conflicts it lists.
    #[track_caller]
    pub(crate) fn conflicts(&self) -> Vec<Value> {
        let listed: Value = serde_json::from_str(&self.ok(&["conflicts", "--json"])).unwrap();
        listed.as_array().unwrap().clone()
    }

    /// The meet as an OpenLifter file, beside the replica.
    #[track_caller]
    pub(crate) fn export(&self) -> Value {
        let file = self.folder.with_extension("openlifter");
        self.ok(&["export", file.to_str().unwrap()]);
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }

    /// Copies the whole folder, as a backup or a cloned disk would.
    pub(crate) fn copy_to(&self, folder: &Path) -> Self {
        copy_folder(&self.folder, folder);
        Self::at(folder)
    }

    /// Stays connected in the background.
    pub(crate) fn stay(&self, arguments: &[&str]) -> Running {
        self.stay_and("run", arguments)
    }

    /// Stays connected in the background and shows the meet to browsers.
    pub(crate) fn serve(&self) -> Running {
        self.stay_and("serve", &["--http", "127.0.0.1:0"])
    }

    fn stay_and(&self, command: &str, arguments: &[&str]) -> Running {
        let printed = self.folder.with_extension("run");
        let append = || {
            File::options()
                .create(true)
                .append(true)
                .open(&printed)
                .unwrap()
        };
        let child = spotter()
            .arg("--replica")
            .arg(&self.folder)
            .arg(command)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(append())
            .stderr(append())
            .spawn()
            .unwrap();
        Running { child, printed }
    }
}

/// A running `spotter run`. It ends with this value.
pub(crate) struct Running {
    child: Child,
    printed: PathBuf,
}

impl Running {
    /// What it printed so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(&self.printed).unwrap_or_default()
    }

    /// Waits until it has printed this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        until(
            &format!("`run` says \"{words}\" in {}", self.printed.display()),
            || self.printed().contains(words).then_some(()),
        );
    }

    /// How often it has printed this.
    pub(crate) fn times(&self, words: &str) -> usize {
        self.printed().matches(words).count()
    }

    /// Waits until it has printed this so many times.
    #[track_caller]
    pub(crate) fn says_times(&self, words: &str, times: usize) {
        until(
            &format!(
                "`run` says \"{words}\" {times} times in {}: {}",
                self.printed.display(),
                self.printed()
            ),
            || (self.times(words) >= times).then_some(()),
        );
    }

    /// Makes the process stand still, as a laptop that sleeps would.
    pub(crate) fn stand_still(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    /// Ends it as Ctrl-C would.
    pub(crate) fn stop(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        end_of(&mut self.child, "spotter run")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has already ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies a folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
