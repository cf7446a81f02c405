//! A stage as those who read it see it.

use std::time::Duration;

use serde_json::json;
use spotter_model::{ActorId, Author, Edit, LocationName, Pen, Priority, Seen};
use tokio::time::timeout;

use super::*;

const SCREEN: Screen = Screen {
    day: 1,
    platform: 1,
};

const SETUP: Setup = Setup {
    overlap: 2,
    readers_max: 3,
};

fn pen() -> Pen {
    Pen {
        actor: ActorId::new([1; 8]),
        author: Author {
            location: LocationName::parse("Platform 1").unwrap(),
            priority: Priority::new(10).unwrap(),
        },
    }
}

fn meet() -> Meet {
    let saved = json!({
        "meet": {"name": "Open", "lengthDays": 1, "platformsOnDays": [1]},
        "registration": {"entries": [{"id": 5000, "name": "Ann", "day": 1, "platform": 1, "flight": "A"}]}
    });
    Meet::import(&saved.to_string(), &pen(), [7; 16], 0).unwrap()
}

fn set_team(meet: &mut Meet, team: &str) -> Vec<Change> {
    let path: spotter_model::Path = "entries.5000.team".parse().unwrap();
    let value = meet.parse_value(&path, team).unwrap();
    let edit = Edit::set(path, &value).unwrap();
    let change = meet.edit(&pen(), &edit, 0, None, Seen::Unchecked).unwrap();
    change.into_iter().collect()
}

/// A stage that shows everything there is.
async fn on_stage(meet: &Meet) -> Stage {
    let stage = Stage::open(SETUP);
    stage.begin(meet.root()).await;
    stage.changes(meet.changes().collect(), true).await;
    stage
}

async fn said(seat: &mut Seat) -> String {
    match seat.orders.recv().await {
        Some(Out::Say(text)) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_shown_before_everything_is_there() {
    let meet = meet();
    let stage = Stage::open(SETUP);
    stage.begin(meet.root()).await;
    let asking = tokio::spawn({
        let stage = stage.clone();
        async move { stage.snapshot(SCREEN).await }
    });
    let everything: Vec<Change> = meet.changes().collect();
    let (first, rest) = everything.split_at(1);
    stage.changes(first.to_vec(), false).await;
    assert!(!asking.is_finished());
    stage.changes(rest.to_vec(), true).await;
    let snapshot = asking.await.unwrap().unwrap();
    assert_eq!(snapshot.lifters[0]["name"], "Ann");
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_and_holds_nobody_up() {
    let mut meet = meet();
    let stage = on_stage(&meet).await;
    let mut idle = stage.open_reader(SCREEN, Rule::Overlap).await.unwrap();
    let mut reading = stage.open_reader(SCREEN, Rule::Overlap).await.unwrap();
    said(&mut reading).await;
    let updates = OUTBOX + SETUP.overlap + 5;
    for number in 0..updates {
        let change = set_team(&mut meet, &format!("Team {number}"));
        stage.changes(change, true).await;
        assert!(
            said(&mut reading)
                .await
                .contains(&format!("\"Team {number}\""))
        );
    }
    let mut waiting = 0;
    while let Some(Out::Say(_)) = idle.orders.recv().await {
        waiting += 1;
    }
    assert_eq!(waiting, OUTBOX + SETUP.overlap);
    assert!(stage.open_reader(SCREEN, Rule::Overlap).await.is_ok());
}

#[tokio::test]
async fn there_are_places_for_so_many_and_whoever_leaves_gives_one_back() {
    let meet = meet();
    let stage = on_stage(&meet).await;
    let mut seats = Vec::new();
    for _ in 0..SETUP.readers_max {
        seats.push(stage.open_reader(SCREEN, Rule::VersionCheck).await.unwrap());
    }
    let refused = stage.open_reader(SCREEN, Rule::Overlap).await.unwrap_err();
    assert_eq!(refused, NotShown::Full);
    stage.left(seats[0].reader).await;
    assert!(stage.open_reader(SCREEN, Rule::Overlap).await.is_ok());
    // A view that is not there takes no place.
    let nowhere = Screen {
        day: 2,
        platform: 1,
    };
    stage.left(seats[1].reader).await;
    for _ in 0..SETUP.readers_max {
        let refused = stage.open_reader(nowhere, Rule::Overlap).await.unwrap_err();
        assert_eq!(refused, NotShown::No(NoView::NoSuchPlatform(nowhere)));
    }
}

#[tokio::test]
async fn a_meet_that_begins_anew_ends_the_feeds_and_begins_above_their_revisions() {
    let mut meet = meet();
    let stage = on_stage(&meet).await;
    let mut seat = stage.open_reader(SCREEN, Rule::Overlap).await.unwrap();
    stage.changes(set_team(&mut meet, "North"), true).await;
    let before = stage.snapshot(SCREEN).await.unwrap().revision;
    stage.begin(meet.root()).await;
    stage.changes(meet.changes().collect(), true).await;
    while seat.orders.recv().await.is_some() {}
    let after = stage.snapshot(SCREEN).await.unwrap().revision;
    assert!(after > before + 1, "{after} after {before}");
}

#[tokio::test]
async fn a_stage_that_nobody_needs_is_gone() {
    let stage = on_stage(&meet()).await;
    let still = stage.downgrade();
    assert!(still.upgrade().is_some());
    drop(stage);
    let gone = async {
        while still.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.unwrap();
}

#[test]
fn epochs_of_one_process_rise() {
    let mut last = Epoch::at(0);
    for _ in 0..100 {
        let next = next_epoch();
        assert!(next.first() > last.first() + 1);
        last = next;
    }
}
