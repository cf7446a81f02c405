//! What the initiator may change, and what members may hand in.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

fn set_location(location: &str, priority: u32, new_name: Option<&str>) -> ClientMessage {
    ClientMessage::SetLocation(SetLocation {
        session_token: None,
        location_name: name(location),
        priority: entry("x", priority).priority,
        new_name: new_name.map(name),
    })
}

fn change_password(old: &str, new: &str) -> ClientMessage {
    ClientMessage::ChangePassword(ChangePassword {
        session_token: None,
        old_password: Password::parse(old).unwrap(),
        new_password: Password::parse(new).unwrap(),
    })
}

fn refusals(messages: &[RelayMessage]) -> Vec<(String, String)> {
    let refused = |message: &RelayMessage| match message {
        RelayMessage::Refused(refused) => Some((refused.request.clone(), refused.code.to_string())),
        _ => None,
    };
    messages.iter().filter_map(refused).collect()
}

fn done(request: &str) -> RelayMessage {
    RelayMessage::Done(Done {
        request: request.into(),
    })
}

#[test]
fn a_new_location_is_on_disk_before_anybody_hears_of_it() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    desk.holding = |action| matches!(action, Action::SaveRecords { .. });
    desk.say(seat.link, &set_location("Jury", 30, None));
    assert_eq!(
        (desk.heard(seat.link), desk.heard(member.link)),
        (vec![], vec![])
    );
    desk.release();
    let heard = desk.heard(seat.link);
    let [RelayMessage::RosterChanged(changed), last] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!((changed.epoch, changed.locations.entries().len()), (2, 3));
    assert_ne!(changed.ticket, seat.ticket);
    assert_eq!(*last, done("SET_LOCATION"));
    let told = desk.heard(member.link);
    let [RelayMessage::RosterChanged(for_member)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(for_member.locations, changed.locations);
    assert_ne!(for_member.ticket, changed.ticket);
    let link = desk.connect(3);
    desk.say(link, &join_message(seat.meet, "Jury", PASSWORD));
    desk.seat(link);
}

#[test]
fn a_renamed_location_keeps_its_sessions_and_shows_both_names() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.disconnect(member.link);
    desk.say(seat.link, &set_location("Weigh-in", 15, Some("Weigh-in A")));
    let again = desk.resume(3, &member);
    let RelayMessage::MeetJoined(joined) = desk.heard(again.link).remove(0) else {
        panic!()
    };
    assert_eq!(
        (joined.location_name.as_str(), joined.priority.get()),
        ("Weigh-in A", 15)
    );
    assert_eq!(
        joined.roster.as_ref().unwrap().entries()[1].renamed_from,
        [name("Weigh-in")]
    );
}

#[test]
fn only_the_initiator_administers() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    desk.say(member.link, &set_location("Jury", 30, None));
    desk.say(
        member.link,
        &change_password(PASSWORD, "AnotherLongPassword"),
    );
    desk.say(
        member.link,
        &ClientMessage::ListSessions(ListSessions::default()),
    );
    desk.say(
        member.link,
        &ClientMessage::FinishMeet(FinishMeet::default()),
    );
    let refused = refusals(&desk.heard(member.link));
    assert_eq!(refused.len(), 4);
    assert!(
        refused.iter().all(|(_, code)| code == "not-initiator"),
        "{refused:?}"
    );
}

#[test]
fn what_makes_no_roster_is_refused_and_changes_nothing() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let before = desk.store[&seat.meet].records.clone();
    desk.say(seat.link, &set_location("Nowhere", 1, Some("Somewhere")));
    desk.say(seat.link, &set_location("Weigh-in", 1, Some("Platform 1")));
    let codes: Vec<String> = refusals(&desk.heard(seat.link))
        .into_iter()
        .map(|(_, code)| code)
        .collect();
    assert_eq!(codes, ["unknown-location", "name-taken"]);
    assert_eq!(desk.store[&seat.meet].records, before);
}

#[test]
fn a_change_the_disk_does_not_take_has_not_happened() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.trouble = Some(StoreTrouble::Unavailable("no space".into()));
    desk.say(seat.link, &set_location("Jury", 30, None));
    assert_eq!(
        refusals(&desk.heard(seat.link)),
        [("SET_LOCATION".to_owned(), "storage-trouble".to_owned())]
    );
    desk.trouble = None;
    let link = desk.connect(2);
    desk.say(link, &join_message(seat.meet, "Jury", PASSWORD));
    assert!(
        matches!(&desk.heard(link)[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::UnknownLocation)
    );
    desk.say(seat.link, &set_location("Jury", 30, None));
    assert_eq!(desk.heard(seat.link).last(), Some(&done("SET_LOCATION")));
}

