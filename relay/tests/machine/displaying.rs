//! Displays: who may read, what they are told, and that they can do nothing else.

use spotter_model::Change;
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

fn add_key(label: &str) -> ClientMessage {
    ClientMessage::AddDisplayKey(AddDisplayKey {
        session_token: None,
        label: DisplayLabel::parse(label).unwrap(),
    })
}

fn revoke_key(key_id: DisplayKeyId) -> ClientMessage {
    ClientMessage::RevokeDisplayKey(RevokeDisplayKey {
        session_token: None,
        key_id,
    })
}

/// Makes a key from a seat.
fn key_from(desk: &mut Desk, link: LinkId) -> DisplayKeyAdded {
    desk.heard(link);
    desk.say(link, &add_key("Overlay"));
    let heard = desk.heard(link);
    let [
        RelayMessage::RosterChanged(_),
        RelayMessage::DisplayKeyAdded(added),
    ] = &heard[..]
    else {
        panic!("{heard:?}")
    };
    added.clone()
}

fn keys(desk: &mut Desk, link: LinkId) -> Vec<DisplayKeyShown> {
    desk.heard(link);
    desk.say(
        link,
        &ClientMessage::ListDisplayKeys(ListDisplayKeys::default()),
    );
    let heard = desk.heard(link);
    let [RelayMessage::DisplayKeys(list)] = &heard[..] else {
        panic!("{heard:?}")
    };
    list.keys.clone()
}

impl Desk {
    fn open_display(&mut self, number: u64, meet: MeetId, by: DisplayBy) -> Vec<Action> {
        self.happen(Input::DisplayOpened {
            link: LinkId(number),
            address: "10.0.0.9".parse().unwrap(),
            meet,
            by,
        });
        std::mem::take(&mut self.displays)
    }

    fn open_feed(&mut self, meet: MeetId, known: Option<Position>) -> Vec<Action> {
        self.happen(Input::FeedOpened { meet, known });
        std::mem::take(&mut self.displays)
    }

    fn take_in(&mut self, meet: MeetId) -> Vec<Action> {
        self.happen(Input::FeedTaken { meet });
        std::mem::take(&mut self.displays)
    }
}

fn by_password(password: &str) -> DisplayBy {
    DisplayBy::Password(Password::parse(password).unwrap())
}

fn admitted(desk: &Desk, number: u64, seat: &Seat) -> Action {
    Action::DisplayAdmitted {
        link: LinkId(number),
        meet: seat.meet,
        root: desk.store[&seat.meet].root,
        log_id: seat.log_id,
        finished: desk.store[&seat.meet].finished,
    }
}

/// The code a display was refused with.
fn refused(actions: &[Action]) -> String {
    let [Action::DisplayRefused { rejection, .. }] = actions else {
        panic!("{actions:?}")
    };
    rejection.code.to_string()
}

/// What the feed is given: this part of a history.
fn slice(seat: &Seat, after: u64, history: &[&Change], upto: u64) -> Action {
    let changes = &history[after as usize..upto as usize];
    Action::FeedSlice {
        meet: seat.meet,
        slice: FeedSlice {
            after,
            changes: changes
                .iter()
                .map(|change| ChangeBytes::new(change.bytes().clone()))
                .collect(),
            reached: Position {
                log_id: seat.log_id,
                server_seq_num: upto,
                chain: chain(&history[..upto as usize]),
            },
            end: history.len() as u64,
        },
    }
}

#[test]
fn any_session_makes_and_lists_keys_and_only_a_hash_is_kept() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    let added = key_from(&mut desk, member.link);
    let shown = DisplayKeyShown {
        key_id: added.key_id,
        label: DisplayLabel::parse("Overlay").unwrap(),
        location_name: name("Weigh-in"),
        since: desk.now.as_seconds(),
    };
    assert_eq!(keys(&mut desk, seat.link), [shown]);
    let records = &desk.store[&seat.meet].records;
    let text = serde_json::to_string(&records.auth).unwrap();
    assert!(text.contains(&added.key_id.to_string()));
    assert!(!text.contains(added.display_key.expose()));
}

