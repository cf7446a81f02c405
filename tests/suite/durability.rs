//! What is acknowledged is on disk: kills, torn and damaged logs, full disks.

mod load;

use std::fs::{self, File};
use std::io::Write as _;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::json;
use spotter_model::Change;
use tempfile::TempDir;

use self::load::Load;
use crate::harness::{Author, PASSWORD, Relay, Wire, World, until_within};

/// How often the relay is killed. Each kill takes a fifth of a second.
const KILLS: u32 = 200;

/// The same with several meets that share syncs.
const KILLS_OF_MANY: u32 = 30;

/// How many meets.
const MEETS_AT_ONCE: usize = 6;

#[test]
fn acknowledged_changes_survive_two_hundred_kills() {
    let place = TempDir::new().unwrap();
    let mut relay = Relay::start(place.path());
    let mut load = Load::begin(relay.address());
    let mut moments = Moments(0x5eed);
    for kill in 0..KILLS {
        let moment = Duration::from_millis(moments.next() % 60);
        let _: Option<()> = until_within(moment, || {
            load.go_on();
            None
        });
        relay.kill();
        load.hear_what_had_left();
        relay.start_again();
        load.come_back(relay.address(), kill);
    }
    load.check_everything_acknowledged_is_there();
    relay.stop();
    relay.verify().ok();
    assert!(
        load.acknowledged() > KILLS as usize,
        "only {} changes got through",
        load.acknowledged()
    );
}

#[test]
fn acknowledged_changes_of_many_meets_survive_kills_in_the_middle_of_shared_syncs() {
    let place = TempDir::new().unwrap();
    let mut relay = Relay::start(place.path());
    let mut loads: Vec<Load> = (0..MEETS_AT_ONCE)
        .map(|_| Load::begin(relay.address()))
        .collect();
    let mut moments = Moments(0xf00d);
    for kill in 0..KILLS_OF_MANY {
        let moment = Duration::from_millis(20 + moments.next() % 100);
        let _: Option<()> = until_within(moment, || {
            loads.iter_mut().for_each(Load::go_on);
            None
        });
        relay.kill();
        for load in &mut loads {
            load.hear_what_had_left();
        }
        relay.start_again();
        for load in &mut loads {
            load.come_back(relay.address(), kill);
        }
    }
    for load in &mut loads {
        load.check_everything_acknowledged_is_there();
        assert!(
            load.acknowledged() > KILLS_OF_MANY as usize,
            "only {} changes of a meet got through",
            load.acknowledged()
        );
    }
    relay.stop();
    relay.verify().ok();
}

#[test]
fn meet_is_there_after_a_kill_right_after_its_creation() {
    let place = TempDir::new().unwrap();
    let mut relay = Relay::start(place.path());
    for number in 1..=10 {
        let mut author = Author::begin(number);
        let (_, created) = Wire::create(relay.address(), &mut author);
        relay.restart();
        let fields =
            json!({"meetId": created["meetId"], "locationName": "Other", "password": PASSWORD});
        let (_, joined) = Wire::join(relay.address(), &fields);
        assert_eq!(joined["root"], author.root().to_string());
        assert_eq!(joined["logId"], created["logId"]);
    }
}

#[test]
fn torn_last_batch_is_set_aside_and_the_relay_goes_on() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world.replica("A").set("entries.5003.squat.1", "95 good");
    world.agree();
    world.relay.kill();
    let log = world.relay.log(&world.meet_id);
    let whole = fs::read(&log).unwrap();
    let torn = br#"{"n":9999,"d":12,"p":"00000000","t":1,"by":"x","h":"12ab"#;
    File::options()
        .append(true)
        .open(&log)
        .unwrap()
        .write_all(torn)
        .unwrap();
    world.start_relay();

    world.replica("A").set("entries.5003.squat.2", "100 good");
    world.agree();
    let now = fs::read(&log).unwrap();
    assert!(
        now.starts_with(&whole),
        "nothing before the torn tail was touched"
    );
    let aside: Vec<_> = fs::read_dir(world.relay.meet(&world.meet_id))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".torn-"))
        .collect();
    assert_eq!(aside.len(), 1, "the torn tail is set aside");
    assert_eq!(fs::read(&aside[0]).unwrap(), torn);
    world.relay.stop();
    world.relay.verify().ok();
}

