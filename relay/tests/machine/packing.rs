//! Changes in packs: who gets them, what comes of a kept pack, and what is refused.

use spotter_model::Change;
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

/// Joins by password and says that packs are understood.
pub(crate) fn join_packed(desk: &mut Desk, number: u64, meet: MeetId) -> Seat {
    let ClientMessage::JoinMeet(mut join) = join_message(meet, "Weigh-in", PASSWORD) else {
        panic!()
    };
    join.packs = vec![7, 1];
    let link = desk.connect(number);
    desk.say(link, &ClientMessage::JoinMeet(join));
    desk.seat(link)
}

/// A meet with a genesis and `count` further changes, made by somebody who packs.
fn meet_with(desk: &mut Desk, count: usize) -> (Seat, Vec<Change>) {
    let (seat, genesis) = desk.live_meet();
    let mut changes = vec![genesis.clone()];
    changes.extend(Writer::on(1, &[&genesis]).write_many(count));
    let packer = join_packed(desk, 99, seat.meet);
    for piece in changes[1..].chunks(500) {
        offer_packed(desk, packer.link, piece);
    }
    desk.disconnect(packer.link);
    (seat, changes)
}

/// Offers changes in a pack, numbered from 1.
pub(crate) fn packed_offer(changes: &[Change]) -> Frame {
    let refs: Vec<&Change> = changes.iter().collect();
    let ClientMessage::UpdateInit(init) = offer_message(&refs) else {
        panic!()
    };
    init.packed().unwrap()
}

fn offer_packed(desk: &mut Desk, link: LinkId, changes: &[Change]) {
    let heard = Heard::read(&packed_offer(changes));
    desk.happen(Input::Received { link, heard });
}

fn packed(frames: &[Frame]) -> usize {
    let is_packed = |frame: &&Frame| matches!(frame, Frame::Packed(_));
    frames.iter().filter(is_packed).count()
}

/// The hashes that were relayed, in order.
fn relayed(said: &[RelayMessage]) -> Vec<spotter_model::ChangeHash> {
    let relays = said.iter().filter_map(|message| match message {
        RelayMessage::UpdateRelay(relay) => Some(relay),
        _ => None,
    });
    relays
        .flat_map(|relay| &relay.updates_relayed)
        .map(|update| update.change.change().unwrap().hash())
        .collect()
}

fn hashes(changes: &[Change]) -> Vec<spotter_model::ChangeHash> {
    changes.iter().map(Change::hash).collect()
}

#[test]
fn packs_go_to_those_who_asked_for_them_and_text_to_all_others() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let plain = desk.join(2, seat.meet);
    let [one, two] = [3, 4].map(|number| join_packed(&mut desk, number, seat.meet));
    for link in [plain.link, one.link, two.link] {
        desk.heard(link);
        desk.frames.remove(&link);
    }
    let written = Writer::on(1, &[&genesis]).write_many(20);
    desk.offer(seat.link, &written.iter().collect::<Vec<_>>());
    for link in [plain.link, one.link, two.link] {
        assert_eq!(relayed(&desk.heard(link)), hashes(&written));
    }
    assert_eq!(packed(&desk.frames[&plain.link]), 0);
    assert_eq!(packed(&desk.frames[&one.link]), 1);
    assert!(desk.frames[&one.link][0].is_same(&desk.frames[&two.link][0]));
}

/// What is wanted may end before the log does: what comes after it is held already, and nothing is sent again.
#[test]
fn who_lacks_only_something_in_the_middle_gets_it_once_and_goes_on_live() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let theirs = Writer::on(2, &[&genesis]).write_many(2);
    let mine = Writer::on(1, &[&genesis]).write_many(2);
    desk.offer(seat.link, &[&theirs[0], &theirs[1], &mine[0], &mine[1]]);
    let packer = join_packed(&mut desk, 2, seat.meet);
    desk.heard(packer.link);
    let pull = ClientPull {
        from: PullFrom::Heads(vec![mine[1].hash()]),
        session_token: None,
    };
    desk.say(packer.link, &ClientMessage::ClientPull(pull));
    let heard = desk.heard(packer.link);
    assert_eq!(relayed(&heard), hashes(&theirs));
    assert!(
        matches!(heard.last(), Some(RelayMessage::CaughtUp(_))),
        "{heard:?}"
    );
}

