//! Who takes part: the relay and the replicas, each a real process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout_at;

use super::network::Network;
use crate::clock;
use crate::failure::Failure;

/// How long anything in the story may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A relay's process.
pub(super) struct Relay {
    program: PathBuf,
    place: PathBuf,
    child: Child,
    address: SocketAddr,
}

impl Relay {
    /// Starts the relay that lies beside this program.
    pub(super) async fn start(place: &Path) -> Result<Self, Failure> {
        let program = beside("spotter-relay")?;
        let (child, address) = serve(&program, place).await?;
        Ok(Self {
            program,
            place: place.to_owned(),
            child,
            address,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the process without a word.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        let killed = self.child.kill().await;
        killed.map_err(|error| Failure::local(format!("the relay cannot be killed: {error}")))
    }

    /// Starts it again on the same folder.
    pub(super) async fn start_again(&mut self) -> Result<SocketAddr, Failure> {
        (self.child, self.address) = serve(&self.program, &self.place).await?;
        Ok(self.address)
    }
}

async fn serve(program: &Path, place: &Path) -> Result<(Child, SocketAddr), Failure> {
    let mut child = Command::new(program)
        .arg("serve")
        .arg("--data")
        .arg(place.join("relay"))
        .arg("--key-file")
        .arg(place.join("relay.key"))
        .args(["--listen", "127.0.0.1:0", "--log", "warn"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            Failure::local(format!("{} cannot be started: {error}", program.display()))
        })?;
    let mut lines = lines_of(&mut child)?;
    let line = next_line(&mut lines, "the relay to listen").await?;
    let address = line
        .strip_prefix("listening on ")
        .and_then(|address| address.parse().ok())
        .ok_or_else(|| Failure::refused(format!("the relay said {line:?}")))?;
    Ok((child, address))
}

/// A location's replica.
pub(super) struct Desk {
    pub(super) name: &'static str,
    pub(super) priority: u32,
    pub(super) network: Network,
    dir: PathBuf,
    running: Option<Running>,
}

/// Its `run`, which takes edits and tells what happens.
struct Running {
    child: Child,
    edits: ChildStdin,
    tells: Lines<BufReader<ChildStdout>>,
}

impl Desk {
    pub(super) async fn at(
        place: &Path,
        name: &'static str,
        priority: u32,
        relay: SocketAddr,
    ) -> Result<Self, Failure> {
        Ok(Self {
            name,
            priority,
            network: Network::to(relay).await?,
            dir: place.join(name),
            running: None,
        })
    }

    /// Runs one command to its end and returns what it printed.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = Command::new(itself()?)
            .arg("--replica")
            .arg(&self.dir)
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout_at(clock::after(PATIENCE), output)
            .await
            .map_err(|_| self.failed(arguments, "it took too long"))?
            .map_err(|error| self.failed(arguments, &error.to_string()))?;
        if !output.status.success() {
            return Err(self.failed(arguments, &String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    }

    fn failed(&self, arguments: &[&str], why: &str) -> Failure {
        let command = arguments.first().copied().unwrap_or_default();
        Failure::refused(format!("`{command}` at {}: {}", self.name, why.trim_end()))
    }

    async fn run_json(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let printed = self.run(arguments).await?;
        serde_json::from_str(&printed).map_err(|error| self.failed(arguments, &error.to_string()))
    }

    pub(super) async fn get(&self, path: &str) -> Result<String, Failure> {
        self.run(&["get", path]).await
    }

    pub(super) async fn get_json(&self, path: &str) -> Result<Value, Failure> {
        self.run_json(&["get", path, "--json"]).await
    }

    pub(super) async fn status(&self) -> Result<Value, Failure> {
        self.run_json(&["status", "--json"]).await
    }

    pub(super) async fn conflicts(&self) -> Result<Vec<Value>, Failure> {
        Ok(list(self.run_json(&["conflicts", "--json"]).await?))
    }

    pub(super) async fn history(&self, path: &str) -> Result<Vec<Value>, Failure> {
        Ok(list(self.run_json(&["history", path, "--json"]).await?))
    }

    /// The meet as OpenLifter would save it.
    pub(super) async fn saved(&self) -> Result<Value, Failure> {
        self.run_json(&["show", "--json"]).await
    }

    pub(super) async fn entries(&self) -> Result<Vec<Value>, Failure> {
        Ok(list(self.saved().await?["registration"]["entries"].take()))
    }

    /// Stays connected from now on.
    pub(super) async fn stay(&mut self) -> Result<(), Failure> {
        let spawned = Command::new(itself()?)
            .arg("--replica")
            .arg(&self.dir)
            .args(["run", "--edits"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(|error| self.failed(&["run"], &error.to_string()))?;
        let tells = lines_of(&mut child)?;
        let edits = child.stdin.take();
        let edits = edits.ok_or_else(|| self.failed(&["run"], "it takes no edits"))?;
        self.running = Some(Running {
            child,
            edits,
            tells,
        });
        self.hears(&["live"]).await?;
        Ok(())
    }

    /// Writes a value, and waits until the replica reports it as saved.
    pub(super) async fn write(&mut self, path: &str, value: &str) -> Result<(), Failure> {
        let running = self.running.as_mut();
        let running = running.ok_or_else(|| Failure::refused("nobody runs there"))?;
        let line = format!("{path} {value}\n");
        let written = running.edits.write_all(line.as_bytes()).await;
        written.map_err(|error| self.failed(&["run"], &error.to_string()))?;
        self.hears(&[line.trim_end()]).await?;
        Ok(())
    }

    /// Waits until the replica tells a line that holds all of these words.
    pub(super) async fn hears(&mut self, words: &[&str]) -> Result<String, Failure> {
        let what = format!("{} to hear of {}", self.name, words.join(", "));
        let running = self.running.as_mut();
        let running = running.ok_or_else(|| Failure::refused("nobody runs there"))?;
        loop {
            let line = next_line(&mut running.tells, &what).await?;
            if words.iter().all(|word| line.contains(word)) {
                return Ok(line);
            }
        }
    }

    /// Ends the process that stays connected.
    pub(super) async fn leave(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill().await;
        }
    }
}

fn list(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value {
        return items;
    }
    Vec::new()
}

fn lines_of(child: &mut Child) -> Result<Lines<BufReader<ChildStdout>>, Failure> {
    let out = child.stdout.take();
    let out = out.ok_or_else(|| Failure::local("a process without standard output"))?;
    Ok(BufReader::new(out).lines())
}

async fn next_line(
    lines: &mut Lines<BufReader<ChildStdout>>,
    what: &str,
) -> Result<String, Failure> {
    let waited = timeout_at(clock::after(PATIENCE), lines.next_line()).await;
    let line = waited.map_err(|_| Failure::not_reached(format!("waited in vain for {what}")))?;
    match line {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err(Failure::refused(format!(
            "the process ended; waited for {what}"
        ))),
        Err(error) => Err(Failure::local(format!("waiting for {what}: {error}"))),
    }
}

fn itself() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::local(format!("this program does not know where it lies: {error}"))
    })
}

/// A program in the same folder as this one.
fn beside(name: &str) -> Result<PathBuf, Failure> {
    let program = itself()?.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    Err(
        Failure::refused(format!("there is no {name} beside this program")).hint(format!(
            "{} should be it; `cargo build --bins` makes both",
            program.display()
        )),
    )
}
