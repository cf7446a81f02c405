//! Several clients and a relay in one thread: first the trouble, then calm, and in the calm everyone agrees and
//! nothing promised is lost.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs
)]

#[path = "world/model.rs"]
mod model;
mod world;

use model::ModelRelay;
use quickcheck::QuickCheck;
use spotter_client::{Ask, Client, Config, Input, News, Problem, Reply};
use spotter_model::{Author, Priority};
use world::trouble::{Step, trouble_then_calm};
use world::{RelaySide as _, location};

type World = world::World<ModelRelay>;

#[test]
fn an_edit_reaches_everyone_and_is_acknowledged() {
    let mut world = World::live(3);
    world.set(1, "meet.name", "Harbor Open");
    world.settle();
    world.agree();
    for node in 0..3 {
        assert_eq!(world.shows(node, "meet.name"), "Harbor Open");
    }
}

#[test]
fn edits_made_apart_are_exchanged_when_the_wires_are_back() {
    let mut world = World::live(2);
    world.cut(0);
    world.cut(1);
    world.set(0, "meet.name", "by the desk");
    world.set(1, "meet.name", "by the platform");
    world.set(1, "meet.city", "Bergen");
    world.settle();
    assert_eq!(world.status(1).edits_not_sent, 2);
    assert!(world.status(1).need_resync);
    world.heal(0);
    world.heal(1);
    world.settle();
    world.agree();
    assert_eq!(world.shows(0, "meet.name"), "by the platform");
    assert_eq!(world.shows(0, "meet.city"), "Bergen");
}

#[test]
fn what_was_saved_survives_the_process() {
    let mut world = World::live(2);
    world.cut(1);
    world.set(1, "meet.name", "saved before the crash");
    while world.deliver(0) {}
    world.crash(1);
    world.heal(1);
    world.settle();
    world.agree();
    assert_eq!(world.shows(0, "meet.name"), "saved before the crash");
}

#[test]
fn a_relay_that_lost_everything_is_given_the_meet_back_without_a_password() {
    let mut world = World::live(3);
    world.set(1, "meet.name", "before the loss");
    world.settle();
    world.cut(1);
    world.set(1, "meet.city", "edited while away");
    world.relay.forget_everything();
    world.drop_all_lines();
    world.set(2, "meet.country", "edited after the loss");
    world.settle();
    world.heal(1);
    world.settle();
    world.agree();
    assert_eq!(world.shows(0, "meet.name"), "before the loss");
    assert_eq!(world.shows(0, "meet.city"), "edited while away");
    assert_eq!(world.shows(1, "meet.country"), "edited after the loss");
    let restored = |news: &News| matches!(news, News::RelayRestored);
    assert_eq!(
        world
            .nodes
            .iter()
            .filter(|node| node.told.iter().any(restored))
            .count(),
        1
    );
}

#[test]
fn a_relay_restored_from_an_old_copy_is_given_what_it_lacks() {
    let mut world = World::live(2);
    for n in 0..10 {
        world.set(1, "meet.name", &format!("name {n}"));
        world.settle();
    }
    let whole = world.relay.hashes().len();
    world.relay.roll_back_to(whole - 6);
    world.drop_all_lines();
    world.settle();
    world.agree();
    assert_eq!(world.relay.hashes().len(), whole);
    let forgot = |news: &News| {
        matches!(
            news,
            News::RelayForgot { offered: 6 } | News::RelayAsks { offered: 6 }
        )
    };
    assert!(world.nodes.iter().any(|node| node.told.iter().any(forgot)));
}

#[test]
fn a_refused_edit_leaves_with_what_was_built_on_it_and_the_others_are_made_again() {
    let mut world = World::live(2);
    world.relay.allergy = Some("peanut".to_owned());
    world.cut(1);
    let refused = world.set(1, "meet.name", "peanut");
    world.set(1, "meet.city", "Bergen");
    world.set(1, "meet.country", "Norway");
    world.settle();
    world.heal(1);
    world.settle();
    // Made again, the refused edit is refused again, and then it stays aside.
    let Some(Ok(Reply::Edited { change: Some(hash) })) =
        world.nodes[1].answers.get(&refused).cloned()
    else {
        panic!("the edit was saved");
    };
    world.nodes[1].promised.clear();
    world.agree();
    assert_eq!(world.shows(0, "meet.city"), "Bergen");
    assert_eq!(world.shows(0, "meet.country"), "Norway");
    assert_ne!(world.shows(0, "meet.name"), "peanut");
    assert!(world.nodes[1].told.iter().any(|news| matches!(
        news,
        News::Refused { change, made_again: 3, not_made_again: 0, .. } if *change == hash
    )));
    assert_eq!(world.status(1).edits_not_sent, 0);
    world.crash(1);
    world.settle();
    world.agree();
    assert_eq!(world.shows(1, "meet.city"), "Bergen");
}

