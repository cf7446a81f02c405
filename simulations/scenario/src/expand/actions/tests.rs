//! Tests of the mapping of actions, on logs of a few lines.

use serde_json::json;

use crate::expand::read_log;

use super::*;

fn puts(actions: Value) -> Vec<(Role, Value)> {
    let made = read_log(actions.as_array().unwrap()).unwrap();
    let told = |made: Made| (made.role, json!(made.puts));
    made.into_iter().map(told).collect()
}

fn refused(actions: Value) -> (usize, String) {
    read_log(actions.as_array().unwrap()).unwrap_err()
}

#[test]
fn a_new_lifter_is_placed_as_the_last_one_and_given_the_next_id() {
    let made = puts(json!([
        { "type": "NEW_REGISTRATION", "overwriteDefaults": { "flight": "B", "platform": 2 } },
        { "type": "NEW_REGISTRATION", "overwriteDefaults": {} },
    ]));
    assert_eq!(
        made[1],
        (
            Role::Registration,
            json!({
                "entries.5001.day": 1,
                "entries.5001.flight": "B",
                "entries.5001.name": "",
                "entries.5001.platform": 2,
            })
        )
    );
}

#[test]
fn weight_and_verdict_of_an_attempt_are_one_register() {
    let made = puts(json!([
        { "type": "NEW_REGISTRATION", "overwriteDefaults": {} },
        { "type": "ENTER_ATTEMPT", "entryId": 5000, "lift": "S", "attemptOneIndexed": 1, "weightKg": 100 },
        { "type": "MARK_LIFT", "entryId": 5000, "lift": "S", "attemptOneIndexed": 1, "success": true },
        { "type": "ENTER_ATTEMPT", "entryId": 5000, "lift": "S", "attemptOneIndexed": 1, "weightKg": 100 },
        { "type": "ENTER_ATTEMPT", "entryId": 5000, "lift": "S", "attemptOneIndexed": 2, "weightKg": 110.5 },
    ]));
    assert_eq!(
        made[1..],
        [
            (Role::WeighIn, json!({ "entries.5000.squat.1": [100, 0] })),
            (Role::Platform, json!({ "entries.5000.squat.1": [100, 1] })),
            (
                Role::Platform,
                json!({ "entries.5000.squat.2": [110.5, 0] })
            ),
        ]
    );
}

#[test]
fn a_verdict_ends_what_was_called_out_of_turn() {
    let made = puts(json!([
        { "type": "NEW_REGISTRATION", "overwriteDefaults": {} },
        { "type": "SET_LIFTING_GROUP", "day": 1, "platform": 2, "flight": "A", "lift": "B" },
        { "type": "OVERRIDE_ENTRY_ID", "entryId": 5000 },
        { "type": "MARK_LIFT", "entryId": 5000, "lift": "B", "attemptOneIndexed": 1, "success": false },
    ]));
    let selector = |called| json!({ "flight": "A", "lift": "B", "overrideAttempt": null, "overrideEntryId": called });
    assert_eq!(made[2].1, json!({ "lifting.1.2": selector(json!(5000)) }));
    assert_eq!(
        made[3].1,
        json!({ "entries.5000.bench.1": [0, -1], "lifting.1.2": selector(Value::Null) })
    );
}

#[test]
fn lots_are_given_by_place_among_those_who_are_there() {
    let made = puts(json!([
        { "type": "NEW_REGISTRATION", "overwriteDefaults": {} },
        { "type": "NEW_REGISTRATION", "overwriteDefaults": {} },
        { "type": "DELETE_REGISTRATION", "entryId": 5000 },
        { "type": "ASSIGN_LOT_NUMBERS", "lotNumbers": [7] },
    ]));
    assert_eq!(made[2].1, json!({ "entries.5000.deleted": true }));
    assert_eq!(made[3].1, json!({ "entries.5001.lot": 7 }));
}

#[test]
fn what_changes_nothing_or_concerns_one_screen_is_no_edit() {
    let made = puts(json!([
        { "type": "CHANGE_LANGUAGE", "language": "nl" },
        { "type": "UPDATE_MEET", "changes": { "city": "Galway" } },
        { "type": "UPDATE_MEET", "changes": { "city": "Galway" } },
        { "type": "SET_PLATE_CONFIG", "weightKg": 17, "pairCount": 1, "color": "#000000" },
        { "type": "SET_LENGTH_DAYS", "length": 2 },
        { "type": "SET_PLATFORM_COUNT", "day": 2, "count": 3 },
    ]));
    let told: Vec<Value> = made.into_iter().map(|(_, puts)| puts).collect();
    assert_eq!(
        told,
        [
            json!({ "meet.city": "Galway" }),
            json!({ "meet.lengthDays": 2, "meet.platformsOnDays.1": 1, "meet.platformsOnDays.2": 1 }),
            json!({ "meet.platformsOnDays.2": 3 }),
        ]
    );
}

#[test]
fn the_unit_brings_its_plates_and_bars() {
    let made = puts(json!([{ "type": "SET_IN_KG", "inKg": false }]));
    let puts = &made[0].1;
    assert_eq!(
        puts["meet.squatBarAndCollarsWeightKg"],
        json!(20.411656667117025)
    );
    assert_eq!(
        puts["meet.plates.20.411656667117025"],
        json!({ "pairCount": 8, "color": "#575757" })
    );
    assert_eq!(puts["meet.plates"].as_array().unwrap().len(), 10);
}

#[test]
fn an_action_that_cannot_be_made_is_told_by_its_place() {
    assert_eq!(
        refused(json!([{ "type": "CHANGE_LANGUAGE" }, { "type": "LIFT" }])),
        (1, "OpenLifter has no action \"LIFT\"".to_owned())
    );
    assert_eq!(
        refused(json!([{ "type": "DELETE_REGISTRATION", "entryId": 5003 }])),
        (0, "no action before has added lifter 5003".to_owned())
    );
}