#[test]
fn changes_that_arrive_during_one_save_are_the_next_save() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.holding = |action| matches!(action, Action::SaveRecords { .. });
    for number in 1..6 {
        desk.say(
            seat.link,
            &set_location(&format!("Desk {number}"), number, None),
        );
    }
    assert_eq!(desk.held.len(), 1);
    desk.release();
    let saved = &desk.store[&seat.meet].records.auth;
    assert_eq!((saved.roster.entries().len(), saved.epoch), (7, 6));
    assert_eq!(
        desk.heard(seat.link)
            .iter()
            .filter(|message| **message == done("SET_LOCATION"))
            .count(),
        5
    );
}

#[test]
fn another_password_needs_the_old_one_and_ends_no_session() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.say(
        seat.link,
        &change_password("WrongButLongEnough", "AnotherLongPassword"),
    );
    assert_eq!(
        refusals(&desk.heard(seat.link)),
        [("CHANGE_PASSWORD".to_owned(), "wrong-password".to_owned())]
    );
    desk.say(seat.link, &change_password(PASSWORD, "AnotherLongPassword"));
    assert_eq!(desk.heard(seat.link).last(), Some(&done("CHANGE_PASSWORD")));
    desk.resume(3, &member);
    let link = desk.connect(4);
    desk.say(link, &join_message(seat.meet, "Weigh-in", PASSWORD));
    assert!(
        matches!(&desk.heard(link)[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::WrongMeetOrPassword)
    );
    desk.say(
        link,
        &join_message(seat.meet, "Weigh-in", "AnotherLongPassword"),
    );
    desk.seat(link);
}

#[test]
fn sessions_are_listed_and_a_revoked_one_is_out_for_good() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    desk.say(
        seat.link,
        &ClientMessage::ListSessions(ListSessions::default()),
    );
    let heard = desk.heard(seat.link);
    let [RelayMessage::Sessions(list)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    let [mine, theirs] = list.sessions.as_slice() else {
        panic!("{list:?}")
    };
    assert!(mine.this_one && mine.initiator && !theirs.this_one && theirs.connected);
    let session_id = theirs.session_id;
    desk.say(
        seat.link,
        &ClientMessage::RevokeSession(RevokeSession {
            session_token: None,
            session_id,
        }),
    );
    assert_eq!(desk.heard(seat.link).last(), Some(&done("REVOKE_SESSION")));
    let heard = desk.heard(member.link);
    assert!(
        matches!(&heard[..], [RelayMessage::InvalidSession(i)] if i.code == SessionCode::SessionRevoked),
        "{heard:?}"
    );
    assert_eq!(desk.closed[&member.link], CloseReason::SessionEnded);
    let link = desk.connect(3);
    desk.say(link, &resume_message(&member));
    assert!(
        matches!(&desk.heard(link)[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::SessionRevoked)
    );
    desk.say(
        seat.link,
        &ClientMessage::RevokeSession(RevokeSession {
            session_token: None,
            session_id,
        }),
    );
    assert_eq!(
        refusals(&desk.heard(seat.link)),
        [("REVOKE_SESSION".to_owned(), "unknown-session".to_owned())]
    );
}

#[test]
fn a_finished_meet_is_told_to_all_and_still_takes_late_changes() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    desk.say(seat.link, &ClientMessage::FinishMeet(FinishMeet::default()));
    let finished = RelayMessage::MeetFinished(MeetFinished {});
    assert_eq!(
        desk.heard(seat.link),
        [finished.clone(), done("FINISH_MEET")]
    );
    assert_eq!(desk.heard(member.link), [finished]);
    desk.offer(member.link, &[&Writer::on(1, &[&genesis]).write("late")]);
    assert_eq!(desk.heard(member.link).iter().flat_map(acks_of).count(), 1);
    let late = desk.join(3, seat.meet);
    assert!(
        matches!(&desk.heard(late.link)[0], RelayMessage::MeetJoined(joined) if joined.finished)
    );
}

#[test]
fn results_are_acknowledged_once_they_are_on_disk_with_the_state_they_came_from() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let publish = |email: &str| {
        ClientMessage::PublishMeet(PublishMeet {
            session_token: None,
            return_email: email.into(),
            opl_csv: "Name,Place\nJane,1\n".into(),
        })
    };
    desk.holding = |action| matches!(action, Action::SavePublication { .. });
    desk.say(seat.link, &publish("a@b.org"));
    assert_eq!(desk.heard(seat.link), []);
    desk.release();
    assert_eq!(
        desk.heard(seat.link),
        [RelayMessage::PublishAck(PublishAck {})]
    );
    let kept = &desk.store[&seat.meet].publications[0];
    assert_eq!(
        (kept.server_seq_num, kept.heads.clone()),
        (1, vec![genesis.hash()])
    );
    desk.say(seat.link, &publish("a@b.org\nBcc: x@y.z"));
    assert_eq!(
        refusals(&desk.heard(seat.link)),
        [("PUBLISH_MEET".to_owned(), "bad-value".to_owned())]
    );
}
