//! Edits, at one location and at two.

use crate::desk::{Desk, exchange, file, saved_meets};
use serde_json::json;
use spotter_model::{Edit, Meet, ModelError, Path, Seen};

fn path(text: &str) -> Path {
    text.parse().unwrap()
}

const TWO: &str = r#"{"meet":{"name":"Spring","lengthDays":1,"platformsOnDays":[1],"season":{"year":1}},"registration":{"nextEntryId":5002,"entries":[{"id":5000,"name":"Ann","squatKg":[100,0,0,0,0],"squatStatus":[0,0,0,0,0]},{"id":5001,"day":1,"platform":2,"flight":"B","name":"Bea","pronouns":"she"}],"lookup":{"5000":0,"5001":1}},"lifting":{"day":1,"platform":1,"flight":"A","lift":"S","overrideAttempt":null,"overrideEntryId":null,"columnDivisionWidthPx":90}}"#;

#[test]
fn every_saved_meet_comes_back_byte_for_byte_also_after_going_live() {
    for saved in saved_meets() {
        let mut draft = Meet::import(&saved, &Desk::pen("Desk", 1, 10), [1; 16], 0).unwrap();
        assert_eq!(file(&mut draft), saved);
        let mut live = draft.reborn(&Desk::pen("Desk", 2, 10), [2; 16], 9).unwrap();
        assert_eq!(file(&mut live), saved);
        assert_ne!(live.root(), draft.root());
    }
}

#[test]
fn a_meet_is_the_same_for_whoever_receives_its_changes() {
    let desk = Desk::import(TWO, "Desk", 10);
    let mut copy = desk.join("Platform 1", 1);
    assert_eq!(file(&mut copy.meet), TWO);
}

#[test]
fn an_edit_of_a_register_is_one_change_and_none_if_it_says_nothing_new() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    let before = desk.meet.len();
    desk.set("entries.5000.squat.2", json!([182.5, 1]));
    assert_eq!(desk.meet.len(), before + 1);
    desk.set("entries.5000.squat.2", json!([182.5, 1]));
    assert_eq!(desk.meet.len(), before + 1);
    assert_eq!(desk.text("entries.5000.squat.2"), "182.5 good");
}

#[test]
fn what_the_person_saw_must_still_stand() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    let seen = desk
        .meet
        .get(&path("entries.5000.name"))
        .unwrap()
        .held
        .write;
    desk.set("entries.5000.name", json!("Anna"));
    let edit = Edit::set(path("entries.5000.name"), &json!("Annie")).unwrap();
    let error = desk.try_edit(&edit, Seen::Write(seen)).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"entries.5000.name has changed: it is now "Anna", written by Desk"#
    );
    assert_eq!(desk.text("entries.5000.name"), "Anna");
    let edit = Edit::set(path("entries.5000.team"), &json!("Mill")).unwrap();
    assert!(desk.try_edit(&edit, Seen::Nothing).unwrap().is_some());
    assert!(desk.try_edit(&edit, Seen::Nothing).is_err());
}

#[test]
fn an_overruled_write_is_told_with_both_locations_and_can_be_restored() {
    let mut jury = Desk::import(TWO, "Jury", 100);
    let mut platform = jury.join("Platform 2", 10);
    jury.set("entries.5000.squat.1", json!([180, 1]));
    platform.set("entries.5000.squat.1", json!([182.5, 1]));
    platform.events();
    exchange(&mut jury, &mut platform);
    assert_eq!(
        platform.events(),
        [
            "entries.5000.squat.1: 182.5 good -> 180 good by Jury",
            "entries.5000.squat.1: Platform 2's 182.5 good was overruled by Jury's 180 good",
        ]
    );
    let conflicts = jury.meet.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].overruled[0].text, "182.5 good");

    let restored = jury
        .meet
        .restore(
            &path("entries.5000.squat.1"),
            &conflicts[0].overruled[0].write,
        )
        .unwrap();
    jury.try_edit(&restored, Seen::Unchecked).unwrap().unwrap();
    exchange(&mut jury, &mut platform);
    assert_eq!(
        platform.events(),
        [
            "entries.5000.squat.1: 180 good -> 182.5 good by Jury",
            "entries.5000.squat.1: settled, 182.5 good by Jury",
        ]
    );
    assert!(platform.meet.conflicts().is_empty());
}

