//! Well-formed changes that would panic Automerge or make a document impossible to load again, each refused by name.

use automerge::legacy;

use super::{SmallMeet, document_of, fresh_op, some_actor, verdict};
use crate::change::{Change, ChangeDraft};
use crate::document::tests::pen;
use crate::ids::{ChangeHash, OpId};
use crate::index::Admission;
use crate::limits::{COUNTER_MAX, TEXT_BYTES_MAX};
use crate::op::{ObjectId, Op, OpAction, Scalar};

/// Each crafted change is given to a document together with an innocent one.
#[track_caller]
fn refused_as(code: &str, craft: impl FnOnce(&mut ChangeDraft)) {
    let meet = SmallMeet::new();
    let (mut document, innocent) = meet.before_last();
    let mut draft = innocent.draft().clone();
    craft(&mut draft);
    assert_eq!(verdict(&mut document, draft), Some(code));
    let verdicts = document.receive(std::slice::from_ref(innocent)).verdicts;
    assert_eq!(verdicts, [Ok(Admission::Admitted)]);
    let saved = document.save();
    let loaded = automerge::Automerge::load(&saved).unwrap();
    assert_eq!(loaded.get_changes(&[]).len(), meet.changes.len());
}

#[test]
fn an_operation_counter_below_that_of_the_dependencies_is_refused() {
    refused_as("start-op", |draft| draft.start_op -= 1);
}

#[test]
fn a_gap_in_operation_counters_is_refused_for_it_would_buy_wins_in_ties() {
    refused_as("start-op", |draft| draft.start_op += 1_000);
}

#[test]
fn an_operation_counter_that_would_exhaust_the_meet_is_refused() {
    refused_as("out-of-bounds", |draft| draft.start_op = COUNTER_MAX + 1);
}

#[test]
fn a_pred_that_names_no_operation_is_refused() {
    refused_as("preds", |draft| draft.ops[0].preds[1].counter += 500);
}

#[test]
fn a_pred_that_names_a_write_of_another_register_is_refused() {
    refused_as("preds", |draft| {
        let mut other = fresh_op("country");
        other.preds = draft.ops[0].preds.clone();
        draft.ops.push(other);
    });
}

#[test]
fn a_write_that_leaves_out_one_of_the_writes_it_knew_is_refused() {
    refused_as("preds", |draft| {
        assert_eq!(draft.ops[0].preds.len(), 2);
        draft.ops[0].preds.pop();
    });
}

#[test]
fn a_pred_by_an_actor_nobody_knows_is_refused() {
    refused_as("preds", |draft| {
        draft.ops[0].preds[0].actor = some_actor(77)
    });
}

#[test]
fn a_gap_in_sequence_numbers_is_refused() {
    refused_as("sequence", |draft| draft.seq += 4);
}

#[test]
fn a_huge_sequence_number_is_refused() {
    refused_as("out-of-bounds", |draft| draft.seq = u32::MAX);
}

#[test]
fn a_change_that_does_not_descend_from_its_actors_last_one_is_refused() {
    let meet = SmallMeet::new();
    let mut document = document_of(&meet.changes);
    let mut draft = meet.changes[1].draft().clone();
    draft.seq = 2;
    draft.author = None;
    assert_eq!(verdict(&mut document, draft), Some("sequence"));
}

#[test]
fn a_change_without_dependencies_is_refused_unless_it_is_the_genesis() {
    let meet = SmallMeet::new();
    let mut document = document_of(&meet.changes);
    let mut draft = meet.changes[0].draft().clone();
    draft.time += 1;
    assert_eq!(verdict(&mut document, draft), Some("foreign-root"));
}

#[test]
fn a_dependency_named_twice_is_refused() {
    refused_as("dependency-repeated", |draft| {
        draft.deps.push(draft.deps[0])
    });
}

#[test]
fn more_dependencies_than_a_change_may_name_are_refused() {
    refused_as("out-of-bounds", |draft| {
        draft.deps.extend((0..64).map(|n| ChangeHash::new([n; 32])));
    });
}

#[test]
fn an_object_that_does_not_exist_is_refused() {
    let object = OpId {
        counter: 3,
        actor: some_actor(78),
    };
    refused_as("unknown-object", |draft| {
        draft.ops[0].object = ObjectId::Made(object)
    });
}

