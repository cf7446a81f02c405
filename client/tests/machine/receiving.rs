//! What comes from the relay, and how far it may be trusted to be all.

use spotter_client::{Action, LinkState, News, Origin, Record};
use spotter_model::{Change, ChangeHash};
use spotter_relay_protocol::{
    AdminCode, CaughtUp, ChangeBytes, ClientMessage, Position, PullFrom, Refused, RelayMessage,
    RelayedUpdate, ServerPull, UpdateRelay,
};

use crate::bench::{Bench, chain, kinds, log_id, news, offered, said, saving};

fn relay(bench: &mut Bench, after: u64, log: &[ChangeHash], changes: &[&Change]) -> Vec<Action> {
    let updates = (after + 1..)
        .zip(changes)
        .map(|(server_seq_num, change)| RelayedUpdate {
            change: ChangeBytes::new(std::sync::Arc::clone(change.bytes())),
            server_seq_num,
        });
    bench.hear(RelayMessage::UpdateRelay(UpdateRelay {
        updates_relayed: updates.collect(),
        after_server_seq_num: after,
        chain: chain(log),
    }))
}

#[test]
fn a_position_stands_in_one_record_with_the_changes_it_covers() {
    let mut bench = Bench::live();
    let root = bench.root();
    let theirs = bench.change_from(5, "meet.name", "theirs");
    let log = [root, theirs.hash()];
    let actions = relay(&mut bench, 1, &log, &[&theirs]);
    assert_eq!(kinds(&actions), ["save", "tell"]);
    let position = Position {
        log_id: log_id(),
        server_seq_num: 2,
        chain: chain(&log),
    };
    assert_eq!(
        saving(&actions).1,
        [Record::Changes {
            from: Origin::Relay,
            changes: vec![ChangeBytes::new(std::sync::Arc::clone(theirs.bytes()))],
            position: Some(position),
        }]
    );
    assert!(
        news(&actions)[0].to_string().contains("theirs"),
        "it is shown before it is saved"
    );
}

#[test]
fn a_hole_is_no_position_and_is_asked_about() {
    let mut bench = Bench::live();
    let root = bench.root();
    let missing = bench.change_from(5, "meet.name", "missing");
    let arrived = bench.change_from(6, "meet.city", "arrived");
    let log = [root, missing.hash(), arrived.hash()];
    let actions = relay(&mut bench, 2, &log, &[&arrived]);
    let [
        Record::Changes {
            position: Some(position),
            ..
        },
    ] = &saving(&actions).1[..]
    else {
        panic!("{actions:?}");
    };
    assert_eq!(position.server_seq_num, 1);
    bench.save(actions);
    assert!(bench.status().need_resync && !bench.status().in_sync);
    let asked = bench.wait(1_000);
    let [ClientMessage::ClientPull(pull)] = &said(&asked)[..] else {
        panic!("{asked:?}");
    };
    assert!(matches!(
        pull.from,
        PullFrom::Position {
            last_server_seq: 1,
            ..
        }
    ));
    let filled = relay(&mut bench, 1, &log, &[&missing, &arrived]);
    bench.save(filled);
    assert!(!bench.status().need_resync && bench.status().in_sync);
}

#[test]
fn a_change_twice_in_a_message_and_a_message_twice_change_nothing() {
    let mut bench = Bench::live();
    let root = bench.root();
    let theirs = bench.change_from(5, "meet.name", "theirs");
    let log = [root, theirs.hash()];
    let first = relay(&mut bench, 1, &log, &[&theirs]);
    bench.save(first);
    assert_eq!(relay(&mut bench, 1, &log, &[&theirs]), []);
}

#[test]
fn what_the_relay_forgot_is_offered_again() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "acknowledged once");
    let updates = offered(&edited);
    bench.save(edited);
    let acked = bench.hear(crate::bench::ack(&updates, 1));
    bench.save(acked);
    assert!(bench.status().in_sync);
    let root = bench.root();
    let caught_up = CaughtUp {
        server_seq_num: 1,
        chain: chain(&[root]),
        heads: vec![root],
    };
    let offering = bench.hear(RelayMessage::CaughtUp(caught_up));
    assert!(news(&offering).contains(&News::RelayForgot { offered: 1 }));
    assert_eq!(offered(&offering)[0].change, updates[0].change);
    assert!(!bench.status().in_sync);
}

