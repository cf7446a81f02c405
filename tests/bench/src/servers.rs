//! The servers that are measured, each a process of its own on the servers' core.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::history::ok;
use crate::host::{cpu_of, on_server_core, program, resident_bytes_of};

/// A running server. It ends with this value.
pub(crate) struct Server {
    child: Child,
    /// The bare broadcast ends when this is closed.
    _input: Option<ChildStdin>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `spotter-relay` on the data and the key in `place`, with further arguments.
    pub(crate) fn relay(place: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program("spotter-relay"));
        command
            .arg("serve")
            .arg("--data")
            .arg(place.join("data"))
            .arg("--key-file")
            .arg(key_file(place))
            .args(["--listen", "127.0.0.1:0", "--low-memory", "--log", "warn"])
            .args(["--links-max", "20000", "--links-per-address-max", "20000"])
            .args(["--links-per-meet-max", "1000"])
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(ok(File::create(place.join("stderr"))));
        Self::start(command)
    }

    /// Starts the bare broadcast.
    pub(crate) fn broadcast() -> Self {
        let mut command = Command::new(ok(std::env::current_exe()));
        command.arg("--bare-broadcast").stdin(Stdio::piped());
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut child = ok(on_server_core(|| command.spawn()));
        let mut first = String::new();
        if let Some(output) = child.stdout.take() {
            ok(BufReader::new(output).read_line(&mut first));
        }
        let address = first.trim().strip_prefix("listening on ");
        Self {
            _input: child.stdin.take(),
            child,
            address: ok(address.unwrap_or_default().parse()),
        }
    }

    /// Processor time so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident bytes now.
    pub(crate) fn resident_bytes(&self) -> f64 {
        resident_bytes_of(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail if it has already ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The relay's key, beside its data.
pub(crate) fn key_file(place: &Path) -> PathBuf {
    place.join("key")
}
