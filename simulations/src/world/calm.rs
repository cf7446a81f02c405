//! The calm: everything that was broken works again, and whoever is down starts.

use spotter_client::{Ask, LinkState, OfflineReason};
use spotter_relay_protocol::LogId;
use spotter_sim_plan::Happened;

use super::{World, of_device, of_relay};
use crate::chance::mix;
use crate::device::{Asked, Wants};
use crate::journal::Journal;
use crate::line::Far;

impl World<'_> {
    pub(super) fn calm(&mut self) {
        self.is_calm = true;
        self.tell(Happened::Calm);
        for relay in 0..self.relays.len() {
            let disk = self.relays[relay].disk.clone();
            mend(&disk);
            self.resume(of_relay(relay));
            self.repair_logs(relay);
            self.start_relay(relay);
        }
        self.find_out_holes();
        for device in 0..self.devices.len() {
            let disk = self.devices[device].disk.clone();
            mend(&disk);
            self.resume(of_device(device));
            self.heal_device(device);
            if self.devices[device].bytes_per_second.take().is_some() {
                self.release(device);
            }
            if self.devices[device].is_rotten && self.devices[device].is_up() {
                // Whoever is told that the device cannot save starts the program again.
                self.trouble(of_device(device), "crash");
                self.stop_device(device, "lost");
            }
            if self.devices[device].has_begun {
                self.start_device(device);
                if self.devices[device].is_damaged {
                    self.begin_anew(device);
                }
            }
        }
        self.come_together();
        for device in 0..self.devices.len() {
            self.hurry(device);
        }
    }

    /// Nobody believes any longer in connections that half exist.
    fn find_out_holes(&mut self) {
        let holes = self.lines.iter().filter(|(_, line)| line.is_hole);
        let holes: Vec<_> = holes
            .map(|(number, line)| (*number, line.near, line.far))
            .collect();
        for (number, near, far) in holes {
            if let Far::Relay(relay) = far {
                self.relay_loses(relay, number);
            }
            self.device_loses(near, number, "connection reset");
        }
    }

    /// Two relays of one meet agree only as far as somebody carries changes over. In the calm everybody goes to the one
    /// where the first device is.
    fn come_together(&mut self) {
        let Some(home) = self.devices.first().map(|device| device.relay) else {
            return;
        };
        for device in 1..self.devices.len() {
            self.move_device(device, home);
        }
    }

    /// Who was told to come back much later, and hears that all is well again, does not wait so long. It may be told so in the
    /// calm still: what the relay said last before its log was repaired can be on its way.
    pub(super) fn hurry(&mut self, device: usize) {
        let moment = self.time_of(device).moment;
        let Some(client) = &self.devices[device].client else {
            return;
        };
        if let LinkState::Offline {
            why: OfflineReason::Refused { .. },
            retry_in_ms: Some(_),
        } = client.status(moment).link
        {
            self.ask(device, Asked::Other, Ask::StayConnected(true));
        }
    }

    /// What an operator does about logs that the relay refuses: keep what is sound in them, under a new name, or move
    /// the rest out of the way so that members bring the meet back.
    fn repair_logs(&mut self, number: usize) {
        let relay = &mut self.relays[number];
        let rotten = std::mem::take(&mut relay.rotten);
        for meet in rotten {
            relay.damaged.insert(meet);
        }
        let damaged = std::mem::take(&mut relay.damaged);
        if damaged.is_empty() {
            return;
        }
        // The relay is not running while its files are touched.
        self.stop_relay(number);
        for meet in damaged {
            let relay = &mut self.relays[number];
            let verdict = relay.store.open(meet).0.map(|found| found.found);
            relay.store.let_go();
            if verdict != Some(crate::journal::Found::Damaged) {
                continue;
            }
            relay.repairs += 1;
            let name = mix(&[self.plan.seed, 13, number as u64, relay.repairs]);
            let log_id = LogId::from_bytes(name.to_le_bytes());
            let kept = relay.store.repair(meet, log_id);
            if kept.is_none() {
                // Members bring the meet back, and whose session was ended is what their tickets know of it.
                relay.revoked.clear();
            }
            let done = if kept.is_some() {
                "repaired"
            } else {
                "moved-away"
            };
            self.trouble(of_relay(number), done);
        }
    }

    /// A device whose journal is damaged begins again in another folder.
    pub(super) fn begin_anew(&mut self, number: usize) {
        self.trouble(of_device(number), "repaired");
        let device = &mut self.devices[number];
        device.disk.clear();
        device.journal = Journal::new(device.disk.clone());
        device.is_rotten = false;
        device.is_damaged = false;
        device.stopped = "lost";
        if device.wants == Wants::Nothing {
            device.wants = Wants::Member;
        }
        self.start_device(number);
    }
}

fn mend(disk: &crate::disk::SimDisk) {
    disk.fill(false);
    disk.fail_next_sync(false);
    disk.die_at(None);
}
