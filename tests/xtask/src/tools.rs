//! Calling cargo and the other tools, and installing the one that a Rust toolchain lacks.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, out};

/// The repository's root, wherever the command was called from.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The cargo that called us, at the repository's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    // `cargo run` tells us about our own package. Passed on, that would be taken for a changed environment by build
    // scripts that look at it, and half of the dependencies would be built again.
    let ours = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_CRATE_",
        "CARGO_BIN_",
        "CARGO_PRIMARY_",
    ];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ours.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// Where cargo puts what it builds in the development profile.
pub(crate) fn built(program: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root()
        .join(target)
        .join("debug")
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs a command to its end, its output passing through.
pub(crate) fn call(command: &mut Command) -> Outcome {
    let shown = shown(command);
    out::line(&format!("$ {shown}"));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(error) => Err(format!("`{shown}` could not be started: {error}")),
    }
}

/// Makes sure that cargo has a component of the toolchain, or says how to get it.
pub(crate) fn need_component(subcommand: &str, component: &str) -> Outcome {
    if answers(&[subcommand, "--version"]) {
        return Ok(());
    }
    Err(format!(
        "`cargo {subcommand}` is missing: install it with `rustup component add {component}`"
    ))
}

/// Makes sure that cargo-deny is there, building it once where it is not.
pub(crate) fn need_cargo_deny() -> Outcome {
    if answers(&["deny", "--version"]) {
        return Ok(());
    }
    out::line("cargo-deny is not installed; building it once, which takes a minute or two");
    call(&mut cargo(&[
        "install",
        "cargo-deny",
        "--locked",
        "--debug",
        "--quiet",
    ]))
    .map_err(|why| format!("{why}; cargo-deny is needed and could not be installed"))
}

fn answers(arguments: &[&str]) -> bool {
    cargo(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().map_or_else(
        || command.get_program().to_string_lossy().into_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    command.get_args().fold(program, |mut text, argument| {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
        text
    })
}
