//! Laws about saved meets of every kind: import and export are inverse, whatever a fork or a careless hand wrote.

use quickcheck::{Arbitrary, Gen, TestResult};
use quickcheck_macros::quickcheck;
use serde_json::{Map, Value, json};
use spotter_model::{Document, Edit, Meet, NewOps, ObjectId, Scalar, Seen, Target, json_text};

use crate::desk::{Desk, exchange, file};

/// A saved meet that nobody thought of.
#[derive(Clone, Debug)]
struct Saved(Value);

impl Arbitrary for Saved {
    fn arbitrary(g: &mut Gen) -> Self {
        let count = usize::arbitrary(g) % 8;
        let entries: Vec<Value> = (0..count).map(|index| entry(g, 5000 + index)).collect();
        let lookup: Map<String, Value> = (0..count)
            .map(|index| ((5000 + index).to_string(), json!(index)))
            .collect();
        let mut saved = json!({"versions": {"stateVersion": "0"}, "language": "en", "meet": meet(g),
            "registration": {"nextEntryId": 5000 + usize::arbitrary(g) % 20, "entries": entries, "lookup": lookup},
            "lifting": lifting(g), "_persist": {"version": -1, "rehydrated": true}});
        let slices = saved.as_object_mut().unwrap();
        for slice in ["versions", "language", "lifting", "_persist"] {
            if one_in(g, 5) {
                slices.shift_remove(slice);
            }
        }
        add_unknown(g, slices);
        Self(saved)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let smaller = smaller(&self.0).into_iter();
        let whole = |saved: &Value| {
            saved["meet"].is_object() && saved["registration"]["entries"].is_array()
        };
        Box::new(smaller.filter(whole).map(Self))
    }
}

