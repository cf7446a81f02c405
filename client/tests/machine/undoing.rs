//! Taking back one's own last edit, as long as nobody has written over it.

use spotter_client::{Action, Ask, EditAsk, Input, Problem, Reply};
use spotter_model::{Change, Edit, ModelError, Path, Seen};
use spotter_relay_protocol::*;

use crate::bench::{Bench, answers, offered};

fn shown(bench: &mut Bench, path: &str) -> String {
    let path: Path = path.parse().unwrap();
    bench.client.meet().unwrap().get(&path).unwrap().held.text
}

fn edit(bench: &mut Bench, path: &str, text: &str) {
    let edited = bench.set(path, text);
    bench.save(edited);
}

/// Undoes, saves, and returns the answer.
fn undo(bench: &mut Bench) -> Result<Reply, Problem> {
    let asked = bench.ask(Ask::Undo);
    let saved = bench.save(asked);
    answers(&saved).remove(0)
}

fn hear_change(bench: &mut Bench, change: &Change) {
    let relayed = RelayMessage::UpdateRelay(UpdateRelay {
        updates_relayed: vec![RelayedUpdate {
            change: ChangeBytes::new(change.bytes().clone()),
            server_seq_num: 2,
        }],
        after_server_seq_num: 1,
        chain: Chain::START,
    });
    let heard = bench.hear(relayed);
    bench.save(heard);
}

#[track_caller]
fn undone(bench: &mut Bench) -> String {
    match undo(bench) {
        Ok(Reply::Undone { path, .. }) => path.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn undo_takes_back_the_last_edit_and_then_the_one_before() {
    let mut bench = Bench::live();
    let first = shown(&mut bench, "meet.name");
    edit(&mut bench, "meet.name", "a");
    edit(&mut bench, "meet.city", "Oslo");
    edit(&mut bench, "meet.name", "b");
    assert_eq!(undone(&mut bench), "meet.name");
    assert_eq!(shown(&mut bench, "meet.name"), "a");
    assert_eq!(undone(&mut bench), "meet.city");
    assert_eq!(undone(&mut bench), "meet.name");
    assert_eq!(shown(&mut bench, "meet.name"), first);
    assert_eq!(undo(&mut bench), Err(Problem::NothingToUndo));
}

#[test]
fn an_edit_after_an_undo_is_the_next_to_be_taken_back() {
    let mut bench = Bench::live();
    edit(&mut bench, "meet.name", "a");
    edit(&mut bench, "meet.name", "b");
    undone(&mut bench);
    edit(&mut bench, "meet.name", "c");
    undone(&mut bench);
    assert_eq!(shown(&mut bench, "meet.name"), "a");
    undone(&mut bench);
    assert_eq!(undo(&mut bench), Err(Problem::NothingToUndo));
}

#[test]
fn an_undo_is_an_ordinary_edit_that_is_saved_and_sent() {
    let mut bench = Bench::live();
    edit(&mut bench, "meet.name", "a");
    let before = bench.client.meet().unwrap().len();
    let asked = bench.ask(Ask::Undo);
    assert_eq!(answers(&asked), [], "not before it is saved");
    assert!(
        asked
            .iter()
            .any(|action| matches!(action, Action::Save { .. }))
    );
    assert_eq!(offered(&asked).len(), 1);
    let saved = bench.save(asked);
    let [Ok(Reply::Undone { change, .. })] = &answers(&saved)[..] else {
        panic!("{saved:?}")
    };
    let meet = bench.client.meet().unwrap();
    assert_eq!(meet.len(), before + 1);
    assert_eq!(meet.heads(), [*change]);
}

#[test]
fn what_somebody_else_has_written_over_is_not_taken_back_and_they_are_named() {
    let mut bench = Bench::live();
    edit(&mut bench, "meet.name", "a");
    let theirs = bench.change_from(9, "meet.name", "theirs");
    hear_change(&mut bench, &theirs);
    let Err(Problem::Model(ModelError::Moved { path, stands })) = undo(&mut bench) else {
        panic!("it is refused")
    };
    let stands = stands.unwrap();
    assert_eq!(path.to_string(), "meet.name");
    assert_eq!(
        (
            stands.held.text.as_str(),
            stands.held.author.location.as_str()
        ),
        ("theirs", "platform")
    );
    assert_eq!(shown(&mut bench, "meet.name"), "theirs");
}

#[test]
fn an_edit_beside_which_somebody_elses_stands_is_not_taken_back() {
    let mut bench = Bench::live();
    let theirs = bench.change_from(9, "meet.name", "theirs");
    edit(&mut bench, "meet.name", "mine");
    edit(&mut bench, "meet.city", "Oslo");
    hear_change(&mut bench, &theirs);
    assert_eq!(undone(&mut bench), "meet.city", "what is not disputed is");
    assert!(matches!(
        undo(&mut bench),
        Err(Problem::Model(ModelError::Moved { .. }))
    ));
    assert_eq!(bench.client.meet().unwrap().conflicts().len(), 1);
}

#[test]
fn what_was_added_is_withdrawn_and_not_undone() {
    let mut bench = Bench::live();
    let fields = serde_json::json!({"name": "Aino"})
        .as_object()
        .unwrap()
        .clone();
    let added = bench.ask(Ask::Edit(EditAsk {
        edit: Edit::add_entry(fields).unwrap(),
        reason: None,
        seen: Seen::Unchecked,
    }));
    bench.save(added);
    let Err(problem) = undo(&mut bench) else {
        panic!("it is refused")
    };
    assert_eq!(
        problem.to_string(),
        "the edit cannot be undone: it added something; withdraw that instead"
    );
}

#[test]
fn nothing_is_undone_after_a_restart_or_before_an_edit() {
    let mut bench = Bench::live();
    assert_eq!(undo(&mut bench), Err(Problem::NothingToUndo));
    edit(&mut bench, "meet.name", "a");
    let records = std::mem::take(&mut bench.journal);
    let mut again = Bench::unopened([9; 32]);
    let opened = again.step(Input::Opened { records });
    again.save(opened);
    assert_eq!(undo(&mut again), Err(Problem::NothingToUndo));
}
