//! The version check, scenario by scenario.

use serde_json::{Value, json};
use spotter_display::{Epoch, Feed, Link, NoCheck, Rule};

use crate::readers::{CheckReader, Shown, advance, board, feed_at, snapshot};

fn reader_of(feed: &Feed) -> CheckReader {
    let mut reader = CheckReader::new();
    reader.snapshot(&snapshot(feed));
    reader
}

#[test]
fn a_version_that_matches_is_answered_with_nothing() {
    let feed = feed_at(52, 52, 10);
    let mut link = Link::new(Rule::VersionCheck);
    assert!(matches!(
        link.heard(&feed, &reader_of(&feed).greeting()),
        Ok(None)
    ));
}

#[test]
fn any_other_version_is_answered_with_all_lifters() {
    let feed = feed_at(52, 52, 10);
    for version in [json!(51), json!(53), json!(null)] {
        let asked =
            json!({"source": "browser", "action": "version_check", "data": {"version": version}});
        let answer = Link::new(Rule::VersionCheck)
            .heard(&feed, &asked.to_string())
            .unwrap()
            .unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (&answer["source"], &answer["action"]),
            (&json!("server"), &json!("all_lifters"))
        );
        assert_eq!(answer["data"]["version"], 52);
        assert_eq!(answer["data"]["lifters"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn an_update_is_sent_as_update_lifters_with_whole_rows_and_new_ones_created_first() {
    let mut feed = Feed::begin(Epoch::at(1), 10, board(&[Some(5), None]), 0);
    let mut link = Link::new(Rule::VersionCheck);
    let mut reader = reader_of(&feed);
    assert!(link.heard(&feed, &reader.greeting()).unwrap().is_none());
    let update = feed.show(board(&[None, Some(6)]), 1).unwrap();
    let text = link.update(&update).unwrap();
    let message: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&message["source"], &message["action"]),
        (&json!("server"), &json!("update_lifters"))
    );
    assert_eq!(
        message["data"]["lifters"],
        json!({"create": [1], "update": [{"id": 1, "name": "lifter 1", "totalKg": 6}], "destroy": [0]})
    );
    reader.message(&text);
    assert_eq!(reader.shown, Shown::of_snapshot(&snapshot(&feed)));
}

#[test]
fn nothing_is_sent_before_the_first_check_is_answered() {
    let mut feed = feed_at(52, 52, 10);
    let mut link = Link::new(Rule::VersionCheck);
    let greeting = reader_of(&feed).greeting();
    advance(&mut feed);
    assert!(link.opening(&feed).is_empty());
    assert_eq!(link.update(feed.newest()), None);
    assert_eq!(link.sign_of_life(&feed), None);
    assert!(link.heard(&feed, &greeting).unwrap().is_some());
    advance(&mut feed);
    assert!(link.update(feed.newest()).is_some());
}

#[test]
fn a_reader_of_before_a_restart_is_sent_everything() {
    let mut reader = reader_of(&feed_at(52, 52, 10));
    let again = Feed::begin(Epoch::beginning(1_000, 7), 10, board(&[Some(9)]), 0);
    let answer = Link::new(Rule::VersionCheck)
        .heard(&again, &reader.greeting())
        .unwrap();
    reader.message(&answer.unwrap());
    assert_eq!(reader.shown, Shown::of_snapshot(&snapshot(&again)));
}

#[test]
fn a_sign_of_life_changes_nothing_to_a_reader_in_step() {
    let feed = feed_at(52, 52, 10);
    let mut reader = reader_of(&feed);
    let mut link = Link::new(Rule::VersionCheck);
    assert!(link.heard(&feed, &reader.greeting()).unwrap().is_none());
    let before = reader.clone();
    reader.message(&link.sign_of_life(&feed).unwrap());
    assert_eq!(reader, before);
}

#[test]
fn other_words_are_refused() {
    let feed = feed_at(52, 52, 10);
    let says = |text: &str| {
        Link::new(Rule::VersionCheck)
            .heard(&feed, text)
            .unwrap_err()
    };
    assert!(matches!(says("version_check"), NoCheck::Malformed(_)));
    assert!(matches!(
        says(r#"{"source":"server","action":"version_check","data":{"version":52}}"#),
        NoCheck::OtherWords
    ));
    assert!(matches!(
        says(r#"{"source":"browser","action":"all_lifters","data":{"version":52}}"#),
        NoCheck::OtherWords
    ));
}
