//! What OpenLifter's tables do where one might expect something else, one fact a test.

use serde_json::{Value, json};
use spotter_model::{Edit, Meet, Seen};
use spotter_scoring::{Lift, PlatformView, flight_sheet, platform_view, results};

use crate::desk::{follow, open, pen, select};

/// A meet of these lifters; what they don't say is as OpenLifter begins it.
fn meet(fields: &Value, entries: Value) -> Meet {
    let mut entries = entries;
    for (entry, id) in entries.as_array_mut().unwrap().iter_mut().zip(5000..) {
        let mut whole = json!({"id": id, "name": "", "flight": "A", "sex": "M", "events": ["SBD"]});
        let own = entry.as_object_mut().unwrap();
        whole.as_object_mut().unwrap().append(own);
        *entry = whole;
    }
    open(&json!({"meet": fields, "registration": {"entries": entries}}))
}

fn squats(meet: &mut Meet) -> PlatformView {
    platform_view(meet, &select(1, 1, "A", Lift::S)).unwrap()
}

fn order(view: &PlatformView) -> Vec<i64> {
    view.lifters.iter().map(|row| row.id).collect()
}

/// The ids and places of the only category.
fn ranking(meet: &mut Meet, is_final: bool) -> Vec<(i64, String)> {
    let results = results(meet, is_final).unwrap();
    assert_eq!(results.categories.len(), 1);
    let rows = results.categories[0].rows.iter();
    rows.map(|row| (row.id, row.place.clone())).collect()
}

fn placed(places: &[(i64, &str)]) -> Vec<(i64, String)> {
    let owned = places.iter();
    owned
        .map(|(id, place)| (*id, (*place).to_owned()))
        .collect()
}

#[test]
fn who_has_lifted_and_named_the_next_attempt_stands_first() {
    let mut meet = meet(
        &json!({}),
        json!([
            {"squatKg": [100, 0, 0, 0, 0], "squatStatus": [0, 0, 0, 0, 0]},
            {"squatKg": [90, 110, 0, 0, 0], "squatStatus": [1, 0, 0, 0, 0]},
            {"squatKg": [95, 105, 0, 0, 0], "squatStatus": [-1, 0, 0, 0, 0]},
        ]),
    );
    let view = squats(&mut meet);
    assert_eq!(view.attempt, 1);
    assert_eq!(order(&view), [5002, 5001, 5000]);
    assert_eq!((view.current, view.next), (Some(5000), Some(5002)));
}

#[test]
fn nobody_is_called_to_a_fourth_attempt_unasked() {
    let three = json!({"squatKg": [90, 95, 100, 0, 0], "squatStatus": [1, 1, 1, 0, 0]});
    let view = squats(&mut meet(&json!({}), json!([three])));
    assert_eq!((view.attempt, view.current, view.next), (3, None, None));
    let two = json!({"squatKg": [90, 95, 0, 0, 0], "squatStatus": [1, 1, 0, 0, 0]});
    let view = squats(&mut meet(&json!({}), json!([two])));
    assert_eq!((view.attempt, view.current), (3, None));
}

#[test]
fn lots_break_a_tie_of_weights_only_where_both_lifters_have_one() {
    let with_lots = |lots: [u32; 2]| {
        let lifters = json!([
            {"squatKg": [100, 0, 0, 0, 0], "lot": lots[0], "bodyweightKg": 80},
            {"squatKg": [100, 0, 0, 0, 0], "lot": lots[1], "bodyweightKg": 90},
        ]);
        order(&squats(&mut meet(&json!({}), lifters)))
    };
    assert_eq!(with_lots([2, 1]), [5001, 5000]);
    assert_eq!(with_lots([2, 0]), [5000, 5001]);
}

#[test]
fn lots_that_contradict_each_other_still_give_an_order() {
    let lifter = |lot: u32, bodyweight: u32| json!({"squatKg": [100, 0, 0, 0, 0], "lot": lot, "bodyweightKg": bodyweight});
    // Lot 1 before lot 2; the lifter without one is lighter than lot 1 and heavier than lot 2.
    let lifters = json!([lifter(1, 90), lifter(0, 80), lifter(2, 70)]);
    let view = squats(&mut meet(&json!({}), lifters));
    assert_eq!(order(&view), [5002, 5001, 5000]);
}

