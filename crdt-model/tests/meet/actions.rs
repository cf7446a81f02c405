//! OpenLifter's actions, made as edits, lead to the meet that OpenLifter itself saved.

use std::collections::BTreeMap;
use std::path::Path as File;

use serde_json::{Value, json};
use spotter_model::{Meet, Screen, Seen};

use crate::desk::{Desk, exchange, sample_files};

/// A score table: a desk that acts as OpenLifter does, and knows entries by the ids that OpenLifter gave them.
struct Table {
    desk: Desk,
    screen: Screen,
    /// Our ids by OpenLifter's.
    ids: BTreeMap<i64, i64>,
}

impl Table {
    fn new() -> Self {
        let pen = Desk::pen("Table", 1, 10);
        let meet = Meet::empty_draft("2020-01-01", &pen, [3; 16], 0).unwrap();
        Self {
            desk: Desk { meet, pen },
            screen: Screen::default(),
            ids: BTreeMap::new(),
        }
    }

    fn act(&mut self, mut action: Value) {
        if let Some(id) = action.get("entryId").and_then(Value::as_i64) {
            action["entryId"] = json!(self.ids[&id]);
        }
        let before = self.desk.meet.entries().len();
        let edits = self.desk.meet.act(&action, &mut self.screen).unwrap();
        for edit in edits {
            self.desk.try_edit(&edit, Seen::Unchecked).unwrap();
        }
        for entry in &self.desk.meet.entries()[before..] {
            let number = 5000 + self.ids.len() as i64;
            self.ids.insert(number, entry.id.unwrap());
        }
    }

