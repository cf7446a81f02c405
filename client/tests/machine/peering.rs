//! Two replicas that meet without a relay, and strangers at the door.

use spotter_client::{Action, Ask, Input, LinkId, News, Present, Who};
use spotter_model::ChangeHash;
use spotter_relay_protocol::{
    PROTOCOL, PeerCode, PeerHello, PeerMessage, PeerProof, PeerPull, Whereabouts,
};

use crate::bench::{Bench, author, kinds, news, told};

const GUEST: LinkId = LinkId::Accepted(1);

fn heard(actions: &[Action]) -> Vec<PeerMessage> {
    let texts = actions.iter().filter_map(|action| match action {
        Action::Send { frame, .. } => Some(frame),
        _ => None,
    });
    texts
        .map(|frame| PeerMessage::read(frame).unwrap())
        .collect()
}

fn say(bench: &mut Bench, message: PeerMessage) -> Vec<Action> {
    let frame = message.encode().into();
    bench.step(Input::Received { link: GUEST, frame })
}

fn hello(root: ChangeHash) -> PeerMessage {
    PeerMessage::Hello(PeerHello {
        protocol: PROTOCOL,
        root,
        challenge: "00".repeat(16),
        packs: Vec::new(),
        presence: false,
    })
}

#[test]
fn who_cannot_prove_that_it_holds_the_meet_gets_nothing_of_it() {
    let mut bench = Bench::live();
    bench.step(Input::Connected { link: GUEST });
    let root = bench.root();
    assert!(matches!(
        heard(&say(&mut bench, hello(root)))[..],
        [PeerMessage::Proof(_)]
    ));
    let refused = say(
        &mut bench,
        PeerMessage::Proof(PeerProof {
            proof: "00".repeat(32),
        }),
    );
    assert_eq!(kinds(&refused), ["send", "disconnect"]);
    assert!(
        matches!(&heard(&refused)[..], [PeerMessage::Refused(refused)] if refused.code == PeerCode::WrongProof)
    );
}

#[test]
fn a_replica_s_own_proof_is_no_proof_of_another() {
    let mut bench = Bench::live();
    bench.step(Input::Connected { link: GUEST });
    let root = bench.root();
    let answered = say(&mut bench, hello(root));
    let [PeerMessage::Proof(ours)] = &heard(&answered)[..] else {
        panic!("{answered:?}");
    };
    let refused = say(&mut bench, PeerMessage::Proof(ours.clone()));
    assert!(
        matches!(&heard(&refused)[..], [PeerMessage::Refused(refused)] if refused.code == PeerCode::WrongProof)
    );
}

#[test]
fn asking_before_proving_ends_the_connection() {
    let mut bench = Bench::live();
    bench.step(Input::Connected { link: GUEST });
    let refused = say(
        &mut bench,
        PeerMessage::Pull(PeerPull { heads: Vec::new() }),
    );
    assert!(
        matches!(&heard(&refused)[..], [PeerMessage::Refused(refused)] if refused.code == PeerCode::OutOfOrder)
    );
}

#[test]
fn a_replica_of_another_meet_is_refused() {
    let mut bench = Bench::live();
    bench.step(Input::Connected { link: GUEST });
    let refused = say(&mut bench, hello(ChangeHash::new([9; 32])));
    assert!(
        matches!(&heard(&refused)[..], [PeerMessage::Refused(refused)] if refused.code == PeerCode::OtherMeet)
    );
}

#[test]
fn who_says_nothing_is_asked_to_leave() {
    let mut bench = Bench::live();
    bench.step(Input::Connected { link: GUEST });
    assert_eq!(kinds(&bench.wait(10_000)), ["disconnect"]);
}