#[test]
fn an_override_counts_only_for_the_flight_and_lift_it_was_made_in() {
    let both = json!({"squatKg": [90, 0, 0, 0, 0], "benchKg": [60, 0, 0, 0, 0]});
    let mut meet = meet(&json!({}), json!([both, both]));
    let selector =
        json!({"flight": "A", "lift": "B", "overrideAttempt": 2, "overrideEntryId": 5001});
    let edit = Edit::set("lifting.1.1".parse().unwrap(), &selector).unwrap();
    meet.edit(&pen(), &edit, 0, None, Seen::Unchecked).unwrap();
    let view = platform_view(&mut meet, &follow(1, 1)).unwrap();
    let told = (view.lift, view.attempt, view.current, view.overridden);
    assert_eq!(told, (Lift::B, 2, Some(5001), true));
    assert_eq!(view.loading, None);
    let view = squats(&mut meet);
    assert_eq!(
        (view.attempt, view.current, view.overridden),
        (1, Some(5000), false)
    );
}

#[test]
fn a_fourth_attempt_counts_for_nothing() {
    let lifter = json!({"events": ["S"], "squatKg": [100, 105, 110, 120, 0], "squatStatus": [1, 1, -1, 1, 0]});
    let view = squats(&mut meet(&json!({}), json!([lifter])));
    assert_eq!(
        (view.lifters[0].best_squat_kg, view.lifters[0].total_kg),
        (105.0, 105.0)
    );
}

#[test]
fn a_failed_opener_outside_the_event_leaves_no_projected_total() {
    let lifter = json!({"events": ["B"], "squatKg": [100, 0, 0, 0, 0], "squatStatus": [-1, 0, 0, 0, 0],
        "benchKg": [60, 0, 0, 0, 0], "benchStatus": [1, 0, 0, 0, 0]});
    let mut meet = meet(&json!({}), json!([lifter]));
    let total =
        |meet: &mut Meet, is_final| results(meet, is_final).unwrap().categories[0].rows[0].total_kg;
    assert_eq!(total(&mut meet, false), 0.0);
    assert_eq!(total(&mut meet, true), 60.0);
}

#[test]
fn who_passed_the_opener_counts_as_not_having_come() {
    let lifter =
        json!({"events": ["S"], "squatKg": [0, 100, 0, 0, 0], "squatStatus": [0, 1, 0, 0, 0]});
    let mut meet = meet(&json!({}), json!([lifter]));
    assert_eq!(ranking(&mut meet, true), placed(&[(5000, "NS")]));
    assert_eq!(ranking(&mut meet, false), placed(&[(5000, "1")]));
}

#[test]
fn no_place_is_shown_before_a_good_lift_and_who_is_out_is_told_so() {
    let squat = |status: [i8; 3]| json!({"squatKg": [100, 100, 100, 0, 0], "squatStatus": status, "events": ["S"]});
    let lifters = json!([
        squat([0, 0, 0]),
        squat([1, 0, 0]),
        squat([-1, -1, 0]),
        squat([-1, -1, -1])
    ]);
    let view = squats(&mut meet(&json!({}), lifters));
    let mut places: Vec<(i64, String)> = view
        .lifters
        .iter()
        .map(|row| (row.id, row.places[0].place.clone()))
        .collect();
    places.sort();
    // The place still counts the opener that nobody has lifted yet.
    assert_eq!(places[0].1, "");
    assert_eq!(places[2..], placed(&[(5002, ""), (5003, "DQ")]));
    assert!(["1", "2"].contains(&places[1].1.as_str()));
}

