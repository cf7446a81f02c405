//! What happens to an edit on its way to the disk and to the relay.

use spotter_client::{Action, Ask, Input, News, Origin, Problem, RECORD_FORMAT, Record, Reply};
use spotter_relay_protocol::{RejectedUpdate, RelayMessage, UpdateCode, UpdateRejected};

use crate::bench::{Bench, ack, answers, kinds, offered, saving, set};

#[test]
fn the_first_record_of_a_replica_names_its_format() {
    let mut bench = Bench::unopened([1; 32]);
    let actions = bench.step(Input::Opened {
        records: Vec::new(),
    });
    let (_, records) = saving(&actions);
    assert_eq!(
        records,
        [Record::Replica {
            format: RECORD_FORMAT
        }]
    );
}

#[test]
fn a_later_format_is_refused_in_words() {
    let mut bench = Bench::unopened([1; 32]);
    let opened = bench.step(Input::Opened {
        records: vec![Record::Replica { format: 9 }],
    });
    assert_eq!(kinds(&opened), ["tell"]);
    let asked = bench.ask(Ask::Sync);
    let [Err(problem @ Problem::NotOpen { .. })] = &answers(&asked)[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(
        problem.to_string(),
        "this replica is not open: record 0: its format is 9, and this version knows 1"
    );
}

#[test]
fn an_edit_is_saved_and_sent_in_one_step_and_answered_when_it_is_saved() {
    let mut bench = Bench::live();
    let actions = bench.set("meet.name", "Harbor Open");
    assert_eq!(kinds(&actions), ["save", "send", "tell"]);
    let (batch, records) = saving(&actions);
    let [
        Record::Changes {
            from: Origin::Here,
            changes,
            position: None,
        },
    ] = &records[..]
    else {
        panic!("{records:?}");
    };
    assert_eq!(offered(&actions)[0].change, changes[0]);
    let saved = bench.step(Input::Saved { batch });
    let [Ok(Reply::Edited { change: Some(_) })] = answers(&saved)[..] else {
        panic!("{saved:?}");
    };
}

#[test]
fn an_acknowledgement_says_nothing_about_this_device() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "Harbor Open");
    let (batch, _) = saving(&edited);
    let acked = bench.hear(ack(&offered(&edited), 1));
    assert_eq!(answers(&acked), []);
    assert!(!bench.status().in_sync);
    let saved = bench.step(Input::Saved { batch });
    assert_eq!(answers(&saved).len(), 1);
    bench.save(saved);
    assert!(bench.status().in_sync);
}

#[test]
fn what_comes_up_while_the_disk_syncs_is_the_next_batch() {
    let mut bench = Bench::live();
    let first = bench.set("meet.name", "a");
    let second = bench.set("meet.name", "b");
    let third = bench.set("meet.name", "c");
    assert_eq!(kinds(&second), ["send", "tell"]);
    assert_eq!(kinds(&third), ["send", "tell"]);
    let (batch, _) = saving(&first);
    let saved = bench.step(Input::Saved { batch });
    let (_, records) = saving(&saved);
    assert_eq!(records.len(), 2);
    assert_eq!(answers(&saved).len(), 1);
}

#[test]
fn an_edit_equal_to_what_is_shown_writes_nothing() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "a");
    bench.save(edited);
    let again = bench.set("meet.name", "a");
    assert_eq!(kinds(&again), ["answer"]);
    assert_eq!(answers(&again), [Ok(Reply::Edited { change: None })]);
}

#[test]
fn a_failed_save_is_reported_stops_editing_and_is_tried_again_in_order() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "a");
    let (batch, records) = saving(&edited);
    let why = "no space left on device".to_owned();
    let failed = bench.step(Input::SaveFailed {
        batch,
        why: why.clone(),
    });
    assert_eq!(
        answers(&failed),
        [Err(Problem::NotSaved { why: why.clone() })]
    );
    let refused = bench.set("meet.name", "b");
    assert_eq!(answers(&refused), [Err(Problem::CannotSave { why })]);
    let again = bench.wait(1_000);
    assert_eq!(saving(&again).1, records);
    bench.save(again);
    let edited = bench.set("meet.name", "b");
    assert!(matches!(kinds(&edited)[..], ["save", ..]));
}

#[test]
fn whoever_is_turned_away_has_the_disk_tried_again_at_once_but_not_more_often_than_every_second() {
    let mut bench = Bench::live();
    let mut saves = bench.set("meet.name", "a");
    // Of themselves the pauses get longer, up to ten seconds.
    for pause in [1_000, 2_000, 4_000, 8_000, 10_000, 10_000] {
        fail(&mut bench, &saves);
        assert!(!kinds(&bench.wait(pause - 1)).contains(&"save"));
        saves = bench.wait(1);
        assert!(kinds(&saves).contains(&"save"), "after {pause} ms");
    }
    fail(&mut bench, &saves);
    bench.wait(500);
    assert_eq!(kinds(&bench.set("meet.name", "b")), ["answer"]);
    let saves = bench.wait(500);
    assert!(kinds(&saves).contains(&"save"));
    fail(&mut bench, &saves);
    bench.wait(1_500);
    let turned_away = kinds(&bench.set("meet.name", "b"));
    assert_eq!(turned_away, ["answer", "save"]);
}

