//! The eight scenarios of the original design, by its names, with real processes and in every order of reconnecting.
//!
//! A, B and C are locations; the server is the relay. "Unable to reach server" is a network that is cut.

use serde_json::Value;

use crate::harness::{World, orders};

/// The register that everybody disputes.
const DISPUTED: &str = "entries.5003.squat.2";

#[test]
fn one_updating_client_a_one_read_only_client_b() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    let reader = world.replica("B").stay(&[]);
    let (a, b) = (world.replica("A"), world.replica("B"));
    let before = position(a);
    a.set("entries.5003.squat.1", "92.5 good");
    a.set("entries.5003.bodyweightKg", "56.4");
    assert_eq!(not_sent(a), 2, "a pending edit is told");
    a.sync();
    reader.says("56.4");
    reader.stop();

    assert_eq!(not_sent(a), 0, "what is acknowledged is no longer pending");
    assert_eq!(
        position(a),
        before + 2,
        "each edit has its position in the relay's log"
    );
    assert_eq!(b.get("entries.5003.squat.1"), "92.5 good");
    assert_eq!(b.export(), a.export());
    assert!(a.conflicts().is_empty());
}

#[test]
fn two_updating_clients_a_and_b_overlapping_temporally_but_not_overlapping_state_values() {
    for order in orders(&["A", "B"]) {
        let world = World::of(&[("A", 20), ("B", 10)]);
        world
            .replica("A")
            .set_many("entries.5001.squat.1 120 good\nentries.5001.squat.2 125 good\n");
        world
            .replica("B")
            .set_many("entries.5002.squat.1 200 no\nentries.5002.squat.2 200 good\n");
        order.iter().for_each(|name| world.replica(name).sync());
        let meet = world.agree();
        assert_eq!(attempts(&meet, 5001), (120.0, 125.0));
        assert_eq!(attempts(&meet, 5002), (200.0, 200.0));
        assert!(world.replica("A").conflicts().is_empty(), "{order:?}");
    }
}

#[test]
fn what_is_a_conflict() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    let (a, b) = (world.replica("A"), world.replica("B"));

    a.set(DISPUTED, "100 good");
    b.set(DISPUTED, "100 good");
    world.agree();
    assert!(a.conflicts().is_empty(), "equal values are agreement");

    a.set(DISPUTED, "102.5 good");
    world.agree();
    b.set(DISPUTED, "102.5 no");
    world.agree();
    assert!(
        a.conflicts().is_empty(),
        "a write that has seen the other replaces it"
    );
    assert_eq!(
        a.get(DISPUTED),
        "102.5 no",
        "even where its priority is lower"
    );

    a.set(DISPUTED, "105 good");
    b.set(DISPUTED, "107.5 good");
    world.agree();
    assert_eq!(
        a.conflicts().len(),
        1,
        "different values that did not know of each other are a conflict"
    );
    assert_eq!(
        a.get(DISPUTED),
        "105 good",
        "and the higher priority stands"
    );
    assert_eq!(b.get(DISPUTED), "105 good");
}

#[test]
fn essentially_read_only_client_unable_to_reach_server() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    let (a, b) = (world.replica("A"), world.replica("B"));
    let reader = b.stay(&[]);
    reader.says("live");
    world.cut(&["B"]);
    reader.says("offline");
    a.set(DISPUTED, "95 good");
    a.sync();
    reader.stop();
    b.sync_in_vain();
    assert_eq!(
        b.status()["needResync"],
        true,
        "a reader that lost the relay knows that it may miss something"
    );

    world.heal("B");
    b.sync();
    assert_eq!(b.status()["needResync"], false);
    assert_eq!(
        position(b),
        position(a),
        "it has everything up to the relay's last position"
    );
    assert_eq!(b.get(DISPUTED), "95 good");
}

#[test]
fn updating_client_unable_to_reach_server_no_conflicting_updates() {
    for order in orders(&["A", "B"]) {
        let world = World::of(&[("A", 20), ("B", 10)]);
        let (a, b) = (world.replica("A"), world.replica("B"));
        world.cut(&["A"]);
        a.set_many("entries.5000.squat.1 105 good\nentries.5000.squat.2 110 good\n");
        b.set("entries.5004.squat.1", "215 good");
        a.sync_in_vain();
        assert_eq!(
            a.get("entries.5000.squat.2"),
            "110 good",
            "an edit waits for no network"
        );
        assert_eq!(not_sent(a), 2);
        assert_eq!(a.status()["needResync"], true);

        for name in order {
            world.heal(name);
            world.replica(name).sync();
        }
        assert_eq!(not_sent(a), 0);
        let meet = world.agree();
        assert_eq!(
            attempts(&meet, 5000),
            (105.0, 110.0),
            "nothing was overwritten or undone"
        );
        assert_eq!(b.get("entries.5000.squat.2"), "110 good");
        assert_eq!(a.get("entries.5004.squat.1"), "215 good");
        assert!(a.conflicts().is_empty());
    }
}

