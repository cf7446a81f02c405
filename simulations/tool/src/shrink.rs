//! Making a plan that fails as small as it can be while it still fails.
//!
//! The parts of a plan are taken away in turn, coarse to fine: steps by delta debugging (half of the list, a quarter, and
//! so on down to single steps), whole devices, what registers held at the start, the registers of an edit, the network's
//! troubles, and at last times and values are made plain. This repeats until a whole round changes nothing: then no
//! single part can be taken away any more.

mod list;
mod parts;
mod plain;

use spotter_sim_plan::Plan;

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// Plans tried.
    pub(crate) tried: u64,
    /// Steps of the smallest one that fails.
    pub(crate) steps: usize,
    /// Its devices.
    pub(crate) devices: usize,
}

/// A plan that fails, on its way to the smallest.
struct Smallest<'a> {
    plan: Plan,
    tried: u64,
    fails: &'a mut dyn FnMut(&Plan) -> bool,
    told: &'a mut dyn FnMut(Progress),
}

/// The smallest plan that still fails which can be reached from a plan that fails.
///
/// `fails` is asked about many plans, each of them smaller than one for which it said yes. The cost is that of some
/// hundred to some thousand worlds.
pub(crate) fn shrink(
    plan: Plan,
    fails: &mut dyn FnMut(&Plan) -> bool,
    told: &mut dyn FnMut(Progress),
) -> Plan {
    let mut smallest = Smallest {
        plan,
        tried: 0,
        fails,
        told,
    };
    loop {
        let before = smallest.plan.clone();
        smallest.without_steps();
        smallest.without_devices();
        smallest.without_start();
        smallest.without_puts();
        smallest.with_plain_network();
        smallest.with_plain_times();
        smallest.with_plain_values();
        if smallest.plan == before {
            return smallest.plan;
        }
    }
}

impl Smallest<'_> {
    /// Takes a plan in place of the present one if it fails as well.
    fn try_instead(&mut self, plan: Plan) -> bool {
        if plan == self.plan {
            return false;
        }
        self.tried += 1;
        let fails = (self.fails)(&plan);
        if fails {
            self.plan = plan;
        }
        (self.told)(Progress {
            tried: self.tried,
            steps: self.plan.steps.len(),
            devices: self.plan.devices.len(),
        });
        fails
    }

    /// Tries the plan after a change to a copy of it.
    fn try_with(&mut self, change: impl FnOnce(&mut Plan)) -> bool {
        let mut plan = self.plan.clone();
        change(&mut plan);
        self.try_instead(plan)
    }
}

#[cfg(test)]
mod tests;
