//! A meet that has gone live: a relay, and one replica per location, each behind a network of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::proxy::{Proxy, Weather};
use super::relay::Relay;
use super::replica::Replica;

/// The password of every meet of the suite.
pub(crate) const PASSWORD: &str = "spotters never sleep";

/// The saved meet that the repository's demonstration uses, too.
pub(crate) const DEMONSTRATION: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/data/demonstration.openlifter");

/// A live meet and everyone in it. Everything lies in a temporary folder and ends with this value.
pub(crate) struct World {
    /// The relay.
    pub(crate) relay: Relay,
    /// The meet's ID as `golive` printed it.
    pub(crate) meet_id: String,
    replicas: BTreeMap<String, Replica>,
    networks: BTreeMap<String, Proxy>,
    place: TempDir,
}

impl World {
    /// Makes the demonstration live at the first of these locations, and lets the others join.
    pub(crate) fn of(locations: &[(&str, u32)]) -> Self {
        Self::with_settings(locations, &[])
    }

    /// The same, with further arguments for the relay.
    pub(crate) fn with_settings(locations: &[(&str, u32)], settings: &[&str]) -> Self {
        let place = TempDir::new().unwrap();
        let relay = Relay::start_with(&place.path().join("relay"), settings);
        Self::at(place, relay, locations)
    }

    /// The same, at a relay that is already running in `place`.
    pub(crate) fn at(place: TempDir, relay: Relay, locations: &[(&str, u32)]) -> Self {
        fs::write(place.path().join("password"), PASSWORD).unwrap();
        let mut world = Self {
            relay,
            meet_id: String::new(),
            replicas: BTreeMap::new(),
            networks: BTreeMap::new(),
            place,
        };
        let (initiator, others) = locations.split_first().unwrap();
        world.meet_id = world.go_live(*initiator, others);
        for (location, _) in others {
            world.join(location, location);
        }
        world
    }

    /// The replica at a location.
    #[track_caller]
    pub(crate) fn replica(&self, name: &str) -> &Replica {
        self.replicas
            .get(name)
            .unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// All replicas, in the order of their names.
    pub(crate) fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.replicas.values()
    }

    /// A folder for whatever else a test needs.
    pub(crate) fn folder(&self) -> &Path {
        self.place.path()
    }

    /// The file with the meet's password.
    pub(crate) fn password_file(&self) -> PathBuf {
        self.folder().join("password")
    }

    /// Changes the weather between one replica and the relay.
    pub(crate) fn turn(&self, name: &str, weather: Weather) {
        self.networks[name].turn(weather);
    }

    /// The network between one replica and the relay.
    pub(crate) fn network(&self, name: &str) -> &Proxy {
        &self.networks[name]
    }

    /// Cuts these replicas off.
    pub(crate) fn cut(&self, names: &[&str]) {
        names.iter().for_each(|name| self.turn(name, Weather::Cut));
    }

    /// Ends the trouble of one replica's network.
    pub(crate) fn heal(&self, name: &str) {
        self.turn(name, Weather::Fair);
    }

    /// The relay's WebSocket address as one replica sees it.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("ws://{}", self.networks[name].address())
    }

    /// Leads everyone to where the relay listens now.
    pub(crate) fn lead_to_relay(&self) {
        self.networks
            .values()
            .for_each(|network| network.lead_to(self.relay.address()));
    }

    /// Kills the relay and starts it again; everyone finds it.
    pub(crate) fn restart_relay(&mut self) {
        self.relay.restart();
        self.lead_to_relay();
    }

    /// Starts a relay that was stopped or killed; everyone finds it.
    pub(crate) fn start_relay(&mut self) {
        self.relay.start_again();
        self.lead_to_relay();
    }

    /// Lets one more replica join, under a name of the test's, as a location.
    #[track_caller]
    pub(crate) fn join(&mut self, name: &str, location: &str) {
        self.add_network(name);
        let replica = Replica::at(self.folder().join(name));
        let (url, password_file) = (self.url(name), self.password_file());
        replica.ok(&[
            "join",
            "--relay",
            &url,
            "--meet",
            &self.meet_id,
            "--location",
            location,
            "--password-file",
            password_file.to_str().unwrap(),
        ]);
        replica.sync();
        self.replicas.insert(name.to_owned(), replica);
    }

    /// Adds a replica that exists already, on a network of its own.
    pub(crate) fn adopt(&mut self, name: &str, replica: Replica) {
        self.replicas.insert(name.to_owned(), replica);
    }

    /// Synchronises everyone twice, so that what the last one brought reaches the first, and checks that all agree.
    /// Returns what they agree on.
    #[track_caller]
    pub(crate) fn agree(&self) -> Value {
        for replica in self.replicas().chain(self.replicas()) {
            replica.sync();
        }
        let views: Vec<Value> = self.replicas().map(Replica::export).collect();
        for (name, view) in self.replicas.keys().zip(&views) {
            assert_eq!(view, &views[0], "{name} sees another meet");
        }
        let conflicts: Vec<_> = self.replicas().map(Replica::conflicts).collect();
        for (name, listed) in self.replicas.keys().zip(&conflicts) {
            assert_eq!(listed, &conflicts[0], "{name} lists other conflicts");
        }
        views.into_iter().next().unwrap()
    }

    fn go_live(&mut self, (location, priority): (&str, u32), others: &[(&str, u32)]) -> String {
        self.add_network(location);
        let replica = Replica::at(self.folder().join(location));
        replica.ok(&["import", DEMONSTRATION]);
        let url = self.url(location);
        let password_file = self.password_file();
        let own = format!("{location}={priority}");
        let mut arguments = vec!["golive", "--relay", &url, "--location", &own];
        let with: Vec<String> = others
            .iter()
            .map(|(name, priority)| format!("{name}={priority}"))
            .collect();
        with.iter()
            .for_each(|other| arguments.extend(["--with", other]));
        arguments.extend(["--password-file", password_file.to_str().unwrap()]);
        let printed = replica.ok(&arguments);
        replica.sync();
        self.replicas.insert(location.to_owned(), replica);
        printed
            .split_whitespace()
            .find(|word| {
                word.len() == 11
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'-')
            })
            .unwrap_or_else(|| panic!("no meet ID in: {printed}"))
            .to_owned()
    }

    fn add_network(&mut self, name: &str) {
        self.networks
            .insert(name.to_owned(), Proxy::to(self.relay.address()));
    }
}

/// Every order of these names.
pub(crate) fn orders<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    if names.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in names.iter().enumerate() {
        let mut others = names.to_vec();
        others.remove(place);
        for mut rest in orders(&others) {
            rest.insert(0, first);
            all.push(rest);
        }
    }
    all
}
