//! Where the story happens: a folder of its own, the relay, the three desks; and telling it at a pace people can read.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::cast::{Desk, PATIENCE, Relay};
use super::{DISPUTED, PAUSE, wait};
use crate::failure::Failure;
use crate::{chance, clock, out};

/// The meet of the story, saved by OpenLifter's rules.
const SAVED: &str = include_str!("../../../../tests/data/demonstration.openlifter");

/// Everybody's password; a demonstration has no secrets.
const PASSWORD: &str = "lift heavy things";

/// How often it is looked whether everybody agrees.
const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// Everything that takes part.
pub(super) struct Stage {
    pub(super) relay: Relay,
    pub(super) registration: Desk,
    pub(super) platform: Desk,
    pub(super) jury: Desk,
    place: PathBuf,
    paced: bool,
}

impl Stage {
    /// Makes a folder of its own and starts the relay.
    pub(super) async fn set(fast: bool) -> Result<Self, Failure> {
        let place = make_place()?;
        let relay = Relay::start(&place).await?;
        let address = relay.address();
        Ok(Self {
            registration: Desk::at(&place, "Registration", 10, address).await?,
            platform: Desk::at(&place, "Platform 1", 20, address).await?,
            jury: Desk::at(&place, "Jury", 30, address).await?,
            relay,
            place,
            paced: !fast && io::stdout().is_terminal(),
        })
    }

    /// Ends everything. The folder stays if something went wrong, for whoever wants to look.
    pub(super) async fn clear(mut self, told: &Result<(), Failure>) {
        for desk in [&mut self.registration, &mut self.platform, &mut self.jury] {
            desk.leave().await;
        }
        let _ = self.relay.kill().await;
        if told.is_err() {
            out::remark(format!("what happened is in {}", self.place.display()));
        } else {
            let _ = fs::remove_dir_all(&self.place);
        }
    }

    /// Begins a chapter.
    pub(super) async fn chapter(&self, title: &str) {
        out::line(format!("\n{title}"));
        self.pause().await;
    }

    /// Says something, and leaves time to read it.
    pub(super) async fn say(&self, text: impl AsRef<str>) {
        out::line(format!("  {}", text.as_ref()));
        self.pause().await;
    }

    pub(super) async fn pause(&self) {
        if self.paced {
            wait(PAUSE).await;
        }
    }

    /// The three desks.
    pub(super) fn desks(&self) -> [&Desk; 3] {
        [&self.registration, &self.platform, &self.jury]
    }

    /// The three desks with their priorities.
    pub(super) fn desks_described(&self) -> [String; 3] {
        self.desks()
            .map(|desk| format!("{} (priority {})", desk.name, desk.priority))
    }

    /// Imports the meet at Registration and makes it live; returns its ID.
    pub(super) async fn go_live(&self) -> Result<String, Failure> {
        let file = self.write_file("meet.openlifter", SAVED)?;
        self.registration.run(&["import", &file]).await?;
        let [own, platform, jury] = self
            .desks()
            .map(|desk| format!("{}={}", desk.name, desk.priority));
        let (url, password) = (self.registration.network.url(), self.password_file()?);
        let arguments = [
            "golive",
            "--relay",
            &url,
            "--password-file",
            &password,
            "--location",
            &own,
            "--with",
            &platform,
            "--with",
            &jury,
        ];
        self.registration.run(&arguments).await
    }

    /// Lets the two others join.
    pub(super) async fn join(&self, meet_id: &str) -> Result<(), Failure> {
        let password = self.password_file()?;
        for desk in [&self.platform, &self.jury] {
            let url = desk.network.url();
            desk.run(&[
                "join",
                "--relay",
                &url,
                "--meet",
                meet_id,
                "--location",
                desk.name,
                "--password-file",
                &password,
            ])
            .await?;
        }
        Ok(())
    }

    /// Keeps everybody connected from now on.
    pub(super) async fn everyone_stays(&mut self) -> Result<(), Failure> {
        self.registration.stay().await?;
        self.platform.stay().await?;
        self.jury.stay().await
    }

    /// Starts the relay again on the same folder, and leads everybody there.
    pub(super) async fn restart_relay(&mut self) -> Result<SocketAddr, Failure> {
        let address = self.relay.start_again().await?;
        for desk in self.desks() {
            desk.network.lead_to(address);
        }
        Ok(address)
    }

    /// Waits until all three hold the same meet and have sent everything; returns the disputed attempt as it is shown.
    pub(super) async fn agree(&self) -> Result<Value, Failure> {
        let deadline = clock::after(PATIENCE);
        loop {
            if self.everything_is_sent().await? && self.all_hold_the_same().await? {
                return self.registration.get_json(DISPUTED).await;
            }
            self.in_time(deadline)?;
            wait(LOOK_AGAIN).await;
        }
    }

    fn in_time(&self, deadline: Instant) -> Result<(), Failure> {
        if clock::is_over(deadline) {
            return Err(Failure::refused("the three do not come to agree"));
        }
        Ok(())
    }

    async fn everything_is_sent(&self) -> Result<bool, Failure> {
        for desk in self.desks() {
            if desk.status().await?["editsNotSent"] != 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn all_hold_the_same(&self) -> Result<bool, Failure> {
        let first = self.registration.saved().await?;
        Ok(first == self.platform.saved().await? && first == self.jury.saved().await?)
    }

    fn password_file(&self) -> Result<String, Failure> {
        self.write_file("password", PASSWORD)
    }

    fn write_file(&self, name: &str, text: &str) -> Result<String, Failure> {
        let file = self.place.join(name);
        fs::write(&file, text)
            .map_err(|error| Failure::local(format!("cannot write {}: {error}", file.display())))?;
        Ok(file.display().to_string())
    }
}

fn make_place() -> Result<PathBuf, Failure> {
    let random = chance::seed()?;
    let name: String = random[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let place = std::env::temp_dir().join(format!("spotter-demo-{name}"));
    fs::create_dir(&place)
        .map_err(|error| Failure::local(format!("cannot make {}: {error}", place.display())))?;
    Ok(place)
}
