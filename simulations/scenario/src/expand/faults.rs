//! Faults at fixed times, as plans say them.

use spotter_sim_plan::{DeviceNumber, Doing, RelayNumber, Step, Whose};

use super::Stage;
use crate::draw::Dice;
use crate::fault::{Deed, Fault};

/// The scenario's faults and their opposites.
pub(super) fn planned(stage: &Stage<'_>) -> Vec<Step> {
    let mut dice = Dice::of(stage.seed, "faults");
    let mut steps = Vec::new();
    for fault in &stage.scenario.faults {
        let share = dice.unit();
        steps.extend(step(stage, fault.at.ms(), &fault.r#do, share));
        steps.extend(undone(stage, fault, share));
    }
    steps
}

fn undone(stage: &Stage<'_>, fault: &Fault, share: f64) -> Option<Step> {
    let until = fault.at.ms().saturating_add(fault.r#for?.ms());
    let opposite = opposite(&fault.r#do)?;
    (until < stage.calm_at).then(|| step(stage, until, &opposite, share))?
}

/// What ends a deed, if it lasts.
pub(crate) fn opposite(deed: &Deed) -> Option<Deed> {
    Some(match deed {
        Deed::Cut { device, .. } => Deed::Heal {
            device: device.clone(),
        },
        Deed::ReadSlowly { device, .. } => Deed::ReadSlowly {
            device: device.clone(),
            bytes_per_second: None,
        },
        Deed::Crash { of }
        | Deed::CrashAtDiskCall { of, .. }
        | Deed::LoseMemory { of }
        | Deed::Restore { of } => Deed::Start { of: of.clone() },
        Deed::Pause { of } => Deed::Resume { of: of.clone() },
        Deed::DiskFull { of } => Deed::DiskHasRoom { of: of.clone() },
        Deed::Heal { .. }
        | Deed::Reset { .. }
        | Deed::HalfOpen { .. }
        | Deed::Start { .. }
        | Deed::Resume { .. }
        | Deed::DiskHasRoom { .. }
        | Deed::SyncFails { .. }
        | Deed::Rots { .. }
        | Deed::Backup { .. }
        | Deed::Clone { .. }
        | Deed::ClockJumps { .. }
        | Deed::Dial { .. }
        | Deed::Carry { .. }
        | Deed::Move { .. }
        | Deed::SetLocation { .. }
        | Deed::Revoke { .. }
        | Deed::Publish { .. }
        | Deed::Finish { .. }
        | Deed::Attack { .. } => return None,
    })
}

/// A deed at a time; nothing if it names nobody, which has been checked before.
fn step(stage: &Stage<'_>, at: u64, deed: &Deed, share: f64) -> Option<Step> {
    let doing = Naming { stage, share }.doing(deed)?;
    Some(Step { at, doing })
}

struct Naming<'a> {
    stage: &'a Stage<'a>,
    /// Drawn, for what leaves a place open.
    share: f64,
}

impl Naming<'_> {
    fn device(&self, name: &str) -> Option<DeviceNumber> {
        self.stage.cast.device(name)
    }

    fn whose(&self, name: &str) -> Option<Whose> {
        self.stage.cast.process(name)
    }

    fn doing(&self, deed: &Deed) -> Option<Doing> {
        self.to_a_line(deed)
            .or_else(|| self.to_a_process(deed))
            .or_else(|| self.by_people(deed))
    }

    fn to_a_line(&self, deed: &Deed) -> Option<Doing> {
        Some(match deed {
            Deed::Cut { device, lane } => Doing::Cut {
                device: self.device(device)?,
                lane: (*lane).into(),
            },
            Deed::Heal { device } => Doing::Heal {
                device: self.device(device)?,
            },
            Deed::Reset { device } => Doing::Reset {
                device: self.device(device)?,
            },
            Deed::HalfOpen { device, believer } => Doing::HalfOpen {
                device: self.device(device)?,
                believer: (*believer).into(),
            },
            Deed::ReadSlowly {
                device,
                bytes_per_second,
            } => Doing::ReadSlowly {
                device: self.device(device)?,
                bytes_per_second: *bytes_per_second,
            },
            Deed::Move { device, relay } => Doing::Move {
                device: self.device(device)?,
                relay: RelayNumber(*relay),
            },
            Deed::Dial { from, to } => Doing::Dial {
                from: self.device(from)?,
                to: self.device(to)?,
            },
            Deed::Carry { from, to } => Doing::Carry {
                from: self.device(from)?,
                to: self.device(to)?,
            },
            Deed::Crash { .. }
            | Deed::CrashAtDiskCall { .. }
            | Deed::Start { .. }
            | Deed::Pause { .. }
            | Deed::Resume { .. }
            | Deed::DiskFull { .. }
            | Deed::DiskHasRoom { .. }
            | Deed::SyncFails { .. }
            | Deed::Rots { .. }
            | Deed::LoseMemory { .. }
            | Deed::Backup { .. }
            | Deed::Restore { .. }
            | Deed::Clone { .. }
            | Deed::ClockJumps { .. }
            | Deed::SetLocation { .. }
            | Deed::Revoke { .. }
            | Deed::Publish { .. }
            | Deed::Finish { .. }
            | Deed::Attack { .. } => return None,
        })
    }

    fn to_a_process(&self, deed: &Deed) -> Option<Doing> {
        Some(match deed {
            Deed::Crash { of } => Doing::Crash {
                whose: self.whose(of)?,
            },
            Deed::CrashAtDiskCall { of, call } => Doing::CrashAtDiskCall {
                whose: self.whose(of)?,
                call: *call,
            },
            Deed::Start { of } => Doing::Start {
                whose: self.whose(of)?,
            },
            Deed::Pause { of } => Doing::Pause {
                whose: self.whose(of)?,
            },
            Deed::Resume { of } => Doing::Resume {
                whose: self.whose(of)?,
            },
            Deed::DiskFull { of } => Doing::DiskFull {
                whose: self.whose(of)?,
                full: true,
            },
            Deed::DiskHasRoom { of } => Doing::DiskFull {
                whose: self.whose(of)?,
                full: false,
            },
            Deed::SyncFails { of } => Doing::SyncFails {
                whose: self.whose(of)?,
            },
            Deed::Rots { of, rot, at_share } => Doing::Rots {
                whose: self.whose(of)?,
                rot: (*rot).into(),
                at_share: at_share.unwrap_or(self.share),
            },
            Deed::LoseMemory { of } => Doing::LoseMemory {
                whose: self.whose(of)?,
            },
            Deed::Backup { of } => Doing::Backup {
                whose: self.whose(of)?,
            },
            Deed::Restore { of } => Doing::Restore {
                whose: self.whose(of)?,
            },
            Deed::ClockJumps { of, by } => Doing::ClockJumps {
                whose: self.whose(of)?,
                by: by.ms(),
            },
            Deed::Cut { .. }
            | Deed::Heal { .. }
            | Deed::Reset { .. }
            | Deed::HalfOpen { .. }
            | Deed::ReadSlowly { .. }
            | Deed::Clone { .. }
            | Deed::Dial { .. }
            | Deed::Carry { .. }
            | Deed::Move { .. }
            | Deed::SetLocation { .. }
            | Deed::Revoke { .. }
            | Deed::Publish { .. }
            | Deed::Finish { .. }
            | Deed::Attack { .. } => return None,
        })
    }

    fn by_people(&self, deed: &Deed) -> Option<Doing> {
        Some(match deed {
            Deed::Clone { from, to } => Doing::Clone {
                from: self.device(from)?,
                to: self.device(to)?,
                old: false,
            },
            Deed::SetLocation {
                location,
                name,
                priority,
            } => Doing::SetLocation {
                location: location.clone(),
                name: name.clone().unwrap_or_else(|| location.clone()),
                priority: *priority,
            },
            Deed::Revoke { device } => Doing::Revoke {
                device: self.device(device)?,
            },
            Deed::Publish { device } => Doing::Publish {
                device: self.device(device)?,
            },
            Deed::Finish { device } => Doing::Finish {
                device: self.device(device)?,
            },
            Deed::Attack {
                relay,
                member,
                with,
            } => Doing::Attack {
                relay: RelayNumber(*relay),
                member: *member,
                with: with.clone(),
            },
            Deed::Cut { .. }
            | Deed::Heal { .. }
            | Deed::Reset { .. }
            | Deed::HalfOpen { .. }
            | Deed::ReadSlowly { .. }
            | Deed::Move { .. }
            | Deed::Dial { .. }
            | Deed::Carry { .. }
            | Deed::Crash { .. }
            | Deed::CrashAtDiskCall { .. }
            | Deed::Start { .. }
            | Deed::Pause { .. }
            | Deed::Resume { .. }
            | Deed::DiskFull { .. }
            | Deed::DiskHasRoom { .. }
            | Deed::SyncFails { .. }
            | Deed::Rots { .. }
            | Deed::LoseMemory { .. }
            | Deed::Backup { .. }
            | Deed::Restore { .. }
            | Deed::ClockJumps { .. } => return None,
        })
    }
}
