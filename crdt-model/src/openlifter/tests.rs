//! The saved file and its registers are inverse, for files of every kind.

use serde_json::Value;

use super::{read_saved, write_saved};
use crate::json::json_text;

fn through(saved: &str) -> String {
    json_text(&write_saved(&read_saved(saved).unwrap(), None))
}

#[track_caller]
fn survives(saved: &str) {
    let [before, after]: [Value; 2] =
        [saved, &through(saved)].map(|text| serde_json::from_str(text).unwrap());
    assert_eq!(before, after);
}

fn meet(meet: &str, registration: &str, rest: &str) -> String {
    format!(r#"{{"meet":{{{meet}}},"registration":{{{registration}}}{rest}}}"#)
}

#[test]
fn a_file_in_openlifters_own_order_comes_back_byte_for_byte() {
    for saved in crate::openlifter::tests_samples() {
        assert_eq!(through(&saved), saved);
    }
}

#[test]
fn fields_that_are_absent_stay_absent() {
    survives(&meet("", r#""entries":[]"#, ""));
    survives(&meet(
        r#""name":"Spring""#,
        r#""entries":[{"id":7},{"id":8,"squatKg":[1,2,3,0,0]}]"#,
        "",
    ));
}

#[test]
fn null_and_empty_lists_stay_what_they_are() {
    survives(&meet(
        r#""platformsOnDays":[],"plates":[],"divisions":[],"weightClassesKgMen":[null],"name":null"#,
        r#""entries":[{"id":1,"squatKg":null,"benchKg":[],"benchStatus":[null,1],"name":null,"guest":null}],"nextEntryId":null"#,
        r#","lifting":{"day":null,"flight":null}"#,
    ));
    survives(&meet(
        r#""platformsOnDays":null,"plates":null"#,
        r#""entries":[]"#,
        "",
    ));
}

#[test]
fn what_openlifter_does_not_know_is_carried() {
    let long = "n".repeat(300);
    survives(&meet(
        &format!(
            r#""":{{"a":[1,null,{{}}]}},"order":3,"~name":"tilde","^":1,"{long}":2,"plates":[{{"weightKg":25,"pairCount":1,"color":"x","rim":{{}}}}]"#
        ),
        &format!(
            r#""entries":[{{"id":1,"deleted":true,"order":"x","squat.1":5,"pronouns":null,"{long}":[]}}],"season":[1]"#
        ),
        r#","lifting":{"day":1,"timer":{"s":60}},"streaming":{"on":true},"_persist":{"version":-1,"rehydrated":true}"#,
    ));
}

#[test]
fn days_beyond_the_length_of_the_meet_and_equal_plates_are_kept() {
    survives(&meet(
        r#""lengthDays":1,"platformsOnDays":[2,1,null,20],"plates":[{"weightKg":20,"pairCount":1},{"weightKg":20,"pairCount":2},{"weightKg":0.1}]"#,
        r#""entries":[]"#,
        "",
    ));
}

#[test]
fn the_next_id_is_kept_even_where_it_is_wrong() {
    survives(&meet(
        "",
        r#""nextEntryId":5000,"entries":[{"id":9000},{"id":3},{"id":3}]"#,
        "",
    ));
    survives(&meet(
        "",
        r#""nextEntryId":9001,"entries":[{"id":9000}],"lookup":{"9000":0}"#,
        "",
    ));
}
