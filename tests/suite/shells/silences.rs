//! What is noticed only after a while, by pings or by limits of up to a minute. Those minutes pass side by side, in one
//! test: eight of its own would keep the threads of the suite waiting one after the other.

use std::thread::{Builder, Scope, ScopedJoinHandle, scope};
use std::time::Duration;

use super::two_desks;
use crate::harness::{Side, Way, Weather, moment, until, until_within};

/// A little more than the minute after which silence is taken for the end of a connection, on a busy machine.
const A_MINUTE_AT_MOST: Duration = Duration::from_secs(100);

/// A connection that has been live for half a minute counts as steady.
const STEADY: Duration = Duration::from_secs(31);

/// How much later than it should a busy machine may do something.
const SLACK: Duration = Duration::from_millis(2_500);

#[test]
fn whatever_falls_silent_is_noticed_within_its_limit_and_nothing_is_lost() {
    scope(|scope| {
        let stories = [
            begin(scope, half_open_connection_is_noticed_and_nothing_is_lost),
            begin(
                scope,
                line_that_carries_only_to_the_relay_is_noticed_by_pings_of_the_client,
            ),
            begin(
                scope,
                line_that_carries_only_from_the_relay_is_noticed_by_pings_of_the_relay,
            ),
            begin(
                scope,
                client_that_alone_believes_in_its_connection_finds_out_and_comes_back,
            ),
            begin(
                scope,
                relay_that_stood_still_for_more_than_a_minute_goes_on_where_it_was,
            ),
            begin(
                scope,
                client_that_slept_until_the_relay_let_it_go_comes_back_with_its_edits,
            ),
            begin(
                scope,
                connection_that_is_accepted_and_never_answered_is_given_up_and_tried_again,
            ),
            begin(
                scope,
                pauses_between_attempts_double_and_are_short_again_after_a_steady_connection,
            ),
        ];
        let failed = stories
            .map(ScopedJoinHandle::join)
            .into_iter()
            .filter(Result::is_err);
        assert_eq!(
            failed.count(),
            0,
            "a thread above, named for its story, says what was not so"
        );
    });
}

/// Begins a story beside the others, on a thread of its name.
fn begin<'scope, F>(scope: &'scope Scope<'scope, '_>, story: F) -> ScopedJoinHandle<'scope, ()>
where
    F: FnOnce() + Send + 'scope,
{
    let name = std::any::type_name::<F>();
    Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, story)
        .unwrap()
}

fn half_open_connection_is_noticed_and_nothing_is_lost() {
    let world = two_desks();
    let (a, b) = (world.replica("A"), world.replica("B"));
    b.set("entries.5001.squat.1", "122.5 good");
    world.turn("B", Weather::Silent);
    b.sync_in_vain();
    assert_eq!(
        b.status()["editsNotSent"],
        1,
        "nothing is believed to be sent"
    );
    world.heal("B");
    let watching = b.stay(&[]);
    watching.says("live\n");
    world.turn("B", Weather::Silent);
    a.set("entries.5001.squat.2", "127.5 good");
    a.sync();
    // Both sides wait for as long; whoever notices first ends the connection for both.
    let noticed = || watching.printed().contains("offline").then_some(());
    assert!(
        until_within(A_MINUTE_AT_MOST, noticed).is_some(),
        "the silence was not noticed: {}",
        watching.printed()
    );
    world.heal("B");
    watching.says("127.5");
    watching.stop();
    world.agree();
}

fn line_that_carries_only_to_the_relay_is_noticed_by_pings_of_the_client() {
    let world = two_desks();
    let (a, b) = (world.replica("A"), world.replica("B"));
    let watching = b.stay(&[]);
    watching.says("live\n");
    world.turn("B", Weather::Swallowed(Way::Down));
    a.set("entries.5001.squat.1", "120 good");
    a.sync();
    let noticed = || {
        watching
            .printed()
            .contains("nothing was heard")
            .then_some(())
    };
    assert!(
        until_within(A_MINUTE_AT_MOST, noticed).is_some(),
        "the relay said nothing for a minute, and that was not noticed: {}",
        watching.printed()
    );
    world.heal("B");
    watching.says("120");
    watching.stop();
    world.agree();
}

fn line_that_carries_only_from_the_relay_is_noticed_by_pings_of_the_relay() {
    let world = two_desks();
    let b = world.replica("B");
    let watching = b.stay(&[]);
    watching.says("live\n");
    world.turn("B", Weather::Swallowed(Way::Up));
    // The client hears the relay's pings and cannot know; the relay hears no answer and says so.
    let noticed = || watching.printed().contains("offline").then_some(());
    assert!(
        until_within(A_MINUTE_AT_MOST, noticed).is_some(),
        "the client said nothing for a minute, and that was not noticed: {}",
        watching.printed()
    );
    let silent = world
        .relay
        .metric("spotter_links_closed_total{reason=\"silent\"}");
    assert_eq!(silent, 1, "{}", watching.printed());
    world.heal("B");
    watching.says_times("live\n", 2);
    watching.stop();
    world.agree();
}

