//! Where people are is passed on at once or not at all, and kept nowhere.

use spotter_relay_protocol::*;

use crate::desk::*;

fn at(entry: i64) -> Option<Whereabouts> {
    Some(Whereabouts {
        day: Some(1),
        platform: Some(1),
        entry: Some(entry),
        field: None,
    })
}

fn present(at: Option<Whereabouts>) -> ClientMessage {
    ClientMessage::Presence(Presence {
        session_token: None,
        at,
    })
}

/// A meet with a creator and two members, of whom the first two have said where they are.
fn three() -> (Desk, Seat, Seat, Seat) {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let (second, third) = (desk.join(2, seat.meet), desk.join(3, seat.meet));
    desk.say(seat.link, &present(None));
    desk.say(second.link, &present(None));
    for link in [seat.link, second.link, third.link] {
        desk.heard(link);
    }
    (desk, seat, second, third)
}

fn relayed(desk: &Desk, seat: &Seat, location: &str, at: Option<Whereabouts>) -> RelayMessage {
    let sessions = &desk.store[&seat.meet].records.sessions.sessions;
    let session = sessions
        .iter()
        .find(|session| session.location_name == name(location))
        .unwrap();
    RelayMessage::Presence(PresenceRelayed {
        session_id: session.session_id,
        location_name: name(location),
        at,
    })
}

#[test]
fn presence_goes_to_those_who_say_it_too_and_to_nobody_else() {
    let (mut desk, seat, second, third) = three();
    let before = desk.store[&seat.meet].clone();
    let events = desk.events.len();
    desk.say(seat.link, &present(at(5003)));
    let expected = relayed(&desk, &seat, "Platform 1", at(5003));
    assert_eq!(desk.heard(second.link), [expected]);
    assert_eq!(
        (desk.heard(seat.link), desk.heard(third.link)),
        (vec![], vec![])
    );
    let after = &desk.store[&seat.meet];
    assert_eq!(
        (&after.records, &after.log),
        (&before.records, &before.log),
        "nothing of it is kept"
    );
    assert_eq!(desk.events.len(), events, "nor logged");
}

#[test]
fn when_a_connection_ends_nobody_is_there_any_more() {
    let (mut desk, seat, second, _) = three();
    desk.say(seat.link, &present(at(5003)));
    desk.heard(second.link);
    desk.disconnect(seat.link);
    let gone = relayed(&desk, &seat, "Platform 1", None);
    assert_eq!(desk.heard(second.link), [gone]);
    // Whose people were gone already is not told of twice.
    desk.disconnect(second.link);
}

#[test]
fn presence_that_comes_too_fast_is_dropped_and_nothing_else_is() {
    let (mut desk, seat, second, _) = three();
    for entry in 0..100 {
        desk.say(seat.link, &present(at(entry)));
    }
    assert_eq!(desk.heard(second.link).len(), 7);
    assert!(!desk.closed.contains_key(&seat.link));
    desk.pass(1_000);
    desk.say(seat.link, &present(at(1_000)));
    assert_eq!(desk.heard(second.link).len(), 1);
}

#[test]
fn presence_is_dropped_first_for_a_reader_who_is_slow() {
    let (mut desk, seat, second, _) = three();
    desk.wire_is_stuck = true;
    let genesis = crate::writer::genesis();
    let changes = crate::writer::Writer::on(1, &[&genesis]).write_many(300);
    desk.offer(seat.link, &changes.iter().collect::<Vec<_>>());
    desk.say(seat.link, &present(at(5003)));
    let heard = desk.heard(second.link);
    assert!(!heard.is_empty());
    let is_update = |message: &RelayMessage| matches!(message, RelayMessage::UpdateRelay(_));
    assert!(heard.iter().all(is_update), "{heard:?}");
}

#[test]
fn presence_needs_a_session() {
    let mut desk = Desk::new();
    let link = desk.connect(1);
    desk.say(link, &present(None));
    let heard = desk.heard(link);
    assert!(
        matches!(&heard[..], [RelayMessage::InvalidSession(_)]),
        "{heard:?}"
    );
}