#[test]
fn writing_back_what_is_shown_settles_nothing_but_settling_does() {
    let mut jury = Desk::import(TWO, "Jury", 100);
    let mut platform = jury.join("Platform 2", 10);
    jury.set("entries.5000.name", json!("Anna"));
    platform.set("entries.5000.name", json!("Annie"));
    exchange(&mut jury, &mut platform);
    jury.set("entries.5000.name", json!("Anna"));
    assert_eq!(jury.meet.conflicts().len(), 1);
    let settle = Edit::settle(path("entries.5000.name"), &json!("Anna")).unwrap();
    jury.try_edit(&settle, Seen::Unchecked).unwrap().unwrap();
    assert!(jury.meet.conflicts().is_empty());
}

#[test]
fn lifters_added_offline_in_two_places_never_collide() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    let mut other = desk.join("Weigh-in", 20);
    for (desk, name) in [(&mut desk, "Cleo"), (&mut other, "Dora")] {
        for _ in 0..3 {
            let fields = json!({"name": name}).as_object().cloned().unwrap();
            desk.try_edit(&Edit::add_entry(fields).unwrap(), Seen::Unchecked)
                .unwrap()
                .unwrap();
        }
    }
    exchange(&mut desk, &mut other);
    assert!(desk.meet.duplicate_ids().is_empty());
    let entries = desk.meet.entries();
    assert_eq!(entries.len(), 8);
    assert_eq!(entries, other.meet.entries());
    let ids = entries.iter().map(|entry| entry.id.unwrap());
    assert!(
        ids.clone()
            .skip(2)
            .all(|id| (1 << 40..1 << 41).contains(&id))
    );
    let saved = desk.meet.export(None).unwrap();
    assert_eq!(
        saved["registration"]["nextEntryId"],
        json!(ids.max().unwrap() + 1)
    );
    assert_eq!(saved["registration"]["entries"][2]["flight"], json!("B"));
    assert_eq!(saved["registration"]["entries"][2]["platform"], json!(2));
}

#[test]
fn the_same_file_imported_in_two_places_is_two_meets() {
    let desk = Desk::import(TWO, "Desk", 10);
    let mut other = Desk::import(TWO, "Other", 10);
    assert_ne!(desk.meet.root(), other.meet.root());
    let keys = |desk: &mut Desk| {
        desk.meet
            .entries()
            .into_iter()
            .map(|entry| entry.key)
            .collect::<Vec<_>>()
    };
    let before = keys(&mut other);
    let changes: Vec<_> = desk.meet.changes().collect();
    for (_, verdict) in other.meet.receive(&changes) {
        assert!(!matches!(verdict, Ok(spotter_model::Admission::Admitted)));
    }
    assert_eq!(keys(&mut other), before);
    assert_eq!(file(&mut other.meet), TWO);
}

#[test]
fn an_id_that_two_lifters_have_is_refused_with_their_keys() {
    let twice =
        r#"{"meet":{},"registration":{"entries":[{"id":7,"name":"Ann"},{"id":7,"name":"Bea"}]}}"#;
    let mut desk = Desk::import(twice, "Desk", 10);
    let keys = desk.meet.duplicate_ids().remove(0).1;
    let error = desk.meet.get(&path("entries.7.name")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("entry 7 could be any of {}, {}", keys[0], keys[1])
    );
    assert_eq!(desk.text(&format!("entries.{}.name", keys[1])), "Bea");
    desk.set(&format!("entries.{}.id", keys[1]), json!(8));
    assert_eq!(desk.text("entries.7.name"), "Ann");
    assert_eq!(desk.text("entries.8.name"), "Bea");
}

#[test]
fn a_withdrawn_lifter_leaves_the_file_and_comes_back_whole() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    let ann = path("entries.5000.name").entry_name().unwrap().clone();
    desk.try_edit(&Edit::withdraw(ann.clone()), Seen::Unchecked)
        .unwrap()
        .unwrap();
    let saved = desk.meet.export(None).unwrap();
    assert_eq!(saved["registration"]["lookup"], json!({"5001": 0}));
    assert_eq!(saved["registration"]["nextEntryId"], json!(5002));
    desk.try_edit(&Edit::reinstate(ann), Seen::Unchecked)
        .unwrap()
        .unwrap();
    assert_eq!(file(&mut desk.meet), TWO);
}

