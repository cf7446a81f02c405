//! What was lost comes back: the relay's data from any replica, a replica from the relay, edits from a stick.

use std::fs;

use crate::harness::{PASSWORD, Replica, World, copy_folder};

/// A register of the demonstration.
const PATH: &str = "entries.5007.squat.1";

#[test]
fn data_folder_deleted_while_clients_are_connected_comes_back() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("A").set(PATH, "140 good");
    world.agree();
    let watching = world.replica("B").stay(&[]);
    watching.says("live");
    fs::remove_dir_all(world.relay.data()).unwrap();

    // The relay must notice by itself that its file is gone; the next edit is acknowledged only when it is safe.
    let a = world.replica("A");
    a.set("entries.5007.squat.2", "145 good");
    a.sync();
    let log = world.relay.log(&world.meet_id);
    assert!(
        log.exists(),
        "acknowledged means on disk, under the name that will be read"
    );
    watching.stop();
    world.agree();

    let mut world = world;
    world.restart_relay();
    world.join("C", "B");
    assert_eq!(world.replica("C").get(PATH), "140 good");
    assert_eq!(world.replica("C").get("entries.5007.squat.2"), "145 good");
    world.relay.stop();
    world.relay.verify().ok();
}

#[test]
fn data_folder_deleted_while_clients_are_away_comes_back() {
    for alone in ["A", "B"] {
        let mut world = World::of(&[("A", 20), ("B", 10)]);
        world.replica("A").set(PATH, "140 good");
        world.agree();
        world.relay.kill();
        fs::remove_dir_all(world.relay.data()).unwrap();
        world.start_relay();

        // One replica, whichever, gives everything back without anybody typing a password.
        world.replica(alone).sync();
        world.join("C", "B");
        assert_eq!(
            world.replica("C").get(PATH),
            "140 good",
            "from {alone} alone"
        );
        world.agree();
    }
}

#[test]
fn relay_restored_from_an_old_backup_gets_its_memory_back() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("A").set(PATH, "140 good");
    world.agree();
    let backup = world.folder().join("backup");
    copy_folder(&world.relay.data(), &backup);
    world.replica("A").set("entries.5007.squat.2", "145 good");
    world.replica("B").set("entries.5007.squat.3", "150 no");
    world.agree();

    world.relay.kill();
    fs::remove_dir_all(world.relay.data()).unwrap();
    copy_folder(&backup, &world.relay.data());
    world.start_relay();
    world.replica("B").set("entries.5007.bench.1", "80 good");
    world.agree();
    world.join("C", "B");
    let c = world.replica("C");
    assert_eq!(c.get("entries.5007.squat.2"), "145 good");
    assert_eq!(c.get("entries.5007.squat.3"), "150 no");
    assert_eq!(c.get("entries.5007.bench.1"), "80 good");
    world.relay.stop();
    world.relay.verify().ok();
}

#[test]
fn replica_restored_from_a_backup_goes_on_as_somebody_new() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("B").set(PATH, "140 good");
    let backup = world.replica("B").copy_to(&world.folder().join("backup"));
    world.replica("B").set("entries.5007.squat.2", "145 good");
    world.agree();

    // The disk is replaced by its backup, which knows of the first edit and not that it was sent.
    fs::remove_dir_all(world.replica("B").folder()).unwrap();
    let restored = backup.copy_to(&world.folder().join("B"));
    world.adopt("B", restored);
    world.replica("B").set("entries.5007.squat.3", "150 good");
    world.agree();
    let a = world.replica("A");
    assert_eq!(a.get(PATH), "140 good");
    assert_eq!(a.get("entries.5007.squat.2"), "145 good");
    assert_eq!(a.get("entries.5007.squat.3"), "150 good");
}

