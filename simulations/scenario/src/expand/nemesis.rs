//! Trouble by rates, drawn: each kind strikes each of its targets at random moments.

use spotter_sim_plan::{DeviceNumber, Doing, HalfOpenSide, Lane, RelayNumber, Rot, Step, Whose};

use super::Stage;
use crate::cast::Cast;
use crate::check::BEGIN_MS;
use crate::draw::Dice;
use crate::length::Length;

/// An hour.
const HOUR_MS: f64 = 3_600_000.0;

/// A crash at a call to the disk happens at one of this many calls.
const CALLS: u64 = 20;

/// How long after a restore, and after memory is lost, the process starts again.
const STARTS_AFTER_MS: u64 = 5_000;

/// All steps of a scenario's trouble.
pub(super) fn strikes(stage: &Stage<'_>) -> Vec<Step> {
    let mut nemesis = Nemesis {
        stage,
        steps: Vec::new(),
    };
    nemesis.lines();
    nemesis.processes();
    nemesis.disks();
    nemesis.people();
    nemesis.steps
}

/// Sets the clocks that are off from the beginning, but those for which the scenario says how far.
pub(super) fn clocks_off(stage: &Stage<'_>, cast: &mut Cast) {
    let Some(off) = &stage.scenario.trouble.clocks_off else {
        return;
    };
    for (number, device) in cast.devices.iter_mut().enumerate() {
        let mut dice = Dice::of(stage.seed, &format!("clock {number}"));
        if dice.chance(off.share) && device.clock_off == 0 {
            device.clock_off = either_way(&mut dice, off.up_to.ms());
        }
    }
}

fn either_way(dice: &mut Dice, most: u64) -> i64 {
    let far = i64::try_from(dice.between(0, most)).unwrap_or(i64::MAX);
    if dice.chance(0.5) { far } else { -far }
}

/// One kind of trouble.
struct Kind<'a> {
    /// What its draws are called.
    name: &'static str,
    per_hour: f64,
    /// How long it lasts; nothing for what happens at once.
    length: Option<&'a Length>,
    of: Option<&'a Vec<String>>,
    /// Whom it strikes if nothing is said.
    usually: &'static str,
}

/// One blow: whom, from when, until when.
struct Blow {
    whose: Whose,
    at: u64,
    until: u64,
    dice: Dice,
}

struct Nemesis<'a> {
    stage: &'a Stage<'a>,
    steps: Vec<Step>,
}

