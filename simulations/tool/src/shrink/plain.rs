//! Making what is left of a plan plain: a quiet network, round and early times, small values.

use serde_json::Value;
use spotter_sim_plan::{Doing, Latency, Network, Plan, Step, Watch};

use super::Smallest;

/// Everyone must agree this long after the trouble; a plan is never made shorter than that.
const CALM_MS: u64 = 60_000;

impl Smallest<'_> {
    pub(super) fn with_plain_network(&mut self) {
        let seed = self.plan.network.seed;
        let quiet = Network {
            seed,
            ..Network::default()
        };
        if self.try_with(|plan| plan.network = quiet) {
            return;
        }
        self.try_with(|plan| plan.network.loss = 0.0);
        self.try_with(|plan| plan.network.duplicate = 0.0);
        self.try_with(|plan| plan.network.reorder = 0.0);
        self.try_with(|plan| plan.network.latency = Latency::Fixed { ms: 20 });
        self.try_with(|plan| plan.watch = Watch::Ends);
        for at in 0..self.plan.devices.len() {
            self.try_with(|plan| plan.devices[at].clock_off = 0);
            self.try_with(|plan| plan.devices[at].relay = 0);
        }
        let relays = relays_of(&self.plan);
        self.try_with(|plan| plan.relays = relays);
    }

    pub(super) fn with_plain_times(&mut self) {
        for at in 0..self.plan.steps.len() {
            self.closer(at);
        }
        let last = self.plan.steps.last().map_or(0, |step| step.at);
        // What happens in the very millisecond in which the calm begins is not healed by it.
        for gap in [1, 1000, 10_000] {
            if self.try_with(|plan| set_calm(plan, last + gap)) {
                break;
            }
        }
        for unit in [1000, 100, 10] {
            if self.try_with(|plan| round_times(&mut plan.steps, unit)) {
                break;
            }
        }
    }

    /// Takes time out between a step and the one before.
    fn closer(&mut self, at: usize) {
        let before = at.checked_sub(1).map_or(0, |at| self.plan.steps[at].at);
        let gap = self.plan.steps[at].at - before;
        let shorter = [0, 100, 1000, 10_000, gap / 2];
        for wanted in shorter.into_iter().filter(|&wanted| wanted < gap) {
            let by = gap - wanted;
            let moved = self.try_with(|plan| {
                plan.steps[at..].iter_mut().for_each(|step| step.at -= by);
                plan.calm_at -= by;
                plan.ends_at -= by;
            });
            if moved {
                return;
            }
        }
    }

    pub(super) fn with_plain_values(&mut self) {
        for at in 0..self.plan.steps.len() {
            let Doing::Edit { puts, .. } = &self.plan.steps[at].doing else {
                continue;
            };
            for (register, value) in puts.clone() {
                for plainer in plainer_than(&value) {
                    let register = register.clone();
                    let taken = self.try_with(|plan| {
                        if let Doing::Edit { puts, .. } = &mut plan.steps[at].doing {
                            puts.insert(register, plainer);
                        }
                    });
                    if taken {
                        break;
                    }
                }
            }
        }
    }
}

fn set_calm(plan: &mut Plan, at: u64) {
    plan.calm_at = at.min(plan.calm_at);
    plan.ends_at = (plan.calm_at + CALM_MS).min(plan.ends_at);
}

fn round_times(steps: &mut [Step], unit: u64) {
    for step in steps {
        step.at = step.at / unit * unit;
    }
}

fn relays_of(plan: &Plan) -> u16 {
    let used = plan.devices.iter().map(|device| device.relay).max();
    let moved = plan.steps.iter().filter_map(|step| {
        if let Doing::Move { relay, .. } = step.doing {
            Some(relay.0)
        } else {
            None
        }
    });
    moved.chain(used).max().unwrap_or(0) + 1
}

/// Plainer values of the same kind, the plainest first. None for what is plain already.
fn plainer_than(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) if text.len() > 1 => vec![Value::from("a"), Value::from("b")],
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(0.0);
            let plain = [1.0, 2.0, 100.0, number.trunc()];
            let plainer = plain.into_iter().take_while(|plain| *plain != number);
            plainer.map(whole).collect()
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Vec::new()
        }
    }
}

fn whole(number: f64) -> Value {
    Value::from(number as i64)
}
