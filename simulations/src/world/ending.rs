//! The end: what everyone holds, shows, and has cost.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use spotter_client::Client;
use spotter_relay::Limits;
use spotter_sim_plan::Happened;

use super::{World, device_number, hex, of_device, of_relay, relay_number};
use crate::journal::Journal;

impl World<'_> {
    pub(super) fn end(&mut self) {
        for device in 0..self.devices.len() {
            self.rests(device);
        }
        for device in 0..self.devices.len() {
            if !self.devices[device].has_begun {
                continue;
            }
            let counted = self.devices[device].counted;
            self.tell(Happened::Traffic {
                device: device_number(device),
                up: counted.up,
                down: counted.down,
                messages_up: counted.messages_up,
                messages_down: counted.messages_down,
                befell: counted.befell,
            });
            let disk = &self.devices[device].disk;
            let (syncs, bytes) = (disk.syncs(), disk.len(Journal::path()));
            self.tell(Happened::Disk {
                whose: of_device(device),
                syncs,
                bytes,
            });
        }
        for relay in 0..self.relays.len() {
            self.relay_rests(relay);
        }
        self.tell(Happened::Ended {
            handled: self.handled,
        });
    }

    fn rests(&mut self, number: usize) {
        let device = &mut self.devices[number];
        let Some(meet) = device.client.as_mut().and_then(Client::meet) else {
            return;
        };
        if meet.is_empty() {
            return;
        }
        let mut heads: Vec<String> = meet.heads().iter().map(ToString::to_string).collect();
        heads.sort();
        let Ok(state) = meet.export(None) else { return };
        let mut registers: BTreeMap<String, Value> = BTreeMap::new();
        for (register, path) in self.book.registers() {
            if let Ok(shown) = meet.get(path) {
                let value = shown.held.value.unwrap_or(Value::Null);
                registers.insert(register.clone(), value);
            }
        }
        let conflicts = meet.conflicts().len() as u64;
        self.tell(Happened::Rests {
            device: device_number(number),
            heads,
            state: hex(&Sha256::digest(state.to_string())),
            registers,
            conflicts,
        });
    }

    fn relay_rests(&mut self, number: usize) {
        let relay = &self.relays[number];
        let limits = Limits::default();
        let held = [
            (
                "queue-bytes",
                relay.queue_bytes_most,
                self.plan.network.queue_bytes,
            ),
            ("links", relay.links_most, limits.links_max as u64),
        ];
        let (syncs, bytes) = (relay.disk.syncs(), relay.store.log_bytes());
        for (what, amount, limit) in held {
            self.tell(Happened::Holds {
                relay: relay_number(number),
                what: what.to_owned(),
                amount,
                limit,
            });
        }
        self.tell(Happened::Disk {
            whose: of_relay(number),
            syncs,
            bytes,
        });
    }
}
