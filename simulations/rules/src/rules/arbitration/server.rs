//! The server: one event list, and a decision about each update as it arrives.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::{DeviceNumber, Happened, RelayNumber};

use super::{Equals, Update, items, number, relayed};
use crate::message::{Message, Written};
use crate::rule::{Out, Place, Server, ServerMoment, ToDevice};

/// An update in the event list.
#[derive(Clone, Debug)]
struct Event {
    update: Update,
    client: DeviceNumber,
    /// Of the client that provided it, then.
    priority: u32,
}

/// What was answered to an update.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Taken { server_seq: u64 },
    Rejected,
}

#[derive(Clone, Debug)]
pub(super) struct Arbiter {
    equals: Equals,
    /// Numbered from 1.
    events: Vec<Event>,
    /// Where the last event of each key stands.
    standing: BTreeMap<String, u64>,
    /// What each client was answered, by its local sequence numbers.
    answered: BTreeMap<(DeviceNumber, u64), Answer>,
    connected: BTreeMap<DeviceNumber, Place>,
    /// How far each connected client that has pulled was sent events.
    sent: BTreeMap<DeviceNumber, u64>,
    /// Who was asked for everything and has not answered, and who is to be asked after.
    asked: Option<DeviceNumber>,
    to_ask: Vec<DeviceNumber>,
}

impl Arbiter {
    pub(super) fn new(equals: Equals) -> Self {
        Self {
            equals,
            events: Vec::new(),
            standing: BTreeMap::new(),
            answered: BTreeMap::new(),
            connected: BTreeMap::new(),
            sent: BTreeMap::new(),
            asked: None,
            to_ask: Vec::new(),
        }
    }

    fn last_seq(&self) -> u64 {
        self.events.len() as u64
    }

    fn event(&self, seq: u64) -> Option<&Event> {
        let place = usize::try_from(seq).ok()?.checked_sub(1)?;
        self.events.get(place)
    }

    /// Everything from a sequence number on.
    fn from(&self, seq: u64) -> Message {
        let behind = usize::try_from(seq.saturating_sub(1)).unwrap_or(usize::MAX);
        relayed(
            (1..)
                .zip(&self.events)
                .skip(behind)
                .map(|(seq, event)| (seq, &event.update)),
        )
    }

    fn updates(
        &mut self,
        moment: &ServerMoment,
        client: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    ) {
        let updates = items(message, "updates");
        let unseen = |(item, _): &(&Value, _)| number(item, "afterServerSeqNum") > self.last_seq();
        let unseen = updates.iter().any(unseen);
        let answer_to_pull = self.asked == Some(client) && !unseen;
        if self.asked.is_some() && !answer_to_pull {
            self.will_ask(client);
            return;
        }
        if unseen {
            self.something_is_wrong(moment, out);
            return;
        }
        self.applies(moment, client, &updates, out);
        if answer_to_pull {
            self.asks_next(moment, out);
        }
    }

    fn applies(
        &mut self,
        moment: &ServerMoment,
        client: DeviceNumber,
        updates: &[(&Value, &Rc<Written>)],
        out: &mut Out<ToDevice>,
    ) {
        let before = self.last_seq();
        let (mut acks, mut acked) = (Vec::new(), Vec::new());
        let (mut rejections, mut rejected) = (Vec::new(), Vec::new());
        let mut earliest_conflict: Option<u64> = None;
        for (item, name) in updates {
            let local = number(item, "localSeqNum");
            let Some(update) = Update::of(name) else {
                continue;
            };
            let known = self.answered.get(&(client, local)).copied();
            let answer = known.unwrap_or_else(|| {
                let conflict = self.conflict(client, number(item, "afterServerSeqNum"), &update);
                if let Some(seq) = conflict {
                    earliest_conflict = Some(earliest_conflict.map_or(seq, |other| other.min(seq)));
                }
                self.decides(moment, client, conflict, update, out)
            });
            self.answered.insert((client, local), answer);
            match answer {
                Answer::Taken { server_seq } => {
                    acks.push(json!({"localSeqNum": local, "serverSeqNum": server_seq}));
                    acked.push(Rc::clone(name));
                }
                Answer::Rejected => {
                    rejections.push(json!({"localSeqNum": local, "conflict": true, "reason": "a location of higher priority wrote it"}));
                    rejected.push(Rc::clone(name));
                }
            }
        }
        if !acks.is_empty() {
            out.send((
                client,
                Message::new(json!({"msgType": "UPDATE_ACK", "updateAcks": acks})).about(acked),
            ));
        }
        if !rejections.is_empty() {
            let words = json!({"msgType": "UPDATE_REJECTED", "updatesRejected": rejections});
            out.send((client, Message::new(words).about(rejected)));
        }
        self.sends_on(client, before, earliest_conflict, out);
    }

    /// The standing event that an update is in conflict with.
    fn conflict(&self, client: DeviceNumber, after: u64, update: &Update) -> Option<u64> {
        let seq = self.standing.get(&update.key).copied()?;
        let event = self.event(seq)?;
        let conflict = seq > after && event.client != client && event.update.value != update.value;
        conflict.then_some(seq)
    }