#[test]
fn an_address_that_does_not_answer_is_dialled_again_with_growing_pauses() {
    let mut bench = Bench::live();
    let dialling = bench.ask(Ask::DialPeer {
        address: "ws://venue".to_owned(),
    });
    assert_eq!(kinds(&dialling), ["answer", "connect"]);
    let why = "connection refused".to_owned();
    bench.step(Input::Disconnected {
        link: LinkId::Dialled(1),
        why,
    });
    assert_eq!(kinds(&bench.wait(500)), ["connect"]);
    let forgotten = bench.ask(Ask::ForgetPeer {
        address: "ws://venue".to_owned(),
    });
    assert_eq!(kinds(&forgotten), ["disconnect", "answer"]);
}

#[test]
fn two_replicas_tell_each_other_what_they_hold_and_then_what_is_new() {
    let mut first = Bench::live();
    let edited = first.set("meet.name", "known to the first");
    first.save(edited);
    let mut second = Bench::unopened([8; 32]);
    second.step(Input::Opened {
        records: first.journal.clone(),
    });
    second.set("meet.city", "known to the second");
    let dialled = LinkId::Dialled(1);
    let mut to_first = first.step(Input::Connected { link: GUEST });
    let mut to_second = second.step(Input::Connected { link: dialled });
    let mut joined = 0;
    while !to_first.is_empty() || !to_second.is_empty() {
        joined += [&to_first, &to_second]
            .iter()
            .flat_map(|actions| news(actions))
            .filter(|news| matches!(news, News::PeerJoined { .. }))
            .count();
        (to_first, to_second) = (
            pass(&mut first, GUEST, &to_second),
            pass(&mut second, dialled, &to_first),
        );
    }
    assert_eq!(joined, 2);
    assert_eq!(
        first.client.meet().unwrap().heads(),
        second.client.meet().unwrap().heads()
    );
    let fresh = first.set("meet.country", "new at the first");
    assert!(matches!(
        &heard_by(&fresh, GUEST)[..],
        [PeerMessage::Relay(_)]
    ));
}

fn heard_by(actions: &[Action], by: LinkId) -> Vec<PeerMessage> {
    let texts = actions.iter().filter_map(|action| match action {
        Action::Send { link, frame } if *link == by => Some(frame),
        _ => None,
    });
    texts
        .map(|frame| PeerMessage::read(frame).unwrap())
        .collect()
}

/// Gives one side what the other has sent to it; its answers, from both directions.
fn pass(to: &mut Bench, link: LinkId, sent: &[Action]) -> Vec<Action> {
    let texts = sent.iter().filter_map(|action| match action {
        Action::Send {
            link: LinkId::Dialled(_) | LinkId::Accepted(_),
            frame,
        } => Some(frame.clone()),
        _ => None,
    });
    texts
        .flat_map(|frame| to.step(Input::Received { link, frame }))
        .collect()
}

#[test]
fn replicas_that_exchange_changes_show_each_other_where_their_people_are() {
    let mut first = Bench::live();
    let mut second = Bench::unopened([8; 32]);
    second.step(Input::Opened {
        records: first.journal.clone(),
    });
    let at = Whereabouts {
        entry: Some(7),
        ..Whereabouts::default()
    };
    first.ask(Ask::Present(Some(at.clone())));
    second.ask(Ask::Present(None));
    for bench in [&mut first, &mut second] {
        bench.now.moment = bench.now.moment.after_ms(1_000);
    }
    let dialled = LinkId::Dialled(1);
    let mut to_first = first.step(Input::Connected { link: GUEST });
    let mut to_second = second.step(Input::Connected { link: dialled });
    while !to_first.is_empty() || !to_second.is_empty() {
        (to_first, to_second) = (
            pass(&mut first, GUEST, &to_second),
            pass(&mut second, dialled, &to_first),
        );
    }
    let seen: Vec<Present> = second.client.presence().cloned().collect();
    let [present] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!((present.who, &present.at), (Who::Peer(dialled), &at));
    assert_eq!(present.location, Some(author("desk", 10).location));
    assert_eq!(first.client.presence().count(), 0);
    let why = "closed".to_owned();
    let link = dialled;
    let left = second.step(Input::Disconnected { link, why });
    assert!(
        told(&left).contains(&"desk no longer looks at the meet".to_owned()),
        "{left:?}"
    );
}