impl Nemesis<'_> {
    fn lines(&mut self) {
        let trouble = &self.stage.scenario.trouble;
        if let Some(kind) = &trouble.partitions {
            let lasting = lasting(
                "cut",
                kind.per_hour,
                &kind.length,
                kind.of.as_ref(),
                "devices",
            );
            for mut blow in self.blows(&lasting) {
                let one_way = blow.dice.chance(kind.one_way);
                let lane = match (one_way, blow.dice.chance(0.5)) {
                    (false, _) => Lane::Both,
                    (true, true) => Lane::Up,
                    (true, false) => Lane::Down,
                };
                self.of_device(&blow, |device| Doing::Cut { device, lane });
                self.until_device(&blow, |device| Doing::Heal { device });
            }
        }
        if let Some(rate) = &trouble.outages {
            for blow in self.blows(&rated("outage", rate, "relays")) {
                self.outage(&blow);
            }
        }
        if let Some(rate) = &trouble.half_open {
            for mut blow in self.blows(&sudden("half", rate, "devices")) {
                let believer = match blow.dice.chance(0.5) {
                    true => HalfOpenSide::Device,
                    false => HalfOpenSide::Relay,
                };
                self.of_device(&blow, |device| Doing::HalfOpen { device, believer });
            }
        }
        if let Some(rate) = &trouble.resets {
            for blow in self.blows(&sudden("reset", rate, "devices")) {
                self.of_device(&blow, |device| Doing::Reset { device });
            }
        }
        if let Some(kind) = &trouble.slow_readers {
            let lasting = lasting(
                "slow",
                kind.per_hour,
                &kind.length,
                kind.of.as_ref(),
                "devices",
            );
            for blow in self.blows(&lasting) {
                let slowly = |device, bytes_per_second| Doing::ReadSlowly {
                    device,
                    bytes_per_second,
                };
                self.of_device(&blow, |device| slowly(device, Some(kind.bytes_per_second)));
                self.until_device(&blow, |device| slowly(device, None));
            }
        }
    }

    /// Everyone at a relay is cut off.
    fn outage(&mut self, blow: &Blow) {
        let Whose::Relay(relay) = blow.whose else {
            return;
        };
        let devices = self.stage.cast.numbers().into_iter();
        let numbered: Vec<DeviceNumber> = devices
            .zip(&self.stage.cast.devices)
            .filter(|(_, device)| device.relay == relay.0)
            .map(|(number, _)| number)
            .collect();
        for device in numbered {
            let lane = Lane::Both;
            self.push(blow.at, Doing::Cut { device, lane });
            self.push_before_calm(blow.until, Doing::Heal { device });
        }
    }

    fn processes(&mut self) {
        let trouble = &self.stage.scenario.trouble;
        if let Some(kind) = &trouble.crashes {
            let of = kind.of.as_ref();
            let lasting = lasting("crash", kind.per_hour, &kind.length, of, "everyone");
            for mut blow in self.blows(&lasting) {
                let whose = blow.whose;
                let call = u32::try_from(blow.dice.below(CALLS)).unwrap_or(0);
                let dies = match blow.dice.chance(kind.at_disk_call) {
                    true => Doing::CrashAtDiskCall { whose, call },
                    false => Doing::Crash { whose },
                };
                self.push(blow.at, dies);
                self.push_before_calm(blow.until, Doing::Start { whose });
            }
        }
        if let Some(rate) = &trouble.pauses {
            for blow in self.blows(&rated("pause", rate, "devices")) {
                let whose = blow.whose;
                self.push(blow.at, Doing::Pause { whose });
                self.push_before_calm(blow.until, Doing::Resume { whose });
            }
        }
        if let Some(kind) = &trouble.clock_jumps {
            let jumps = Kind {
                name: "jump",
                per_hour: kind.per_hour,
                length: None,
                of: kind.of.as_ref(),
                usually: "everyone",
            };
            for mut blow in self.blows(&jumps) {
                let by = either_way(&mut blow.dice, kind.up_to.ms());
                let whose = blow.whose;
                self.push(blow.at, Doing::ClockJumps { whose, by });
            }
        }
    }

    fn disks(&mut self) {
        let trouble = &self.stage.scenario.trouble;
        if let Some(rate) = &trouble.full_disks {
            for blow in self.blows(&rated("full", rate, "everyone")) {
                let whose = blow.whose;
                self.push(blow.at, Doing::DiskFull { whose, full: true });
                self.push_before_calm(blow.until, Doing::DiskFull { whose, full: false });
            }
        }
        if let Some(rate) = &trouble.failed_syncs {
            for blow in self.blows(&sudden("sync", rate, "everyone")) {
                let whose = blow.whose;
                self.push(blow.at, Doing::SyncFails { whose });
            }
        }
        if let Some(kind) = &trouble.rot {
            let rots = Kind {
                name: "rot",
                per_hour: kind.per_hour,
                length: None,
                of: kind.of.as_ref(),
                usually: "relays",
            };
            for mut blow in self.blows(&rots) {
                let doing = Doing::Rots {
                    whose: blow.whose,
                    rot: if blow.dice.chance(kind.cut) {
                        Rot::Cut
                    } else {
                        Rot::Bit
                    },
                    at_share: blow.dice.unit(),
                };
                self.push(blow.at, doing);
            }
        }
        if let Some(rate) = &trouble.lost_memory {
            for blow in self.blows(&rated("lost", rate, "relays")) {
                let whose = blow.whose;
                self.push(blow.at, Doing::LoseMemory { whose });
                self.push_before_calm(blow.until, Doing::Start { whose });
            }
        }
        if let Some(rate) = &trouble.restores {
            for blow in self.blows(&rated("restore", rate, "relays")) {
                let whose = blow.whose;
                self.push(blow.at, Doing::Backup { whose });
                self.push_before_calm(blow.until, Doing::Restore { whose });
                let starts = blow.until + STARTS_AFTER_MS;
                self.push_before_calm(starts, Doing::Start { whose });
            }
        }
    }

    fn people(&mut self) {
        let trouble = &self.stage.scenario.trouble;
        if let Some(rate) = &trouble.moves {
            let relays = self.stage.cast.relays();
            for mut blow in self.blows(&sudden("move", rate, "devices")) {
                let relay = blow.dice.one(&relays).copied().unwrap_or(RelayNumber(0));
                self.of_device(&blow, |device| Doing::Move { device, relay });
            }
        }
        if let Some(rate) = &trouble.peers {
            for mut blow in self.blows(&sudden("peer", rate, "devices")) {
                let to = self.another(&mut blow);
                self.of_device(&blow, |from| Doing::Dial { from, to });
            }
        }
        if let Some(rate) = &trouble.bundles {
            for mut blow in self.blows(&sudden("bundle", rate, "devices")) {
                let to = self.another(&mut blow);
                self.of_device(&blow, |from| Doing::Carry { from, to });
            }
        }
        if let Some(rate) = &trouble.clones {
            let spares = self.stage.cast.spares();
            for mut blow in self.blows(&rated("clone", rate, "devices")) {
                let to = blow.dice.one(&spares).copied();
                self.copied(&blow, to);
            }
        }
        if let Some(rate) = &trouble.revokes {
            for blow in self.blows(&sudden("revoke", rate, "devices")) {
                self.of_device(&blow, |device| Doing::Revoke { device });
            }
        }
        if let Some(rate) = &trouble.priority_changes {
            for mut blow in self.blows(&sudden("priority", rate, "devices")) {
                self.ranked_anew(&mut blow);
            }
        }
        if let Some(kind) = &trouble.attacks {
            let attacks = Kind {
                name: "attack",
                per_hour: kind.per_hour,
                length: None,
                of: None,
                usually: "relays",
            };
            for mut blow in self.blows(&attacks) {
                let member = blow.dice.chance(kind.member);
                let with = blow.dice.one(&kind.with).cloned();
                if let (Whose::Relay(relay), Some(with)) = (blow.whose, with) {
                    self.push(
                        blow.at,
                        Doing::Attack {
                            relay,
                            member,
                            with,
                        },
                    );
                }
            }
        }
    }

    /// A copy of a device's disk is made, and a spare starts with it later.
    fn copied(&mut self, blow: &Blow, to: Option<DeviceNumber>) {
        let (whose, at) = (blow.whose, blow.at);
        if let (Whose::Device(from), Some(to)) = (whose, to)
            && from != to
        {
            self.push(at, Doing::Backup { whose });
            let old = true;
            self.push_before_calm(blow.until, Doing::Clone { from, to, old });
        }
    }

    /// Another device than the one that is struck, and no spare; the same if there is none.
    fn another(&self, blow: &mut Blow) -> DeviceNumber {
        let spares = self.stage.cast.spares();
        let mut others = self.stage.cast.numbers();
        others.retain(|device| Whose::Device(*device) != blow.whose && !spares.contains(device));
        let first = self.stage.cast.numbers().first().copied();
        let other = blow.dice.one(&others).copied();
        other.or(first).unwrap_or(DeviceNumber(0))
    }

    fn ranked_anew(&mut self, blow: &mut Blow) {
        let Whose::Device(device) = blow.whose else {
            return;
        };
        let cast = &self.stage.cast;
        let ranks: Vec<u32> = cast.roster.iter().map(|seat| seat.priority).collect();
        let priority = blow.dice.one(&ranks).copied().unwrap_or_default();
        let location = cast.devices[usize::from(device.0)].location.clone();
        let name = location.clone();
        self.push(
            blow.at,
            Doing::SetLocation {
                location,
                name,
                priority,
            },
        );
    }

    /// When and whom a kind strikes. Each target has draws of its own, so that another target changes nothing.
    fn blows(&self, kind: &Kind<'_>) -> Vec<Blow> {
        let mut blows = Vec::new();
        for whose in self.targets(kind) {
            let target = match whose {
                Whose::Device(device) => format!("{} d{}", kind.name, device.0),
                Whose::Relay(relay) => format!("{} r{}", kind.name, relay.0),
            };
            let dice = Dice::of(self.stage.seed, &target);
            blows.extend(self.blows_on(whose, kind, dice));
        }
        blows
    }

    fn targets(&self, kind: &Kind<'_>) -> Vec<Whose> {
        let usual = [kind.usually.to_owned()];
        let named = kind.of.map_or(usual.as_slice(), Vec::as_slice);
        let several = named
            .iter()
            .filter_map(|name| self.stage.cast.several(name));
        let mut targets: Vec<Whose> = several.flatten().collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    fn blows_on(&self, whose: Whose, kind: &Kind<'_>, mut dice: Dice) -> Vec<Blow> {
        let trouble = &self.stage.scenario.trouble;
        let last = trouble.until.map_or(self.stage.calm_at, |until| until.ms());
        let mean = HOUR_MS / kind.per_hour;
        let mut at = trouble.from.map_or(BEGIN_MS, |from| from.ms());
        let mut blows = Vec::new();
        while mean.is_finite() {
            at = at.saturating_add(dice.waiting_ms(mean));
            if at >= last {
                break;
            }
            let length = kind.length.map_or(0, |length| length.draw(&mut dice));
            let until = at.saturating_add(length);
            blows.push(Blow {
                whose,
                at,
                until,
                dice: dice.clone(),
            });
            // What a blow draws for itself must not be drawn again for the next one.
            for _ in 0..4 {
                dice.any();
            }
            at = until;
        }
        blows
    }

    fn of_device(&mut self, blow: &Blow, doing: impl Fn(DeviceNumber) -> Doing) {
        if let Whose::Device(device) = blow.whose {
            self.push(blow.at, doing(device));
        }
    }

    fn until_device(&mut self, blow: &Blow, doing: impl Fn(DeviceNumber) -> Doing) {
        if let Whose::Device(device) = blow.whose {
            self.push_before_calm(blow.until, doing(device));
        }
    }

    fn push(&mut self, at: u64, doing: Doing) {
        self.steps.push(Step { at, doing });
    }

    /// What would end in the calm ends with its beginning.
    fn push_before_calm(&mut self, at: u64, doing: Doing) {
        if at < self.stage.calm_at {
            self.push(at, doing);
        }
    }
}

fn lasting<'a>(
    name: &'static str,
    per_hour: f64,
    length: &'a Length,
    of: Option<&'a Vec<String>>,
    usually: &'static str,
) -> Kind<'a> {
    Kind {
        name,
        per_hour,
        length: Some(length),
        of,
        usually,
    }
}

fn rated<'a>(name: &'static str, rate: &'a crate::Rate, usually: &'static str) -> Kind<'a> {
    lasting(name, rate.per_hour, &rate.length, rate.of.as_ref(), usually)
}

fn sudden<'a>(name: &'static str, rate: &'a crate::Rate, usually: &'static str) -> Kind<'a> {
    Kind {
        length: None,
        ..rated(name, rate, usually)
    }
}
