//! What a score table, a scoreboard or an overlay shows of one day and platform.

use serde::{Deserialize, Serialize};
use spotter_model::{Meet, ModelError};

use crate::categories::{Category, categories, class_of};
use crate::entry::{Counting, Entry, Lift};
use crate::loading::{Loading, load};
use crate::order::lifting_order;
use crate::places::{Place, shown_place};
use crate::sort::compare_texts;
use crate::state::{Selector, State};
use crate::units::display_weight;

/// Which flight and lift to look at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// The day, from 1.
    pub day: u16,
    /// The platform, from 1.
    pub platform: u16,
    /// The flight; without it, the one that the platform is at.
    #[serde(default)]
    pub flight: Option<String>,
    /// The lift; without it, the one that the platform is at.
    #[serde(default)]
    pub lift: Option<Lift>,
}

/// One flight of one day and platform. It says nothing of a lifter that is not for the public.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformView {
    /// The meet.
    pub meet: MeetView,
    /// The day, from 1.
    pub day: u16,
    /// The platform, from 1.
    pub platform: u16,
    /// The flight.
    pub flight: String,
    /// The lift.
    pub lift: Lift,
    /// The flights of this day and platform that have lifters, sorted.
    pub flights: Vec<String>,
    /// The active attempt, from 1.
    pub attempt: usize,
    /// Whether somebody has chosen the attempt or the lifter out of turn.
    pub overridden: bool,
    /// Whether totals and places count openers not yet lifted. OpenLifter's do, until the second deadlifts.
    pub projected: bool,
    /// The id of whoever lifts; nobody if the flight is complete.
    pub current: Option<i64>,
    /// The id of whoever lifts next, if anybody does.
    pub next: Option<i64>,
    /// The bar of whoever lifts.
    pub loading: Option<Loading>,
    /// The flight in lifting order.
    pub lifters: Vec<LifterRow>,
}

/// What every display of a meet shows of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeetView {
    /// Its name.
    pub name: String,
    /// Its first day, `YYYY-MM-DD`.
    pub date: String,
    /// Whether weights are shown in kilograms.
    pub in_kg: bool,
    /// How many days it lasts.
    pub length_days: f64,
    /// How many platforms each day has; there may be more days than the meet lasts.
    pub platforms_on_days: Vec<f64>,
    /// Whether fourth attempts are offered.
    #[serde(rename = "allow4thAttempts")]
    pub allow_4th_attempts: bool,
}

/// A lifter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LifterRow {
    /// The entry's id.
    pub id: i64,
    /// The lifter's name.
    pub name: String,
    /// `M`, `F` or `Mx`.
    pub sex: String,
    /// The lifter's own equipment.
    pub equipment: String,
    /// The flight.
    pub flight: String,
    /// The lot, 0 if there is none.
    pub lot: f64,
    /// The team.
    pub team: String,
    /// The divisions entered.
    pub divisions: Vec<String>,
    /// The events entered.
    pub events: Vec<String>,
    /// Whether the lifter takes no place.
    pub guest: bool,
    /// The body weight, 0 if not weighed in.
    pub bodyweight_kg: f64,
    /// The weight class as it is called in the meet's unit; nothing before the weigh-in.
    pub weight_class: String,
    /// For the loaders, at the squat.
    pub squat_rack_info: String,
    /// For the loaders, at the bench.
    pub bench_rack_info: String,
    /// The attempts at the squat.
    pub squat: Vec<Attempt>,
    /// The attempts at the bench press.
    pub bench: Vec<Attempt>,
    /// The attempts at the deadlift.
    pub deadlift: Vec<Attempt>,
    /// The best squat that counts, 0 if there is none.
    pub best_squat_kg: f64,
    /// The best bench press that counts, 0 if there is none.
    pub best_bench_kg: f64,
    /// The best deadlift that counts, 0 if there is none.
    pub best_deadlift_kg: f64,
    /// The total in the first of the places, 0 if there is none; of somebody without events, that of all three lifts.
    pub total_kg: f64,
    /// The places, one for each event and division. A table with one place in a row shows the first: that in the first
    /// division entered and, if there are several events, in the one that comes first in OpenLifter's order.
    pub places: Vec<Place>,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// The weight, 0 if none was called.
    pub kg: f64,
    /// 1 good, -1 no lift, 0 not yet lifted.
    pub status: i8,
    /// The weight in the meet's unit; nothing if none was called.
    pub shown: String,
}

/// Looks at one day and platform.
///
/// # Errors
/// The meet's beginning is not here yet.
pub fn platform_view(meet: &mut Meet, selection: &Selection) -> Result<PlatformView, ModelError> {
    let state = State::of(meet)?;
    let selector = Selector::of(meet, selection.day, selection.platform);
    Ok(look(&state, selection, selector))
}

