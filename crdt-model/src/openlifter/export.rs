//! Writing a saved meet.

use serde_json::{Map, Value};

use super::content::{Content, Frame, number_in, withdrawn};
use super::selector::{Screen, selector_fields};
use super::slices::{write_entry, write_meet};
use crate::json::number_value;

/// Writes OpenLifter's saved file: the frame as it was read, with the meet's registers put back in.
///
/// `screen` is the day and platform that the file opens at; without one, those it was imported with.
pub(crate) fn write_saved(content: &Content, screen: Option<Screen>) -> Value {
    let mut slices = members(content.frame.file.clone());
    slices.insert("meet".to_owned(), Value::Object(write_meet(&content.meet)));
    let ids = content.entries.iter();
    let ids = ids.filter_map(|entry| number_in(entry, "id"));
    let shown = content.entries.iter().filter(|entry| !withdrawn(entry));
    let entries = shown.map(|entry| Value::Object(write_entry(entry)));
    let registration = write_registration(&content.frame, ids, entries.collect());
    slices.insert("registration".to_owned(), registration);
    if let Some(Value::Object(lifting)) = slices.get_mut("lifting") {
        write_lifting(content, screen, lifting);
    }
    Value::Object(slices)
}

/// The members of an object. Another program may have written something else in the frame: it counts for nothing.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// The slice `registration` of these entries, where `ids` are those of all entries, withdrawn ones included.
pub(crate) fn write_registration(
    frame: &Frame,
    ids: impl Iterator<Item = f64>,
    entries: Vec<Value>,
) -> Value {
    let slice = frame.file.get("registration");
    let mut registration = members(slice.cloned().unwrap_or_default());
    if let Some(next) = registration.get_mut("nextEntryId") {
        *next = next_entry_id(frame, ids, next);
    }
    if let Some(lookup) = registration.get_mut("lookup") {
        *lookup = Value::Object(lookup_of(&entries));
    }
    registration.insert("entries".to_owned(), Value::Array(entries));
    Value::Object(registration)
}

/// The imported number while no entry has reached it, else one more than the largest id.
fn next_entry_id(frame: &Frame, ids: impl Iterator<Item = f64>, imported: &Value) -> Value {
    let largest = ids.fold(f64::MIN, f64::max);
    let unused = |next: f64| largest < next || frame.largest_id.is_some_and(|id| largest <= id);
    if imported.as_f64().is_none_or(unused) {
        imported.clone()
    } else {
        number_value(largest + 1.0)
    }
}

/// Where each id stands in the list, in JavaScript's order of keys: whole numbers ascending, then the rest.
fn lookup_of(entries: &[Value]) -> Map<String, Value> {
    let ids = entries
        .iter()
        .map(|entry| entry.get("id").and_then(Value::as_i64));
    let mut places: Vec<(i64, usize)> = ids
        .zip(0..)
        .filter_map(|(id, place)| Some((id?, place)))
        .collect();
    places.sort_by_key(|(id, place)| (*id < 0, if *id < 0 { 0 } else { *id }, *place));
    let keyed = places
        .into_iter()
        .map(|(id, place)| (id.to_string(), Value::from(place)));
    keyed.collect()
}

fn write_lifting(content: &Content, screen: Option<Screen>, lifting: &mut Map<String, Value>) {
    if let Some(screen) = screen {
        lifting.insert("day".to_owned(), Value::from(screen.day));
        lifting.insert("platform".to_owned(), Value::from(screen.platform));
    }
    let selector = content.lifting.get(&Screen::of(lifting).key());
    let fields = match (selector, screen) {
        (None, Some(_)) => first_flight(),
        (Some(_), _) | (None, None) => selector_fields(selector),
    };
    lifting.extend(fields);
}

/// What OpenLifter shows of a platform that has not begun.
fn first_flight() -> Map<String, Value> {
    let fields = [
        ("flight", Value::from("A")),
        ("lift", Value::from("S")),
        ("overrideAttempt", Value::Null),
        ("overrideEntryId", Value::Null),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}