#[test]
fn two_copies_of_one_device_converge() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("B").set(PATH, "140 good");
    let twin = world.replica("B").copy_to(&world.folder().join("twin"));
    world.adopt("twin", twin);
    world.replica("B").set("entries.5007.squat.2", "145 good");
    world
        .replica("twin")
        .set("entries.5007.squat.3", "150 good");
    world.replica("B").set("entries.5008.squat.1", "165 good");
    world
        .replica("twin")
        .set("entries.5008.squat.1", "167.5 good");
    world.agree();
    let a = world.replica("A");
    assert_eq!(a.get("entries.5007.squat.2"), "145 good");
    assert_eq!(a.get("entries.5007.squat.3"), "150 good");
    assert_eq!(
        a.conflicts().len(),
        1,
        "each copy wrote as an actor of its own"
    );
}

#[test]
fn replica_with_a_torn_file_recovers() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    let a = world.replica("A");
    a.set(PATH, "140 good");
    let journal = largest_file(a);
    let whole = fs::read(&journal).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(br#"{"n":99999,"d":1,"p":"00"#);
    fs::write(&journal, torn).unwrap();
    assert_eq!(a.get(PATH), "140 good");
    world.agree();
    assert_eq!(world.replica("B").get(PATH), "140 good");
}

#[test]
fn edits_carried_on_a_stick_from_a_device_that_never_returns_end_up_acknowledged() {
    let mut world = World::of(&[("A", 20), ("B", 10), ("C", 5)]);
    world.cut(&["B"]);
    world.replica("B").set(PATH, "140 good");
    let stick = world.folder().join("stick");
    let stick = stick.to_str().unwrap();
    world.replica("B").ok(&["bundle", "export", stick]);
    fs::remove_dir_all(world.replica("B").folder()).unwrap();

    let a = world.replica("A");
    a.ok(&["bundle", "import", stick]);
    assert_eq!(a.get(PATH), "140 good");
    a.set(PATH, "140 no");
    a.sync();
    assert_eq!(a.status()["editsNotSent"], 0);
    world.replica("C").sync();
    assert_eq!(
        world.replica("C").get(PATH),
        "140 no",
        "and what was built on them"
    );

    // A new device starts from the stick alone, without any relay.
    let fresh = Replica::at(world.folder().join("fresh"));
    fresh.ok(&["bundle", "import", stick]);
    assert_eq!(fresh.get(PATH), "140 good");
    world.relay.kill();
    assert_eq!(fresh.get("meet.name"), "Lakeside Open");
}

#[test]
fn two_replicas_without_a_relay_converge_by_direct_exchange() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.relay.kill();
    world.replica("A").set(PATH, "140 good");
    world.replica("B").set("entries.5007.squat.2", "145 good");
    let (a, b) = (world.replica("A"), world.replica("B"));
    let host = a.stay(&["--listen", "127.0.0.1:0"]);
    host.says("listening on ");
    let printed = host.printed();
    let address = printed
        .split("listening on ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let guest = b.stay(&["--peer", address]);
    guest.says("140");
    host.says("145");
    guest.stop();
    host.stop();
    assert_eq!(a.export(), b.export());
    assert_eq!(b.get(PATH), "140 good");
}

#[test]
fn lost_relay_with_its_key_lost_too_is_said_plainly_and_the_meet_goes_live_again() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("A").set(PATH, "140 good");
    world.agree();
    world.relay.kill();
    fs::remove_dir_all(world.relay.data()).unwrap();
    fs::remove_file(world.relay.key_file()).unwrap();
    world.start_relay();
    let told = world.replica("B").run(&["sync", "--for", "20"]).refused();
    assert!(
        told.contains("ticket") || told.contains("password"),
        "{told}"
    );
    assert!(!told.contains(PASSWORD));

    // Explicitly, from any replica: the meet under a new ID, with nothing lost.
    let (url, password_file) = (world.url("B"), world.password_file());
    let password_file = password_file.to_str().unwrap();
    let live = [
        "golive",
        "--relay",
        &url,
        "--location",
        "B=10",
        "--with",
        "A=20",
        "--password-file",
        password_file,
    ];
    world.replica("B").run(&live).refused();
    world.replica("B").ok(&[&live[..], &["--again"]].concat());
    world.replica("B").sync();
    assert_eq!(world.replica("B").get(PATH), "140 good");
}

/// The file that holds a replica's changes.
fn largest_file(replica: &Replica) -> std::path::PathBuf {
    let files = fs::read_dir(replica.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap()
}
