//! The overlap rule, scenario by scenario.

use serde_json::{Value, json};
use spotter_display::{Epoch, Feed, Frame, Link, Rule};

use crate::readers::{OverlapReader, Shown, Wants, advance, board, feed_at, number, snapshot};

fn reader_of(feed: &Feed) -> OverlapReader {
    let mut reader = OverlapReader::new(false);
    reader.snapshot(&snapshot(feed));
    reader.connected();
    reader
}

fn read_all(reader: &mut OverlapReader, messages: impl IntoIterator<Item = impl AsRef<str>>) {
    for message in messages {
        if reader.wants == Wants::Messages {
            reader.message(message.as_ref());
        }
    }
}

#[test]
fn scenario_1_loaded_121_and_123_arrives_so_122_is_missing_and_the_reader_starts_over() {
    let mut feed = feed_at(121, 100, 10);
    let mut reader = reader_of(&feed);
    advance(&mut feed);
    advance(&mut feed);
    reader.message(&feed.newest().frame);
    assert_eq!(feed.newest().revision, 123);
    assert_eq!((reader.wants, reader.started_over), (Wants::Snapshot, 1));
    assert_eq!(reader.shown, Shown::default(), "the page is cleared");
    reader.snapshot(&snapshot(&feed));
    assert_eq!(reader.stored, Some((100, 123)));
}

#[test]
fn scenario_1_does_not_come_up_where_the_overlap_reaches_back_to_the_snapshot() {
    let mut feed = feed_at(121, 100, 10);
    let mut reader = reader_of(&feed);
    advance(&mut feed);
    advance(&mut feed);
    read_all(&mut reader, Link::new(Rule::Overlap).opening(&feed));
    assert_eq!((reader.stored, reader.started_over), (Some((100, 123)), 0));
    assert_eq!(reader.shown, Shown::of_snapshot(&snapshot(&feed)));
}

#[test]
fn scenario_2_loaded_52_and_52_or_lower_arrives_so_nothing_is_done() {
    let feed = feed_at(52, 45, 10);
    let mut reader = reader_of(&feed);
    let before = reader.clone();
    let revisions: Vec<u64> = feed.overlap().map(|update| update.revision).collect();
    assert_eq!(revisions, (45..=52).collect::<Vec<_>>());
    read_all(&mut reader, feed.overlap().map(|update| &update.frame));
    assert_eq!(reader, before);
}

#[test]
fn on_connect_the_last_n_updates_come_as_separate_messages_each_with_its_revision() {
    for overlap_max in 1..12 {
        let feed = feed_at(121, 100, overlap_max);
        let opening = Link::new(Rule::Overlap).opening(&feed);
        let read = |text: &str| serde_json::from_str::<Frame>(text).unwrap().revision;
        let revisions: Vec<u64> = opening.iter().map(|text| read(text)).collect();
        let first = 122 - overlap_max as u64;
        assert_eq!(revisions, (first..=121).collect::<Vec<_>>());
    }
}

#[test]
fn a_snapshot_holds_all_rows_their_revision_and_when_it_was_made_and_asked_for() {
    let feed = feed_at(52, 52, 10);
    let snapshot = snapshot(&feed);
    assert_eq!(number(&snapshot, "revision"), 52);
    assert_eq!(snapshot["lifters"].as_array().unwrap().len(), 2);
    assert_eq!(snapshot["platform"]["order"], json!([0, 1]));
    assert_eq!(snapshot["generatedAt"], "1970-01-01T00:00:00.000Z");
    assert_eq!(snapshot["requestedAt"], "1970-01-01T00:00:05.000Z");
}

#[test]
fn there_is_one_format_and_an_update_of_a_row_is_the_whole_row() {
    let mut feed = Feed::begin(Epoch::at(1), 10, board(&[Some(5), None, Some(7)]), 0);
    let update = feed.show(board(&[Some(5), Some(6), Some(8)]), 1).unwrap();
    let message: Value = serde_json::from_str(&update.frame).unwrap();
    assert_eq!(number(&message, "version"), 1);
    assert_eq!(
        message["lifters"],
        json!({
            "create": [1],
            "update": [{"id": 1, "name": "lifter 1", "totalKg": 6}, {"id": 2, "name": "lifter 2", "totalKg": 8}],
            "destroy": []
        })
    );
    let update = feed.show(board(&[None, Some(6), Some(8)]), 2).unwrap();
    let message: Value = serde_json::from_str(&update.frame).unwrap();
    assert_eq!(
        message["lifters"],
        json!({"create": [], "update": [], "destroy": [0]})
    );
}

#[test]
fn a_view_that_stays_as_it_is_makes_no_revision() {
    let mut feed = feed_at(52, 52, 10);
    assert_eq!(feed.show(board(&[Some(0), Some(0)]), 9), None);
    assert_eq!(feed.revision(), 52);
}

#[test]
fn what_is_read_may_say_delete_for_destroy() {
    let text = r#"{"version":1,"revision":2,"epoch":1,"generatedAt":"","lifters":{"create":[],"update":[],"delete":[7]}}"#;
    assert_eq!(
        serde_json::from_str::<Frame>(text).unwrap().lifters.destroy,
        [7]
    );
}

#[test]
fn whatever_a_reader_says_is_not_heard() {
    let feed = feed_at(52, 52, 10);
    let mut link = Link::new(Rule::Overlap);
    assert!(matches!(link.heard(&feed, "anything"), Ok(None)));
}

#[test]
fn a_reader_of_before_a_restart_sees_the_gap_at_once_although_nothing_has_changed_since() {
    let feed = feed_at(52, 52, 10);
    let mut reader = reader_of(&feed);
    let again = Feed::begin(
        Epoch::beginning(1_000, 7),
        10,
        board(&[Some(0), Some(0)]),
        0,
    );
    reader.lost_socket();
    reader.connected();
    read_all(&mut reader, Link::new(Rule::Overlap).opening(&again));
    assert_eq!(reader.started_over, 1);
}

#[test]
fn a_clock_that_was_set_back_is_told_by_the_epoch() {
    let before = Feed::begin(Epoch::beginning(9_000, 1), 10, board(&[Some(1)]), 0);
    let after = Feed::begin(Epoch::beginning(8_000, 2), 10, board(&[Some(2)]), 0);
    for (knows_epochs, starts_over) in [(false, 0), (true, 1)] {
        let mut reader = OverlapReader::new(knows_epochs);
        reader.snapshot(&snapshot(&before));
        reader.connected();
        read_all(&mut reader, Link::new(Rule::Overlap).opening(&after));
        assert_eq!(
            reader.started_over, starts_over,
            "knows epochs: {knows_epochs}"
        );
    }
}

#[test]
fn a_sign_of_life_does_nothing_to_a_reader_in_step_and_is_a_gap_to_one_behind() {
    let mut feed = feed_at(52, 45, 10);
    let (mut in_step, mut behind) = (reader_of(&feed), reader_of(&feed));
    let link = Link::new(Rule::Overlap);
    for _ in 0..2 {
        advance(&mut feed);
        in_step.message(&feed.newest().frame);
    }
    let before = in_step.clone();
    in_step.message(&link.sign_of_life(&feed).unwrap());
    behind.message(&link.sign_of_life(&feed).unwrap());
    assert_eq!(in_step, before);
    assert_eq!(behind.started_over, 1);
}
