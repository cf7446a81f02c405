//! The client: a pending log and a canonical log, and the notice that it is out of sync.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::{EditNumber, Happened, RelayNumber, Write};

use super::{Update, items, number};
use crate::message::{Message, Written};
use crate::rule::{Client, Moment, Out, Place, Standing};

/// An update that the server has not numbered yet.
#[derive(Clone, Debug)]
struct Pending {
    local_seq: u64,
    after_server_seq: u64,
    update: Update,
}

#[derive(Clone, Debug)]
pub(super) struct Updating {
    place: Place,
    session_token: Option<String>,
    pending: Vec<Pending>,
    canonical: BTreeMap<u64, Update>,
    /// The names of what stands in either log.
    names: BTreeSet<String>,
    /// Where the last update of each key stands in the canonical log.
    last: BTreeMap<String, u64>,
    /// The last server sequence number up to which nothing is missing.
    seen: u64,
    local_seq: u64,
    made: u64,
    connected: bool,
    need_resync: bool,
    /// The local numbers whose answers are waited for before pulling; none when nothing is waited for.
    awaited: Option<BTreeSet<u64>>,
    /// What to pull behind: what had been seen when the connection was lost.
    pulls_after: u64,
}

impl Updating {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            place: place.clone(),
            session_token: None,
            pending: Vec::new(),
            canonical: BTreeMap::new(),
            names: BTreeSet::new(),
            last: BTreeMap::new(),
            seen: 0,
            local_seq: 0,
            made: 0,
            connected: false,
            need_resync: true,
            awaited: None,
            pulls_after: 0,
        }
    }

    fn write(&mut self, edit: EditNumber, key: &str, value: &Value) -> Rc<Written> {
        self.made += 1;
        Rc::new(Written {
            device: self.place.device,
            wall: 0,
            preds: BTreeMap::new(),
            write: Write {
                name: format!(
                    "{}.{}.{}",
                    self.place.device.0, self.place.starts, self.made
                ),
                edit: Some(edit),
                location: self.place.location.clone(),
                priority: self.place.priority,
                counter: self.made,
                counters: BTreeMap::new(),
                unseen: Vec::new(),
                actor: self.place.actor.clone(),
                puts: BTreeMap::from([(key.to_owned(), value.clone())]),
            },
        })
    }

    /// Sends what is pending from a place on.
    fn sends(&self, from: usize, out: &mut Out<Message>) {
        let pending = self.pending.get(from..).unwrap_or_default();
        if pending.is_empty() {
            return;
        }
        let update = |one: &Pending| {
            json!({"updateKey": one.update.key, "updateValue": one.update.value, "localSeqNum": one.local_seq,
                "afterServerSeqNum": one.after_server_seq})
        };
        let updates: Vec<Value> = pending.iter().map(update).collect();
        let names = pending.iter().map(|one| Rc::clone(&one.update.name));
        let words = json!({"msgType": "UPDATE_INIT", "sessionToken": self.session_token, "updates": updates});
        out.send(Message::new(words).about(names.collect()));
    }

    /// It can reach the server again: what is pending goes first, then the pull.
    fn resyncs(&mut self, out: &mut Out<Message>) {
        self.need_resync = true;
        self.pulls_after = self.seen;
        self.awaited = Some(self.pending.iter().map(|one| one.local_seq).collect());
        self.sends(0, out);
        self.pulls_if_answered(out);
    }

    fn pulls_if_answered(&mut self, out: &mut Out<Message>) {
        if self.awaited.as_ref().is_some_and(BTreeSet::is_empty) {
            self.awaited = None;
            out.send(Message::new(
                json!({"msgType": "CLIENT_PULL", "sessionToken": self.session_token, "lastServerSeq": self.pulls_after}),
            ));
        }
    }

    fn answered(&mut self, local_seq: u64) -> Option<Pending> {
        if let Some(awaited) = &mut self.awaited {
            awaited.remove(&local_seq);
        }
        let place = self
            .pending
            .iter()
            .position(|one| one.local_seq == local_seq)?;
        Some(self.pending.remove(place))
    }

    /// Moves what was acknowledged from the pending log to the canonical log.
    fn acknowledged(&mut self, message: &Message, out: &mut Out<Message>) {
        for (item, name) in items(message, "updateAcks") {
            let (local, server) = (number(item, "localSeqNum"), number(item, "serverSeqNum"));
            let Some(pending) = self.answered(local) else {
                continue;
            };
            let key = pending.update.key.clone();
            let before = self.shown(&key).cloned();
            self.becomes_canonical(server, pending.update);
            if name.device == self.place.device {
                out.tell(Happened::Acknowledged {
                    device: self.place.device,
                    write: name.write.name.clone(),
                    relay: RelayNumber(0),
                    log: "events".to_owned(),
                    position: server,
                });
            }
            self.tell_shown(&key, before.as_ref(), out);
        }
        self.pulls_if_answered(out);
    }

    fn rejected(&mut self, message: &Message, out: &mut Out<Message>) {
        for (item, name) in items(message, "updatesRejected") {
            let local = number(item, "localSeqNum");
            let key = name.write.puts.keys().next().cloned().unwrap_or_default();
            let before = self.shown(&key).cloned();
            if self.answered(local).is_none() {
                continue;
            }
            self.names.remove(&name.write.name);
            self.tell_forgot(vec![name.write.name.clone()], out);
            self.tell_shown(&key, before.as_ref(), out);
        }
        self.pulls_if_answered(out);
    }

    /// Takes events in, over whatever stood in the canonical log at their numbers.
    fn relayed(&mut self, message: &Message, out: &mut Out<Message>) {
        let mut before: BTreeMap<String, Option<Value>> = BTreeMap::new();
        let mut learnt = Vec::new();
        let events = items(message, "updatesRelayed");
        let first = events.first().map(|(item, _)| number(item, "serverSeqNum"));
        for (item, name) in &events {
            let Some(update) = Update::of(name) else {
                continue;
            };
            if !before.contains_key(&update.key) {
                before.insert(update.key.clone(), self.shown(&update.key).cloned());
            }
            if self.names.insert(name.write.name.clone()) {
                learnt.push(name.write.name.clone());
            }
            self.becomes_canonical(number(item, "serverSeqNum"), update);
        }
        if !learnt.is_empty() {
            out.tell(Happened::Learnt {
                device: self.place.device,
                writes: learnt,
            });
        }
        if first == Some(1) {
            self.forgets_what_is_gone(out);
        }
        for (key, before) in before {
            self.tell_shown(&key, before.as_ref(), out);
        }
        self.follows(first, out);
    }

    /// After a list from its beginning: what is in neither log any more was lost with the server's.
    fn forgets_what_is_gone(&mut self, out: &mut Out<Message>) {
        let pending = self.pending.iter().map(|one| &one.update);
        let all = self.canonical.values().chain(pending);
        let there: BTreeSet<String> = all.map(|update| update.name.write.name.clone()).collect();
        let gone: Vec<String> = self.names.difference(&there).cloned().collect();
        self.names = there;
        if !gone.is_empty() {
            self.tell_forgot(gone, out);
        }
    }

    fn tell_forgot(&self, writes: Vec<String>, out: &mut Out<Message>) {
        out.tell(Happened::Forgot {
            device: self.place.device,
            writes,
            why: "refused".to_owned(),
        });
    }

    /// Notes whether anything is missing now.
    fn follows(&mut self, first: Option<u64>, out: &mut Out<Message>) {
        let answers_pull = first.is_none_or(|first| first <= self.pulls_after + 1);
        let complete = self
            .canonical
            .keys()
            .next_back()
            .is_none_or(|last| *last == self.seen);
        if self.need_resync && self.awaited.is_none() && answers_pull && complete {
            self.need_resync = false;
            // What was written while the pull was under way.
            self.sends(0, out);
        } else if !self.need_resync && !complete {
            self.resyncs(out);
        }
    }

    fn becomes_canonical(&mut self, server_seq: u64, update: Update) {
        let last = self.last.entry(update.key.clone()).or_default();
        *last = (*last).max(server_seq);
        self.canonical.insert(server_seq, update);
        while self.canonical.contains_key(&(self.seen + 1)) {
            self.seen += 1;
        }
    }

    /// The server has lost its state: everything becomes pending again, as if nothing had been seen.
    fn gives_everything(&mut self, out: &mut Out<Message>) {
        let canonical = std::mem::take(&mut self.canonical).into_values();
        let pending = std::mem::take(&mut self.pending).into_iter();
        let all: Vec<Update> = canonical.chain(pending.map(|one| one.update)).collect();
        self.last.clear();
        self.seen = 0;
        self.need_resync = true;
        self.pulls_after = 0;
        for update in all {
            self.local_seq += 1;
            self.pending.push(Pending {
                local_seq: self.local_seq,
                after_server_seq: 0,
                update,
            });
        }
        self.awaited = None;
        if self.pending.is_empty() {
            let none = json!({"msgType": "UPDATE_INIT", "sessionToken": self.session_token, "updates": []});
            out.send(Message::new(none));
        }
        self.sends(0, out);
    }

    fn tell_shown(&self, key: &str, before: Option<&Value>, out: &mut Out<Message>) {
        let Some(value) = self.shown(key).filter(|value| Some(*value) != before) else {
            return;
        };
        let update = self.showing(key);
        out.tell(Happened::Shows {
            device: self.place.device,
            register: key.to_owned(),
            value: value.clone(),
            write: update.map(|update| update.name.write.name.clone()),
            own: false,
        });
    }

    /// The update whose value is shown.
    fn showing(&self, key: &str) -> Option<&Update> {
        let mut pending = self.pending.iter().rev().map(|one| &one.update);
        let local = pending.find(|update| update.key == key);
        local.or_else(|| self.canonical.get(self.last.get(key)?))
    }
}