    /// Takes an update or rejects it.
    fn decides(
        &mut self,
        moment: &ServerMoment,
        client: DeviceNumber,
        conflict: Option<u64>,
        update: Update,
        out: &mut Out<ToDevice>,
    ) -> Answer {
        let priority = self
            .connected
            .get(&client)
            .map_or(0, |place| place.priority);
        if let Some(event) = conflict.and_then(|seq| self.event(seq)) {
            let overrules = match self.equals {
                Equals::First => priority > event.priority,
                Equals::Last => priority >= event.priority,
            };
            let loser = if overrules { &event.update } else { &update };
            let code = if overrules { "overruled" } else { "rejected" };
            out.tell(Happened::Refused {
                device: loser.name.device,
                write: loser.name.write.name.clone(),
                code: code.to_owned(),
            });
            if !overrules {
                return Answer::Rejected;
            }
        }
        let server_seq = self.last_seq() + 1;
        out.tell(Happened::Logged {
            relay: RelayNumber(0),
            log: moment.log.clone(),
            position: server_seq,
            write: update.name.write.name.clone(),
            session: format!("device-{}", client.0),
            found: false,
        });
        self.standing.insert(update.key.clone(), server_seq);
        self.events.push(Event {
            update,
            client,
            priority,
        });
        Answer::Taken { server_seq }
    }

    /// After a conflict, everybody who is connected gets everything from the earliest on. Otherwise those who are up to date
    /// get what is new, and its author has the numbers already.
    fn sends_on(
        &mut self,
        author: DeviceNumber,
        before: u64,
        earliest_conflict: Option<u64>,
        out: &mut Out<ToDevice>,
    ) {
        let last = self.last_seq();
        if let Some(earliest) = earliest_conflict {
            let push = self.from(earliest);
            for client in self.connected.keys() {
                out.send((*client, push.clone()));
            }
            self.sent.values_mut().for_each(|sent| *sent = last);
            return;
        }
        if last == before {
            return;
        }
        for (client, sent) in std::mem::take(&mut self.sent) {
            if client != author {
                out.send((client, self.from(sent + 1)));
            }
            self.sent.insert(client, last);
        }
    }

    fn pulled(
        &mut self,
        moment: &ServerMoment,
        client: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    ) {
        let after = message.number("lastServerSeq");
        if self.asked.is_some() {
            self.will_ask(client);
        } else if after > self.last_seq() {
            self.something_is_wrong(moment, out);
        } else {
            self.sent.insert(client, self.last_seq());
            out.send((client, self.from(after + 1)));
        }
    }

    /// A client has seen what the server has not: the server has lost its state and gets it from the clients.
    fn something_is_wrong(&mut self, moment: &ServerMoment, out: &mut Out<ToDevice>) {
        for client in self.connected.keys().copied().collect::<Vec<_>>() {
            self.will_ask(client);
        }
        self.asks_next(moment, out);
    }

    fn will_ask(&mut self, client: DeviceNumber) {
        if self.asked != Some(client) && !self.to_ask.contains(&client) {
            self.to_ask.push(client);
        }
    }

    /// Asks the next client for all its updates, the highest priority first; after the last, sends all updates out.
    fn asks_next(&mut self, _: &ServerMoment, out: &mut Out<ToDevice>) {
        self.to_ask
            .retain(|client| self.connected.contains_key(client));
        let priority =
            |client: &DeviceNumber| self.connected.get(client).map(|place| place.priority);
        let next = self.to_ask.iter().copied();
        self.asked = next.max_by_key(|client| (priority(client), std::cmp::Reverse(*client)));
        if let Some(client) = self.asked {
            self.to_ask.retain(|other| *other != client);
            out.send((
                client,
                Message::new(json!({"msgType": "SERVER_PULL", "lastServerSeq": 0})),
            ));
            return;
        }
        let all = self.from(1);
        for client in self.connected.keys() {
            out.send((*client, all.clone()));
            self.sent.insert(*client, self.events.len() as u64);
        }
    }
}

impl Server for Arbiter {
    fn connected(&mut self, _: &ServerMoment, place: &Place, _: &mut Out<ToDevice>) {
        self.connected.insert(place.device, place.clone());
    }

    fn disconnected(
        &mut self,
        moment: &ServerMoment,
        client: DeviceNumber,
        out: &mut Out<ToDevice>,
    ) {
        self.connected.remove(&client);
        self.sent.remove(&client);
        if self.asked == Some(client) {
            self.asks_next(moment, out);
        }
    }

    fn received(
        &mut self,
        moment: &ServerMoment,
        client: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    ) {
        match message.kind() {
            "JOIN_MEET" => out.send((
                client,
                Message::new(json!({"msgType": "MEET_JOINED", "sessionToken": "BBBBBBBBBBBBBbbbbbbbbbbbbbBBBB"})),
            )),
            "UPDATE_INIT" => self.updates(moment, client, message, out),
            "CLIENT_PULL" => self.pulled(moment, client, message, out),
            _ => {}
        }
    }

    fn copy(&self) -> Box<dyn Server> {
        Box::new(Self {
            connected: BTreeMap::new(),
            sent: BTreeMap::new(),
            asked: None,
            to_ask: Vec::new(),
            ..self.clone()
        })
    }
}