#[test]
fn a_day_offline_is_one_message_and_so_is_its_answer() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let packer = join_packed(&mut desk, 2, seat.meet);
    desk.heard(packer.link);
    desk.frames.remove(&packer.link);
    let written = Writer::on(1, &[&genesis]).write_many(1_000);
    offer_packed(&mut desk, packer.link, &written);
    let acks: Vec<UpdateAcked> = desk.heard(packer.link).iter().flat_map(acks_of).collect();
    assert_eq!(acks, (1..=1_000).map(|n| ack(n, n + 1)).collect::<Vec<_>>());
    let answered: usize = desk.frames[&packer.link].iter().map(Frame::len).sum();
    assert!(answered < 300, "{answered} bytes");
    assert_eq!(relayed(&desk.heard(seat.link)), hashes(&written));
}

#[test]
fn a_thousand_refusals_of_one_kind_are_one_run() {
    let mut desk = Desk::with(Limits {
        bytes_burst: 1_000,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let packer = join_packed(&mut desk, 2, seat.meet);
    desk.heard(packer.link);
    desk.frames.remove(&packer.link);
    let written = Writer::on(1, &[&genesis]).write_many(1_000);
    offer_packed(&mut desk, packer.link, &written[..10]);
    offer_packed(&mut desk, packer.link, &written);
    let said = desk.heard(packer.link);
    let refused: Vec<RejectedUpdate> = said.iter().flat_map(rejections_of).collect();
    assert_eq!(refused.len(), 1_000);
    assert!(refused.iter().all(|r| r.code == UpdateCode::TooFast));
    assert!(desk.frames[&packer.link].last().unwrap().len() < 300);
}

#[test]
fn a_pack_costs_its_sender_what_it_unpacks_to() {
    let mut desk = Desk::with(Limits {
        bytes_per_second: 1,
        bytes_burst: 20_000,
        ..Limits::default()
    });
    let (seat, genesis) = desk.live_meet();
    let packer = join_packed(&mut desk, 2, seat.meet);
    let written = Writer::on(1, &[&genesis]).write_many(300);
    offer_packed(&mut desk, packer.link, &written[..150]);
    offer_packed(&mut desk, packer.link, &written[150..]);
    let refused = desk.heard(packer.link);
    assert_eq!(refused.iter().flat_map(rejections_of).count(), 150);
}

#[test]
fn packs_that_were_not_agreed_on_are_malformed() {
    let mut desk = Desk::new();
    let (seat, genesis) = desk.live_meet();
    let written = Writer::on(1, &[&genesis]).write_many(2);
    offer_packed(&mut desk, seat.link, &written);
    let heard = desk.heard(seat.link);
    assert!(
        matches!(&heard[..], [RelayMessage::Malformed(m)] if m.err_msg.contains("packs")),
        "{heard:?}"
    );
    assert_eq!(desk.closed.get(&seat.link), Some(&CloseReason::Malformed));
}

#[test]
fn who_joins_from_nothing_is_given_the_pack_that_is_kept_and_then_the_rest() {
    let mut desk = Desk::new();
    let (seat, mut changes) = meet_with(&mut desk, 199);
    let first = join_packed(&mut desk, 2, seat.meet);
    assert_eq!(relayed(&desk.heard(first.link)), hashes(&changes));
    let kept = |desk: &Desk| desk.store[&seat.meet].kept.clone().map(|k| k.positions);
    assert_eq!(kept(&desk), Some(Runs::of(1..=200)), "made for the next");

    let further = Writer::on(2, &[&changes[199]]).write_many(150);
    desk.offer(seat.link, &further.iter().collect::<Vec<_>>());
    changes.extend(further);
    desk.holding = |action| matches!(action, Action::KeepPack { .. });
    let second = join_packed(&mut desk, 3, seat.meet);
    let said = desk.heard(second.link);
    assert_eq!(relayed(&said), hashes(&changes));
    assert!(matches!(said.last(), Some(RelayMessage::CaughtUp(_))));
    assert_eq!(packed(&desk.frames[&second.link]), 2);
    assert!(desk.held.is_empty(), "not outgrown yet");

    let further = Writer::on(3, &[&changes[349]]).write_many(50);
    desk.offer(seat.link, &further.iter().collect::<Vec<_>>());
    changes.extend(further);
    for number in [4, 5] {
        let late = join_packed(&mut desk, number, seat.meet);
        assert_eq!(relayed(&desk.heard(late.link)), hashes(&changes));
    }
    assert_eq!(desk.held.len(), 1, "one at a time");
}

#[test]
fn a_kept_pack_of_another_history_is_left_out_and_made_again() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 250);
    let first = join_packed(&mut desk, 2, seat.meet);
    desk.heard(first.link);
    let foreign = PackedSlice {
        positions: Runs::of(1..=9_999),
        pack: vec![1, 2, 3].into(),
        kept: None,
        wrong: None,
    };
    desk.store.get_mut(&seat.meet).unwrap().kept = Some(foreign);
    let second = join_packed(&mut desk, 3, seat.meet);
    assert_eq!(relayed(&desk.heard(second.link)), hashes(&changes));
    let kept = desk.store[&seat.meet].kept.clone().unwrap();
    assert_ne!(kept.positions, Runs::of(1..=9_999));
}

