//! Who can reach whom in the calm: groups of devices that must agree.
//!
//! A device reaches the relay that it last joined, unless that one found its log damaged and serves nobody; and every
//! device that it dials directly, or that dials it, from then on. Whoever reaches the same reaches each other.

use spotter_sim_plan::{DeviceNumber, Doing, RelayNumber};

use super::Past;

/// Devices that reach each other, and the relays through which they do.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// The devices, in the order of the plan. Only those that have ever held anything.
    pub(crate) devices: Vec<DeviceNumber>,
    /// The relays that serve them.
    pub(crate) relays: Vec<RelayNumber>,
}

impl Past<'_> {
    /// The groups of devices that have ever held anything.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let devices = self.plan.devices.len();
        let mut group_of: Vec<usize> = (0..devices + usize::from(self.plan.relays)).collect();
        for (device, state) in self.devices() {
            let Some(number) = state.relay else {
                continue;
            };
            if self.relay(number).is_some_and(|relay| !relay.is_damaged) {
                let relay = devices + usize::from(number.0);
                unite(&mut group_of, usize::from(device.0), relay);
            }
        }
        for step in &self.plan.steps {
            if let Doing::Dial { from, to } = &step.doing
                && usize::from(from.0.max(to.0)) < devices
            {
                unite(&mut group_of, usize::from(from.0), usize::from(to.0));
            }
        }
        self.gathered(&group_of)
    }

    fn gathered(&self, group_of: &[usize]) -> Vec<Group> {
        let mut groups: Vec<(usize, Group)> = Vec::new();
        for (device, state) in self.devices() {
            if !state.began {
                continue;
            }
            let of = group_of[usize::from(device.0)];
            match groups.iter_mut().find(|(number, _)| *number == of) {
                Some((_, group)) => group.devices.push(device),
                None => {
                    let devices = vec![device];
                    groups.push((
                        of,
                        Group {
                            devices,
                            relays: Vec::new(),
                        },
                    ));
                }
            }
        }
        for (relay, state) in self.relays() {
            let of = group_of[self.plan.devices.len() + usize::from(relay.0)];
            let group = groups.iter_mut().find(|(number, _)| *number == of);
            if let Some((_, group)) = group
                && !state.is_damaged
            {
                group.relays.push(relay);
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }
}

fn unite(group_of: &mut [usize], one: usize, other: usize) {
    let (kept, gone) = (group_of[one], group_of[other]);
    for group in group_of {
        if *group == gone {
            *group = kept;
        }
    }
}
