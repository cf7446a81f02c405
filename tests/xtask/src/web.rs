//! What runs in browsers: `cargo xtask web` builds it, the step `web` checks it.
//!
//! The core is compiled to WebAssembly in a target folder of its own, made smaller, and measured; then npm builds the
//! packages around it. What is missing on this machine is installed where that takes no question, or named.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::tools::{call, cargo, root};
use crate::{Outcome, out};

const TARGET: &str = "wasm32-unknown-unknown";
/// Beside cargo's own, so that neither build waits for the other.
const FOLDER: &str = "target/wasm";
/// Made smaller, where the packages look for it.
const CORE: &str = "target/wasm/spotter.wasm";

/// No randomness of its own, no places in the source, no texts of panics, and of values shown for debugging no more than
/// their names: nobody would see any of it.
const FLAGS: &str = "--cfg getrandom_backend=\"custom\" -Zlocation-detail=none -Zfmt-debug=shallow \
                     -Zunstable-options -Cpanic=immediate-abort";

/// Debian's Rust for the web, and what else builds the core there.
const DEBIAN: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Builds the core and every package around it.
pub(crate) fn build() -> Outcome {
    need_node()?;
    out::line("compiling the core to WebAssembly");
    core()?;
    out::line("making it smaller");
    shrink()?;
    out::line("installing what the packages are built with");
    call(npm(&["ci", "--no-audit", "--no-fund"]).env("npm_config_loglevel", "error"))?;
    out::line("building the packages");
    call(&mut npm(&["run", "build", "--workspaces", "--if-present"]))
}

/// Builds all of it, unless this process already has.
pub(crate) fn build_once() -> Outcome {
    static BUILT: OnceLock<Outcome> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

/// The step `web`: builds all of it, then format, lints, types and tests.
pub(crate) fn check() -> Outcome {
    build_once()?;
    call(&mut npm(&["run", "lint"]))?;
    call(&mut npm(&["run", "types"]))?;
    // The tests speak to the real relay. The whole workspace is named, so that nothing is built once more.
    call(&mut cargo(&["build", "--locked", "--workspace", "--bins"]))?;
    call(&mut npm(&[
        "test",
        "--if-present",
        "-w",
        "client/browser",
        "-w",
        "client/openlifter",
        "-w",
        "client/pages",
    ]))
}

/// Compiles the core with rustup's toolchain if it has, or can have, what is needed; else with Debian's.
fn core() -> Outcome {
    if rustup_has_source() {
        return call(&mut compiling(cargo(&["build"])));
    }
    out::line("this toolchain has no source of the standard library; using Debian's");
    if !debian_has(&DEBIAN) {
        install(&DEBIAN)?;
    }
    let mut command = Command::new("/usr/bin/cargo");
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .arg("build")
        .env("RUSTC", "/usr/bin/rustc")
        .env_remove("RUSTUP_TOOLCHAIN");
    let mut command = compiling(command);
    // Debian's name for the linker.
    command.args(["--config", &format!("target.{TARGET}.linker=\"wasm-ld\"")]);
    call(&mut command)
}

/// What both ways have in common. The standard library is compiled, too: for size, and without the texts of panics, which
/// nobody would see. A toolchain that does not know one of these unstable flags any more fails here and says so.
fn compiling(mut command: Command) -> Command {
    command
        .args(["--locked", "--profile", "wasm", "--package", "spotter-door"])
        .args(["--target", TARGET])
        .args(["-Zbuild-std=std,panic_abort"])
        .args(["-Zbuild-std-features=optimize_for_size"])
        .env("CARGO_TARGET_DIR", root().join(FOLDER))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS);
    command
}

fn rustup_has_source() -> bool {
    quiet(
        Command::new("rustup")
            .args(["target", "add", TARGET])
            .current_dir(root()),
    ) && quiet(
        Command::new("rustup")
            .args(["component", "add", "rust-src"])
            .current_dir(root()),
    )
}

/// Removes what is never reached, and rewrites the rest in fewer bytes. To optimise for size (`-Oz`) leaves 1 % fewer bytes, and 1 % more
/// of them once they are compressed, which is what is loaded.
fn shrink() -> Outcome {
    if !quiet(Command::new("wasm-opt").arg("--version")) {
        install(&["binaryen"])?;
    }
    let compiled = format!("{FOLDER}/{TARGET}/wasm/spotter_door.wasm");
    let mut command = Command::new("wasm-opt");
    command.current_dir(root()).args([
        "-O1",
        // What every browser has had since 2021, and the compiler makes use of.
        "--enable-bulk-memory",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
        "--enable-multivalue",
        "--enable-reference-types",
        "--strip-debug",
        "--strip-producers",
        &compiled,
        "-o",
        CORE,
    ]);
    call(&mut command)
}

/// Makes sure that Node is there, of a version that has what the tests need.
fn need_node() -> Outcome {
    let new_enough = "process.exit(Number(process.versions.node.split('.')[0]) < 20 ? 1 : 0)";
    if !quiet(Command::new("node").args(["-e", "0"]))
        || !quiet(Command::new("npm").arg("--version"))
    {
        install(&["nodejs", "npm"])?;
    }
    if quiet(Command::new("node").args(["-e", new_enough])) {
        return Ok(());
    }
    Err("`node` is older than 20: install a newer one from nodejs.org".to_owned())
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

/// Installs Debian's packages if this is Debian and we may; else says what to install.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    let wanted = packages.join(" ");
    let may = quiet(Command::new("apt-get").arg("--version"))
        && quiet(Command::new("sh").args(["-c", "test \"$(id -u)\" = 0"]));
    if !may {
        return Err(format!(
            "missing: install it with `apt install {wanted}`, or what it is called on this system"
        ));
    }
    out::line(&format!("installing {wanted}"));
    // A fresh machine may know of no packages yet. If this fails, the installation says why.
    let _ = quiet(Command::new("apt-get").arg("update"));
    let mut command = Command::new("apt-get");
    command
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    call(&mut command)
}

fn debian_has(packages: &[&str]) -> bool {
    quiet(Command::new("dpkg").arg("--status").args(packages))
}

pub(crate) fn quiet(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
