//! Bringing a reader up to date.

use spotter_model::Change;
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

/// A meet with a genesis and `count` further changes.
fn meet_with(desk: &mut Desk, count: usize) -> (Seat, Vec<Change>) {
    let (seat, genesis) = desk.live_meet();
    let mut changes = vec![genesis.clone()];
    changes.extend(Writer::on(1, &[&genesis]).write_many(count));
    for piece in changes[1..].chunks(500) {
        desk.offer(seat.link, &piece.iter().collect::<Vec<_>>());
    }
    desk.heard(seat.link);
    (seat, changes)
}

fn caught_up(changes: &[Change]) -> RelayMessage {
    RelayMessage::CaughtUp(CaughtUp {
        server_seq_num: changes.len() as u64,
        chain: chain(&changes.iter().collect::<Vec<_>>()),
        heads: changes
            .last()
            .map(|change| vec![change.hash()])
            .unwrap_or_default(),
    })
}

fn resume_with(
    desk: &mut Desk,
    number: u64,
    seat: &Seat,
    position: Option<Position>,
    heads: Option<&Change>,
) -> Vec<RelayMessage> {
    let ClientMessage::JoinMeet(mut message) = resume_message(seat) else {
        panic!()
    };
    message.position = position;
    message.heads = heads.map(|head| vec![head.hash()]);
    let link = desk.connect(number);
    desk.say(link, &ClientMessage::JoinMeet(message));
    let heard = desk.heard(link);
    assert!(matches!(heard[0], RelayMessage::MeetJoined(_)), "{heard:?}");
    heard[1..].to_vec()
}

fn relayed(messages: &[RelayMessage]) -> Vec<(u64, u64)> {
    messages
        .iter()
        .filter_map(|message| match message {
            RelayMessage::UpdateRelay(relay) => Some((
                relay.after_server_seq_num,
                relay.updates_relayed.last().unwrap().server_seq_num,
            )),
            _ => None,
        })
        .collect()
}

#[test]
fn a_newcomer_gets_everything_and_then_goes_on_live() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 3);
    let newcomer = desk.join(2, seat.meet);
    let refs: Vec<&Change> = changes.iter().collect();
    assert_eq!(
        desk.heard(newcomer.link)[1..],
        [relay_of(0, &refs, &refs), caught_up(&changes)]
    );
    let next = Writer::on(2, &[&changes[3]]).write("live");
    desk.offer(seat.link, &[&next]);
    let history: Vec<&Change> = refs.iter().copied().chain([&next]).collect();
    assert_eq!(desk.heard(newcomer.link), [relay_of(4, &history, &[&next])]);
}

#[test]
fn who_returns_gets_exactly_what_follows_its_position() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 3);
    let refs: Vec<&Change> = changes.iter().collect();
    let known = Position {
        log_id: seat.log_id,
        server_seq_num: 2,
        chain: chain(&refs[..2]),
    };
    let heard = resume_with(&mut desk, 2, &seat, Some(known), None);
    assert_eq!(heard, [relay_of(2, &refs, &refs[2..]), caught_up(&changes)]);
}

#[test]
fn who_missed_nothing_gets_nothing_but_the_heads() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 3);
    let refs: Vec<&Change> = changes.iter().collect();
    let known = Position {
        log_id: seat.log_id,
        server_seq_num: 4,
        chain: chain(&refs),
    };
    assert_eq!(
        resume_with(&mut desk, 2, &seat, Some(known), None),
        [caught_up(&changes)]
    );
}

#[test]
fn who_has_only_heads_gets_what_lies_beyond_them() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let mine = Writer::on(1, &[&genesis]).write_many(2);
    let theirs = Writer::on(2, &[&genesis]).write_many(2);
    desk.offer(seat.link, &[&mine[0], &theirs[0], &mine[1], &theirs[1]]);
    desk.heard(seat.link);
    let heard = resume_with(&mut desk, 2, &seat, None, Some(&mine[1]));
    let RelayMessage::UpdateRelay(relay) = &heard[0] else {
        panic!("{heard:?}")
    };
    let positions: Vec<u64> = relay
        .updates_relayed
        .iter()
        .map(|update| update.server_seq_num)
        .collect();
    assert_eq!((positions, relay.after_server_seq_num), (vec![3, 5], 0));
    assert_eq!(
        relay.chain,
        chain(&[&genesis, &mine[0], &theirs[0], &mine[1], &theirs[1]])
    );
    let RelayMessage::CaughtUp(caught_up) = &heard[1] else {
        panic!("{heard:?}")
    };
    assert_eq!(caught_up.heads.len(), 2);
}

#[test]
fn a_position_the_log_does_not_know_makes_the_relay_ask_back() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 3);
    let refs: Vec<&Change> = changes.iter().collect();
    let good = Position {
        log_id: seat.log_id,
        server_seq_num: 4,
        chain: chain(&refs),
    };
    let strange = [
        Position {
            log_id: LogId::from_bytes([9; 8]),
            ..good
        },
        Position {
            server_seq_num: 5,
            ..good
        },
        Position {
            chain: Chain::START,
            ..good
        },
    ];
    for (number, position) in (10..).zip(strange) {
        let heard = resume_with(&mut desk, number, &seat, Some(position), Some(&changes[3]));
        let pull = ServerPull {
            last_server_seq: 4,
            heads: vec![changes[3].hash()],
        };
        assert_eq!(
            heard,
            [RelayMessage::ServerPull(pull), caught_up(&changes)],
            "{position:?}"
        );
    }
    assert!(desk.events.iter().any(|event| matches!(
        event,
        Event::MemoryLost {
            client_position: 5,
            log_position: 4,
            ..
        }
    )));
}