#[test]
fn a_key_is_told_only_once_the_disk_has_its_hash_and_not_at_all_if_it_has_not() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.holding = |action| matches!(action, Action::SaveRecords { .. });
    desk.say(seat.link, &add_key("Overlay"));
    assert_eq!(desk.heard(seat.link), []);
    desk.trouble = Some(StoreTrouble::Unavailable("full".into()));
    desk.release();
    let heard = desk.heard(seat.link);
    assert!(
        matches!(&heard[..], [RelayMessage::Refused(refused)] if refused.code == AdminCode::StorageTrouble),
        "{heard:?}"
    );
    desk.trouble = None;
    assert_eq!(keys(&mut desk, seat.link), []);
}

#[test]
fn a_display_with_a_key_is_admitted_without_a_session_or_a_password_check() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let key = key_from(&mut desk, seat.link).display_key;
    let (hashes, links) = (desk.hashes, desk.relay.links());
    let told = desk.open_display(9, seat.meet, DisplayBy::Key(key));
    assert_eq!(told, [admitted(&desk, 9, &seat)]);
    assert_eq!((desk.hashes, desk.relay.links()), (hashes, links));
    assert_eq!(desk.relay.displays(), 1);
    assert_eq!(desk.store[&seat.meet].records.sessions.sessions.len(), 1);
    desk.disconnect(LinkId(9));
    assert_eq!(desk.relay.displays(), 0);
}

#[test]
fn a_meet_nobody_is_connected_to_is_found_for_a_display_and_let_go_of_with_it() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let key = key_from(&mut desk, seat.link).display_key;
    desk.disconnect(seat.link);
    assert_eq!(desk.relay.meets(), 0);
    let told = desk.open_display(9, seat.meet, DisplayBy::Key(key));
    assert_eq!(told, [admitted(&desk, 9, &seat)]);
    assert_eq!(
        desk.open_feed(seat.meet, None),
        [slice(&seat, 0, &[&genesis], 1)]
    );
    desk.disconnect(LinkId(9));
    assert_eq!(desk.displays, [Action::FeedEnded { meet: seat.meet }]);
    assert_eq!(desk.relay.meets(), 0);
    assert!(!desk.store[&seat.meet].is_open);
}

#[test]
fn the_password_opens_a_display_in_its_turn() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let hashes = desk.hashes;
    let told = desk.open_display(9, seat.meet, by_password(PASSWORD));
    assert_eq!(told, [admitted(&desk, 9, &seat)]);
    assert_eq!(desk.hashes, hashes + 1);
    let told = desk.open_display(10, seat.meet, by_password("NotThePasswordAtAll"));
    assert_eq!(refused(&told), "wrong-meet-or-password");
    assert_eq!(desk.relay.displays(), 1);
}

#[test]
fn a_wrong_password_of_a_display_counts_like_any_other_and_costs_the_same_at_no_meet() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let nowhere: MeetId = "987-654-321".parse().unwrap();
    let hashes = desk.hashes;
    for (number, meet) in (20..).zip([seat.meet, nowhere]) {
        let told = desk.open_display(number, meet, by_password("NotThePasswordAtAll"));
        assert_eq!(refused(&told), "wrong-meet-or-password");
    }
    assert_eq!(desk.hashes, hashes + 2);
    for number in 30..34 {
        desk.open_display(number, seat.meet, by_password("NotThePasswordAtAll"));
    }
    let told = desk.open_display(40, seat.meet, by_password(PASSWORD));
    assert_eq!(refused(&told), "too-many-attempts");
}

#[test]
fn a_key_that_was_never_made_opens_no_meet_and_looks_for_none() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let key = key_from(&mut desk, seat.link).display_key;
    desk.disconnect(seat.link);
    desk.holding = |action| matches!(action, Action::OpenMeet { .. });
    let forged = DisplayKey::parse(&"A".repeat(43)).unwrap();
    let elsewhere: MeetId = "987-654-321".parse().unwrap();
    for (meet, key) in [(seat.meet, forged), (elsewhere, key)] {
        let told = desk.open_display(9, meet, DisplayBy::Key(key));
        assert_eq!(refused(&told), "wrong-meet-or-password");
    }
    assert!(desk.held.is_empty(), "{:?}", desk.held);
}

