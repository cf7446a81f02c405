//! Taking a meet live.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;

#[test]
fn a_meet_is_created_in_exactly_these_steps() {
    let mut desk = Desk::new();
    let link = LinkId(1);
    assert_eq!(
        desk.step(Input::Connected {
            link,
            address: "10.0.0.1".parse().unwrap()
        }),
        []
    );

    let hash = desk.step(Input::Received {
        link,
        heard: Heard::read(&create_message().encode().into()),
    });
    let [Action::HashPassword { job, params, .. }] = hash.as_slice() else {
        panic!("{hash:?}")
    };
    assert_eq!(*params, ScryptParams::LOW_MEMORY);

    let make = desk.step(Input::PasswordHashed {
        job: *job,
        hash: Some([1; 32]),
    });
    let [
        Action::CreateMeet {
            meet,
            records,
            log_id,
            ..
        },
    ] = make.as_slice()
    else {
        panic!("{make:?}")
    };
    assert_eq!(records.auth.epoch, 1);
    assert_eq!(records.sessions.sessions.len(), 1);

    let answer = desk.step(Input::MeetCreated {
        meet: *meet,
        outcome: Ok(()),
    });
    let [
        Action::Event(Event::WentLive { .. }),
        Action::Send { frame, .. },
    ] = answer.as_slice()
    else {
        panic!("{answer:?}")
    };
    let RelayMessage::MeetCreated(created) = RelayMessage::read(frame).unwrap() else {
        panic!("{frame:?}")
    };
    assert_eq!(
        (created.meet_id, created.log_id, created.initiator),
        (*meet, *log_id, true)
    );
    assert_eq!(
        created.session_expires_at,
        desk.now.as_seconds() + 7 * 24 * 3_600
    );
}

#[test]
fn an_id_that_is_taken_is_drawn_again() {
    let mut desk = Desk::new();
    desk.holding = |action| matches!(action, Action::CreateMeet { .. });
    let link = desk.connect(1);
    desk.say(link, &create_message());
    let Some(Action::CreateMeet { meet: taken, .. }) = desk.held.pop_front() else {
        panic!()
    };
    desk.holding = |_| false;
    desk.happen(Input::MeetCreated {
        meet: taken,
        outcome: Err(CreateTrouble::Taken),
    });
    let heard = desk.heard(link);
    let [RelayMessage::MeetCreated(created)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_ne!(created.meet_id, taken);
    let seat = Seat {
        link,
        meet: created.meet_id,
        token: created.session_token.clone(),
        ticket: created.ticket.clone(),
        log_id: created.log_id,
    };
    desk.resume(2, &seat);
}

#[test]
fn a_meet_that_the_disk_does_not_take_is_not_created() {
    let mut desk = Desk::new();
    desk.trouble = Some(StoreTrouble::Unavailable("no space".into()));
    let link = desk.connect(1);
    desk.say(link, &create_message());
    let heard = desk.heard(link);
    let [RelayMessage::JoinRejected(rejected)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!(rejected.code, JoinCode::StorageTrouble);
    assert!(rejected.retry_after_ms.is_some());
    assert_eq!(desk.relay.meets(), 0);
}

#[test]
fn a_roster_without_the_creators_location_is_refused() {
    let mut desk = Desk::new();
    let ClientMessage::CreateMeet(mut message) = create_message() else {
        panic!()
    };
    message.this_location_name = name("Jury");
    let link = desk.connect(1);
    desk.say(link, &ClientMessage::CreateMeet(message.clone()));
    message.locations = Vec::new();
    desk.say(link, &ClientMessage::CreateMeet(message.clone()));
    message.locations = vec![entry("A", 1), entry("A", 2)];
    desk.say(link, &ClientMessage::CreateMeet(message));
    let reasons: Vec<String> = desk
        .heard(link)
        .into_iter()
        .map(|message| match message {
            RelayMessage::JoinRejected(rejected) if rejected.code == JoinCode::BadRoster => {
                rejected.reason
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        reasons,
        [
            "thisLocationName \"Jury\" is not among the locations",
            "a meet has at least one location",
            "location \"A\" is named twice",
        ]
    );
    assert_eq!(desk.hashes, 0);
}

#[test]
fn meets_created_from_one_address_are_counted() {
    let mut desk = Desk::with(Limits {
        creations_per_hour_max: 2,
        ..Limits::default()
    });
    desk.create(1);
    desk.create(2);
    let link = desk.connect(3);
    desk.say(link, &create_message());
    let heard = desk.heard(link);
    let [RelayMessage::JoinRejected(rejected)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!(
        (rejected.code.clone(), rejected.retry_after_ms),
        (JoinCode::TooManyAttempts, Some(3_600_000))
    );
    desk.pass(0);
    let elsewhere = desk.connect_from(4, "10.0.0.2");
    desk.say(elsewhere, &create_message());
    assert!(matches!(
        desk.heard(elsewhere).as_slice(),
        [RelayMessage::MeetCreated(_)]
    ));
}

#[test]
fn a_creator_who_left_before_the_answer_leaves_a_meet_that_holds_nothing() {
    let mut desk = Desk::new();
    desk.holding = |action| matches!(action, Action::CreateMeet { .. });
    let link = desk.connect(1);
    desk.say(link, &create_message());
    desk.disconnect(link);
    desk.release();
    assert_eq!((desk.relay.meets(), desk.relay.links()), (0, 0));
    assert!(desk.store.values().all(|stored| !stored.is_open));
}
