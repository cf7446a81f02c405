//! The whole way through, as two people and a script would go it.

use std::fs;

use serde_json::Value;

use crate::harness::{DEMONSTRATION, Replica, World, xtask};

#[test]
fn meet_runs_from_import_to_equal_exports() {
    let saved: Value = serde_json::from_str(&fs::read_to_string(DEMONSTRATION).unwrap()).unwrap();
    let mut world = World::of(&[("Registration", 10), ("Platform 1", 20)]);
    assert_eq!(
        world.agree(),
        saved,
        "what was imported is exported equal, at both locations"
    );

    // Together.
    world
        .replica("Platform 1")
        .set("entries.5000.squat.1", "105 good");
    world.agree();
    assert_eq!(
        world.replica("Registration").get("entries.5000.squat.1"),
        "105 good"
    );

    // Apart: one edits what the other edits too.
    world.cut(&["Registration", "Platform 1"]);
    world
        .replica("Registration")
        .set_many("entries.5000.squat.2 110 no\nentries.5001.team Lakeside\n");
    world
        .replica("Platform 1")
        .set_many("entries.5000.squat.2 110 good\nentries.5001.squat.1 120 good\n");
    world.restart_relay();
    world.heal("Registration");
    world.replica("Registration").sync();
    world.restart_relay();
    world.heal("Platform 1");
    world.replica("Platform 1").sync();

    let meet = world.agree();
    let registration = world.replica("Registration");
    assert_eq!(
        registration.get("entries.5000.squat.2"),
        "110 good",
        "the platform has the higher priority"
    );
    let conflicts = registration.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert!(
        conflicts[0].to_string().contains("Registration"),
        "the overruled is named: {}",
        conflicts[0]
    );
    let entry = &meet["registration"]["entries"][1];
    assert_eq!(entry["team"], "Lakeside");
    assert_eq!(entry["squatKg"][0], 120.0);

    // Settling is an edit like any other.
    registration.set("entries.5000.squat.2", "110 no");
    world.agree();
    assert!(world.replica("Platform 1").conflicts().is_empty());
    let history = world
        .replica("Platform 1")
        .ok(&["history", "entries.5000.squat.2"]);
    assert!(
        history.contains("Registration") && history.contains("Platform 1"),
        "{history}"
    );
    world.relay.stop();
    world.relay.verify().ok();
}

#[test]
fn lifters_added_offline_in_two_places_never_collide() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    world.cut(&["A", "B"]);
    for name in ["A", "B"] {
        let printed = world
            .replica(name)
            .ok(&["add", &format!("Lifter of {name}")]);
        assert!(!printed.trim().is_empty(), "the new entry's id is printed");
    }
    world.heal("A");
    world.heal("B");
    let meet = world.agree();
    let names: Vec<_> = meet["registration"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["name"].as_str())
        .collect();
    assert_eq!(names.len(), 14);
    assert!(names.contains(&Some("Lifter of A")) && names.contains(&Some("Lifter of B")));
}

#[test]
fn unknown_entry_is_refused_by_name() {
    let place = tempfile::TempDir::new().unwrap();
    let replica = Replica::at(place.path().join("A"));
    replica.ok(&["import", DEMONSTRATION]);
    let told = replica
        .run(&["set", "entries.4711.squat.1", "100 good"])
        .refused();
    assert!(told.contains("4711"), "{told}");
    let told = replica
        .run(&["set", "entries.5000.squat.9", "100 good"])
        .refused();
    assert!(told.contains('9'), "{told}");
    let told = replica
        .run(&["set", "entries.5000.squat.1", "heavy"])
        .refused();
    assert!(told.contains("heavy"), "{told}");
}

#[test]
fn damaged_saved_file_says_where() {
    let place = tempfile::TempDir::new().unwrap();
    let replica = Replica::at(place.path().join("A"));
    let damaged = place.path().join("damaged.openlifter");
    let saved = fs::read_to_string(DEMONSTRATION).unwrap();
    fs::write(&damaged, &saved[..saved.len() / 2]).unwrap();
    let told = replica
        .run(&["import", damaged.to_str().unwrap()])
        .refused();
    assert!(told.contains("column") || told.contains("line"), "{told}");
    fs::write(
        &damaged,
        saved.replacen("\"bodyweightKg\":62.4", "\"bodyweightKg\":[1]", 1),
    )
    .unwrap();
    let told = replica
        .run(&["import", damaged.to_str().unwrap()])
        .refused();
    assert!(told.contains("bodyweightKg"), "{told}");
}

#[test]
fn demonstration_starts_and_every_printed_command_works() {
    let printed = xtask(&["start", "--check"]).ok();
    assert!(printed.contains("the demonstration works"), "{printed}");
}

#[test]
fn story_told_in_the_terminal_ends_as_the_rule_says() {
    let place = tempfile::TempDir::new().unwrap();
    let told = Replica::at(place.path().join("unused")).ok(&["demo", "--fast"]);
    assert!(told.contains("overruled"), "{told}");
}