/// What is kept may be right up to some part of it, and so far that nothing but the damage asks for another.
#[test]
fn a_kept_pack_that_turns_out_wrong_is_made_again_however_little_is_missing() {
    let mut desk = Desk::new();
    let (seat, changes) = meet_with(&mut desk, 250);
    desk.holding = |action| matches!(action, Action::PackLog { .. } | Action::KeepPack { .. });
    let reader = join_packed(&mut desk, 2, seat.meet);
    let next = |desk: &mut Desk, to: u64, kept, wrong| {
        let Some(Action::PackLog {
            meet,
            read,
            positions,
            ..
        }) = desk.held.pop_front()
        else {
            panic!("{:?}", desk.held)
        };
        let first = positions.numbers().next().unwrap();
        let packed = &changes[first as usize - 1..to as usize];
        let slice = PackedSlice {
            positions: Runs::of(first..=to),
            pack: spotter_pack::pack(packed).into(),
            kept,
            wrong,
        };
        let outcome = Ok(slice);
        desk.step(Input::LogPacked {
            meet,
            read,
            outcome,
        })
    };
    let upto = |to: usize| changes[..to].iter().collect::<Vec<_>>();
    let actions = next(&mut desk, 240, Some(chain(&upto(240))), None);
    desk.held.extend(actions);
    desk.held
        .retain(|action| matches!(action, Action::PackLog { .. }));
    let actions = next(&mut desk, 251, None, Some("its checksum is wrong".into()));
    let keep = Action::KeepPack {
        meet: seat.meet,
        upto: 251,
    };
    let is_asked_for = actions.iter().filter(|action| **action == keep).count();
    assert_eq!(is_asked_for, 1, "{actions:?} to {reader:?}");
}

#[test]
fn a_meet_whose_pack_is_being_made_waits_for_it_when_all_have_left() {
    let mut desk = Desk::new();
    let (seat, _) = meet_with(&mut desk, 250);
    desk.holding = |action| matches!(action, Action::KeepPack { .. });
    let reader = join_packed(&mut desk, 2, seat.meet);
    desk.disconnect(seat.link);
    let link = reader.link;
    assert_eq!(closings(&desk.step(Input::Disconnected { link })), 0);
    assert_eq!(desk.held.len(), 1);
    let (meet, outcome) = (seat.meet, Ok(()));
    let actions = desk.step(Input::PackKept { meet, outcome });
    assert_eq!(actions, [Action::CloseMeet { meet }]);
}

fn closings(actions: &[Action]) -> usize {
    let closes = |action: &&Action| matches!(action, Action::CloseMeet { .. });
    actions.iter().filter(closes).count()
}

#[test]
fn a_pack_that_could_not_be_kept_is_not_tried_again_at_once() {
    let mut desk = Desk::new();
    let (seat, _) = meet_with(&mut desk, 250);
    desk.trouble = Some(StoreTrouble::Unavailable("no space".into()));
    join_packed(&mut desk, 2, seat.meet);
    let not_kept = |desk: &Desk| {
        let tried = |event: &&Event| matches!(event, Event::PackNotKept { .. });
        desk.events.iter().filter(tried).count()
    };
    assert_eq!(not_kept(&desk), 1);
    desk.trouble = None;
    desk.store.get_mut(&seat.meet).unwrap().kept = None;
    join_packed(&mut desk, 3, seat.meet);
    assert!(desk.store[&seat.meet].kept.is_none());
}

#[test]
fn who_returns_and_names_its_epoch_is_not_told_what_it_holds() {
    let mut desk = Desk::new();
    let (seat, _) = desk.live_meet();
    let mut back = |number, epoch| {
        let ClientMessage::JoinMeet(mut join) = resume_message(&seat) else {
            panic!()
        };
        join.epoch = Some(epoch);
        let link = desk.connect(number);
        desk.say(link, &ClientMessage::JoinMeet(join));
        match desk.heard(link).remove(0) {
            RelayMessage::MeetJoined(joined) => joined,
            other => panic!("{other:?}"),
        }
    };
    let same = back(2, 1);
    assert_eq!(
        (same.session_token, same.roster, same.ticket),
        (None, None, None)
    );
    let older = back(3, 0);
    assert_eq!(older.session_token, None);
    assert!(older.roster.is_some() && older.ticket.is_some());
}