    /// The saved file, with ids renumbered in the order in which the entries were made.
    fn file(&mut self) -> Value {
        let mut saved = self.desk.meet.export(Some(self.screen)).unwrap();
        let numbers: BTreeMap<i64, i64> =
            self.ids.iter().map(|(number, id)| (*id, *number)).collect();
        let renumber = |id: &mut Value| {
            if let Some(number) = id.as_i64().and_then(|id| numbers.get(&id)) {
                *id = json!(number);
            }
        };
        renumber(&mut saved["lifting"]["overrideEntryId"]);
        let registration = &mut saved["registration"];
        let mut lookup = serde_json::Map::new();
        for (place, entry) in registration["entries"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .enumerate()
        {
            renumber(&mut entry["id"]);
            lookup.insert(entry["id"].to_string(), json!(place));
        }
        registration["lookup"] = Value::Object(lookup);
        registration["nextEntryId"] = json!(5000 + self.ids.len());
        saved
    }
}

fn json_of(file: &File) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn replaying_a_meets_actions_gives_the_meet_that_openlifter_saved() {
    let logs = sample_files(".actions.json");
    assert!(logs.len() >= 2, "our own samples are missing");
    for log in logs {
        let mut table = Table::new();
        for action in json_of(&log).as_array().unwrap() {
            table.act(action.clone());
        }
        let saved = log
            .to_string_lossy()
            .replace(".actions.json", ".openlifter");
        assert_eq!(table.file(), json_of(File::new(&saved)), "{saved}");
    }
}

#[test]
fn a_verdict_goes_with_the_weight_it_was_given_for() {
    let mut table = Table::new();
    table.act(json!({"type": "NEW_REGISTRATION", "overwriteDefaults": {}}));
    let id = table.ids[&5000];
    let enter = |kg: f64| json!({"type": "ENTER_ATTEMPT", "entryId": id, "lift": "S", "attemptOneIndexed": 1, "weightKg": kg});
    table.ids.insert(id, id);
    table.act(enter(180.0));
    let mut other = Table {
        desk: table.desk.join("Other table", 5),
        screen: table.screen,
        ids: table.ids.clone(),
    };
    table.act(enter(182.5));
    other.act(json!({"type": "MARK_LIFT", "entryId": id, "lift": "S", "attemptOneIndexed": 1, "success": true}));
    exchange(&mut table.desk, &mut other.desk);
    let attempt = format!("entries.{id}.squat.1");
    assert_eq!(table.desk.text(&attempt), "182.5 -");
    let conflicts = table.desk.meet.conflicts();
    assert_eq!(conflicts[0].overruled[0].text, "180 good");
}

#[test]
fn two_platforms_never_fight_over_what_they_lift() {
    let mut one = Table::new();
    let mut two = Table {
        desk: one.desk.join("Platform 2", 5),
        screen: Screen {
            day: 1,
            platform: 2,
        },
        ids: BTreeMap::new(),
    };
    let group = |platform: u16, flight: &str| json!({"type": "SET_LIFTING_GROUP", "day": 1, "platform": platform, "flight": flight, "lift": "B"});
    one.act(group(1, "A"));
    two.act(group(2, "C"));
    exchange(&mut one.desk, &mut two.desk);
    assert!(one.desk.meet.conflicts().is_empty());
    let screen = |table: &mut Table, platform| {
        let saved = table
            .desk
            .meet
            .export(Some(Screen { day: 1, platform }))
            .unwrap();
        saved["lifting"]["flight"].clone()
    };
    assert_eq!(screen(&mut one, 2), json!("C"));
    assert_eq!(screen(&mut two, 1), json!("A"));
    assert_eq!(screen(&mut two, 3), json!("A"));
}

#[test]
fn merging_a_platform_replaces_who_is_on_it_under_new_ids() {
    let mut table = Table::new();
    for name in ["Ann", "Bea"] {
        table.act(json!({"type": "NEW_REGISTRATION", "overwriteDefaults": {"name": name}}));
    }
    table.act(json!({"type": "UPDATE_REGISTRATION", "entryId": 5001, "changes": {"platform": 2}}));
    table.act(json!({"type": "MERGE_PLATFORM", "day": 1, "platform": 2,
        "platformEntries": [{"id": 5000, "day": 1, "platform": 2, "name": "Cleo", "squatKg": [100, 0, 0, 0, 0]}]}));
    let saved = table.file();
    let entries = saved["registration"]["entries"].as_array().unwrap();
    let names: Vec<&str> = entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Ann", "Cleo"]);
    assert_eq!(entries[1]["id"], json!(5002));
    assert_eq!(entries[1]["squatKg"], json!([100, 0, 0, 0, 0]));
}

#[test]
fn changing_the_unit_and_back_restores_every_plate() {
    let mut table = Table::new();
    let before = table.file();
    table.act(
        json!({"type": "SET_PLATE_CONFIG", "weightKg": 25, "pairCount": 3, "color": "#FFFFFF"}),
    );
    table.act(json!({"type": "SET_IN_KG", "inKg": false}));
    let pounds = table.file();
    assert_eq!(pounds["meet"]["plates"].as_array().unwrap().len(), 10);
    assert_eq!(
        pounds["meet"]["squatBarAndCollarsWeightKg"],
        json!(20.411656667117025)
    );
    table.act(json!({"type": "SET_IN_KG", "inKg": true}));
    assert_eq!(table.file(), before);
}

#[test]
fn a_shorter_list_of_days_leaves_none_behind() {
    let mut table = Table::new();
    table.act(json!({"type": "SET_LENGTH_DAYS", "length": 3}));
    table.act(
        json!({"type": "UPDATE_MEET", "changes": {"platformsOnDays": [2], "season": "spring"}}),
    );
    let saved = table.file();
    assert_eq!(saved["meet"]["platformsOnDays"], json!([2]));
    assert_eq!(saved["meet"]["season"], json!("spring"));
}

#[test]
fn an_action_about_a_lifter_who_is_not_there_is_refused() {
    let mut table = Table::new();
    let action = json!({"type": "DELETE_REGISTRATION", "entryId": 7});
    let edits = table.desk.meet.act(&action, &mut table.screen).unwrap();
    let error = table.desk.try_edit(&edits[0], Seen::Unchecked).unwrap_err();
    assert_eq!(error.to_string(), "there is no entry 7");
}
