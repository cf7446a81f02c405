//! The demonstration meet: who takes part, and what a person could do next with it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::out;
use crate::tools::{built, root};

/// Where everything of the demonstration lies, from the repository's root.
pub(crate) const PLACE: &str = "target/start";
/// The meet's password; a demonstration has no secrets.
pub(crate) const PASSWORD: &str = "lift heavy things";
/// The file the password is read from.
pub(crate) const PASSWORD_FILE: &str = "target/start/password";
/// The location that makes the meet live.
pub(crate) const INITIATOR: &str = "registration";
/// The program as a person types it.
pub(crate) const SPOTTER: &str = "target/debug/spotter";

/// The saved file that the meet is made from.
const SAVED_FILE: &str = "tests/data/demonstration.openlifter";

/// A meet that has gone live, and what to try with it.
pub(crate) struct Demonstration {
    /// `HOST:PORT` of the relay.
    pub(crate) address: String,
    /// The meet's ID as people read it, `123-456-789`.
    pub(crate) meet: String,
    /// What to open in a browser.
    pub(crate) pages: Vec<Page>,
    /// What to try in a terminal, in order.
    pub(crate) steps: Vec<Step>,
}

/// A page that the relay hands out.
pub(crate) struct Page {
    /// What it is for.
    pub(crate) says: &'static str,
    /// Where it is; an address with a key after its `#` opens without a password.
    pub(crate) address: String,
}

/// A few commands that belong together, and what the last of them must show.
pub(crate) struct Step {
    /// The sentence above the commands.
    pub(crate) says: &'static str,
    /// What to type, word for word.
    pub(crate) commands: Vec<String>,
    /// A part of what the last command prints.
    pub(crate) shows: Option<String>,
}

/// A replica's commands begin like this.
pub(crate) fn replica(location: &str) -> String {
    format!("{SPOTTER} --replica {PLACE}/{location}")
}

/// Makes the meet live on a relay of its own, and stops that relay again.
pub(crate) fn prepare() -> Result<Demonstration, String> {
    let place = root().join(PLACE);
    if place.exists() {
        fs::remove_dir_all(&place)
            .map_err(|error| format!("{} cannot be cleared: {error}", place.display()))?;
    }
    fs::create_dir_all(&place)
        .map_err(|error| format!("{} cannot be made: {error}", place.display()))?;
    fs::write(root().join(PASSWORD_FILE), PASSWORD)
        .map_err(|error| format!("{PASSWORD_FILE}: {error}"))?;

    let relay = Relay::start("127.0.0.1:0")?;
    spotter(&["import", SAVED_FILE])?;
    let relay_url = format!("ws://{}", relay.address);
    let printed = spotter(&[
        "golive",
        "--relay",
        &relay_url,
        "--password-file",
        PASSWORD_FILE,
        "--location",
        "Registration=10",
        "--with",
        "Platform 1=20",
        "--with",
        "Jury=30",
    ])?;
    let meet = meet_id(&printed)
        .ok_or_else(|| format!("no meet ID in what `golive` printed: {printed}"))?;
    let key = spotter(&["display-key", "add", "Demonstration"])?;
    let address = relay.address.clone();
    relay.stop()?;
    let key = key.split_whitespace().last().unwrap_or_default();
    let pages = pages(&address, &meet, key);
    let steps = steps(&relay_url, &meet);
    Ok(Demonstration {
        address,
        meet,
        pages,
        steps,
    })
}

/// Two locations in one browser, and two displays.
fn pages(address: &str, meet: &str, key: &str) -> Vec<Page> {
    let here = format!("http://{address}");
    let display = |page: &str| format!("{here}/{page}?meet={meet}&day=1&platform=1#key={key}");
    vec![
        Page {
            says: "a location: Platform 1",
            address: format!("{here}/?meet={meet}&location=Platform%201"),
        },
        Page {
            says: "a second location, the jury, with a copy of its own in the same browser",
            address: format!("{here}/?copy=jury&meet={meet}&location=Jury"),
        },
        Page {
            says: "the scoreboard",
            address: display("scoreboard"),
        },
        Page {
            says: "the overlay for the livestream; transparent where nothing is shown",
            address: display("overlay"),
        },
    ]
}

