//! The step `browsers`: the tests of `tests/browser`, in three browsers.
//!
//! The pages are built, then the programs with the pages inside them. The browsers are Debian's; the driver of Firefox is
//! no package there and is built once, under `target/browser-tools`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::tools::{built, call, cargo, root};
use crate::{Outcome, out, web};

const TOOLS: &str = "target/browser-tools";
/// Where the tests leave what failed: pictures, and names with reasons.
const SHOWN: &str = "target/browsers";
const GECKODRIVER: &str = "0.37.1";

/// Debian packages, each with a file by which it is known.
const NEEDED: [(&str, &str); 4] = [
    ("chromium", "/usr/bin/chromium"),
    ("firefox-esr", "/usr/bin/firefox-esr"),
    ("webkit2gtk-driver", "/usr/bin/WebKitWebDriver"),
    ("xvfb", "/usr/bin/Xvfb"),
];

/// Builds what is tested, prepares the browsers, runs the tests.
pub(crate) fn run() -> Outcome {
    web::build_once()?;
    // The whole workspace is named, so that nothing is built once more with other features.
    call(&mut cargo(&["build", "--locked", "--workspace", "--bins"]))?;
    need_browsers()?;
    need_geckodriver()?;
    let mut tests = Command::new("node");
    tests
        .arg("tests/browser/run.mjs")
        .current_dir(root())
        .stdin(Stdio::null())
        .env("SPOTTER_BIN", built("spotter").with_file_name(""));
    call(&mut tests).map_err(|why| {
        let failed = std::fs::read_to_string(root().join(SHOWN).join("failures.txt"));
        format!(
            "{why}; what the browsers showed is in {SHOWN}\n{}",
            failed.unwrap_or_default()
        )
    })
}

fn need_browsers() -> Outcome {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(_, file)| !PathBuf::from(file).exists())
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    web::install(&missing)
}

fn need_geckodriver() -> Outcome {
    let ours = root().join(TOOLS).join("bin/geckodriver");
    if web::quiet(Command::new(ours).arg("--version")) {
        return Ok(());
    }
    out::line("geckodriver is not there; building it once, which takes a minute or two");
    call(&mut cargo(&[
        "install",
        "geckodriver",
        "--version",
        GECKODRIVER,
        "--locked",
        "--debug",
        "--quiet",
        "--root",
        TOOLS,
    ]))
    .map_err(|why| format!("{why}; geckodriver drives Firefox and could not be installed"))
}
