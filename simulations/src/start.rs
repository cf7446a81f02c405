//! The meet as it is before anybody edits: OpenLifter's saved file of what the plan begins with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use spotter_model::{
    ActorId, Author, Edit, LocationName, Meet, ModelError, Path, Pen, Priority, Seen,
};
use spotter_sim_plan::Plan;

use crate::book::{Book, entry_of};

/// The day on which every world takes place.
const DATE: &str = "2026-11-20";

/// Seconds since 1970, when every world begins.
pub(crate) const BEGINS_AT: i64 = 1_795_000_000;

/// The saved file of the plan's start; none if the plan's values make no meet.
pub(crate) fn saved_file(plan: &Plan, book: &Book) -> Option<String> {
    let mut starting = Starting::new()?;
    let paths = plan.start.iter().filter_map(|(register, value)| {
        let path = book.path(register)?.clone();
        Some((path, value))
    });
    let values: BTreeMap<Path, &Value> = paths.collect();
    let ids: BTreeSet<i64> = values.keys().filter_map(entry_of).collect();
    for id in ids {
        let fields = Map::from_iter([("id".to_owned(), json!(id))]);
        starting.write(&Edit::add_entry(fields).ok()?).ok()?;
    }
    let mut by_entry: BTreeMap<Option<i64>, Vec<(Path, &Value)>> = BTreeMap::new();
    for (path, value) in values {
        by_entry
            .entry(entry_of(&path))
            .or_default()
            .push((path, value));
    }
    for puts in by_entry.into_values() {
        // What does not fit its register is not there at the start.
        if !starting.write_all(&puts) {
            for put in puts {
                starting.write_all(&[put]);
            }
        }
    }
    Some(starting.meet.export(None).ok()?.to_string())
}

struct Starting {
    meet: Meet,
    pen: Pen,
}

impl Starting {
    fn new() -> Option<Self> {
        let pen = Pen {
            actor: ActorId::new([1; 8]),
            author: Author {
                location: LocationName::parse("start").ok()?,
                priority: Priority::new(0).ok()?,
            },
        };
        let meet = Meet::empty_draft(DATE, &pen, [1; 16], BEGINS_AT).ok()?;
        Some(Self { meet, pen })
    }

    /// Writes values as one edit, and answers whether all of them fit.
    fn write_all(&mut self, puts: &[(Path, &Value)]) -> bool {
        let edit = Edit::set_all(puts.iter().cloned());
        edit.is_ok_and(|edit| self.write(&edit).is_ok())
    }

    fn write(&mut self, edit: &Edit) -> Result<(), ModelError> {
        let written = self
            .meet
            .edit(&self.pen, edit, BEGINS_AT, None, Seen::Unchecked);
        written.map(drop)
    }
}