fn client_that_alone_believes_in_its_connection_finds_out_and_comes_back() {
    let world = two_desks();
    let (a, b) = (world.replica("A"), world.replica("B"));
    let watching = b.stay(&[]);
    watching.says("live\n");
    world.turn("B", Weather::Left(Side::Relay));
    until("the relay knows that the client is gone", || {
        (world.relay.metric("spotter_links_open") == 0).then_some(())
    });
    a.set("entries.5001.squat.1", "120 good");
    a.sync();
    let noticed = || {
        watching
            .printed()
            .contains("nothing was heard")
            .then_some(())
    };
    assert!(
        until_within(A_MINUTE_AT_MOST, noticed).is_some(),
        "the client still believes: {}",
        watching.printed()
    );
    world.heal("B");
    watching.says("120");
    watching.stop();
    world.agree();
}

fn relay_that_stood_still_for_more_than_a_minute_goes_on_where_it_was() {
    let world = two_desks();
    let b = world.replica("B");
    let watching = b.stay(&[]);
    watching.says("live\n");
    world.relay.stand_still();
    let noticed = || {
        watching
            .printed()
            .contains("nothing was heard")
            .then_some(())
    };
    let noticed = until_within(A_MINUTE_AT_MOST, noticed);
    world.relay.go_on();
    assert!(
        noticed.is_some(),
        "a relay that stands still was not noticed: {}",
        watching.printed()
    );
    watching.says_times("live\n", 2);
    watching.stop();
    b.set("entries.5001.squat.1", "120 good");
    world.agree();
    assert_eq!(world.replica("A").get("entries.5001.squat.1"), "120 good");
    let checked = world.relay.metric("spotter_password_check_seconds_count");
    assert_eq!(checked, 2, "nobody gave the password a second time");
}

fn client_that_slept_until_the_relay_let_it_go_comes_back_with_its_edits() {
    let world = two_desks();
    let (a, b) = (world.replica("A"), world.replica("B"));
    b.set("entries.5001.bench.1", "80 good");
    let watching = b.stay(&[]);
    watching.says("live\n");
    watching.stand_still();
    let let_go = || {
        let silent = world
            .relay
            .metric("spotter_links_closed_total{reason=\"silent\"}");
        (silent == 1).then_some(())
    };
    let let_go = until_within(A_MINUTE_AT_MOST, let_go);
    a.set("entries.5001.squat.1", "120 good");
    a.sync();
    watching.go_on();
    assert!(let_go.is_some(), "the relay kept a client that slept");
    watching.says("120");
    watching.says_times("live\n", 2);
    watching.stop();
    world.agree();
    assert_eq!(a.get("entries.5001.bench.1"), "80 good");
}

fn connection_that_is_accepted_and_never_answered_is_given_up_and_tried_again() {
    let world = two_desks();
    world.turn("B", Weather::Left(Side::Relay));
    let before = world.network("B").attempts().len();
    let watching = world.replica("B").stay(&[]);
    let noticed = || {
        watching
            .printed()
            .contains("nobody answered in time")
            .then_some(())
    };
    assert!(
        until_within(A_MINUTE_AT_MOST, noticed).is_some(),
        "the client still waits: {}",
        watching.printed()
    );
    until("another attempt is made", || {
        (world.network("B").attempts().len() >= before + 2).then_some(())
    });
    world.heal("B");
    watching.says("live\n");
    watching.stop();
    world.agree();
}

fn pauses_between_attempts_double_and_are_short_again_after_a_steady_connection() {
    let world = two_desks();
    let network = world.network("B");
    let watching = world.replica("B").stay(&[]);
    watching.says("live\n");
    let before = network.attempts().len();
    world.turn("B", Weather::Cut);
    let attempts = until("five attempts are made in vain", || {
        let attempts = network.attempts().split_off(before);
        (attempts.len() >= 5).then_some(attempts)
    });
    for (n, pair) in attempts.windows(2).enumerate() {
        // Half of what is doubled from a second on, at least; the other half is chance.
        let least = Duration::from_millis(500 << n);
        let pause = pair[1] - pair[0];
        assert!(
            least <= pause && pause <= least * 2 + SLACK,
            "pause {n} took {pause:?} instead of {least:?} to twice that"
        );
    }
    world.heal("B");
    watching.says_times("live\n", 2);
    let lost = || (watching.times("live\n") > 2 || watching.times("offline") > 6).then_some(());
    assert!(
        until_within(STEADY, lost).is_none(),
        "{}",
        watching.printed()
    );

    let before = network.attempts().len();
    let cut_at = moment();
    world.turn("B", Weather::Cut);
    let first = until("it is tried again", || {
        network.attempts().get(before).copied()
    });
    let pause = first - cut_at;
    assert!(
        pause <= Duration::from_millis(500) + SLACK,
        "after a steady connection the first pause is short again, not {pause:?}"
    );
    watching.stop();
}
