//! Further sessions of one device, got with the token of one it has.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

fn another_message(seat: &Seat) -> JoinMeet {
    JoinMeet {
        protocol: PROTOCOL,
        meet_id: seat.meet,
        by: JoinBy::Another(seat.token.clone()),
        ticket: None,
        position: None,
        heads: None,
        epoch: None,
        packs: Vec::new(),
    }
}

/// Asks for a session beside that of a seat on a new connection.
fn ask(desk: &mut Desk, number: u64, seat: &Seat) -> LinkId {
    let link = desk.connect(number);
    desk.say(link, &ClientMessage::JoinMeet(another_message(seat)));
    link
}

/// Asks for one and expects to get it.
fn beside(desk: &mut Desk, number: u64, seat: &Seat) -> Seat {
    let link = ask(desk, number, seat);
    desk.seat(link)
}

fn rejection(desk: &mut Desk, link: LinkId) -> JoinRejected {
    match desk.heard(link).last() {
        Some(RelayMessage::JoinRejected(rejected)) => rejected.clone(),
        other => panic!("{other:?}"),
    }
}

fn list(desk: &mut Desk, link: LinkId) -> Vec<SessionShown> {
    desk.say(link, &ClientMessage::ListSessions(ListSessions::default()));
    match desk.heard(link).last() {
        Some(RelayMessage::Sessions(list)) => list.sessions.clone(),
        other => panic!("{other:?}"),
    }
}

fn revoke(session_id: SessionId) -> ClientMessage {
    ClientMessage::RevokeSession(RevokeSession {
        session_token: None,
        session_id,
    })
}

#[test]
fn a_session_beside_another_is_its_own_and_costs_no_password() {
    let mut desk = Desk::new();
    let (initiator, genesis) = desk.live_meet();
    let first = desk.join(2, initiator.meet);
    let hashes = desk.hashes;
    let second = beside(&mut desk, 3, &first);
    assert_eq!(desk.hashes, hashes);
    assert_ne!(second.token, first.token);
    assert!(
        !desk.closed.contains_key(&first.link),
        "nobody is displaced"
    );
    let told = |desk: &Desk, link: LinkId| match &desk.said[&link][0] {
        RelayMessage::MeetJoined(joined) => joined.clone(),
        other => panic!("{other:?}"),
    };
    let [one, other] = [first.link, second.link].map(|link| told(&desk, link));
    assert_eq!(
        (&other.location_name, other.priority, other.initiator),
        (&one.location_name, one.priority, one.initiator)
    );
    assert_eq!(other.session_expires_at, one.session_expires_at);
    for (nth, seat) in [&first, &second].into_iter().enumerate() {
        let edit = Writer::on(u8::try_from(nth).unwrap() + 1, &[&genesis]).write("a");
        desk.heard(seat.link);
        desk.offer(seat.link, &[&edit]);
        let heard = desk.heard(seat.link);
        assert!(
            matches!(&heard[..], [RelayMessage::UpdateAck(_)]),
            "{heard:?}"
        );
    }
    // Either goes on by its own token, and displaces itself alone.
    desk.disconnect(first.link);
    let returned = desk.resume(4, &second);
    assert_eq!(desk.closed[&second.link], CloseReason::Replaced);
    assert_eq!(returned.token, second.token);
    desk.resume(5, &first);
    assert!(!desk.closed.contains_key(&returned.link));
}

#[test]
fn a_further_session_is_told_everything_even_if_it_names_the_epoch() {
    let mut desk = Desk::new();
    let (initiator, _) = desk.live_meet();
    let link = desk.connect(2);
    let message = JoinMeet {
        epoch: Some(1),
        ..another_message(&initiator)
    };
    desk.say(link, &ClientMessage::JoinMeet(message));
    assert_eq!(desk.seat(link).ticket, initiator.ticket, "as an initiator");
}

#[test]
fn it_ends_no_later_than_the_one_it_came_from() {
    let mut desk = Desk::new();
    let (initiator, _) = desk.live_meet();
    let first = desk.join(2, initiator.meet);
    let week = Limits::default().session_ms;
    desk.disconnect(first.link);
    desk.disconnect(initiator.link);
    desk.pass(week - 1_000);
    let second = beside(&mut desk, 3, &first);
    desk.heard(second.link);
    desk.pass(1_000);
    let heard = desk.heard(second.link);
    assert!(
        matches!(&heard[..], [RelayMessage::InvalidSession(i)] if i.code == SessionCode::SessionExpired),
        "{heard:?}"
    );
    let link = ask(&mut desk, 4, &second);
    assert_eq!(rejection(&mut desk, link).code, JoinCode::SessionExpired);
}

