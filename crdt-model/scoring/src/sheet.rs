//! The flight sheet: who opens with what, for the loaders and the wall of the warm-up room.

use serde::Serialize;
use spotter_model::{Meet, ModelError};

use crate::entry::{Entry, Lift};
use crate::order::opening_order;
use crate::state::State;
use crate::view::{MeetView, Selection, flights, meet_view, on_platform, shown_weight};

/// The openers of one day and platform.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlightSheet {
    /// The meet.
    pub meet: MeetView,
    /// The day, from 1.
    pub day: u16,
    /// The platform, from 1.
    pub platform: u16,
    /// One for each flight and lift, flights first.
    pub sheets: Vec<Sheet>,
}

/// The openers of one flight at one lift.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// The flight.
    pub flight: String,
    /// The lift.
    pub lift: Lift,
    /// Those who have named an opener, in its order.
    pub lifters: Vec<Opener>,
}

/// A lifter's opener.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Opener {
    /// The entry's id.
    pub id: i64,
    /// The lifter's name.
    pub name: String,
    /// The lot, 0 if there is none.
    pub lot: f64,
    /// The opener.
    pub kg: f64,
    /// The opener, in the meet's unit.
    pub shown: String,
    /// For the loaders; the deadlift has none.
    pub rack_info: String,
}

/// The openers of a day and platform; of one flight or one lift, if the selection names it.
///
/// # Errors
/// The meet's beginning is not here yet.
pub fn flight_sheet(meet: &mut Meet, selection: &Selection) -> Result<FlightSheet, ModelError> {
    Ok(sheet(&State::of(meet)?, selection))
}

pub(crate) fn sheet(state: &State, selection: &Selection) -> FlightSheet {
    let present: Vec<&Entry> = on_platform(state, selection).collect();
    let wanted = |flight: &String| selection.flight.as_ref().is_none_or(|one| one == flight);
    let mut sheets = Vec::new();
    for name in flights(&present).into_iter().filter(wanted) {
        let flight: Vec<&Entry> = present
            .iter()
            .copied()
            .filter(|entry| entry.flight == name)
            .collect();
        let lifts = Lift::ALL.into_iter();
        for lift in lifts.filter(|lift| selection.lift.is_none_or(|one| one == *lift)) {
            let order = opening_order(&flight, lift);
            sheets.push(Sheet {
                flight: name.clone(),
                lift,
                lifters: order
                    .into_iter()
                    .map(|index| opener(flight[index], lift, state.in_kg))
                    .collect(),
            });
        }
    }
    FlightSheet {
        meet: meet_view(state),
        day: selection.day,
        platform: selection.platform,
        sheets,
    }
}

fn opener(entry: &Entry, lift: Lift, in_kg: bool) -> Opener {
    let kg = entry.slot(lift, 1).kg;
    Opener {
        id: entry.id,
        name: entry.name.clone(),
        lot: entry.lot,
        kg,
        shown: shown_weight(kg, in_kg),
        rack_info: match lift {
            Lift::S => entry.squat_rack_info.clone(),
            Lift::B => entry.bench_rack_info.clone(),
            Lift::D => String::new(),
        },
    }
}
