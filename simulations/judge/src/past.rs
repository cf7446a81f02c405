//! What happened so far, as far as more than one check needs to know it.

mod definition;
mod history;
mod holding;
mod reach;
mod relay;
mod rot;
mod turn;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use spotter_sim_plan::{
    DeviceNumber, Doing, EditNumber, Event, Happened, Plan, RelayNumber, Rot as Rotting, Step,
    Whose, Write,
};

pub(crate) use definition::replay;
pub(crate) use history::{History, Meant, PutId, RegisterId, WriteId, Written, entry_of};
pub(crate) use holding::{Holding, Writes};
pub(crate) use reach::Group;
pub(crate) use relay::Relay;
use rot::{Rot, Syncs};
use turn::Stay;

use crate::value::say_the_same;

/// How long a write can be on its way to a disk that is well, in milliseconds.
const ON_ITS_WAY: u64 = 1_000;

/// How long a device may take to find out that its disk has room again, in milliseconds: nothing tells it but trying, which
/// it does every ten seconds.
const FOUND_OUT_WITHIN: u64 = 10_100;

/// The world as the events so far tell it.
#[derive(Debug)]
pub(crate) struct Past<'a> {
    /// What was to happen.
    pub(crate) plan: &'a Plan,
    /// All writes.
    pub(crate) history: History<'a>,
    /// When the trouble was over; `None` before.
    pub(crate) calm_at: Option<u64>,
    /// Writes that were refused for good.
    pub(crate) refused: Writes,
    /// What is in logs and was written by nobody of the plan, but by attackers.
    pub(crate) strangers: FxHashSet<&'a str>,
    /// How devices rest, in the order in which they were asked.
    pub(crate) rests: Vec<Rest<'a>>,
    devices: Vec<Device<'a>>,
    relays: Vec<Relay<'a>>,
    /// Whether a device can be used from its first session on, whatever it holds: under other rules, which know no meets.
    begins_by_joining: bool,
}

/// A device at the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest<'a> {
    pub(crate) device: DeviceNumber,
    pub(crate) heads: &'a [String],
    pub(crate) state: &'a str,
    pub(crate) registers: &'a BTreeMap<String, Value>,
    pub(crate) conflicts: u64,
    pub(crate) event: usize,
}

/// A device as the events so far tell it.
#[derive(Debug, Default)]
pub(crate) struct Device<'a> {
    /// What its document has.
    pub(crate) holding: Holding,
    /// What its people were told is kept here, and no trouble has taken since.
    pub(crate) saved: Writes,
    /// Whether it can be used: it holds something, or, under another rule than ours, it has had a session.
    pub(crate) began: bool,
    /// Whether its process runs.
    pub(crate) is_down: bool,
    /// Whether it found its journal damaged when it last started, and so does not run.
    pub(crate) is_damaged: bool,
    /// When it last started: what it held then and holds still was on its disk.
    pub(crate) opened_at: u64,
    /// Whether its process stands still.
    pub(crate) is_paused: bool,
    /// When it was paused last.
    paused_at: u64,
    /// Its link and what else it tells about it.
    pub(crate) status: Option<Status<'a>>,
    /// The relay that it joined last; none on a device that the plan does not have.
    pub(crate) relay: Option<RelayNumber>,
    /// The relay that its people want it to use, if the plan has the device.
    wanted: Option<RelayNumber>,
    /// The session it began last.
    pub(crate) session: Option<&'a str>,
    /// When a connection on which its session went on was last over at the relay.
    pub(crate) left_at: Option<u64>,
    /// What the log of its relay had when it joined last.
    log_had: Writes,
    /// The last time it was live, since its process began.
    stay: Option<Stay>,
    /// Writes that are saved when they can be, and nobody is told of each: those made while the disk failed, of which people were
    /// told that they cannot be saved at present, those that make an edit again whose write was refused, and its own that it
    /// learnt again from others.
    pub(crate) unsavable: Writes,
    /// When each edit was written here first.
    first_written: FxHashMap<EditNumber, u64>,
    /// What was written last and not called saved, with its time.
    on_its_way: Vec<(u64, WriteId)>,
    /// Whether its disk is full, or its next sync will fail.
    is_full: bool,
    next_sync_fails: bool,
    /// Since when a disk that was full has room, if nobody was told of anything saved there since.
    has_room_since: Option<u64>,
    /// What was saved when a copy was put away, and what had become of the bytes.
    backup: Option<(Writes, Rot)>,
    /// When each write was called saved here, in this order.
    saved_in: Vec<(u64, WriteId)>,
    /// How often its journal was synced, as far as that shows.
    syncs: Syncs,
    /// What became of the bytes of its journal since it was last read and found sound.
    rot: Rot,
    /// Whether its last start may not have found by which session it belongs to the meet, and it has joined no relay since: what it
    /// holds it found there all the same, or got by hand.
    is_stranded: bool,
    /// What that may have taken from it, as it was last read.
    may_lack: Writes,
    /// Whether its process may have found out that its journal is not what it was, and can save nothing before it starts anew.
    cannot_save: bool,
    /// Writes that it dropped as refused when it last did, and has not made again since.
    dropped: Vec<WriteId>,
    /// When that was.
    dropped_at: u64,
}

