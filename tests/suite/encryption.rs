//! A meet over `wss://`, at a relay with a certificate of a venue's own authority.

use std::fs;
use std::path::Path;

use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

use crate::harness::{
    Authority, DEMONSTRATION, Finished, PASSWORD, Relay, Replica, Vouched, until,
};

/// What the authorities of these tests still vouch for in the year they run.
const LONG: i32 = 2_090;

/// A relay that encrypts, reached by the name `localhost`.
struct Venue {
    relay: Relay,
    place: TempDir,
}

impl Venue {
    fn new(vouch: impl FnOnce(&Path) -> Vouched) -> Self {
        let place = TempDir::new().unwrap();
        fs::write(place.path().join("password"), PASSWORD).unwrap();
        let vouched = vouch(place.path());
        let relay = Relay::start_with(&place.path().join("relay"), &vouched.settings());
        Self { relay, place }
    }

    fn url(&self) -> String {
        let (_, port) = self.relay.address().rsplit_once(':').unwrap();
        format!("wss://localhost:{port}")
    }

    fn replica(&self, name: &str) -> Replica {
        Replica::at(self.place.path().join(name))
    }

    /// Takes the demonstration live at location A, with B to join.
    fn go_live(&self, url: &str, more: &[&str]) -> (Replica, Finished) {
        let replica = self.replica("A");
        if !replica.folder().exists() {
            replica.ok(&["import", DEMONSTRATION]);
        }
        let password = self.place.path().join("password");
        let mut words = vec![
            "golive",
            "--relay",
            url,
            "--location",
            "A=1",
            "--with",
            "B=2",
        ];
        words.extend(["--password-file", password.to_str().unwrap()]);
        words.extend(more);
        let finished = replica.run(&words);
        (replica, finished)
    }

    fn join(&self, meet_id: &str, more: &[&str]) -> (Replica, Finished) {
        let replica = self.replica("B");
        let (url, password) = (self.url(), self.place.path().join("password"));
        let mut words = vec![
            "join",
            "--relay",
            &url,
            "--meet",
            meet_id,
            "--location",
            "B",
        ];
        words.extend(["--password-file", password.to_str().unwrap()]);
        words.extend(more);
        let finished = replica.run(&words);
        (replica, finished)
    }
}

#[test]
fn a_meet_lives_behind_a_private_authority_and_replicas_remember_whom_to_trust() {
    let place = TempDir::new().unwrap();
    let authority = Authority::new(place.path(), "authority");
    let venue = Venue::new(|folder| authority.vouch(folder, "localhost", LONG));
    let trusting = ["--ca", authority.file()];
    let (a, live) = venue.go_live(&venue.url(), &trusting);
    let meet_id = live.ok().trim().to_owned();
    let (b, joined) = venue.join(&meet_id, &trusting);
    joined.ok();
    a.set("entries.5003.squat.2", "182.5 good");
    a.sync();
    b.sync();
    assert_eq!(b.get("entries.5003.squat.2"), "182.5 good");
    assert!(b.folder().join("ca.pem").exists());

    // The relay gets a certificate of another authority, and reads it when it is told to.
    let other = Authority::new(place.path(), "other");
    other.vouch(venue.place.path(), "localhost", LONG);
    kill_process(venue.relay.pid(), Signal::HUP).unwrap();
    until("the relay has read its certificate", || {
        venue
            .relay
            .printed()
            .contains("settings were read again")
            .then_some(())
    });
    let refused = b.run(&["sync"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused
            .err
            .contains("an authority that is not trusted here"),
        "{refused:?}"
    );
    b.ok(&["sync", "--ca", other.file()]);
    b.sync();
}

#[test]
fn a_certificate_that_is_not_right_ends_the_command_at_once_with_words_and_status_1() {
    let place = TempDir::new().unwrap();
    let authority = Authority::new(place.path(), "authority");
    let stranger = Authority::new(place.path(), "stranger");
    let good = Venue::new(|folder| authority.vouch(folder, "localhost", LONG));
    let elsewhere = Venue::new(|folder| authority.vouch(folder, "relay.example.org", LONG));
    let expired = Venue::new(|folder| authority.vouch(folder, "localhost", 2_020));
    for (venue, trusting, words, hint) in [
        (
            &good,
            &[][..],
            "an authority that is not trusted here",
            "give that authority's certificate with `--ca FILE`",
        ),
        (
            &good,
            &["--ca", stranger.file()],
            "an authority that is not trusted here",
            "`--ca FILE` puts another authority there",
        ),
        (
            &elsewhere,
            &["--ca", authority.file()],
            "is for another name: relay.example.org, not localhost",
            "connect by a name that the relay's certificate carries",
        ),
        (
            &expired,
            &["--ca", authority.file()],
            "has expired, or this device's clock is wrong: it was good until 2020-12-3",
            ", and here it is 2",
        ),
    ] {
        let (_, refused) = venue.go_live(&venue.url(), trusting);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(words), "{words}: {refused:?}");
        assert!(refused.err.contains(hint), "{hint}: {refused:?}");
        // Another authority helps only where it is the authority that is not trusted.
        let other = words.contains("authority");
        assert_eq!(refused.err.contains("--ca"), other, "{refused:?}");
    }
    let no_certificate = place.path().join("nothing.pem");
    fs::write(&no_certificate, "nothing").unwrap();
    let (_, refused) = good.go_live(&good.url(), &["--ca", no_certificate.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("nothing.pem: holds no certificate"),
        "{refused:?}"
    );
    // Who speaks plainly to a relay that encrypts hears of it, and waits as for any trouble of the network.
    let plain = good.url().replace("wss://", "ws://");
    let (_, refused) = good.go_live(&plain, &["--for", "1s"]);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.err.contains("400"), "{refused:?}");
}