fn fail(bench: &mut Bench, saves: &[Action]) {
    let (batch, _) = saving(saves);
    let why = "no space left on device".to_owned();
    bench.step(Input::SaveFailed { batch, why });
}

#[test]
fn what_the_relay_wants_later_is_offered_again_later() {
    let mut bench = Bench::live();
    let edited = bench.set("meet.name", "a");
    let updates = offered(&edited);
    bench.save(edited);
    let rejected = RejectedUpdate {
        local_seq_num: updates[0].local_seq_num,
        code: UpdateCode::StorageTrouble,
        reason: "the disk is full".to_owned(),
        conflict: false,
        for_good: false,
        retry_after_ms: Some(5_000),
        stands: None,
    };
    let later = bench.hear(RelayMessage::UpdateRejected(UpdateRejected {
        updates_rejected: vec![rejected],
    }));
    assert_eq!(offered(&later), []);
    let told = |actions: &[Action]| -> Vec<String> {
        let news = actions.iter().filter_map(|action| match action {
            Action::Tell(news @ (News::PutOff(_) | News::TakenAgain)) => Some(news.to_string()),
            _ => None,
        });
        news.collect()
    };
    assert!(told(&later)[0].contains("the disk is full"), "{later:?}");
    let why = bench.status().put_off.unwrap();
    assert_eq!(
        (why.code.as_str(), why.is_long()),
        ("storage-trouble", true)
    );
    assert_eq!(offered(&bench.wait(4_999)), []);
    let again = bench.wait(1);
    assert_eq!((offered(&again), told(&again)), (updates.clone(), vec![]));
    let taken = bench.hear(ack(&updates, 1));
    assert_eq!(told(&taken), ["the relay takes edits again"]);
    assert_eq!(bench.status().put_off, None);
}

#[test]
fn without_an_author_a_replica_can_be_read_and_not_edited() {
    let mut desk = Bench::live();
    let packed = desk.ask(Ask::PackBundle { author: None });
    let [Ok(Reply::Bundle(text))] = &answers(&packed)[..] else {
        panic!("{packed:?}");
    };
    let mut reader = Bench::unopened([9; 32]);
    let opened = reader.step(Input::Opened {
        records: Vec::new(),
    });
    reader.save(opened);
    let unpacked = reader.ask(Ask::UnpackBundle {
        text: text.clone(),
        author: None,
    });
    assert!(matches!(
        answers(&reader.save(unpacked))[..],
        [Ok(Reply::Unpacked(_))]
    ));
    let edited = reader.ask(Ask::Edit(set("meet.name", "a")));
    assert_eq!(answers(&edited), [Err(Problem::NoAuthor)]);
}

#[test]
fn a_cut_bundle_gives_what_it_holds_and_says_what_is_missing() {
    let mut desk = Bench::live();
    for n in 0..100 {
        let edited = desk.set("meet.name", &format!("name {n}"));
        desk.save(edited);
    }
    let packed = desk.ask(Ask::PackBundle { author: None });
    let [Ok(Reply::Bundle(text))] = &answers(&packed)[..] else {
        panic!("{packed:?}");
    };
    let cut: Vec<&str> = text.lines().take(3).collect();
    let mut reader = Bench::unopened([9; 32]);
    let opened = reader.step(Input::Opened {
        records: Vec::new(),
    });
    reader.save(opened);
    let unpacked = reader.ask(Ask::UnpackBundle {
        text: cut.join("\n"),
        author: None,
    });
    let [Ok(Reply::Unpacked(unpacked))] = &answers(&reader.save(unpacked))[..] else {
        panic!("not unpacked");
    };
    assert_eq!(unpacked.brought, 65);
    assert_eq!(
        unpacked.damage.as_deref(),
        Some("the file is cut short: it holds 65 of 101 changes")
    );
}

#[test]
fn a_file_that_is_no_bundle_is_refused_and_leaves_nothing_behind() {
    let mut bench = Bench::new();
    for text in ["", "{}", "hello", "[1,2]"] {
        let actions = bench.ask(Ask::UnpackBundle {
            text: text.to_owned(),
            author: None,
        });
        assert!(
            matches!(answers(&actions)[..], [Err(Problem::Bundle(_))]),
            "{text:?}"
        );
        assert!(
            !actions
                .iter()
                .any(|action| matches!(action, Action::Save { .. }))
        );
    }
    assert_eq!(bench.status().root, None);
}