#[test]
fn a_mistyped_field_makes_nothing() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    let refused = |desk: &mut Desk, text: &str| {
        let edit = Edit::set(path(text), &json!({"pairCount": 1})).unwrap();
        desk.try_edit(&edit, Seen::Unchecked)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&mut desk, "entries.5000.bodywieghtKg"),
        "there is no field entries.5000.bodywieghtKg"
    );
    assert_eq!(
        refused(&mut desk, "meet.plates.25"),
        "the meet has no plate meet.plates.25"
    );
    assert_eq!(
        refused(&mut desk, "entries.9.pronouns"),
        "there is no entry 9"
    );
    desk.set("entries.5000.pronouns", json!("they"));
    desk.set("meet.season", json!({"year": 2}));
    let saved = desk.meet.export(None).unwrap();
    assert_eq!(
        saved["registration"]["entries"][0]["pronouns"],
        json!("they")
    );
    assert_eq!(saved["meet"]["season"], json!({"year": 2}));
}

#[test]
fn a_longer_meet_has_a_platform_on_each_new_day() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    desk.set("meet.lengthDays", json!(3));
    assert_eq!(
        desk.meet.export(None).unwrap()["meet"]["platformsOnDays"],
        json!([1, 1, 1])
    );
}

#[test]
fn texts_of_any_length_are_kept() {
    let long = "ß😀\0".repeat(30_000);
    let saved = json!({"meet": {"name": long, "x": [long]}, "registration": {"entries": [{"id": 1, "notes": long}]},
        "streaming": {"log": long}});
    let text = spotter_model::json_text(&saved);
    let desk = Desk::import(&text, "Desk", 10);
    let mut copy = desk.join("Other", 1);
    assert_eq!(copy.meet.export(None).unwrap(), saved);
    let edit = Edit::set(path("meet.name"), &json!("n".repeat(40_000))).unwrap();
    copy.try_edit(&edit, Seen::Unchecked).unwrap().unwrap();
    assert_eq!(copy.text("meet.name").len(), 40_000);
    let edit = Edit::set(path("meet.name"), &json!("n".repeat(70_000))).unwrap();
    assert!(matches!(
        copy.try_edit(&edit, Seen::Unchecked),
        Err(ModelError::TooLarge(_))
    ));
    assert_eq!(copy.text("meet.name").len(), 40_000);
}

#[test]
fn a_thousand_lifters_are_no_trouble() {
    let entries: Vec<_> = (0..1000)
        .map(|id| json!({"id": id, "name": format!("Lifter {id}")}))
        .collect();
    let saved = json!({"meet": {}, "registration": {"nextEntryId": 1000, "entries": entries}});
    let mut desk = Desk::import(&spotter_model::json_text(&saved), "Desk", 10);
    assert_eq!(desk.meet.len(), 1001);
    assert_eq!(desk.meet.export(None).unwrap(), saved);
}

#[test]
fn setting_the_unit_that_is_shown_leaves_the_plates_alone() {
    let mut desk = Desk::import(TWO, "Desk", 10);
    desk.set("meet.inKg", json!(true));
    assert_eq!(
        desk.text("meet.plates"),
        "50, 25, 20, 15, 10, 5, 2.5, 2, 1.5, 1.25, 1, 0.75, 0.5, 0.25"
    );
    desk.set(
        "meet.plates.25",
        json!({"pairCount": 3, "color": "#FF0000"}),
    );
    let before = desk.meet.len();
    desk.set("meet.inKg", json!(true));
    assert_eq!(desk.meet.len(), before);
    assert_eq!(desk.text("meet.plates.25"), "3 #FF0000");
    desk.set("meet.inKg", json!(false));
    assert_eq!(desk.meet.len(), before + 1);
    assert!(desk.text("meet.plates").starts_with("45.35923703803783"));
}
