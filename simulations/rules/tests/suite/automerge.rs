//! The model of Automerge's winner shows what Automerge shows.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, ROOT, ReadDoc as _};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::json;
use spotter_sim_plan::{Event, Happened, Plan};
use spotter_sim_rules::Automerge;

use crate::plans::{Small, traced};

const REGISTERS: [&str; 3] = ["meet.city", "meet.name", "meet.state"];

/// Who writes how many registers, and who is cut off and comes back, a second apart.
#[derive(Clone, Debug)]
struct History(Vec<(u8, u8)>);

impl Arbitrary for History {
    fn arbitrary(g: &mut Gen) -> Self {
        Self(
            (0..g.size().min(40))
                .map(|_| (u8::arbitrary(g), u8::arbitrary(g)))
                .collect(),
        )
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

impl History {
    fn plan(&self) -> Plan {
        let mut small = Small::new(&[("A", 1), ("B", 1), ("C", 1)]);
        for (second, (who, what)) in (6_u16..).zip(&self.0) {
            let (at, device) = (u64::from(second) * 1_000, u16::from(who % 3));
            small = match what % 8 {
                0 => small.cuts(at, device),
                1 => small.heals(at, device),
                puts => {
                    let first = usize::from(puts % 3);
                    let many = 1 + usize::from(what / 8 % 3).min(2 - first);
                    let names = REGISTERS[first..first + many].iter();
                    let puts: Vec<_> = names
                        .map(|name| (*name, json!(f64::from(second))))
                        .collect();
                    small.puts(at, device, &puts)
                }
            };
        }
        small.plan()
    }
}

/// Plays what the devices of a trace wrote and learnt to real documents, and asks them what they show.
fn real(trace: &[Event]) -> Vec<Vec<Option<f64>>> {
    let mut documents: Vec<AutoCommit> = (0..3).map(|_| AutoCommit::new()).collect();
    let mut changes = std::collections::BTreeMap::new();
    for event in trace {
        match &event.what {
            Happened::Wrote { device, write } => {
                let document = &mut documents[usize::from(device.0)];
                document.set_actor(ActorId::try_from(write.actor.as_str()).unwrap());
                for (register, value) in &write.puts {
                    document
                        .put(ROOT, register.as_str(), value.as_f64().unwrap())
                        .unwrap();
                }
                document
                    .commit_with(CommitOptions::default().with_time(0))
                    .unwrap();
                let change = document.get_last_local_change().unwrap().clone();
                changes.insert(write.name.clone(), change);
            }
            Happened::Learnt { device, writes } => {
                let learnt: Vec<_> = writes.iter().map(|name| changes[name].clone()).collect();
                documents[usize::from(device.0)]
                    .apply_changes(learnt)
                    .unwrap();
            }
            _ => {}
        }
    }
    let shown = |document: &AutoCommit, register: &str| {
        let (value, _) = document.get(ROOT, register).unwrap()?;
        value.as_f64()
    };
    let all = |document| REGISTERS.iter().map(|one| shown(document, one)).collect();
    documents.iter().map(all).collect()
}

fn modelled(trace: &[Event]) -> Vec<Vec<Option<f64>>> {
    let rests = trace.iter().filter_map(|event| match &event.what {
        Happened::Rests { registers, .. } => Some(registers),
        _ => None,
    });
    rests
        .map(|registers| {
            REGISTERS
                .iter()
                .map(|one| registers.get(*one)?.as_f64())
                .collect()
        })
        .collect()
}

#[test]
fn the_model_shows_what_automerge_shows_on_random_histories() {
    fn agrees(history: History) -> bool {
        let trace = traced(&history.plan(), &Automerge);
        real(&trace) == modelled(&trace)
    }
    QuickCheck::new()
        .tests(300)
        .quickcheck(agrees as fn(History) -> bool);
}

#[test]
fn random_histories_have_conflicts() {
    let mut g = Gen::new(40);
    let conflicts = (0..100).filter(|_| {
        let trace = traced(&History::arbitrary(&mut g).plan(), &Automerge);
        let disputed = |event: &Event| matches!(event.what, Happened::Rests { conflicts: 1.., .. });
        trace.iter().any(disputed)
    });
    assert!(conflicts.count() > 20);
}
