//! Hand-made traces for tests: a world in which everything is right until the test says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Event, Happened, Network, PLAN_FORMAT, Plan,
    RelayNumber, Rot, SESSION_MS, Seat, Step, Watch, Whose, Write,
};

use crate::check;
use crate::past::{Meant, Past};
use crate::value::same;

/// A plan and its trace in the making. Nothing takes time but what is told to.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) plan: Plan,
    pub(crate) trace: Vec<Event>,
    now: u64,
    held: Vec<BTreeSet<String>>,
    counters: BTreeMap<String, u64>,
    logged: Vec<Vec<String>>,
    relay_of: Vec<u16>,
    is_calm: bool,
}

impl Story {
    /// Two devices of one relay: 0 sits at Jury with priority 30, 1 at Platform with 10. The meet has begun.
    pub(crate) fn of_two() -> Self {
        Self::of(&[("Jury", 30), ("Platform", 10)])
    }

    /// A device for each location, all of one relay. The meet has begun, and everybody has its beginning.
    pub(crate) fn of(locations: &[(&str, u32)]) -> Self {
        let mut story = Self::without_meet(locations);
        let devices = u16::try_from(locations.len()).unwrap();
        for device in 0..devices {
            story.joined(device, 0);
        }
        story.typed(0, "genesis", |write| {
            write.edit = None;
            write.puts.clear();
        });
        story.saved(0, "genesis");
        for device in 1..devices {
            story.learnt(device, &["genesis"]);
        }
        story.now = 5_000;
        story
    }

    /// A device for each location, and nobody has made the meet yet.
    pub(crate) fn without_meet(locations: &[(&str, u32)]) -> Self {
        let mut story = Self {
            plan: plan(locations),
            trace: Vec::new(),
            now: 0,
            held: vec![BTreeSet::new(); locations.len()],
            counters: BTreeMap::new(),
            logged: vec![Vec::new()],
            relay_of: vec![0; locations.len()],
            is_calm: false,
        };
        story.tell(Happened::Began {
            version: "0.1.0".to_owned(),
            rule: "spotter".to_owned(),
            scenario: "story".to_owned(),
            seed: 0,
            plan: String::new(),
        });
        story
    }

    /// Time passes, in milliseconds.
    pub(crate) fn wait(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self
    }

    /// Time passes until then, in milliseconds.
    pub(crate) fn until(&mut self, at: u64) -> &mut Self {
        self.now = at;
        self
    }

    /// It was another rule that decided conflicts.
    pub(crate) fn follows(&mut self, other: &str) -> &mut Self {
        for event in &mut self.trace {
            if let Happened::Began { rule, .. } = &mut event.what {
                other.clone_into(rule);
            }
        }
        self
    }

    /// Something happens.
    pub(crate) fn tell(&mut self, what: Happened) -> &mut Self {
        self.trace.push(Event { at: self.now, what });
        self
    }

    /// A device gives the register `r` a value, and it is saved.
    pub(crate) fn wrote(&mut self, device: u16, name: &str, value: i64) -> &mut Self {
        self.write(device, name, |write| {
            write.puts.insert("r".to_owned(), json!(value));
        })
    }

    /// A device gives the register `r` a value that is told by nobody else, or whatever is made of it, and it is saved.
    pub(crate) fn write(
        &mut self,
        device: u16,
        name: &str,
        change: impl FnOnce(&mut Write),
    ) -> &mut Self {
        self.typed(device, name, change).saved(device, name)
    }

    /// The same, and it is not saved yet.
    pub(crate) fn typed(
        &mut self,
        device: u16,
        name: &str,
        change: impl FnOnce(&mut Write),
    ) -> &mut Self {
        let seat = self.plan.roster[usize::from(device)].clone();
        let held = &self.held[usize::from(device)];
        let counter = held.iter().map(|name| self.counters[name]).max();
        let edit = EditNumber(u32::try_from(self.trace.len()).unwrap());
        let mut write = Write {
            name: name.to_owned(),
            edit: Some(edit),
            location: seat.location,
            priority: seat.priority,
            counter: counter.unwrap_or(0) + 1,
            counters: BTreeMap::new(),
            unseen: Vec::new(),
            actor: format!("actor-{device}"),
            puts: BTreeMap::from([("r".to_owned(), json!(name))]),
        };
        change(&mut write);
        let highest = write.counters.values().copied().max().unwrap_or(0);
        let highest = highest.max(write.counter);
        self.counters.insert(name.to_owned(), highest);
        self.held[usize::from(device)].insert(name.to_owned());
        if write.edit == Some(edit) {
            self.plan.steps.push(Step {
                at: self.now,
                doing: Doing::Edit {
                    device: DeviceNumber(device),
                    edit,
                    puts: write.puts.clone(),
                },
            });
        }
        self.tell(Happened::Wrote {
            device: DeviceNumber(device),
            write,
        })
    }

