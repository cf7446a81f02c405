//! Bounds: whoever asks for too much is told "later" or closed, and nobody else notices.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

fn codes(messages: &[RelayMessage]) -> Vec<String> {
    let rejected = messages.iter().flat_map(rejections_of);
    rejected
        .inspect(|rejected| assert!(!rejected.for_good && rejected.retry_after_ms.is_some()))
        .map(|r| r.code.to_string())
        .collect()
}

#[test]
fn more_bytes_than_allowed_are_answered_with_later() {
    let mut desk = Desk::with(Limits {
        bytes_per_second: 1_000,
        bytes_burst: 2_000,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(20);
    desk.pass(10_000);
    desk.offer(seat.link, &changes[..5].iter().collect::<Vec<_>>());
    desk.offer(seat.link, &changes[5..].iter().collect::<Vec<_>>());
    let heard = desk.heard(seat.link);
    assert_eq!(heard.iter().flat_map(acks_of).count(), 5);
    assert_eq!(codes(&heard), vec!["too-fast"; 15]);
    let wait = heard
        .iter()
        .flat_map(rejections_of)
        .next()
        .unwrap()
        .retry_after_ms
        .unwrap();
    desk.pass(wait);
    desk.offer(seat.link, &changes[5..].iter().collect::<Vec<_>>());
    assert_eq!(desk.heard(seat.link).iter().flat_map(acks_of).count(), 15);
}

#[test]
fn a_backlog_of_honest_edits_drains_at_a_mebibyte_a_second() {
    // Without the burst, which alone would let so short a backlog through.
    let mut desk = Desk::with(Limits {
        bytes_burst: 256 << 10,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let mut writer = Writer::on(1, &[&genesis]);
    let (began, mut drained) = (desk.now, 0);
    while drained < 2 << 20 {
        let changes = writer.write_many(500);
        drained += changes
            .iter()
            .map(|change| change.bytes().len())
            .sum::<usize>();
        desk.offer(seat.link, &changes.iter().collect::<Vec<_>>());
        while let Some(wait) = desk
            .heard(seat.link)
            .iter()
            .flat_map(rejections_of)
            .map(|r| r.retry_after_ms.unwrap())
            .max()
        {
            desk.now = desk.now.after_ms(wait);
            desk.offer(seat.link, &changes.iter().collect::<Vec<_>>());
        }
    }
    let seconds = desk.now.ms_since(began) as f64 / 1_000.0;
    assert!(
        drained as f64 / seconds.max(0.001) >= f64::from(1 << 20),
        "{drained} bytes in {seconds} s"
    );
}

#[test]
fn more_operations_than_allowed_are_answered_with_later() {
    let mut desk = Desk::with(Limits {
        ops_per_second: 1,
        ops_burst: 4,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(6);
    desk.offer(seat.link, &changes.iter().collect::<Vec<_>>());
    let heard = desk.heard(seat.link);
    assert_eq!(
        (heard.iter().flat_map(acks_of).count(), codes(&heard).len()),
        (3, 3)
    );
}

#[test]
fn a_flood_of_changes_that_wait_is_bounded_by_number_and_by_bytes() {
    let by_number = Limits {
        waiting_changes_max: 10,
        ..Limits::default()
    };
    let by_bytes = Limits {
        waiting_bytes_max: 1_500,
        ..Limits::default()
    };
    for limits in [by_number, by_bytes] {
        let mut desk = Desk::with(limits);
        let (seat, genesis) = desk.live_meet();
        let changes = Writer::on(1, &[&genesis]).write_many(31);
        desk.offer(seat.link, &changes[1..].iter().collect::<Vec<_>>());
        let refused = codes(&desk.heard(seat.link));
        assert!((10..=25).contains(&refused.len()), "{refused:?}");
        assert!(refused.iter().all(|code| code == "waiting-full"));
        desk.offer(seat.link, &changes.iter().collect::<Vec<_>>());
        assert_eq!(desk.store[&seat.meet].log.len(), 32);
    }
}

#[test]
fn what_waits_is_forgotten_with_its_link() {
    let mut desk = Desk::with(Limits {
        waiting_changes_max: 10,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(11);
    desk.join(9, seat.meet);
    for number in 2..6 {
        let member = desk.join(number, seat.meet);
        desk.heard(member.link);
        desk.offer(member.link, &changes[1..].iter().collect::<Vec<_>>());
        assert_eq!(desk.heard(member.link), []);
        desk.disconnect(member.link);
    }
    desk.offer(seat.link, &[&changes[0]]);
    assert_eq!(desk.store[&seat.meet].log.len(), 2);
}

#[test]
fn a_meet_has_a_largest_size_and_still_acknowledges_what_it_has() {
    let mut desk = Desk::with(Limits {
        meet_bytes_max: 600,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let changes = Writer::on(1, &[&genesis]).write_many(10);
    desk.offer(seat.link, &changes.iter().collect::<Vec<_>>());
    let heard = desk.heard(seat.link);
    let kept = heard.iter().flat_map(acks_of).count();
    assert!((1..9).contains(&kept), "{kept}");
    assert!(codes(&heard).iter().all(|code| code == "meet-full"));
    let put_off = desk.events.iter().filter_map(|event| match event {
        Event::ChangesPutOff { code, changes, .. } if event.level() == Level::Warn => {
            Some((code.as_str(), *changes))
        }
        _ => None,
    });
    assert_eq!(
        put_off.collect::<Vec<_>>(),
        [("meet-full", codes(&heard).len())],
        "the operator is told"
    );
    desk.offer(seat.link, &[&genesis]);
    assert_eq!(desk.heard(seat.link).iter().flat_map(acks_of).count(), 1);
}

#[test]
fn what_is_no_message_is_counted_and_closes_its_connection() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    for _ in 0..2 {
        desk.happen(Input::Unreadable {
            link: seat.link,
            reason: CloseReason::TooLarge,
        });
    }
    assert_eq!(desk.closed[&seat.link], CloseReason::TooLarge);
    let told = |kind: fn(&Event) -> bool| desk.events.iter().filter(|event| kind(event)).count();
    assert_eq!(told(|event| matches!(event, Event::BadMessage { .. })), 1);
    assert_eq!(told(|event| matches!(event, Event::Closed { .. })), 1);
}

#[test]
fn a_meet_has_only_so_many_heads_and_still_grows_on_them() {
    let mut desk = Desk::with(Limits {
        heads_max: 3,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let mut writers: Vec<Writer> = (1..=5)
        .map(|actor| Writer::on(actor, &[&genesis]))
        .collect();
    for writer in &mut writers {
        let change = writer.write("a");
        desk.offer(seat.link, &[&change]);
    }
    let heard = desk.heard(seat.link);
    assert_eq!(
        (heard.iter().flat_map(acks_of).count(), codes(&heard)),
        (3, vec!["meet-full".to_owned(); 2])
    );
    desk.offer(seat.link, &[&writers[0].write("b")]);
    assert_eq!(desk.heard(seat.link).iter().flat_map(acks_of).count(), 1);
}

#[test]
fn what_waits_for_a_slow_disk_is_bounded() {
    let mut desk = Desk::with(Limits {
        pending_bytes_max: 1_000,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    desk.holding = |action| matches!(action, Action::Append { .. });
    for change in &Writer::on(1, &[&genesis]).write_many(30) {
        desk.offer(seat.link, &[change]);
    }
    let refused = codes(&desk.heard(seat.link));
    assert!(
        refused.len() > 15 && refused.iter().all(|code| code == "busy"),
        "{refused:?}"
    );
}

#[test]
fn connections_are_counted_in_all_and_by_address() {
    let mut desk = Desk::with(Limits {
        links_max: 4,
        links_per_address_max: 2,
        ..Limits::default()
    });
    for number in 1..=3 {
        desk.connect(number);
    }
    assert_eq!(desk.closed.get(&LinkId(3)), Some(&CloseReason::Full));
    desk.connect_from(4, "10.0.0.2");
    desk.connect_from(5, "10.0.0.3");
    desk.connect_from(6, "10.0.0.4");
    assert_eq!(desk.closed.len(), 2);
    desk.disconnect(LinkId(1));
    desk.connect(7);
    assert_eq!(desk.closed.len(), 2);
}

#[test]
fn other_limits_hold_from_when_the_operator_sets_them_and_close_nothing() {
    let few = Limits {
        links_per_address_max: 2,
        ..Limits::default()
    };
    let mut desk = Desk::with(few.clone());
    for number in 1..=3 {
        desk.connect(number);
    }
    assert_eq!(desk.closed.keys().collect::<Vec<_>>(), [&LinkId(3)]);
    let set = |desk: &mut Desk, links_per_address_max| {
        let limits = Limits {
            links_per_address_max,
            ..few.clone()
        };
        let config = Box::new(Config {
            limits,
            scrypt: ScryptParams::STRONG,
        });
        assert_eq!(desk.step(Input::Reconfigured { config }), []);
    };
    set(&mut desk, 4);
    desk.connect(4);
    set(&mut desk, 1);
    assert_eq!(desk.closed.len(), 1);
    desk.connect(5);
    assert_eq!(desk.closed.get(&LinkId(5)), Some(&CloseReason::Full));
}

#[test]
fn a_first_message_is_short_and_no_message_is_endless() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let link = desk.connect(2);
    desk.say_text(link, &" ".repeat(FIRST_MESSAGE_BYTES_MAX + 1));
    assert_eq!(desk.closed[&link], CloseReason::TooLarge);
    desk.say_text(seat.link, &" ".repeat(MESSAGE_BYTES_MAX + 1));
    assert_eq!(desk.closed[&seat.link], CloseReason::TooLarge);
}

#[test]
fn a_flood_of_words_closes_the_link() {
    let mut desk = Desk::with(Limits {
        messages_burst: 10,
        messages_per_second: 1,
        ..Limits::default()
    });
    let link = desk.connect(1);
    (0..11).for_each(|_| desk.say_text(link, r#"{"msgType":"HELLO"}"#));
    assert_eq!(desk.heard(link).len(), 10);
    assert_eq!(desk.closed[&link], CloseReason::TooFast);
}

#[test]
fn a_meet_has_only_so_many_readers_and_lists_only_so_many_sessions() {
    let mut desk = Desk::with(Limits {
        links_per_meet_max: 3,
        sessions_per_meet_max: 4,
        ..Limits::default()
    });
    let (seat, _) = desk.live_meet();
    desk.join(2, seat.meet);
    desk.join(3, seat.meet);
    let link = desk.connect(4);
    desk.say(link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    assert!(
        matches!(&desk.heard(link)[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::Full)
    );
    for number in 5..15 {
        desk.disconnect(LinkId(if number == 5 { 3 } else { number - 1 }));
        desk.join(number, seat.meet);
    }
    let sessions = &desk.store[&seat.meet].records.sessions.sessions;
    assert_eq!(sessions.len(), 4);
    assert!(sessions.iter().any(|session| session.initiator));
}

#[test]
fn pulls_cost_operations_and_too_many_are_answered_with_later() {
    let mut desk = Desk::with(Limits {
        ops_per_second: 1_000,
        ops_burst: 3_000,
        ..Limits::default()
    });
    let (seat, _) = desk.live_meet();
    let from = PullFrom::Position {
        last_server_seq: 0,
        log_id: None,
        chain: None,
    };
    let pull = ClientMessage::ClientPull(ClientPull {
        session_token: None,
        from,
    });
    (0..3).for_each(|_| desk.say(seat.link, &pull));
    let heard = desk.heard(seat.link);
    let Some(RelayMessage::Refused(refused)) = heard.last() else {
        panic!("{heard:?}")
    };
    assert_eq!(
        (refused.request.as_str(), &refused.code),
        ("CLIENT_PULL", &AdminCode::TooFast)
    );
    desk.pass(refused.retry_after_ms.unwrap());
    desk.say(seat.link, &pull);
    assert!(matches!(
        desk.heard(seat.link).last(),
        Some(RelayMessage::CaughtUp(_))
    ));
}