#[test]
fn a_scalar_is_no_object_to_write_in() {
    refused_as("unknown-object", |draft| {
        draft.ops[0].object = ObjectId::Made(draft.ops[0].preds[0]);
        draft.ops[0].preds.clear();
    });
}

#[test]
fn an_object_that_the_author_could_not_know_is_refused() {
    let meet = SmallMeet::new();
    let mut document = document_of(&meet.changes);
    let entry = meet
        .changes
        .iter()
        .rev()
        .find(|change| change.ops().len() == 3)
        .unwrap();
    let mut draft = meet.changes[1].draft().clone();
    draft.actor = some_actor(50);
    draft.ops = vec![Op {
        object: ObjectId::Made(entry.op_id(0)),
        ..fresh_op("note")
    }];
    assert_eq!(verdict(&mut document, draft), Some("unknown-object"));
}

#[test]
fn maps_nested_too_deep_are_refused() {
    refused_as("too-deep", |draft| {
        let own = |index: usize| OpId {
            counter: draft.start_op + index as u32,
            actor: draft.actor,
        };
        let nested = (0..20).map(|index| Op {
            object: if index == 0 {
                ObjectId::Root
            } else {
                ObjectId::Made(own(index - 1))
            },
            key: format!("@{}.{index}", draft.actor),
            action: OpAction::MakeMap,
            preds: Vec::new(),
        });
        draft.ops = nested.collect();
    });
}

#[test]
fn a_map_under_a_plain_key_is_refused() {
    refused_as("key-form", |draft| {
        draft.ops.push(Op {
            action: OpAction::MakeMap,
            ..fresh_op("podium")
        });
    });
}

#[test]
fn a_map_under_the_key_of_another_actor_is_refused() {
    refused_as("key-form", |draft| {
        draft.ops.push(Op {
            action: OpAction::MakeMap,
            ..fresh_op("@0808080808080808.1")
        });
    });
}

#[test]
fn a_scalar_under_the_key_of_a_map_is_refused() {
    refused_as("key-form", |draft| {
        draft.ops.push(fresh_op("@0101010101010101.7"))
    });
}

#[test]
fn a_scalar_over_a_container_is_refused_with_or_without_the_pred() {
    refused_as("over-map", |draft| draft.ops.push(fresh_op("entries")));
    let genesis = SmallMeet::new().changes[0].op_id(0);
    refused_as("over-map", |draft| {
        let mut op = fresh_op("entries");
        op.preds = vec![genesis];
        draft.ops.push(op);
    });
}

#[test]
fn the_same_map_made_twice_is_refused() {
    let meet = SmallMeet::new();
    let key = meet.changes[1].ops()[0].key.clone();
    let object = meet.changes[1].ops()[0].object;
    refused_as("over-map", |draft| {
        draft.ops.push(Op {
            object,
            key,
            action: OpAction::MakeMap,
            preds: Vec::new(),
        });
    });
}

#[test]
fn a_register_written_twice_in_one_change_is_refused() {
    refused_as("written-twice", |draft| {
        draft.ops.extend([fresh_op("country"), fresh_op("country")]);
    });
}

#[test]
fn an_author_on_a_later_change_is_refused() {
    refused_as("author-repeated", |draft| {
        draft.author = Some(pen(1, 999).author)
    });
}

#[test]
fn a_first_change_without_an_author_is_refused() {
    refused_as("author-missing", |draft| {
        draft.actor = some_actor(60);
        draft.seq = 1;
    });
}

#[test]
fn an_empty_key_or_a_megabyte_of_key_is_refused() {
    refused_as("out-of-bounds", |draft| draft.ops[0].key.clear());
    refused_as("too-large", |draft| draft.ops[0].key = "k".repeat(1 << 20));
    refused_as("out-of-bounds", |draft| draft.ops[0].key = "k".repeat(257));
}

#[test]
fn a_text_beyond_the_limit_is_refused() {
    let text = |bytes: usize| OpAction::Set(Scalar::Text("t".repeat(bytes)));
    refused_as("out-of-bounds", |draft| {
        draft.ops[0].action = text(TEXT_BYTES_MAX + 1)
    });
    refused_as("too-large", |draft| draft.ops[0].action = text(1 << 20));
}

