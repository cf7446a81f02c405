//! Joining, coming back, and being let in no longer.

use spotter_client::{
    Action, Ask, Input, Join, LinkId, LinkState, News, OfflineReason, Problem, Record, Reply, Word,
};
use spotter_model::{ChangeHash, Priority};
use spotter_relay_protocol::{
    AddDisplayKey, ClientMessage, DisplayKey, DisplayKeyAdded, DisplayKeyId, DisplayKeyShown,
    DisplayKeys, DisplayLabel, Done, JoinBy, JoinCode, JoinRejected, MeetJoined, RelayMessage,
    RosterChanged, Ticket,
};

use crate::bench::{
    Bench, RELAY, answers, author, joined, location, meet_id, news, offered, password, roster,
    said, saving, told,
};

const SECOND: LinkId = LinkId::Relay(2);

/// Loses the connection and stands at the relay's door again.
fn knock_again(bench: &mut Bench) -> Vec<Action> {
    let why = "connection reset".to_owned();
    bench.step(Input::Disconnected { link: RELAY, why });
    bench.sleep();
    bench.step(Input::Connected { link: SECOND })
}

fn hear(bench: &mut Bench, message: RelayMessage) -> Vec<Action> {
    let frame = message.encode().into();
    bench.step(Input::Received {
        link: SECOND,
        frame,
    })
}

fn rejected(code: JoinCode) -> RelayMessage {
    RelayMessage::JoinRejected(JoinRejected {
        code,
        reason: "the session has expired".to_owned(),
        retry_after_ms: None,
    })
}

fn join() -> Join {
    Join {
        relay: "ws://relay".to_owned(),
        meet_id: meet_id(),
        location: location("platform"),
        password: password(),
    }
}

#[test]
fn an_expired_session_loses_nothing_and_goes_on_with_the_password() {
    let mut bench = Bench::live();
    knock_again(&mut bench);
    let edited = bench.set("meet.name", "made while away");
    bench.save(edited);
    let over = hear(&mut bench, rejected(JoinCode::SessionExpired));
    let wanted = News::PasswordWanted {
        reason: "the session has expired".to_owned(),
    };
    assert!(news(&over).contains(&wanted));
    assert_eq!(saving(&over).1, [Record::SessionEnded {}]);
    bench.save(over);
    assert_eq!(bench.status().edits_not_sent, 1);
    let more = bench.set("meet.city", "made without a session");
    bench.save(more);

    let given = bench.ask(Ask::Password(password()));
    assert!(given.contains(&Action::Connect {
        link: LinkId::Relay(3),
        address: "ws://relay".to_owned()
    }));
    let knocked = bench.step(Input::Connected {
        link: LinkId::Relay(3),
    });
    let [ClientMessage::JoinMeet(join)] = &said(&knocked)[..] else {
        panic!("{knocked:?}");
    };
    assert!(
        matches!(&join.by, JoinBy::Password { location_name, .. } if *location_name == location("desk"))
    );
    let joined = RelayMessage::MeetJoined(joined(bench.root(), 1)).encode();
    let inside = bench.step(Input::Received {
        link: LinkId::Relay(3),
        frame: joined.into(),
    });
    assert_eq!(offered(&inside).len(), 2);
}

#[test]
fn a_revoked_session_says_so_and_waits_for_a_person() {
    let mut bench = Bench::live();
    knock_again(&mut bench);
    let over = hear(&mut bench, rejected(JoinCode::SessionRevoked));
    assert!(
        news(&over)
            .iter()
            .any(|news| matches!(news, News::PasswordWanted { .. }))
    );
    assert!(matches!(
        bench.status().link,
        LinkState::Offline {
            why: OfflineReason::PasswordWanted { .. },
            retry_in_ms: None
        }
    ));
    assert_eq!(bench.client.next_wakeup(), None);
}

#[test]
fn a_relay_that_lost_the_meet_is_given_the_ticket() {
    let mut bench = Bench::live();
    knock_again(&mut bench);
    let offered = hear(&mut bench, rejected(JoinCode::TicketWanted));
    assert!(matches!(
        &said(&offered)[..],
        [ClientMessage::RecoverMeet(_)]
    ));
}

#[test]
fn a_relay_with_an_older_ticket_is_given_the_newer_one() {
    let mut bench = Bench::live();
    let changed = RosterChanged {
        locations: roster(),
        epoch: 7,
        ticket: Ticket::parse("newer").unwrap(),
    };
    let changed = bench.hear(RelayMessage::RosterChanged(changed));
    bench.save(changed);
    knock_again(&mut bench);
    let root = bench.root();
    let back = hear(&mut bench, RelayMessage::MeetJoined(joined(root, 1)));
    assert!(back.contains(&Action::Disconnect { link: SECOND }));
    bench.wait(1);
    let knocked = bench.step(Input::Connected {
        link: LinkId::Relay(3),
    });
    let [ClientMessage::RecoverMeet(recover)] = &said(&knocked)[..] else {
        panic!("{knocked:?}");
    };
    assert_eq!(recover.ticket.expose(), "newer");
}

#[test]
fn another_meet_is_refused_in_words() {
    let mut bench = Bench::live();
    bench.ask(Ask::Join(join()));
    bench.step(Input::Connected { link: SECOND });
    let other = MeetJoined {
        root: ChangeHash::new([9; 32]),
        ..joined(ChangeHash::new([9; 32]), 1)
    };
    let refused = hear(&mut bench, RelayMessage::MeetJoined(other));
    let [Err(problem @ Problem::OtherMeet { .. })] = &answers(&refused)[..] else {
        panic!("{refused:?}");
    };
    assert!(
        problem
            .to_string()
            .starts_with("that is another meet: this replica holds the one that began with ")
    );
}

