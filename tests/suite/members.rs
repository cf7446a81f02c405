//! Who may come in, as whom, and for how long.

use serde_json::{Value, json};

use crate::harness::{Author, PASSWORD, Relay, Replica, Wire, World, joining, orders};

/// The register that everybody disputes.
const DISPUTED: &str = "entries.5003.squat.2";

#[test]
fn wrong_password_says_no_more_than_an_unknown_meet() {
    let place = tempfile::TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let (_, created) = Wire::create(relay.address(), &mut Author::begin(1));
    let answer = |meet_id: &Value| {
        let mut wire = Wire::to(relay.address());
        wire.say(&joining(
            &json!({"meetId": meet_id, "locationName": "Hand", "password": "not the password"}),
        ));
        wire.hear("JOIN_REJECTED")
    };
    let known = answer(&created["meetId"]);
    let unknown = answer(&json!("999-999-999"));
    assert_eq!(known, unknown);
    assert_eq!(known["code"], "wrong-meet-or-password");
}

#[test]
fn password_of_nine_characters_is_refused() {
    let place = tempfile::TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let file = place.path().join("short");
    std::fs::write(&file, "nine char").unwrap();
    let replica = Replica::at(place.path().join("A"));
    replica.ok(&["import", crate::harness::DEMONSTRATION]);
    let url = format!("ws://{}", relay.address());
    let live = [
        "golive",
        "--relay",
        &url,
        "--location",
        "A=1",
        "--password-file",
        file.to_str().unwrap(),
    ];
    let told = replica.run(&live).refused();
    assert!(told.contains("10"), "{told}");
    assert!(!told.contains("nine char"), "{told}");
}

#[test]
fn meet_id_is_accepted_with_and_without_separators() {
    let place = tempfile::TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let (_, created) = Wire::create(relay.address(), &mut Author::begin(1));
    let digits = created["meetId"].as_str().unwrap().replace('-', "");
    assert_eq!(digits.len(), 9);
    let (a, b, c) = (&digits[..3], &digits[3..6], &digits[6..]);
    for spelling in [
        digits.clone(),
        format!("{a}-{b}-{c}"),
        format!("{a} {b} {c}"),
    ] {
        let fields = json!({"meetId": spelling, "locationName": "Other", "password": PASSWORD});
        Wire::join(relay.address(), &fields);
    }
}

#[test]
fn unknown_location_is_refused_by_name_to_members_only() {
    let place = tempfile::TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let (_, created) = Wire::create(relay.address(), &mut Author::begin(1));
    let answer = |password: &str| {
        let mut wire = Wire::to(relay.address());
        let fields =
            json!({"meetId": created["meetId"], "locationName": "Nowhere", "password": password});
        wire.say(&joining(&fields));
        wire.hear("JOIN_REJECTED")["code"].clone()
    };
    assert_eq!(answer(PASSWORD), "unknown-location");
    assert_eq!(answer("not the password"), "wrong-meet-or-password");
}

#[test]
fn message_before_joining_is_refused() {
    let place = tempfile::TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let author = Author::begin(1);
    let mut wire = Wire::to(relay.address());
    wire.offer(1, std::slice::from_ref(author.genesis()));
    wire.hear("INVALID_SESSION");
}

#[test]
fn session_that_ended_while_away_loses_nothing() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.agree();
    world.cut(&["B"]);
    world.replica("B").set(DISPUTED, "100 good");

    let listed = world.replica("A").ok(&["session", "list"]);
    let line = listed
        .lines()
        .find(|line| line.split_whitespace().any(|word| word == "B"))
        .unwrap();
    let session = line.split_whitespace().next().unwrap();
    world.replica("A").ok(&["session", "revoke", session]);

    world.heal("B");
    let told = world.replica("B").run(&["sync"]).refused();
    assert!(
        told.contains("password"),
        "the person is asked for the password: {told}"
    );
    assert_eq!(
        world.replica("B").get(DISPUTED),
        "100 good",
        "and the edit is still there"
    );
    world.replica("B").set("entries.5003.squat.3", "105 good");
    world.join("B", "B");
    world.agree();
    assert_eq!(world.replica("A").get(DISPUTED), "100 good");
    assert_eq!(world.replica("A").get("entries.5003.squat.3"), "105 good");
}

#[test]
fn two_sessions_of_one_location_agree() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.join("B again", "B");
    world.replica("B").set(DISPUTED, "100 good");
    world.replica("B again").set(DISPUTED, "102.5 good");
    world.agree();
    assert_eq!(
        world.replica("A").conflicts().len(),
        1,
        "one location can disagree with itself"
    );
}

