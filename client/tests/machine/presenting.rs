//! Showing others where one's people are, and forgetting those of whom nothing is heard.

use spotter_client::{Action, Ask, Input, LinkId, News, Reply, Who};
use spotter_relay_protocol::*;

use crate::bench::{Bench, RELAY, answers, author, said, told};

fn at(entry: i64) -> Option<Whereabouts> {
    Some(Whereabouts {
        entry: Some(entry),
        ..Whereabouts::default()
    })
}

fn saying(at: Option<Whereabouts>) -> ClientMessage {
    ClientMessage::Presence(Presence {
        session_token: None,
        at,
    })
}

fn session() -> SessionId {
    "0f1e2d3c4b5a6978".parse().unwrap()
}

fn of_jury(at: Option<Whereabouts>) -> RelayMessage {
    RelayMessage::Presence(PresenceRelayed {
        session_id: session(),
        location_name: author("Jury", 30).location,
        at,
    })
}

fn presence_news(actions: &[Action]) -> Vec<(Who, Option<Whereabouts>)> {
    let news = |action: &Action| match action {
        Action::Tell(News::Presence { who, at, .. }) => Some((*who, at.clone())),
        _ => None,
    };
    actions.iter().filter_map(news).collect()
}

#[test]
fn a_client_that_nobody_asked_says_nothing_of_where_people_are() {
    let mut bench = Bench::live();
    for _ in 0..5 {
        assert!(
            !said(&bench.sleep())
                .iter()
                .any(|m| m.msg_type() == "PRESENCE")
        );
        bench.step(Input::Heard { link: RELAY });
    }
}

#[test]
fn presence_is_said_at_once_at_most_twice_a_second_and_again_every_ten() {
    let mut bench = Bench::live();
    let first = bench.ask(Ask::Present(at(1)));
    assert_eq!(answers(&first), [Ok(Reply::Done)]);
    assert_eq!(said(&first), [saying(at(1))]);
    assert_eq!(said(&bench.ask(Ask::Present(at(2)))), []);
    assert_eq!(said(&bench.ask(Ask::Present(at(3)))), []);
    assert_eq!(said(&bench.wait(499)), []);
    assert_eq!(said(&bench.wait(1)), [saying(at(3))]);
    assert_eq!(said(&bench.wait(9_999)), []);
    assert_eq!(said(&bench.wait(1)), [saying(at(3))]);
    // Nobody here any more: said once.
    assert_eq!(said(&bench.ask(Ask::Present(None))), []);
    assert_eq!(said(&bench.wait(500)), [saying(None)]);
    assert_eq!(said(&bench.wait(15_000)), []);
}

#[test]
fn others_are_shown_until_nothing_is_heard_of_them() {
    let mut bench = Bench::live();
    bench.ask(Ask::Present(None));
    bench.wait(500);
    let heard = bench.hear(of_jury(at(7)));
    let who = Who::Session(session());
    assert_eq!(presence_news(&heard), [(who, at(7))]);
    // A newcomer is answered, so that it sees who is here.
    assert_eq!(said(&heard), [saying(None)]);
    assert_eq!(told(&heard), ["Jury looks at the meet"]);
    bench.wait(10_000);
    assert_eq!(presence_news(&bench.hear(of_jury(at(7)))), []);
    assert_eq!(presence_news(&bench.wait(24_999)), []);
    assert_eq!(bench.client.presence().count(), 1);
    assert_eq!(presence_news(&bench.wait(1)), [(who, None)]);
    assert_eq!(bench.client.presence().count(), 0);
}

#[test]
fn others_are_forgotten_with_the_connection_and_presence_is_said_anew_on_the_next() {
    let mut bench = Bench::live();
    bench.ask(Ask::Present(at(1)));
    bench.hear(of_jury(at(7)));
    let lost = bench.step(Input::Disconnected {
        link: RELAY,
        why: "connection reset".to_owned(),
    });
    assert_eq!(presence_news(&lost), [(Who::Session(session()), None)]);
    bench.sleep();
    let link = LinkId::Relay(2);
    bench.step(Input::Connected { link });
    let joined = crate::bench::joined(bench.root(), 1);
    let frame = RelayMessage::MeetJoined(joined).encode().into();
    let mut back = bench.step(Input::Received { link, frame });
    back.extend(bench.wait(500));
    assert!(said(&back).contains(&saying(at(1))), "{back:?}");
}

#[test]
fn a_relay_that_does_not_know_the_word_is_not_told_it_again() {
    let mut bench = Bench::live();
    bench.ask(Ask::Present(at(1)));
    bench.hear(RelayMessage::UnknownMessageType(UnknownMessageType {
        unknown_type: "PRESENCE".into(),
    }));
    assert_eq!(said(&bench.wait(10_000)), []);
}

#[test]
fn a_word_of_a_later_relay_is_passed_over() {
    let mut bench = Bench::live();
    let frame = r#"{"msgType":"FIREWORKS","colour":"red"}"#.into();
    assert_eq!(bench.step(Input::Received { link: RELAY, frame }), []);
    assert!(bench.status().in_sync);
}
