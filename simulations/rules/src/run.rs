//! Runs a plan under a rule: a star of devices around one server, in virtual time.
//!
//! What happens to whom is documented in `docs/own-rule.md`, in one table, with what a baseline does not know and ignores.

mod desk;
mod house;
mod line;
mod steps;
mod wire;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Plan, TROUBLES, Watch, Whose};

use crate::message::Message;
use crate::rule::{Out, Rule};
use desk::Desk;
use house::House;
use line::Way;

/// Runs a plan under a rule from its beginning to its end, and tells what happens. The same plan and rule tell the same.
pub fn run(plan: &Plan, rule: &dyn Rule, told: &mut dyn FnMut(Event)) {
    let mut star = Star::new(plan, rule, told);
    star.begin();
    while let Some(((at, _), due)) = star.queue.pop_first() {
        star.now = at;
        if matches!(due, Due::End) {
            break;
        }
        star.handled += 1;
        star.happens(due);
    }
    star.end();
}

/// Something that will happen.
enum Due {
    /// A step of the plan, by its place in the list.
    Step(usize),
    /// The trouble is over.
    Calm,
    /// A message arrives, on the connection of this number.
    Arrives(DeviceNumber, Way, u64, Rc<Message>),
    /// A device tries to connect, if it is still the attempt of this number.
    Try(DeviceNumber, u64),
    /// An attempt to connect succeeds.
    Opens(DeviceNumber, u64),
    /// A connection over which nothing has come for too long is given up, if the silence of this number lasts.
    Silent(DeviceNumber, u64),
    /// The world ends.
    End,
}

/// The world of a baseline.
struct Star<'run> {
    plan: &'run Plan,
    rule: &'run dyn Rule,
    told: &'run mut dyn FnMut(Event),
    now: u64,
    handled: u64,
    /// What will happen, by time and then in the order in which it was found out.
    queue: BTreeMap<(u64, u64), Due>,
    found_out: u64,
    start: Rc<BTreeMap<String, Value>>,
    desks: Vec<Desk>,
    house: House,
    /// How many connections there were.
    connections: u64,
}

impl<'run> Star<'run> {
    fn new(plan: &'run Plan, rule: &'run dyn Rule, told: &'run mut dyn FnMut(Event)) -> Self {
        let desks = plan.devices.iter().map(|device| Desk::new(plan, device));
        Self {
            plan,
            rule,
            told,
            now: 0,
            handled: 0,
            queue: BTreeMap::new(),
            found_out: 0,
            start: Rc::new(plan.start.clone()),
            desks: desks.collect(),
            house: House::new(rule.server(plan)),
            connections: 0,
        }
    }

    fn begin(&mut self) {
        self.tell(Happened::Began {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rule: self.rule.name().to_owned(),
            scenario: self.plan.scenario.clone(),
            seed: self.plan.seed,
            plan: self.plan.hash(),
        });
        for (place, step) in self.plan.steps.iter().enumerate() {
            self.later(step.at, Due::Step(place));
        }
        self.later(self.plan.calm_at, Due::Calm);
        self.later(self.plan.ends_at, Due::End);
    }

    fn happens(&mut self, due: Due) {
        match due {
            Due::Step(place) => self.step(&self.plan.steps[place].doing),
            Due::Calm => self.calm(),
            Due::Arrives(device, way, connection, message) => {
                self.arrives(device, way, connection, message);
            }
            Due::Try(device, attempt) => self.tries(device, attempt),
            Due::Opens(device, attempt) => self.opens(device, attempt),
            Due::Silent(device, silence) => self.silent(device, silence),
            Due::End => {}
        }
    }

    fn end(&mut self) {
        self.now = self.plan.ends_at;
        let registers = self.named_registers();
        for number in (0..self.plan.devices.len()).map(device_number) {
            let traffic = self.desk(number).traffic(number);
            self.tell(traffic);
        }
        for number in (0..self.plan.devices.len()).map(device_number) {
            if let Some(rests) = self.desk(number).rests(number, &registers) {
                self.tell(rests);
            }
        }
        self.tell(Happened::Ended {
            handled: self.handled,
        });
    }

    /// Every register that the plan names.
    fn named_registers(&self) -> Vec<&'run str> {
        let edited = self.plan.steps.iter().filter_map(|step| {
            if let Doing::Edit { puts, .. } = &step.doing {
                Some(puts.keys())
            } else {
                None
            }
        });
        let all = self.plan.start.keys().chain(edited.flatten());
        let sorted: std::collections::BTreeSet<&str> = all.map(String::as_str).collect();
        sorted.into_iter().collect()
    }

    fn later(&mut self, at: u64, due: Due) {
        self.found_out += 1;
        self.queue.insert((at, self.found_out), due);
    }

    fn tell(&mut self, what: Happened) {
        (self.told)(Event { at: self.now, what });
    }

    fn tell_trouble(&mut self, whose: Whose, what: &str) {
        debug_assert!(TROUBLES.contains(&what), "{what} has no name in a trace");
        self.tell(Happened::Trouble {
            whose,
            what: what.to_owned(),
        });
    }

    fn desk(&mut self, device: DeviceNumber) -> &mut Desk {
        &mut self.desks[usize::from(device.0)]
    }

    /// Lets a client act, and does what it answers.
    fn client(
        &mut self,
        device: DeviceNumber,
        acts: impl FnOnce(&mut dyn crate::rule::Client, crate::rule::Moment, &mut Out<Message>),
    ) {
        let moment = self.moment(device);
        let mut out = Out::default();
        let Some(client) = self.desk(device).client.as_mut() else {
            return;
        };
        acts(client.as_mut(), moment, &mut out);
        for what in out.happened {
            self.tell_if_watched(what);
        }
        for message in out.messages {
            self.sends(device, Way::Up, Rc::new(message));
        }
        self.tell_status(device);
    }

    fn tell_if_watched(&mut self, what: Happened) {
        let unwatched = matches!(what, Happened::Shows { own: false, .. });
        if !unwatched || self.plan.watch == Watch::Screens {
            self.tell(what);
        }
    }

    fn tell_status(&mut self, device: DeviceNumber) {
        if let Some(status) = self.desk(device).new_status(device) {
            self.tell(status);
        }
    }

    /// Lets the server act, and does what it answers.
    fn server(
        &mut self,
        acts: impl FnOnce(
            &mut dyn crate::rule::Server,
            &crate::rule::ServerMoment,
            &mut Out<crate::rule::ToDevice>,
        ),
    ) {
        let moment = self.house.moment(self.now);
        let mut out = Out::default();
        acts(self.house.server.as_mut(), &moment, &mut out);
        for what in out.happened {
            self.tell(what);
        }
        for (device, message) in out.messages {
            self.sends(device, Way::Down, Rc::new(message));
        }
    }
}

fn device_number(place: usize) -> DeviceNumber {
    DeviceNumber(u16::try_from(place).unwrap_or(u16::MAX))
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
