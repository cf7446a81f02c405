//! What time does: pings, silence, patience, sessions that end, and stopping.

use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

#[test]
fn a_quiet_link_is_pinged_after_twenty_seconds_and_given_up_after_sixty() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.pass(19_999);
    assert!(desk.pings.is_empty());
    desk.pass(1);
    assert_eq!(desk.pings, [seat.link]);
    desk.pass(39_999);
    assert!(desk.closed.is_empty());
    desk.pass(1);
    assert_eq!(desk.closed[&seat.link], CloseReason::Silent);
}

#[test]
fn a_pong_is_a_sign_of_life() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    for _ in 0..10 {
        desk.pass(20_000);
        desk.happen(Input::Heard { link: seat.link });
    }
    assert_eq!((desk.pings.len(), desk.closed.len()), (10, 0));
}

#[test]
fn after_a_long_pause_timers_fire_once() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    desk.now = desk.now.after_ms(20_000);
    let wakeup = desk.relay.next_wakeup().unwrap();
    assert!(wakeup <= desk.now);
    assert_eq!(desk.step(Input::Tick), [Action::Ping { link: seat.link }]);
    assert_eq!(desk.step(Input::Tick), []);
    assert!(desk.relay.next_wakeup().unwrap() > desk.now);
}

#[test]
fn who_does_not_join_in_ten_seconds_is_closed_but_a_queued_password_may_wait() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let silent = desk.connect(2);
    let queued = desk.connect(3);
    desk.holding = |action| matches!(action, Action::HashPassword { .. });
    desk.say(queued, &join_message(seat.meet, "Weigh-in", PASSWORD));
    desk.pass(10_000);
    assert_eq!(desk.closed.get(&silent), Some(&CloseReason::NotJoined));
    desk.release();
    desk.seat(queued);
}

#[test]
fn a_session_that_ends_while_connected_says_so() {
    let mut desk = Desk::with(Limits {
        session_ms: 30_000,
        ..Limits::default()
    });
    let (seat, _) = desk.live_meet();
    desk.pass(15_000);
    desk.happen(Input::Heard { link: seat.link });
    assert!(desk.relay.next_wakeup().unwrap() <= desk.now.after_ms(15_000));
    desk.pass(15_000);
    let heard = desk.heard(seat.link);
    assert!(
        matches!(&heard[..], [RelayMessage::InvalidSession(i)] if i.code == SessionCode::SessionExpired)
    );
    assert_eq!(desk.closed[&seat.link], CloseReason::SessionEnded);
}

#[test]
fn a_clock_that_runs_backwards_changes_nothing() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let now = desk.now;
    desk.now = Timestamp::from_millis(0);
    desk.happen(Input::Tick);
    let again = desk.resume(2, &seat);
    assert_eq!(desk.closed.len(), 1);
    desk.now = now;
    desk.heard(again.link);
    desk.pass(0);
    assert_eq!(desk.heard(again.link), []);
}

#[test]
fn draining_tells_everyone_finishes_what_is_being_written_and_ends() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let member = desk.join(2, seat.meet);
    desk.heard(member.link);
    let changes = Writer::on(1, &[&genesis]).write_many(3);
    desk.holding = |action| matches!(action, Action::Append { .. });
    desk.offer(seat.link, &[&changes[0]]);
    desk.offer(seat.link, &[&changes[1]]);
    desk.happen(Input::Drain {
        retry_after_ms: 2_000,
    });
    assert!(
        matches!(&desk.heard(member.link)[..], [RelayMessage::GoingAway(g)] if g.retry_after_ms == 2_000)
    );
    desk.offer(seat.link, &[&changes[2]]);
    assert!(!desk.drained);
    desk.release();
    let heard = desk.heard(seat.link);
    assert_eq!(heard.iter().flat_map(acks_of).count(), 2);
    assert_eq!(
        heard
            .iter()
            .flat_map(rejections_of)
            .map(|r| r.retry_after_ms)
            .collect::<Vec<_>>(),
        [Some(2_000)]
    );
    assert!(desk.drained);
    assert_eq!(desk.closed[&seat.link], CloseReason::GoingAway);
    assert_eq!(desk.store[&seat.meet].log.len(), 3);
    assert!(!desk.store[&seat.meet].is_open);
    let late = desk.connect(9);
    assert_eq!(desk.closed[&late], CloseReason::GoingAway);
}

#[test]
fn draining_an_idle_relay_ends_at_once() {
    let mut desk = Desk::new();
    let actions = desk.step(Input::Drain {
        retry_after_ms: 1_000,
    });
    assert_eq!(
        actions,
        [Action::Event(Event::Draining { links: 0 }), Action::Drained]
    );
}
