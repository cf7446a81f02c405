//! A relay as a process of its own, which can be killed, stopped and started again on the same data.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::http::http_get;
use super::programs::{Finished, end_of, finish, spotter_relay};
use super::wait::until;

/// A running `spotter-relay serve`. It ends with this value.
pub(crate) struct Relay {
    child: Child,
    address: String,
    place: PathBuf,
    settings: Vec<String>,
}

impl Relay {
    /// Starts a relay whose data and key lie in `place`.
    pub(crate) fn start(place: &Path) -> Self {
        Self::start_with(place, &[])
    }

    /// Starts a relay with further arguments.
    pub(crate) fn start_with(place: &Path, settings: &[&str]) -> Self {
        fs::create_dir_all(place).unwrap();
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let (child, address) = serve(place, &settings, &mut spotter_relay());
        Self {
            child,
            address,
            place: place.to_path_buf(),
            settings,
        }
    }

    /// Starts a relay through a shell line that runs `"$@"`, for limits that only a shell can set.
    pub(crate) fn start_under(place: &Path, shell: &str) -> Self {
        fs::create_dir_all(place).unwrap();
        let program = spotter_relay().get_program().to_owned();
        let mut command = Command::new("bash");
        command.args(["-c", shell, "bash"]).arg(program);
        let (child, address) = serve(place, &[], &mut command);
        Self {
            child,
            address,
            place: place.to_path_buf(),
            settings: Vec::new(),
        }
    }

    /// Starts a relay that must not come up, and returns what it said.
    pub(crate) fn refuses_to_start(place: &Path, settings: &[&str]) -> String {
        let mut command = spotter_relay();
        command
            .arg("serve")
            .arg("--data")
            .arg(place.join("data"))
            .arg("--key-file")
            .arg(place.join("key"));
        finish(command.args(settings), None).refused()
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The folder with the meets.
    pub(crate) fn data(&self) -> PathBuf {
        self.place.join("data")
    }

    /// The key by which it recognises what it once signed.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.place.join("key")
    }

    /// The folder of one meet, named by its ID in either spelling.
    pub(crate) fn meet(&self, meet_id: &str) -> PathBuf {
        self.data()
            .join("current-meets")
            .join(meet_id.replace('-', ""))
    }

    /// The log of one meet.
    pub(crate) fn log(&self, meet_id: &str) -> PathBuf {
        self.meet(meet_id).join("updates.json.log")
    }

    /// What it printed in all its runs.
    pub(crate) fn printed(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.place.join(name)).unwrap_or_default();
        format!("{}{}", read("stdout"), read("stderr"))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// One of the numbers it tells at the address of its metrics, by name and labels as they are told; 0 if it is not told.
    /// The relay must have been started with `--metrics-address 127.0.0.1:0`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let told = http_get(&self.metrics_address(), "/metrics");
        let lines = told.lines().filter_map(|line| line.strip_prefix(name));
        let numbers = lines.filter_map(|rest| rest.strip_prefix(' '));
        numbers
            .map(|number| number.parse::<f64>().unwrap() as u64)
            .sum()
    }

    /// Waits until one of its numbers is at least this.
    #[track_caller]
    pub(crate) fn counts(&self, name: &str, least: u64) {
        until(&format!("the relay counts {least} of {name}"), || {
            (self.metric(name) >= least).then_some(())
        });
    }

    /// Where it tells its numbers; of several runs the last.
    fn metrics_address(&self) -> String {
        until("the relay says where it counts", || {
            let printed = fs::read_to_string(self.place.join("stdout")).unwrap();
            let (_, last_run) = printed.rsplit_once("listening on ")?;
            let line = last_run
                .lines()
                .find_map(|line| line.strip_prefix("metrics on "));
            line.map(str::to_owned)
        })
    }

    /// Makes the process stand still, as a laptop that sleeps or a machine that is moved would.
    pub(crate) fn stand_still(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// Ends the process without a word, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as an operator would, and says how it ended.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        kill_process(self.pid(), Signal::TERM).unwrap();
        end_of(&mut self.child, "the relay")
    }

    /// Starts again on the same data, on another port.
    pub(crate) fn start_again(&mut self) {
        (self.child, self.address) = serve(&self.place, &self.settings, &mut spotter_relay());
    }

    /// Kills and starts again.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// `spotter-relay verify` on its data.
    pub(crate) fn verify(&self) -> Finished {
        finish(spotter_relay().arg("verify").arg(self.data()), None)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Both fail if it has already ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            report(&self.printed());
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a failed test shows what the relay had to say"
)]
fn report(printed: &str) {
    eprintln!("--- the relay printed\n{printed}---");
}

fn serve(place: &Path, settings: &[String], command: &mut Command) -> (Child, String) {
    let printed = place.join("stdout");
    let before = fs::read_to_string(&printed).map_or(0, |text| text.lines().count());
    let append = |path: &Path| {
        File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap()
    };
    command
        .arg("serve")
        .arg("--data")
        .arg(place.join("data"))
        .arg("--key-file")
        .arg(place.join("key"));
    command.args(["--listen", "127.0.0.1:0"]).args(settings);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(append(&printed))
        .stderr(append(&place.join("stderr")))
        .spawn()
        .unwrap();
    let address = until("the relay says where it listens", || {
        let text = fs::read_to_string(&printed).unwrap();
        let line = text
            .lines()
            .skip(before)
            .find_map(|line| line.strip_prefix("listening on "));
        if line.is_none() && child.try_wait().unwrap().is_some() {
            panic!(
                "the relay did not come up: {}",
                fs::read_to_string(place.join("stderr")).unwrap()
            );
        }
        line.map(str::to_owned)
    });
    (child, address)
}