impl Client for Updating {
    fn edit(
        &mut self,
        _: Moment,
        edit: EditNumber,
        puts: &BTreeMap<String, Value>,
        out: &mut Out<Message>,
    ) {
        let device = self.place.device;
        let first = self.pending.len();
        for (key, value) in puts {
            let name = self.write(edit, key, value);
            out.tell(Happened::Wrote {
                device,
                write: name.write.clone(),
            });
            out.tell(Happened::Saved {
                device,
                write: name.write.name.clone(),
            });
            out.tell(Happened::Shows {
                device,
                register: key.clone(),
                value: value.clone(),
                write: Some(name.write.name.clone()),
                own: true,
            });
            self.local_seq += 1;
            self.names.insert(name.write.name.clone());
            self.pending.push(Pending {
                local_seq: self.local_seq,
                after_server_seq: self.seen,
                update: Update {
                    key: key.clone(),
                    value: value.clone(),
                    name,
                },
            });
        }
        if self.connected && !self.need_resync {
            self.sends(first, out);
        }
    }

    fn connected(&mut self, _: Moment, out: &mut Out<Message>) {
        self.connected = true;
        if self.session_token.is_some() {
            self.resyncs(out);
        } else {
            out.send(Message::new(
                json!({"msgType": "JOIN_MEET", "meetId": "123456789", "Password": "AStrongerPasswordThanThisHopefully",
                    "locationName": self.place.location}),
            ));
        }
    }