#[test]
fn a_device_is_listed_once_and_goes_as_a_whole() {
    let mut desk = Desk::new();
    let (initiator, _) = desk.live_meet();
    let first = desk.join(2, initiator.meet);
    let second = beside(&mut desk, 3, &first);
    let third = beside(&mut desk, 4, &second);
    let elsewhere = desk.join(5, initiator.meet);
    // An initiator's further tab may do what the first may.
    let own = beside(&mut desk, 20, &initiator);
    desk.heard(own.link);
    let listed = list(&mut desk, own.link);
    let ones: Vec<_> = listed
        .iter()
        .map(|shown| (shown.this_one, shown.connected))
        .collect();
    assert_eq!(ones, [(true, true), (false, true), (false, true)]);
    // The list still names the device when the tab that gave the password is gone.
    desk.disconnect(first.link);
    let shown = list(&mut desk, initiator.link);
    assert_eq!(shown[1].session_id, listed[1].session_id);
    assert!(shown[1].connected);
    for seat in [&second, &third, &elsewhere] {
        desk.heard(seat.link);
    }
    desk.say(initiator.link, &revoke(shown[1].session_id));
    for seat in [&second, &third] {
        let heard = desk.heard(seat.link);
        assert!(
            matches!(&heard[..], [RelayMessage::InvalidSession(i)] if i.code == SessionCode::SessionRevoked),
            "{heard:?}"
        );
        assert_eq!(desk.closed[&seat.link], CloseReason::SessionEnded);
    }
    assert!(
        !desk.closed.contains_key(&elsewhere.link),
        "another device stays"
    );
    assert_eq!(list(&mut desk, initiator.link).len(), 2);
    for (number, seat) in (6..).zip([&first, &second, &third]) {
        let link = desk.connect(number);
        desk.say(link, &resume_message(seat));
        assert_eq!(rejection(&mut desk, link).code, JoinCode::SessionRevoked);
        desk.say(link, &ClientMessage::JoinMeet(another_message(seat)));
        assert_eq!(rejection(&mut desk, link).code, JoinCode::SessionRevoked);
    }
    let revoked = &desk.store[&initiator.meet].records.auth.revoked;
    assert_eq!(revoked.len(), 1, "one device is one revocation");
}

#[test]
fn any_session_of_a_device_may_be_named_to_end_it() {
    let mut desk = Desk::new();
    let (initiator, _) = desk.live_meet();
    let first = desk.join(2, initiator.meet);
    let second = beside(&mut desk, 3, &first);
    let sessions = &desk.store[&initiator.meet].records.sessions.sessions;
    let derived = sessions.last().unwrap().session_id;
    assert_ne!(derived, sessions.last().unwrap().device());
    desk.say(initiator.link, &revoke(derived));
    assert_eq!(desk.closed[&first.link], CloseReason::SessionEnded);
    assert_eq!(desk.closed[&second.link], CloseReason::SessionEnded);
}

#[test]
fn a_restart_and_a_total_loss_leave_a_device_what_it_has() {
    let mut desk = Desk::new();
    let (initiator, _) = desk.live_meet();
    let second = beside(&mut desk, 3, &initiator);
    desk.restarted();
    desk.resume(10, &second);
    desk.restarted();
    desk.store.clear();
    // The ticket and a token suffice, for a session and for one beside it.
    let link = ask(&mut desk, 11, &second);
    assert_eq!(rejection(&mut desk, link).code, JoinCode::TicketWanted);
    let recover = RecoverMeet {
        protocol: PROTOCOL,
        ticket: second.ticket.clone(),
        by: JoinBy::Another(second.token.clone()),
        packs: Vec::new(),
    };
    desk.say(link, &ClientMessage::RecoverMeet(recover));
    desk.heard(link);
    let returned = desk.resume(12, &second);
    desk.heard(returned.link);
    let shown = list(&mut desk, returned.link);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].this_one);
}

#[test]
fn what_the_relay_did_not_make_begets_nothing() {
    let mut desk = Desk::new();
    let (initiator, _) = desk.live_meet();
    let forged = Seat {
        token: SessionToken::parse("AAAA").unwrap(),
        ..initiator.clone()
    };
    let link = ask(&mut desk, 2, &forged);
    assert_eq!(rejection(&mut desk, link).code, JoinCode::SessionUnknown);
}

#[test]
fn a_device_has_only_so_many_sessions_and_gets_them_only_so_fast() {
    let mut desk = Desk::with(Limits {
        sessions_per_device_max: 3,
        beside_burst: 6,
        beside_per_second: 1,
        ..Limits::default()
    });
    let (initiator, _) = desk.live_meet();
    let first = desk.join(2, initiator.meet);
    let seats: Vec<Seat> = (3..5)
        .map(|number| beside(&mut desk, number, &first))
        .collect();
    let link = ask(&mut desk, 5, &first);
    let full = rejection(&mut desk, link);
    assert_eq!(full.code, JoinCode::Full);
    assert!(full.retry_after_ms.is_some());
    desk.disconnect(seats[0].link);
    for number in 6..10 {
        let seat = beside(&mut desk, number, &first);
        desk.disconnect(seat.link);
    }
    // The list forgets those of this device that are gone, and of no other.
    let sessions = &desk.store[&initiator.meet].records.sessions.sessions;
    assert_eq!(sessions.len(), 4);
    assert!(sessions.iter().any(|session| session.initiator));
    let link = ask(&mut desk, 10, &first);
    let busy = rejection(&mut desk, link);
    assert_eq!(
        (busy.code, busy.retry_after_ms),
        (JoinCode::Busy, Some(1_000))
    );
    desk.pass(1_000);
    beside(&mut desk, 11, &first);
}

#[test]
fn records_from_before_there_were_devices_still_open() {
    let session = serde_json::json!({
        "sessionId": "0f1e2d3c4b5a6978",
        "tokenHash": "00".repeat(32),
        "locationName": "Weigh-in",
        "priority": 10,
        "initiator": false,
        "issuedAt": 1_795_176_000,
        "expiresAt": 1_795_780_800,
    });
    let read: SessionRecord = serde_json::from_value(session.clone()).unwrap();
    assert_eq!(read.device(), read.session_id);
    assert_eq!(
        serde_json::to_value(&read).unwrap(),
        session,
        "and stay as they were"
    );
}