#[test]
fn a_long_catch_up_comes_in_slices_and_only_as_fast_as_the_reader_reads() {
    let mut desk = Desk::with(Limits {
        slice_bytes: 4_096,
        catch_up_below_bytes: 8_192,
        ..Limits::default()
    });
    let (seat, changes) = meet_with(&mut desk, 300);
    desk.wire_is_stuck = true;
    let newcomer = desk.join(2, seat.meet);
    let first = desk.heard(newcomer.link);
    let got = relayed(&first).last().unwrap().1;
    assert!((30..150).contains(&got), "{got}");
    desk.wire_is_stuck = false;
    desk.happen(Input::Sent {
        link: newcomer.link,
        bytes: 100_000,
    });
    let rest = desk.heard(newcomer.link);
    let mut position = 0;
    for (after, last) in relayed(&first).into_iter().chain(relayed(&rest)) {
        assert_eq!(after, position);
        position = last;
    }
    assert_eq!(position, 301);
    assert_eq!(rest.last(), Some(&caught_up(&changes)));
}

#[test]
fn nothing_falls_between_catching_up_and_live() {
    let mut desk = Desk::with(Limits {
        slice_bytes: 1_024,
        ..Limits::default()
    });
    let (seat, mut changes) = meet_with(&mut desk, 40);
    desk.holding = |action| matches!(action, Action::ReadLog { .. });
    let newcomer = desk.join(2, seat.meet);
    let mut writer = Writer::on(2, &[&changes[40]]);
    while let Some(read) = desk.held.pop_front() {
        let next = writer.write("meanwhile");
        if changes.len() < 60 {
            desk.offer(seat.link, &[&next]);
            changes.push(next);
        }
        let Action::ReadLog {
            meet, read, after, ..
        } = read
        else {
            panic!()
        };
        let log = &desk.store[&meet].log;
        let changes = log
            .iter()
            .skip(after as usize)
            .take(4)
            .map(|entry| entry.change.clone())
            .collect();
        let slice = LogSlice {
            changes,
            end: log.len() as u64,
        };
        desk.happen(Input::LogRead {
            meet,
            read,
            outcome: Ok(slice),
        });
    }
    let heard = desk.heard(newcomer.link);
    let spans = relayed(&heard);
    assert!(
        spans.windows(2).all(|pair| pair[0].1 == pair[1].0),
        "{spans:?}"
    );
    assert_eq!(heard.last(), Some(&caught_up(&changes)));
}

#[test]
fn a_slow_reader_is_closed_and_nobody_else_waits() {
    let mut desk = Desk::with(Limits {
        outstanding_bytes_max: 4_000,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let slow = desk.join(2, seat.meet);
    desk.heard(slow.link);
    let mut writer = Writer::on(1, &[&genesis]);
    desk.wire_is_stuck = true;
    for _ in 0..40 {
        let change = writer.write("x");
        desk.offer(seat.link, &[&change]);
        desk.happen(Input::Sent {
            link: seat.link,
            bytes: 10_000,
        });
    }
    assert_eq!(desk.closed.get(&slow.link), Some(&CloseReason::SlowReader));
    assert_eq!(desk.heard(seat.link).iter().flat_map(acks_of).count(), 40);
}

#[test]
fn a_sleeping_meet_is_read_in_slices_and_forgotten_when_the_last_one_leaves() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 300);
    desk.disconnect(seat.link);
    assert_eq!(desk.relay.meets(), 0);
    assert!(!desk.store[&seat.meet].is_open);
    let mut again = Desk::with(Limits {
        slice_bytes: 4_096,
        ..Limits::default()
    });
    again.store = desk.store;
    again.holding = |action| matches!(action, Action::ReadLog { .. });
    let link = again.connect(1);
    again.say(link, &resume_message(&seat));
    assert_eq!(again.held.len(), 1);
    assert_eq!(again.heard(link), []);
    again.release();
    assert_eq!(again.heard(link).last(), Some(&caught_up(&changes)));
}

#[test]
fn a_log_with_a_change_nobody_would_admit_is_not_served() {
    let mut desk = Desk::new();
    let (seat, _) = meet_with(&mut desk, 3);
    desk.disconnect(seat.link);
    desk.store.get_mut(&seat.meet).unwrap().log.remove(1);
    let link = desk.connect(2);
    desk.say(link, &resume_message(&seat));
    let heard = desk.heard(link);
    assert!(
        matches!(&heard[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::MeetDamaged),
        "{heard:?}"
    );
    assert_eq!(desk.relay.meets(), 0);
}

#[test]
fn a_pull_starts_a_catch_up_over() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 2);
    let refs: Vec<&Change> = changes.iter().collect();
    let pull = |from| {
        ClientMessage::ClientPull(ClientPull {
            session_token: None,
            from,
        })
    };
    desk.say(
        seat.link,
        &pull(PullFrom::Position {
            last_server_seq: 1,
            log_id: None,
            chain: None,
        }),
    );
    assert_eq!(
        desk.heard(seat.link),
        [relay_of(1, &refs, &refs[1..]), caught_up(&changes)]
    );
    desk.say(seat.link, &pull(PullFrom::Heads(vec![changes[2].hash()])));
    assert_eq!(desk.heard(seat.link), [caught_up(&changes)]);
    desk.say(
        seat.link,
        &pull(PullFrom::Position {
            last_server_seq: 9,
            log_id: Some(seat.log_id),
            chain: None,
        }),
    );
    assert!(matches!(
        desk.heard(seat.link)[0],
        RelayMessage::ServerPull(_)
    ));
}