/// The commands a person can try, in order; `cargo xtask start --check` runs them all.
fn steps(relay_url: &str, meet: &str) -> Vec<Step> {
    let registration = replica(INITIATOR);
    let platform = replica("platform-1");
    let jury = replica("jury");
    let join = |who: &str, location: &str| {
        format!(
            "{who} join --relay {relay_url} --meet {meet} --location \"{location}\" --password-file {PASSWORD_FILE}"
        )
    };
    vec![
        Step {
            says: "a scoring table joins with the meet's ID and password",
            commands: vec![
                join(&platform, "Platform 1"),
                format!("{platform} get meet.name"),
            ],
            shows: None,
        },
        Step {
            says: "it writes an attempt and sends it; the registration desk fetches and reads it",
            commands: vec![
                format!("{platform} set entries.5000.squat.1 \"180 good\""),
                format!("{platform} sync"),
                format!("{registration} sync"),
                format!("{registration} get entries.5000.squat.1"),
            ],
            shows: Some("180".to_owned()),
        },
        Step {
            says: "two locations write the same attempt without having heard of each other: the higher priority stands",
            commands: vec![
                join(&jury, "Jury"),
                format!("{platform} set entries.5000.squat.2 \"190 good\""),
                format!("{jury} set entries.5000.squat.2 \"190 no\""),
                format!("{platform} sync"),
                format!("{jury} sync"),
                format!("{platform} sync"),
                format!("{platform} conflicts"),
                format!("{platform} get entries.5000.squat.2"),
            ],
            shows: Some("no".to_owned()),
        },
        Step {
            says: "who wrote what, and the meet as an OpenLifter file again",
            commands: vec![
                format!("{registration} sync"),
                format!("{registration} history entries.5000.squat.2"),
                format!("{registration} export {PLACE}/exported.openlifter"),
            ],
            shows: None,
        },
    ]
}

/// Runs the initiator's replica once and returns what it printed.
fn spotter(arguments: &[&str]) -> Result<String, String> {
    out::line(&format!("$ {} {}", replica(INITIATOR), arguments.join(" ")));
    let output = Command::new(built("spotter"))
        .args(["--replica", &format!("{PLACE}/{INITIATOR}")])
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`spotter` could not be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "`spotter {}` ended with {}: {}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Finds `123-456-789` among the printed words.
fn meet_id(printed: &str) -> Option<String> {
    let is_id = |word: &&str| {
        word.len() == 11
            && word.split('-').count() == 3
            && word
                .split('-')
                .all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
    };
    printed.split_whitespace().find(is_id).map(str::to_owned)
}

/// The command that serves the demonstration's data.
pub(crate) fn serve(listen: &str) -> Command {
    let mut command = Command::new(built("spotter-relay"));
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .args(serving(listen));
    command
}

/// What a person types to serve the demonstration's data once more.
pub(crate) fn served_again(listen: &str) -> String {
    format!("target/debug/spotter-relay {}", serving(listen).join(" "))
}

fn serving(listen: &str) -> [&str; 7] {
    [
        "serve",
        "--data",
        "target/start/relay",
        "--key-file",
        "target/start/relay.key",
        "--listen",
        listen,
    ]
}

/// A relay that runs while something is prepared or checked, and never longer.
pub(crate) struct Relay {
    child: Child,
    address: String,
}

impl Relay {
    /// Starts a relay and waits until it says where it listens.
    pub(crate) fn start(listen: &str) -> Result<Self, String> {
        let diagnostics = File::create(root().join(PLACE).join("relay.log"))
            .map_err(|error| error.to_string())?;
        let mut child = serve(listen)
            .stdout(Stdio::piped())
            .stderr(diagnostics)
            .spawn()
            .map_err(|error| format!("the relay could not be started: {error}"))?;
        let mut first = String::new();
        if let Some(output) = child.stdout.as_mut() {
            BufReader::new(output)
                .read_line(&mut first)
                .map_err(|error| error.to_string())?;
        }
        let address = first
            .trim()
            .strip_prefix("listening on ")
            .map(str::to_owned);
        let relay = Self {
            child,
            address: address.clone().unwrap_or_default(),
        };
        match address {
            Some(_) => Ok(relay),
            None => Err(format!(
                "the relay did not come up; {PLACE}/relay.log says why"
            )),
        }
    }

    /// Asks the relay to finish what it has begun, and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            return Err("the relay could not be asked to stop".to_owned());
        }
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!(
                "the relay ended with {status}; {PLACE}/relay.log says why"
            )),
            Err(error) => Err(format!("the relay could not be waited for: {error}")),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Both fail when the relay has already ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meet_id_is_found_among_other_words() {
        assert_eq!(
            meet_id("live as 123-456-789 on ws://x\n").as_deref(),
            Some("123-456-789")
        );
        assert_eq!(meet_id("no such 12-345-6789"), None);
    }
}
