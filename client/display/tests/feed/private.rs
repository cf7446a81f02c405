//! What no display is told: searched for in everything that arbitrary meets make a display say.

use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::{Value, json};
use spotter_display::{Order, ReaderId, Rule};

use crate::meets::{SCREEN, display, open, set};

/// An age that stands nowhere else.
const AGE: f64 = 7_345.625;

/// Planted into every field that is nobody's business.
const PLANTED: &[(&str, &str)] = &[
    ("birthDate", "1903-01-07"),
    ("country", "planted-country"),
    ("state", "planted-state"),
    ("memberId", "planted-member"),
    ("instagram", "planted-instagram"),
    ("notes", "planted-note someone@example.org"),
];

/// A saved meet whose entries are of all kinds.
#[derive(Clone, Debug)]
struct AnyMeet(Value);

impl Arbitrary for AnyMeet {
    fn arbitrary(g: &mut Gen) -> Self {
        let count = u8::arbitrary(g) % 6 + 1;
        let entries: Vec<Value> = (0..count).map(|number| entry(g, number)).collect();
        Self(json!({
            "meet": {
                "name": name(g), "date": "2026-11-20", "inKg": bool::arbitrary(g), "lengthDays": 1,
                "platformsOnDays": [1], "divisions": ["Open", "Juniors"]
            },
            "registration": {"entries": entries}
        }))
    }
}

fn entry(g: &mut Gen, number: u8) -> Value {
    let weight = |g: &mut Gen| f64::from(u16::arbitrary(g) % 800) / 2.0;
    let attempts = |g: &mut Gen| (0..5).map(|_| weight(g)).collect::<Vec<_>>();
    let statuses = |g: &mut Gen| {
        (0..5)
            .map(|_| i64::from(u8::arbitrary(g) % 3) - 1)
            .collect::<Vec<_>>()
    };
    let mut entry = json!({
        "id": 5_000 + i64::from(number), "day": 1, "platform": 1, "flight": g.choose(&["A", "B"]),
        "name": name(g), "sex": g.choose(&["M", "F", "Mx"]), "age": AGE,
        "equipment": g.choose(&["Sleeves", "Bare", "Single-ply"]), "divisions": [g.choose(&["Open", "Juniors"])],
        "events": [g.choose(&["SBD", "BD", "B"])], "lot": u8::arbitrary(g), "team": name(g),
        "guest": bool::arbitrary(g), "bodyweightKg": weight(g), "squatRackInfo": name(g), "benchRackInfo": name(g),
        "squatKg": attempts(g), "benchKg": attempts(g), "deadliftKg": attempts(g),
        "squatStatus": statuses(g), "benchStatus": statuses(g), "deadliftStatus": statuses(g), "paid": true
    });
    for (field, planted) in PLANTED {
        entry[*field] = json!(planted);
    }
    entry
}

/// Letters, signs and digits, none of which spell what was planted.
fn name(g: &mut Gen) -> String {
    let letters = ['A', 'é', '"', '<', '7', ' ', '\u{1f3cb}', '\\'];
    (0..u8::arbitrary(g) % 9)
        .map(|_| *g.choose(&letters).unwrap())
        .collect()
}

/// Everything that a display of this meet says while people work on it.
fn everything(saved: &Value) -> Vec<String> {
    let mut meet = open(saved);
    let mut display = display();
    let (snapshot, _) = display.snapshot(&mut meet, SCREEN, 1).unwrap();
    let mut said = vec![serde_json::to_string(&snapshot).unwrap()];
    let mut orders = Vec::new();
    for (reader, rule) in [(1, Rule::Overlap), (2, Rule::VersionCheck)] {
        orders.extend(
            display
                .open(&mut meet, ReaderId(reader), (SCREEN, rule), 1)
                .unwrap(),
        );
    }
    let check = r#"{"source":"browser","action":"version_check","data":{}}"#;
    orders.extend(display.heard(ReaderId(2), check));
    for (path, text) in [
        ("entries.5000.birthDate", "1903-01-07"),
        ("entries.5000.notes", "planted-note again"),
        ("entries.5000.memberId", "planted-member again"),
        ("entries.5000.squat.1", "150 good"),
        ("entries.5000.flight", "B"),
        ("lifting.1.1", "B B"),
        ("entries.5000.flight", "A"),
        ("lifting.1.1", "A D"),
    ] {
        set(&mut meet, path, text);
        orders.extend(display.changed(&mut meet, 2));
    }
    orders.extend(display.signs_of_life());
    said.extend(orders.into_iter().map(|order| match order {
        Order::Send { text, .. } => text.to_string(),
        Order::Close { why, .. } => panic!("{why}"),
    }));
    said
}

#[test]
fn no_display_is_told_of_births_ages_members_or_notes() {
    fn law(meet: AnyMeet) -> bool {
        let said = everything(&meet.0);
        let age = AGE.to_string();
        let planted = PLANTED.iter().map(|(_, planted)| *planted);
        let forbidden: Vec<&str> = planted.chain([age.as_str(), "planted"]).collect();
        assert!(said.len() > 4, "something was said");
        for text in &said {
            for word in &forbidden {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
        true
    }
    QuickCheck::new()
        .tests(60)
        .quickcheck(law as fn(AnyMeet) -> bool);
}

#[test]
fn the_search_finds_what_is_planted_where_it_may_be_shown() {
    let mut g = Gen::new(8);
    let AnyMeet(mut saved) = AnyMeet::arbitrary(&mut g);
    for entry in saved["registration"]["entries"].as_array_mut().unwrap() {
        entry["team"] = json!("planted-team");
        entry["flight"] = json!("A");
    }
    assert!(
        everything(&saved)
            .iter()
            .any(|text| text.contains("planted-team"))
    );
}