    fn disconnected(&mut self, _: Moment, _: &mut Out<Message>) {
        self.connected = false;
        self.need_resync = true;
        self.awaited = None;
    }

    fn received(&mut self, _: Moment, message: &Message, out: &mut Out<Message>) {
        match message.kind() {
            "MEET_JOINED" => {
                self.session_token = message.words["sessionToken"].as_str().map(str::to_owned);
                self.resyncs(out);
            }
            "UPDATE_ACK" => self.acknowledged(message, out),
            "UPDATE_REJECTED" => self.rejected(message, out),
            "UPDATE_RELAY" => self.relayed(message, out),
            "SERVER_PULL" => self.gives_everything(out),
            _ => {}
        }
    }

    fn started(&mut self, place: &Place) {
        self.place = place.clone();
        self.session_token = None;
        self.connected = false;
        self.need_resync = true;
        self.awaited = None;
        // No two starts use the same numbers.
        self.local_seq = u64::from(place.starts) << 32;
        self.made = 0;
    }

    fn shown(&self, register: &str) -> Option<&Value> {
        let update = self.showing(register);
        update
            .map(|update| &update.value)
            .or_else(|| self.place.start.get(register))
    }

    fn held(&self) -> Vec<String> {
        self.names.iter().cloned().collect()
    }

    fn conflicts(&self) -> u64 {
        0
    }

    fn standing(&self) -> Standing {
        Standing {
            not_sent: self.pending.len() as u64,
            need_resync: self.need_resync,
        }
    }

    fn copy(&self) -> Box<dyn Client> {
        Box::new(self.clone())
    }
}
