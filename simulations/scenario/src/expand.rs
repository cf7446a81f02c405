//! From a scenario and a seed to plans.
//!
//! Everything random is drawn here: what people type and when, what breaks and for how long. What worlds draw later, for
//! single messages, follows from the seed in the plan's network.

mod actions;
mod crew;
mod faults;
mod lifters;
mod log;
mod meet;
mod nemesis;
mod synthetic;

use std::collections::BTreeMap;

use spotter_sim_plan::{
    DeviceNumber, Doing, EditNumber, Lane, PLAN_FORMAT, Plan, SESSION_MS, Step,
};

use crate::cast::Cast;
use crate::check::check;
use crate::draw::Dice;
use crate::error::ScenarioError;
use crate::scenario::{DiskCalls, Orders, Scenario};
use crew::Act;
use lifters::Ids;

pub(crate) use faults::opposite;
pub(crate) use log::read_log;

/// When the second device joins, and how much later each further one.
const JOIN_MS: u64 = 1_000;
const JOIN_APART_MS: u64 = 100;

/// Makes the plan of a scenario under a seed. Of the orders and disk calls that the scenario asks for, it has one: the order in
/// which the devices are listed, and a call that is drawn.
///
/// # Errors
/// Names the field that makes no sense, or a file that has not been supplied.
pub fn expand(scenario: &Scenario, seed: u64) -> Result<Plan, ScenarioError> {
    let stage = Stage::of(scenario, seed)?;
    let calls = scenario.disk_calls.as_ref();
    let call = calls.map(|calls| Dice::of(seed, "disk call").below(calls.calls.into()));
    let listed: Vec<usize> = listed(scenario.orders.as_ref());
    stage.plan(&Variant {
        order: listed,
        call,
    })
}

/// Makes one plan for every order of reconnecting and every disk call that the scenario asks for; a single plan if it asks for
/// none. They differ in nothing else.
///
/// # Errors
/// As [`expand`].
pub fn expand_all(scenario: &Scenario, seed: u64) -> Result<Vec<Plan>, ScenarioError> {
    let stage = Stage::of(scenario, seed)?;
    let calls: Vec<Option<u64>> = match &scenario.disk_calls {
        Some(calls) => (0..u64::from(calls.calls)).map(Some).collect(),
        None => vec![None],
    };
    let mut plans = Vec::new();
    for order in permutations(&listed(scenario.orders.as_ref())) {
        for call in &calls {
            plans.push(stage.plan(&Variant {
                order: order.clone(),
                call: *call,
            })?);
        }
    }
    Ok(plans)
}

/// What is different between the plans of one scenario and seed.
struct Variant {
    /// The places in `orders.of`, in the order of coming back.
    order: Vec<usize>,
    /// At which call the process dies.
    call: Option<u64>,
}

fn listed(orders: Option<&Orders>) -> Vec<usize> {
    (0..orders.map_or(0, |orders| orders.of.len())).collect()
}

/// All orders of a few things; the given one first.
fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let rest = [&of[..at], &of[at + 1..]].concat();
        for order in permutations(&rest) {
            orders.push([&[*first], order.as_slice()].concat());
        }
    }
    orders
}

/// A scenario while it is expanded.
struct Stage<'a> {
    scenario: &'a Scenario,
    cast: Cast,
    seed: u64,
    /// When the trouble is over.
    calm_at: u64,
}

impl<'a> Stage<'a> {
    fn of(scenario: &'a Scenario, seed: u64) -> Result<Self, ScenarioError> {
        check(scenario)?;
        if let Some(file) = scenario.needs().first() {
            let what = format!("the file {file:?} has not been read");
            return Err(ScenarioError::at("", what));
        }
        Ok(Self {
            scenario,
            cast: Cast::of(scenario),
            seed,
            calm_at: scenario.duration.ms(),
        })
    }

    fn plan(&self, variant: &Variant) -> Result<Plan, ScenarioError> {
        let scenario = self.scenario;
        let dice = &mut Dice::of(self.seed, "network");
        let network = scenario.network.planned(dice.any());
        let network = network.ok_or_else(|| ScenarioError::at("network", "no trace"))?;
        let mut ids = Ids::default();
        let (start, mut acts) = self.people(&mut ids);
        let mut cast = self.cast.clone();
        nemesis::clocks_off(self, &mut cast);
        let mut steps = self.beginnings();
        let strikes = nemesis::strikes(self);
        self.moved_to_copies(&strikes, &mut acts);
        steps.extend(strikes);
        steps.extend(faults::planned(self));
        steps.extend(self.orders(&variant.order));
        steps.extend(self.disk_call(variant.call));
        steps.extend(numbered(acts));
        steps.retain(|step| step.at <= self.calm_at);
        steps.sort_by_key(|step| step.at);
        Ok(Plan {
            format: PLAN_FORMAT,
            scenario: scenario.name.clone(),
            seed: self.seed,
            roster: cast.roster,
            devices: cast.devices,
            relays: scenario.relays,
            start,
            network,
            session_ms: scenario.sessions_last.map_or(SESSION_MS, |last| last.ms()),
            steps,
            calm_at: self.calm_at,
            ends_at: self.calm_at + scenario.calm.ms(),
            watch: scenario.watch.into(),
        })
    }