    /// The plan says something else of the edit of a write.
    pub(crate) fn was_to_say(&mut self, name: &str, says: &[(&str, Value)]) -> &mut Self {
        let made = self.edit_of(name);
        let mut steps = self.plan.steps.iter_mut();
        if let Some(Doing::Edit { puts, .. }) = steps
            .find(|step| step.doing.edit() == made)
            .map(|step| &mut step.doing)
        {
            let says = says.iter().cloned();
            *puts = says
                .map(|(register, value)| (register.to_owned(), value))
                .collect();
        }
        self
    }

    /// The edit that a write made.
    pub(crate) fn edit_of(&self, name: &str) -> Option<EditNumber> {
        let mut events = self.trace.iter();
        events.find_map(|event| {
            if let Happened::Wrote { write, .. } = &event.what
                && write.name == name
            {
                return write.edit;
            }
            None
        })
    }

    pub(crate) fn saved(&mut self, device: u16, write: &str) -> &mut Self {
        self.tell(Happened::Saved {
            device: DeviceNumber(device),
            write: write.to_owned(),
        })
    }

    pub(crate) fn learnt(&mut self, device: u16, writes: &[&str]) -> &mut Self {
        let writes: Vec<String> = writes.iter().map(|name| (*name).to_owned()).collect();
        self.held[usize::from(device)].extend(writes.iter().cloned());
        self.tell(Happened::Learnt {
            device: DeviceNumber(device),
            writes,
        })
    }

    pub(crate) fn forgot(&mut self, device: u16, writes: &[&str], why: &str) -> &mut Self {
        let writes: Vec<String> = writes.iter().map(|name| (*name).to_owned()).collect();
        for name in &writes {
            self.held[usize::from(device)].remove(name);
        }
        self.tell(Happened::Forgot {
            device: DeviceNumber(device),
            writes,
            why: why.to_owned(),
        })
    }

    pub(crate) fn refused(&mut self, device: u16, write: &str) -> &mut Self {
        self.tell(Happened::Refused {
            device: DeviceNumber(device),
            write: write.to_owned(),
            code: "twin".to_owned(),
        })
    }

    pub(crate) fn shows(&mut self, device: u16, value: Value, write: &str) -> &mut Self {
        self.tell(Happened::Shows {
            device: DeviceNumber(device),
            register: "r".to_owned(),
            value,
            write: Some(write.to_owned()),
            own: false,
        })
    }

    pub(crate) fn status(
        &mut self,
        device: u16,
        link: &str,
        in_sync: bool,
        not_sent: u64,
    ) -> &mut Self {
        self.tell(Happened::Status {
            device: DeviceNumber(device),
            link: link.to_owned(),
            in_sync,
            need_resync: !in_sync,
            not_sent,
        })
    }

    /// A device begins a session of its own at a relay, and uses that one from now on.
    pub(crate) fn joined(&mut self, device: u16, relay: u16) -> &mut Self {
        self.relay_of[usize::from(device)] = relay;
        self.logged
            .resize(self.logged.len().max(usize::from(relay) + 1), Vec::new());
        self.tell(Happened::Joined {
            relay: RelayNumber(relay),
            device: Some(DeviceNumber(device)),
            session: format!("session-{device}"),
        })
    }

    /// A device joins the relay of another with its session, as a copy of its disk does.
    pub(crate) fn joins_as(&mut self, device: u16, original: u16) -> &mut Self {
        let relay = self.relay_of[usize::from(original)];
        self.relay_of[usize::from(device)] = relay;
        self.tell(Happened::Joined {
            relay: RelayNumber(relay),
            device: Some(DeviceNumber(device)),
            session: format!("session-{original}"),
        })
    }

