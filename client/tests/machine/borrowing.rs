//! Several replicas on one device: one that has no session asks for its own with what another lends.

use spotter_client::{Action, Ask, Input, LinkId, LinkState, Membership, News, Record, Reply};
use spotter_relay_protocol::{
    ClientMessage, InvalidSession, JoinBy, JoinCode, JoinMeet, JoinRejected, MeetJoined,
    RelayMessage, SessionCode, SessionToken,
};

use crate::bench::{Bench, RELAY, answers, author, joined, news, said, saving, token};

fn own_token() -> SessionToken {
    SessionToken::parse("tokenOfTheSecond").unwrap()
}

/// What the first replica lends.
fn lent(first: &Bench) -> Membership {
    first.client.membership().unwrap().to_lend().unwrap()
}

/// A replica on the device of `first`, opened with what that one has written, but no session; and what it is lent.
fn second(first: &Bench) -> Bench {
    let records = first.journal.iter().cloned().map(|record| match record {
        Record::Joined(membership) => Record::Joined(Membership {
            session: None,
            ..membership
        }),
        other => other,
    });
    let mut bench = Bench::unopened([8; 32]);
    bench.step(Input::Opened {
        records: records.collect(),
    });
    bench
}

/// The word at the door of a replica that was just lent something.
fn knocks(bench: &mut Bench) -> JoinMeet {
    let knocked = bench.step(Input::Connected { link: RELAY });
    match &said(&knocked)[..] {
        [ClientMessage::JoinMeet(join)] => join.clone(),
        other => panic!("{other:?}"),
    }
}

fn rejected(code: JoinCode) -> RelayMessage {
    RelayMessage::JoinRejected(JoinRejected {
        code,
        reason: "the session has expired".to_owned(),
        retry_after_ms: None,
    })
}

fn wants_password(actions: &[Action]) -> bool {
    let wants = |news: &News| matches!(news, News::PasswordWanted { .. });
    news(actions).iter().any(wants)
}

#[test]
fn a_replica_that_is_lent_a_session_asks_for_its_own_and_keeps_that() {
    let first = Bench::live();
    let mut bench = second(&first);
    let borrowed = bench.ask(Ask::Borrow(Box::new(lent(&first))));
    assert!(borrowed.contains(&Action::Connect {
        link: RELAY,
        address: "ws://relay".to_owned()
    }));
    assert_eq!(answers(&borrowed), [Ok(Reply::Done)]);
    let (_, records) = saving(&borrowed);
    assert_eq!(records, [Record::Joined(lent(&first))]);
    assert!(!wants_password(&borrowed));
    bench.save(borrowed);
    assert!(
        bench.client.membership().unwrap().to_lend().is_none(),
        "what is borrowed is not lent on"
    );
    let join = knocks(&mut bench);
    assert_eq!(join.by, JoinBy::Another(token()));
    assert_eq!(join.epoch, None);
    assert!(
        join.position.is_some(),
        "it goes on from where the other was"
    );
    let root = bench.root();
    let inside = bench.hear(RelayMessage::MeetJoined(MeetJoined {
        session_token: Some(own_token()),
        ..joined(root, 1)
    }));
    let (_, records) = saving(&inside);
    let [Record::Joined(membership)] = &records[..] else {
        panic!("{records:?}");
    };
    let session = membership.session.clone().unwrap();
    assert_eq!((session.token, session.borrowed), (own_token(), false));
    bench.save(inside);
    assert_eq!(bench.status().link, LinkState::CatchingUp);
    // From here on it is nobody else's.
    bench.step(Input::Disconnected {
        link: RELAY,
        why: "reset".to_owned(),
    });
    bench.sleep();
    let knocked = bench.step(Input::Connected {
        link: LinkId::Relay(2),
    });
    assert!(
        matches!(&said(&knocked)[..], [ClientMessage::JoinMeet(join)] if join.by == JoinBy::Token(own_token()))
    );
}

#[test]
fn what_was_borrowed_and_not_used_yet_is_known_after_a_restart() {
    let first = Bench::live();
    let mut bench = second(&first);
    let mut records: Vec<Record> = first.journal.clone();
    let borrowed = bench.ask(Ask::Borrow(Box::new(lent(&first))));
    records.extend(saving(&borrowed).1);
    let mut again = Bench::unopened([9; 32]);
    again.step(Input::Opened { records });
    assert_eq!(knocks(&mut again).by, JoinBy::Another(token()));
}