    /// The registers at the start, and every edit.
    fn people(&self, ids: &mut Ids) -> (lifters::Start, Vec<Act>) {
        let lifters = lifters::drawn(self, ids);
        let mut start = lifters::registered(self, &lifters);
        let mut acts = self.written_down();
        acts.extend(meet::acts(self, &lifters, ids));
        acts.extend(synthetic::acts(self, ids, &mut start));
        acts.extend(log::acts(self, &mut start));
        start.extend(self.scenario.start.clone());
        acts.retain(|act| act.at < self.calm_at);
        acts.sort_by_key(|act| act.at);
        (start, acts)
    }

    /// People who have a copy of their device beside it use both: half of what they edit from then on they edit there.
    fn moved_to_copies(&self, strikes: &[Step], acts: &mut [Act]) {
        let mut copies: BTreeMap<DeviceNumber, (u64, DeviceNumber)> = BTreeMap::new();
        for strike in strikes {
            if let Doing::Clone { from, to, .. } = strike.doing {
                let first = copies.entry(to).or_insert((strike.at, from));
                *first = (*first).min((strike.at, from));
            }
        }
        for (copy, (since, of)) in copies {
            let mut dice = Dice::of(self.seed, &format!("copy {}", copy.0));
            for act in acts.iter_mut() {
                if act.device == of && act.at > since && dice.chance(0.5) {
                    act.device = copy;
                }
            }
        }
    }

    fn written_down(&self) -> Vec<Act> {
        let edits = self.scenario.workload.edits.iter();
        let written = edits.filter_map(|edit| {
            Some(Act {
                at: edit.at.ms(),
                device: self.cast.device(&edit.device)?,
                puts: edit.puts.clone(),
            })
        });
        written.collect()
    }

    /// The meet goes live, and everyone joins.
    fn beginnings(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (device, part) in self.cast.numbers().into_iter().zip(&self.cast.parts) {
            if device.0 == 0 {
                steps.push(Step {
                    at: 0,
                    doing: Doing::GoLive { device },
                });
            } else if !part.spare {
                let usual = JOIN_MS + JOIN_APART_MS * u64::from(device.0 - 1);
                let at = part.joins_at.map_or(usual, |at| at.ms());
                steps.push(Step {
                    at,
                    doing: Doing::Join { device },
                });
            }
        }
        steps
    }

    fn orders(&self, order: &[usize]) -> Vec<Step> {
        let Some(orders) = &self.scenario.orders else {
            return Vec::new();
        };
        let devices: Vec<DeviceNumber> = orders
            .of
            .iter()
            .filter_map(|name| self.cast.device(name))
            .collect();
        let cut = devices.iter().map(|device| Step {
            at: orders.cut_at.ms(),
            doing: Doing::Cut {
                device: *device,
                lane: Lane::Both,
            },
        });
        let back = order.iter().filter_map(|place| devices.get(*place));
        let mut at = orders.heal_at.ms();
        let heal = back.map(|device| {
            let step = Step {
                at,
                doing: Doing::Heal { device: *device },
            };
            at += orders.apart.ms();
            step
        });
        cut.chain(heal).collect()
    }

    fn disk_call(&self, call: Option<u64>) -> Vec<Step> {
        let (Some(calls), Some(call)) = (&self.scenario.disk_calls, call) else {
            return Vec::new();
        };
        self.dying_at(calls, u32::try_from(call).unwrap_or(u32::MAX))
    }

    fn dying_at(&self, calls: &DiskCalls, call: u32) -> Vec<Step> {
        let Some(whose) = self.cast.process(&calls.of) else {
            return Vec::new();
        };
        let dies = Step {
            at: calls.at.ms(),
            doing: Doing::CrashAtDiskCall { whose, call },
        };
        let starts = Step {
            at: calls.at.ms() + calls.starts_after.ms(),
            doing: Doing::Start { whose },
        };
        vec![dies, starts]
    }
}

fn numbered(acts: Vec<Act>) -> impl Iterator<Item = Step> {
    let numbers = (0..).map(EditNumber);
    numbers.zip(acts).map(|(edit, act)| Step {
        at: act.at,
        doing: Doing::Edit {
            device: act.device,
            edit,
            puts: act.puts,
        },
    })
}

#[cfg(test)]
mod tests;