#[test]
fn replicas_without_a_relay_exchange_changes_directly_and_the_relay_gets_them_later() {
    let mut world = World::live(3);
    for node in 0..3 {
        world.cut(node);
        world.nodes[node].cut = false;
        world.ask(node, Ask::StayConnected(false));
    }
    world.ask(
        0,
        Ask::DialPeer {
            address: "peer-1".to_owned(),
        },
    );
    world.ask(
        1,
        Ask::DialPeer {
            address: "peer-2".to_owned(),
        },
    );
    world.set(0, "meet.name", "from the first");
    world.settle();
    world.set(2, "meet.city", "from the last");
    world.settle();
    for node in 0..3 {
        assert_eq!(world.shows(node, "meet.name"), "from the first");
        assert_eq!(world.shows(node, "meet.city"), "from the last");
    }
    world.heal(1);
    world.settle();
    world.heal(0);
    world.heal(2);
    world.settle();
    world.agree();
}

#[test]
fn a_stick_from_a_device_that_never_returns_ends_up_at_the_relay() {
    let mut world = World::live(3);
    world.cut(1);
    world.set(1, "meet.name", "only on the stick");
    let packed = world.ask(1, Ask::PackBundle { author: None });
    while world.deliver(0) {}
    let Some(Ok(Reply::Bundle(text))) = world.nodes[1].answers.remove(&packed) else {
        panic!("a bundle");
    };
    world.ask(2, Ask::UnpackBundle { text, author: None });
    world.set(2, "meet.name", "built on the stick");
    world.settle();
    assert_eq!(world.shows(0, "meet.name"), "built on the stick");
    let lost = world.nodes[1].promised.clone();
    assert!(lost.iter().all(|hash| world.relay.hashes().contains(hash)));
}

#[test]
fn a_new_device_starts_from_a_bundle_alone() {
    let mut world = World::new(2);
    world.ask(
        0,
        Ask::NewMeet {
            date: "2026-11-20".to_owned(),
        },
    );
    let desk = Author {
        location: location("desk"),
        priority: Priority::new(10).unwrap(),
    };
    let packed = world.ask(0, Ask::PackBundle { author: Some(desk) });
    world.settle();
    let Some(Ok(Reply::Bundle(text))) = world.nodes[0].answers.remove(&packed) else {
        panic!("a bundle");
    };
    let jury = Author {
        location: location("jury"),
        priority: Priority::new(30).unwrap(),
    };
    world.ask(
        1,
        Ask::UnpackBundle {
            text,
            author: Some(jury),
        },
    );
    world.set(1, "meet.name", "written on the new device");
    world.ask(
        1,
        Ask::DialPeer {
            address: "peer-0".to_owned(),
        },
    );
    world.settle();
    assert_eq!(world.shows(0, "meet.name"), "written on the new device");
    world.go_live(1);
    world.settle();
    world.join(0, "desk");
    world.settle();
    world.agree();
}

#[test]
fn while_the_disk_is_full_nothing_is_called_saved_and_nothing_is_lost() {
    let mut world = World::live(2);
    world.nodes[1].disk_full = true;
    let first = world.set(1, "meet.name", "not saved");
    while world.deliver(0) {}
    assert!(matches!(
        world.nodes[1].answers[&first],
        Err(Problem::NotSaved { .. })
    ));
    let second = world.set(1, "meet.name", "not even made");
    assert!(matches!(
        world.nodes[1].answers[&second],
        Err(Problem::CannotSave { .. })
    ));
    assert!(!world.status(1).in_sync);
    world.nodes[1].disk_full = false;
    world.settle();
    world.agree();
    assert!(world.nodes[1].told.contains(&News::CanSaveAgain));
    world.set(1, "meet.name", "saved again");
    world.settle();
    world.agree();
}

