//! The steps of a plan. One that makes no sense at its moment does nothing.

use spotter_client::{Ask, Word};
use spotter_model::{LocationName, Priority};
use spotter_sim_plan::{DeviceNumber, Doing, HalfOpenSide, Lane, RelayNumber, Whose};

use super::{World, of_device};
use crate::device::{Asked, Wants};
use crate::disk::SimDisk;
use crate::journal::Journal;
use crate::line::Far;
use crate::store::log_path;

impl World<'_> {
    pub(super) fn step(&mut self, number: usize) {
        let step = &self.plan.steps[number];
        match &step.doing {
            Doing::GoLive { device } => self.begins(*device, Wants::Live),
            Doing::Join { device } => self.begins(*device, Wants::Member),
            Doing::Edit { device, edit, puts } => {
                if let Some(device) = self.known(*device) {
                    self.edit(device, *edit, puts);
                }
            }
            Doing::Cut { device, lane } => self.cut(*device, *lane),
            Doing::Heal { device } => self.heal(*device),
            Doing::Reset { device } => self.reset(*device),
            Doing::HalfOpen { device, believer } => self.half_open(*device, *believer),
            Doing::ReadSlowly {
                device,
                bytes_per_second,
            } => self.read_slowly(*device, *bytes_per_second),
            Doing::Crash { whose } => self.crash(*whose),
            Doing::CrashAtDiskCall { whose, call } => {
                if let Some((_, disk)) = self.running(*whose) {
                    disk.die_at(Some(*call));
                }
            }
            Doing::Start { whose } => self.start(*whose),
            Doing::Pause { whose } => self.pause(*whose),
            Doing::Resume { whose } => self.resume(*whose),
            Doing::DiskFull { whose, full } => {
                if let Some(disk) = self.disk_of(*whose) {
                    disk.fill(*full);
                    self.trouble(*whose, if *full { "disk-full" } else { "disk-has-room" });
                }
            }
            Doing::SyncFails { whose } => {
                if let Some(disk) = self.disk_of(*whose) {
                    disk.fail_next_sync(true);
                    self.trouble(*whose, "sync-fails");
                }
            }
            Doing::Rots {
                whose,
                rot,
                at_share,
            } => self.rots(*whose, *rot, *at_share),
            Doing::LoseMemory { whose } => self.lose_memory(*whose),
            Doing::Backup { whose } => self.backup(*whose),
            Doing::Restore { whose } => self.restore(*whose),
            Doing::Clone { from, to, old } => self.clone_device(*from, *to, *old),
            Doing::ClockJumps { whose, by } => self.clock_jumps(*whose, *by),
            Doing::Dial { from, to } => {
                if let (Some(from), Some(to)) = (self.known(*from), self.known(*to))
                    && from != to
                    && self.devices[from].answers()
                {
                    let address = format!("ws://device-{to}");
                    self.ask(from, Asked::Other, Ask::DialPeer { address });
                }
            }
            Doing::Carry { from, to } => {
                if let (Some(from), Some(to)) = (self.known(*from), self.known(*to))
                    && from != to
                    && self.devices[from].answers()
                {
                    self.ask(from, Asked::Carry(to), Ask::PackBundle { author: None });
                }
            }
            Doing::Move { device, relay } => self.moves(*device, *relay),
            Doing::SetLocation {
                location,
                name,
                priority,
            } => self.set_location(location, name, *priority),
            Doing::Revoke { device } => self.revoke(*device),
            Doing::Publish { device } => self.says(
                *device,
                Word::Publish {
                    return_email: "director@example.org".to_owned(),
                    opl_csv: "Place,Name\n".to_owned(),
                },
            ),
            Doing::Finish { device } => self.says(*device, Word::FinishMeet),
            Doing::Attack {
                relay,
                member,
                with,
            } => self.attack(*relay, *member, with),
        }
    }

    /// The place of a device in the world's list, if there is such a device.
    pub(super) fn known(&self, device: DeviceNumber) -> Option<usize> {
        let device = usize::from(device.0);
        (device < self.devices.len()).then_some(device)
    }

    fn known_relay(&self, relay: RelayNumber) -> Option<usize> {
        let relay = usize::from(relay.0);
        (relay < self.relays.len()).then_some(relay)
    }

    fn disk_of(&self, whose: Whose) -> Option<SimDisk> {
        match whose {
            Whose::Device(device) => Some(self.devices[self.known(device)?].disk.clone()),
            Whose::Relay(relay) => Some(self.relays[self.known_relay(relay)?].disk.clone()),
        }
    }

    fn running(&self, whose: Whose) -> Option<(Whose, SimDisk)> {
        let is_up = match whose {
            Whose::Device(device) => self.devices[self.known(device)?].is_up(),
            Whose::Relay(relay) => self.relays[self.known_relay(relay)?].is_up(),
        };
        let disk = self.disk_of(whose)?;
        is_up.then_some((whose, disk))
    }

    fn begins(&mut self, device: DeviceNumber, wants: Wants) {
        let Some(number) = self.known(device) else {
            return;
        };
        if self.devices[number].wants == Wants::Nothing {
            self.devices[number].wants = wants;
        }
        if !self.devices[number].has_begun {
            self.start_device(number);
        } else if self.devices[number].answers() {
            self.urge(number, 0);
        }
    }

    fn cut(&mut self, device: DeviceNumber, lane: Lane) {
        let Some(number) = self.known(device) else {
            return;
        };
        let device = &mut self.devices[number];
        device.up_cut |= matches!(lane, Lane::Up | Lane::Both);
        device.down_cut |= matches!(lane, Lane::Down | Lane::Both);
        self.trouble(of_device(number), "cut");
    }

    fn heal(&mut self, device: DeviceNumber) {
        if let Some(number) = self.known(device) {
            self.heal_device(number);
        }
    }

    pub(super) fn heal_device(&mut self, number: usize) {
        let device = &mut self.devices[number];
        if !device.up_cut && !device.down_cut {
            return;
        }
        (device.up_cut, device.down_cut) = (false, false);
        self.trouble(of_device(number), "heal");
        self.release(number);
    }

    fn reset(&mut self, device: DeviceNumber) {
        let Some(number) = self.known(device) else {
            return;
        };
        for line in self.relay_lines(number) {
            self.trouble(of_device(number), "reset");
            self.breaks(line, true, true);
        }
    }

    /// The connection breaks; whoever believes in it is not told.
    fn half_open(&mut self, device: DeviceNumber, believer: HalfOpenSide) {
        let Some(number) = self.known(device) else {
            return;
        };
        for line in self.relay_lines(number) {
            self.trouble(of_device(number), "half-open");
            let device_notices = believer == HalfOpenSide::Relay;
            self.breaks(line, device_notices, !device_notices);
        }
    }

    fn breaks(&mut self, number: u64, device_notices: bool, relay_notices: bool) {
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        line.is_hole = true;
        let (near, far) = (line.near, line.far);
        if relay_notices && let Far::Relay(relay) = far {
            self.relay_loses(relay, number);
        }
        if device_notices {
            self.device_loses(near, number, "connection reset");
        }
    }

    fn read_slowly(&mut self, device: DeviceNumber, bytes_per_second: Option<u64>) {
        let Some(number) = self.known(device) else {
            return;
        };
        self.devices[number].bytes_per_second = bytes_per_second;
        self.trouble(of_device(number), "reads-slowly");
        self.release(number);
    }

    fn crash(&mut self, whose: Whose) {
        if self.running(whose).is_none() {
            return;
        }
        self.trouble(whose, "crash");
        self.stop(whose, "crash");
    }

    fn stop(&mut self, whose: Whose, why: &'static str) {
        match whose {
            Whose::Device(device) => self.stop_device(usize::from(device.0), why),
            Whose::Relay(relay) => self.stop_relay(usize::from(relay.0)),
        }
    }

    fn start(&mut self, whose: Whose) {
        if self.running(whose).is_some() {
            return;
        }
        match whose {
            Whose::Device(device) => {
                if let Some(number) = self.known(device)
                    && self.devices[number].has_begun
                {
                    self.trouble(whose, "start");
                    self.start_device(number);
                }
            }
            Whose::Relay(relay) => {
                if let Some(number) = self.known_relay(relay) {
                    self.trouble(whose, "start");
                    self.start_relay(number);
                }
            }
        }
    }

    fn pause(&mut self, whose: Whose) {
        if self.running(whose).is_none() {
            return;
        }
        let postponed = match whose {
            Whose::Device(device) => &mut self.devices[usize::from(device.0)].postponed,
            Whose::Relay(relay) => &mut self.relays[usize::from(relay.0)].postponed,
        };
        if postponed.is_none() {
            *postponed = Some(Vec::new());
            self.trouble(whose, "pause");
        }
    }

    pub(super) fn resume(&mut self, whose: Whose) {
        if self.running(whose).is_none() {
            return;
        }
        let (postponed, wakes_at) = match whose {
            Whose::Device(device) => {
                let device = &mut self.devices[usize::from(device.0)];
                if device.urged_at.is_some_and(|at| at < self.now) {
                    device.urged_at = Some(self.now);
                }
                (device.postponed.take(), &mut device.wakes_at)
            }
            Whose::Relay(relay) => {
                let relay = &mut self.relays[usize::from(relay.0)];
                (relay.postponed.take(), &mut relay.wakes_at)
            }
        };
        let Some(postponed) = postponed else { return };
        // What should have happened while it slept happens now.
        if wakes_at.is_some_and(|at| at < self.now) {
            *wakes_at = Some(self.now);
        }
        self.trouble(whose, "resume");
        for coming in postponed {
            self.queue.plan(self.now, coming);
        }
        if let Whose::Device(device) = whose {
            self.urge(usize::from(device.0), 0);
        }
    }

    fn rots(&mut self, whose: Whose, rot: spotter_sim_plan::Rot, at_share: f64) {
        match whose {
            Whose::Device(device) => {
                let Some(number) = self.known(device) else {
                    return;
                };
                let device = &mut self.devices[number];
                if !device.disk.rot(Journal::path(), rot, at_share) {
                    return;
                }
                device.is_rotten = true;
            }
            Whose::Relay(relay) => {
                let Some(number) = self.known_relay(relay) else {
                    return;
                };
                let relay = &mut self.relays[number];
                let meets = relay.store.meets();
                for meet in &meets {
                    if relay.disk.rot(&log_path(*meet), rot, at_share) {
                        relay.rotten.insert(*meet);
                    }
                }
                if meets.is_empty() {
                    return;
                }
            }
        }
        self.trouble(whose, "rots");
    }

    fn lose_memory(&mut self, whose: Whose) {
        let Some(disk) = self.disk_of(whose) else {
            return;
        };
        if disk.is_empty() {
            return;
        }
        self.trouble(whose, "lose-memory");
        self.stop(whose, "lost");
        disk.clear();
        match whose {
            Whose::Device(device) => {
                let device = &mut self.devices[usize::from(device.0)];
                device.stopped = "lost";
                device.is_rotten = false;
                device.journal = Journal::new(disk);
            }
            Whose::Relay(relay) => {
                let relay = &mut self.relays[usize::from(relay.0)];
                relay.store.forget();
                relay.rotten.clear();
                relay.damaged.clear();
                // Whoever comes back first may bring a ticket that knows of no revocation.
                relay.revoked.clear();
            }
        }
    }

    fn backup(&mut self, whose: Whose) {
        let Some(disk) = self.disk_of(whose).filter(|disk| !disk.is_empty()) else {
            return;
        };
        match whose {
            Whose::Device(device) => {
                let device = &mut self.devices[usize::from(device.0)];
                device.backup = Some((disk.copy(), device.journal.synced, device.is_rotten));
            }
            Whose::Relay(relay) => {
                let number = usize::from(relay.0);
                self.notice_unread(number, &disk.copy());
                let relay = &mut self.relays[number];
                relay.backup = Some((
                    disk.copy(),
                    relay.store.synced.clone(),
                    relay.rotten.clone(),
                ));
            }
        }
        self.trouble(whose, "backup");
    }

    fn restore(&mut self, whose: Whose) {
        let has_backup = match whose {
            Whose::Device(device) => self
                .known(device)
                .is_some_and(|number| self.devices[number].backup.is_some()),
            Whose::Relay(relay) => self
                .known_relay(relay)
                .is_some_and(|number| self.relays[number].backup.is_some()),
        };
        if !has_backup {
            return;
        }
        self.trouble(whose, "restore");
        self.stop(whose, "restored");
        match whose {
            Whose::Device(device) => {
                let device = &mut self.devices[usize::from(device.0)];
                if let Some((copied, synced, is_rotten)) = &device.backup {
                    device.disk.restore(copied);
                    device.journal = Journal::new(device.disk.clone());
                    device.journal.synced = *synced;
                    device.stopped = "restored";
                    // A copy of what had changed by itself is no better than that.
                    device.is_rotten = *is_rotten;
                }
            }
            Whose::Relay(relay) => {
                let relay = &mut self.relays[usize::from(relay.0)];
                if let Some((copied, synced, rotten)) = &relay.backup {
                    relay.disk.restore(copied);
                    relay.store.let_go();
                    relay.store.synced.clone_from(synced);
                    relay.rotten.clone_from(rotten);
                    relay.damaged.clear();
                    relay.revoked.clear();
                }
            }
        }
    }

    fn clone_device(&mut self, from: DeviceNumber, to: DeviceNumber, old: bool) {
        let (Some(from), Some(to)) = (self.known(from), self.known(to)) else {
            return;
        };
        if from == to || self.devices[to].has_begun || self.devices[from].disk.is_empty() {
            return;
        }
        let now = || {
            let device = &self.devices[from];
            let synced = device.journal.synced;
            (device.disk.copy(), synced, device.is_rotten)
        };
        let backup = self.devices[from].backup.clone();
        let (copied, synced, is_rotten) = backup.filter(|_| old).unwrap_or_else(now);
        let (location, relay) = (
            self.devices[from].location.clone(),
            self.devices[from].relay,
        );
        let clone = &mut self.devices[to];
        clone.disk.restore(&copied);
        clone.journal.synced = synced;
        clone.is_rotten = is_rotten;
        clone.wants = Wants::Member;
        clone.location = location;
        clone.relay = relay;
        self.trouble(of_device(to), "clone");
        self.start_device(to);
    }

    fn clock_jumps(&mut self, whose: Whose, by: i64) {
        let off = match whose {
            Whose::Device(device) => self
                .known(device)
                .map(|number| &mut self.devices[number].clock_off_ms),
            Whose::Relay(relay) => self
                .known_relay(relay)
                .map(|number| &mut self.relays[number].clock_off_ms),
        };
        if let Some(off) = off {
            *off = off.saturating_add(by);
            self.trouble(whose, "clock-jumps");
        }
    }

    fn moves(&mut self, device: DeviceNumber, relay: RelayNumber) {
        let (Some(number), Some(relay)) = (self.known(device), self.known_relay(relay)) else {
            return;
        };
        self.move_device(number, relay);
    }

    /// A device uses this relay from now on.
    pub(super) fn move_device(&mut self, number: usize, relay: usize) {
        if self.devices[number].relay == relay {
            return;
        }
        self.devices[number].relay = relay;
        self.trouble(of_device(number), "move");
        if self.devices[number].answers() && self.devices[number].wants != Wants::Nothing {
            self.join(number);
        }
    }

    fn set_location(&mut self, location: &str, name: &str, priority: u32) {
        let (Ok(place), Ok(new_name), Ok(priority)) = (
            LocationName::parse(location),
            LocationName::parse(name),
            Priority::new(priority),
        ) else {
            return;
        };
        let word = Word::SetLocation {
            location: place,
            priority,
            new_name: (location != name).then_some(new_name),
        };
        self.says(DeviceNumber(0), word);
        for device in &mut self.devices {
            // Whoever joins there from now on is told the new name.
            if device.location == location && !device.has_begun {
                name.clone_into(&mut device.location);
            }
        }
    }

    fn revoke(&mut self, device: DeviceNumber) {
        let Some(number) = self.known(device) else {
            return;
        };
        if let Some((_, session_id)) = self.devices[number].session {
            self.says(DeviceNumber(0), Word::RevokeSession { session_id });
        }
    }

    fn says(&mut self, device: DeviceNumber, word: Word) {
        if let Some(number) = self.known(device)
            && self.devices[number].answers()
        {
            self.ask(number, Asked::Other, Ask::Word(word));
        }
    }
}