#[test]
fn a_number_that_json_has_no_word_for_is_refused() {
    refused_as("out-of-bounds", |draft| {
        draft.ops[0].action = OpAction::Set(Scalar::Number(f64::NAN))
    });
    refused_as("out-of-bounds", |draft| {
        draft.ops[0].action = OpAction::Set(Scalar::Number(f64::INFINITY))
    });
}

#[test]
fn a_time_at_the_end_of_the_range_of_integers_is_refused() {
    refused_as("out-of-bounds", |draft| draft.time = i64::MIN);
    refused_as("out-of-bounds", |draft| draft.time = i64::MAX);
}

#[test]
fn a_long_message_is_refused() {
    refused_as("out-of-bounds", |draft| {
        draft.message = Some("m".repeat(1_025))
    });
}

#[test]
fn a_change_without_operations_is_refused() {
    refused_as("out-of-bounds", |draft| draft.ops.clear());
}

#[test]
fn the_second_of_two_twins_is_refused_by_the_name_of_the_first() {
    let meet = SmallMeet::new();
    let mut document = document_of(&meet.changes);
    let first = meet.changes.last().unwrap();
    let mut draft = first.draft().clone();
    draft.ops[0].action = OpAction::Set(Scalar::Text("settled otherwise".to_owned()));
    let twin = Change::encode(draft).unwrap();
    let verdict = document.receive(&[twin]).verdicts.remove(0);
    assert_eq!(verdict.as_ref().unwrap_err().code(), "twin");
    assert!(
        verdict
            .unwrap_err()
            .to_string()
            .contains(&first.hash().to_string())
    );
}

/// What Automerge can write and we never do.
#[track_caller]
fn automerge_op_refused_as(code: &str, craft: impl FnOnce(&mut legacy::Op)) {
    let meet = SmallMeet::new();
    let (_, last) = meet.before_last();
    let theirs = automerge::Change::try_from(&last.bytes()[..]).unwrap();
    let mut expanded = theirs.decode();
    craft(&mut expanded.operations[0]);
    let bytes = automerge::Change::from(expanded).raw_bytes().to_vec();
    assert_eq!(Change::decode(&bytes).unwrap_err().code(), code);
}

#[test]
fn deletions_counters_lists_texts_and_marks_are_refused() {
    let action = |action: legacy::OpType| {
        automerge_op_refused_as("forbidden-op", |op| op.action = action);
    };
    action(legacy::OpType::Delete);
    action(legacy::OpType::Increment(1));
    action(legacy::OpType::Put(automerge::ScalarValue::counter(1)));
    action(legacy::OpType::Put(automerge::ScalarValue::Int(1)));
    action(legacy::OpType::Put(automerge::ScalarValue::Timestamp(1)));
    action(legacy::OpType::Put(automerge::ScalarValue::Bytes(vec![1])));
    action(legacy::OpType::Make(automerge::ObjType::List));
    action(legacy::OpType::Make(automerge::ObjType::Text));
}

#[test]
fn an_insertion_or_an_element_key_is_refused() {
    automerge_op_refused_as("forbidden-op", |op| op.insert = true);
    automerge_op_refused_as("forbidden-op", |op| {
        op.key = legacy::Key::Seq(legacy::ElementId::Head)
    });
}

#[test]
fn chunks_other_than_plain_changes_are_refused() {
    let meet = SmallMeet::new();
    let mut document = document_of(&meet.changes);
    assert_eq!(
        Change::decode(&document.save()).unwrap_err().code(),
        "chunk-type"
    );
    let mut draft = meet.changes[1].draft().clone();
    draft.ops[1].action = OpAction::Set(Scalar::Text("x".repeat(2_000)));
    let mut long =
        automerge::Change::try_from(&Change::encode(draft).unwrap().bytes()[..]).unwrap();
    let compressed = long.bytes().into_owned();
    assert_eq!(
        Change::decode(&compressed).unwrap_err().code(),
        "chunk-type"
    );
    assert_eq!(Change::decode(b"").unwrap_err().code(), "not-a-chunk");
    assert_eq!(
        Change::decode(b"{\"msgType\":1}").unwrap_err().code(),
        "not-a-chunk"
    );
    let two = [&meet.changes[1].bytes()[..], &meet.changes[2].bytes()[..]].concat();
    assert_eq!(Change::decode(&two).unwrap_err().code(), "unreadable");
}