#[test]
fn two_updating_clients_unable_to_reach_server_one_client_c_still_able_to_reach_mutually_conflicting_updates()
 {
    let outcomes: Vec<Value> = orders(&["A", "B", "C"])
        .into_iter()
        .map(|order| {
            let world = World::of(&[("A", 30), ("B", 20), ("C", 10)]);
            world.cut(&["A", "B"]);
            world.replica("A").set(DISPUTED, "100 good");
            world.replica("B").set(DISPUTED, "102.5 good");
            world.replica("C").set(DISPUTED, "105 no");
            for name in &order {
                world.heal(name);
                world.replica(name).sync();
            }
            let meet = world.agree();
            for replica in world.replicas() {
                assert_eq!(replica.get(DISPUTED), "100 good", "{order:?}");
                assert_eq!(
                    replica.conflicts().len(),
                    1,
                    "{order:?}: those overruled stay listed"
                );
                assert_eq!(
                    not_sent(replica),
                    0,
                    "{order:?}: nobody's edit was rejected"
                );
            }
            let listed = world.replica("A").conflicts()[0].to_string();
            for value in ["100", "102.5", "105"] {
                assert!(listed.contains(value), "{value} is not among {listed}");
            }
            meet
        })
        .collect();
    assert!(
        outcomes.iter().all(|outcome| outcome == &outcomes[0]),
        "the order of reconnecting decides nothing"
    );
}

#[test]
fn one_client_a_reaches_server_significantly_later_than_the_other_client_b_conflicting_updates() {
    for order in orders(&["A", "B"]) {
        let world = World::of(&[("A", 30), ("B", 20), ("C", 10)]);
        world.cut(&["A", "B"]);
        world.replica("A").set(DISPUTED, "100 good");
        world.replica("B").set(DISPUTED, "102.5 good");
        let [first, second] = order[..] else {
            unreachable!("two names")
        };

        world.heal(first);
        world.replica(first).sync();
        // The meet goes on: others see what there is, build on it and lift the next attempts.
        world.replica("C").sync();
        world
            .replica("C")
            .set_many("entries.5003.squat.3 110 good\nentries.5003.bench.1 52.5 good\n");
        world.replica("C").sync();
        world.replica(first).sync();

        world.heal(second);
        world.replica(second).sync();
        world.agree();
        for replica in world.replicas() {
            assert_eq!(
                replica.get(DISPUTED),
                "100 good",
                "{order:?}: lateness decides nothing"
            );
            assert_eq!(replica.get("entries.5003.squat.3"), "110 good", "{order:?}");
            assert_eq!(replica.conflicts().len(), 1, "{order:?}");
        }
    }
}

#[test]
fn two_updating_clients_a_and_b_unable_to_reach_server_when_they_reach_server_server_has_lost_all_state()
 {
    for order in orders(&["A", "B"]) {
        let mut world = World::of(&[("A", 20), ("B", 10)]);
        world.replica("A").set("entries.5005.squat.1", "125 good");
        world.agree();
        world.cut(&["A", "B"]);
        world.replica("A").set(DISPUTED, "100 good");
        world.replica("B").set(DISPUTED, "102.5 good");
        world.relay.kill();
        std::fs::remove_dir_all(world.relay.data()).unwrap();
        world.start_relay();

        for name in &order {
            world.heal(name);
            world.replica(name).sync();
        }
        world.agree();
        for replica in world.replicas() {
            assert_eq!(
                replica.get("entries.5005.squat.1"),
                "125 good",
                "{order:?}: the past is back"
            );
            assert_eq!(replica.get(DISPUTED), "100 good", "{order:?}");
            assert_eq!(replica.conflicts().len(), 1, "{order:?}");
        }
        let meet_id = world.meet_id.clone();
        assert!(
            world.relay.log(&meet_id).exists(),
            "the relay has its log again"
        );
        // Somebody new can join with the old meet ID and password.
        world.join("C", "B");
        assert_eq!(world.replica("C").get("entries.5005.squat.1"), "125 good");
    }
}

/// How many edits of a replica the relay has not acknowledged.
fn not_sent(replica: &crate::harness::Replica) -> u64 {
    replica.status()["editsNotSent"].as_u64().unwrap()
}

/// The last position of the relay's log that a replica has applied.
fn position(replica: &crate::harness::Replica) -> u64 {
    replica.status()["position"]["serverSeqNum"]
        .as_u64()
        .unwrap()
}

/// The first two squats of an entry.
fn attempts(meet: &Value, id: u64) -> (f64, f64) {
    let entries = meet["registration"]["entries"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["id"] == id).unwrap();
    (
        entry["squatKg"][0].as_f64().unwrap(),
        entry["squatKg"][1].as_f64().unwrap(),
    )
}
