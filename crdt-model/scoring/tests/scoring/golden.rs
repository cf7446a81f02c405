//! The golden files: what programs in other languages read as the truth about the shapes.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use spotter_model::json_text;
use spotter_scoring::{Lift, flight_sheet, platform_view, results};

use crate::desk::{during_second_benches, folder, follow, open, sample, select};

/// Compares with a golden file, or writes it if `UPDATE_GOLDEN` is set.
#[track_caller]
fn golden(name: &str, value: &impl Serialize) {
    let text = json_text(&serde_json::to_value(value).unwrap());
    let plain: Value = serde_json::from_str(&text).unwrap();
    let text = serde_json::to_string_pretty(&plain).unwrap() + "\n";
    let path = folder("golden").join(Path::new(name));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, text,
        "{name} is not what the code says; if it should be, set UPDATE_GOLDEN"
    );
}

#[test]
fn a_platform_before_the_first_lift_is_as_its_golden_file() {
    let mut meet = open(&sample("../../../tests/data/demonstration"));
    let view = platform_view(&mut meet, &follow(1, 1)).unwrap();
    golden("PlatformView.before-the-first-squat.json", &view);
}

#[test]
fn a_platform_in_the_midst_of_lifting_is_as_its_golden_file() {
    let kilograms = during_second_benches(sample("fjordlands-open-kg"), 1);
    let view = platform_view(&mut open(&kilograms), &follow(1, 1)).unwrap();
    golden("PlatformView.second-benches.json", &view);
    let pounds = during_second_benches(sample("copper-valley-lbs"), 2);
    let view = platform_view(&mut open(&pounds), &follow(1, 1)).unwrap();
    golden("PlatformView.second-benches-in-pounds.json", &view);
}

#[test]
fn a_platform_whose_flight_is_complete_is_as_its_golden_file() {
    let mut meet = open(&sample("fjordlands-open-kg"));
    let view = platform_view(&mut meet, &select(1, 2, "B", Lift::D)).unwrap();
    golden("PlatformView.overridden-to-fourth-deadlifts.json", &view);
    let view = platform_view(&mut meet, &select(1, 1, "A", Lift::D)).unwrap();
    golden("PlatformView.complete.json", &view);
    let view = platform_view(&mut meet, &follow(2, 1)).unwrap();
    golden("PlatformView.nobody.json", &view);
}

#[test]
fn results_are_as_their_golden_files() {
    let mut meet = open(&sample("fjordlands-open-kg"));
    golden("Results.final.json", &results(&mut meet, true).unwrap());
    let mut meet = open(&sample("copper-valley-lbs"));
    golden(
        "Results.final-in-pounds.json",
        &results(&mut meet, true).unwrap(),
    );
    let mut meet = open(&during_second_benches(sample("fjordlands-open-kg"), 1));
    golden(
        "Results.second-benches.json",
        &results(&mut meet, false).unwrap(),
    );
}

#[test]
fn a_flight_sheet_is_as_its_golden_file() {
    let mut meet = open(&sample("fjordlands-open-kg"));
    let sheet = flight_sheet(&mut meet, &follow(1, 1)).unwrap();
    golden("FlightSheet.platform.json", &sheet);
}
