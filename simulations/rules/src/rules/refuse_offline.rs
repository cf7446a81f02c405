//! A server that everybody asks before anything counts: consistent, and unavailable to whoever cannot reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::{DeviceNumber, EditNumber, Happened, Plan, RelayNumber, Write};

use crate::message::{Message, Written};
use crate::rule::{Client, Moment, Out, Place, Rule, Server, ServerMoment, Standing, ToDevice};

/// An edit is made by the server, in the order of arrival, and shown when the server has answered. Whoever has no
/// connection cannot edit; whoever gets no answer waits for it.
///
/// An edit whose answer did not arrive is asked about on the next connection. It stands in the trace as written when the
/// server wrote it, or as not written when that is known.
#[derive(Clone, Copy, Debug)]
pub struct RefuseOffline;

impl Rule for RefuseOffline {
    fn name(&self) -> &'static str {
        "refuse-offline"
    }

    fn about(&self) -> &'static str {
        "a server makes every edit, in the order of arrival, and whoever cannot reach it cannot edit"
    }

    fn client(&self, _: &Plan, place: &Place) -> Box<dyn Client> {
        Box::new(Asking {
            place: place.clone(),
            shown: (*place.start).clone(),
            held: BTreeSet::new(),
            asked: BTreeMap::new(),
            asks: 0,
            log: String::new(),
            position: 0,
            connected: false,
            need_resync: true,
        })
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Making::default())
    }
}

/// The client: shows what the server said last.
#[derive(Clone)]
struct Asking {
    place: Place,
    shown: BTreeMap<String, Value>,
    held: BTreeSet<String>,
    /// Edits that the server has not answered, by their number.
    asked: BTreeMap<u64, EditNumber>,
    asks: u64,
    log: String,
    position: u64,
    connected: bool,
    need_resync: bool,
}

impl Asking {
    fn not_written(&self, edit: EditNumber, why: &str, out: &mut Out<Message>) {
        out.tell(Happened::NotWritten {
            device: self.place.device,
            edit,
            nothing_new: false,
            why: why.to_owned(),
        });
    }

    fn pull(&mut self, out: &mut Out<Message>) {
        self.need_resync = true;
        let asked: Vec<u64> = self.asked.keys().copied().collect();
        out.send(Message::new(
            json!({"msgType": "CLIENT_PULL", "log": self.log, "lastServerSeq": self.position, "asked": asked}),
        ));
    }

    /// Takes in what the server wrote, in its order.
    fn take(&mut self, message: &Message, made: &BTreeSet<EditNumber>, out: &mut Out<Message>) {
        let log = message.words["log"].as_str().unwrap_or_default();
        let before = message.number("before");
        if log != self.log && before == 0 {
            self.begins_again(log, message, out);
        }
        if log != self.log || before > self.position {
            self.pull(out);
            return;
        }
        let news: Vec<Rc<Written>> = message
            .writes
            .iter()
            .filter(|one| !self.held.contains(&one.write.name))
            .cloned()
            .collect();
        let others = news.iter().filter(|one| one.device != self.place.device);
        let learnt: Vec<String> = others.map(|one| one.write.name.clone()).collect();
        if !learnt.is_empty() {
            out.tell(Happened::Learnt {
                device: self.place.device,
                writes: learnt,
            });
        }
        for written in news {
            self.held.insert(written.write.name.clone());
            let asked_here = written.device == self.place.device;
            let own = asked_here && written.write.edit.is_some_and(|edit| made.contains(&edit));
            if own {
                self.made(&written, message, out);
            }
            for (register, value) in &written.write.puts {
                self.show(register, value, Some(&written.write.name), own, out);
            }
        }
        self.position = self.position.max(message.number("serverSeqNum"));
        self.need_resync = false;
    }

    /// Another log: what it holds is what there is.
    fn begins_again(&mut self, log: &str, message: &Message, out: &mut Out<Message>) {
        log.clone_into(&mut self.log);
        self.position = 0;
        let there: BTreeSet<&String> = message.writes.iter().map(|one| &one.write.name).collect();
        let gone: Vec<String> = self
            .held
            .iter()
            .filter(|name| !there.contains(name))
            .cloned()
            .collect();
        if !gone.is_empty() {
            out.tell(Happened::Forgot {
                device: self.place.device,
                writes: gone,
                why: "lost".to_owned(),
            });
            self.held.clear();
            let start = Rc::clone(&self.place.start);
            let others: Vec<String> = self
                .shown
                .keys()
                .filter(|name| !start.contains_key(*name))
                .cloned()
                .collect();
            for register in others {
                self.shown.remove(&register);
            }
            for (register, value) in start.iter() {
                self.show(register, value, None, false, out);
            }
        }
    }

    fn made(&mut self, written: &Written, message: &Message, out: &mut Out<Message>) {
        let (device, write) = (self.place.device, written.write.name.clone());
        out.tell(Happened::Saved {
            device,
            write: write.clone(),
        });
        out.tell(Happened::Acknowledged {
            device,
            write,
            relay: RelayNumber(0),
            log: self.log.clone(),
            position: message.number("serverSeqNum"),
        });
    }

    fn show(
        &mut self,
        register: &str,
        value: &Value,
        write: Option<&String>,
        own: bool,
        out: &mut Out<Message>,
    ) {
        if self.shown.get(register) == Some(value) {
            return;
        }
        self.shown.insert(register.to_owned(), value.clone());
        out.tell(Happened::Shows {
            device: self.place.device,
            register: register.to_owned(),
            value: value.clone(),
            write: write.cloned(),
            own,
        });
    }
}

