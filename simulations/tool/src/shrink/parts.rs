//! Taking parts of a plan away: steps, devices, what was there at the start, registers of an edit.

use std::collections::BTreeSet;

use spotter_sim_plan::{DeviceNumber, Doing, Plan, Step, Whose};

use super::Smallest;
use super::list::shortest;

impl Smallest<'_> {
    pub(super) fn without_steps(&mut self) {
        let steps = self.plan.steps.clone();
        shortest(steps, |steps| {
            self.try_with(|plan| plan.steps = steps.to_vec())
        });
    }

    pub(super) fn without_devices(&mut self) {
        for number in (1..self.plan.devices.len()).rev() {
            self.try_with(|plan| remove_device(plan, number as u16));
        }
        let seats = self.plan.roster.clone();
        let needed: BTreeSet<String> = locations_of(&self.plan);
        let kept = seats.iter().filter(|seat| needed.contains(&seat.location));
        let kept = kept.cloned().collect();
        self.try_with(|plan| plan.roster = kept);
    }

    pub(super) fn without_start(&mut self) {
        let registers: Vec<_> = self.plan.start.clone().into_iter().collect();
        shortest(registers, |kept| {
            self.try_with(|plan| plan.start = kept.iter().cloned().collect())
        });
    }

    pub(super) fn without_puts(&mut self) {
        for at in 0..self.plan.steps.len() {
            let Doing::Edit { puts, .. } = &self.plan.steps[at].doing else {
                continue;
            };
            if puts.len() < 2 {
                continue;
            }
            let all: Vec<_> = puts.clone().into_iter().collect();
            shortest(all, |kept| {
                !kept.is_empty()
                    && self.try_with(|plan| {
                        if let Doing::Edit { puts, .. } = &mut plan.steps[at].doing {
                            *puts = kept.iter().cloned().collect();
                        }
                    })
            });
        }
    }
}

fn locations_of(plan: &Plan) -> BTreeSet<String> {
    let seated = plan.devices.iter().map(|device| device.location.clone());
    let changed = plan
        .steps
        .iter()
        .filter_map(|step| location_of(&step.doing));
    seated.chain(changed).collect()
}

fn location_of(doing: &Doing) -> Option<String> {
    if let Doing::SetLocation { location, .. } = doing {
        Some(location.clone())
    } else {
        None
    }
}

/// Takes a device out of a plan: what happens to it is gone, and those behind it move up.
pub(super) fn remove_device(plan: &mut Plan, number: u16) {
    plan.devices.remove(usize::from(number));
    plan.steps.retain_mut(|step| renumbered(step, number));
}

/// Whether a step does without the device; numbers above it are lowered.
fn renumbered(step: &mut Step, gone: u16) -> bool {
    let mut stays = true;
    for device in devices_of(&mut step.doing) {
        stays &= device.0 != gone;
        if device.0 > gone {
            device.0 -= 1;
        }
    }
    stays
}

/// The devices that a step names.
pub(super) fn devices_of(doing: &mut Doing) -> Vec<&mut DeviceNumber> {
    match doing {
        Doing::GoLive { device }
        | Doing::Join { device }
        | Doing::Edit { device, .. }
        | Doing::Cut { device, .. }
        | Doing::Heal { device }
        | Doing::Reset { device }
        | Doing::HalfOpen { device, .. }
        | Doing::ReadSlowly { device, .. }
        | Doing::Move { device, .. }
        | Doing::Revoke { device }
        | Doing::Publish { device }
        | Doing::Finish { device } => vec![device],
        Doing::Crash { whose }
        | Doing::CrashAtDiskCall { whose, .. }
        | Doing::Start { whose }
        | Doing::Pause { whose }
        | Doing::Resume { whose }
        | Doing::DiskFull { whose, .. }
        | Doing::SyncFails { whose }
        | Doing::Rots { whose, .. }
        | Doing::LoseMemory { whose }
        | Doing::Backup { whose }
        | Doing::Restore { whose }
        | Doing::ClockJumps { whose, .. } => match whose {
            Whose::Device(device) => vec![device],
            Whose::Relay(_) => Vec::new(),
        },
        Doing::Clone { from, to, .. } | Doing::Dial { from, to } | Doing::Carry { from, to } => {
            vec![from, to]
        }
        Doing::SetLocation { .. } | Doing::Attack { .. } => Vec::new(),
    }
}
