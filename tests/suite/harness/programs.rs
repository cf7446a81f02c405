//! The two programs, built once, and running one of them to its end.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

use super::wait::until;

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit status; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it printed for scripts.
    pub(crate) out: String,
    /// What it printed for people.
    pub(crate) err: String,
}

impl Finished {
    /// What it printed, if it ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// Everything it printed, if it ended badly on purpose.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert!(
            self.code.is_some_and(|code| code != 0),
            "should have been refused: {self:?}"
        );
        format!("{}{}", self.out, self.err)
    }
}

/// A command that starts the relay's program.
pub(crate) fn spotter_relay() -> Command {
    let mut command = Command::new(built("spotter-relay"));
    // Many relays at once on a small machine; how hard passwords are hashed is tested elsewhere.
    command.env("SPOTTER_RELAY_LOW_MEMORY", "true");
    command
}

/// A command that starts the replica's program.
pub(crate) fn spotter() -> Command {
    Command::new(built("spotter"))
}

/// Runs one of the repository's own commands, as `cargo xtask` would.
pub(crate) fn xtask(arguments: &[&str]) -> Finished {
    let mut command = Command::new(built("xtask"));
    finish(command.args(arguments), None)
}

/// Runs a command to its end, feeding it `input`.
pub(crate) fn finish(command: &mut Command, input: Option<&str>) -> Finished {
    let shown = format!("{command:?}");
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = collect(child.stdout.take().unwrap());
    let err = collect(child.stderr.take().unwrap());
    if let Some(input) = input {
        // A program that refuses early closes its end; what it says is judged, not the broken pipe.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    }
    let code = end_of(&mut child, &shown);
    Finished {
        code,
        out: out.join().unwrap(),
        err: err.join().unwrap(),
    }
}

/// Waits for a program's end and says how it ended.
pub(crate) fn end_of(child: &mut Child, shown: &str) -> Option<i32> {
    until(&format!("the end of {shown}"), || child.try_wait().unwrap()).code()
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Where cargo put a program.
fn built(program: &str) -> PathBuf {
    programs().join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

/// Where cargo put the programs. The first call builds all of them, so that a plain
/// `cargo test -p spotter-tests` never runs yesterday's.
pub(crate) fn programs() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // The whole workspace, as everywhere: fewer packages would have other features and be built once more.
        build
            .args(["build", "--quiet", "--workspace", "--bins"])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo tells a test about its own package would look like a changed environment to some build scripts,
        // and half of the dependencies would be built again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            let ours = [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_CRATE_",
                "CARGO_BIN_",
                "CARGO_PRIMARY_",
            ];
            if ours.iter().any(|prefix| name.starts_with(prefix)) {
                build.env_remove(name.as_ref());
            }
        }
        assert!(
            build.status().unwrap().success(),
            "the programs could not be built"
        );
        // This test lies in `debug/deps`, the programs one folder up.
        std::env::current_exe()
            .unwrap()
            .ancestors()
            .nth(2)
            .unwrap()
            .to_path_buf()
    });
    folder.clone()
}