impl Client for Asking {
    fn edit(
        &mut self,
        _: Moment,
        edit: EditNumber,
        puts: &BTreeMap<String, Value>,
        out: &mut Out<Message>,
    ) {
        if !self.connected {
            self.not_written(edit, "offline", out);
            return;
        }
        self.asks += 1;
        self.asked.insert(self.asks, edit);
        out.send(Message::new(
            json!({"msgType": "UPDATE_INIT", "localSeqNum": self.asks, "edit": edit, "puts": puts}),
        ));
    }

    fn connected(&mut self, _: Moment, out: &mut Out<Message>) {
        self.connected = true;
        self.pull(out);
    }

    fn disconnected(&mut self, _: Moment, _: &mut Out<Message>) {
        self.connected = false;
        self.need_resync = true;
    }

    fn received(&mut self, _: Moment, message: &Message, out: &mut Out<Message>) {
        let unmade = message.words["unmade"].as_array();
        for ask in unmade.into_iter().flatten().filter_map(Value::as_u64) {
            if let Some(edit) = self.asked.remove(&ask) {
                self.not_written(edit, "no-answer", out);
            }
        }
        let made = message.words["made"].as_array().into_iter().flatten();
        let made = made.filter_map(Value::as_u64);
        let made: BTreeSet<EditNumber> = made.filter_map(|ask| self.asked.remove(&ask)).collect();
        self.take(message, &made, out);
    }

    fn started(&mut self, place: &Place) {
        self.place = place.clone();
        // No two starts use the same numbers.
        self.asks = u64::from(place.starts) << 32;
        self.connected = false;
        self.need_resync = true;
    }

    fn shown(&self, register: &str) -> Option<&Value> {
        self.shown.get(register)
    }

    fn held(&self) -> Vec<String> {
        self.held.iter().cloned().collect()
    }

    fn conflicts(&self) -> u64 {
        0
    }

    fn standing(&self) -> Standing {
        Standing {
            not_sent: self.asked.len() as u64,
            need_resync: self.need_resync,
        }
    }

    fn copy(&self) -> Box<dyn Client> {
        Box::new(self.clone())
    }
}

/// The server: makes edits.
#[derive(Clone, Default)]
struct Making {
    writes: Vec<Rc<Written>>,
    /// What each device has asked for and was made.
    made: BTreeSet<(DeviceNumber, u64)>,
    /// What each device has asked for, and was told that it will not be made.
    unmade: BTreeSet<(DeviceNumber, u64)>,
    places: BTreeMap<DeviceNumber, Place>,
    told: BTreeMap<DeviceNumber, u64>,
}

impl Making {
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
        let known = message.words["log"].as_str() == Some(moment.log.as_str());
        let after = if known {
            message.number("lastServerSeq").min(self.end())
        } else {
            0
        };
        let asked = message.words["asked"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64);
        let (made, unmade): (Vec<u64>, Vec<u64>) =
            asked.partition(|ask| self.made.contains(&(device, *ask)));
        self.told.insert(device, self.end());
        // What was asked for and not made shall not be made any more when a message that was held up arrives.
        self.unmade.extend(unmade.iter().map(|ask| (device, *ask)));
        let words = json!({"msgType": "UPDATE_RELAY", "log": moment.log, "before": after, "serverSeqNum": self.end(), "made": made, "unmade": unmade});
        let writes = self
            .writes
            .iter()
            .skip(usize::try_from(after).unwrap_or(usize::MAX));
        out.send((
            device,
            Message::new(words).carrying(writes.cloned().collect()),
        ));
    }

    fn asked(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    ) {
        let ask = message.number("localSeqNum");
        if self.unmade.contains(&(device, ask)) || !self.made.insert((device, ask)) {
            return;
        }
        let Some(written) = self.written(moment, device, message) else {
            return;
        };
        let written = Rc::new(written);
        out.tell(Happened::Wrote {
            device,
            write: written.write.clone(),
        });
        self.writes.push(Rc::clone(&written));
        out.tell(Happened::Logged {
            relay: RelayNumber(0),
            log: moment.log.clone(),
            position: self.end(),
            write: written.write.name.clone(),
            session: format!("device-{}", device.0),
            found: false,
        });
        for to in self.told.keys().copied().collect::<Vec<_>>() {
            let own = to == device;
            let kind = if own { "UPDATE_ACK" } else { "UPDATE_RELAY" };
            let made: Vec<u64> = own.then_some(ask).into_iter().collect();
            let before = self.told.insert(to, self.end()).unwrap_or_default();
            let words = json!({"msgType": kind, "log": moment.log, "before": before, "serverSeqNum": self.end(), "made": made});
            out.send((to, Message::new(words).carrying(vec![Rc::clone(&written)])));
        }
    }

    fn written(
        &self,
        moment: &ServerMoment,
        device: DeviceNumber,
        message: &Message,
    ) -> Option<Written> {
        let place = self.places.get(&device)?;
        let puts: BTreeMap<String, Value> =
            serde_json::from_value(message.words["puts"].clone()).ok()?;
        let position = self.end() + 1;
        Some(Written {
            device,
            wall: 0,
            preds: BTreeMap::new(),
            write: Write {
                name: format!("{}.{position}", moment.log),
                edit: serde_json::from_value(message.words["edit"].clone()).ok(),
                location: place.location.clone(),
                priority: place.priority,
                counter: position,
                counters: BTreeMap::new(),
                unseen: Vec::new(),
                actor: place.actor.clone(),
                puts,
            },
        })
    }
}

impl Server for Making {
    fn connected(&mut self, _: &ServerMoment, place: &Place, _: &mut Out<ToDevice>) {
        self.places.insert(place.device, place.clone());
    }

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
            "UPDATE_INIT" => self.asked(moment, device, message, out),
            _ => {}
        }
    }

    fn copy(&self) -> Box<dyn Server> {
        let mut copy = self.clone();
        copy.told.clear();
        Box::new(copy)
    }
}