#[test]
fn a_draft_does_not_give_way_to_a_live_meet() {
    let mut bench = Bench::new();
    let begun = bench.ask(Ask::NewMeet {
        date: "2026-11-20".to_owned(),
    });
    bench.save(begun);
    assert_eq!(
        answers(&bench.ask(Ask::Join(join()))),
        [Err(Problem::HoldsMeet)]
    );
}

#[test]
fn a_wrong_password_is_told_and_not_tried_again() {
    let mut bench = Bench::new();
    bench.ask(Ask::Join(join()));
    bench.step(Input::Connected { link: RELAY });
    let refused = bench.hear(RelayMessage::JoinRejected(JoinRejected {
        code: JoinCode::WrongMeetOrPassword,
        reason: "wrong meet id or password".to_owned(),
        retry_after_ms: None,
    }));
    let [Err(problem)] = &answers(&refused)[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(
        problem.to_string(),
        "the relay answered: wrong meet id or password"
    );
    assert_eq!(bench.client.next_wakeup(), None);
}

#[test]
fn another_priority_holds_from_the_next_actor_on() {
    let mut bench = Bench::live();
    let before = bench.set("meet.name", "a");
    let before_actor = bench
        .client
        .meet()
        .unwrap()
        .changes()
        .last()
        .unwrap()
        .actor();
    bench.save(before);
    knock_again(&mut bench);
    let root = bench.root();
    let raised = MeetJoined {
        priority: Priority::new(50).unwrap(),
        ..joined(root, 2)
    };
    let back = hear(&mut bench, RelayMessage::MeetJoined(raised));
    assert!(told(&back).contains(&"writing as desk with priority 50".to_owned()));
    bench.save(back);
    bench.set("meet.name", "b");
    let change = bench.client.meet().unwrap().changes().last().unwrap();
    assert_ne!(change.actor(), before_actor);
    assert_eq!(change.author(), Some(&author("desk", 50)));
}

#[test]
fn every_start_writes_as_an_actor_of_its_own() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "a");
    bench.save(edited);
    let actor = |bench: &mut Bench| {
        bench
            .client
            .meet()
            .unwrap()
            .changes()
            .last()
            .unwrap()
            .actor()
    };
    let first = actor(&mut bench);
    let journal = bench.journal.clone();
    let mut again = Bench::unopened([8; 32]);
    again.step(Input::Opened { records: journal });
    again.set("meet.name", "b");
    assert_ne!(actor(&mut again), first);
}

#[test]
fn the_meet_is_on_disk_before_the_relay_hears_of_it() {
    let mut bench = Bench::new();
    let begun = bench.ask(Ask::NewMeet {
        date: "2026-11-20".to_owned(),
    });
    bench.save(begun);
    let going = bench.ask(Ask::GoLive(crate::bench::go_live()));
    let (batch, _) = saving(&going);
    let connected = bench.step(Input::Connected { link: RELAY });
    assert_eq!(said(&connected), []);
    let saved = bench.step(Input::Saved { batch });
    assert!(matches!(said(&saved)[..], [ClientMessage::CreateMeet(_)]));
}

#[test]
fn a_meet_that_is_live_goes_live_again_only_when_told_so() {
    let mut bench = Bench::live();
    let root = bench.root();
    let asked = bench.ask(Ask::GoLive(crate::bench::go_live()));
    assert_eq!(
        answers(&asked),
        [Err(Problem::AlreadyLive { meet_id: meet_id() })]
    );
    bench.ask(Ask::GoLive(spotter_client::GoLive {
        again: true,
        ..crate::bench::go_live()
    }));
    let knocked = bench.step(Input::Connected { link: SECOND });
    let [ClientMessage::CreateMeet(create)] = &said(&knocked)[..] else {
        panic!("{knocked:?}");
    };
    assert_eq!(create.root, root);
    let created = hear(&mut bench, crate::bench::created());
    assert_eq!(offered(&created).len(), 1);
    let answered = bench.save(created);
    assert!(matches!(answers(&answered)[..], [Ok(Reply::Joined { .. })]));
}

#[test]
fn a_display_key_is_made_listed_and_revoked_by_the_relay() {
    let mut bench = Bench::live();
    let key_id: DisplayKeyId = "5e1ec7ab1e5eed00".parse().unwrap();
    let key = DisplayKey::parse(&"k".repeat(43)).unwrap();
    let label = DisplayLabel::parse("Overlay").unwrap();
    let asked = bench.ask(Ask::Word(Word::AddDisplayKey {
        label: label.clone(),
    }));
    assert_eq!(
        said(&asked),
        [ClientMessage::AddDisplayKey(AddDisplayKey {
            session_token: None,
            label: label.clone(),
        })]
    );
    let added = bench.hear(RelayMessage::DisplayKeyAdded(DisplayKeyAdded {
        key_id,
        display_key: key.clone(),
    }));
    assert_eq!(
        answers(&added),
        [Ok(Reply::DisplayKeyAdded { key_id, key })]
    );
    let shown = DisplayKeyShown {
        key_id,
        label,
        location_name: author("desk", 0).location,
        since: 1_795_176_000,
    };
    bench.ask(Ask::Word(Word::ListDisplayKeys));
    let listed = bench.hear(RelayMessage::DisplayKeys(DisplayKeys {
        keys: vec![shown.clone()],
    }));
    assert_eq!(answers(&listed), [Ok(Reply::DisplayKeys(vec![shown]))]);
    bench.ask(Ask::Word(Word::RevokeDisplayKey { key_id }));
    let done = bench.hear(RelayMessage::Done(Done {
        request: "REVOKE_DISPLAY_KEY".into(),
    }));
    assert_eq!(answers(&done), [Ok(Reply::Done)]);
}