#[test]
fn two_clones_of_one_device_end_with_the_acknowledged_twin_and_both_edits() {
    let mut world = World::live(3);
    world.cut(1);
    world.cut(2);
    // The second device becomes a copy of the first, with the same seed: what only a cloned process can be.
    let journal = world.nodes[1].journal.clone();
    for node in [1, 2] {
        world.nodes[node].client = Client::new(
            &Config {
                stay_connected: true,
                ..Config::default()
            },
            [99; 32],
        );
        world.nodes[node].journal = journal.clone();
        world.step(
            node,
            Input::Opened {
                records: journal.clone(),
            },
        );
    }
    world.set(1, "meet.name", "by the original");
    world.set(2, "meet.city", "by the clone");
    world.set(2, "meet.country", "by the clone too");
    world.settle();
    let twin = |world: &mut World, node: usize| world.changes(node).last().unwrap().actor();
    assert_eq!(twin(&mut world, 1), twin(&mut world, 2));
    world.heal(1);
    world.settle();
    world.heal(2);
    world.settle();
    world.nodes[2].promised.clear();
    world.agree();
    assert_eq!(world.shows(0, "meet.name"), "by the original");
    assert_eq!(world.shows(0, "meet.city"), "by the clone");
    assert_eq!(world.shows(0, "meet.country"), "by the clone too");
}

#[test]
fn an_edit_that_somebody_built_on_a_refused_one_is_offered_and_made_again_in_their_name() {
    let mut world = World::live(3);
    world.relay.allergy = Some("peanut".to_owned());
    world.cut(1);
    world.cut(2);
    for node in [1, 2] {
        world.nodes[node].cut = false;
        world.ask(node, Ask::StayConnected(false));
    }
    world.set(1, "meet.name", "peanut");
    world.ask(
        2,
        Ask::DialPeer {
            address: "peer-1".to_owned(),
        },
    );
    world.settle();
    let built = world.set(2, "meet.city", "Bergen");
    world.settle();
    let Some(Ok(Reply::Edited {
        change: Some(built),
    })) = world.nodes[2].answers.remove(&built)
    else {
        panic!("the edit was saved");
    };
    world.cut(2);
    world.heal(1);
    world.settle();
    let platform = Author {
        location: location("jury"),
        priority: Priority::new(30).unwrap(),
    };
    assert!(world.nodes[1].told.iter().any(|news| matches!(
        news,
        News::BuiltOnRefused { change, author, .. } if *change == built && *author == Some(platform.clone())
    )));
    // The offer outlives the process.
    world.crash(1);
    world.settle();
    assert_eq!(world.status(1).offers, [built]);
    world.ask(1, Ask::MakeAgain { change: built });
    world.settle();
    assert_eq!(world.shows(0, "meet.city"), "Bergen");
    let made = world.changes(0).pop().unwrap();
    assert_eq!(made.message(), Some("for jury"));
    world.crash(1);
    assert_eq!(world.status(1).offers, []);
    // When its author comes back, the edit says nothing new.
    world.heal(2);
    world.settle();
    for node in 0..3 {
        assert_eq!(world.shows(node, "meet.city"), "Bergen");
    }
}

#[test]
fn an_edit_made_again_does_not_overrule_what_it_never_knew_of() {
    let mut world = World::live(3);
    world.relay.allergy = Some("peanut".to_owned());
    world.cut(0);
    world.set(0, "meet.name", "peanut");
    world.set(0, "meet.city", "low, and unaware");
    world.set(2, "meet.city", "high");
    world.settle();
    world.heal(0);
    world.settle();
    world.nodes[0].promised.clear();
    world.agree();
    for node in 0..3 {
        assert_eq!(world.shows(node, "meet.city"), "high");
    }
}

#[test]
fn after_any_trouble_everyone_agrees_and_nothing_promised_is_lost() {
    fn law(steps: Vec<Step>) -> bool {
        trouble_then_calm::<ModelRelay>(&steps, false);
        true
    }
    QuickCheck::new().quickcheck(law as fn(Vec<Step>) -> bool);
}

#[test]
fn frames_that_come_twice_change_nothing() {
    fn law(steps: Vec<Step>) -> bool {
        trouble_then_calm::<ModelRelay>(&steps, true);
        true
    }
    QuickCheck::new()
        .tests(30)
        .quickcheck(law as fn(Vec<Step>) -> bool);
}
