//! How a client keeps its connection, and what it does without one.

use spotter_client::{Action, Ask, Input, LinkId, LinkState, OfflineReason, Problem};
use spotter_relay_protocol::{ClientMessage, GoingAway, JoinBy, RelayMessage};

use crate::bench::{Bench, RELAY, answers, kinds, said};

fn connects(actions: &[Action]) -> Vec<LinkId> {
    let links = actions.iter().filter_map(|action| match action {
        Action::Connect { link, .. } => Some(*link),
        _ => None,
    });
    links.collect()
}

fn lose(bench: &mut Bench) -> Vec<Action> {
    let why = "connection reset".to_owned();
    bench.step(Input::Disconnected { link: RELAY, why })
}

#[test]
fn a_connection_that_only_swallows_bytes_is_given_up_after_a_minute() {
    let mut bench = Bench::live();
    assert_eq!(kinds(&bench.wait(20_000)), ["ping"]);
    assert_eq!(kinds(&bench.wait(20_000)), ["ping"]);
    let given_up = bench.wait(20_000);
    assert_eq!(kinds(&given_up), ["disconnect", "tell"]);
    assert!(matches!(
        bench.status().link,
        LinkState::Offline {
            why: OfflineReason::Silent,
            ..
        }
    ));
}

#[test]
fn a_pong_is_a_sign_of_life() {
    let mut bench = Bench::live();
    for _ in 0..10 {
        assert_eq!(kinds(&bench.wait(20_000)), ["ping"]);
        bench.step(Input::Heard { link: RELAY });
    }
    assert_eq!(bench.status().link, LinkState::Live);
}

#[test]
fn a_lost_connection_is_made_again_with_the_session_and_without_the_password() {
    let mut bench = Bench::live();
    lose(&mut bench);
    let again = bench.sleep();
    assert_eq!(connects(&again), [LinkId::Relay(2)]);
    let knocked = bench.step(Input::Connected {
        link: LinkId::Relay(2),
    });
    let [ClientMessage::JoinMeet(join)] = &said(&knocked)[..] else {
        panic!("{knocked:?}");
    };
    assert!(matches!(join.by, JoinBy::Token(_)));
    assert_eq!(join.position.unwrap().server_seq_num, 1);
}

#[test]
fn pauses_grow_while_the_relay_stays_away() {
    let mut bench = Bench::live();
    lose(&mut bench);
    let mut pauses = Vec::new();
    for attempt in 2..14 {
        let before = bench.now.moment;
        let again = bench.sleep();
        assert_eq!(connects(&again), [LinkId::Relay(attempt)]);
        pauses.push(bench.now.moment.ms_since(before));
        let why = "connection refused".to_owned();
        bench.step(Input::Disconnected {
            link: LinkId::Relay(attempt),
            why,
        });
    }
    assert!(pauses[0] <= 500, "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 30_000), "{pauses:?}");
    assert!(
        pauses[8..].iter().all(|pause| *pause >= 15_000),
        "{pauses:?}"
    );
}

#[test]
fn after_two_minutes_asleep_one_connection_is_tried_and_no_more() {
    let mut bench = Bench::live();
    lose(&mut bench);
    let woken = bench.wait(120_000);
    assert_eq!(connects(&woken).len(), 1);
    assert_eq!(connects(&bench.wait(1)), []);
}

#[test]
fn a_relay_that_goes_away_is_left_alone_for_as_long_as_it_asked() {
    let mut bench = Bench::live();
    let going = GoingAway {
        retry_after_ms: 10_000,
        reason: "maintenance".to_owned(),
    };
    let left = bench.hear(RelayMessage::GoingAway(going));
    assert_eq!(kinds(&left), ["disconnect", "tell"]);
    let at = bench.client.next_wakeup().unwrap();
    assert!((10_000..=15_000).contains(&at.ms_since(bench.now.moment)));
    assert_eq!(connects(&bench.wait(9_999)), []);
}

#[test]
fn whoever_waits_for_the_relay_in_vain_is_told() {
    let mut bench = Bench::live();
    assert_eq!(answers(&bench.ask(Ask::Sync)).len(), 1);
    bench.ask(Ask::StayConnected(false));
    let waited = bench.ask(Ask::Sync);
    assert_eq!(
        answers(&waited),
        [Err(Problem::Offline {
            why: "told not to connect".to_owned()
        })]
    );
}

#[test]
fn words_of_an_abandoned_connection_are_not_heard() {
    let mut bench = Bench::live();
    lose(&mut bench);
    let late = bench.hear(RelayMessage::GoingAway(GoingAway {
        retry_after_ms: 900_000,
        reason: "late".to_owned(),
    }));
    assert_eq!(late, []);
}

#[test]
fn nonsense_ends_the_connection_and_not_the_client() {
    let mut bench = Bench::live();
    let frame = "{\"msgType\":\"UPDATE_ACK\",\"updateAcks\":7}".into();
    let heard = bench.step(Input::Received { link: RELAY, frame });
    assert_eq!(kinds(&heard), ["tell", "disconnect", "tell"]);
    assert_eq!(connects(&bench.sleep()).len(), 1);
}
