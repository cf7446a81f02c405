//! Files of every released format open for ever: one of each is kept here and never changed.
//!
//! `replica-1.jsonl` holds the records of a replica that has lived through everything there is a record for, one to a
//! line, without the framing of the local store; `borrowed-1.json` is one with the session of another tab of its browser;
//! `bundle-1.jsonl` and `bundle-2.jsonl` are one meet as bundles.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs
)]

use std::collections::BTreeSet;

use spotter_client::{
    Action, Answer, Ask, Client, Config, Input, Moment, News, Now, Record, Reply, RequestId,
    WallTime,
};
use spotter_model::Path;

const REPLICA: &str = include_str!("formats/replica-1.jsonl");
const BUNDLES: [&str; 2] = [
    include_str!("formats/bundle-1.jsonl"),
    include_str!("formats/bundle-2.jsonl"),
];

const NOW: Now = Now {
    moment: Moment::from_ms(0),
    wall: WallTime::from_unix_seconds(1_795_000_000),
};

fn records() -> Vec<Record> {
    REPLICA
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn open(records: Vec<Record>) -> (Client, Vec<Action>) {
    let mut client = Client::new(&Config::default(), [1; 32]);
    let actions = client.step(NOW, Input::Opened { records });
    (client, actions)
}

fn shows(client: &mut Client, path: &str) -> String {
    let path: Path = path.parse().unwrap();
    let shown = client.meet().unwrap().get(&path).unwrap();
    shown.held.text
}

#[test]
fn a_replica_saved_in_the_first_format_opens() {
    let (mut client, actions) = open(records());
    let faults = actions
        .iter()
        .filter(|action| matches!(action, Action::Tell(News::Fault { .. })));
    assert_eq!(faults.count(), 0, "{actions:?}");
    let status = client.status(NOW.moment);
    assert_eq!(status.meet_id.unwrap().to_string(), "123-456-789");
    assert_eq!(status.author.unwrap().location.as_str(), "platform");
    assert_eq!(status.edits_not_sent, 1);
    assert_eq!(status.offers.len(), 1);
    assert!(status.finished);
    assert_eq!(shows(&mut client, "meet.name"), "Harbor Open");
    assert_eq!(shows(&mut client, "meet.state"), "Vestland");
    assert_eq!(shows(&mut client, "meet.country"), "Norway");
    assert_eq!(shows(&mut client, "meet.date"), "2026-11-21");
}

#[test]
fn every_record_is_written_as_it_was_in_the_first_format() {
    for (line, record) in REPLICA.lines().zip(records()) {
        assert_eq!(serde_json::to_string(&record).unwrap(), line);
    }
}

#[test]
fn a_borrowed_session_is_written_as_it_was_and_known_as_such() {
    let line = include_str!("formats/borrowed-1.json").trim_end();
    let record: Record = serde_json::from_str(line).unwrap();
    assert_eq!(serde_json::to_string(&record).unwrap(), line);
    let Record::Joined(membership) = &record else {
        panic!("{record:?}");
    };
    assert!(membership.session.as_ref().unwrap().borrowed);
    assert_eq!(membership.to_lend(), None);
}

#[test]
fn the_kept_replica_has_a_record_of_every_kind() {
    let kinds: BTreeSet<&str> = records().iter().map(kind).collect();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
}

/// Names every kind, so that the next one we add is missed here and not only in the field.
fn kind(record: &Record) -> &'static str {
    match record {
        Record::Replica { .. } => "replica",
        Record::Document { .. } => "document",
        Record::Changes { .. } => "changes",
        Record::Acknowledged { .. } => "acknowledged",
        Record::CaughtUp { .. } => "caught up",
        Record::Rebuilt { .. } => "rebuilt",
        Record::OfferTaken { .. } => "offer taken",
        Record::SetAside(_) => "set aside",
        Record::Writer { .. } => "writer",
        Record::Joined(_) => "joined",
        Record::SessionEnded {} => "session ended",
        Record::Roster { .. } => "roster",
        Record::Finished {} => "finished",
    }
}

#[test]
fn a_bundle_of_every_format_opens() {
    for bundle in BUNDLES {
        let (mut client, answer) = asked(Ask::UnpackBundle {
            text: bundle.to_owned(),
            author: None,
        });
        let Ok(Reply::Unpacked(unpacked)) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(unpacked.brought, unpacked.header.changes);
        assert_eq!(unpacked.damage, None);
        assert_eq!(unpacked.header.location.as_str(), "desk");
        assert_eq!(shows(&mut client, "meet.state"), "Vestland");
    }
}

/// A client on an empty store, and its answer once everything is saved.
fn asked(ask: Ask) -> (Client, Answer) {
    let (mut client, mut actions) = open(Vec::new());
    let request = RequestId(1);
    actions.extend(client.step(NOW, Input::Asked { request, ask }));
    let mut answers: Vec<Answer> = Vec::new();
    while !actions.is_empty() {
        match actions.remove(0) {
            Action::Save { batch, .. } => actions.extend(client.step(NOW, Input::Saved { batch })),
            Action::Answer { answer, .. } => answers.push(answer),
            _ => {}
        }
    }
    (client, answers.pop().unwrap())
}

#[test]
fn a_store_cut_anywhere_between_two_records_opens_with_what_it_holds() {
    let records = records();
    for kept in 0..records.len() {
        let (mut client, _) = open(records[..kept].to_vec());
        let changes = client.meet().map_or(0, |meet| meet.len());
        assert!(changes <= 8, "{kept} records give {changes} changes");
        assert!(!client.status(NOW.moment).in_sync);
    }
}