/// What a device tells people about its link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status<'a> {
    pub(crate) link: &'a str,
    pub(crate) in_sync: bool,
    pub(crate) not_sent: u64,
    pub(crate) event: usize,
}

impl Status<'_> {
    /// Whether it has been let in.
    pub(crate) fn is_inside(&self) -> bool {
        matches!(self.link, "live" | "catching-up")
    }
}

impl<'a> Past<'a> {
    /// Nothing has happened yet.
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let devices = plan.devices.iter().map(|device| Device {
            relay: Some(RelayNumber(device.relay)),
            wanted: Some(RelayNumber(device.relay)),
            ..Device::default()
        });
        Self {
            plan,
            history: History::default(),
            calm_at: None,
            refused: Writes::default(),
            strangers: FxHashSet::default(),
            rests: Vec::new(),
            devices: devices.collect(),
            relays: (0..plan.relays).map(|_| Relay::default()).collect(),
            begins_by_joining: false,
        }
    }

    /// A device; `None` if the plan has none of that number.
    pub(crate) fn device(&self, device: DeviceNumber) -> Option<&Device<'a>> {
        self.devices.get(usize::from(device.0))
    }

    /// Every device of the plan.
    pub(crate) fn devices(&self) -> impl Iterator<Item = (DeviceNumber, &Device<'a>)> {
        (0..).map(DeviceNumber).zip(&self.devices)
    }

    /// A relay; `None` if the plan has none of that number.
    pub(crate) fn relay(&self, relay: RelayNumber) -> Option<&Relay<'a>> {
        self.relays.get(usize::from(relay.0))
    }

    /// Every relay of the plan.
    pub(crate) fn relays(&self) -> impl Iterator<Item = (RelayNumber, &Relay<'a>)> {
        (0..).map(RelayNumber).zip(&self.relays)
    }

    /// What a device holds; `None` if there is no such device.
    pub(crate) fn holding(&self, device: DeviceNumber) -> Option<&Holding> {
        self.device(device).map(|device| &device.holding)
    }

    /// Whether a device holds a write of this name.
    pub(crate) fn holds(&self, device: DeviceNumber, write: &str) -> bool {
        let found = self.holding(device).zip(self.history.find(write));
        found.is_some_and(|(holding, write)| holding.has(write))
    }

    /// What a register must show where these writes are held; `None` if nothing, or any of several entries is meant.
    pub(crate) fn due(&self, holding: &Holding, register: &str) -> Option<&Value> {
        let start = || self.plan.start.get(register);
        match self.history.meant(register, holding) {
            Meant::Unwritten => start(),
            Meant::Ambiguous => None,
            Meant::Register(found) => match holding.stands(found) {
                Some(put) => Some(self.history.put(put).value),
                None => start(),
            },
        }
    }

    /// Whether an edit names an entry of which the device knows several.
    pub(crate) fn is_ambiguous(&self, on: DeviceNumber, puts: &BTreeMap<String, Value>) -> bool {
        self.holding(on).is_some_and(|holding| {
            let mut meant = puts.keys().map(|name| self.history.meant(name, holding));
            meant.any(|meant| meant == Meant::Ambiguous)
        })
    }

    /// What a device is called.
    pub(crate) fn called(&self, device: DeviceNumber) -> &'a str {
        let found = self.plan.devices.get(usize::from(device.0));
        found.map_or("a device that is not in the plan", |device| &device.name)
    }

    /// Takes in what happened next. What cannot be is left out here and reported by the check of the trace itself.
    pub(crate) fn take(&mut self, number: usize, event: &'a Event) {
        match &event.what {
            Happened::Wrote { device, write } => self.wrote(*device, event.at, number, write),
            Happened::Learnt { device, writes } => self.learnt(*device, writes),
            Happened::Forgot {
                device,
                writes,
                why,
            } => {
                let refused_at = (why == "refused").then_some(event.at);
                self.forgot(*device, writes, refused_at);
            }
            Happened::Saved { device, write } => {
                let found = self.history.find(write);
                if let Some((device, write)) = self.device_mut(*device).zip(found) {
                    device.called_saved(event.at, write);
                }
            }
            Happened::Refused { write, .. } => {
                if let Some(write) = self.history.find(write) {
                    self.refused.add(write);
                }
            }
            Happened::Status {
                device,
                link,
                in_sync,
                need_resync: _,
                not_sent,
            } => {
                if let Some(device) = self.device_mut(*device) {
                    device.note_stay(event.at, link == "live");
                    device.status = Some(Status {
                        link,
                        in_sync: *in_sync,
                        not_sent: *not_sent,
                        event: number,
                    });
                    if *in_sync {
                        device.syncs.in_sync(device.holding.writes().len());
                    }
                }
            }
            Happened::Joined {
                relay,
                device,
                session,
            } => {
                let begins = self.begins_by_joining;
                let log = self.relay(*relay).map(|relay| relay.has().clone());
                if let Some(device) = device.and_then(|device| self.device_mut(device)) {
                    device.began |= begins;
                    device.relay = Some(*relay);
                    device.session = Some(session);
                    device.is_stranded = false;
                    // Else the relay answers a connection that the device has given up.
                    if !device.status.is_some_and(|status| status.is_inside()) {
                        device.log_had = log.unwrap_or_default();
                    }
                }
            }
            Happened::Left { session, .. } => {
                let mut devices = self.devices.iter_mut();
                let same = devices.find(|device| device.session == Some(session));
                if let Some(device) = same {
                    device.left_at = Some(event.at);
                }
            }
            Happened::Logged {
                relay, log, write, ..
            } => {
                let found = self.history.find(write);
                if found.is_none() {
                    self.strangers.insert(write);
                }
                if let Some(relay) = self.relays.get_mut(usize::from(relay.0)) {
                    relay.logged(log, found);
                }
            }
            Happened::Opened {
                whose,
                found,
                records,
                ..
            } => self.opened(*whose, event.at, found == "damaged", *records),
            Happened::Trouble { whose, what } => self.trouble(*whose, event.at, what),
            Happened::Calm => {
                self.calm_at = Some(event.at);
                for device in &mut self.devices {
                    device.has_room(event.at);
                }
            }
            Happened::Rests {
                device,
                heads,
                state,
                registers,
                conflicts,
            } => self.rests.push(Rest {
                device: *device,
                heads,
                state,
                registers,
                conflicts: *conflicts,
                event: number,
            }),
            Happened::Began { rule, .. } => {
                if rule == "spotter" {
                    self.history.split_entries();
                } else {
                    self.begins_by_joining = true;
                }
            }
            Happened::NotWritten { .. }
            | Happened::Acknowledged { .. }
            | Happened::Shows { .. }
            | Happened::SessionEnded { .. }
            | Happened::ClockRead { .. }
            | Happened::Holds { .. }
            | Happened::Attacked { .. }
            | Happened::Hashed { .. }
            | Happened::Traffic { .. }
            | Happened::Disk { .. }
            | Happened::Fault { .. }
            | Happened::Ended { .. } => {}
        }
    }

    /// Whether sessions end by themselves while the world lasts.
    pub(crate) fn has_short_sessions(&self) -> bool {
        self.plan.session_ms < self.plan.ends_at
    }

    /// Whether the plan gives attackers a session.
    pub(crate) fn has_attacking_members(&self) -> bool {
        let attacks = |step: &Step| matches!(step.doing, Doing::Attack { member: true, .. });
        self.plan.steps.iter().any(attacks)
    }

    /// The write that this one makes again: one that its device drops as refused at this very moment, and that is its own
    /// or that of a device which it is a copy of. It says the same, or at least belongs to the same edit.
    pub(crate) fn makes_again(&self, by: DeviceNumber, at: u64, write: &Write) -> Option<WriteId> {
        let device = self
            .device(by)
            .filter(|device| device.dropped_at == at && !device.dropped.is_empty())?;
        let copied_from = self.copied_from(by);
        let own = device.dropped.iter().copied();
        let mut own = own.filter(|one| copied_from.contains(&self.history.write(*one).by));
        let says_the_same = |one: &WriteId| {
            let before = self.history.write(*one).write;
            before.location == write.location
                && say_the_same(before, write)
                && (write.edit.is_none() || write.edit == before.edit)
        };
        let of_same_edit = |one: &WriteId| {
            let before = self.history.write(*one).write;
            write.edit.is_some() && before.edit == write.edit
        };
        let same = own.clone().find(says_the_same);
        same.or_else(|| own.find(of_same_edit))
    }

    /// A device, and those whose disks it was copied from, one from another.
    fn copied_from(&self, device: DeviceNumber) -> Vec<DeviceNumber> {
        let mut all = vec![device];
        let mut looked_at = 0;
        while let Some(one) = all.get(looked_at).copied() {
            looked_at += 1;
            for step in &self.plan.steps {
                if let Doing::Clone { from, to, .. } = &step.doing
                    && *to == one
                    && !all.contains(from)
                {
                    all.push(*from);
                }
            }
        }
        all
    }

    fn device_mut(&mut self, device: DeviceNumber) -> Option<&mut Device<'a>> {
        self.devices.get_mut(usize::from(device.0))
    }

    fn wrote(&mut self, device: DeviceNumber, at: u64, event: usize, write: &'a Write) {
        let made_again = self.makes_again(device, at, write);
        let Some(writer) = self.devices.get_mut(usize::from(device.0)) else {
            return;
        };
        writer.dropped.retain(|one| Some(*one) != made_again);
        let seen = writer.seen_by(&self.history, write);
        let seen = seen.as_ref().unwrap_or(&writer.holding);
        if let Some(id) = self.history.add(device, at, event, write, seen) {
            writer.began = true;
            writer.holding.add(&self.history, id);
            writer.on_its_way.retain(|(then, _)| at - then < ON_ITS_WAY);
            writer.on_its_way.push((at, id));
            let first = write
                .edit
                .map(|edit| *writer.first_written.entry(edit).or_insert(at));
            // It may be made again in the very millisecond in which it was made.
            let is_again = made_again.is_some() || first.is_some_and(|first| first < at);
            if writer.has_failing_disk() || is_again {
                writer.unsavable.add(id);
            }
        }
    }

    fn learnt(&mut self, device: DeviceNumber, writes: &[String]) {
        let number = device;
        let Some(device) = self.devices.get_mut(usize::from(device.0)) else {
            return;
        };
        device.began |= !writes.is_empty();
        for name in writes {
            if let Some(write) = self.history.find(name) {
                device.holding.add(&self.history, write);
                if self.history.write(write).by == number {
                    device.unsavable.add(write);
                }
            }
        }
    }

    fn forgot(&mut self, device: DeviceNumber, writes: &[String], refused_at: Option<u64>) {
        let known = writes.iter().filter_map(|name| self.history.find(name));
        let known: Vec<_> = known.collect();
        if let Some(device) = self.devices.get_mut(usize::from(device.0)) {
            device.holding.remove(&self.history, &known);
            if let Some(at) = refused_at {
                if at != device.dropped_at {
                    device.dropped.clear();
                }
                device.dropped_at = at;
                device.dropped.extend(&known);
            }
            // Nobody can edit where nothing is left of the meet.
            device.began &= self.begins_by_joining || !device.holding.writes().is_empty();
            for write in known {
                device.saved.remove(write);
            }
        }
    }

    fn opened(&mut self, whose: Whose, at: u64, is_damaged: bool, records: u64) {
        match whose {
            Whose::Device(device) => {
                if let Some(device) = self.device_mut(device) {
                    device.opened(at, is_damaged, records);
                }
            }
            Whose::Relay(relay) => {
                if let Some(relay) = self.relays.get_mut(usize::from(relay.0)) {
                    relay.is_damaged = is_damaged;
                }
            }
        }
    }

    fn trouble(&mut self, whose: Whose, at: u64, what: &str) {
        match whose {
            Whose::Device(number) => {
                let cuts = what == "rots" && self.is_cut(whose, at);
                let copied = (what == "clone").then(|| self.copied(number, at));
                let wanted = (what == "move").then(|| self.wanted(number, at));
                if let Some(device) = self.device_mut(number) {
                    device.wanted = wanted.flatten().or(device.wanted);
                    if what == "rots" {
                        device.rot.strikes(cuts, &device.saved);
                    }
                    if let Some((rot, relay)) = copied.flatten() {
                        (device.rot, device.wanted) = (rot, relay);
                    }
                    device.trouble(at, what);
                }
            }
            Whose::Relay(relay) => {
                if let Some(relay) = self.relays.get_mut(usize::from(relay.0)) {
                    relay.trouble(at, what);
                }
            }
        }
    }
}

