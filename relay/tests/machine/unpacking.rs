//! Offers in packs: nothing is unpacked for who may not offer it, and all of it is paid for.

use spotter_model::Change;
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::packing::{join_packed, packed_offer};
use crate::writer::Writer;

fn init_of(frame: &Frame) -> PackedInit {
    match Said::read(frame) {
        Ok(Said::Packed(init)) => init,
        other => panic!("{other:?}"),
    }
}

fn received(link: LinkId, frame: &Frame) -> Input {
    let heard = Heard::read(frame);
    Input::Received { link, heard }
}

/// The codes of all that was put off, and the longest wait.
fn put_off(actions: &[Action]) -> (Vec<UpdateCode>, Option<u64>) {
    let said = actions.iter().filter_map(|action| match action {
        Action::Send { frame, .. } => Some(RelayMessage::read(frame).unwrap()),
        _ => None,
    });
    let refused: Vec<_> = said.flat_map(|message| rejections_of(&message)).collect();
    assert!(refused.iter().all(|update| !update.for_good));
    let wait = refused.iter().filter_map(|it| it.retry_after_ms).max();
    (refused.into_iter().map(|it| it.code).collect(), wait)
}

fn is_unpacked(actions: &[Action]) -> bool {
    let asks = |action: &Action| matches!(action, Action::Unpack { .. });
    actions.iter().any(asks)
}

/// A relay with these limits, a meet, a member of it that packs, and what it may write.
fn packer(limits: Limits) -> (Desk, Seat, Seat, Vec<Change>) {
    let mut desk = Desk::with(limits);
    let (seat, genesis) = desk.live_meet();
    let packer = join_packed(&mut desk, 2, seat.meet);
    desk.heard(packer.link);
    let changes = Writer::on(1, &[&genesis]).write_many(300);
    (desk, seat, packer, changes)
}

#[test]
fn for_who_has_not_joined_nothing_is_unpacked() {
    let (mut desk, _, _, changes) = packer(Limits::default());
    let link = desk.connect(3);
    let err_msg = "message: packs were not agreed on: name them in the first message, or send text";
    let malformed = RelayMessage::Malformed(Malformed {
        err_msg: err_msg.into(),
    });
    let reason = CloseReason::Malformed;
    let bad = Event::BadMessage {
        link: link.into(),
        at: "message".into(),
    };
    let closed = Event::Closed {
        link: link.into(),
        reason,
    };
    let expected = [
        Action::Event(bad),
        Action::Send {
            link,
            frame: malformed.encode().into(),
        },
        Action::Event(closed),
        Action::Close { link, reason },
    ];
    let frame = packed_offer(&changes);
    assert_eq!(desk.step(received(link, &frame)), expected);
}

#[test]
fn what_a_pack_unpacks_to_is_charged_before_it_is_unpacked() {
    let (mut desk, seat, packer, changes) = packer(Limits {
        bytes_per_second: 1,
        bytes_burst: 20_000,
        ..Limits::default()
    });
    let (link, meet) = (packer.link, seat.meet);
    let [one, two] = [&changes[..150], &changes[150..]].map(packed_offer);
    let init = init_of(&one);
    assert!(init.changes_bytes > 10_000 && one.len() < 2_000);
    let unpacked = init.clone().unpack();
    let asked = desk.step(received(link, &one));
    assert_eq!(asked, [Action::Unpack { link, meet, init }]);
    assert!(desk.store[&meet].log.len() == 1, "nothing is taken yet");
    desk.happen(Input::Unpacked { link, unpacked });
    assert_eq!(desk.heard(link).iter().flat_map(acks_of).count(), 150);

    let asked = desk.step(received(link, &two));
    assert!(!is_unpacked(&asked));
    assert_eq!(put_off(&asked).0, vec![UpdateCode::TooFast; 150]);
}

#[test]
fn arithmetic_beyond_the_bytes_is_charged_once_it_is_known() {
    let (mut desk, _, packer, changes) = packer(Limits {
        bytes_per_second: 1_000,
        bytes_burst: 20_000,
        ..Limits::default()
    });
    let link = packer.link;
    let [one, two] = [&changes[..100], &changes[100..110]].map(packed_offer);
    let (init, next) = (init_of(&one), init_of(&two));
    assert!(is_unpacked(&desk.step(received(link, &one))));
    let Unpacked { outcome, .. } = init.clone().unpack();
    let bits = 90_000;
    let unpacked = Unpacked { outcome, bits };
    desk.happen(Input::Unpacked { link, unpacked });
    assert_eq!(desk.heard(link).iter().flat_map(acks_of).count(), 100);

    let asked = desk.step(received(link, &two));
    assert!(!is_unpacked(&asked));
    let wait = (bits + next.changes_bytes as u64) - 20_000;
    assert_eq!(
        put_off(&asked),
        (vec![UpdateCode::TooFast; 10], Some(wait)),
        "a byte for each bit, and a thousand a second"
    );
    desk.now = desk.now.after_ms(wait);
    assert!(is_unpacked(&desk.step(received(link, &two))));
}

#[test]
fn one_pack_of_a_link_is_unpacked_at_a_time() {
    let (mut desk, _, packer, changes) = packer(Limits::default());
    let link = packer.link;
    let [one, two] = [&changes[..1], &changes[1..2]].map(packed_offer);
    assert!(is_unpacked(&desk.step(received(link, &one))));
    let asked = desk.step(received(link, &two));
    assert!(!is_unpacked(&asked));
    assert_eq!(put_off(&asked).0, [UpdateCode::Busy]);
}

#[test]
fn what_waits_to_be_unpacked_is_bounded_for_each_meet_until_it_is() {
    let (mut desk, seat, packer, changes) = packer(Limits {
        unpacking_bytes_max: 0,
        ..Limits::default()
    });
    let other = desk.create(8);
    let other = join_packed(&mut desk, 9, other.meet);
    let second = join_packed(&mut desk, 3, seat.meet);
    let frame = packed_offer(&changes[..3]);
    assert!(is_unpacked(&desk.step(received(packer.link, &frame))));
    assert!(is_unpacked(&desk.step(received(other.link, &frame))));
    desk.disconnect(packer.link);
    let asked = desk.step(received(second.link, &frame));
    assert!(!is_unpacked(&asked));
    assert_eq!(put_off(&asked).0, vec![UpdateCode::Busy; 3]);

    let unpacked = init_of(&frame).unpack();
    let link = packer.link;
    let nothing = desk.step(Input::Unpacked { link, unpacked });
    assert_eq!(nothing, [], "nobody is there any more");
    assert!(is_unpacked(&desk.step(received(second.link, &frame))));
}

#[test]
fn what_does_not_unpack_is_malformed() {
    let (mut desk, _, packer, changes) = packer(Limits::default());
    let Frame::Packed(bytes) = packed_offer(&changes) else {
        panic!()
    };
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 0x55;
    desk.happen(received(packer.link, &Frame::Packed(bytes.into())));
    let heard = desk.heard(packer.link);
    assert!(
        matches!(&heard[..], [RelayMessage::Malformed(m)] if m.err_msg.starts_with("UPDATE_INIT.pack")),
        "{heard:?}"
    );
    assert_eq!(desk.closed.get(&packer.link), Some(&CloseReason::Malformed));
}
