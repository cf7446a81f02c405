//! Offering changes: admitted, numbered, written, and only then acknowledged and relayed.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::{Writer, genesis};

fn appends(action: &Action) -> bool {
    matches!(action, Action::Append { .. })
}

#[test]
fn nothing_is_acknowledged_or_relayed_before_the_disk_has_it() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let other = desk.join(2, seat.meet);
    desk.heard(other.link);
    let change = Writer::on(1, &[&genesis]).write("a");
    desk.holding = appends;
    desk.offer(seat.link, &[&change]);
    assert_eq!(
        (desk.heard(seat.link), desk.heard(other.link)),
        (vec![], vec![])
    );

    desk.release();
    let history = [&genesis, &change];
    let acked = UpdateAck {
        update_acks: vec![ack(1, 2)],
        chain: Some(chain(&history)),
    };
    assert_eq!(desk.heard(seat.link), [RelayMessage::UpdateAck(acked)]);
    assert_eq!(desk.heard(other.link), [relay_of(1, &history, &[&change])]);
    let stored = &desk.store[&seat.meet].log[1];
    assert_eq!(
        (stored.hash, stored.received_at),
        (change.hash(), desk.now.as_seconds())
    );
}

#[test]
fn what_arrives_during_one_sync_is_the_next_batch() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(5);
    desk.holding = appends;
    changes
        .iter()
        .for_each(|change| desk.offer(seat.link, &[change]));
    assert_eq!(desk.held.len(), 1);
    desk.holding = |_| false;
    let Some(Action::Append {
        meet,
        batch,
        entries,
    }) = desk.held.pop_front()
    else {
        panic!()
    };
    assert_eq!(entries.len(), 1);
    desk.store.get_mut(&meet).unwrap().log.extend(entries);
    desk.holding = appends;
    desk.happen(Input::Appended { meet, batch });
    let Some(Action::Append { entries, .. }) = desk.held.front() else {
        panic!()
    };
    assert_eq!(entries.len(), 4);
    desk.release();
    let acks: Vec<UpdateAcked> = desk.heard(seat.link).iter().flat_map(acks_of).collect();
    assert_eq!(
        acks.iter()
            .map(|ack| ack.server_seq_num)
            .collect::<Vec<_>>(),
        [2, 3, 4, 5, 6]
    );
}

#[test]
fn a_relayed_message_is_encoded_once_for_all_readers() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    for number in 2..5 {
        desk.join(number, seat.meet);
    }
    let change = Writer::on(1, &[&genesis]).write("a");
    desk.holding = appends;
    desk.offer(seat.link, &[&change]);
    let Some(Action::Append { meet, batch, .. }) = desk.held.pop_front() else {
        panic!()
    };
    let actions = desk.step(Input::Appended { meet, batch });
    let frames: Vec<_> = actions
        .iter()
        .filter_map(|action| match action {
            Action::Send { link, frame } if *link != seat.link => Some(frame),
            _ => None,
        })
        .collect();
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| frame.is_same(frames[0])));
}

#[test]
fn a_duplicate_is_acknowledged_with_its_old_position() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    desk.offer(seat.link, &[&genesis]);
    let known = UpdateAcked {
        local_seq_num: 1,
        server_seq_num: 1,
        after_server_seq_num: None,
    };
    let expected = RelayMessage::UpdateAck(UpdateAck {
        update_acks: vec![known],
        chain: None,
    });
    assert_eq!(desk.heard(seat.link), [expected]);
    assert_eq!(desk.store[&seat.meet].log.len(), 1);
}

#[test]
fn a_duplicate_of_what_is_being_written_is_acknowledged_once_it_is_written() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let other = desk.join(2, seat.meet);
    desk.heard(other.link);
    let change = Writer::on(1, &[&genesis]).write("a");
    desk.holding = appends;
    desk.offer(seat.link, &[&change]);
    desk.offer(other.link, &[&change]);
    assert_eq!(desk.heard(other.link), []);
    desk.release();
    let acks: Vec<UpdateAcked> = desk.heard(other.link).iter().flat_map(acks_of).collect();
    assert_eq!(
        acks,
        [UpdateAcked {
            local_seq_num: 1,
            server_seq_num: 2,
            after_server_seq_num: None
        }]
    );
}

