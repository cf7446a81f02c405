//! Editing without any network.

use serde_json::json;

use crate::bench::{Bench, finish};

const PATH: &str = "entries.5003.squat.2";

#[test]
fn an_edit_is_read_back_by_the_next_process() {
    let bench = Bench::with_meet();
    assert_eq!(
        bench.ok(&["set", PATH, "182.5 good"]),
        format!("{PATH} 182.5 good")
    );
    assert_eq!(bench.ok(&["get", PATH]), "182.5 good");
    let shown = bench.json(&["get", PATH, "--json"]);
    assert_eq!(shown["value"], json!([182.5, 1]));
    assert_eq!(shown["conflict"], false);
}

#[test]
fn history_tells_what_was_written_why_and_having_seen_what() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "180 good"]);
    bench.ok(&["set", PATH, "180 no", "--reason", "depth"]);
    let history = bench.json(&["history", PATH, "--json"]);
    let [_, first, second] = history.as_array().unwrap().as_slice() else {
        panic!("{history}")
    };
    assert_eq!(second["reason"], "depth");
    assert_eq!(second["replaces"], json!([first["write"]]));
    assert_eq!(
        (&second["shown"], &first["standing"]),
        (&json!(true), &json!(false))
    );
    let told = bench.ok(&["history", PATH]);
    assert!(told.contains("180 no") && told.contains("depth"), "{told}");
}

#[test]
fn a_value_that_is_shown_already_writes_nothing() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "180 good"]);
    let before = bench.json(&["status", "--json"])["changes"].clone();
    assert!(
        bench
            .ok(&["set", PATH, "180 good"])
            .contains("nothing was written")
    );
    assert_eq!(bench.json(&["status", "--json"])["changes"], before);
}

#[test]
fn an_edit_that_names_what_was_shown_is_refused_once_something_else_is() {
    let bench = Bench::with_meet();
    let shown = bench.json(&["get", PATH, "--json"])["write"].clone();
    let shown = shown.as_str().unwrap();
    bench.ok(&["set", PATH, "180 good", "--seen", shown]);
    let told = bench.fails(1, &["set", PATH, "185 good", "--seen", shown]);
    assert!(told.contains("180 good"), "{told}");
    assert_eq!(bench.ok(&["get", PATH]), "180 good");
}

#[test]
fn each_line_of_standard_input_is_one_change() {
    let bench = Bench::with_meet();
    let before = bench.json(&["status", "--json"])["changes"]
        .as_u64()
        .unwrap();
    let lines: String = (0..300)
        .map(|n| format!("entries.{}.team Team {n}\n", 5000 + n % 12))
        .collect();
    let finished = finish(bench.spotter().arg("set"), &lines);
    assert_eq!(finished.code, 0, "{}", finished.err);
    assert_eq!(
        finished.out.lines().nth(12),
        Some("entries.5000.team Team 12")
    );
    assert_eq!(finished.out.lines().count(), 300);
    let after = bench.json(&["status", "--json"])["changes"]
        .as_u64()
        .unwrap();
    assert_eq!(after, before + 300);
    assert_eq!(bench.ok(&["get", "entries.5011.team"]), "Team 299");
}

#[test]
fn lines_that_make_no_sense_are_named_and_harm_no_others() {
    let bench = Bench::with_meet();
    let lines = "meet.city Oulu\nmeet.nowhere x\n\n# a remark\nentries.4711.name x\nmeet.date soon\nmeet.name";
    let finished = finish(bench.spotter().arg("set"), lines);
    assert_eq!(finished.code, 1);
    for words in [
        "line 2", "line 5", "4711", "line 6", "soon", "line 7", "4 of 5",
    ] {
        assert!(finished.err.contains(words), "{words}: {}", finished.err);
    }
    assert_eq!(bench.ok(&["get", "meet.city"]), "Oulu");
}

#[test]
fn a_lifter_is_added_withdrawn_and_reinstated() {
    let bench = Bench::with_meet();
    let entry = bench.ok(&[
        "add",
        "Mira Lahti",
        "--fields",
        r#"{"sex":"F","flight":"B"}"#,
    ]);
    assert_eq!(bench.ok(&["get", &format!("{entry}.name")]), "Mira Lahti");
    assert_eq!(bench.ok(&["get", &format!("{entry}.flight")]), "B");
    let lifters = |bench: &Bench| {
        let saved = bench.json(&["show", "--json"]);
        saved["registration"]["entries"].as_array().unwrap().len()
    };
    assert_eq!(lifters(&bench), 13);
    bench.ok(&["withdraw", &entry]);
    assert_eq!(lifters(&bench), 12);
    assert!(bench.ok(&["withdraw", &entry]).contains("already"));
    bench.ok(&["reinstate", &entry]);
    assert_eq!(lifters(&bench), 13);
}

#[test]
fn an_earlier_value_is_restored_by_the_name_of_its_write() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "180 good"]);
    let write = bench.json(&["get", PATH, "--json"])["write"].clone();
    bench.ok(&["set", PATH, "185 no"]);
    bench.ok(&["restore", PATH, write.as_str().unwrap()]);
    assert_eq!(bench.ok(&["get", PATH]), "180 good");
    let told = bench.fails(1, &["restore", PATH, "1@00112233aabbccdd"]);
    assert!(told.contains("1@00112233aabbccdd"), "{told}");
}

#[test]
fn openlifters_actions_are_made_and_their_new_lifters_found_again() {
    let bench = Bench::with_meet();
    let actions = json!([
        {"type": "UPDATE_MEET", "changes": {"name": "Acted Open"}},
        {"type": "NEW_REGISTRATION", "overwriteDefaults": {"name": "Mira"}},
        {"type": "ENTER_ATTEMPT", "entryId": 5012, "lift": "S", "attemptOneIndexed": 1, "weightKg": 90},
        {"type": "MARK_LIFT", "entryId": 5012, "lift": "S", "attemptOneIndexed": 1, "success": true},
        {"type": "ENTER_ATTEMPT", "entryId": 5000, "lift": "S", "attemptOneIndexed": 1, "weightKg": 107.5},
    ]);
    let file = bench.file("actions.json");
    std::fs::write(&file, actions.to_string()).unwrap();
    assert_eq!(bench.ok(&["act", &file]), "5 actions made as 5 changes");
    assert_eq!(bench.ok(&["get", "meet.name"]), "Acted Open");
    assert_eq!(bench.ok(&["get", "entries.5000.squat.1"]), "107.5 -");
    let saved = bench.json(&["show", "--json"]);
    let new = &saved["registration"]["entries"][12];
    assert_eq!(
        (&new["name"], &new["squatKg"][0], &new["squatStatus"][0]),
        (&json!("Mira"), &json!(90), &json!(1))
    );

    std::fs::write(
        &file,
        r#"[{"type":"SET_LENGTH_DAYS","length":2},{"type":"DANCE"}]"#,
    )
    .unwrap();
    let told = bench.fails(1, &["act", &file]);
    assert!(
        told.contains("action 2") && told.contains("DANCE"),
        "{told}"
    );
}
