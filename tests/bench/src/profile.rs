//! Where a relay's processor time goes, from the message that comes in to the frames that go out: samples of its
//! stacks, each counted for the stage of a change that it is in.
//!
//! The samples are taken by `perf`; without it this group says so and measures nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::clock::{micros, pause};
use crate::crowd::Crowd;
use crate::fleet::{CLIENTS, Fleet};
use crate::history::ok;
use crate::host::memory_folder;
use crate::latency::{prepare, update};
use crate::mint::Place;
use crate::report::{Bar, Report};
use crate::run_local;
use crate::servers::Server;

/// Samples a second of a core that is busy.
const HERTZ: &str = "1499";

/// What the kernel was asked for decides first, wherever in it the sample was taken.
const CALLS: &[(&str, &str)] = &[
    ("sys_fdatasync", "sync the log to the disk"),
    ("sys_fsync", "sync the log to the disk"),
    ("sys_send", "write to sockets"),
    ("sys_write", "write the log: line, file, name"),
    ("sys_recv", "read from sockets"),
    ("sys_epoll", "wait for sockets"),
    ("sys_futex", "wake threads and wait for them"),
];

/// Then the innermost function that belongs to a stage.
const STAGES: &[(&str, &[&str])] = &[
    (
        "write the log: line, file, name",
        &["JournalFile", "FlatFiles", "spotter_journal"],
    ),
    (
        "read the message: JSON, base64",
        &["ClientMessage", "Envelope::read", "spotter_relay::heard"],
    ),
    (
        "decode the change: parse, hash, canonical form",
        &["Change::decode"],
    ),
    ("admit the change", &["Index::admit"]),
    (
        "write acknowledgement and relayed message",
        &["decode::encode", "RelayMessage"],
    ),
    ("decide: the rest of the machine", &["Relay::step"]),
    (
        "write to sockets",
        &["tcp_sendmsg", "poll_flush", "start_send", "Link<S>::write"],
    ),
    ("read from sockets", &["tcp_recvmsg", "tungstenite"]),
];

/// In the order of a change's way, and what is left.
const ORDER: &[&str] = &[
    "wait for sockets",
    "read from sockets",
    "read the message: JSON, base64",
    "decode the change: parse, hash, canonical form",
    "admit the change",
    "decide: the rest of the machine",
    "wake threads and wait for them",
    "write the log: line, file, name",
    "sync the log to the disk",
    "write acknowledgement and relayed message",
    "write to sockets",
    REST,
];

/// Tasks and their queues.
const REST: &str = "hand over between tasks";

/// Two loads: many changes of one meet in flight, and many meets with one each.
pub(crate) fn measure(report: &mut Report, long: bool) {
    crate::apply::measure(report);
    let seconds = if long { 8 } else { 4 };
    if !perf_is_there() {
        report.say(
            "the profile needs `perf` (on Debian: linux-perf) and the right to use it; left out",
        );
        return;
    }
    tell(
        report,
        "one meet, 64 in flight, 8 readers",
        &run_local(one_busy_meet(seconds)),
    );
    tell(
        report,
        "300 meets, one in flight each",
        &run_local(many_calm_meets(seconds)),
    );
}

/// Shares of the samples by stage, and what they are shares of.
struct Profile {
    samples: BTreeMap<&'static str, usize>,
    /// Processor time of a change.
    change: f64,
}

fn tell(report: &mut Report, load: &str, profile: &Profile) {
    let all = profile.samples.values().sum::<usize>().max(1) as f64;
    let what = format!("{load}: processor time a change, {all} samples");
    report.add("profile", what, (profile.change, "us"), None, Bar::None);
    for name in ORDER {
        let share = profile.samples.get(name).copied().unwrap_or(0) as f64 / all;
        let what = format!("{load}: {name}");
        report.add("profile", what, (100.0 * share, "%"), None, Bar::None);
        report.plot(
            &format!("profile, {load}"),
            name,
            vec![(0.0, profile.change * share)],
        );
    }
}

