//! Compared with what OpenLifter 1.4 itself makes of the same saved meets.
//!
//! `tests/expected` holds its answers for the saved meets of the checkout. Where `SPOTTER_SAMPLES`, or a folder beside the
//! checkout, has more saved meets with an `expected` folder of such answers, they are compared too.

use std::path::PathBuf;

use serde_json::{Value, json};
use spotter_model::{Edit, Meet, Seen};
use spotter_scoring::{LifterRow, PlatformView, display_weight, platform_view, results};

use crate::desk::{folder, open, pen, read, select};

/// A saved meet, and where OpenLifter's answers to it lie, without their ending.
struct Sample {
    saved: Value,
    expected: PathBuf,
}

impl Sample {
    fn answer(&self, ending: &str) -> Option<String> {
        let path = format!("{}.{ending}", self.expected.display());
        std::fs::read_to_string(path).ok()
    }

    fn json(&self, ending: &str) -> Value {
        let text = self.answer(ending);
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    fn name(&self) -> String {
        self.expected.display().to_string()
    }
}

fn samples() -> Vec<Sample> {
    let beside = folder("../../../shared/samples");
    let more = std::env::var_os("SPOTTER_SAMPLES").map_or(beside, PathBuf::from);
    let places = [
        (folder("../tests/data"), folder("tests/expected")),
        (more.clone(), more.join("expected")),
    ];
    let mut samples = Vec::new();
    for (saved, expected) in places {
        let Ok(files) = std::fs::read_dir(saved) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        paths.retain(|path| {
            path.extension()
                .is_some_and(|ending| ending == "openlifter")
        });
        paths.sort();
        samples.extend(paths.iter().map(|path| Sample {
            saved: read(path),
            expected: expected.join(path.file_stem().unwrap()),
        }));
    }
    assert!(samples.len() >= 2, "our own samples are missing");
    samples
}

/// Calls an attempt or a lifter out of turn, as OpenLifter's controls do.
fn choose(meet: &mut Meet, group: &Value) {
    let path = format!("lifting.{}.{}", group["day"], group["platform"]);
    let selector = json!({"flight": group["flight"], "lift": group["lift"],
        "overrideAttempt": group["overrideAttempt"], "overrideEntryId": group.get("overrideEntryId")});
    let edit = Edit::set(path.parse().unwrap(), &selector).unwrap();
    meet.edit(&pen(), &edit, 1_700_000_001, None, Seen::Unchecked)
        .unwrap();
}

fn view_of(meet: &mut Meet, group: &Value) -> PlatformView {
    let number = |name: &str| u16::try_from(group[name].as_u64().unwrap()).unwrap();
    let lift = serde_json::from_value(group["lift"].clone()).unwrap();
    let flight = group["flight"].as_str().unwrap();
    let selection = select(number("day"), number("platform"), flight, lift);
    platform_view(meet, &selection).unwrap()
}

#[test]
fn lifting_orders_are_openlifters() {
    let mut compared = 0;
    for sample in samples() {
        let groups = sample.json("order.json");
        let mut meet = open(&sample.saved);
        for group in groups.as_array().into_iter().flatten() {
            choose(&mut meet, group);
            let view = view_of(&mut meet, group);
            let ids: Vec<i64> = view.lifters.iter().map(|row| row.id).collect();
            let ours = json!([ids, view.attempt, view.current, view.next]);
            let theirs = ["ids", "attemptOneIndexed", "currentEntryId", "nextEntryId"];
            let theirs = json!(theirs.map(|name| group[name].clone()));
            assert_eq!(ours, theirs, "{} {group}", sample.name());
            compare_rows(&view, group, &sample);
            compare_loading(&view, group, &sample);
            compared += 1;
        }
    }
    assert!(compared >= 80, "only {compared} lifting orders compared");
}

/// The total and the place beside it, where OpenLifter told them.
fn compare_rows(view: &PlatformView, group: &Value, sample: &Sample) {
    let Some(places) = group.get("places") else {
        return;
    };
    for (row, theirs) in view.lifters.iter().zip(places.as_array().unwrap()) {
        if let Some(ours) = first_place(row) {
            assert_eq!(*theirs, ours, "{} {row:?} {group}", sample.name());
        }
    }
    let totals: Vec<f64> = view.lifters.iter().map(|row| row.total_kg).collect();
    let theirs: Vec<f64> = serde_json::from_value(group["totalsKg"].clone()).unwrap();
    assert_eq!(totals, theirs, "{} {group}", sample.name());
}

/// The place that tables with one in a row show, for a lifter who competes in some division: OpenLifter shows none without.
/// It leaves empty the place of somebody who is out.
fn first_place(row: &LifterRow) -> Option<&str> {
    let first = row.places.first()?;
    let place = if first.place == "DQ" {
        ""
    } else {
        &first.place
    };
    Some(place).filter(|_| !row.divisions.is_empty())
}

/// Plates and remainder of one side, where OpenLifter told them.
fn compare_loading(view: &PlatformView, group: &Value, sample: &Sample) {
    let Some(plates) = group.get("plates") else {
        return;
    };
    let loading = view.loading.as_ref().unwrap();
    let pairs = loading.plates.iter();
    let ours: Vec<&str> = pairs
        .flat_map(|plate| std::iter::repeat_n(plate.shown.as_str(), plate.pairs))
        .collect();
    assert_eq!(json!(ours), *plates, "{} {group}", sample.name());
    assert_eq!(group["shown"], loading.shown, "{} {group}", sample.name());
    let unit = if view.meet.in_kg { 1.0 } else { 2.204_622_62 };
    let [short, theirs] = [
        loading.short_kg / 2.0 * unit,
        group["short"].as_f64().unwrap(),
    ];
    assert!((short - theirs).abs() < 1e-9, "{} {group}", sample.name());
}

#[test]
fn categories_and_their_order_are_openlifters() {
    let mut compared = 0;
    for sample in samples() {
        let expected = sample.json("results.json");
        let mut meet = open(&sample.saved);
        for (name, is_final) in [("final", true), ("projected", false)] {
            let Some(theirs) = expected[name].as_array() else {
                continue;
            };
            let ours = results(&mut meet, is_final).unwrap().categories;
            assert_eq!(ours.len(), theirs.len(), "{}", sample.name());
            for (ours, theirs) in ours.iter().zip(theirs) {
                let ids: Vec<i64> = ours.rows.iter().map(|row| row.id).collect();
                let category = &theirs["category"];
                let mut told = json!([
                    ours.sex,
                    ours.event,
                    ours.equipment,
                    ours.division,
                    ids,
                    ours.weight_class
                ]);
                let shown = category.get("weightClassShown").cloned();
                let in_kg = sample.saved["meet"]["inKg"] == true;
                let shown = shown.or_else(|| in_kg.then(|| category["weightClassStr"].clone()));
                if shown.is_none() {
                    told[5] = Value::Null;
                }
                let theirs = json!([
                    category["sex"],
                    category["event"],
                    category["equipment"],
                    category["division"],
                    theirs["ids"],
                    shown
                ]);
                assert_eq!(told, theirs, "{} {name}", sample.name());
                compared += 1;
            }
        }
    }
    assert!(compared >= 20, "only {compared} categories compared");
}

#[test]
fn places_bests_and_totals_are_those_of_openlifters_export() {
    let mut compared = 0;
    for sample in samples() {
        let Some(csv) = sample.answer("opl.csv") else {
            continue;
        };
        let in_kg = sample.saved["meet"]["inKg"] == true;
        let unit = if in_kg { "Kg" } else { "Lbs" };
        let mut lines = csv.lines().skip(5);
        let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
        let rows = lines.filter(|line| !line.is_empty());
        let rows: Vec<Vec<&str>> = rows.map(|line| line.split(',').collect()).collect();
        let categories = results(&mut open(&sample.saved), true).unwrap().categories;
        let ours: Vec<_> = categories
            .iter()
            .flat_map(|category| &category.rows)
            .collect();
        assert_eq!(ours.len(), rows.len(), "{}", sample.name());
        for (ours, theirs) in ours.iter().zip(&rows) {
            let column = |name: &str| {
                let index = columns.iter().position(|column| *column == name);
                index.map_or("", |index| theirs[index])
            };
            let weight = |name: &str| column(&format!("{name}{unit}"));
            let weights = [
                ("Best3Squat", ours.best_squat_kg),
                ("Best3Bench", ours.best_bench_kg),
                ("Best3Deadlift", ours.best_deadlift_kg),
                ("Total", ours.total_kg),
                ("Bodyweight", ours.bodyweight_kg),
            ];
            assert_eq!(ours.place, column("Place"), "{} {theirs:?}", sample.name());
            for (name, kg) in weights {
                let shown = display_weight(kg, in_kg);
                let shown = if shown == "0" { "" } else { &shown };
                assert_eq!(shown, weight(name), "{} {theirs:?}", sample.name());
            }
            compared += 1;
        }
    }
    assert!(compared >= 15, "only {compared} rows compared");
}