#[test]
fn what_the_relay_holds_and_is_missing_here_is_asked_for_once() {
    let mut bench = Bench::live();
    let theirs = bench.change_from(5, "meet.name", "theirs");
    let root = bench.root();
    let caught_up = || {
        RelayMessage::CaughtUp(CaughtUp {
            server_seq_num: 2,
            chain: chain(&[root, theirs.hash()]),
            heads: vec![theirs.hash()],
        })
    };
    let asking = bench.hear(caught_up());
    let [ClientMessage::ClientPull(pull)] = &said(&asking)[..] else {
        panic!("{asking:?}");
    };
    assert_eq!(pull.from, PullFrom::Heads(vec![root]));
    assert!(bench.status().need_resync);
    // The relay answers without it, as one would that holds a change nobody may accept.
    let again = bench.hear(caught_up());
    assert_eq!(said(&again), []);
    assert!(matches!(news(&again)[..], [News::Fault { .. }]));
    assert!(bench.status().need_resync && !bench.status().in_sync);
    assert_eq!(bench.status().link, LinkState::Live);
}

#[test]
fn what_is_missing_is_asked_for_again_when_a_twin_has_given_way() {
    let mut bench = Bench::live();
    let root = bench.root();
    let first = bench.change_from(5, "meet.name", "first");
    let twin = bench.change_from(5, "meet.name", "twin");
    let missing = bench.change_from(6, "meet.city", "missing");
    let came = relay(&mut bench, 1, &[root, first.hash()], &[&first]);
    bench.save(came);
    let caught_up = || {
        RelayMessage::CaughtUp(CaughtUp {
            server_seq_num: 3,
            chain: chain(&[root, twin.hash(), missing.hash()]),
            heads: vec![twin.hash(), missing.hash()],
        })
    };
    let asked = bench.hear(caught_up());
    assert!(matches!(said(&asked)[..], [ClientMessage::ClientPull(_)]));
    // The document is as long as before, and another one.
    let given_way = relay(&mut bench, 1, &[root, twin.hash()], &[&twin]);
    assert!(matches!(news(&given_way)[..], [News::Refused { .. }, ..]));
    bench.save(given_way);
    let asked = bench.hear(caught_up());
    assert!(
        matches!(said(&asked)[..], [ClientMessage::ClientPull(_)]),
        "{asked:?}"
    );
}

#[test]
fn a_relay_that_asks_is_given_everything_it_lacks() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "a");
    let updates = offered(&edited);
    bench.save(edited);
    let acked = bench.hear(crate::bench::ack(&updates, 1));
    bench.save(acked);
    let asked = bench.hear(RelayMessage::ServerPull(ServerPull {
        last_server_seq: 0,
        heads: Vec::new(),
    }));
    assert_eq!(offered(&asked).len(), 2);
}

#[test]
fn bytes_that_are_no_change_cost_nothing_but_themselves() {
    let mut bench = Bench::live();
    let root = bench.root();
    let theirs = bench.change_from(5, "meet.name", "theirs");
    let updates = vec![
        RelayedUpdate {
            change: ChangeBytes::new(vec![1, 2, 3]),
            server_seq_num: 2,
        },
        RelayedUpdate {
            change: ChangeBytes::new(std::sync::Arc::clone(theirs.bytes())),
            server_seq_num: 3,
        },
    ];
    let heard = bench.hear(RelayMessage::UpdateRelay(UpdateRelay {
        updates_relayed: updates,
        after_server_seq_num: 1,
        chain: chain(&[root]),
    }));
    assert!(
        news(&heard)
            .iter()
            .any(|news| matches!(news, News::Fault { .. }))
    );
    bench.save(heard);
    assert!(bench.client.meet().unwrap().contains(&theirs.hash()));
    assert!(bench.status().need_resync);
}

#[test]
fn a_question_that_the_relay_puts_off_is_asked_again() {
    let mut bench = Bench::live();
    let theirs = bench.change_from(5, "meet.name", "theirs");
    let root = bench.root();
    let caught_up = CaughtUp {
        server_seq_num: 2,
        chain: chain(&[root, theirs.hash()]),
        heads: vec![theirs.hash()],
    };
    bench.hear(RelayMessage::CaughtUp(caught_up.clone()));
    let refused = Refused {
        request: "CLIENT_PULL".to_owned(),
        code: AdminCode::TooFast,
        reason: "slowly".to_owned(),
        retry_after_ms: Some(3_000),
    };
    assert_eq!(bench.hear(RelayMessage::Refused(refused)), []);
    assert_eq!(said(&bench.wait(2_999)), []);
    assert!(matches!(
        said(&bench.wait(1))[..],
        [ClientMessage::ClientPull(_)]
    ));
    let asked = bench.hear(RelayMessage::CaughtUp(caught_up));
    let [ClientMessage::ClientPull(pull)] = &said(&asked)[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(pull.from, PullFrom::Heads(vec![root]));
}
