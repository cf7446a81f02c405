//! What must hold of trouble: whom it strikes, how often, and how long.

use spotter_sim_plan::Whose;

use super::{Checked, Checks, share, within, wrong};
use crate::fault::{Deed, Fault};
use crate::length::Length;

/// What attackers send.
const ATTACKS: [&str; 7] = [
    "garbage",
    "bomb",
    "forged-author",
    "twin",
    "twin-of-latest",
    "orphans",
    "flood",
];

/// How often an hour something may happen: once a second.
const RATE_MAX: f64 = 3_600.0;

/// Whom something can strike.
#[derive(Clone, Copy, PartialEq)]
enum Struck {
    Devices,
    Relays,
    Anyone,
}

/// A kind of trouble: its field, its rate, its length, its targets, and whom it can strike.
type Kind<'a> = (
    &'static str,
    f64,
    Option<&'a Length>,
    Option<&'a Vec<String>>,
    Struck,
);

impl Checks<'_> {
    pub(super) fn trouble(&self) -> Checked {
        let trouble = &self.scenario.trouble;
        if let Some(from) = trouble.from {
            self.working("trouble.from", from)?;
        }
        if let Some(until) = trouble.until {
            self.time("trouble.until", until)?;
        }
        for kind in self.kinds() {
            self.kind(kind)?;
        }
        if let Some(partitions) = &trouble.partitions {
            share("trouble.partitions.oneWay", partitions.one_way)?;
        }
        if let Some(crashes) = &trouble.crashes {
            share("trouble.crashes.atDiskCall", crashes.at_disk_call)?;
        }
        if let Some(rot) = &trouble.rot {
            share("trouble.rot.cut", rot.cut)?;
        }
        if let Some(off) = &trouble.clocks_off {
            share("trouble.clocksOff.share", off.share)?;
        }
        if trouble.clones.is_some() && self.cast.spares().is_empty() {
            return wrong("trouble.clones", "there is no spare device to start");
        }
        if let Some(attacks) = &trouble.attacks {
            share("trouble.attacks.member", attacks.member)?;
            for (number, with) in attacks.with.iter().enumerate() {
                attack(&format!("trouble.attacks.with[{number}]"), with)?;
            }
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<Kind<'_>> {
        use Struck::{Anyone, Devices, Relays};
        let trouble = &self.scenario.trouble;
        let plain = [
            ("outages", &trouble.outages, Relays),
            ("halfOpen", &trouble.half_open, Devices),
            ("resets", &trouble.resets, Devices),
            ("pauses", &trouble.pauses, Anyone),
            ("fullDisks", &trouble.full_disks, Anyone),
            ("failedSyncs", &trouble.failed_syncs, Anyone),
            ("lostMemory", &trouble.lost_memory, Anyone),
            ("restores", &trouble.restores, Anyone),
            ("moves", &trouble.moves, Devices),
            ("peers", &trouble.peers, Devices),
            ("bundles", &trouble.bundles, Devices),
            ("clones", &trouble.clones, Devices),
            ("revokes", &trouble.revokes, Devices),
            ("priorityChanges", &trouble.priority_changes, Devices),
        ];
        let mut kinds: Vec<Kind<'_>> = Vec::new();
        for (name, rate, struck) in plain {
            if let Some(rate) = rate {
                kinds.push((
                    name,
                    rate.per_hour,
                    Some(&rate.length),
                    rate.of.as_ref(),
                    struck,
                ));
            }
        }
        if let Some(kind) = &trouble.partitions {
            let length = Some(&kind.length);
            kinds.push((
                "partitions",
                kind.per_hour,
                length,
                kind.of.as_ref(),
                Devices,
            ));
        }
        if let Some(kind) = &trouble.slow_readers {
            let length = Some(&kind.length);
            kinds.push((
                "slowReaders",
                kind.per_hour,
                length,
                kind.of.as_ref(),
                Devices,
            ));
        }
        if let Some(kind) = &trouble.crashes {
            let length = Some(&kind.length);
            kinds.push(("crashes", kind.per_hour, length, kind.of.as_ref(), Anyone));
        }
        if let Some(kind) = &trouble.rot {
            kinds.push(("rot", kind.per_hour, None, kind.of.as_ref(), Anyone));
        }
        if let Some(kind) = &trouble.clock_jumps {
            kinds.push(("clockJumps", kind.per_hour, None, kind.of.as_ref(), Anyone));
        }
        if let Some(kind) = &trouble.attacks {
            kinds.push(("attacks", kind.per_hour, None, None, Relays));
        }
        kinds
    }

    fn kind(&self, (name, per_hour, length, of, struck): Kind<'_>) -> Checked {
        let at = format!("trouble.{name}");
        within(&format!("{at}.perHour"), per_hour, 0.0, RATE_MAX)?;
        if let Some(length) = length {
            check_length(&format!("{at}.length"), length)?;
        }
        for (number, target) in of.into_iter().flatten().enumerate() {
            let field = format!("{at}.of[{number}]");
            let Some(targets) = self.cast.several(target) else {
                return wrong(
                    field,
                    format!("there is no device, location or relay {target:?}"),
                );
            };
            let fits = |whose: &Whose| match whose {
                Whose::Device(_) => struck != Struck::Relays,
                Whose::Relay(_) => struck != Struck::Devices,
            };
            if !targets.iter().all(fits) {
                return wrong(field, format!("{target:?} cannot be struck by this"));
            }
        }
        Ok(())
    }

    pub(super) fn faults(&self) -> Checked {
        for (number, fault) in self.scenario.faults.iter().enumerate() {
            let at = format!("faults[{number}]");
            self.time(&format!("{at}.at"), fault.at)?;
            if fault.r#for.is_some() && !has_opposite(fault) {
                return wrong(
                    format!("{at}.for"),
                    "this has no opposite that would happen then",
                );
            }
            self.deed(&format!("{at}.do"), &fault.r#do)?;
        }
        Ok(())
    }

    fn deed(&self, at: &str, deed: &Deed) -> Checked {
        let device = |name: &str, device: &str| self.device(&format!("{at}.{name}"), device);
        let of = |name: &str, of: &str| self.process(&format!("{at}.{name}.of"), of).map(|_| ());
        match deed {
            Deed::Cut { device: of, .. } => device("cut.device", of),
            Deed::Heal { device: of } => device("heal.device", of),
            Deed::Reset { device: of } => device("reset.device", of),
            Deed::HalfOpen { device: of, .. } => device("halfOpen.device", of),
            Deed::ReadSlowly { device: of, .. } => device("readSlowly.device", of),
            Deed::Revoke { device: of } => device("revoke.device", of),
            Deed::Publish { device: of } => device("publish.device", of),
            Deed::Finish { device: of } => device("finish.device", of),
            Deed::Move { device: of, relay } => {
                device("move.device", of)?;
                self.relay(&format!("{at}.move.relay"), *relay)
            }
            Deed::Crash { of: whose } => of("crash", whose),
            Deed::CrashAtDiskCall { of: whose, .. } => of("crashAtDiskCall", whose),
            Deed::Start { of: whose } => of("start", whose),
            Deed::Pause { of: whose } => of("pause", whose),
            Deed::Resume { of: whose } => of("resume", whose),
            Deed::DiskFull { of: whose } => of("diskFull", whose),
            Deed::DiskHasRoom { of: whose } => of("diskHasRoom", whose),
            Deed::SyncFails { of: whose } => of("syncFails", whose),
            Deed::Rots {
                of: whose,
                at_share,
                ..
            } => {
                of("rots", whose)?;
                at_share.map_or(Ok(()), |place| share(&format!("{at}.rots.atShare"), place))
            }
            Deed::LoseMemory { of: whose } => of("loseMemory", whose),
            Deed::Backup { of: whose } => of("backup", whose),
            Deed::Restore { of: whose } => of("restore", whose),
            Deed::ClockJumps { of: whose, .. } => of("clockJumps", whose),
            Deed::Clone { from, to } => self.pair(&format!("{at}.clone"), from, to),
            Deed::Dial { from, to } => self.pair(&format!("{at}.dial"), from, to),
            Deed::Carry { from, to } => self.pair(&format!("{at}.carry"), from, to),
            Deed::SetLocation { location, .. } => self.seat(at, location),
            Deed::Attack { relay, with, .. } => {
                self.relay(&format!("{at}.attack.relay"), *relay)?;
                attack(&format!("{at}.attack.with"), with)
            }
        }
    }

    fn pair(&self, at: &str, from: &str, to: &str) -> Checked {
        self.device(&format!("{at}.from"), from)?;
        self.device(&format!("{at}.to"), to)?;
        if from == to {
            return wrong(format!("{at}.to"), "is the same device");
        }
        Ok(())
    }

    /// A location as the roster has it, or as an earlier fault has renamed it.
    fn seat(&self, at: &str, location: &str) -> Checked {
        let there = self
            .cast
            .roster
            .iter()
            .any(|seat| seat.location == location);
        let renamed = self.scenario.faults.iter().any(|fault| {
            matches!(&fault.r#do, Deed::SetLocation { name: Some(name), .. } if name == location)
        });
        if there || renamed {
            return Ok(());
        }
        let what = format!("there is no location {location:?}");
        wrong(format!("{at}.setLocation.location"), what)
    }
}

fn check_length(at: &str, length: &Length) -> Checked {
    match length {
        Length::Uniform { min, max } if min > max => {
            wrong(format!("{at}.uniform.max"), "is less than the least")
        }
        Length::LogNormal { sigma, .. } => {
            within(&format!("{at}.logNormal.sigma"), *sigma, 0.0, 5.0)
        }
        Length::Fixed(_) | Length::Uniform { .. } | Length::Exponential { .. } => Ok(()),
    }
}

fn attack(field: &str, with: &str) -> Checked {
    if ATTACKS.contains(&with) {
        return Ok(());
    }
    wrong(
        field,
        format!("{with:?} is no attack; there are {}", ATTACKS.join(", ")),
    )
}

fn has_opposite(fault: &Fault) -> bool {
    crate::expand::opposite(&fault.r#do).is_some()
}
