//! Trouble, then calm: what random people, wires, disks, processes and relays do, and what must hold afterwards.

use quickcheck::{Arbitrary, Gen};
use serde_json::{Map, json};
use spotter_client::{Ask, EditAsk};
use spotter_model::{Edit, Seen};

use super::{RelaySide, World};

const NODES: usize = 3;
const PATHS: [&str; 4] = ["meet.name", "meet.city", "meet.country", "meet.state"];

/// One thing that a person, a wire, a disk or the relay does.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Set { node: usize, path: usize },
    AddEntry { node: usize },
    Deliver { parcels: u8, choice: usize },
    Wait { ms: u64 },
    Cut { node: usize },
    Heal { node: usize },
    Crash { node: usize },
    Dial { node: usize, peer: usize },
    FillDisk { node: usize },
    EmptyDisk { node: usize },
    RelayRestarts,
    RelayForgets,
    RelayRollsBack { len: usize },
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Self {
        let node = usize::arbitrary(g) % NODES;
        match u8::arbitrary(g) % 40 {
            0..=9 => Self::Set {
                node,
                path: usize::arbitrary(g) % PATHS.len(),
            },
            10..=11 => Self::AddEntry { node },
            12..=24 => Self::Deliver {
                parcels: u8::arbitrary(g) % 16,
                choice: usize::arbitrary(g) % 7,
            },
            25..=26 => Self::Wait {
                ms: u64::from(u16::arbitrary(g)),
            },
            27..=28 => Self::Cut { node },
            29..=31 => Self::Heal { node },
            32..=33 => Self::Crash { node },
            34 => Self::Dial {
                node,
                peer: (node + 1) % NODES,
            },
            35 => Self::FillDisk { node },
            36 => Self::EmptyDisk { node },
            37 => Self::RelayRestarts,
            38 => Self::RelayForgets,
            _ => Self::RelayRollsBack {
                len: usize::arbitrary(g) % 20,
            },
        }
    }
}

fn play<R: RelaySide>(world: &mut World<R>, number: usize, step: Step) {
    match step {
        Step::Set { node, path } => {
            world.set(node, PATHS[path], &format!("value {number}"));
        }
        Step::AddEntry { node } => {
            let mut fields = Map::new();
            fields.insert("name".to_owned(), json!(format!("lifter {number}")));
            let edit = Edit::add_entry(fields).unwrap();
            let ask = EditAsk {
                edit,
                reason: None,
                seen: Seen::Unchecked,
            };
            world.ask(node, Ask::Edit(ask));
        }
        Step::Deliver { parcels, choice } => {
            for turn in 0..usize::from(parcels) {
                world.deliver(choice * turn + choice);
            }
        }
        Step::Wait { ms } => world.advance(ms),
        Step::Cut { node } => world.cut(node),
        Step::Heal { node } => world.heal(node),
        Step::Crash { node } => world.crash(node),
        Step::Dial { node, peer } => {
            world.ask(
                node,
                Ask::DialPeer {
                    address: format!("peer-{peer}"),
                },
            );
        }
        Step::FillDisk { node } => world.nodes[node].disk_full = true,
        Step::EmptyDisk { node } => world.nodes[node].disk_full = false,
        Step::RelayRestarts => world.drop_all_lines(),
        Step::RelayForgets => {
            world.relay.forget_everything();
            world.drop_all_lines();
        }
        Step::RelayRollsBack { len } => {
            world.relay.roll_back_to(len);
            world.drop_all_lines();
        }
    }
}

/// Plays the steps, mends everything, lets it settle, and checks that everyone agrees and nothing is lost.
pub fn trouble_then_calm<R: RelaySide>(steps: &[Step], echo: bool) {
    let mut world = World::<R>::live(NODES);
    world.echo = echo;
    for (number, step) in steps.iter().enumerate() {
        play(&mut world, number, *step);
    }
    for node in 0..NODES {
        world.nodes[node].disk_full = false;
        world.heal(node);
    }
    world.settle();
    world.agree();
    let shown: Vec<String> = PATHS.iter().map(|path| world.shows(0, path)).collect();
    for node in 1..NODES {
        let others: Vec<String> = PATHS.iter().map(|path| world.shows(node, path)).collect();
        assert_eq!(shown, others);
    }
}