async fn one_busy_meet(seconds: u64) -> Profile {
    // The relay lets one connection send 5,000 messages a second in the long run.
    let (bursts, burst) = (seconds as usize * 5, 800);
    let (base, changes) = prepare((bursts + 1) * burst);
    let place = Place::with_meets(1, 9, &base);
    let relay = Server::relay(place.path(), &[]);
    let texts = changes.iter().enumerate().map(update).collect();
    let mut crowd = Crowd::at_relay(relay.address, &place.meets[0], 8, texts, None).await;
    crowd.press(burst, 64).await;
    let recording = Recording::of(&relay);
    let before = relay.cpu();
    for _ in 0..bursts {
        crowd.press(burst, 64).await;
        pause(Duration::from_millis(150)).await;
    }
    let cpu = relay.cpu().saturating_sub(before);
    recording.finish(micros(cpu) / (bursts * burst) as f64)
}

async fn many_calm_meets(seconds: u64) -> Profile {
    const MEETS: usize = 300;
    let edits = seconds as usize * 4;
    let (base, changes) = prepare(edits + 2);
    let place = Place::with_meets(MEETS, CLIENTS, &base);
    let relay = Server::relay(place.path(), &[]);
    let texts: Rc<[Utf8Bytes]> = changes.iter().enumerate().map(update).collect();
    let mut fleet = Fleet::at_relay(relay.address, &place.meets, &texts, base.len() + 1).await;
    fleet.sail(1, Duration::from_secs(1)).await;
    let recording = Recording::of(&relay);
    let before = relay.cpu();
    fleet.sail(edits, Duration::from_millis(250)).await;
    let cpu = relay.cpu().saturating_sub(before);
    recording.finish(micros(cpu) / (MEETS * edits) as f64)
}

/// `perf record`, attached to a relay.
struct Recording {
    perf: std::process::Child,
    folder: tempfile::TempDir,
}

impl Recording {
    fn of(relay: &Server) -> Self {
        let folder = memory_folder();
        let mut perf = Command::new("perf");
        perf.args([
            "record",
            "--quiet",
            "--freq",
            HERTZ,
            "--call-graph",
            "dwarf,16384",
        ])
        .arg("--output")
        .arg(folder.path().join("perf.data"))
        .args(["--pid", &relay.pid().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
        let perf = ok(perf.spawn());
        Self { perf, folder }
    }

    fn finish(mut self, change: f64) -> Profile {
        if let Some(pid) = rustix::process::Pid::from_raw(self.perf.id() as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let _ = self.perf.wait();
        let samples = stacks(&self.folder.path().join("perf.data"));
        Profile {
            samples: count(&samples),
            change,
        }
    }
}

/// The samples as text, one function to a line, the innermost first, samples apart by an empty line.
fn stacks(data: &Path) -> String {
    let mut perf = Command::new("perf");
    perf.args(["script", "--no-inline", "--fields", "ip,sym", "--input"])
        .arg(data);
    let output = ok(perf.stderr(Stdio::null()).output());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn count(stacks: &str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for stack in stacks
        .split("\n\n")
        .filter(|stack| !stack.trim().is_empty())
    {
        *counts.entry(stage_of(stack)).or_default() += 1;
    }
    counts
}

fn stage_of(stack: &str) -> &'static str {
    let called = CALLS.iter().find(|(call, _)| stack.contains(call));
    if let Some((_, stage)) = called {
        return stage;
    }
    let stage = stack.lines().find_map(|frame| {
        let is_in = |functions: &[&str]| functions.iter().any(|function| frame.contains(function));
        STAGES.iter().find(|(_, functions)| is_in(functions))
    });
    stage.map_or(REST, |(stage, _)| stage)
}

fn perf_is_there() -> bool {
    let mut perf = Command::new("perf");
    perf.args(["record", "--quiet", "--output", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    perf.status().is_ok_and(|status| status.success())
}
