//! The saved file and its registers are inverse, for files of every kind.

use serde_json::Value;

use super::{read_saved, write_saved};
use crate::json::json_text;
use crate::op::Scalar;

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

/// Whatever some program has written into the registers, there is an export, and it is JSON.
#[quickcheck_macros::quickcheck]
fn any_content_can_be_exported(what: Vec<(u8, u8, u8, f64)>) -> bool {
    let keys = [
        "name",
        "id",
        "plates",
        "plates.25",
        "platformsOnDays",
        "platformsOnDays.4000000000",
        "squat.1",
        "squat.shape",
        "bench.shape",
        "~x",
        "^",
        "1.1",
        "order",
        "deleted",
        "divisions",
        "",
    ];
    let texts = [
        "",
        "[",
        "[1,2]",
        "[25,25,null]",
        "{}",
        "[false,900000000]",
        "{\"day\":1e9}",
        "\0-",
        "[[[[",
        "[\"a\"]",
        "null",
        "{\"meet\":1,\"registration\":[],\"lifting\":{\"day\":1}}",
    ];
    let mut content = super::Content {
        entries: vec![super::Registers::new(); 2],
        ..super::Content::default()
    };
    for (place, key, value, number) in what {
        let key = keys[usize::from(key) % keys.len()].to_owned();
        let text = texts[usize::from(value) % texts.len()];
        let scalar = match value % 5 {
            0 => Scalar::Null,
            1 => Scalar::Bool(value > 99),
            2 => Scalar::Number(number),
            _ => Scalar::from(text),
        };
        match place % 5 {
            0 => content.meet.insert(key, scalar),
            1 => content.lifting.insert(key, scalar),
            2 => content.entries[0].insert(key, scalar),
            3 => content.entries[1].insert(key, scalar),
            _ => {
                content.frame.file = super::json_value(text);
                None
            }
        };
    }
    let exported = json_text(&write_saved(&content, None));
    let read: Value = serde_json::from_str(&exported).unwrap();
    read["registration"]["entries"].is_array() && exported.len() < 100_000
}
