//! How a place is written.

use serde::Serialize;

use crate::entry::{Counting, Entry};

/// A place in one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The event.
    pub event: String,
    /// The division, empty if the lifter entered none.
    pub division: String,
    /// A number from 1; `G` for a guest, `DQ` for somebody who is out, nothing before there is a good lift.
    pub place: String,
}

/// The place that is shown while lifting goes on, as OpenLifter's score table does: none before the first good lift, and
/// none while a lift has a failed opener and nothing better. Who cannot get a total any more is out.
pub(crate) fn shown_place(entry: &Entry, event: &str, rank: usize) -> String {
    if entry.is_out_of(event) && !entry.guest {
        "DQ".to_owned()
    } else if !entry.has_standing() {
        String::new()
    } else {
        place_or_guest(entry, rank)
    }
}

/// The place that goes into the results, as OpenLifter's export has it: `NS` for who never lifted an opener, `G` for a
/// guest, `DQ` for who has no total.
pub(crate) fn final_place(entry: &Entry, event: &str, rank: usize) -> String {
    if !entry.has_lifted() {
        "NS".to_owned()
    } else if !entry.guest && entry.total_kg(event, Counting::Final) == 0.0 {
        "DQ".to_owned()
    } else {
        place_or_guest(entry, rank)
    }
}

fn place_or_guest(entry: &Entry, rank: usize) -> String {
    if entry.guest {
        "G".to_owned()
    } else {
        (rank + 1).to_string()
    }
}
