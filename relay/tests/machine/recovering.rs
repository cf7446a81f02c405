//! The relay has lost everything but its key.

use spotter_model::Change;
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

/// A meet with two members, then a relay whose data folder is gone.
fn after_the_loss() -> (Desk, Seat, Seat, Vec<Change>) {
    let mut desk = Desk::new();
    let (initiator, genesis) = desk.live_meet();
    let member = desk.join(2, initiator.meet);
    let changes = vec![genesis.clone(), Writer::on(1, &[&genesis]).write("a")];
    desk.offer(initiator.link, &[&changes[1]]);
    desk.restarted();
    desk.store.clear();
    (desk, initiator, member, changes)
}

fn return_with(
    desk: &mut Desk,
    number: u64,
    seat: &Seat,
    changes: &[Change],
) -> (LinkId, Vec<RelayMessage>) {
    let ClientMessage::JoinMeet(mut message) = resume_message(seat) else {
        panic!()
    };
    message.ticket = Some(seat.ticket.clone());
    let history: Vec<&Change> = changes.iter().collect();
    message.position = Some(Position {
        log_id: seat.log_id,
        server_seq_num: history.len() as u64,
        chain: chain(&history),
    });
    let link = desk.connect(number);
    desk.say(link, &ClientMessage::JoinMeet(message));
    (link, desk.heard(link))
}

