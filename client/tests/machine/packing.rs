//! Changes in packs, and the way on where they do not work.

use spotter_client::{Action, Ask, Client, Config, Input, LinkId, News};
use spotter_relay_protocol::{
    Chain, ClientMessage, Frame, Malformed, MeetJoined, RelayMessage, Runs, relay_packed,
};

use crate::bench::{Bench, chain, joined, kinds, news, offered, said};

const SECOND: LinkId = LinkId::Relay(2);

/// A live meet, and a client that has come back on a connection with packs.
fn returned() -> Bench {
    let mut bench = Bench::live();
    knock(&mut bench, SECOND);
    let welcome = MeetJoined {
        session_token: None,
        roster: None,
        ticket: None,
        pack: Some(1),
        ..joined(bench.root(), 1)
    };
    hear(&mut bench, RelayMessage::MeetJoined(welcome));
    let head = bench.root();
    let caught_up = RelayMessage::CaughtUp(spotter_relay_protocol::CaughtUp {
        server_seq_num: 1,
        chain: chain(&[head]),
        heads: vec![head],
    });
    let actions = hear(&mut bench, caught_up);
    bench.save(actions);
    assert!(bench.status().in_sync, "{:?}", bench.status());
    bench
}

/// Loses the connection and stands at the door again.
fn knock(bench: &mut Bench, link: LinkId) -> Vec<ClientMessage> {
    let LinkId::Relay(number) = link else {
        panic!()
    };
    bench.step(Input::Disconnected {
        link: LinkId::Relay(number - 1),
        why: "connection reset".to_owned(),
    });
    bench.sleep();
    said(&bench.step(Input::Connected { link }))
}

fn hear(bench: &mut Bench, message: RelayMessage) -> Vec<Action> {
    let frame = message.encode().into();
    bench.step(Input::Received {
        link: SECOND,
        frame,
    })
}

fn packs_named(messages: &[ClientMessage]) -> &[u32] {
    let [message] = messages else {
        panic!("{messages:?}")
    };
    message.packs()
}

#[test]
fn who_returns_names_packs_and_the_epoch_and_keeps_what_it_is_not_told_again() {
    let mut bench = Bench::live();
    let [ClientMessage::JoinMeet(join)] = &knock(&mut bench, SECOND)[..] else {
        panic!("no JOIN_MEET")
    };
    assert_eq!((join.packs.as_slice(), join.epoch), (&[1][..], Some(1)));
    let mut bench = returned();
    let again = knock(&mut bench, LinkId::Relay(3));
    assert!(matches!(&again[..], [ClientMessage::JoinMeet(again)] if again.by == join.by));
}

#[test]
fn a_thousand_edits_made_offline_are_one_message() {
    let mut bench = returned();
    let why = "connection reset".to_owned();
    bench.step(Input::Disconnected { link: SECOND, why });
    for n in 0..1_000 {
        let edited = bench.set("meet.name", &format!("name {n}"));
        bench.save(edited);
    }
    bench.sleep();
    bench.step(Input::Connected {
        link: LinkId::Relay(3),
    });
    let welcome = MeetJoined {
        session_token: None,
        roster: None,
        ticket: None,
        pack: Some(1),
        ..joined(bench.root(), 1)
    };
    let frame = RelayMessage::MeetJoined(welcome).encode().into();
    let link = LinkId::Relay(3);
    let sent = bench.step(Input::Received { link, frame });
    assert_eq!(offered(&sent).len(), 1_000);
    let frames = sent.iter().filter_map(|action| match action {
        Action::Send { frame, .. } => Some(frame),
        _ => None,
    });
    assert!(matches!(
        &frames.collect::<Vec<_>>()[..],
        [Frame::Packed(_)]
    ));
}

#[test]
fn a_pack_from_the_relay_is_taken_in() {
    let mut bench = returned();
    let change = bench.change_from(3, "meet.name", "packed");
    let history = chain(&[bench.root(), change.hash()]);
    let pack = spotter_pack::pack(&[change]);
    let frame = relay_packed(1, Runs::of([2]), history, &pack);
    let actions = bench.step(Input::Received {
        link: SECOND,
        frame,
    });
    bench.save(actions);
    assert_eq!(bench.status().position.unwrap().server_seq_num, 2);
    assert!(bench.status().in_sync);
}

#[test]
fn a_pack_that_cannot_be_read_is_named_and_the_next_connection_is_plain() {
    let mut bench = returned();
    let frame = relay_packed(1, Runs::of([2]), Chain::START, b"no pack at all");
    let actions = bench.step(Input::Received {
        link: SECOND,
        frame,
    });
    let faults: Vec<String> = news(&actions)
        .iter()
        .filter(|news| matches!(news, News::Fault { .. }))
        .map(News::to_string)
        .collect();
    assert!(faults[0].contains("UPDATE_RELAY.pack"), "{faults:?}");
    assert!(kinds(&actions).contains(&"disconnect"));
    bench.sleep();
    let knocked = said(&bench.step(Input::Connected {
        link: LinkId::Relay(3),
    }));
    assert_eq!(packs_named(&knocked), &[] as &[u32]);
}

#[test]
fn a_relay_that_cannot_read_a_pack_is_spoken_to_in_text() {
    let mut bench = returned();
    let malformed = RelayMessage::Malformed(Malformed {
        err_msg: "UPDATE_INIT.pack: no".to_owned(),
    });
    hear(&mut bench, malformed);
    bench.sleep();
    let knocked = said(&bench.step(Input::Connected {
        link: LinkId::Relay(3),
    }));
    assert_eq!(packs_named(&knocked), &[] as &[u32]);
}

#[test]
fn a_plain_client_never_mentions_packs() {
    let mut bench = Bench::new();
    let config = Config {
        plain: true,
        stay_connected: true,
        unwatched: false,
    };
    bench.client = Client::new(&config, [7; 32]);
    let opened = bench.step(Input::Opened {
        records: Vec::new(),
    });
    bench.save(opened);
    let begun = bench.ask(Ask::NewMeet {
        date: "2026-11-20".to_owned(),
    });
    bench.save(begun);
    let going = bench.ask(Ask::GoLive(crate::bench::go_live()));
    bench.save(going);
    let knocked = bench.step(Input::Connected {
        link: crate::bench::RELAY,
    });
    assert_eq!(packs_named(&said(&knocked)), &[] as &[u32]);
    let [Action::Send { frame, .. }] = &knocked[..] else {
        panic!("{knocked:?}")
    };
    assert!(!frame.text().unwrap().contains("packs"));
}
