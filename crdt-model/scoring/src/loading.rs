//! What goes on the bar.

use serde::Serialize;

use crate::sort::{compare_numbers, sort};
use crate::state::Plate;
use crate::units::{display_weight, labelled, to_kg};

/// No bar holds more pairs; a count beyond it is a slip.
const PAIRS_MAX: usize = 100;

/// How to load a bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loading {
    /// The weight that is called.
    pub target_kg: f64,
    /// Bar and collars.
    pub bar_kg: f64,
    /// From the inside outwards, the same on each side.
    pub plates: Vec<LoadedPlates>,
    /// What the plates cannot make up, both sides together; 0 if nothing is missing.
    pub short_kg: f64,
    /// The weight that is called, in the meet's unit.
    pub shown: String,
}

/// Plates of one kind on each side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadedPlates {
    /// The weight of one plate.
    pub kg: f64,
    /// The weight of one plate, in the meet's unit.
    pub shown: String,
    /// Its colour, as `#RRGGBB`.
    pub color: String,
    /// How many go on each side.
    pub pairs: usize,
}

/// Loads the heaviest plates first, as many as there are.
pub(crate) fn load(target_kg: f64, bar_kg: f64, plates: &[Plate], in_kg: bool) -> Loading {
    let mut sorted: Vec<(f64, &Plate)> = plates
        .iter()
        .map(|plate| (labelled(plate.kg, in_kg), plate))
        .collect();
    sort(&mut sorted, &|a, b| compare_numbers(b.0, a.0));
    let mut side = (labelled(target_kg, in_kg) - labelled(bar_kg, in_kg)) / 2.0;
    let mut left = PAIRS_MAX;
    let mut loaded = Vec::new();
    for (weight, plate) in sorted {
        let mut pairs = 0;
        let mut there = plate.pairs;
        while weight > 0.0 && there > 0.0 && weight <= side && left > 0 {
            (pairs, there, left) = (pairs + 1, there - 1.0, left - 1);
            side -= weight;
        }
        if pairs > 0 {
            loaded.push(LoadedPlates {
                kg: plate.kg,
                shown: display_weight(weight, true),
                color: plate.color.clone(),
                pairs,
            });
        }
    }
    Loading {
        target_kg,
        bar_kg,
        plates: loaded,
        short_kg: missing_kg(side, in_kg),
        shown: display_weight(target_kg, in_kg),
    }
}

/// What subtracting leaves behind in the last digits is nothing that anybody misses.
fn missing_kg(side: f64, in_kg: bool) -> f64 {
    let both = to_kg(side * 2.0, in_kg);
    if side > 0.0 && display_weight(both, true) != "0" {
        both
    } else {
        0.0
    }
}
