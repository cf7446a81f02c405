//! What a device that was away and missed so many changes sends and receives until it has them.
//!
//! Ours is counted on the wires of the world between the real client and the real relay: all bytes of the device after it
//! has started again, session and notices included, less what it would have had without going away. Beside it Automerge's own
//! sync protocol, in memory, for the same registers and values, with the state that both sides had kept of each other: its
//! messages and nothing around them.

use automerge::sync::{State, SyncDoc as _};
use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, ROOT};
use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Plan, Watch, Whose};

use super::pool::Pool;
use super::rows::{Row, Rows};
use super::workload::{BEGINS, Workload, register};
use crate::engine::{Ruling, trace};
use crate::hash;

pub(super) const PART: &str = "resynchronising";
pub(super) const MISSING: &str = "missing_changes";
pub(super) const MEASURE: &str = "bytes";
pub(super) const AUTOMERGE: &str = "automerge-sync";

const REGISTERS: usize = 200;
/// What both have before one goes away.
const BEFORE: u64 = 200;
const AWAY: u64 = BEGINS + 30_000;
/// When edits go on: long enough after that, so that the relay has given the line up and sends nothing into the void.
const MISSED_FROM: u64 = AWAY + 70_000;
const BACK: u64 = MISSED_FROM + 20_000;
const READER: DeviceNumber = DeviceNumber(1);

struct World {
    missing: u64,
    seed: u64,
    /// It goes away; it stays and nothing is missed.
    plans: [Plan; 2],
}

pub(super) fn run(rows: &mut Rows, pool: &Pool, quick: bool) {
    let missing: &[u64] = if quick {
        &[0, 10, 100]
    } else {
        &[0, 1, 3, 10, 30, 100, 300, 1_000]
    };
    let mut worlds = Vec::new();
    for &missing in missing {
        for seed in 1..=if quick { 2 } else { 10 } {
            worlds.push(World {
                missing,
                seed,
                plans: [plan(missing, true, seed), plan(0, false, seed)],
            });
        }
    }
    let ours = Ruling::ours();
    let counted = pool.each(&worlds, |world| {
        [row_of(world, &ours), row_of_automerge(world)]
    });
    rows.rows.extend(counted.into_iter().flatten());
    for plan in worlds.iter().flat_map(|world| &world.plans) {
        rows.keep(plan);
    }
}

fn plan(missing: u64, goes_away: bool, seed: u64) -> Plan {
    let mut workload = Workload::new(PART, 2, REGISTERS, seed);
    workload.plan.watch = Watch::Ends;
    workload.edits_between(0, BEFORE, BEGINS, AWAY - 5_000);
    if goes_away {
        let whose = Whose::Device(READER);
        workload.does(AWAY, Doing::Crash { whose });
        workload.does(BACK, Doing::Start { whose });
    }
    for number in 0..missing {
        workload.edits(0, MISSED_FROM + 10 * number);
    }
    workload.calm_at(BACK + 20_000)
}

fn row_of(world: &World, rule: &Ruling) -> Row {
    let [away, stays] = &world.plans;
    let told = trace(away, rule).unwrap_or_else(|(told, _)| told);
    let beside = trace(stays, rule).unwrap_or_else(|(told, _)| told);
    let bytes = bytes(&told) - bytes(&beside);
    row(
        world,
        rule.name(),
        bytes,
        (away.hash(), hash::of_trace(&told)),
    )
}

fn row(world: &World, rule: &str, bytes: f64, (plan, trace): (String, String)) -> Row {
    Row {
        part: PART.to_owned(),
        factor: MISSING.to_owned(),
        x: world.missing as f64,
        rule: rule.to_owned(),
        seed: world.seed,
        plan,
        trace,
        measure: MEASURE.to_owned(),
        value: Some(bytes),
    }
}

/// What went over the line of the device that was away.
fn bytes(told: &[Event]) -> f64 {
    let traffic = |event: &Event| {
        if let Happened::Traffic {
            device: READER,
            up,
            down,
            ..
        } = event.what
        {
            Some((up + down) as f64)
        } else {
            None
        }
    };
    told.iter().find_map(traffic).unwrap_or_default()
}

fn row_of_automerge(world: &World) -> Row {
    let bytes = automerge_bytes(&world.plans[0]).unwrap_or_default();
    row(world, AUTOMERGE, bytes, Default::default())
}

/// The edits of a plan as commits of one document, synchronised before the other goes away and after it is back.
fn automerge_bytes(plan: &Plan) -> Result<f64, automerge::AutomergeError> {
    let mut writer = AutoCommit::new().with_actor(ActorId::from(&[1; 8][..]));
    let mut reader = AutoCommit::new().with_actor(ActorId::from(&[2; 8][..]));
    let (mut of_writer, mut of_reader) = (State::new(), State::new());
    for number in 0..REGISTERS {
        writer.put(ROOT, register(number), 0.5)?;
    }
    writer.commit_with(CommitOptions::default().with_time(0));
    let mut away = false;
    for step in &plan.steps {
        if step.at >= AWAY && !away {
            away = true;
            exchange(&mut reader, &mut of_reader, &mut writer, &mut of_writer)?;
        }
        if let Doing::Edit { puts, .. } = &step.doing {
            for (register, value) in puts {
                writer.put(ROOT, register.as_str(), value.as_f64().unwrap_or_default())?;
            }
            let at = i64::try_from(step.at / 1_000).unwrap_or_default();
            writer.commit_with(CommitOptions::default().with_time(at));
        }
    }
    // What is kept of a state while the connection is gone.
    let kept = |state: &State| State::decode(&state.encode()).unwrap_or_default();
    let (mut of_writer, mut of_reader) = (kept(&of_writer), kept(&of_reader));
    exchange(&mut reader, &mut of_reader, &mut writer, &mut of_writer)
}

/// Bytes of all messages until neither has anything to say.
fn exchange(
    reader: &mut AutoCommit,
    of_reader: &mut State,
    writer: &mut AutoCommit,
    of_writer: &mut State,
) -> Result<f64, automerge::AutomergeError> {
    let mut bytes = 0;
    loop {
        let asked = reader.sync().generate_sync_message(of_reader);
        let was_asked = asked.is_some();
        if let Some(message) = asked {
            bytes += message.clone().encode().len();
            writer.sync().receive_sync_message(of_writer, message)?;
        }
        let answered = writer.sync().generate_sync_message(of_writer);
        if !was_asked && answered.is_none() {
            return Ok(bytes as f64);
        }
        if let Some(message) = answered {
            bytes += message.clone().encode().len();
            reader.sync().receive_sync_message(of_reader, message)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn automerge_sends_more_for_more() {
        let bytes = |missing| automerge_bytes(&plan(missing, true, 1)).unwrap();
        let (none, some, many) = (bytes(0), bytes(10), bytes(100));
        assert!(none < some && some < many, "{none} {some} {many}");
    }

    /// Values of plans are numbers; anything else would be written as zero and be cheaper.
    #[test]
    fn every_value_of_a_plan_is_a_number() {
        let plan = plan(10, true, 1);
        let numbers = |step: &&spotter_sim_plan::Step| {
            if let Doing::Edit { puts, .. } = &step.doing {
                puts.values().all(Value::is_number)
            } else {
                true
            }
        };
        assert!(plan.steps.iter().all(|step| numbers(&step)));
    }
}