#[test]
fn revoking_a_key_ends_its_displays_and_no_others() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let (one, other) = (
        key_from(&mut desk, seat.link),
        key_from(&mut desk, seat.link),
    );
    let by = |key: &DisplayKeyAdded| DisplayBy::Key(key.display_key.clone());
    desk.open_display(8, seat.meet, by(&one));
    desk.open_display(9, seat.meet, by(&other));
    desk.open_feed(seat.meet, None);
    desk.say(seat.link, &revoke_key(one.key_id));
    let ended = Action::DisplayEnded {
        link: LinkId(8),
        reason: CloseReason::SessionEnded,
    };
    assert_eq!(desk.displays, [ended]);
    desk.displays.clear();
    assert_eq!(desk.relay.displays(), 1);
    let told = desk.open_display(10, seat.meet, by(&one));
    assert_eq!(refused(&told), "session-revoked");
    desk.say(seat.link, &revoke_key(other.key_id));
    assert_eq!(
        desk.displays,
        [
            Action::DisplayEnded {
                link: LinkId(9),
                reason: CloseReason::SessionEnded,
            },
            Action::FeedEnded { meet: seat.meet },
        ]
    );
}

#[test]
fn a_key_is_revoked_by_the_initiator_or_the_location_that_made_it() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    let (of_initiator, of_member) = (
        key_from(&mut desk, seat.link),
        key_from(&mut desk, member.link),
    );
    desk.heard(member.link);
    desk.say(member.link, &revoke_key(of_initiator.key_id));
    let heard = desk.heard(member.link);
    assert!(
        matches!(&heard[..], [RelayMessage::Refused(refused)] if refused.code == AdminCode::NotMaker),
        "{heard:?}"
    );
    // Another session of the same location, after the location has got another name.
    desk.say(
        seat.link,
        &ClientMessage::SetLocation(SetLocation {
            session_token: None,
            location_name: name("Weigh-in"),
            priority: entry("x", 10).priority,
            new_name: Some(name("Scales")),
        }),
    );
    let link = desk.connect(3);
    desk.say(link, &join_message(seat.meet, "Scales", PASSWORD));
    desk.heard(link);
    desk.say(link, &revoke_key(of_member.key_id));
    assert_eq!(
        desk.heard(link).last(),
        Some(&RelayMessage::Done(Done {
            request: "REVOKE_DISPLAY_KEY".into()
        }))
    );
    desk.heard(seat.link);
    desk.say(seat.link, &revoke_key(of_member.key_id));
    let heard = desk.heard(seat.link);
    assert!(
        matches!(&heard[..], [RelayMessage::Refused(refused)] if refused.code == AdminCode::UnknownDisplayKey),
        "{heard:?}"
    );
}

#[test]
fn a_meet_has_a_bounded_number_of_keys() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    for _ in 0..DISPLAY_KEYS_MAX {
        key_from(&mut desk, seat.link);
    }
    desk.say(seat.link, &add_key("One more"));
    let heard = desk.heard(seat.link);
    assert!(
        matches!(&heard[..], [RelayMessage::Refused(refused)] if refused.code == AdminCode::TooMany),
        "{heard:?}"
    );
}

#[test]
fn a_feed_goes_on_from_what_is_known_and_follows_one_slice_at_a_time() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let mut writer = Writer::on(1, &[&genesis]);
    let changes = writer.write_many(3);
    let history = [&genesis, &changes[0], &changes[1], &changes[2]];
    desk.offer(seat.link, &[history[1]]);
    let key = key_from(&mut desk, seat.link).display_key;
    desk.open_display(9, seat.meet, DisplayBy::Key(key));
    let known = Position {
        log_id: seat.log_id,
        server_seq_num: 1,
        chain: chain(&history[..1]),
    };
    let told = desk.open_feed(seat.meet, Some(known));
    assert_eq!(told, [slice(&seat, 1, &history[..2], 2)]);
    // Nothing more before that is taken in; then everything that came meanwhile.
    desk.offer(seat.link, &[history[2]]);
    desk.offer(seat.link, &[history[3]]);
    assert_eq!(desk.displays, []);
    assert_eq!(desk.take_in(seat.meet), [slice(&seat, 2, &history, 4)]);
    // And what is written while the reader waits comes without a look into the log.
    assert_eq!(desk.take_in(seat.meet), []);
    let more = writer.write("more");
    let history = [history[0], history[1], history[2], history[3], &more];
    desk.holding = |action| matches!(action, Action::ReadLog { .. });
    desk.offer(seat.link, &[&more]);
    assert_eq!(desk.displays, [slice(&seat, 4, &history, 5)]);
    assert!(desk.held.is_empty());
}

