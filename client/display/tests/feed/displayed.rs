//! One meet's display: who is told what, and by whom nothing is heard.

use spotter_display::{NoView, Order, ReaderId, Rule};
use spotter_model::{Meet, Screen};

use crate::meets::{SCREEN, display, open, set, small};

#[test]
fn only_who_looks_at_the_platform_is_told() {
    let mut saved = small();
    saved["meet"]["platformsOnDays"] = serde_json::json!([2]);
    saved["registration"]["entries"][2]["platform"] = serde_json::json!(2);
    saved["registration"]["entries"][2]["flight"] = serde_json::json!("A");
    let (mut meet, mut display) = (open(&saved), display());
    let other = Screen {
        day: 1,
        platform: 2,
    };
    for (reader, screen) in [(1, SCREEN), (2, other)] {
        display
            .open(&mut meet, ReaderId(reader), (screen, Rule::Overlap), 0)
            .unwrap();
    }
    set(&mut meet, "entries.5002.team", "East");
    let told: Vec<ReaderId> = display.changed(&mut meet, 1).iter().map(to).collect();
    assert_eq!(told, [ReaderId(2)]);
    display.close(ReaderId(2));
    set(&mut meet, "entries.5002.team", "West");
    assert_eq!(display.changed(&mut meet, 2), []);
    assert_eq!(display.readers(), 1);
}

#[test]
fn what_changed_while_nobody_read_is_one_update() {
    let (mut meet, mut display) = (open(&small()), display());
    let (first, _) = display.snapshot(&mut meet, SCREEN, 0).unwrap();
    set(&mut meet, "entries.5000.team", "East");
    set(&mut meet, "entries.5001.team", "West");
    assert_eq!(display.changed(&mut meet, 1), []);
    let (later, _) = display.snapshot(&mut meet, SCREEN, 2).unwrap();
    assert_eq!(later.revision, first.revision + 1);
    let opening = display
        .open(&mut meet, ReaderId(1), (SCREEN, Rule::Overlap), 3)
        .unwrap();
    assert_eq!(opening.len(), 2);
}

#[test]
fn there_are_displays_of_the_meets_platforms_only() {
    let (mut meet, mut display) = (open(&small()), display());
    for (day, platform) in [(0, 1), (1, 0), (2, 1), (1, 2), (u16::MAX, u16::MAX)] {
        let screen = Screen { day, platform };
        let refused = display.snapshot(&mut meet, screen, 0).unwrap_err();
        assert_eq!(refused, NoView::NoSuchPlatform(screen));
        let refused = display
            .open(&mut meet, ReaderId(1), (screen, Rule::Overlap), 0)
            .unwrap_err();
        assert_eq!(refused, NoView::NoSuchPlatform(screen));
    }
    assert_eq!(display.readers(), 0);
    let mut nothing = Meet::open(meet.root());
    assert_eq!(
        display.snapshot(&mut nothing, SCREEN, 0).unwrap_err(),
        NoView::NotHere
    );
}

#[test]
fn whoever_makes_no_sense_is_closed_and_forgotten() {
    let (mut meet, mut display) = (open(&small()), display());
    let reader = ReaderId(1);
    display
        .open(&mut meet, reader, (SCREEN, Rule::VersionCheck), 0)
        .unwrap();
    assert!(matches!(
        display.heard(reader, "what?"),
        Some(Order::Close { .. })
    ));
    assert_eq!(display.heard(reader, "what?"), None);
    assert_eq!(display.readers(), 0);
}

fn to(order: &Order) -> ReaderId {
    match order {
        Order::Send { reader, .. } | Order::Close { reader, .. } => *reader,
    }
}