#[test]
fn one_refused_change_never_takes_an_innocent_one_down() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let good = Writer::on(1, &[&genesis]).write("good");
    let foreign = Writer::on(9, &[]).write("another genesis");
    let updates = [
        foreign.bytes().to_vec(),
        b"no change at all".to_vec(),
        good.bytes().to_vec(),
    ];
    let updates = (1..)
        .zip(updates)
        .map(|(local_seq_num, bytes)| OfferedUpdate {
            local_seq_num,
            change: ChangeBytes::new(bytes),
            after_server_seq_num: None,
        });
    desk.say(
        seat.link,
        &ClientMessage::UpdateInit(UpdateInit {
            session_token: None,
            updates: updates.collect(),
        }),
    );
    let heard = desk.heard(seat.link);
    let rejected: Vec<_> = heard
        .iter()
        .flat_map(rejections_of)
        .map(|r| (r.local_seq_num, r.code.to_string(), r.for_good))
        .collect();
    assert_eq!(
        rejected,
        [
            (1, "foreign-root".into(), true),
            (2, "not-a-chunk".into(), true)
        ]
    );
    let acks: Vec<UpdateAcked> = heard.iter().flat_map(acks_of).collect();
    assert_eq!(acks, [ack(3, 2)]);
}

#[test]
fn a_twin_is_refused_by_name_once_the_one_that_stands_is_durable() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let other = desk.join(2, seat.meet);
    desk.heard(other.link);
    let [one, two] = ["one", "two"].map(|value| Writer::on(1, &[&genesis]).write(value));
    desk.holding = appends;
    desk.offer(seat.link, &[&one]);
    desk.offer(other.link, &[&two]);
    assert_eq!(desk.heard(other.link), []);
    desk.release();
    let heard = desk.heard(other.link);
    let rejected: Vec<_> = heard.iter().flat_map(rejections_of).collect();
    assert_eq!(rejected.len(), 1);
    assert_eq!(
        (rejected[0].code.as_str(), rejected[0].stands),
        ("twin", Some(one.hash()))
    );
    assert!(rejected[0].for_good && !rejected[0].conflict);
}

#[test]
fn a_change_that_came_too_early_waits_for_what_it_builds_on() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let other = desk.join(2, seat.meet);
    desk.heard(other.link);
    let changes = Writer::on(1, &[&genesis]).write_many(3);
    desk.offer(seat.link, &[&changes[2], &changes[1]]);
    assert_eq!(desk.heard(seat.link), []);
    desk.offer(other.link, &[&changes[0]]);
    let acks: Vec<UpdateAcked> = desk.heard(seat.link).iter().flat_map(acks_of).collect();
    assert_eq!(acks, [ack(2, 3), ack(1, 4)]);
    let order: Vec<_> = desk.store[&seat.meet]
        .log
        .iter()
        .map(|entry| entry.hash)
        .collect();
    assert_eq!(
        order,
        [
            genesis.hash(),
            changes[0].hash(),
            changes[1].hash(),
            changes[2].hash()
        ]
    );
}

#[test]
fn what_builds_on_a_refused_change_is_refused_too_whichever_comes_first() {
    for late in [false, true] {
        let mut desk = Desk::new();
        let (seat, genesis) = desk.live_meet();
        desk.offer(seat.link, &[&Writer::on(1, &[&genesis]).write("stands")]);
        let mut cloned = Writer::on(1, &[&genesis]);
        let (twin, child) = (cloned.write("twin"), cloned.write("child"));
        desk.heard(seat.link);
        let order = if late {
            [&twin, &child]
        } else {
            [&child, &twin]
        };
        order
            .iter()
            .for_each(|change| desk.offer(seat.link, &[change]));
        let heard = desk.heard(seat.link);
        let codes: Vec<String> = heard
            .iter()
            .flat_map(rejections_of)
            .map(|rejected| rejected.code.to_string())
            .collect();
        let mut sorted = codes.clone();
        sorted.sort();
        assert_eq!(sorted, ["depends-on-refused", "twin"], "{late}");
    }
}

