//! Laws that hold for every meet, however odd: whatever a saved file can say, and a table can show.

use std::collections::BTreeSet;

use quickcheck::{Arbitrary, Gen};
use quickcheck_macros::quickcheck;
use serde_json::{Map, Value, json};
use spotter_model::Meet;
use spotter_scoring::{Lift, PlatformView, flight_sheet, platform_view, results};

use crate::desk::{follow, open, select};

/// A saved meet that nobody thought of: fields are missing, null, absurd or contradict each other.
#[derive(Clone, Debug)]
struct Saved(Value);

impl Arbitrary for Saved {
    fn arbitrary(g: &mut Gen) -> Self {
        let sane = bool::arbitrary(g);
        let count = usize::arbitrary(g) % if u8::arbitrary(g) % 8 != 0 { 8 } else { 90 };
        let entries: Vec<Value> = (0..count)
            .map(|index| entry(g, 5000 + index, sane))
            .collect();
        let lifting = json!({"day": 1, "platform": 1, "flight": "A", "lift": one(g, &["S", "B", "D"]),
            "overrideAttempt": odd(g, &[json!(null), json!(4), json!(9), json!(-1), json!(2.5)]),
            "overrideEntryId": odd(g, &[json!(null), json!(5000), json!(1e300)])});
        Self(json!({"meet": meet(g), "registration": {"entries": entries}, "lifting": lifting}))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let Self(saved) = self.clone();
        let count = saved["registration"]["entries"].as_array().unwrap().len();
        Box::new((0..count).map(move |index| {
            let mut smaller = saved.clone();
            let entries = smaller["registration"]["entries"].as_array_mut().unwrap();
            entries.remove(index);
            Self(smaller)
        }))
    }
}

fn odd(g: &mut Gen, values: &[Value]) -> Value {
    g.choose(values).unwrap().clone()
}

fn one(g: &mut Gen, words: &[&str]) -> String {
    (*g.choose(words).unwrap()).to_owned()
}

fn weight(g: &mut Gen) -> Value {
    let doubles = [0.0, 0.0, 100.0, 102.5, -0.0, -5.0, 1e308, 5e-324];
    if bool::arbitrary(g) {
        json!(g.choose(&doubles).unwrap())
    } else {
        odd(g, &[json!(null), json!(97.5), json!(100)])
    }
}

fn meet(g: &mut Gen) -> Value {
    let mut fields = Map::new();
    let limits = odd(
        g,
        &[
            json!([]),
            json!([83, 74, null]),
            json!([59, 66, 82.5, 82]),
            json!(null),
        ],
    );
    let plate = json!({"weightKg": weight(g).as_f64().unwrap_or(1e-300), "pairCount": weight(g), "color": "#FF0000"});
    let plates = odd(
        g,
        &[
            json!([plate, {"weightKg": 25, "pairCount": 1e300}, {"weightKg": 20}]),
            json!(null),
            json!([]),
        ],
    );
    for (name, value) in [
        ("inKg", odd(g, &[json!(true), json!(false), json!(null)])),
        ("weightClassesKgMen", limits),
        ("plates", plates),
        ("squatBarAndCollarsWeightKg", weight(g)),
        (
            "platformsOnDays",
            odd(g, &[json!([1, null, -3]), json!(null)]),
        ),
        ("combineSleevesAndWraps", json!(bool::arbitrary(g))),
    ] {
        if u8::arbitrary(g) % 4 != 0 {
            fields.insert(name.to_owned(), value);
        }
    }
    Value::Object(fields)
}

fn entry(g: &mut Gen, id: usize, sane: bool) -> Value {
    let mut fields = Map::new();
    for lift in ["squat", "bench", "deadlift"] {
        let slots = if sane { 5 } else { usize::arbitrary(g) % 7 };
        let weights: Vec<Value> = (0..slots).map(|_| weight(g)).collect();
        let verdicts: Vec<Value> = (0..slots)
            .map(|_| odd(g, &[json!(-1), json!(0), json!(1), json!(null), json!(0.5)]))
            .collect();
        fields.insert(format!("{lift}Kg"), json!(weights));
        fields.insert(format!("{lift}Status"), json!(verdicts));
    }
    for (name, value) in [
        (
            "id",
            if sane {
                json!(id)
            } else {
                odd(g, &[json!(5000), json!(-3), json!(id)])
            },
        ),
        (
            "flight",
            odd(g, &[json!("A"), json!("B"), json!(""), json!("A")]),
        ),
        ("name", json!(one(g, &["Ann", "\u{FFFD}", "😀", ""]))),
        ("sex", json!(one(g, &["M", "F", "Mx", "Q"]))),
        ("equipment", json!(one(g, &["Sleeves", "Wraps", "Rope"]))),
        (
            "divisions",
            odd(
                g,
                &[
                    json!([]),
                    json!(["Open", "Open"]),
                    json!(["Open", "Juniors"]),
                    json!(null),
                ],
            ),
        ),
        (
            "events",
            odd(
                g,
                &[
                    json!(["SBD"]),
                    json!(["B", "B", "nonsense", ""]),
                    json!(["DBS"]),
                    json!(null),
                ],
            ),
        ),
        (
            "lot",
            odd(g, &[json!(0), json!(1), json!(2), json!(null), json!(-1e9)]),
        ),
        ("guest", odd(g, &[json!(true), json!(false), json!(null)])),
        (
            "bodyweightKg",
            odd(
                g,
                &[json!(0), json!(82.6), json!(-3), json!(1e300), json!(null)],
            ),
        ),
        (
            "day",
            odd(g, &[json!(1), json!(1), json!(1.5), json!(null)]),
        ),
    ] {
        // An import insists on an id and on nothing else.
        if sane || name == "id" || u8::arbitrary(g) % 8 != 0 {
            fields.insert(name.to_owned(), value);
        }
    }
    if sane {
        fields.insert("day".to_owned(), json!(1));
    }
    Value::Object(fields)
}

