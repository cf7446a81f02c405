//! Who competes with whom, and for which place.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use spotter_model::read_double;

use crate::entry::{Counting, Entry};
use crate::sort::{compare_numbers, compare_texts, sort};
use crate::state::State;
use crate::units::{class_text, display_weight};

/// Those who compete with each other, the winner first. Lifters are named by their place in the list of entries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Category<'a> {
    pub(crate) sex: &'a str,
    pub(crate) event: &'a str,
    /// That in which they are ranked: the meet's rules may rank one kind with another.
    pub(crate) equipment: &'a str,
    pub(crate) division: &'a str,
    pub(crate) class: WeightClass,
    pub(crate) ranked: Vec<usize>,
}

/// A weight class by its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WeightClass {
    /// Not weighed in, or the meet has no classes.
    None,
    /// Up to a limit.
    UpTo(f64),
    /// Beyond the last limit.
    Beyond(f64),
}

impl WeightClass {
    fn of(entry: &Entry, limits: &[f64]) -> Self {
        let Some(last) = limits.last() else {
            return Self::None;
        };
        if entry.bodyweight_kg == 0.0 {
            return Self::None;
        }
        let limit = limits.iter().find(|limit| entry.bodyweight_kg <= **limit);
        limit.map_or(Self::Beyond(*last), |limit| Self::UpTo(*limit))
    }

    /// What the class is called in the meet's unit.
    pub(crate) fn text(self, in_kg: bool) -> String {
        match self {
            Self::None => String::new(),
            Self::UpTo(limit) => class_text(limit, in_kg),
            Self::Beyond(limit) => class_text(limit, in_kg) + "+",
        }
    }

    /// OpenLifter's order looks at whole kilograms only.
    fn compare(self, other: Self) -> Ordering {
        let beyond = |class: Self| matches!(class, Self::Beyond(_));
        let whole = |class: Self| match class {
            Self::None => 0.0,
            // As displayed, which may round a limit up.
            Self::UpTo(limit) | Self::Beyond(limit) => {
                let shown = read_double(&display_weight(limit, true));
                shown.unwrap_or_default().trunc()
            }
        };
        let by_kind = beyond(self).cmp(&beyond(other));
        by_kind.then_with(|| compare_numbers(whole(self), whole(other)))
    }
}

/// The class in which a lifter competes.
pub(crate) fn class_of(state: &State, entry: &Entry) -> WeightClass {
    WeightClass::of(entry, state.classes(&entry.sex))
}

/// All categories in OpenLifter's order.
///
/// A lifter stands in one for each division and event; without divisions in one for each event, without events nowhere.
pub(crate) fn categories(state: &State, counting: Counting) -> Vec<Category<'_>> {
    let mut categories = gather(state);
    for category in &mut categories {
        let event = category.event;
        let totals: BTreeMap<usize, f64> = category
            .ranked
            .iter()
            .map(|&index| (index, state.entries[index].total_kg(event, counting)))
            .collect();
        let total = |index: usize| totals.get(&index).copied().unwrap_or_default();
        sort(&mut category.ranked, &|&a, &b| {
            let entries = [&state.entries[a], &state.entries[b]];
            compare_standing(entries, [total(a), total(b)], event)
        });
    }
    let mut order: Vec<usize> = (0..categories.len()).collect();
    sort(&mut order, &|&a, &b| {
        compare_categories(&categories[a], &categories[b])
    });
    let mut unordered: Vec<Option<Category<'_>>> = categories.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|index| unordered[index].take())
        .collect()
}

/// The categories in the order in which the list of entries leads to them, with their lifters unsorted.
fn gather(state: &State) -> Vec<Category<'_>> {
    let mut found = BTreeMap::new();
    let mut categories: Vec<Category<'_>> = Vec::new();
    for (index, entry) in state.entries.iter().enumerate() {
        let class = class_of(state, entry);
        let class_name = class.text(true);
        let equipment = ranked_equipment(state, &entry.equipment);
        let divisions: Vec<&str> = entry.divisions.iter().map(String::as_str).collect();
        let divisions = if divisions.is_empty() {
            vec![""]
        } else {
            divisions
        };
        for division in divisions {
            for event in &entry.events {
                let sex = entry.sex.as_str();
                let key = (sex, event.as_str(), equipment, division, class_name.clone());
                let place = *found.entry(key).or_insert(categories.len());
                if place == categories.len() {
                    let ranked = Vec::new();
                    categories.push(Category {
                        sex,
                        event,
                        equipment,
                        division,
                        class,
                        ranked,
                    });
                }
                categories[place].ranked.push(index);
            }
        }
    }
    categories
}

fn ranked_equipment<'a>(state: &State, equipment: &'a str) -> &'a str {
    match equipment {
        "Sleeves" if state.combine_sleeves_and_wraps => "Wraps",
        "Single-ply" if state.combine_single_and_multi => "Multi-ply",
        other => other,
    }
}

fn compare_categories(a: &Category<'_>, b: &Category<'_>) -> Ordering {
    const SEXES: &[&str] = &["F", "M", "Mx"];
    const EVENTS: &[&str] = &["SBD", "BD", "SB", "SD", "S", "B", "D"];
    const EQUIPMENT: &[&str] = &[
        "Bare",
        "Sleeves",
        "Wraps",
        "Single-ply",
        "Multi-ply",
        "Unlimited",
    ];
    let place = |list: &[&str], word: &str| list.iter().position(|known| *known == word);
    // An unknown sex comes last; other unknown words come first.
    let sex = |category: &Category<'_>| place(SEXES, category.sex).unwrap_or(SEXES.len());
    let event = |category: &Category<'_>| place(EVENTS, category.event);
    let equipment = |category: &Category<'_>| place(EQUIPMENT, category.equipment);
    sex(a)
        .cmp(&sex(b))
        .then_with(|| event(a).cmp(&event(b)))
        .then_with(|| equipment(a).cmp(&equipment(b)))
        .then_with(|| compare_texts(a.division, b.division))
        .then_with(|| a.class.compare(b.class))
}

/// Who stands before whom: guests last, the greater total, the lighter lifter, and who was there first.
fn compare_standing([a, b]: [&Entry; 2], [a_total, b_total]: [f64; 2], event: &str) -> Ordering {
    let before = a
        .guest
        .cmp(&b.guest)
        .then_with(|| compare_numbers(b_total, a_total))
        .then_with(|| compare_numbers(a.bodyweight_kg, b.bodyweight_kg));
    if before.is_ne() {
        return before;
    }
    if a_total == 0.0 {
        return compare_texts(&a.name, &b.name);
    }
    let [lift, b_lift] = [a, b].map(|entry| entry.last_good_lift(event));
    let [slot, b_slot] = [a, b].map(|entry| entry.last_good_slot(lift));
    // OpenLifter takes the slot, counted from 0, for an attempt, counted from 1.
    lift.cmp(&b_lift)
        .then_with(|| slot.cmp(&b_slot))
        .then_with(|| a.lifts_before(b, lift, slot))
}