/// Every value with one member or item less.
fn smaller(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => {
            let names: Vec<&String> = members.keys().collect();
            let without = names.iter().map(|name| {
                let mut rest = members.clone();
                rest.shift_remove(name.as_str());
                Value::Object(rest)
            });
            let within = names.iter().flat_map(|name| {
                smaller(&members[name.as_str()]).into_iter().map(|small| {
                    let mut rest = members.clone();
                    rest[name.as_str()] = small;
                    Value::Object(rest)
                })
            });
            without.chain(within).collect()
        }
        Value::Array(items) => (0..items.len())
            .map(|index| {
                let mut rest = items.clone();
                rest.remove(index);
                Value::Array(rest)
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn one_in(g: &mut Gen, chances: u8) -> bool {
    u8::arbitrary(g) % chances == 0
}

fn text(g: &mut Gen) -> Value {
    let odd = [
        "",
        "\0",
        "\0-",
        "@0011223344556677.1",
        "Zoë",
        "Zoe\u{308}",
        "😀\u{200d}",
        "\u{2028}",
        "null",
        "[1]",
    ];
    match u8::arbitrary(g) % 3 {
        0 => json!(g.choose(&odd)),
        1 => json!(String::arbitrary(g)),
        _ => Value::Null,
    }
}

/// Numbers as JavaScript has them, the unpleasant ones included.
fn number(g: &mut Gen) -> Value {
    let odd = [
        0.0,
        -0.0,
        1e21,
        1e-7,
        5e-324,
        f64::MAX,
        9_007_199_254_740_993.0,
        350.0 / 2.204_622_62,
        -7.0,
    ];
    match u8::arbitrary(g) % 4 {
        0 => double(*g.choose(&odd).unwrap()),
        1 => double(f64::from(u16::arbitrary(g)) / 2.204_622_62),
        2 => Value::Null,
        _ => json!(u16::arbitrary(g)),
    }
}

/// A double as JSON text and back: a file never holds `2.0` for JavaScript's `2`.
fn double(number: f64) -> Value {
    serde_json::from_str(&json_text(&json!(number))).unwrap()
}

fn list(g: &mut Gen, length: usize, item: fn(&mut Gen) -> Value) -> Value {
    if one_in(g, 8) {
        return Value::Null;
    }
    let length = if one_in(g, 4) {
        usize::arbitrary(g) % 7
    } else {
        length
    };
    (0..length).map(|_| item(g)).collect()
}

fn entry(g: &mut Gen, id: usize) -> Value {
    let mut entry = Map::new();
    entry.insert("id".to_owned(), json!(id));
    for name in [
        "flight",
        "name",
        "sex",
        "birthDate",
        "team",
        "notes",
        "instagram",
    ] {
        entry.insert(name.to_owned(), text(g));
    }
    for name in ["day", "platform", "age", "lot", "bodyweightKg"] {
        entry.insert(name.to_owned(), number(g));
    }
    for name in ["divisions", "events"] {
        entry.insert(name.to_owned(), list(g, 2, |g| json!(String::arbitrary(g))));
    }
    for name in [
        "squatKg",
        "benchKg",
        "deadliftKg",
        "squatStatus",
        "benchStatus",
        "deadliftStatus",
    ] {
        entry.insert(name.to_owned(), list(g, 5, number));
    }
    entry.insert("paid".to_owned(), json!(bool::arbitrary(g)));
    entry.retain(|name, _| name == "id" || !one_in(g, 6));
    add_unknown(g, &mut entry);
    Value::Object(entry)
}

fn meet(g: &mut Gen) -> Value {
    let mut meet = Map::new();
    for name in ["name", "country", "date", "formula"] {
        meet.insert(name.to_owned(), text(g));
    }
    for name in ["lengthDays", "squatBarAndCollarsWeightKg"] {
        meet.insert(name.to_owned(), number(g));
    }
    meet.insert("inKg".to_owned(), json!(bool::arbitrary(g)));
    meet.insert("platformsOnDays".to_owned(), list(g, 2, number));
    meet.insert(
        "divisions".to_owned(),
        list(g, 2, |g| json!(String::arbitrary(g))),
    );
    meet.insert("weightClassesKgMen".to_owned(), list(g, 3, number));
    meet.insert("plates".to_owned(), list(g, 4, plate));
    meet.retain(|_, _| !one_in(g, 6));
    add_unknown(g, &mut meet);
    Value::Object(meet)
}

fn plate(g: &mut Gen) -> Value {
    let weight = double(f64::from(u8::arbitrary(g) % 4) / 2.204_622_62);
    let mut plate = json!({"weightKg": weight, "pairCount": number(g), "color": text(g)});
    add_unknown(g, plate.as_object_mut().unwrap());
    plate
}

fn lifting(g: &mut Gen) -> Value {
    let mut lifting = Map::new();
    for name in [
        "day",
        "platform",
        "overrideAttempt",
        "overrideEntryId",
        "columnDivisionWidthPx",
    ] {
        lifting.insert(name.to_owned(), number(g));
    }
    for name in ["flight", "lift"] {
        lifting.insert(name.to_owned(), text(g));
    }
    lifting.retain(|_, _| !one_in(g, 6));
    add_unknown(g, &mut lifting);
    Value::Object(lifting)
}

fn add_unknown(g: &mut Gen, object: &mut Map<String, Value>) {
    let names = [
        "order",
        "deleted",
        "squat.1",
        "squat.shape",
        "plates.25",
        "~name",
        "^",
        "@x",
        "%0.0",
        "",
        "pronouns",
    ];
    for _ in 0..u8::arbitrary(g) % 3 {
        let name = (*g.choose(&names).unwrap()).to_owned();
        object.insert(name, json!({"deep": [number(g), {"text": text(g)}]}));
    }
    if one_in(g, 6) {
        object.insert("long".repeat(80), text(g));
    }
    if one_in(g, 20) {
        object.insert("much".to_owned(), json!("ß".repeat(9_000)));
    }
}

fn pen() -> spotter_model::Pen {
    Desk::pen("Desk", 1, 10)
}

fn import(saved: &Value) -> Meet {
    Meet::import(&json_text(saved), &pen(), [1; 16], 0).unwrap()
}

#[quickcheck]
fn import_and_export_are_inverse(Saved(saved): Saved) -> bool {
    let mut meet = import(&saved);
    let exported: Value = serde_json::from_str(&file(&mut meet)).unwrap();
    exact(&exported) == exact(&saved)
}

/// The value's text with its keys in order: equal for equal bits.
fn exact(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut texts: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", exact(value)))
                .collect();
            texts.sort_unstable();
            format!("{{{}}}", texts.join(","))
        }
        Value::Array(items) => items.iter().map(exact).collect::<Vec<_>>().join(";"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json_text(value),
    }
}

#[quickcheck]
fn going_live_changes_nothing_that_is_shown(Saved(saved): Saved) -> bool {
    let mut draft = import(&saved);
    let mut live = draft.reborn(&Desk::pen("Desk", 2, 10), [2; 16], 5).unwrap();
    file(&mut live) == file(&mut draft)
}

#[quickcheck]
fn whoever_receives_the_changes_in_any_order_exports_the_same_file(
    Saved(saved): Saved,
    order: Vec<usize>,
) -> bool {
    let mut meet = import(&saved);
    let mut changes: Vec<_> = meet.changes().collect();
    for (index, other) in order.into_iter().enumerate() {
        let length = changes.len();
        changes.swap(index % length, other % length);
    }
    let mut copy = Meet::open(meet.root());
    while !meet.heads().iter().all(|head| copy.contains(head)) {
        copy.receive(&changes);
    }
    file(&mut copy) == file(&mut meet) && copy.entries() == meet.entries()
}

#[quickcheck]
fn an_export_imports_as_the_same_meet_after_edits_in_two_places(
    Saved(saved): Saved,
    edits: Vec<(bool, u8, f64)>,
) -> TestResult {
    let mut one = Desk::import(&json_text(&saved), "Jury", 20);
    let mut other = one.join("Platform", 10);
    for (here, what, number) in edits.into_iter().filter(|edit| edit.2.is_finite()).take(12) {
        let desk = if here { &mut one } else { &mut other };
        let ids: Vec<i64> = desk
            .meet
            .entries()
            .iter()
            .filter_map(|entry| entry.id)
            .collect();
        let edit = match (what % 4, ids.get(usize::from(what) / 4 % ids.len().max(1))) {
            (0, _) | (_, None) => Edit::add_entry(Map::new()).unwrap(),
            (1, Some(id)) => set(&format!("entries.{id}.bodyweightKg"), &double(number)),
            (2, Some(id)) => set(
                &format!("entries.{id}.bench.5"),
                &json!([double(number.abs()), 1]),
            ),
            (_, Some(_)) => set("meet.lengthDays", &json!(what % 9)),
        };
        desk.try_edit(&edit, Seen::Unchecked).unwrap();
        if what % 8 == 0 {
            exchange(&mut one, &mut other);
        }
    }
    exchange(&mut one, &mut other);
    let exported = file(&mut one.meet);
    if exported != file(&mut other.meet) {
        return TestResult::error("the two export different files");
    }
    let again = Meet::import(&exported, &pen(), [4; 16], 0);
    TestResult::from_bool(file(&mut again.unwrap()) == exported)
}

/// A member's program may write anything that admission lets through. Nothing of it may take a replica down.
#[quickcheck]
fn whatever_a_member_writes_can_be_read_told_and_exported(
    Saved(saved): Saved,
    writes: Vec<(u8, u8, u8, f64)>,
) -> bool {
    let mut desk = Desk::import(&json_text(&saved), "Desk", 10);
    let changes: Vec<_> = desk.meet.changes().collect();
    let mut stranger = Document::new(desk.meet.root());
    stranger.receive(&changes);
    let objects = objects(&stranger);
    for (object, key, value, number) in writes.into_iter().take(20) {
        let target = Target::Object(objects[usize::from(object) % objects.len()]);
        let mut ops = NewOps::new();
        if value == 0 {
            ops.make(target);
        } else {
            ops.set(
                target,
                ODD_KEYS[usize::from(key) % ODD_KEYS.len()],
                odd_scalar(value, number),
            );
        }
        let Ok((change, _)) = stranger.write(&Desk::pen("Stranger", 3, 30), &ops, 0, None) else {
            continue;
        };
        desk.meet.receive(&[change]);
    }
    let exported: Value = serde_json::from_str(&file(&mut desk.meet)).unwrap();
    let told = desk.events().len() + desk.meet.entries().len() + desk.meet.conflicts().len();
    let added = desk.try_edit(&Edit::add_entry(Map::new()).unwrap(), Seen::Unchecked);
    exported["registration"]["entries"].is_array() && told < 10_000 && added.is_ok()
}

const ODD_KEYS: &[&str] = &[
    "id",
    "order",
    "deleted",
    "name",
    "squat.1",
    "squat.shape",
    "squat.x",
    "plates",
    "plates.25",
    "platformsOnDays.3",
    "platformsOnDays.0",
    "1.1",
    "0.0",
    "frame",
    "largestId",
    "~x",
    "^",
    "%0.0",
    "format",
    "day",
];

fn odd_scalar(which: u8, number: f64) -> Scalar {
    let texts = [
        "",
        "[",
        "{}",
        "[1,2]",
        "\0-",
        "\0#",
        "\0#00.9999999999",
        "\0=x",
        "\0?",
        "[[]]",
        "{\"registration\":1}",
    ];
    match which % 4 {
        0 => Scalar::Null,
        1 => Scalar::Bool(which > 99),
        2 => Scalar::Number(number),
        _ => Scalar::from(texts[usize::from(which) / 4 % texts.len()]),
    }
}

/// The root, its containers and all entries.
fn objects(document: &Document) -> Vec<ObjectId> {
    let containers = document
        .maps(&ObjectId::Root)
        .into_iter()
        .map(|(_, object)| object);
    let mut objects: Vec<ObjectId> = std::iter::once(ObjectId::Root).chain(containers).collect();
    for container in objects.clone() {
        objects.extend(
            document
                .maps(&container)
                .into_iter()
                .map(|(_, object)| object),
        );
    }
    objects
}

fn set(path: &str, value: &Value) -> Edit {
    Edit::set(path.parse().unwrap(), value).unwrap()
}
