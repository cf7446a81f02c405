//! Joining: by password or by token, and what outsiders learn.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;

fn code(messages: &[RelayMessage]) -> String {
    match messages {
        [RelayMessage::JoinRejected(rejected)] => rejected.code.to_string(),
        other => panic!("{other:?}"),
    }
}

fn hashes(action: &Action) -> bool {
    matches!(action, Action::HashPassword { .. })
}

#[test]
fn a_member_is_told_everything_it_needs() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    let RelayMessage::MeetJoined(joined) = desk.heard(member.link).remove(0) else {
        panic!()
    };
    assert_eq!(
        (
            joined.location_name.as_str(),
            joined.priority.get(),
            joined.initiator
        ),
        ("Weigh-in", 10, false)
    );
    assert_eq!(
        (joined.root, joined.log_id, joined.server_seq_num),
        (genesis.hash(), seat.log_id, 1)
    );
    assert_eq!((joined.epoch, joined.finished), (1, false));
    assert_eq!(desk.store[&seat.meet].records.sessions.sessions.len(), 2);
}

#[test]
fn unknown_meet_and_wrong_password_are_the_same_answer_at_the_same_cost() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let known = desk.connect(2);
    let unknown = desk.connect(3);
    desk.holding = hashes;
    desk.say(
        known,
        &join_message(seat.meet, "Weigh-in", "WrongButLongEnough"),
    );
    desk.say(
        unknown,
        &join_message(
            "999-999-999".parse().unwrap(),
            "Weigh-in",
            "WrongButLongEnough",
        ),
    );
    let Some(Action::HashPassword {
        params: for_known, ..
    }) = desk.held.front().cloned()
    else {
        panic!()
    };
    desk.holding = |_| false;
    desk.release();
    let answers = [desk.heard(known), desk.heard(unknown)];
    assert_eq!(answers[0], answers[1]);
    assert_eq!(code(&answers[0]), "wrong-meet-or-password");
    assert_eq!(for_known, ScryptParams::LOW_MEMORY);
    assert_eq!(desk.hashes, 3);
}

#[test]
fn the_salt_of_an_unknown_meet_is_always_the_same() {
    let mut desk = Desk::new();
    desk.holding = hashes;
    let mut salts = Vec::new();
    for number in 1..3 {
        let link = desk.connect(number);
        desk.say(
            link,
            &join_message("999-999-999".parse().unwrap(), "A", PASSWORD),
        );
        let Some(Action::HashPassword { salt, job, .. }) = desk.held.pop_front() else {
            panic!()
        };
        salts.push(salt);
        desk.happen(Input::PasswordHashed {
            job,
            hash: Some([0; 32]),
        });
    }
    assert_eq!(salts[0], salts[1]);
}

#[test]
fn an_unknown_location_is_told_only_to_those_with_the_password() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let link = desk.connect(2);
    desk.say(link, &join_message(seat.meet, "Bar", "WrongButLongEnough"));
    assert_eq!(code(&desk.heard(link)), "wrong-meet-or-password");
    desk.say(link, &join_message(seat.meet, "Bar", PASSWORD));
    assert_eq!(code(&desk.heard(link)), "unknown-location");
    desk.say(link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    desk.seat(link);
}

#[test]
fn a_token_returns_without_a_password_check() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.disconnect(seat.link);
    let hashes = desk.hashes;
    let again = desk.resume(2, &seat);
    assert_eq!((desk.hashes, again.token), (hashes, seat.token));
    assert_eq!(desk.store[&seat.meet].records.sessions.sessions.len(), 1);
}

#[test]
fn a_session_that_is_over_says_so_and_the_password_opens_another() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.disconnect(seat.link);
    desk.now = desk.now.after_ms(7 * 24 * 3_600_000);
    let link = desk.connect(2);
    desk.say(link, &resume_message(&seat));
    assert_eq!(code(&desk.heard(link)), "session-expired");
    desk.say(link, &join_message(seat.meet, "Platform 1", PASSWORD));
    desk.seat(link);
}

#[test]
fn the_initiators_ticket_and_the_password_bring_the_initiators_right_back() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    for (number, ticket, initiator) in [(3, &seat.ticket, true), (4, &member.ticket, false)] {
        let ClientMessage::JoinMeet(mut message) = join_message(seat.meet, "Platform 1", PASSWORD)
        else {
            panic!()
        };
        message.ticket = Some(ticket.clone());
        let link = desk.connect(number);
        desk.say(link, &ClientMessage::JoinMeet(message));
        let heard = desk.heard(link);
        let RelayMessage::MeetJoined(joined) = &heard[0] else {
            panic!("{heard:?}")
        };
        assert_eq!(joined.initiator, initiator);
    }
}