/// The flight that is looked at. What was called out of turn counts only for the flight and lift it was called in.
pub(crate) fn look(state: &State, selection: &Selection, selector: Selector) -> PlatformView {
    let selector = select(selection, selector);
    let lift = selector.lift;
    let present: Vec<&Entry> = on_platform(state, selection).collect();
    let flight: Vec<&Entry> = present
        .iter()
        .copied()
        .filter(|entry| entry.flight == selector.flight)
        .collect();
    let order = lifting_order(&flight, lift, &selector);
    let projected = lift != Lift::D || order.attempt < 2;
    let counting = if projected {
        Counting::Projected
    } else {
        Counting::Final
    };
    let categories = categories(state, counting);
    let row = |&index: &usize| lifter_row(state, flight[index], counting, &categories);
    let id = |index: usize| flight[index].id;
    let called = order
        .current
        .map(|index| flight[index].slot(lift, order.attempt).kg);
    let called = called.filter(|kg| *kg != 0.0);
    PlatformView {
        meet: meet_view(state),
        day: selection.day,
        platform: selection.platform,
        flights: flights(&present),
        attempt: order.attempt,
        overridden: selector.attempt.is_some()
            || (selector.entry.is_some() && order.current.map(id) == selector.entry),
        projected,
        current: order.current.map(id),
        next: order.next.map(id),
        loading: called.map(|kg| load(kg, state.bar_kg(lift), &state.plates, state.in_kg)),
        lifters: order.order.iter().map(row).collect(),
        flight: selector.flight,
        lift,
    }
}

fn select(selection: &Selection, shared: Selector) -> Selector {
    let flight = selection
        .flight
        .clone()
        .unwrap_or_else(|| shared.flight.clone());
    let lift = selection.lift.unwrap_or(shared.lift);
    if flight == shared.flight && lift == shared.lift {
        return shared;
    }
    Selector {
        flight,
        lift,
        attempt: None,
        entry: None,
    }
}

pub(crate) fn on_platform<'a>(
    state: &'a State,
    selection: &Selection,
) -> impl Iterator<Item = &'a Entry> {
    let (day, platform) = (f64::from(selection.day), f64::from(selection.platform));
    let entries = state.entries.iter();
    entries.filter(move |entry| entry.day == day && entry.platform == platform)
}

/// The flights of these lifters, sorted.
pub(crate) fn flights(present: &[&Entry]) -> Vec<String> {
    let mut flights: Vec<String> = present.iter().map(|entry| entry.flight.clone()).collect();
    flights.sort_by(|a, b| compare_texts(a, b));
    flights.dedup();
    flights
}

pub(crate) fn meet_view(state: &State) -> MeetView {
    MeetView {
        name: state.name.clone(),
        date: state.date.clone(),
        in_kg: state.in_kg,
        length_days: state.length_days,
        platforms_on_days: state.platforms_on_days.clone(),
        allow_4th_attempts: state.allow_4th_attempts,
    }
}

fn lifter_row(
    state: &State,
    entry: &Entry,
    counting: Counting,
    categories: &[Category<'_>],
) -> LifterRow {
    let attempts = |lift| {
        let slots = entry.slots(lift).iter();
        let attempts = slots.map(|slot| Attempt {
            kg: slot.kg,
            status: slot.status,
            shown: shown_weight(slot.kg, state.in_kg),
        });
        attempts.collect()
    };
    let places = places(state, entry, categories);
    // OpenLifter's table adds up all lifts, also those of other events than the one whose place stands beside.
    let event = places.first().map_or("SBD", |first| first.event.as_str());
    LifterRow {
        id: entry.id,
        name: entry.name.clone(),
        sex: entry.sex.clone(),
        equipment: entry.equipment.clone(),
        flight: entry.flight.clone(),
        lot: entry.lot,
        team: entry.team.clone(),
        divisions: entry.divisions.clone(),
        events: entry.events.clone(),
        guest: entry.guest,
        bodyweight_kg: entry.bodyweight_kg,
        weight_class: class_of(state, entry).text(state.in_kg),
        squat_rack_info: entry.squat_rack_info.clone(),
        bench_rack_info: entry.bench_rack_info.clone(),
        squat: attempts(Lift::S),
        bench: attempts(Lift::B),
        deadlift: attempts(Lift::D),
        best_squat_kg: entry.best_kg(Lift::S),
        best_bench_kg: entry.best_kg(Lift::B),
        best_deadlift_kg: entry.best_kg(Lift::D),
        total_kg: entry.total_kg(event, counting),
        places,
    }
}

/// A weight in the meet's unit; nothing if there is none.
pub(crate) fn shown_weight(kg: f64, in_kg: bool) -> String {
    if kg == 0.0 {
        String::new()
    } else {
        display_weight(kg, in_kg)
    }
}

/// In OpenLifter's order of categories, the first division before all others: its score table shows the place in that.
fn places(state: &State, entry: &Entry, categories: &[Category<'_>]) -> Vec<Place> {
    let own = |index: &usize| std::ptr::eq(&raw const state.entries[*index], entry);
    let places = categories.iter().filter_map(|category| {
        let rank = category.ranked.iter().position(own)?;
        Some(Place {
            event: category.event.to_owned(),
            division: category.division.to_owned(),
            place: shown_place(entry, category.event, rank),
        })
    });
    let mut places: Vec<Place> = places.collect();
    let first = entry.divisions.first().map_or("", String::as_str);
    places.sort_by_key(|place| place.division != first);
    places
}
