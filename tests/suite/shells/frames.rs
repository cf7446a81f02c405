//! Connections that end at the worst byte, and processes that stand still for a while.

use super::{long_text, two_desks};
use crate::harness::{Side, Way, Weather, World, until};

/// Well inside the message with the long text, far behind everything that is said before it.
const INSIDE_THE_LONG_MESSAGE: usize = 20_000;

#[test]
fn connection_reset_in_the_middle_of_a_message_loses_and_doubles_nothing() {
    for (way, writes, reads) in [(Way::Up, "B", "A"), (Way::Down, "A", "B")] {
        let world = two_desks();
        let text = long_text();
        world.replica(writes).set("entries.5001.notes", &text);
        if writes == "A" {
            world.replica("A").sync();
        }
        world.turn("B", Weather::Reset(way, INSIDE_THE_LONG_MESSAGE));
        let watching = world.replica("B").stay(&[]);
        world.network("B").strikes();
        watching.says("offline");
        world.heal("B");
        watching.says("live\n");
        watching.stop();
        world.agree();
        assert_eq!(world.replica(reads).get("entries.5001.notes"), text);
        assert_eq!(changes(&world, "A"), changes(&world, "B"));
        let log = std::fs::read_to_string(world.relay.log(&world.meet_id)).unwrap();
        let logged = log.lines().filter(|line| line.len() > text.len()).count();
        assert_eq!(logged, 1, "the log holds it once");
    }
}

#[test]
fn client_that_comes_back_takes_the_place_of_its_own_half_open_connection() {
    let world = two_desks();
    let watching = world.replica("B").stay(&[]);
    watching.says("live\n");
    world.turn("B", Weather::Left(Side::Client));
    watching.says("offline");
    world.heal("B");
    watching.says_times("live\n", 2);
    // The relay has heard of no end of the first connection.
    world
        .relay
        .counts("spotter_links_closed_total{reason=\"replaced\"}", 1);
    until("one connection is left", || {
        (world.relay.metric("spotter_links_open") == 1).then_some(())
    });
    world.replica("A").set("entries.5001.squat.1", "120 good");
    world.replica("A").sync();
    watching.says("120");
    watching.stop();
    world.agree();
}

#[test]
fn client_that_stood_still_for_a_moment_goes_on_with_what_it_missed() {
    let world = two_desks();
    let watching = world.replica("B").stay(&[]);
    watching.says("live\n");
    watching.stand_still();
    world.replica("A").set("entries.5001.squat.1", "120 good");
    world.replica("A").sync();
    watching.go_on();
    watching.says("120");
    assert_eq!(watching.times("offline"), 0, "{}", watching.printed());
    watching.stop();
    world.agree();
}

fn changes(world: &World, name: &str) -> u64 {
    world.replica(name).status()["changes"].as_u64().unwrap()
}
