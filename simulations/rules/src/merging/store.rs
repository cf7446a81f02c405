//! The server of a rule under which everybody decides for themselves.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::json;
use spotter_sim_plan::{DeviceNumber, Happened, RelayNumber};

use crate::message::{Message, Written};
use crate::rule::{Out, Place, Server, ServerMoment, ToDevice};

/// Numbers writes in the order of their arrival, keeps them and hands them on.
#[derive(Clone, Debug, Default)]
pub struct Store {
    writes: Vec<Rc<Written>>,
    /// Where each write stands, from 1.
    positions: HashMap<String, u64>,
    /// How far each device that is connected and has asked was told.
    told: BTreeMap<DeviceNumber, u64>,
}

impl Store {
    /// A server that has stored nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn end(&self) -> u64 {
        self.writes.len() as u64
    }

    fn pulled(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    ) {
        let theirs = message.words["log"].as_str().unwrap_or_default();
        let known = theirs == moment.log;
        if !known && !theirs.is_empty() {
            out.send((device, Message::new(json!({"msgType": "SERVER_PULL"}))));
        }
        let asked = if known {
            message.number("lastServerSeq")
        } else {
            0
        };
        let after = asked.min(self.end());
        let behind = usize::try_from(after).unwrap_or(usize::MAX);
        let writes = self.writes.get(behind..).unwrap_or_default().to_vec();
        self.told.insert(device, self.end());
        out.send((
            device,
            self.numbered("UPDATE_RELAY", moment, after)
                .carrying(writes),
        ));
    }

    fn numbered(&self, kind: &str, moment: &ServerMoment, before: u64) -> Message {
        Message::new(
            json!({"msgType": kind, "log": moment.log, "before": before, "serverSeqNum": self.end()}),
        )
    }

    fn stores(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        writes: &[Rc<Written>],
        out: &mut Out<ToDevice>,
    ) {
        let mut fresh = Vec::new();
        for written in writes {
            let name = &written.write.name;
            if self.positions.contains_key(name) {
                continue;
            }
            self.writes.push(Rc::clone(written));
            self.positions.insert(name.clone(), self.end());
            fresh.push(Rc::clone(written));
            out.tell(Happened::Logged {
                relay: RelayNumber(0),
                log: moment.log.clone(),
                position: self.end(),
                write: name.clone(),
                session: format!("device-{}", device.0),
                found: false,
            });
        }
        self.acknowledge(moment, device, writes, out);
        if !fresh.is_empty() {
            self.hand_on(moment, device, &fresh, out);
        }
    }

    fn acknowledge(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        writes: &[Rc<Written>],
        out: &mut Out<ToDevice>,
    ) {
        let position = |written: &Rc<Written>| self.positions.get(&written.write.name).copied();
        let positions: Vec<u64> = writes.iter().filter_map(position).collect();
        let end = self.end();
        // Whoever has not asked yet is told of a gap, and asks.
        let before = self
            .told
            .get_mut(&device)
            .map_or(end, |told| std::mem::replace(told, end));
        let words = json!({"msgType": "UPDATE_ACK", "log": moment.log, "before": before, "serverSeqNum": end, "positions": positions});
        out.send((device, Message::new(words).about(writes.to_vec())));
    }

    fn hand_on(
        &mut self,
        moment: &ServerMoment,
        from: DeviceNumber,
        fresh: &[Rc<Written>],
        out: &mut Out<ToDevice>,
    ) {
        let end = self.end();
        let others: Vec<DeviceNumber> =
            self.told.keys().copied().filter(|to| *to != from).collect();
        let mut shared: Option<(u64, Message)> = None;
        for to in others {
            let before = self.told.insert(to, end).unwrap_or_default();
            let message = match shared.take() {
                Some((same, message)) if same == before => message,
                _ => self
                    .numbered("UPDATE_RELAY", moment, before)
                    .carrying(fresh.to_vec()),
            };
            out.send((to, message.clone()));
            shared = Some((before, message));
        }
    }
}

impl Server for Store {
    fn connected(&mut self, _: &ServerMoment, _: &Place, _: &mut Out<ToDevice>) {}

    fn disconnected(&mut self, _: &ServerMoment, device: DeviceNumber, _: &mut Out<ToDevice>) {
        self.told.remove(&device);
    }

    fn received(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    ) {
        match message.kind() {
            "CLIENT_PULL" => self.pulled(moment, device, message, out),
            "UPDATE_INIT" => self.stores(moment, device, &message.writes, out),
            _ => {}
        }
    }

    fn copy(&self) -> Box<dyn Server> {
        let mut copy = self.clone();
        copy.told.clear();
        Box::new(copy)
    }
}
