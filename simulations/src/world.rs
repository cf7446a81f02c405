//! The world: one queue, and everyone in it.

mod attacking;
mod calm;
mod devices;
mod ending;
mod noticing;
mod people;
mod relays;
mod steps;
mod storing;
mod wires;

use std::collections::BTreeMap;

use serde_json::Value;
use spotter_relay_protocol::MeetId;
use spotter_sim_plan::{
    DeviceNumber, Doing, EditNumber, Event, Happened, Plan, RelayNumber, Step, TROUBLES, Whose,
};

use self::attacking::Attacker;
use crate::book::Book;
use crate::chance::mix;
use crate::device::Device;
use crate::disk::SimDisk;
use crate::line::{Line, LineNumber};
use crate::queue::{Coming, Queue};
use crate::relay::RelayHost;
use crate::start::saved_file;

/// Everyone and everything, at one moment.
pub(crate) struct World<'a> {
    plan: &'a Plan,
    told: &'a mut dyn FnMut(Event),
    now: u64,
    queue: Queue,
    devices: Vec<Device>,
    relays: Vec<RelayHost>,
    lines: BTreeMap<LineNumber, Line>,
    last_line: LineNumber,
    book: Book,
    /// What the first device makes live.
    saved_file: Option<String>,
    meet: Option<MeetId>,
    attackers: BTreeMap<LineNumber, Attacker>,
    /// The edits of the plan.
    edits: BTreeMap<EditNumber, &'a BTreeMap<String, Value>>,
    /// Why the edit that is being made was not written.
    refused_with: Option<String>,
    is_calm: bool,
    handled: u64,
}

impl<'a> World<'a> {
    pub(crate) fn new(plan: &'a Plan, told: &'a mut dyn FnMut(Event)) -> Self {
        let book = Book::new(plan);
        let devices = plan.devices.iter().zip(0_u64..).map(|(device, number)| {
            let disk = SimDisk::new(mix(&[plan.seed, 1, number]));
            let relay = usize::from(device.relay).min(usize::from(plan.relays.max(1)) - 1);
            Device::new(disk, &device.location, relay, device.clock_off)
        });
        let relays = (0..u64::from(plan.relays.max(1)))
            .map(|number| RelayHost::new(SimDisk::new(mix(&[plan.seed, 2, number]))));
        Self {
            saved_file: saved_file(plan, &book),
            plan,
            told,
            now: 0,
            queue: Queue::default(),
            devices: devices.collect(),
            relays: relays.collect(),
            lines: BTreeMap::new(),
            last_line: 0,
            book,
            meet: None,
            attackers: BTreeMap::new(),
            edits: edits_of(plan),
            refused_with: None,
            is_calm: false,
            handled: 0,
        }
    }

    pub(crate) fn play(&mut self) {
        self.begin();
        while let Some((at, coming)) = self.queue.next(self.plan.ends_at) {
            self.now = at;
            self.happen(coming);
        }
        self.now = self.plan.ends_at;
        self.end();
    }

    fn begin(&mut self) {
        self.tell(Happened::Began {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rule: "spotter".to_owned(),
            scenario: self.plan.scenario.clone(),
            seed: self.plan.seed,
            plan: self.plan.hash(),
        });
        self.queue.plan(self.plan.calm_at, Coming::Calm);
        for (number, step) in self.plan.steps.iter().enumerate() {
            self.queue.plan(step.at, Coming::Step(number));
        }
        for relay in 0..self.relays.len() {
            self.start_relay(relay);
        }
    }

    fn happen(&mut self, coming: Coming) {
        self.handled += 1;
        match coming {
            Coming::Step(number) => self.step(number),
            Coming::Calm => self.calm(),
            Coming::Arrives(line, way) => self.arrives(line, way),
            Coming::DeviceWakes(device, run) => self.device_wakes(device, run),
            Coming::RelayWakes(relay, run) => self.relay_wakes(relay, run),
            Coming::DeviceSynced(device, run) => self.device_synced(device, run),
            Coming::RelayDone(relay, run) => self.relay_done(relay, run),
            Coming::Hashed(relay, run, job) => self.hashed(relay, run, job),
            Coming::Urges(device, run) => self.urges(device, run),
            Coming::AttackEnds(line) => self.attack_ends(line),
        }
    }

    fn tell(&mut self, what: Happened) {
        (self.told)(Event { at: self.now, what });
    }

    fn trouble(&mut self, whose: Whose, what: &str) {
        debug_assert!(TROUBLES.contains(&what), "{what} has no name in a trace");
        let what = what.to_owned();
        self.tell(Happened::Trouble { whose, what });
    }

    fn fault(&mut self, whose: Whose, what: impl Into<String>) {
        let what = what.into();
        self.tell(Happened::Fault { whose, what });
    }
}

fn edits_of(plan: &Plan) -> BTreeMap<EditNumber, &BTreeMap<String, Value>> {
    let mut edits = BTreeMap::new();
    for Step { doing, .. } in &plan.steps {
        if let Doing::Edit { edit, puts, .. } = doing {
            edits.insert(*edit, puts);
        }
    }
    edits
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "plans number devices and relays by u16"
)]
fn device_number(device: usize) -> DeviceNumber {
    DeviceNumber(device as u16)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "plans number devices and relays by u16"
)]
fn relay_number(relay: usize) -> RelayNumber {
    RelayNumber(relay as u16)
}

fn of_device(device: usize) -> Whose {
    Whose::Device(device_number(device))
}

fn of_relay(relay: usize) -> Whose {
    Whose::Relay(relay_number(relay))
}

/// Bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