#[test]
fn a_password_hashed_weakly_is_hashed_again_when_it_was_right() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let Config { limits, .. } = Config::default();
    let strong = Config {
        limits,
        scrypt: ScryptParams::STRONG,
    };
    desk.relay = Relay::new(strong, RelayKey::from_bytes([42; 32]), [8; 32]);
    desk.join(2, seat.meet);
    let auth = desk.store[&seat.meet].records.auth.clone();
    assert_eq!((auth.scrypt, auth.epoch), (ScryptParams::STRONG, 2));
    let hashes = desk.hashes;
    desk.join(3, seat.meet);
    assert_eq!(desk.hashes, hashes + 1);
}

#[test]
fn a_token_of_another_meet_or_relay_is_unknown() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let other = desk.create(2);
    let link = desk.connect(3);
    desk.say(
        link,
        &resume_message(&Seat {
            meet: other.meet,
            ..seat.clone()
        }),
    );
    assert_eq!(code(&desk.heard(link)), "session-unknown");
    let token = SessionToken::parse(&format!("A{}", &seat.token.expose()[1..])).unwrap();
    desk.say(link, &resume_message(&Seat { token, ..seat }));
    assert_eq!(code(&desk.heard(link)), "session-unknown");
}

#[test]
fn a_second_connection_of_one_session_replaces_the_first() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.resume(2, &seat);
    assert_eq!(desk.closed[&seat.link], CloseReason::Replaced);
    assert_eq!(desk.relay.links(), 1);
}

#[test]
fn two_tabs_of_one_location_are_two_sessions() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let [one, two] = [desk.join(2, seat.meet), desk.join(3, seat.meet)];
    assert_ne!(one.token, two.token);
    assert!(desk.closed.is_empty());
}

#[test]
fn one_password_is_checked_at_a_time_and_sixteen_wait() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.holding = hashes;
    let links: Vec<LinkId> = (10..30).map(|number| desk.connect(number)).collect();
    for link in &links {
        desk.say(*link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    }
    assert_eq!(desk.held.len(), 1);
    let busy = links.iter().filter(|link| desk.heard(**link).iter().any(|message| {
        matches!(message, RelayMessage::JoinRejected(r) if r.code == JoinCode::Busy && r.retry_after_ms.is_some())
    }));
    assert_eq!(busy.count(), 3);
    desk.release();
    let joined = links.iter().filter(|link| {
        matches!(
            desk.said.get(link).and_then(|said| said.first()),
            Some(RelayMessage::MeetJoined(_))
        )
    });
    assert_eq!(joined.count(), 17);
}

#[test]
fn who_left_the_queue_is_not_hashed_for() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.holding = hashes;
    for number in 10..14 {
        let link = desk.connect(number);
        desk.say(link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    }
    (11..14).for_each(|number| desk.disconnect(LinkId(number)));
    let before = desk.hashes;
    desk.release();
    assert_eq!(desk.hashes, before + 1);
}

#[test]
fn wrong_passwords_make_one_address_wait_and_no_other() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    for number in 10..15 {
        let link = desk.connect_from(number, "10.9.9.9");
        desk.say(
            link,
            &join_message(seat.meet, "Weigh-in", "WrongButLongEnough"),
        );
        desk.heard(link);
    }
    let link = desk.connect_from(15, "10.9.9.9");
    desk.say(link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    let heard = desk.heard(link);
    let [RelayMessage::JoinRejected(rejected)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!(
        (rejected.code.clone(), rejected.retry_after_ms),
        (JoinCode::TooManyAttempts, Some(1_000))
    );
    desk.join(16, seat.meet);
    desk.pass(1_000);
    desk.say(link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    desk.seat(link);
}

#[test]
fn guesses_that_queued_up_together_count_against_each_other() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.holding = hashes;
    let before = desk.hashes;
    for number in 10..26 {
        let link = desk.connect_from(number, "10.9.9.9");
        desk.say(
            link,
            &join_message(seat.meet, "Weigh-in", "WrongButLongEnough"),
        );
    }
    desk.release();
    assert_eq!(desk.hashes, before + 5);
}

#[test]
fn a_right_password_never_counts_however_often() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    for number in 10..60 {
        desk.join(number, seat.meet);
    }
}

