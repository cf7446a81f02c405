//! The client of a rule under which everybody decides for themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::{EditNumber, Happened, RelayNumber, Write};

use super::register::{Register, Rival};
use crate::message::{Message, Written};
use crate::rule::{Client, Moment, Out, Place, Standing};

/// Which of the writes of a register is shown, by its place in the list. The list is never empty.
pub type Winner = Rc<dyn Fn(&[Rival]) -> usize>;

/// A device that holds writes, and decides what it shows by a [`Winner`].
#[derive(Clone)]
pub struct Replica {
    winner: Winner,
    place: Place,
    registers: BTreeMap<String, Register>,
    /// Every write that is held, in the order in which it was taken in.
    writes: Vec<Rc<Written>>,
    names: BTreeSet<String>,
    /// Own writes that the server has not acknowledged.
    unsent: Vec<Rc<Written>>,
    /// The highest counter of any write that is held.
    counter: u64,
    /// How many writes were made since the process started.
    made: u32,
    /// The log of the server, and how far it has been followed.
    log: String,
    position: u64,
    connected: bool,
    need_resync: bool,
}

impl Replica {
    /// A replica that holds nothing.
    pub fn new(place: &Place, winner: Winner) -> Self {
        Self {
            winner,
            place: place.clone(),
            registers: BTreeMap::new(),
            writes: Vec::new(),
            names: BTreeSet::new(),
            unsent: Vec::new(),
            counter: 0,
            made: 0,
            log: String::new(),
            position: 0,
            connected: false,
            need_resync: true,
        }
    }

    fn written(
        &mut self,
        moment: Moment,
        edit: EditNumber,
        puts: &BTreeMap<String, Value>,
    ) -> Written {
        self.made += 1;
        let first = self.counter + 1;
        let later = puts.keys().zip(first..).skip(1);
        Written {
            device: self.place.device,
            wall: moment.wall,
            preds: puts
                .keys()
                .map(|name| self.overwritten_by_next(name))
                .collect(),
            write: Write {
                name: format!(
                    "{}.{}.{}",
                    self.place.device.0, self.place.starts, self.made
                ),
                edit: Some(edit),
                location: self.place.location.clone(),
                priority: self.place.priority,
                counter: first,
                unseen: Vec::new(),
                counters: later
                    .map(|(name, counter)| (name.clone(), counter))
                    .collect(),
                actor: self.place.actor.clone(),
                puts: puts.clone(),
            },
        }
    }

    fn overwritten_by_next(&self, register: &str) -> (String, Vec<String>) {
        let known = self.registers.get(register).into_iter();
        let survivors = known.flat_map(Register::survivors);
        let names = survivors.map(|rival| rival.written.write.name.clone());
        (register.to_owned(), names.collect())
    }

    /// Takes writes in, those it holds already aside, and returns the names of the new ones.
    fn take(&mut self, writes: &[Rc<Written>], own: bool, out: &mut Out<Message>) -> Vec<String> {
        let mut news = Vec::new();
        let mut showed = BTreeMap::new();
        for written in writes {
            if !self.names.insert(written.write.name.clone()) {
                continue;
            }
            news.push(written.write.name.clone());
            self.writes.push(Rc::clone(written));
            for name in written.write.puts.keys() {
                if !showed.contains_key(name) {
                    showed.insert(name.clone(), self.shown(name).cloned());
                }
                self.counter = self.counter.max(written.counter(name));
                let register = self.registers.entry(name.clone()).or_default();
                register.take(name, written, self.winner.as_ref());
            }
        }
        if !own && !news.is_empty() {
            out.tell(Happened::Learnt {
                device: self.place.device,
                writes: news.clone(),
            });
        }
        for (register, before) in showed {
            self.tell_shown(register, before.as_ref(), own, out);
        }
        news
    }

    fn tell_shown(
        &self,
        register: String,
        before: Option<&Value>,
        own: bool,
        out: &mut Out<Message>,
    ) {
        let standing = self.registers.get(&register).and_then(Register::standing);
        let Some(shown) = standing.filter(|rival| Some(&rival.value) != before) else {
            return;
        };
        out.tell(Happened::Shows {
            device: self.place.device,
            register,
            value: shown.value.clone(),
            write: Some(shown.written.write.name.clone()),
            own,
        });
    }