#[test]
fn the_first_place_is_that_in_the_first_division_and_the_total_is_of_the_same_event() {
    let attempts = |kg: u32| json!([kg, 0, 0, 0, 0]);
    let good = json!([1, 0, 0, 0, 0]);
    let lifter = |events: Value, divisions: Value, kg: u32| {
        json!({"events": events, "divisions": divisions, "bodyweightKg": kg,
            "squatKg": attempts(kg + 20), "benchKg": attempts(kg), "deadliftKg": attempts(kg + 40),
            "squatStatus": good, "benchStatus": good, "deadliftStatus": good})
    };
    let lifters = json!([
        lifter(json!(["B", "SBD"]), json!(["Open", "Masters"]), 100),
        lifter(json!(["D", "B"]), json!(["Masters"]), 110),
        lifter(json!(["SBD"]), json!(["Open"]), 120),
    ]);
    let view = squats(&mut meet(&json!({}), lifters));
    let shown = |id: i64| {
        let row = view.lifters.iter().find(|row| row.id == id).unwrap();
        let places = row.places.iter();
        let places: Vec<(&str, &str, &str)> = places
            .map(|one| {
                (
                    one.event.as_str(),
                    one.division.as_str(),
                    one.place.as_str(),
                )
            })
            .collect();
        (row.total_kg, places)
    };
    // Neither the event entered first nor the division that the alphabet has first.
    let several = vec![
        ("SBD", "Open", "2"),
        ("B", "Open", "1"),
        ("SBD", "Masters", "1"),
        ("B", "Masters", "2"),
    ];
    assert_eq!(shown(5000), (360.0, several));
    // The total of the bench press alone, in which the place is, and not of both lifts.
    let two = vec![("B", "Masters", "1"), ("D", "Masters", "1")];
    assert_eq!(shown(5001), (110.0, two));
    assert_eq!(shown(5002), (420.0, vec![("SBD", "Open", "1")]));
}

#[test]
fn who_entered_no_event_has_a_total_of_all_lifts_and_no_place() {
    let lifter =
        json!({"events": [], "squatKg": [100, 0, 0, 0, 0], "squatStatus": [1, 0, 0, 0, 0]});
    let view = squats(&mut meet(&json!({}), json!([lifter])));
    assert_eq!(
        (view.lifters[0].total_kg, view.lifters[0].places.len()),
        (100.0, 0)
    );
}

#[test]
fn guests_stand_last_and_take_no_place() {
    let squat = |kg: u32, guest: bool| json!({"guest": guest, "events": ["S"], "squatKg": [kg, 0, 0, 0, 0], "squatStatus": [1, 0, 0, 0, 0]});
    let mut meet = meet(
        &json!({}),
        json!([squat(200, true), squat(90, false), squat(100, false)]),
    );
    let expected = placed(&[(5002, "1"), (5001, "2"), (5000, "G")]);
    assert_eq!(ranking(&mut meet, true), expected);
    assert_eq!(ranking(&mut meet, false), expected);
}

#[test]
fn a_tie_is_won_by_the_lighter_lifter_and_then_by_whoever_was_there_first() {
    let lifter = |bodyweight: f64, status: [i8; 3]| {
        json!({"events": ["S"], "bodyweightKg": bodyweight,
        "squatKg": [100, 100, 100, 0, 0], "squatStatus": status})
    };
    let lifters = json!([
        lifter(80.0, [-1, 1, 0]),
        lifter(80.0, [1, -1, 0]),
        lifter(79.9, [-1, -1, 1])
    ]);
    let expected = placed(&[(5002, "1"), (5001, "2"), (5000, "3")]);
    assert_eq!(ranking(&mut meet(&json!({}), lifters), true), expected);
}

#[test]
fn a_tie_on_third_attempts_is_won_by_the_lighter_second_one() {
    let lifter = |second: u32| {
        json!({"events": ["S"], "bodyweightKg": 80, "lot": 0,
        "squatKg": [90, second, 100, 0, 0], "squatStatus": [1, 1, 1, 0, 0]})
    };
    let lifters = json!([lifter(97), lifter(95)]);
    assert_eq!(
        ranking(&mut meet(&json!({}), lifters), true),
        placed(&[(5001, "1"), (5000, "2")])
    );
}

