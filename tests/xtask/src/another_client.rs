//! The step `another-client`: the Python client of `tests/another-client` against the programs just built.
//!
//! What it needs beyond Python is installed into a virtual environment under `target/`, once.

use std::process::{Command, Stdio};

use crate::Outcome;
use crate::tools::{built, call, cargo, root};

const FOLDER: &str = "tests/another-client";
const ENVIRONMENT: &str = "target/another-client";

/// Builds the programs, prepares the environment, runs the tests.
pub(crate) fn run() -> Outcome {
    need_python()?;
    // The whole workspace is named, so that nothing is built once more with other features.
    call(&mut cargo(&["build", "--locked", "--workspace", "--bins"]))?;
    let programs = built("spotter").with_file_name("");
    prepare()?;
    call(
        inside(&["-B", "-m", "unittest", "discover", "--start-directory"])
            .arg(FOLDER)
            .env("SPOTTER_BIN", programs),
    )
}

fn need_python() -> Outcome {
    let new_enough = "import sys; sys.exit(sys.version_info < (3, 11))";
    if answers(&["-c", "pass"]) && answers(&["-c", new_enough]) {
        return Ok(());
    }
    Err("`python3` of version 3.11 or later is missing: install it with `apt install python3 python3-venv`".to_owned())
}

fn prepare() -> Outcome {
    if !root().join(ENVIRONMENT).join("bin/pip").exists() {
        if !answers(&["-c", "import venv, ensurepip"]) {
            return Err(
                "Python's `venv` is missing: install it with `apt install python3-venv`".to_owned(),
            );
        }
        call(python().args(["-m", "venv", "--clear", ENVIRONMENT]))?;
    }
    call(
        inside(&["-m", "pip", "install", "--quiet", "--require-hashes"])
            .args(["--disable-pip-version-check", "--requirement"])
            .arg(format!("{FOLDER}/requirements.txt")),
    )
    .map_err(|why| format!("{why}; its one package could not be installed"))
}

/// The Python of this machine.
fn python() -> Command {
    let mut command = Command::new("python3");
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The Python of the environment.
fn inside(arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join(ENVIRONMENT).join("bin/python"));
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

fn answers(arguments: &[&str]) -> bool {
    python()
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