impl Past<'_> {
    /// Whether a file is cut short at this time, and not only a bit of it turned around.
    fn is_cut(&self, of: Whose, now: u64) -> bool {
        self.plan.steps.iter().any(|step| {
            step.at == now
                && matches!(step.doing, Doing::Rots { whose, rot: Rotting::Cut, .. } if whose == of)
        })
    }

    /// Which relay a device is to use from this time on. What the plan does not say is the calm, in which everybody goes where the
    /// first device is.
    fn wanted(&self, device: DeviceNumber, now: u64) -> Option<RelayNumber> {
        let steps = self.plan.steps.iter().filter(|step| step.at == now);
        let mut moves = steps.rev().filter_map(|step| {
            let Doing::Move { device: of, relay } = &step.doing else {
                return None;
            };
            (*of == device).then_some(*relay)
        });
        let first = self.devices.first().and_then(|first| first.wanted);
        moves.next().or(first)
    }

    /// What a device is made a copy of at this time: what has become of the bytes of that disk, and the relay to use.
    fn copied(&self, copy: DeviceNumber, now: u64) -> Option<(Rot, Option<RelayNumber>)> {
        let steps = self.plan.steps.iter().filter(|step| step.at == now);
        let mut copied = steps.filter_map(|step| {
            let Doing::Clone { from, to, old } = &step.doing else {
                return None;
            };
            (*to == copy).then_some((*from, *old))
        });
        let (from, old) = copied.next()?;
        let from = self.device(from)?;
        let backup = from.backup.as_ref().filter(|_| old);
        let rot = backup.map_or(&from.rot, |(_, rot)| rot);
        Some((rot.clone(), from.wanted))
    }
}