fn views(meet: &mut Meet) -> Vec<PlatformView> {
    let lifts = Lift::ALL.map(|lift| select(1, 1, "A", lift));
    let all = [follow(1, 1), follow(2, 3)].into_iter().chain(lifts);
    all.map(|selection| platform_view(meet, &selection).unwrap())
        .collect()
}

/// Ids of the entries of day and platform 1 in this flight, ascending.
fn ids_in(saved: &Value, flight: &str) -> Vec<i64> {
    let entries = saved["registration"]["entries"].as_array().unwrap();
    let own = |entry: &&Value| {
        entry["day"].as_f64().unwrap_or(1.0) == 1.0
            && entry["flight"].as_str().unwrap_or("") == flight
    };
    let mut ids: Vec<i64> = entries
        .iter()
        .filter(own)
        .map(|entry| entry["id"].as_i64().unwrap_or(0))
        .collect();
    ids.sort_unstable();
    ids
}

#[quickcheck]
fn the_order_is_a_permutation_of_the_flight(Saved(saved): Saved) {
    for view in views(&mut open(&saved)) {
        let mut ids: Vec<i64> = view.lifters.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        let expected = if view.day == 1 {
            ids_in(&saved, &view.flight)
        } else {
            Vec::new()
        };
        assert_eq!(ids, expected);
    }
}

#[quickcheck]
fn whoever_lifts_or_lifts_next_has_called_a_weight_and_not_lifted_it(Saved(saved): Saved) {
    for view in views(&mut open(&saved)) {
        let pending = |id: i64, attempt: usize| {
            view.lifters.iter().filter(|row| row.id == id).any(|row| {
                let attempts = match view.lift {
                    Lift::S => &row.squat,
                    Lift::B => &row.bench,
                    Lift::D => &row.deadlift,
                };
                let slot = attempts.get(attempt - 1);
                slot.is_some_and(|slot| slot.kg != 0.0 && slot.status == 0)
            })
        };
        assert!((1..=5).contains(&view.attempt));
        if let (Some(current), false) = (view.current, view.overridden) {
            assert!(pending(current, view.attempt));
        }
        if let Some(next) = view.next {
            assert!(view.current.is_some());
            assert!(pending(next, view.attempt) || pending(next, view.attempt + 1));
        }
    }
}

#[quickcheck]
fn places_count_from_one_and_everybody_stands_in_each_category_once(Saved(saved): Saved) {
    let mut meet = open(&saved);
    for is_final in [true, false] {
        let results = results(&mut meet, is_final).unwrap();
        for category in &results.categories {
            assert!(!category.rows.is_empty());
            for (row, rank) in category.rows.iter().zip(1..) {
                let known = ["G", "DQ", "NS", ""].contains(&row.place.as_str());
                assert!(known || row.place == rank.to_string(), "{row:?}");
                assert!(!known || row.place != "1");
            }
            let guests = category.rows.iter().map(|row| row.place == "G");
            let first_guest = guests.clone().position(|guest| guest);
            let numbers = category
                .rows
                .iter()
                .skip(first_guest.unwrap_or(category.rows.len()));
            assert!(
                numbers
                    .into_iter()
                    .all(|row| row.place.parse::<u32>().is_err())
            );
        }
        let entries = saved["registration"]["entries"].as_array().unwrap();
        let rows: usize = results
            .categories
            .iter()
            .map(|category| category.rows.len())
            .sum();
        let expected: usize = entries
            .iter()
            .map(|entry| {
                let count = |name: &str| entry[name].as_array().map_or(0, Vec::len);
                count("divisions").max(1) * count("events")
            })
            .sum();
        assert_eq!(rows, expected);
    }
}

#[quickcheck]
fn no_number_is_infinite_or_none(Saved(saved): Saved) {
    let mut meet = open(&saved);
    let shown = json!([
        views(&mut meet),
        results(&mut meet, true).unwrap(),
        results(&mut meet, false).unwrap(),
        flight_sheet(&mut meet, &follow(1, 1)).unwrap(),
    ]);
    let nullable = BTreeSet::from(["current", "next", "loading"]);
    assert!(finite(&shown, &nullable), "{shown}");
}

/// JSON writes as null what is no number.
fn finite(value: &Value, nullable: &BTreeSet<&str>) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => items.iter().all(|item| finite(item, nullable)),
        Value::Object(members) => members.iter().all(|(name, member)| {
            (member.is_null() && nullable.contains(name.as_str())) || finite(member, nullable)
        }),
    }
}
