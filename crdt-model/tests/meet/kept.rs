//! What is kept from one reading to the next is what a fresh reading would say.

use std::sync::Arc;

use serde_json::{Value, json};
use spotter_model::{Edit, EntryName, Meet, Seen};

use crate::desk::{Desk, exchange, saved_meets};

/// Reads in both ways, and compares.
#[track_caller]
fn holds(meet: &mut Meet) {
    let exported = meet.export(None).unwrap();
    assert_eq!(*meet.openlifter_meet().unwrap(), exported["meet"]);
    let entries = meet.openlifter_entries().unwrap();
    let entries: Vec<&Value> = entries.iter().map(Arc::as_ref).collect();
    assert_eq!(json!(entries), exported["registration"]["entries"]);
    let registration = meet.openlifter_registration().unwrap();
    assert_eq!(
        registration.to_string(),
        exported["registration"].to_string()
    );
}

#[test]
fn every_kind_of_edit_is_seen_at_once() {
    for saved in saved_meets() {
        let mut desk = Desk::import(&saved, "Jury", 100);
        holds(&mut desk.meet);
        let id = desk.meet.entries()[0].id.unwrap();
        let long = "n".repeat(30_000);
        for (path, value) in [
            ("meet.name".to_owned(), json!("Spring")),
            (format!("entries.{id}.squat.2"), json!([182.5, 1])),
            (format!("entries.{id}.notes"), json!(long)),
            (format!("entries.{id}.name"), json!("Zoë")),
            (
                "lifting.1.1".to_owned(),
                json!({"flight": "B", "lift": "D"}),
            ),
        ] {
            desk.set(&path, value);
            holds(&mut desk.meet);
        }
        let fields = json!({"name": "Late", "flight": "B"});
        let name = EntryName::Id(id);
        for edit in [
            Edit::add_entry(fields.as_object().unwrap().clone()).unwrap(),
            Edit::withdraw(name.clone()),
            Edit::reinstate(name),
        ] {
            desk.try_edit(&edit, Seen::Unchecked).unwrap();
            holds(&mut desk.meet);
        }
    }
}

#[test]
fn what_others_wrote_meanwhile_is_seen_at_once() {
    for saved in saved_meets() {
        let mut jury = Desk::import(&saved, "Jury", 100);
        let mut platform = jury.join("Platform 1", 10);
        holds(&mut jury.meet);
        holds(&mut platform.meet);
        let id = jury.meet.entries()[0].id.unwrap();
        let path = format!("entries.{id}.bench.1");
        jury.set(&path, json!([60, 1]));
        platform.set(&path, json!([62.5, -1]));
        platform.set("meet.city", json!("Elsewhere"));
        exchange(&mut jury, &mut platform);
        holds(&mut jury.meet);
        holds(&mut platform.meet);
    }
}