    /// A relay logs a write, carried by the first device that uses it.
    pub(crate) fn logged(
        &mut self,
        relay: u16,
        log: &str,
        position: u64,
        write: &str,
    ) -> &mut Self {
        self.logged[usize::from(relay)].push(write.to_owned());
        let mut users = self.relay_of.iter();
        let carrier = users.position(|uses| *uses == relay).unwrap_or(0);
        self.tell(Happened::Logged {
            relay: RelayNumber(relay),
            log: log.to_owned(),
            position,
            write: write.to_owned(),
            session: format!("session-{carrier}"),
            found: false,
        })
    }

    pub(crate) fn acknowledged(
        &mut self,
        device: u16,
        write: &str,
        log: &str,
        position: u64,
    ) -> &mut Self {
        self.tell(Happened::Acknowledged {
            device: DeviceNumber(device),
            write: write.to_owned(),
            relay: RelayNumber(self.relay_of[usize::from(device)]),
            log: log.to_owned(),
            position,
        })
    }

    pub(crate) fn trouble(&mut self, device: u16, what: &str) -> &mut Self {
        self.tell(Happened::Trouble {
            whose: Whose::Device(DeviceNumber(device)),
            what: what.to_owned(),
        })
    }

    /// Nobody brings anything back to a relay until the end.
    pub(crate) fn relay_stays_empty(&mut self, relay: u16) -> &mut Self {
        let all = self.held.iter().flatten().cloned().collect();
        self.logged[usize::from(relay)] = all;
        self
    }

    /// A device is to use another relay.
    pub(crate) fn moves(&mut self, device: u16, relay: u16) -> &mut Self {
        self.plan.steps.push(Step {
            at: self.now,
            doing: Doing::Move {
                device: DeviceNumber(device),
                relay: RelayNumber(relay),
            },
        });
        self.trouble(device, "move")
    }

    /// Bytes of a device's journal change by themselves.
    pub(crate) fn rots(&mut self, device: u16, rot: Rot) -> &mut Self {
        self.plan.steps.push(Step {
            at: self.now,
            doing: Doing::Rots {
                whose: Whose::Device(DeviceNumber(device)),
                rot,
                at_share: 0.5,
            },
        });
        self.trouble(device, "rots")
    }

    /// A device reads its journal, of which bytes had changed.
    pub(crate) fn opened(
        &mut self,
        device: u16,
        found: &str,
        records: u64,
        synced: u64,
    ) -> &mut Self {
        self.tell(Happened::Opened {
            whose: Whose::Device(DeviceNumber(device)),
            found: found.to_owned(),
            records,
            synced,
            rotten: true,
        })
    }

    /// A device whose journal is damaged begins with an empty one.
    pub(crate) fn begins_anew(&mut self, device: u16) -> &mut Self {
        self.trouble(device, "repaired")
            .opened(device, "none", 0, 0)
    }

    pub(crate) fn trouble_of_relay(&mut self, relay: u16, what: &str) -> &mut Self {
        if what == "lose-memory" {
            self.logged[usize::from(relay)].clear();
        }
        self.tell(Happened::Trouble {
            whose: Whose::Relay(RelayNumber(relay)),
            what: what.to_owned(),
        })
    }

    /// Two devices exchange directly from now on.
    pub(crate) fn dials(&mut self, from: u16, to: u16) -> &mut Self {
        self.plan.steps.push(Step {
            at: self.now,
            doing: Doing::Dial {
                from: DeviceNumber(from),
                to: DeviceNumber(to),
            },
        });
        self
    }

    /// The trouble is over.
    pub(crate) fn calm(&mut self) -> &mut Self {
        self.is_calm = true;
        self.plan.calm_at = self.now;
        self.tell(Happened::Calm)
    }