    fn pull(&mut self, out: &mut Out<Message>) {
        self.need_resync = true;
        out.send(Message::new(
            json!({"msgType": "CLIENT_PULL", "log": self.log, "lastServerSeq": self.position}),
        ));
    }

    fn push(writes: Vec<Rc<Written>>, out: &mut Out<Message>) {
        if !writes.is_empty() {
            out.send(Message::new(json!({"msgType": "UPDATE_INIT"})).carrying(writes));
        }
    }

    /// Notes how far the log has been followed. A message may have overtaken another: then what is missing is asked for.
    fn follow(&mut self, message: &Message, out: &mut Out<Message>) {
        let log = message.words["log"].as_str().unwrap_or_default();
        let before = message.number("before");
        if log != self.log && before == 0 {
            log.clone_into(&mut self.log);
            self.position = 0;
        }
        if log == self.log && before <= self.position {
            self.position = self.position.max(message.number("serverSeqNum"));
            self.need_resync = false;
        } else {
            self.pull(out);
        }
    }

    fn acknowledged(&mut self, message: &Message, out: &mut Out<Message>) {
        let positions = message.words["positions"].as_array();
        for (written, position) in message.writes.iter().zip(positions.into_iter().flatten()) {
            let name = &written.write.name;
            let waiting = self.unsent.len();
            self.unsent.retain(|unsent| unsent.write.name != *name);
            if self.unsent.len() < waiting {
                out.tell(Happened::Acknowledged {
                    device: self.place.device,
                    write: name.clone(),
                    relay: RelayNumber(0),
                    log: message.words["log"].as_str().unwrap_or_default().to_owned(),
                    position: position.as_u64().unwrap_or_default(),
                });
            }
        }
        self.follow(message, out);
    }
}

impl Client for Replica {
    fn edit(
        &mut self,
        moment: Moment,
        edit: EditNumber,
        puts: &BTreeMap<String, Value>,
        out: &mut Out<Message>,
    ) {
        let device = self.place.device;
        let written = Rc::new(self.written(moment, edit, puts));
        let name = written.write.name.clone();
        out.tell(Happened::Wrote {
            device,
            write: written.write.clone(),
        });
        out.tell(Happened::Saved {
            device,
            write: name,
        });
        self.unsent.push(Rc::clone(&written));
        self.take(std::slice::from_ref(&written), true, out);
        if self.connected {
            Self::push(vec![written], out);
        }
    }

    fn connected(&mut self, _: Moment, out: &mut Out<Message>) {
        self.connected = true;
        self.pull(out);
        Self::push(self.unsent.clone(), out);
    }

    fn disconnected(&mut self, _: Moment, _: &mut Out<Message>) {
        self.connected = false;
        self.need_resync = true;
    }

    fn received(&mut self, _: Moment, message: &Message, out: &mut Out<Message>) {
        match message.kind() {
            "UPDATE_RELAY" => {
                self.take(&message.writes, false, out);
                self.follow(message, out);
            }
            "UPDATE_ACK" => self.acknowledged(message, out),
            "SERVER_PULL" => Self::push(self.writes.clone(), out),
            _ => {}
        }
    }

    fn started(&mut self, place: &Place) {
        self.place = place.clone();
        self.made = 0;
        self.connected = false;
        self.need_resync = true;
    }

    fn shown(&self, register: &str) -> Option<&Value> {
        let written = self.registers.get(register).and_then(Register::standing);
        written
            .map(|rival| &rival.value)
            .or_else(|| self.place.start.get(register))
    }

    fn held(&self) -> Vec<String> {
        self.names.iter().cloned().collect()
    }

    fn conflicts(&self) -> u64 {
        self.registers.values().filter(|one| one.disputed()).count() as u64
    }

    fn standing(&self) -> Standing {
        Standing {
            not_sent: self.unsent.len() as u64,
            need_resync: self.need_resync,
        }
    }

    fn copy(&self) -> Box<dyn Client> {
        Box::new(self.clone())
    }
}