#[test]
fn nothing_is_fed_before_it_is_durable() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    desk.open_display(9, seat.meet, by_password(PASSWORD));
    desk.open_feed(seat.meet, None);
    desk.take_in(seat.meet);
    let edit = Writer::on(1, &[&genesis]).write("a");
    desk.holding = |action| matches!(action, Action::Append { .. });
    desk.offer(seat.link, &[&edit]);
    assert_eq!(desk.displays, []);
    desk.release();
    assert_eq!(desk.displays, [slice(&seat, 1, &[&genesis, &edit], 2)]);
}

#[test]
fn a_position_of_another_log_begins_anew() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    desk.open_display(9, seat.meet, by_password(PASSWORD));
    let foreign = Position {
        log_id: "00000000000000aa".parse().unwrap(),
        server_seq_num: 1,
        chain: chain(&[&genesis]),
    };
    let told = desk.open_feed(seat.meet, Some(foreign));
    assert_eq!(told, [slice(&seat, 0, &[&genesis], 1)]);
}

#[test]
fn an_empty_log_and_a_known_one_are_answered_at_once() {
    let mut desk = Desk::new();
    let seat = desk.create(1);
    desk.open_display(9, seat.meet, by_password(PASSWORD));
    assert_eq!(desk.open_feed(seat.meet, None), [slice(&seat, 0, &[], 0)]);
}

#[test]
fn a_feed_that_nobody_may_read_is_not_begun() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let ended = Action::FeedEnded { meet: seat.meet };
    assert_eq!(
        desk.open_feed(seat.meet, None),
        std::slice::from_ref(&ended)
    );
    let nowhere: MeetId = "987-654-321".parse().unwrap();
    assert_eq!(
        desk.open_feed(nowhere, None),
        [Action::FeedEnded { meet: nowhere }]
    );
}

#[test]
fn the_end_of_the_meet_is_told_and_a_display_is_admitted_afterwards() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.open_display(9, seat.meet, by_password(PASSWORD));
    desk.open_feed(seat.meet, None);
    desk.say(seat.link, &ClientMessage::FinishMeet(FinishMeet::default()));
    assert_eq!(desk.displays, [Action::FeedFinished { meet: seat.meet }]);
    desk.displays.clear();
    let told = desk.open_display(10, seat.meet, by_password(PASSWORD));
    assert!(
        matches!(told[..], [Action::DisplayAdmitted { finished: true, .. }]),
        "{told:?}"
    );
}

#[test]
fn a_display_can_say_nothing_and_hears_nothing() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    desk.open_display(9, seat.meet, by_password(PASSWORD));
    let edit = Writer::on(1, &[&genesis]).write("a");
    let link = LinkId(9);
    let frames = [
        offer_message(&[&edit]),
        add_key("x"),
        join_message(seat.meet, "Weigh-in", PASSWORD),
    ];
    for message in frames {
        let heard = Heard::read(&message.encode().as_str().into());
        assert_eq!(desk.step(Input::Received { link, heard }), []);
    }
    desk.offer(seat.link, &[&edit]);
    desk.pass(120_000);
    assert_eq!(desk.heard(link), []);
    assert!(!desk.pings.contains(&link));
    assert_eq!(desk.relay.displays(), 1);
}

#[test]
fn a_display_that_leaves_while_its_password_waits_costs_nothing_more() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.holding = |action| matches!(action, Action::HashPassword { .. });
    desk.open_display(8, seat.meet, by_password(PASSWORD));
    desk.open_display(9, seat.meet, by_password(PASSWORD));
    desk.disconnect(LinkId(8));
    desk.disconnect(LinkId(9));
    let hashes = desk.hashes;
    desk.release();
    assert_eq!(desk.displays, []);
    assert_eq!(desk.hashes, hashes + 1);
    assert_eq!(desk.relay.displays(), 0);
}

