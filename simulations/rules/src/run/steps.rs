//! What each step of a plan does here.

use std::collections::BTreeMap;

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Doing, EditNumber, Happened, Lane, Whose};

use super::line::Way;
use super::{Star, device_number};
use crate::rule::{Client, Server};

/// How long it takes until somebody gives the password again whose session was ended, in milliseconds.
const PASSWORD_AGAIN_MS: u64 = 30_000;

impl Star<'_> {
    pub(crate) fn step(&mut self, doing: &Doing) {
        match doing {
            Doing::GoLive { device } | Doing::Join { device } => self.joins(*device),
            Doing::Edit { device, edit, puts } => self.edits(*device, *edit, puts),
            Doing::Cut { device, lane } => self.cuts(*device, *lane),
            Doing::Heal { device } => self.heals(*device),
            Doing::Reset { device } | Doing::Move { device, .. } => {
                self.tell_trouble(Whose::Device(*device), name_of(doing));
                self.breaks(*device);
            }
            Doing::HalfOpen { device, believer } => {
                self.tell_trouble(Whose::Device(*device), "half-open");
                self.half_opens(*device, *believer);
            }
            Doing::Crash { whose } | Doing::CrashAtDiskCall { whose, .. } => self.crashes(*whose),
            Doing::Start { whose } => self.starts(*whose),
            Doing::Pause { whose } => self.pauses(*whose),
            Doing::Resume { whose } => self.resumes(*whose),
            Doing::LoseMemory { whose } => self.loses_memory(*whose),
            Doing::Backup { whose } => self.backs_up(*whose),
            Doing::Restore { whose } => self.restores(*whose),
            Doing::Clone { from, to, old } => self.clones(*from, *to, *old),
            Doing::ClockJumps { whose, by } => self.clock_jumps(*whose, *by),
            Doing::SetLocation {
                location,
                name,
                priority,
            } => self.sets_location(location, name, *priority),
            Doing::Revoke { device } => {
                self.tell_trouble(Whose::Device(*device), "revoke");
                self.revokes(*device);
            }
            // Disks never fail here, nobody attacks, and there is one server and no other way.
            Doing::ReadSlowly { .. }
            | Doing::DiskFull { .. }
            | Doing::SyncFails { .. }
            | Doing::Rots { .. }
            | Doing::Dial { .. }
            | Doing::Carry { .. }
            | Doing::Publish { .. }
            | Doing::Finish { .. }
            | Doing::Attack { .. } => {}
        }
    }

    /// Everything that was cut is healed, and whoever is down or stands still goes on.
    pub(crate) fn calm(&mut self) {
        self.tell(Happened::Calm);
        self.resumes_server();
        self.house.running = true;
        for device in (0..self.desks.len()).map(device_number) {
            self.uncut(device);
            self.resumes_device(device);
            self.starts_device(device);
        }
    }

    fn joins(&mut self, device: DeviceNumber) {
        if self.desk(device).joined || !self.desk(device).running {
            return;
        }
        self.desk(device).joined = true;
        self.has_client(device);
        self.tries_in(device, 0);
    }

    /// Puts a client on a device that has none.
    fn has_client(&mut self, device: DeviceNumber) {
        let place = self.new_place(device);
        let client = self.rule.client(self.plan, &place);
        self.desk(device)
            .client
            .get_or_insert(client)
            .started(&place);
    }

    fn edits(&mut self, device: DeviceNumber, edit: EditNumber, puts: &BTreeMap<String, Value>) {
        if !self.desk(device).acts() {
            return;
        }
        let Some(client) = &self.desk(device).client else {
            return;
        };
        let new = puts
            .iter()
            .filter(|(name, value)| client.shown(name) != Some(*value));
        let new: BTreeMap<String, Value> = new.map(|(k, v)| (k.clone(), v.clone())).collect();
        if new.is_empty() {
            self.tell(Happened::NotWritten {
                device,
                edit,
                nothing_new: true,
                why: "nothing-new".to_owned(),
            });
            return;
        }
        self.client(device, |client, moment, out| {
            client.edit(moment, edit, &new, out)
        });
    }

    fn cuts(&mut self, device: DeviceNumber, lane: Lane) {
        self.tell_trouble(Whose::Device(device), "cut");
        let was_cut = self.desk(device).line.is_cut();
        for way in [Way::Up, Way::Down] {
            self.desk(device).line.path(way).cut |= way.is_of(lane);
        }
        if !was_cut {
            self.falls_silent(device);
        }
    }

    fn heals(&mut self, device: DeviceNumber) {
        self.tell_trouble(Whose::Device(device), "heal");
        self.uncut(device);
    }

    fn uncut(&mut self, device: DeviceNumber) {
        if self.desk(device).line.is_cut() {
            for way in [Way::Up, Way::Down] {
                self.desk(device).line.path(way).cut = false;
            }
            self.releases(device);
        }
    }

    fn crashes(&mut self, whose: Whose) {
        self.tell_trouble(whose, "crash");
        match whose {
            Whose::Device(device) => self.device_dies(device),
            Whose::Relay(_) => self.server_dies(),
        }
    }

    fn device_dies(&mut self, device: DeviceNumber) {
        self.breaks(device);
        let desk = self.desk(device);
        desk.running = false;
        desk.paused = false;
        desk.line.attempts += 1;
    }

    fn server_dies(&mut self) {
        for device in (0..self.desks.len()).map(device_number) {
            self.breaks(device);
        }
        self.house.running = false;
        self.house.paused = false;
    }

    fn starts(&mut self, whose: Whose) {
        self.tell_trouble(whose, "start");
        match whose {
            Whose::Device(device) => self.starts_device(device),
            Whose::Relay(_) => self.house.running = true,
        }
    }

    fn starts_device(&mut self, device: DeviceNumber) {
        let desk = self.desk(device);
        if desk.running {
            return;
        }
        desk.running = true;
        desk.line.failures = 0;
        if desk.joined {
            self.has_client(device);
            self.tries_in(device, 0);
        }
    }

    fn pauses(&mut self, whose: Whose) {
        self.tell_trouble(whose, "pause");
        match whose {
            Whose::Device(device) => {
                self.desk(device).paused = self.desk(device).running;
                self.falls_silent(device);
            }
            Whose::Relay(_) => {
                self.house.paused = self.house.running;
                for device in (0..self.desks.len()).map(device_number) {
                    self.falls_silent(device);
                }
            }
        }
    }

    fn resumes(&mut self, whose: Whose) {
        self.tell_trouble(whose, "resume");
        match whose {
            Whose::Device(device) => self.resumes_device(device),
            Whose::Relay(_) => self.resumes_server(),
        }
    }

    fn resumes_device(&mut self, device: DeviceNumber) {
        if std::mem::take(&mut self.desk(device).paused) {
            self.goes_on(device);
            if self.desk(device).line.device_side.is_none() {
                self.tries_later(device);
            }
        }
    }

    fn resumes_server(&mut self) {
        if std::mem::take(&mut self.house.paused) {
            for device in (0..self.desks.len()).map(device_number) {
                self.goes_on(device);
            }
        }
    }

    /// One reason less for silence; others may be left.
    fn goes_on(&mut self, device: DeviceNumber) {
        self.releases(device);
        let silent =
            self.house.paused || self.desk(device).paused || self.desk(device).line.is_cut();
        if silent {
            self.falls_silent(device);
        }
    }

    fn loses_memory(&mut self, whose: Whose) {
        self.tell_trouble(whose, "lose-memory");
        match whose {
            Whose::Device(device) => {
                self.device_dies(device);
                let lost = self.desk(device).client.take();
                self.forgets(device, lost.map(|client| client.held()), "lost");
            }
            Whose::Relay(_) => {
                let server = self.rule.server(self.plan);
                self.replaces_server(server);
            }
        }
    }

    fn replaces_server(&mut self, server: Box<dyn Server>) {
        self.server_dies();
        self.house.server = server;
        self.house.logs += 1;
    }

    fn forgets(&mut self, device: DeviceNumber, writes: Option<Vec<String>>, why: &str) {
        let mut writes = writes.unwrap_or_default();
        writes.sort_unstable();
        if !writes.is_empty() {
            self.tell(Happened::Forgot {
                device,
                writes,
                why: why.to_owned(),
            });
        }
    }

    fn backs_up(&mut self, whose: Whose) {
        self.tell_trouble(whose, "backup");
        match whose {
            Whose::Device(device) => {
                let copy = self
                    .desk(device)
                    .client
                    .as_ref()
                    .map(|client| client.copy());
                self.desk(device).backup = copy;
            }
            Whose::Relay(_) => self.house.backup = Some(self.house.server.copy()),
        }
    }

    fn restores(&mut self, whose: Whose) {
        match whose {
            Whose::Device(device) => {
                let Some(copy) = self
                    .desk(device)
                    .backup
                    .as_ref()
                    .map(|backup| backup.copy())
                else {
                    return;
                };
                self.tell_trouble(whose, "restore");
                self.device_dies(device);
                self.restores_device(device, copy);
            }
            Whose::Relay(_) => {
                let Some(copy) = self.house.backup.as_ref().map(|backup| backup.copy()) else {
                    return;
                };
                self.tell_trouble(whose, "restore");
                self.replaces_server(copy);
            }
        }
    }

    fn restores_device(&mut self, device: DeviceNumber, copy: Box<dyn Client>) {
        let kept: std::collections::BTreeSet<String> = copy.held().into_iter().collect();
        let before = self.desk(device).client.replace(copy);
        let gone = before.map(|client| {
            let held = client.held().into_iter();
            held.filter(|name| !kept.contains(name)).collect()
        });
        self.forgets(device, gone, "restored");
    }

    fn clones(&mut self, from: DeviceNumber, to: DeviceNumber, old: bool) {
        let desk = self.desk(from);
        let backup = desk.backup.as_ref().filter(|_| old);
        let copied = backup.or(desk.client.as_ref());
        let copy = copied.map(|client| client.copy());
        let (Some(copy), false) = (copy, self.desk(to).joined) else {
            return;
        };
        self.tell_trouble(Whose::Device(to), "clone");
        let mut writes = copy.held();
        writes.sort_unstable();
        self.desk(to).client = Some(copy);
        self.tell(Happened::Learnt { device: to, writes });
        self.joins(to);
    }

    fn clock_jumps(&mut self, whose: Whose, by: i64) {
        self.tell_trouble(whose, "clock-jumps");
        if let Whose::Device(device) = whose {
            let desk = self.desk(device);
            desk.clock_off = desk.clock_off.saturating_add(by);
        }
    }

    /// Holds for whoever joins as this location from now on.
    fn sets_location(&mut self, location: &str, name: &str, priority: u32) {
        for desk in self
            .desks
            .iter_mut()
            .filter(|desk| desk.location == location)
        {
            name.clone_into(&mut desk.location);
            desk.priority = priority;
        }
    }

    fn revokes(&mut self, device: DeviceNumber) {
        if !self.desk(device).joined || !self.desk(device).running {
            return;
        }
        self.breaks(device);
        let place = self.new_place(device);
        if let Some(client) = self.desk(device).client.as_mut() {
            client.started(&place);
        }
        self.tries_in(device, PASSWORD_AGAIN_MS);
    }
}

/// What the plan calls a step that breaks a connection.
fn name_of(doing: &Doing) -> &'static str {
    if matches!(doing, Doing::Move { .. }) {
        "move"
    } else {
        "reset"
    }
}