#[test]
fn a_refusal_leaves_the_password_and_the_same_session_is_not_tried_twice() {
    let first = Bench::live();
    let mut bench = second(&first);
    let borrowed = bench.ask(Ask::Borrow(Box::new(lent(&first))));
    bench.save(borrowed);
    knocks(&mut bench);
    let refused = bench.hear(rejected(JoinCode::SessionExpired));
    assert!(wants_password(&refused));
    assert_eq!(saving(&refused).1, [Record::SessionEnded {}]);
    bench.save(refused);
    let again = bench.ask(Ask::Borrow(Box::new(lent(&first))));
    assert_eq!(answers(&again), [Ok(Reply::Done)]);
    assert_eq!(bench.client.next_wakeup(), None, "nothing is tried");
    // Another session than that one is worth a try.
    let mut other = lent(&first);
    other.session.as_mut().unwrap().token = own_token();
    let borrowed = bench.ask(Ask::Borrow(Box::new(other)));
    assert!(
        borrowed
            .iter()
            .any(|action| matches!(action, Action::Connect { .. }))
    );
}

#[test]
fn a_replica_whose_own_session_ended_does_not_get_it_back_from_a_sibling() {
    let mut first = Bench::live();
    let loan = lent(&first);
    let ended = first.hear(RelayMessage::InvalidSession(InvalidSession {
        session_token: None,
        code: SessionCode::SessionRevoked,
        reason: "the initiator ended this session".to_owned(),
    }));
    assert!(wants_password(&ended));
    first.save(ended);
    first.ask(Ask::Borrow(Box::new(loan)));
    assert_eq!(first.client.next_wakeup(), None);
}

#[test]
fn who_is_busy_with_many_tabs_is_asked_again() {
    let first = Bench::live();
    let mut bench = second(&first);
    let borrowed = bench.ask(Ask::Borrow(Box::new(lent(&first))));
    bench.save(borrowed);
    knocks(&mut bench);
    let later = bench.hear(RelayMessage::JoinRejected(JoinRejected {
        code: JoinCode::Busy,
        reason: "too many".to_owned(),
        retry_after_ms: Some(1_000),
    }));
    assert!(!wants_password(&later));
    bench.sleep();
    let knocked = bench.step(Input::Connected {
        link: LinkId::Relay(2),
    });
    assert!(
        matches!(&said(&knocked)[..], [ClientMessage::JoinMeet(join)] if join.by == JoinBy::Another(token()))
    );
}

#[test]
fn a_relay_that_knows_no_further_sessions_is_left_to_the_first_replica() {
    let first = Bench::live();
    for answer in [Some(token()), None] {
        let mut bench = second(&first);
        let borrowed = bench.ask(Ask::Borrow(Box::new(lent(&first))));
        bench.save(borrowed);
        knocks(&mut bench);
        let root = bench.root();
        let told = bench.hear(RelayMessage::MeetJoined(MeetJoined {
            session_token: answer,
            ..joined(root, 1)
        }));
        assert!(told.contains(&Action::Disconnect { link: RELAY }));
        assert!(wants_password(&told));
        assert_eq!(saving(&told).1, [Record::SessionEnded {}]);
    }
}

#[test]
fn a_lost_meet_is_given_back_by_a_further_session_too() {
    let first = Bench::live();
    let mut bench = second(&first);
    let borrowed = bench.ask(Ask::Borrow(Box::new(lent(&first))));
    bench.save(borrowed);
    knocks(&mut bench);
    let recovering = bench.hear(rejected(JoinCode::TicketWanted));
    let [ClientMessage::RecoverMeet(recover)] = &said(&recovering)[..] else {
        panic!("{recovering:?}");
    };
    assert_eq!(recover.by, JoinBy::Another(token()));
}

#[test]
fn nothing_is_borrowed_for_another_meet_or_location_or_in_place_of_a_session() {
    let first = Bench::live();
    let mut other_meet = lent(&first);
    other_meet.meet_id = "987-654-321".parse().unwrap();
    let mut other_location = lent(&first);
    other_location.author = author("platform", 20);
    for lent in [other_meet, other_location] {
        let mut bench = second(&first);
        let kept = bench.ask(Ask::Borrow(Box::new(lent)));
        assert!(
            !kept
                .iter()
                .any(|action| matches!(action, Action::Save { .. }))
        );
        assert_eq!(bench.client.next_wakeup(), None);
    }
    let mut live = Bench::live();
    let mut other = lent(&first);
    other.session.as_mut().unwrap().token = own_token();
    let kept = live.ask(Ask::Borrow(Box::new(other)));
    assert_eq!(answers(&kept), [Ok(Reply::Done)]);
    assert_eq!(lent(&live).session.unwrap().token, token());
    let mut empty = Bench::new();
    empty.ask(Ask::Borrow(Box::new(lent(&first))));
    assert_eq!(empty.client.membership(), None);
}