#[test]
fn displays_are_bounded_for_a_relay_and_for_a_meet() {
    for limits in [
        Limits {
            displays_max: 1,
            ..Limits::default()
        },
        Limits {
            displays_per_meet_max: 1,
            ..Limits::default()
        },
    ] {
        let mut desk = Desk::with(limits);
        let (seat, _) = desk.live_meet();
        let key = key_from(&mut desk, seat.link).display_key;
        desk.open_display(8, seat.meet, DisplayBy::Key(key.clone()));
        let told = desk.open_display(9, seat.meet, DisplayBy::Key(key));
        assert_eq!(refused(&told), "full");
        assert_eq!(desk.relay.displays(), 1);
    }
}

#[test]
fn a_key_survives_total_loss_in_the_ticket() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    desk.say(seat.link, &add_key("Overlay"));
    let heard = desk.heard(seat.link);
    let Some(RelayMessage::DisplayKeyAdded(added)) = heard.last() else {
        panic!("{heard:?}")
    };
    let [RelayMessage::RosterChanged(changed)] = &desk.heard(member.link)[..] else {
        panic!()
    };
    desk.restarted();
    desk.store.clear();
    let by = || DisplayBy::Key(added.display_key.clone());
    let told = desk.open_display(9, seat.meet, by());
    assert_eq!(refused(&told), "ticket-wanted");
    let link = desk.connect(3);
    desk.say(
        link,
        &ClientMessage::RecoverMeet(RecoverMeet {
            protocol: PROTOCOL,
            ticket: changed.ticket.clone(),
            by: JoinBy::Token(member.token.clone()),
            packs: Vec::new(),
        }),
    );
    let back = desk.seat(link);
    let told = desk.open_display(9, seat.meet, by());
    assert_eq!(told, [admitted(&desk, 9, &back)]);
    desk.open_feed(seat.meet, None);
    desk.take_in(seat.meet);
    desk.offer(link, &[&genesis]);
    assert_eq!(desk.displays, [slice(&back, 0, &[&genesis], 1)]);
}

#[test]
fn records_from_before_there_were_display_keys_still_open() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let records = &desk.store[&seat.meet].records;
    let auth = serde_json::to_value(&records.auth).unwrap();
    assert!(auth.get("displayKeys").is_none());
    let sessions = serde_json::to_value(&records.sessions).unwrap();
    let read = MeetRecords::from_json(auth, sessions).unwrap();
    assert_eq!(read, **records);
}

#[test]
fn a_relay_that_stops_ends_displays_and_admits_none() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    desk.open_display(8, seat.meet, by_password(PASSWORD));
    desk.open_feed(seat.meet, None);
    desk.holding = |action| matches!(action, Action::Append { .. });
    desk.offer(seat.link, &[&Writer::on(1, &[&genesis]).write("a")]);
    desk.happen(Input::Drain {
        retry_after_ms: 1_000,
    });
    let told = desk.open_display(9, seat.meet, by_password(PASSWORD));
    assert_eq!(refused(&told), "going-away");
    desk.release();
    assert!(desk.drained);
    assert_eq!(
        desk.displays,
        [
            Action::DisplayEnded {
                link: LinkId(8),
                reason: CloseReason::GoingAway,
            },
            Action::FeedEnded { meet: seat.meet },
        ]
    );
}

#[test]
fn a_meet_that_cannot_be_served_ends_its_displays() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    desk.open_display(8, seat.meet, by_password(PASSWORD));
    desk.open_feed(seat.meet, None);
    desk.trouble = Some(StoreTrouble::Unavailable("full".into()));
    desk.offer(seat.link, &[&Writer::on(1, &[&genesis]).write("a")]);
    assert_eq!(
        desk.displays,
        [
            Action::DisplayEnded {
                link: LinkId(8),
                reason: CloseReason::MeetTrouble,
            },
            Action::FeedEnded { meet: seat.meet },
        ]
    );
}