#[test]
fn damaged_log_stops_its_meet_loudly_and_no_other() {
    let place = TempDir::new().unwrap();
    let mut relay = Relay::start(place.path());
    let (damaged, sound) = (meet_with_changes(&relay, 1), meet_with_changes(&relay, 2));
    relay.stop();
    relay.verify().ok();

    let log = relay.log(&damaged);
    let mut bytes = fs::read(&log).unwrap();
    let place_of_damage = bytes.len() / 3;
    bytes[place_of_damage] ^= 0b100;
    fs::write(&log, bytes).unwrap();
    let told = relay.verify();
    assert_eq!(told.code, Some(1));
    let told = format!("{}{}", told.out, told.err);
    assert!(told.contains(&damaged), "the damage is named: {told}");

    relay.start_again();
    let mut wire = Wire::to(relay.address());
    let fields = |meet: &str| json!({"meetId": meet, "locationName": "Hand", "password": PASSWORD});
    wire.say(&crate::harness::joining(&fields(&damaged)));
    let rejected = wire.hear("JOIN_REJECTED");
    assert_eq!(rejected["code"], "meet-damaged", "{rejected}");
    let (mut wire, _) = Wire::join(relay.address(), &fields(&sound));
    assert_eq!(
        wire.hear("CAUGHT_UP")["serverSeqNum"],
        11,
        "the other meet is served"
    );
}

#[test]
fn full_disk_stops_acknowledgements_and_loses_nothing() {
    let place = TempDir::new().unwrap();
    // Files may not grow beyond 64 KiB; a write beyond that is cut short and the next one fails.
    let relay = Relay::start_under(place.path(), "trap '' XFSZ; ulimit -S -f 64; exec \"$@\"");
    let mut author = Author::begin(1);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    wire.offer(0, std::slice::from_ref(author.genesis()));
    wire.hear("UPDATE_ACK");

    let long = "x".repeat(6_000);
    let changes: Vec<Change> = (0..20).map(|_| author.write("notes", &long)).collect();
    let mut acknowledged = 0;
    for (number, change) in (1..).zip(&changes) {
        wire.offer(number, std::slice::from_ref(change));
        let answer = loop {
            let heard = crate::harness::until("an answer", || wire.next().unwrap());
            if matches!(
                heard["msgType"].as_str(),
                Some("UPDATE_ACK" | "UPDATE_REJECTED")
            ) {
                break heard;
            }
        };
        if answer["msgType"] == "UPDATE_REJECTED" {
            assert_eq!(
                answer["updatesRejected"][0]["forGood"], false,
                "the edit is not at fault: {answer}"
            );
            break;
        }
        acknowledged += 1;
    }
    assert!(
        (1..changes.len()).contains(&acknowledged),
        "the disk was full after {acknowledged} changes"
    );

    let mut other = Author::begin(2);
    let (mut other_wire, _) = Wire::create(relay.address(), &mut other);
    other_wire.offer(0, std::slice::from_ref(other.genesis()));
    other_wire.hear("UPDATE_ACK");

    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(Some(relay.pid()), Resource::Fsize, unlimited).unwrap();
    // Space has returned: what was refused is offered again until it is taken.
    let rest = &changes[acknowledged..];
    crate::harness::until("the relay takes changes again", || {
        let fields = json!({"meetId": created["meetId"], "sessionToken": created["sessionToken"]});
        let (mut wire, _) = Wire::join(relay.address(), &fields);
        wire.hear("CAUGHT_UP");
        wire.offer(100, rest);
        let answer = wire.hear_one_of(&["UPDATE_ACK", "UPDATE_REJECTED"]);
        (answer["msgType"] == "UPDATE_ACK").then_some(())
    });
    relay.verify().ok();
}

#[test]
fn relay_that_is_asked_to_stop_loses_nothing_and_says_when_to_come_back() {
    let place = TempDir::new().unwrap();
    let mut relay = Relay::start(place.path());
    let mut load = Load::begin(relay.address());
    let _: Option<()> = until_within(Duration::from_millis(200), || {
        load.go_on();
        None
    });
    assert_eq!(relay.stop(), Some(0));
    let told = load.hear_what_had_left();
    assert!(told.contains("GOING_AWAY"), "{told:?}");
    relay.start_again();
    load.come_back(relay.address(), 0);
    load.check_everything_acknowledged_is_there();
}

/// Makes a meet with its genesis and ten changes, and returns its ID without separators.
fn meet_with_changes(relay: &Relay, number: u8) -> String {
    let mut author = Author::begin(number);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    let mut changes = vec![author.genesis().clone()];
    changes.extend((0..10).map(|n| author.write("squat", &n.to_string())));
    for (number, change) in (0..).zip(&changes) {
        wire.offer(number, std::slice::from_ref(change));
        wire.hear("UPDATE_ACK");
    }
    created["meetId"].as_str().unwrap().replace('-', "")
}

/// Random moments that are the same in every run.
struct Moments(u64);

impl Moments {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}