impl Past<'_> {
    /// Whether the relay that a device is to use has the meet.
    pub(crate) fn is_served(&self, device: &Device<'_>) -> bool {
        let relay = device.wanted.and_then(|relay| self.relay(relay));
        relay.is_some_and(|relay| relay.has_log() && !relay.is_damaged)
    }

    /// Whether a meet stays away from the relays of a group: they have lost it, and nobody there knows how to bring it back.
    pub(crate) fn is_homeless(&self, group: &Group) -> bool {
        let mut relays = group.relays.iter().filter_map(|relay| self.relay(*relay));
        let mut devices = group.devices.iter().filter_map(|one| self.device(*one));
        relays.all(|relay| !relay.has_log()) && devices.all(|device| device.is_stranded)
    }
}

impl Device<'_> {
    /// What a write of this device had seen, if that is not all that is held here.
    pub(crate) fn seen_by(&self, history: &History<'_>, write: &Write) -> Option<Holding> {
        if write.unseen.is_empty() {
            return None;
        }
        let unseen = write.unseen.iter().filter_map(|name| history.find(name));
        let mut seen = self.holding.clone();
        seen.remove(history, &unseen.collect::<Vec<_>>());
        Some(seen)
    }

    /// Whether a write that it holds is on its disk, as far as people were told or as its last start showed; or people
    /// know that it may not be.
    pub(crate) fn has_on_disk(&self, write: WriteId, written_at: u64) -> bool {
        self.saved.has(write) || written_at < self.opened_at || self.unsavable.has(write)
    }

    /// Whether a write was called saved here and must be there still. Where bytes changed by themselves, the start that finds out
    /// may miss some, if it calls the file sound.
    pub(crate) fn must_keep(&self, write: WriteId, now: u64) -> bool {
        let is_found_out = self.opened_at == now && self.may_lack.has(write);
        self.saved.has(write) && !is_found_out
    }

    /// Whether its journal may be found empty and not damaged, since bytes of it changed.
    pub(crate) fn may_be_found_empty(&self) -> bool {
        self.rot.may_take_all(self.syncs.at_least())
    }

    /// Whether its disk is known to fail, so that its people are told that nothing can be saved.
    pub(crate) fn has_failing_disk(&self) -> bool {
        self.is_full || self.next_sync_fails || self.cannot_save
    }

    /// Whether its people may be told at this time that nothing can be edited: its disk fails, or has room again and nobody
    /// has tried it yet.
    pub(crate) fn may_turn_away(&self, at: u64) -> bool {
        let tries = |since| at <= since + FOUND_OUT_WITHIN;
        self.has_failing_disk() || self.has_room_since.is_some_and(tries)
    }

    /// Whether it asks a relay, if it has ever joined any: its people want it to, or it joined there last and has a meet.
    pub(crate) fn uses(&self, relay: RelayNumber) -> bool {
        let is_there = self.began && self.relay == Some(relay);
        self.session.is_some() && (is_there || self.wanted == Some(relay))
    }

    /// Whether a person can use it: it runs, and has a meet.
    pub(crate) fn is_usable(&self) -> bool {
        self.began && !self.is_down && !self.is_damaged && !self.is_paused
    }

    fn called_saved(&mut self, at: u64, write: WriteId) {
        self.saved.add(write);
        self.saved_in.push((at, write));
        self.syncs.saved(at);
        self.next_sync_fails = false;
        self.has_room_since = None;
        self.cannot_save &= self.rot.is_cut();
    }

    fn opened(&mut self, at: u64, is_damaged: bool, records: u64) {
        self.is_damaged = is_damaged;
        self.is_down = false;
        self.opened_at = at;
        self.cannot_save = false;
        self.is_stranded |= records == 0 || self.rot.is_there();
        if !is_damaged {
            let saved = std::mem::take(&mut self.saved_in).into_iter();
            self.saved_in = saved.filter(|(_, write)| self.saved.has(*write)).collect();
            self.may_lack = std::mem::take(&mut self.rot).may_lack(&self.saved_in);
            self.syncs = Syncs::found(records);
        }
    }

    fn trouble(&mut self, at: u64, what: &str) {
        match what {
            "crash" => self.dies(),
            "lose-memory" => {
                self.dies();
                self.has_nothing();
            }
            // Whoever finds a journal damaged begins with an empty folder.
            "repaired" if self.is_damaged => self.has_nothing(),
            "restore" => {
                self.dies();
                (self.saved, self.rot) = self.backup.clone().unwrap_or_default();
                self.syncs = Syncs::default();
            }
            "backup" => self.backup = Some((self.saved.clone(), self.rot.clone())),
            "disk-full" => {
                self.is_full = true;
                self.fails_at(at);
            }
            "disk-has-room" => self.has_room(at),
            // What was on its way is lost, and people are told.
            "sync-fails" => {
                self.next_sync_fails = true;
                self.fails_at(at);
            }
            "start" => self.is_down = false,
            // What it did before, it does not know.
            "clone" => self.stay = None,
            "pause" => {
                self.is_paused = true;
                self.paused_at = at;
            }
            "resume" => self.goes_on(at),
            _ => {}
        }
        // A file that got shorter is noticed by the next attempt to save, and any other change once it is read again, as it is after
        // a failure.
        let tries = ["rots", "disk-full", "disk-has-room", "sync-fails"];
        let reads_again = self.has_failing_disk() || self.has_room_since.is_some();
        if tries.contains(&what) && self.rot.is_there() && (self.rot.is_cut() || reads_again) {
            self.cannot_save = true;
            self.fails_at(at);
        }
    }

    /// Nothing is left of what was on its disk.
    fn has_nothing(&mut self) {
        self.saved = Writes::default();
        self.rot = Rot::default();
        self.syncs = Syncs::default();
    }

    /// The time during which the process stood still does not count for what is on its way to the disk.
    fn goes_on(&mut self, at: u64) {
        if std::mem::take(&mut self.is_paused) {
            for (then, _) in &mut self.on_its_way {
                *then += at - self.paused_at;
            }
        }
    }

    /// What is on its way to the disk now may not get there at the first attempt, and people are told that it did not.
    fn fails_at(&mut self, at: u64) {
        let at = if self.is_paused { self.paused_at } else { at };
        for (then, write) in self.on_its_way.drain(..) {
            if at - then < ON_ITS_WAY {
                self.unsavable.add(write);
            }
        }
    }

    fn has_room(&mut self, at: u64) {
        if std::mem::take(&mut self.is_full) {
            self.has_room_since = Some(at);
        }
    }

    fn dies(&mut self) {
        self.has_room_since = None;
        self.cannot_save = false;
        self.is_down = true;
        self.is_paused = false;
        self.status = None;
        self.stay = None;
    }
}