#[test]
fn equal_priorities_agree_in_every_order_of_reconnecting() {
    for order in orders(&["A", "B"]) {
        let world = World::of(&[("A", 10), ("B", 10)]);
        // The busier device has the larger operation counter, and that decides.
        world
            .replica("A")
            .set_many("entries.5001.squat.1 120 good\nentries.5001.squat.2 125 good\n");
        world.replica("A").set(DISPUTED, "100 good");
        world.replica("B").set(DISPUTED, "102.5 good");
        order.iter().for_each(|name| world.replica(name).sync());
        world.agree();
        for replica in world.replicas() {
            assert_eq!(replica.get(DISPUTED), "100 good", "{order:?}");
        }
    }
}

#[test]
fn changed_priority_holds_for_later_edits_only() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("A").set(DISPUTED, "100 good");
    world.replica("B").set(DISPUTED, "102.5 good");
    world.agree();
    assert_eq!(world.replica("B").get(DISPUTED), "100 good");
    world.replica("A").ok(&["location", "priority", "B", "30"]);
    world.agree();
    assert_eq!(
        world.replica("A").get(DISPUTED),
        "100 good",
        "what is written stays as it was decided"
    );

    world.join("B", "B");
    world.replica("A").set("entries.5003.squat.3", "105 good");
    world.replica("B").set("entries.5003.squat.3", "107.5 good");
    world.agree();
    assert_eq!(
        world.replica("A").get("entries.5003.squat.3"),
        "107.5 good",
        "what follows is decided anew"
    );
    assert_eq!(world.replica("A").get(DISPUTED), "100 good");
}

#[test]
fn renamed_location_keeps_what_it_won() {
    let mut world = World::of(&[("A", 10), ("B", 20)]);
    world.replica("A").set(DISPUTED, "100 good");
    world.replica("B").set(DISPUTED, "102.5 good");
    world.agree();
    world
        .replica("A")
        .ok(&["location", "rename", "B", "Jury table"]);
    world.agree();
    assert_eq!(world.replica("A").get(DISPUTED), "102.5 good");
    let history = world.replica("A").ok(&["history", DISPUTED]);
    assert!(
        history.contains('B') && !history.contains("Jury table"),
        "names stay as written: {history}"
    );

    world.join("Jury", "Jury table");
    world
        .replica("Jury")
        .set("entries.5003.squat.3", "105 good");
    world.agree();
    let history = world.replica("A").ok(&["history", "entries.5003.squat.3"]);
    assert!(history.contains("Jury table"), "{history}");
}

#[test]
fn only_the_initiator_administers() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    world
        .replica("B")
        .run(&["location", "add", "Mine=99"])
        .refused();
    world.replica("A").ok(&["location", "add", "Jury=99"]);
    let mut world = world;
    world.join("Jury", "Jury");
}

#[test]
fn changed_password_is_wanted_from_those_who_join_later() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    let new = world.folder().join("new-password");
    std::fs::write(&new, "another long password").unwrap();
    let old = world.password_file();
    world.replica("A").ok(&[
        "password",
        "--password-file",
        old.to_str().unwrap(),
        "--new-password-file",
        new.to_str().unwrap(),
    ]);
    world.replica("B").sync();
    let late = Replica::at(world.folder().join("late"));
    let (url, meet_id) = (world.url("A"), world.meet_id.clone());
    let join = |file: &std::path::Path| {
        late.run(&[
            "join",
            "--relay",
            &url,
            "--meet",
            &meet_id,
            "--location",
            "B",
            "--password-file",
            file.to_str().unwrap(),
        ])
    };
    join(&old).refused();
    join(&new).ok();
    world.relay.stop();
}

#[test]
fn a_display_key_is_printed_once_listed_and_revoked() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    world.agree();
    let added = world.replica("B").ok(&["display-key", "add", "Overlay"]);
    let (id, key) = added.trim().split_once("  ").unwrap();
    assert_eq!((id.len(), key.len()), (16, 43));
    let listed = world.replica("A").ok(&["display-key", "list"]);
    assert!(listed.starts_with(&format!("{id}  B  since ")), "{listed}");
    assert!(listed.trim().ends_with("Overlay"), "{listed}");
    let json = world.replica("B").ok(&["display-key", "list", "--json"]);
    assert!(json.contains(id) && !json.contains(key), "{json}");
    world.replica("A").ok(&["display-key", "revoke", id]);
    assert_eq!(world.replica("B").ok(&["display-key", "list"]), "");
    let told = world.replica("B").run(&["display-key", "revoke", id]);
    assert!(told.refused().contains("there is no display key"));
}
