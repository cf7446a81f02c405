//! Whatever people do to a meet, a reader shows after every step exactly what scoring says of it.

use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::{Map, Value};
use spotter_display::{Order, ReaderId, Rule};
use spotter_scoring::{Selection, platform_view};

use crate::meets::{SCREEN, display, open, set, small};
use crate::readers::{CheckReader, OverlapReader, Shown};

/// Something that a scoring table does.
#[derive(Clone, Debug)]
struct Done {
    path: String,
    text: String,
}

impl Arbitrary for Done {
    fn arbitrary(g: &mut Gen) -> Self {
        let entry = 5_000 + i64::from(u8::arbitrary(g) % 3);
        let kg = 60.0 + f64::from(u8::arbitrary(g) % 40) * 2.5;
        let verdict = *g.choose(&["good", "no", "-"]).unwrap();
        let lift = *g.choose(&["squat", "bench", "deadlift"]).unwrap();
        let attempt = u8::arbitrary(g) % 3 + 1;
        let flight = *g.choose(&["A", "B"]).unwrap();
        let (path, text) = match u8::arbitrary(g) % 8 {
            0 => (format!("entries.{entry}.flight"), flight.to_owned()),
            1 => (
                format!("entries.{entry}.platform"),
                format!("{}", u8::arbitrary(g) % 2 + 1),
            ),
            2 => (
                "lifting.1.1".to_owned(),
                format!("{flight} {}", g.choose(&["S", "B", "D"]).unwrap()),
            ),
            3 => (format!("entries.{entry}.bodyweightKg"), format!("{kg}")),
            4 => (
                format!("entries.{entry}.name"),
                g.choose(&["Ann Aas", "Bea Bru", "Zoë"])
                    .unwrap()
                    .to_string(),
            ),
            // Most of what happens: a weight is called, or an attempt is judged.
            _ => (
                format!("entries.{entry}.{lift}.{attempt}"),
                format!("{kg} {verdict}"),
            ),
        };
        Self { path, text }
    }
}

/// Everything that the two readers are sent.
fn hear(orders: Vec<Order>, overlap: &mut OverlapReader, check: &mut CheckReader) {
    for order in orders {
        match order {
            Order::Send {
                reader: ReaderId(1),
                text,
            } => overlap.message(&text),
            Order::Send { text, .. } => check.message(&text),
            Order::Close { why, .. } => panic!("{why}"),
        }
    }
}

/// What scoring says, in the form of a reader.
fn truth(view: &Value) -> Shown {
    let Value::Object(mut platform) = view.clone() else {
        panic!("{view} is no object");
    };
    let rows = platform.remove("lifters").unwrap();
    let rows = rows.as_array().unwrap();
    let order: Vec<Value> = rows.iter().map(|row| row["id"].clone()).collect();
    platform.insert("order".to_owned(), Value::Array(order));
    Shown::of_snapshot(&Value::Object(Map::from_iter([
        ("lifters".to_owned(), Value::Array(rows.clone())),
        ("platform".to_owned(), Value::Object(platform)),
    ])))
}

/// Numbers alike, whether or not they are written with a point.
fn alike(shown: &Shown) -> Shown {
    fn plain(value: &Value) -> Value {
        match value {
            Value::Number(number) => Value::from(number.as_f64().unwrap()),
            Value::Array(list) => list.iter().map(plain).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
        }
    }
    Shown {
        rows: shown
            .rows
            .iter()
            .map(|(id, row)| (*id, plain(row)))
            .collect(),
        platform: plain(&shown.platform),
    }
}

#[test]
fn after_every_step_both_readers_show_what_scoring_says() {
    fn law(steps: Vec<Done>) -> bool {
        let mut saved = small();
        saved["meet"]["platformsOnDays"] = serde_json::json!([2]);
        let (mut meet, mut display) = (open(&saved), display());
        let (mut overlap, mut check) = (OverlapReader::new(false), CheckReader::new());
        let (snapshot, _) = display.snapshot(&mut meet, SCREEN, 0).unwrap();
        overlap.snapshot(&serde_json::to_value(snapshot).unwrap());
        overlap.connected();
        for (reader, rule) in [(1, Rule::Overlap), (2, Rule::VersionCheck)] {
            let orders = display
                .open(&mut meet, ReaderId(reader), (SCREEN, rule), 0)
                .unwrap();
            hear(orders, &mut overlap, &mut check);
        }
        let answer = display.heard(ReaderId(2), &check.greeting());
        hear(answer.into_iter().collect(), &mut overlap, &mut check);
        for step in steps {
            set(&mut meet, &step.path, &step.text);
            hear(display.changed(&mut meet, 1), &mut overlap, &mut check);
            let selection = Selection {
                day: SCREEN.day,
                platform: SCREEN.platform,
                flight: None,
                lift: None,
            };
            let view = platform_view(&mut meet, &selection).unwrap();
            let truth = alike(&truth(&serde_json::to_value(view).unwrap()));
            assert_eq!(alike(&overlap.shown), truth, "after {step:?}");
            assert_eq!(alike(&check.shown), truth, "after {step:?}");
        }
        overlap.started_over == 0
    }
    QuickCheck::new()
        .tests(40)
        .quickcheck(law as fn(Vec<Done>) -> bool);
}
