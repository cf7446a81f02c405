//! The examples in `golden`, which readers in other languages are tried with, and `schema.json`, which describes them.
//!
//! `UPDATE_GOLDEN=1` writes the examples anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spotter_display::{Order, ReaderId, Rule};

use crate::meets::{SCREEN, display, open, set, small};
use crate::schema::Schema;

/// Every example, with the part of the schema that describes it.
fn examples() -> Vec<(&'static str, &'static str, Value)> {
    let mut meet = open(&small());
    let mut display = display();
    let now = |step: u64| 1_763_651_045_000 + 1_000 * step;
    let (overlap, checking) = (ReaderId(1), ReaderId(2));
    let mut examples = Vec::new();
    let (snapshot, _) = display.snapshot(&mut meet, SCREEN, now(2)).unwrap();
    examples.push((
        "snapshot",
        "Snapshot",
        serde_json::to_value(snapshot).unwrap(),
    ));
    let opening = display
        .open(&mut meet, overlap, (SCREEN, Rule::Overlap), now(3))
        .unwrap();
    examples.push(("frame.first-of-a-run", "Frame", only(opening, overlap)));
    let nothing = display
        .open(&mut meet, checking, (SCREEN, Rule::VersionCheck), now(3))
        .unwrap();
    assert_eq!(nothing, []);
    let check = json!({"source": "browser", "action": "version_check", "data": {"version": null}});
    let answer = display.heard(checking, &check.to_string());
    examples.push(("version_check", "VersionCheck", check));
    examples.push(("all_lifters", "AllLifters", only(answer, checking)));

    set(&mut meet, "entries.5001.squat.1", "80 good");
    let orders = display.changed(&mut meet, now(4));
    examples.push(("frame.good-lift", "Frame", only(orders.clone(), overlap)));
    examples.push(("update_lifters", "UpdateLifters", only(orders, checking)));

    set(&mut meet, "entries.5000.team", "South");
    examples.push((
        "frame.one-row",
        "Frame",
        only(display.changed(&mut meet, now(5)), overlap),
    ));

    set(&mut meet, "entries.5002.flight", "A");
    set(&mut meet, "entries.5000.flight", "B");
    let orders = display.changed(&mut meet, now(6));
    examples.push(("frame.create-and-destroy", "Frame", only(orders, overlap)));

    set(&mut meet, "entries.5001.flight", "B");
    set(&mut meet, "entries.5002.flight", "B");
    let orders = display.changed(&mut meet, now(7));
    examples.push(("frame.nobody-left", "Frame", only(orders, overlap)));

    let signs = display.signs_of_life();
    examples.push((
        "update_lifters.sign-of-life",
        "UpdateLifters",
        only(signs, checking),
    ));
    examples
}

/// The one message that a reader is sent.
fn only(orders: impl IntoIterator<Item = Order>, to: ReaderId) -> Value {
    let mut texts = orders.into_iter().filter_map(|order| match order {
        Order::Send { reader, text } => (reader == to).then_some(text),
        Order::Close { why, .. } => panic!("{why}"),
    });
    let text = texts.next().expect("a message");
    assert_eq!(texts.next(), None);
    serde_json::from_str(&text).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

#[test]
fn the_feed_says_what_the_examples_say() {
    let mut names = BTreeSet::new();
    for (name, _, message) in examples() {
        let file = folder().join(format!("{name}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&message).unwrap());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "{name}");
        names.insert(format!("{name}.json"));
    }
    let there = std::fs::read_dir(folder()).unwrap();
    let there: BTreeSet<String> = there
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names, "every example is made by this test");
}

#[test]
fn the_schema_describes_every_example_by_name() {
    let schema = Schema::load();
    for (name, definition, message) in examples() {
        schema
            .check(definition, &message)
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        let described = schema.any(&message);
        assert!(
            described.contains(&definition.to_owned()),
            "{name} is {described:?}"
        );
        assert_eq!(described.len(), 1, "{name} is {described:?}");
    }
}

#[test]
fn the_schema_describes_nothing_else() {
    let schema = Schema::load();
    for (name, definition, message) in examples() {
        for broken in broken(&message) {
            assert!(
                schema.check(definition, &broken).is_err(),
                "{name}: {broken}"
            );
        }
    }
}

#[test]
fn the_schema_knows_the_places_that_the_feed_tells_and_no_others() {
    let schema = Schema::load();
    let place_is = |place: &str| {
        let text = std::fs::read_to_string(folder().join("snapshot.json")).unwrap();
        let mut message: Value = serde_json::from_str(&text).unwrap();
        message["lifters"][0]["places"][0]["place"] = json!(place);
        schema.check("Snapshot", &message)
    };
    for place in ["", "1", "10", "G", "DQ"] {
        assert_eq!(place_is(place), Ok(()));
    }
    for place in ["NS", "0", "01", "1st"] {
        assert!(place_is(place).is_err(), "{place}");
    }
}

/// A message with one field less, with one more, and with one of another kind, at every place.
fn broken(message: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let Value::Object(fields) = message else {
        return all;
    };
    let mut more = fields.clone();
    more.insert("birthDate".to_owned(), json!("1999-03-02"));
    all.push(Value::Object(more));
    for (key, value) in fields {
        let mut with = |value: Option<Value>| {
            let mut other = fields.clone();
            match value {
                Some(value) => other.insert(key.clone(), value),
                None => other.remove(key),
            };
            all.push(Value::Object(other));
        };
        // What may be left out is left out of another example.
        if key != "platform" || fields.contains_key("requestedAt") {
            with(None);
        }
        with(Some(json!({"no": "such"})));
        let inside = match value {
            Value::Array(list) => list
                .first()
                .map(|first| broken(first).into_iter().map(|one| json!([one])).collect()),
            Value::Object(_) => Some(broken(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        for one in inside.unwrap_or_default() {
            with(Some(one));
        }
    }
    all
}
