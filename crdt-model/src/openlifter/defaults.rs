//! What OpenLifter begins with: an empty meet, a new entry, and the plates and bars of each unit.

use serde_json::{Map, Value, json};

use super::content::Content;
use super::import::read_content;

/// Pounds in a kilogram, as OpenLifter rounds it.
pub(crate) const POUNDS_PER_KG: f64 = 2.204_622_62;

const BLACK: &str = "#000000";
const BLUE: &str = "#4990E2";
const GREEN: &str = "#2AB003";
const GREY: &str = "#575757";
const RED: &str = "#FF0000";
const YELLOW: &str = "#FFEF2A";

const KILOGRAM_PLATES: [(f64, u8, &str); 14] = [
    (50.0, 0, GREEN),
    (25.0, 8, RED),
    (20.0, 1, BLUE),
    (15.0, 1, YELLOW),
    (10.0, 1, GREEN),
    (5.0, 1, BLACK),
    (2.5, 1, BLACK),
    (2.0, 0, BLUE),
    (1.5, 0, YELLOW),
    (1.25, 1, BLACK),
    (1.0, 1, BLUE),
    (0.75, 1, RED),
    (0.5, 1, GREEN),
    (0.25, 1, BLUE),
];

const POUND_PLATES: [(f64, u8, &str); 10] = [
    (100.0, 0, GREEN),
    (55.0, 0, RED),
    (45.0, 8, GREY),
    (35.0, 0, GREY),
    (25.0, 1, GREY),
    (10.0, 2, GREY),
    (5.0, 1, GREY),
    (2.5, 1, GREY),
    (1.25, 1, GREY),
    (0.5, 2, GREY),
];

/// The fields that change with the meet's unit, at their defaults.
pub(crate) fn unit_fields(in_kg: bool) -> Map<String, Value> {
    let bar = if in_kg {
        json!(25)
    } else {
        json!(45.0 / POUNDS_PER_KG)
    };
    let mut fields = Map::new();
    fields.insert("inKg".to_owned(), Value::Bool(in_kg));
    for lift in ["squat", "bench", "deadlift"] {
        fields.insert(format!("{lift}BarAndCollarsWeightKg"), bar.clone());
    }
    fields.insert("plates".to_owned(), plates(in_kg));
    fields
}

fn plates(in_kg: bool) -> Value {
    let plate = |weight: f64, (_, pairs, color): &(f64, u8, &str)| json!({"weightKg": crate::json::number_value(weight), "pairCount": pairs, "color": color});
    if in_kg {
        KILOGRAM_PLATES
            .iter()
            .map(|row| plate(row.0, row))
            .collect()
    } else {
        POUND_PLATES
            .iter()
            .map(|row| plate(row.0 / POUNDS_PER_KG, row))
            .collect()
    }
}

/// A meet in which nothing has been entered, dated on the given day (`YYYY-MM-DD`).
pub(crate) fn empty_meet(date: &str) -> Content {
    let mut meet = Map::new();
    for name in ["name", "country", "state", "city", "federation"] {
        meet.insert(name.to_owned(), json!(""));
    }
    let rest = json!({
        "date": date, "lengthDays": 1, "platformsOnDays": [1], "divisions": [],
        "weightClassesKgMen": [], "weightClassesKgWomen": [], "weightClassesKgMx": [],
        "formula": "Wilks", "ageCoefficients": "FosterMcCulloch", "combineSleevesAndWraps": false,
        "combineSingleAndMulti": false, "allow4thAttempts": true, "showAlternateUnits": true,
    });
    meet.extend(rest.as_object().cloned().unwrap_or_default());
    meet.extend(unit_fields(true));
    let saved = json!({
        "versions": {"stateVersion": "0", "releaseVersion": "1.4"},
        "language": "en",
        "meet": meet,
        "registration": {"nextEntryId": 5000, "entries": [], "lookup": {}},
        "lifting": {"day": 1, "platform": 1, "flight": "A", "lift": "S", "overrideAttempt": null,
            "overrideEntryId": null, "columnDivisionWidthPx": 90},
    });
    read_content(saved).expect("the object written above is a saved meet")
}

/// The fields of a new entry, but for its id.
pub(crate) fn new_entry() -> Map<String, Value> {
    let entry = json!({
        "day": 1, "platform": 1, "flight": "A", "name": "", "sex": "M", "birthDate": "", "age": 0, "country": "",
        "state": "", "intendedWeightClassKg": "", "equipment": "Sleeves", "divisions": [], "events": [],
        "lot": 0, "memberId": "", "paid": false, "team": "", "guest": false, "notes": "",
        "bodyweightKg": 0, "squatRackInfo": "", "benchRackInfo": "",
        "squatKg": [0, 0, 0, 0, 0], "benchKg": [0, 0, 0, 0, 0], "deadliftKg": [0, 0, 0, 0, 0],
        "squatStatus": [0, 0, 0, 0, 0], "benchStatus": [0, 0, 0, 0, 0], "deadliftStatus": [0, 0, 0, 0, 0],
    });
    entry.as_object().cloned().unwrap_or_default()
}
