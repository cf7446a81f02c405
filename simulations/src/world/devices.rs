//! The shell around a client's machine: it starts and dies, is told what happens, and has done what it asks for.

use spotter_client::{Action, Client, Config, Input, LinkId, Moment, News, Now, Record, WallTime};
use spotter_sim_plan::{Happened, Watch};

use super::{World, device_number, of_device};
use crate::chance::{happens, mix, seed};
use crate::device::Saving;
use crate::journal::Found;
use crate::line::{Far, LineNumber, Parcel};
use crate::queue::Coming;
use crate::start::BEGINS_AT;

/// What monotonic clocks show when a world begins.
const MOMENT_ZERO: u64 = 1_000_000;

/// How long a device's disk takes to sync, in milliseconds: at least, and at most how much longer.
const SYNC_MS: (u64, u64) = (1, 6);

impl World<'_> {
    pub(super) fn time_of(&self, device: usize) -> Now {
        let off = self.devices[device].clock_off_ms;
        let passed = i64::try_from(self.now).unwrap_or(i64::MAX);
        Now {
            moment: Moment::from_ms(MOMENT_ZERO + self.now),
            wall: WallTime::from_unix_seconds(
                BEGINS_AT.saturating_add(passed.saturating_add(off).div_euclid(1_000)),
            ),
        }
    }

    /// Starts the process of a device from its disk. One whose journal is damaged does not start.
    pub(super) fn start_device(&mut self, number: usize) {
        let device = &mut self.devices[number];
        if device.is_up() {
            return;
        }
        device.has_begun = true;
        device.run += 1;
        let run = device.run;
        let synced = device.journal.synced;
        let Ok((found, records)) = device.journal.open() else {
            // It died at a call to its disk.
            device.disk.crash();
            return self.trouble(of_device(number), "crash");
        };
        device.is_damaged = found == Found::Damaged;
        let is_rotten = device.is_rotten;
        self.tell(Happened::Opened {
            whose: of_device(number),
            found: found.as_str().to_owned(),
            records: records.len() as u64,
            synced,
            rotten: is_rotten,
        });
        if found == Found::Damaged {
            return;
        }
        let device = &mut self.devices[number];
        device.journal.synced = records.len() as u64;
        let config = Config {
            stay_connected: true,
            plain: !self.plan.network.always_packed
                && mix(&[self.plan.seed, 5, number as u64, run]).is_multiple_of(3),
            unwatched: self.plan.watch == Watch::Ends,
        };
        let seed = seed(&[self.plan.seed, 6, number as u64, run]);
        device.client = Some(Client::new(&config, seed));
        device.status = None;
        self.step_device(number, Input::Opened { records });
        self.forget_the_lost(number);
        // All of the journal was read, and what is left of it is sound.
        self.devices[number].is_rotten = false;
        self.urge(number, 0);
    }

    /// The process of a device dies at once.
    pub(super) fn stop_device(&mut self, number: usize, why: &'static str) {
        let device = &mut self.devices[number];
        device.disk.crash();
        if device.client.take().is_none() {
            return;
        }
        device.stopped = why;
        device.saving = None;
        device.wakes_at = None;
        device.postponed = None;
        device.asked.clear();
        device.editing = None;
        device.urged_at = None;
        let lines: Vec<(LinkId, LineNumber)> = device.links.iter().map(|(l, n)| (*l, *n)).collect();
        // Half of the time the machine is gone with the process, and nobody is told.
        let lots = [self.plan.seed, 7, number as u64, device.run];
        let tells = happens(0.5, &lots);
        for (link, line) in lines {
            let way = self.way_from(number, line, link);
            self.shut(number, line);
            if tells {
                self.put(line, way, Parcel::Close("connection reset"));
            }
        }
    }

    /// The process of a device has died at a call to its disk.
    fn device_died(&mut self, number: usize) {
        self.trouble(of_device(number), "crash");
        self.stop_device(number, "crash");
    }

    /// Tells a device's machine what happened and has done what it asks for.
    pub(super) fn step_device(&mut self, number: usize, input: Input) {
        let now = self.time_of(number);
        let Some(client) = &mut self.devices[number].client else {
            return;
        };
        self.handled += 1;
        let actions = client.step(now, input);
        self.notice(number, &actions);
        for action in actions {
            self.perform(number, action);
            if self.devices[number].disk.is_dead() {
                return self.device_died(number);
            }
        }
        self.notice_status(number);
        self.reads_meet_id(number);
        self.wake_device_in_time(number);
    }

    fn perform(&mut self, number: usize, action: Action) {
        match action {
            Action::Save { batch, records } => self.save(number, batch, &records),
            Action::Connect { link, address } => self.connect(number, link, &address),
            Action::Disconnect { link } => {
                if let Some(&line) = self.devices[number].links.get(&link) {
                    let way = self.way_from(number, line, link);
                    self.shut(number, line);
                    self.put(line, way, Parcel::Close("closed"));
                }
            }
            Action::Send { link, frame } => self.send(number, link, Parcel::Message(frame)),
            Action::Ping { link } => self.send(number, link, Parcel::Ping),
            Action::Answer { request, answer } => self.answered(number, request, answer),
            Action::Tell(news) => self.hear(number, news),
        }
    }

    fn send(&mut self, number: usize, link: LinkId, parcel: Parcel) {
        if let Some(&line) = self.devices[number].links.get(&link) {
            let way = self.way_from(number, line, link);
            self.put(line, way, parcel);
        }
    }

    fn save(&mut self, number: usize, batch: spotter_client::BatchId, records: &[Record]) {
        let device = &mut self.devices[number];
        let written = device.journal.write(records);
        device.saving = Some(Saving { batch, written });
        let run = device.run;
        let lots = mix(&[self.plan.seed, 8, number as u64, batch.0, run]);
        let at = self.now + SYNC_MS.0 + lots % SYNC_MS.1;
        self.queue.plan(at, Coming::DeviceSynced(number, run));
    }

    pub(super) fn device_synced(&mut self, number: usize, run: u64) {
        let device = &mut self.devices[number];
        if device.run != run || !device.is_up() {
            return;
        }
        if let Some(postponed) = &mut device.postponed {
            return postponed.push(Coming::DeviceSynced(number, run));
        }
        let Some(Saving { batch, written }) = device.saving.take() else {
            return;
        };
        let saved = written.and_then(|waits| if waits { device.journal.sync() } else { Ok(()) });
        if device.disk.is_dead() {
            return self.device_died(number);
        }
        match saved {
            Ok(()) => self.step_device(number, Input::Saved { batch }),
            Err(why) => self.step_device(number, Input::SaveFailed { batch, why }),
        }
    }

    pub(super) fn device_wakes(&mut self, number: usize, run: u64) {
        let device = &mut self.devices[number];
        if device.run != run || device.wakes_at != Some(self.now) {
            return;
        }
        if let Some(postponed) = &mut device.postponed {
            return postponed.push(Coming::DeviceWakes(number, run));
        }
        device.wakes_at = None;
        let due = device.client.as_ref().and_then(Client::next_wakeup);
        if due.is_some_and(|due| due.as_ms() <= MOMENT_ZERO + self.now) {
            self.step_device(number, Input::Tick);
        } else {
            self.wake_device_in_time(number);
        }
    }

    fn wake_device_in_time(&mut self, number: usize) {
        let device = &mut self.devices[number];
        let Some(due) = device.client.as_ref().and_then(Client::next_wakeup) else {
            return;
        };
        let at = due.as_ms().saturating_sub(MOMENT_ZERO).max(self.now + 1);
        if device.wakes_at.is_some_and(|planned| planned <= at) {
            return;
        }
        device.wakes_at = Some(at);
        let run = device.run;
        self.queue.plan(at, Coming::DeviceWakes(number, run));
    }

    fn hear(&mut self, number: usize, news: News) {
        match news {
            News::PasswordWanted { .. } => self.urge(number, 5_000),
            News::Refused { change, code, .. } => self.tell(Happened::Refused {
                device: device_number(number),
                write: change.to_string(),
                code,
            }),
            News::Fault { what } => self.fault(of_device(number), what),
            News::Link(_)
            | News::Meet(_)
            | News::WritesAs(_)
            | News::BuiltOnRefused { .. }
            | News::NotAccepted { .. }
            | News::RelayForgot { .. }
            | News::RelayAsks { .. }
            | News::RelayRestored
            | News::Roster(_)
            | News::Finished
            | News::CannotSave { .. }
            | News::CanSaveAgain
            | News::PeerJoined { .. }
            | News::PeerLeft { .. }
            | News::BundleFrom { .. }
            | News::Presence { .. }
            | News::PutOff(_)
            | News::TakenAgain => {}
            _ => {}
        }
    }

    /// The lines of a device to relays.
    pub(super) fn relay_lines(&self, device: usize) -> Vec<LineNumber> {
        let lines = self.lines.iter();
        let own = lines
            .filter(|(_, line)| line.near == device && matches!(line.far, Far::Relay(_)))
            .map(|(number, _)| *number);
        own.collect()
    }
}
