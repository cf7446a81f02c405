//! The results of a whole meet.

use serde::Serialize;
use spotter_model::{Meet, ModelError};

use crate::categories::{Category, categories};
use crate::entry::{Counting, Lift};
use crate::places::{final_place, shown_place};
use crate::state::State;

/// All categories of a meet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// In OpenLifter's order.
    pub categories: Vec<CategoryResults>,
}

/// Those who compete with each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryResults {
    /// `M`, `F` or `Mx`.
    pub sex: String,
    /// The event.
    pub event: String,
    /// The equipment in which they are ranked: the meet's rules may rank one kind with another.
    pub equipment: String,
    /// The division, empty for those who entered none.
    pub division: String,
    /// The weight class as it is called in the meet's unit; empty for those not weighed in.
    pub weight_class: String,
    /// The winner first, guests last.
    pub rows: Vec<ResultRow>,
}

/// A lifter in one category.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultRow {
    /// A number from 1, `G`, `DQ` or `NS`; while lifting goes on nothing, before there is a good lift.
    pub place: String,
    /// The entry's id.
    pub id: i64,
    /// The lifter's name.
    pub name: String,
    /// The team.
    pub team: String,
    /// The lifter's own equipment.
    pub equipment: String,
    /// The body weight, 0 if not weighed in.
    pub bodyweight_kg: f64,
    /// The best squat that counts, 0 if there is none or the event has no squat.
    pub best_squat_kg: f64,
    /// The best bench press that counts, likewise.
    pub best_bench_kg: f64,
    /// The best deadlift that counts, likewise.
    pub best_deadlift_kg: f64,
    /// The total of the category's event, 0 if there is none.
    pub total_kg: f64,
}

/// The results as they stand: final, or with openers not yet lifted counted as good.
///
/// # Errors
/// The meet's beginning is not here yet.
pub fn results(meet: &mut Meet, is_final: bool) -> Result<Results, ModelError> {
    let state = State::of(meet)?;
    let counting = if is_final {
        Counting::Final
    } else {
        Counting::Projected
    };
    Ok(tabulate(&state, counting))
}

pub(crate) fn tabulate(state: &State, counting: Counting) -> Results {
    let categories = categories(state, counting);
    let tables = categories
        .iter()
        .map(|category| category_results(state, category, counting));
    Results {
        categories: tables.collect(),
    }
}

fn category_results(state: &State, category: &Category<'_>, counting: Counting) -> CategoryResults {
    let ranked = category.ranked.iter().enumerate();
    CategoryResults {
        sex: category.sex.to_owned(),
        event: category.event.to_owned(),
        equipment: category.equipment.to_owned(),
        division: category.division.to_owned(),
        weight_class: category.class.text(state.in_kg),
        rows: ranked
            .map(|(rank, &index)| result_row(state, category.event, index, rank, counting))
            .collect(),
    }
}

fn result_row(
    state: &State,
    event: &str,
    index: usize,
    rank: usize,
    counting: Counting,
) -> ResultRow {
    let entry = &state.entries[index];
    let best = |lift: Lift| {
        if lift.is_in(event) {
            entry.best_kg(lift)
        } else {
            0.0
        }
    };
    ResultRow {
        place: match counting {
            Counting::Final => final_place(entry, event, rank),
            Counting::Projected => shown_place(entry, event, rank),
        },
        id: entry.id,
        name: entry.name.clone(),
        team: entry.team.clone(),
        equipment: entry.equipment.clone(),
        bodyweight_kg: entry.bodyweight_kg,
        best_squat_kg: best(Lift::S),
        best_bench_kg: best(Lift::B),
        best_deadlift_kg: best(Lift::D),
        total_kg: entry.total_kg(event, counting),
    }
}