#[test]
fn rules_that_combine_equipment_rank_together_and_leave_each_lifter_their_own() {
    let rules = json!({"combineSleevesAndWraps": true});
    let lifter = |equipment: &str| json!({"equipment": equipment, "events": ["S"]});
    let mut combined = meet(&rules, json!([lifter("Sleeves"), lifter("Wraps")]));
    let results = results(&mut combined, true).unwrap();
    assert_eq!(results.categories.len(), 1);
    assert_eq!(results.categories[0].equipment, "Wraps");
    let own: Vec<&str> = results.categories[0]
        .rows
        .iter()
        .map(|row| row.equipment.as_str())
        .collect();
    assert_eq!(own, ["Sleeves", "Wraps"]);
}

#[test]
fn classes_stand_in_order_of_weight_with_the_unlimited_one_last() {
    let limits = json!({"weightClassesKgMen": [59, 105, 120]});
    let lifter = |bodyweight: f64| json!({"bodyweightKg": bodyweight, "events": ["S"]});
    let lifters = json!([
        lifter(130.0),
        lifter(110.0),
        lifter(0.0),
        lifter(59.0),
        lifter(59.1)
    ]);
    let results = results(&mut meet(&limits, lifters), true).unwrap();
    let classes: Vec<&str> = results
        .categories
        .iter()
        .map(|one| one.weight_class.as_str())
        .collect();
    assert_eq!(classes, ["", "59", "105", "120", "120+"]);
}

#[test]
fn plates_run_out_and_what_is_missing_is_told() {
    let plates = json!({"squatBarAndCollarsWeightKg": 25, "plates": [
        {"weightKg": 5, "pairCount": 1, "color": "#000000"}, {"weightKg": 25, "pairCount": 2, "color": "#FF0000"}]});
    let lifter = json!({"squatKg": [140, 0, 0, 0, 0]});
    let loading = squats(&mut meet(&plates, json!([lifter]))).loading.unwrap();
    let loaded: Vec<(&str, usize)> = loading
        .plates
        .iter()
        .map(|plate| (plate.shown.as_str(), plate.pairs))
        .collect();
    assert_eq!(loaded, [("25", 2), ("5", 1)]);
    assert_eq!((loading.short_kg, loading.shown.as_str()), (5.0, "140"));
}

#[test]
fn a_weight_below_the_bar_loads_nothing() {
    let lifter = json!({"squatKg": [20, 0, 0, 0, 0]});
    let loading = squats(&mut meet(&json!({}), json!([lifter])))
        .loading
        .unwrap();
    assert_eq!((loading.plates.len(), loading.short_kg), (0, 0.0));
}

#[test]
fn a_flight_sheet_lists_who_opens_lightest_first_and_leaves_out_who_does_not() {
    let lifters = json!([
        {"squatKg": [100, 0, 0, 0, 0], "squatRackInfo": "5/3"},
        {"squatKg": [0, 0, 0, 0, 0]},
        {"squatKg": [90, 0, 0, 0, 0], "flight": "B"},
        {"squatKg": [95, 200, 0, 0, 0]},
    ]);
    let mut meet = meet(&json!({}), lifters);
    let sheet = flight_sheet(&mut meet, &follow(1, 1)).unwrap();
    let heads: Vec<(&str, Lift)> = sheet
        .sheets
        .iter()
        .map(|one| (one.flight.as_str(), one.lift))
        .collect();
    assert_eq!(heads.len(), 6);
    assert_eq!(heads[..2], [("A", Lift::S), ("A", Lift::B)]);
    let openers: Vec<(i64, &str)> = sheet.sheets[0]
        .lifters
        .iter()
        .map(|one| (one.id, one.rack_info.as_str()))
        .collect();
    assert_eq!(openers, [(5003, ""), (5000, "5/3")]);
    let one = flight_sheet(&mut meet, &select(1, 1, "B", Lift::S)).unwrap();
    assert_eq!(one.sheets.len(), 1);
    assert_eq!(one.sheets[0].lifters[0].id, 5002);
}
