//! Many at once: those who come back together, and the one who reads too slowly for the others.

use serde_json::json;
use tempfile::TempDir;

use super::COUNTED;
use crate::harness::{Author, PASSWORD, Proxy, Relay, Way, Weather, Wire, World, until};

/// Devices at one location, each with a session of its own.
const CROWD: usize = 12;

/// Changes of 16 kB each, more than all buffers between relay and reader hold together.
const LONG_CHANGES: u64 = 1_000;

#[test]
fn crowd_comes_back_to_a_restarted_relay_by_token_and_no_password_is_hashed() {
    let mut world = World::with_settings(&[("A", 20), ("B", 10)], COUNTED);
    let names: Vec<String> = (0..CROWD).map(|n| format!("B{n}")).collect();
    for name in &names {
        world.join(name, "B");
    }
    let hashed = world.relay.metric("spotter_password_check_seconds_count");
    assert_eq!(
        hashed as usize,
        CROWD + 2,
        "each has joined with the password"
    );
    let crowd: Vec<_> = names
        .iter()
        .map(|name| world.replica(name).stay(&[]))
        .collect();
    crowd.iter().for_each(|one| one.says("live\n"));

    world.restart_relay();
    crowd.iter().for_each(|one| one.says_times("live\n", 2));
    let outcomes = ["resumed", "joined"].map(|outcome| {
        world
            .relay
            .metric(&format!("spotter_joins_total{{outcome=\"{outcome}\"}}"))
    });
    assert_eq!(outcomes, [CROWD as u64, 0], "by token, one and all");
    assert_eq!(
        world.relay.metric("spotter_password_check_seconds_count"),
        0
    );
    // Nobody had to try more often than a relay that takes a while to start explains.
    for name in &names {
        let attempts = world.network(name).attempts().len();
        assert!(attempts <= 3 + 8, "{name} tried {attempts} times");
    }
    world.replica("A").set("entries.5001.squat.1", "120 good");
    world.replica("A").sync();
    crowd.iter().for_each(|one| one.says("120"));
    for one in crowd {
        one.stop();
    }
}

#[test]
fn reader_of_one_byte_a_second_is_let_go_while_others_are_served() {
    let place = TempDir::new().unwrap();
    let relay = Relay::start_with(place.path(), COUNTED);
    let mut author = Author::begin(1);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    wire.offer(0, std::slice::from_ref(author.genesis()));
    wire.hear("UPDATE_ACK");
    let fields =
        json!({"meetId": created["meetId"], "locationName": "Other", "password": PASSWORD});
    let line = Proxy::to(relay.address());
    let (mut slow, _) = Wire::join(line.address(), &fields);
    slow.hear("CAUGHT_UP");
    let (mut other, _) = Wire::join(relay.address(), &fields);
    other.hear("CAUGHT_UP");
    line.turn(Weather::Trickling(Way::Down));

    let long = "x".repeat(16_000);
    let is_let_go = || relay.metric("spotter_links_closed_total{reason=\"slow-reader\"}") == 1;
    let mut sent = 0;
    while sent < LONG_CHANGES && !(sent % 20 == 0 && is_let_go()) {
        sent += 1;
        let change = author.write("notes", &long);
        until("the change is acknowledged", || {
            wire.offer(sent, std::slice::from_ref(&change));
            let answer = wire.hear_one_of(&["UPDATE_ACK", "UPDATE_REJECTED"]);
            // "Too fast" is told now and then, and is nothing to wonder at.
            (answer["msgType"] == "UPDATE_ACK").then_some(())
        });
        let relayed = other.hear("UPDATE_RELAY");
        assert_eq!(relayed["updatesRelayed"][0]["serverSeqNum"], sent + 1);
    }
    assert!(sent < LONG_CHANGES, "the slow reader was kept");
    until("only those who read are left", || {
        (relay.metric("spotter_links_open") == 2).then_some(())
    });

    line.turn(Weather::Fair);
    let (mut back, joined) = Wire::join(line.address(), &fields);
    assert_eq!(joined["serverSeqNum"], sent + 1);
    back.hear("CAUGHT_UP");
}