#[test]
fn a_member_without_its_ticket_is_asked_for_it() {
    let (mut desk, _, member, _) = after_the_loss();
    let link = desk.connect(1);
    desk.say(link, &resume_message(&member));
    let heard = desk.heard(link);
    assert!(
        matches!(&heard[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::TicketWanted),
        "{heard:?}"
    );
    desk.say(
        link,
        &ClientMessage::RecoverMeet(RecoverMeet {
            protocol: PROTOCOL,
            ticket: member.ticket.clone(),
            by: JoinBy::Token(member.token.clone()),
            packs: Vec::new(),
        }),
    );
    assert!(matches!(desk.heard(link)[0], RelayMessage::MeetJoined(_)));
}

#[test]
fn whoever_joins_while_an_awake_meet_is_found_gone_is_asked_for_the_ticket() {
    let mut desk = Desk::new();
    let (initiator, genesis) = desk.live_meet();
    let member = desk.join(2, initiator.meet);
    desk.holding = |action| matches!(action, Action::Append { .. } | Action::OpenMeet { .. });
    desk.offer(initiator.link, &[&Writer::on(1, &[&genesis]).write("a")]);
    let Some(Action::Append { meet, batch, .. }) = desk.held.pop_front() else {
        panic!("{:?}", desk.held)
    };
    desk.store.clear();
    desk.happen(Input::AppendFailed {
        meet,
        batch,
        trouble: StoreTrouble::Unavailable("the log is not the file that was opened".into()),
    });
    desk.disconnect(member.link);
    let link = desk.connect(3);
    desk.say(link, &resume_message(&member));
    assert_eq!(desk.heard(link), [], "nobody knows yet what the disk holds");

    desk.release();
    let heard = desk.heard(link);
    assert!(
        matches!(&heard[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::TicketWanted),
        "{heard:?}"
    );
    let (_, heard) = return_with(&mut desk, 4, &member, &[genesis]);
    assert!(matches!(heard[0], RelayMessage::MeetJoined(_)), "{heard:?}");
}

#[test]
fn members_with_unexpired_sessions_return_unattended_and_give_the_relay_its_memory_back() {
    let (mut desk, initiator, member, changes) = after_the_loss();
    let (link, heard) = return_with(&mut desk, 1, &member, &changes);
    let RelayMessage::MeetJoined(joined) = &heard[0] else {
        panic!("{heard:?}")
    };
    assert_eq!(
        (joined.meet_id, joined.location_name.as_str()),
        (member.meet, "Weigh-in")
    );
    assert_ne!(joined.log_id, member.log_id);
    assert_eq!(
        heard[1],
        RelayMessage::ServerPull(ServerPull {
            last_server_seq: 0,
            heads: vec![]
        })
    );
    assert!(matches!(&heard[2], RelayMessage::CaughtUp(caught_up) if caught_up.heads.is_empty()));
    assert_eq!(desk.hashes, 0);
    desk.offer(link, &[&changes[0], &changes[1]]);
    assert_eq!(desk.heard(link).iter().flat_map(acks_of).count(), 2);

    let (_, heard) = return_with(&mut desk, 2, &initiator, &changes);
    let RelayMessage::MeetJoined(joined) = &heard[0] else {
        panic!("{heard:?}")
    };
    assert!(joined.initiator);
    assert_eq!(joined.server_seq_num, 2);
}

#[test]
fn the_password_and_a_ticket_bring_a_meet_back_and_neither_alone_does() {
    let (mut desk, _, member, _) = after_the_loss();
    let join = |password: &str, ticket: Option<Ticket>| {
        let ClientMessage::JoinMeet(mut message) = join_message(member.meet, "Weigh-in", password)
        else {
            panic!()
        };
        message.ticket = ticket;
        ClientMessage::JoinMeet(message)
    };
    let link = desk.connect(1);
    desk.say(link, &join(PASSWORD, None));
    desk.say(
        link,
        &join("WrongButLongEnough", Some(member.ticket.clone())),
    );
    let forged = Ticket::parse(&format!("A{}", &member.ticket.expose()[1..])).unwrap();
    desk.say(link, &join(PASSWORD, Some(forged)));
    for heard in desk.heard(link) {
        assert!(
            matches!(&heard, RelayMessage::JoinRejected(r) if r.code == JoinCode::WrongMeetOrPassword),
            "{heard:?}"
        );
    }
    assert!(desk.store.is_empty());
    desk.say(link, &join(PASSWORD, Some(member.ticket.clone())));
    assert!(matches!(desk.heard(link)[0], RelayMessage::MeetJoined(_)));
}

#[test]
fn a_forged_ticket_is_refused_by_name() {
    let (mut desk, _, member, _) = after_the_loss();
    let link = desk.connect(1);
    desk.say(
        link,
        &ClientMessage::RecoverMeet(RecoverMeet {
            protocol: PROTOCOL,
            ticket: Ticket::parse("bm90aGluZw").unwrap(),
            by: JoinBy::Token(member.token.clone()),
            packs: Vec::new(),
        }),
    );
    let heard = desk.heard(link);
    assert!(
        matches!(&heard[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::TicketRefused)
    );
}

/// A meet whose initiator has the ticket of epoch 1, and whose member has a later one with another location.
fn tickets_of_two_epochs() -> (Desk, Seat, Seat, Vec<Change>) {
    let mut desk = Desk::new();
    let (mut initiator, genesis) = desk.live_meet();
    let mut member = desk.join(2, initiator.meet);
    desk.heard(member.link);
    desk.say(
        initiator.link,
        &ClientMessage::SetLocation(SetLocation {
            session_token: None,
            location_name: name("Jury"),
            priority: entry("Jury", 30).priority,
            new_name: None,
        }),
    );
    let heard = desk.heard(member.link);
    let [RelayMessage::RosterChanged(changed)] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!(changed.epoch, 2);
    member.ticket = changed.ticket.clone();
    initiator.link = LinkId(0);
    desk.restarted();
    desk.store.clear();
    (desk, initiator, member, vec![genesis])
}

#[test]
fn the_highest_epoch_offered_wins_in_whatever_order() {
    for later_first in [false, true] {
        let (mut desk, old, new, changes) = tickets_of_two_epochs();
        let order = if later_first {
            [&new, &old]
        } else {
            [&old, &new]
        };
        for (number, seat) in (1..).zip(order) {
            return_with(&mut desk, number, seat, &changes);
        }
        let auth = &desk.store[&old.meet].records.auth;
        let names: Vec<&str> = auth
            .roster
            .entries()
            .iter()
            .map(|entry| entry.location_name.as_str())
            .collect();
        assert_eq!(
            (auth.epoch, names),
            (2, vec!["Platform 1", "Weigh-in", "Jury"]),
            "{later_first}"
        );
    }
}

#[test]
fn an_old_ticket_changes_nothing_at_a_relay_that_lost_nothing() {
    let mut desk = Desk::new();
    let (initiator, genesis) = desk.live_meet();
    desk.say(
        initiator.link,
        &ClientMessage::SetLocation(SetLocation {
            session_token: None,
            location_name: name("Weigh-in"),
            priority: entry("x", 99).priority,
            new_name: None,
        }),
    );
    let before = desk.store[&initiator.meet].records.auth.clone();
    return_with(&mut desk, 2, &initiator, &[genesis]);
    assert_eq!(desk.store[&initiator.meet].records.auth, before);
}

#[test]
fn a_revoked_session_stays_revoked_after_the_loss() {
    let mut desk = Desk::new();
    let (initiator, genesis) = desk.live_meet();
    let member = desk.join(2, initiator.meet);
    desk.say(
        initiator.link,
        &ClientMessage::ListSessions(ListSessions::default()),
    );
    let heard = desk.heard(initiator.link);
    let Some(RelayMessage::Sessions(sessions)) = heard.last() else {
        panic!("{heard:?}")
    };
    let other = sessions
        .sessions
        .iter()
        .find(|session| !session.this_one)
        .unwrap();
    let revoke = RevokeSession {
        session_token: None,
        session_id: other.session_id,
    };
    desk.say(initiator.link, &ClientMessage::RevokeSession(revoke));
    let heard = desk.heard(initiator.link);
    let Some(RelayMessage::RosterChanged(changed)) = heard.first() else {
        panic!("{heard:?}")
    };
    let initiator = Seat {
        ticket: changed.ticket.clone(),
        ..initiator
    };
    desk.restarted();
    desk.store.clear();

    // With the ticket that knows of the revocation nothing is even made anew for the revoked one.
    let revoked = Seat {
        ticket: initiator.ticket.clone(),
        ..member.clone()
    };
    let (_, heard) = return_with(&mut desk, 1, &revoked, std::slice::from_ref(&genesis));
    assert!(
        matches!(&heard[..], [RelayMessage::JoinRejected(r)] if r.code == JoinCode::SessionRevoked),
        "{heard:?}"
    );
    assert!(desk.store.is_empty());

    // An older ticket does let it back, until the newer one comes.
    let (link, heard) = return_with(&mut desk, 2, &member, std::slice::from_ref(&genesis));
    assert!(matches!(heard[0], RelayMessage::MeetJoined(_)));
    return_with(&mut desk, 3, &initiator, &[genesis]);
    assert_eq!(desk.closed.get(&link), Some(&CloseReason::SessionEnded));
}

#[test]
fn a_relay_restored_from_an_old_backup_asks_for_what_it_lost() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let backup = desk.store.clone();
    let change = Writer::on(1, &[&genesis]).write("after the backup");
    desk.offer(seat.link, &[&change]);
    desk.restarted();
    desk.store = backup;
    let (link, heard) = return_with(&mut desk, 1, &seat, &[genesis.clone(), change.clone()]);
    assert_eq!(
        heard[1],
        RelayMessage::ServerPull(ServerPull {
            last_server_seq: 1,
            heads: vec![genesis.hash()]
        })
    );
    desk.offer(link, &[&change]);
    assert_eq!(desk.store[&seat.meet].log.len(), 2);
}

#[test]
fn a_session_opened_after_the_backup_is_still_good() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let backup = desk.store.clone();
    let member = desk.join(2, seat.meet);
    desk.restarted();
    desk.store = backup;
    desk.resume(1, &member);
    assert_eq!(desk.store[&seat.meet].records.sessions.sessions.len(), 2);
}