    /// Calm, unless it is; relays log what they lack; everyone rests as it must; the world ends.
    pub(crate) fn rests(&mut self) -> &mut Self {
        if !self.is_calm {
            self.calm();
        }
        self.log_the_rest();
        let plan = self.plan.clone();
        let trace = self.trace.clone();
        let mut past = Past::new(&plan);
        for (number, event) in trace.iter().enumerate() {
            past.take(number, event);
        }
        for device in 0..self.held.len() {
            let number = DeviceNumber(u16::try_from(device).unwrap());
            let registers = registers(&past, number);
            let rests = Happened::Rests {
                device: number,
                heads: self.held[device].iter().cloned().collect(),
                state: json!(registers).to_string(),
                conflicts: conflicts(&past, number),
                registers,
            };
            self.tell(rests);
        }
        self.plan.ends_at = self.now;
        self.tell(Happened::Ended { handled: 100 })
    }

    /// Changes how a device rests: heads, state, registers and number of conflicts.
    pub(crate) fn rest(
        &mut self,
        device: u16,
        change: impl FnOnce(&mut Vec<String>, &mut String, &mut BTreeMap<String, Value>, &mut u64),
    ) {
        let of = DeviceNumber(device);
        for event in &mut self.trace {
            if let Happened::Rests {
                device,
                heads,
                state,
                registers,
                conflicts,
            } = &mut event.what
                && *device == of
            {
                return change(heads, state, registers, conflicts);
            }
        }
        panic!("device {device} does not rest");
    }

    /// The heads with which a device rests.
    pub(crate) fn heads(&mut self, device: u16) -> Vec<String> {
        let mut found = Vec::new();
        self.rest(device, |heads, _, _, _| found.clone_from(heads));
        found
    }

    /// The invariants that are broken, each once, in order; each also survives being written down.
    pub(crate) fn broken(&self) -> Vec<String> {
        let mut trace = self.trace.clone();
        if let Some(Happened::Began { plan, .. }) = trace.first_mut().map(|event| &mut event.what)
            && plan.is_empty()
        {
            *plan = self.plan.hash();
        }
        let mut broken: Vec<String> = check(&self.plan, &trace)
            .into_iter()
            .map(|finding| finding.id)
            .collect();
        broken.sort();
        broken.dedup();
        broken
    }

    fn log_the_rest(&mut self) {
        for relay in 0..self.plan.relays {
            let users = (0..self.held.len()).filter(|device| self.relay_of[*device] == relay);
            let all: BTreeSet<String> = users.flat_map(|user| self.held[user].clone()).collect();
            for write in all {
                if !self.logged[usize::from(relay)].contains(&write) {
                    let position = self.logged[usize::from(relay)].len() as u64 + 1;
                    self.logged(relay, "log", position, &write);
                }
            }
        }
    }
}

fn plan(locations: &[(&str, u32)]) -> Plan {
    let seat = |(location, priority): &(&str, u32)| Seat {
        location: (*location).to_owned(),
        priority: *priority,
    };
    let device = |(location, _): &(&str, u32)| Device {
        name: format!("{location}'s tablet"),
        location: (*location).to_owned(),
        relay: 0,
        clock_off: 0,
    };
    Plan {
        format: PLAN_FORMAT,
        scenario: "story".to_owned(),
        seed: 0,
        roster: locations.iter().map(seat).collect(),
        devices: locations.iter().map(device).collect(),
        relays: 1,
        start: BTreeMap::new(),
        network: Network::default(),
        session_ms: SESSION_MS,
        steps: Vec::new(),
        calm_at: 0,
        ends_at: 0,
        watch: Watch::Ends,
    }
}

fn registers(past: &Past<'_>, device: DeviceNumber) -> BTreeMap<String, Value> {
    let mut registers = past.plan.start.clone();
    let holding = past.holding(device).unwrap();
    for register in past.history.registers() {
        let name = past.history.name(register);
        if past.history.meant(name, holding) == Meant::Register(register)
            && let Some(put) = holding.stands(register)
        {
            let value = past.history.put(put).value.clone();
            registers.insert(name.to_owned(), value);
        }
    }
    registers
}

fn conflicts(past: &Past<'_>, device: DeviceNumber) -> u64 {
    let holding = past.holding(device).unwrap();
    let disputed = past.history.registers().filter(|register| {
        let unreplaced = holding.unreplaced(*register);
        let mut values = unreplaced.iter().map(|put| past.history.put(*put).value);
        let first = values.next();
        values.any(|value| !same(value, first.unwrap()))
    });
    disputed.count() as u64
}
