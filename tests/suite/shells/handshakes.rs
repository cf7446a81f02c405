//! Relays that die, and clients that dawdle, before a connection is of use.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::{COUNTED, long_text, two_desks};
use crate::harness::{Replica, Way, Weather, World, until, until_within};

/// Fewer bytes than an upgrade needs, either way.
const PART_OF_AN_UPGRADE: usize = 40;

/// More bytes than it takes to be let in, fewer than what was missed.
const PART_OF_A_CATCH_UP: usize = 12_000;

/// Connections that never finish their request.
const DAWDLERS: usize = 40;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[test]
fn relay_killed_in_the_middle_of_an_upgrade_is_found_again() {
    for way in [Way::Up, Way::Down] {
        let mut world = two_desks();
        world.replica("B").set("entries.5001.squat.1", "120 good");
        world.turn("B", Weather::Held(way, PART_OF_AN_UPGRADE));
        let watching = world.replica("B").stay(&[]);
        world.network("B").strikes();
        world.relay.kill();
        watching.says("offline");
        world.heal("B");
        world.start_relay();
        watching.says("live\n");
        watching.stop();
        world.agree();
        assert_eq!(world.replica("A").get("entries.5001.squat.1"), "120 good");
    }
}

#[test]
fn relay_killed_while_it_checks_a_password_leaves_a_client_that_can_join_again() {
    // A check of full strength takes long enough to be met.
    let mut world =
        World::with_settings(&[("A", 20)], &[COUNTED, &["--low-memory=false"]].concat());
    let late = Replica::at(world.folder().join("late"));
    let (url, password) = (world.url("A"), world.password_file());
    let joining = [
        "join",
        "--relay",
        &url,
        "--meet",
        &world.meet_id,
        "--location",
        "A",
        "--password-file",
        password.to_str().unwrap(),
    ]
    .map(str::to_owned);
    let join = |replica: &Replica| replica.run(&joining.each_ref().map(String::as_str));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| join(&late));
        world.relay.counts("spotter_password_checks_pending", 1);
        world.relay.kill();
        let told = waiting.join().unwrap();
        assert_eq!(told.code, Some(3), "worth another try: {told:?}");
    });
    world.start_relay();
    join(&late).ok();
    world.adopt("late", late);
    world.agree();
}

#[test]
fn relay_killed_in_the_middle_of_a_catch_up_is_asked_for_the_rest() {
    let mut world = two_desks();
    let text = long_text();
    let edits: Vec<String> = (0..60)
        .map(|n| format!("entries.5001.notes {}", &text[n * 700..][..700]))
        .collect();
    world.replica("A").set_many(&edits.join("\n"));
    world.replica("A").sync();
    world.turn("B", Weather::Held(Way::Down, PART_OF_A_CATCH_UP));
    let watching = world.replica("B").stay(&[]);
    world.network("B").strikes();
    watching.says("catching up");
    world.relay.kill();
    watching.says("offline");
    assert_eq!(watching.times("live\n"), 0, "the rest is still missing");
    world.heal("B");
    world.start_relay();
    watching.says("live\n");
    watching.stop();
    world.agree();
}

#[test]
fn upgrade_requests_that_dribble_in_are_ended_and_hold_up_nobody() {
    let world = two_desks();
    let mut dawdlers: Vec<TcpStream> = (0..DAWDLERS)
        .map(|_| TcpStream::connect(world.relay.address()).unwrap())
        .collect();
    let mut bytes = REQUEST.bytes();
    // In three pieces is slow, and no dawdling.
    let mut honest = TcpStream::connect(world.relay.address()).unwrap();
    for piece in REQUEST.as_bytes().chunks(70) {
        honest.write_all(piece).unwrap();
        dribble(&mut dawdlers, &mut bytes);
    }
    let mut answer = [0; 12];
    honest.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    world.replica("B").set("entries.5001.squat.1", "120 good");
    world.agree();
    until("the relay has enough of all who dawdle", || {
        dribble(&mut dawdlers, &mut bytes);
        dawdlers.is_empty().then_some(())
    });
    assert!(bytes.len() > 0, "they were not let in");
}

/// Sends each of these connections one more byte and waits a moment; those that the relay has ended are taken away.
fn dribble(dawdlers: &mut Vec<TcpStream>, bytes: &mut impl Iterator<Item = u8>) {
    let byte = bytes.next().unwrap();
    dawdlers.retain_mut(|dawdler| {
        dawdler.set_nonblocking(true).unwrap();
        let ended = dawdler.read(&mut [0; 256]).is_ok_and(|length| length == 0);
        !ended && dawdler.write_all(&[byte]).is_ok()
    });
    let _: Option<()> = until_within(Duration::from_millis(60), || None);
}