#[test]
fn a_connection_may_try_a_few_times_and_is_then_closed() {
    let mut desk = Desk::with(Limits {
        guesses_free: 100,
        ..Limits::default()
    });
    let (seat, _) = desk.live_meet();
    let link = desk.connect(2);
    for _ in 0..5 {
        desk.say(
            link,
            &join_message(seat.meet, "Weigh-in", "WrongButLongEnough"),
        );
    }
    assert_eq!(desk.heard(link).len(), 5);
    assert_eq!(desk.closed[&link], CloseReason::NotJoined);
}

#[test]
fn nothing_is_done_for_a_connection_that_has_not_joined() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let link = desk.connect(2);
    desk.offer(link, &[&genesis]);
    let token = Some(seat.token.clone());
    desk.say(
        link,
        &ClientMessage::ListSessions(ListSessions {
            session_token: token,
        }),
    );
    let heard = desk.heard(link);
    let [
        RelayMessage::InvalidSession(first),
        RelayMessage::InvalidSession(second),
    ] = heard.as_slice()
    else {
        panic!("{heard:?}")
    };
    assert_eq!(
        (first.code.clone(), first.session_token.clone()),
        (SessionCode::NotJoined, None)
    );
    assert_eq!(second.session_token, Some(seat.token.hint()));
}

#[test]
fn a_message_that_names_another_session_is_not_followed() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    desk.say(
        member.link,
        &ClientMessage::FinishMeet(FinishMeet {
            session_token: Some(seat.token),
        }),
    );
    let heard = desk.heard(member.link);
    assert!(
        matches!(&heard[..], [RelayMessage::InvalidSession(i)] if i.code == SessionCode::OtherSession)
    );
    assert!(!desk.store[&seat.meet].finished);
}

#[test]
fn one_connection_joins_one_meet() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.say(seat.link, &create_message());
    let heard = desk.heard(seat.link);
    assert!(matches!(&heard[..], [RelayMessage::Refused(r)] if r.code == AdminCode::AlreadyJoined));
}

#[test]
fn a_damaged_meet_is_told_to_those_who_join_it_and_touches_no_other() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.disconnect(seat.link);
    let healthy = desk.create(2);
    desk.trouble = Some(StoreTrouble::Damaged("line 3".into()));
    for message in [
        resume_message(&seat),
        join_message(seat.meet, "Weigh-in", PASSWORD),
    ] {
        let link = desk.connect(3);
        desk.say(link, &message);
        assert_eq!(code(&desk.heard(link)), "meet-damaged");
        desk.disconnect(link);
    }
    desk.trouble = None;
    desk.offer(healthy.link, &[&crate::writer::genesis()]);
    assert_eq!(desk.heard(healthy.link).iter().flat_map(acks_of).count(), 1);
    desk.join(4, seat.meet);
}

#[test]
fn other_protocols_are_refused_in_words() {
    let mut desk = Desk::new();
    let link = desk.connect(1);
    desk.say_text(
        link,
        r#"{"msgType":"JOIN_MEET","protocol":2,"whatever":[]}"#,
    );
    desk.say_text(link, r#"{"msgType":"CREATE_MEET","protocol":0}"#);
    let codes: Vec<String> = desk
        .heard(link)
        .into_iter()
        .map(|message| code(&[message]))
        .collect();
    assert_eq!(codes, ["protocol-too-new", "protocol-too-old"]);
}

#[test]
fn what_cannot_be_read_is_answered_and_only_unknown_names_leave_the_link_open() {
    let mut desk = Desk::new();
    let link = desk.connect(1);
    desk.say_text(link, r#"{"msgType":"UPDATE_PACK"}"#);
    assert!(
        matches!(&desk.heard(link)[..], [RelayMessage::UnknownMessageType(u)] if u.unknown_type == "UPDATE_PACK")
    );
    assert!(desk.closed.is_empty());
    desk.say_text(link, r#"{"msgType":"JOIN_MEET","protocol":1}"#);
    assert!(
        matches!(&desk.heard(link)[..], [RelayMessage::Malformed(m)] if m.err_msg.starts_with("JOIN_MEET: missing field `meetId`"))
    );
    assert_eq!(desk.closed[&link], CloseReason::Malformed);
    desk.say_text(link, "more");
    assert_eq!(desk.heard(link), []);
}