#[test]
fn after_a_failed_append_nothing_is_acknowledged_and_the_disk_decides() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let other = desk.join(2, seat.meet);
    desk.heard(other.link);
    let changes = Writer::on(1, &[&genesis]).write_many(2);
    desk.holding = appends;
    desk.offer(seat.link, &[&changes[0]]);
    desk.offer(seat.link, &[&changes[1]]);
    desk.offer(other.link, &[&changes[0]]);
    let Some(Action::Append {
        meet,
        batch,
        entries,
    }) = desk.held.pop_front()
    else {
        panic!()
    };
    // The disk has kept the first batch although it reported trouble.
    desk.store.get_mut(&meet).unwrap().log.extend(entries);
    let trouble = StoreTrouble::Unavailable("sync failed".into());
    desk.happen(Input::AppendFailed {
        meet,
        batch,
        trouble,
    });
    let later: Vec<_> = desk
        .heard(seat.link)
        .iter()
        .flat_map(rejections_of)
        .map(|r| (r.code.to_string(), r.for_good))
        .collect();
    assert_eq!(
        later,
        [
            ("storage-trouble".to_owned(), false),
            ("storage-trouble".to_owned(), false)
        ]
    );

    // Having read it again, the relay relays what the disk has, to everyone.
    let heard = desk.heard(other.link);
    assert_eq!(rejections_of(&heard[0]).len(), 1);
    assert_eq!(
        heard[1],
        relay_of(1, &[&genesis, &changes[0]], &[&changes[0]])
    );
    assert!(
        matches!(&heard[2], RelayMessage::CaughtUp(caught_up) if caught_up.server_seq_num == 2)
    );

    desk.release();
    desk.heard(seat.link);
    desk.offer(seat.link, &[&changes[0], &changes[1]]);
    let acks: Vec<UpdateAcked> = desk
        .heard(seat.link)
        .iter()
        .flat_map(acks_of)
        .map(|a| UpdateAcked {
            after_server_seq_num: None,
            ..a
        })
        .collect();
    assert_eq!(
        acks.iter()
            .map(|ack| (ack.local_seq_num, ack.server_seq_num))
            .collect::<Vec<_>>(),
        [(1, 2), (2, 3)]
    );
}

#[test]
fn a_full_disk_makes_one_meet_read_only_until_there_is_room() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(2);
    desk.holding = appends;
    desk.offer(seat.link, &[&changes[0]]);
    let Some(Action::Append { meet, batch, .. }) = desk.held.pop_front() else {
        panic!()
    };
    desk.holding = |_| false;
    desk.happen(Input::AppendFailed {
        meet,
        batch,
        trouble: StoreTrouble::Unavailable("no space".into()),
    });
    desk.heard(seat.link);
    let reader = desk.join(2, seat.meet);
    assert!(
        desk.heard(reader.link)
            .iter()
            .any(|message| matches!(message, RelayMessage::CaughtUp(_)))
    );
    desk.offer(seat.link, &[&changes[0]]);
    assert_eq!(desk.heard(seat.link).iter().flat_map(acks_of).count(), 1);
}

#[test]
fn a_log_that_lost_what_was_acknowledged_sends_everyone_away_loudly() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(2);
    desk.offer(seat.link, &[&changes[0]]);
    desk.heard(seat.link);
    desk.holding = appends;
    desk.offer(seat.link, &[&changes[1]]);
    let Some(Action::Append { meet, batch, .. }) = desk.held.pop_front() else {
        panic!()
    };
    desk.store.get_mut(&meet).unwrap().log.truncate(1);
    desk.happen(Input::AppendFailed {
        meet,
        batch,
        trouble: StoreTrouble::Unavailable("sync failed".into()),
    });
    assert!(matches!(
        desk.heard(seat.link).last(),
        Some(RelayMessage::GoingAway(_))
    ));
    assert_eq!(desk.closed[&seat.link], CloseReason::MeetTrouble);
    assert!(
        desk.events
            .iter()
            .any(|event| matches!(event, Event::MeetTrouble { damaged: true, .. }))
    );
    assert_eq!(desk.relay.meets(), 0);
}

#[test]
fn an_ack_for_somebody_who_left_is_not_sent_and_the_change_is_kept() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let change = Writer::on(1, &[&genesis]).write("a");
    desk.holding = appends;
    desk.offer(seat.link, &[&change]);
    desk.disconnect(seat.link);
    assert_eq!(desk.relay.meets(), 1);
    desk.release();
    assert_eq!(desk.heard(seat.link), []);
    assert_eq!(desk.store[&seat.meet].log.len(), 2);
    assert_eq!(desk.relay.meets(), 0);
}

#[test]
fn the_genesis_must_be_the_one_the_meet_was_created_with() {
    let mut desk = Desk::new();
    let seat = desk.create(1);
    desk.offer(seat.link, &[&Writer::on(5, &[]).write("x"), &genesis()]);
    let heard = desk.heard(seat.link);
    assert_eq!(heard.iter().flat_map(rejections_of).count(), 1);
    assert_eq!(
        heard.iter().flat_map(acks_of).collect::<Vec<_>>(),
        [ack(2, 1)]
    );
}
