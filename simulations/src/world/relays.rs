//! The shell around a relay's machine: it starts and dies, is told what happens, and has done what it asks for.

use std::collections::VecDeque;
use std::net::IpAddr;

use spotter_relay::{
    Action, Config, Event, Input, JobId, Limits, LinkId, Relay, RelayKey, ScryptParams, Timestamp,
};
use spotter_relay_protocol::{CloseReason, Password, SessionId};
use spotter_sim_plan::Happened;

use super::{World, device_number, of_device, of_relay, relay_number};
use crate::chance::{happens, mix, seed};
use crate::line::{Far, LineNumber, Parcel, Way};
use crate::queue::Coming;
use crate::start::BEGINS_AT;

/// How long a relay's processor takes to hash a password, in milliseconds.
const HASHING_MS: u64 = 250;

/// A relay's clock when a world begins, in milliseconds since 1970.
const CLOCK_ZERO: i64 = BEGINS_AT * 1_000;

impl World<'_> {
    /// What a relay's clock shows. The process reads the time of day when it starts, and counts from there.
    fn time_of_relay(&self, relay: usize) -> Timestamp {
        let passed = i64::try_from(self.now).unwrap_or(i64::MAX);
        let shows = CLOCK_ZERO + passed + self.relays[relay].started_off_ms;
        Timestamp::from_millis(u64::try_from(shows).unwrap_or(0))
    }

    /// Starts the process of a relay. It looks at its disk when somebody asks for a meet.
    pub(super) fn start_relay(&mut self, number: usize) {
        let relay = &mut self.relays[number];
        if relay.is_up() {
            return;
        }
        relay.run += 1;
        relay.started_off_ms = relay.clock_off_ms;
        let limits = Limits {
            session_ms: self.plan.session_ms,
            outstanding_bytes_max: self.plan.network.queue_bytes as usize,
            ..Limits::default()
        };
        let config = Config {
            limits,
            scrypt: ScryptParams::LOW_MEMORY,
        };
        // Relays share a key, so that each may take back what another was the home of.
        let key = RelayKey::from_bytes(seed(&[self.plan.seed, 9]));
        let seed = seed(&[self.plan.seed, 10, number as u64, relay.run]);
        relay.machine = Some(Relay::new(config, key, seed));
        let shows = self.time_of_relay(number).as_millis();
        self.tell(Happened::ClockRead {
            relay: relay_number(number),
            shows: i64::try_from(shows).unwrap_or(i64::MAX),
        });
    }

    /// The process of a relay dies at once.
    pub(super) fn stop_relay(&mut self, number: usize) {
        let relay = &mut self.relays[number];
        relay.disk.crash();
        if relay.machine.take().is_none() {
            return;
        }
        relay.store.let_go();
        relay.jobs.clear();
        relay.is_busy = false;
        relay.hash = None;
        relay.wakes_at = None;
        relay.postponed = None;
        let links = std::mem::take(&mut relay.links);
        for link in links.keys() {
            self.stay_over(number, LinkId(*link));
        }
        let relay = &self.relays[number];
        let lines: Vec<LineNumber> = links.into_values().collect();
        let tells = happens(0.5, &[self.plan.seed, 11, number as u64, relay.run]);
        for number in lines {
            if let Some(line) = self.lines.get_mut(&number) {
                line.far_open = false;
            }
            if tells {
                self.put(number, Way::Down, Parcel::Close("connection reset"));
            }
        }
    }

    /// The process of a relay has died at a call to its disk.
    pub(super) fn relay_died(&mut self, number: usize) {
        self.trouble(of_relay(number), "crash");
        self.stop_relay(number);
    }

    /// Tells a relay's machine what happened and has done what it asks for.
    pub(super) fn step_relay(&mut self, number: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.time_of_relay(number);
            let Some(machine) = &mut self.relays[number].machine else {
                return;
            };
            self.handled += 1;
            let actions = machine.step(now, input);
            for action in actions {
                self.do_for_relay(number, action, &mut inputs);
                if self.relays[number].disk.is_dead() {
                    return self.relay_died(number);
                }
            }
        }
        self.wake_relay_in_time(number);
    }

    fn do_for_relay(&mut self, number: usize, action: Action, inputs: &mut VecDeque<Input>) {
        match action {
            Action::Send { link, frame } => {
                let Some(line_number) = self.line_of(number, link) else {
                    return;
                };
                let Some(line) = self.lines.get_mut(&line_number) else {
                    return;
                };
                line.relay_sent(frame.len());
                let left = line.take_left();
                let outstanding = line.outstanding() as u64;
                let most = &mut self.relays[number].queue_bytes_most;
                *most = (*most).max(outstanding);
                self.notice_acknowledging(number, line_number, &frame);
                self.put(line_number, Way::Down, Parcel::Message(frame));
                inputs.extend(left.map(|bytes| Input::Sent { link, bytes }));
            }
            Action::Close { link, reason } => {
                if let Some(line) = self.line_of(number, link) {
                    if reason == CloseReason::SlowReader {
                        self.tell_let_go(line);
                    }
                    self.put(line, Way::Down, Parcel::Close(reason.as_str()));
                    if let Some(line) = self.lines.get_mut(&line) {
                        line.far_open = false;
                    }
                }
                self.link_over(number, link);
                inputs.push_back(Input::Disconnected { link });
            }
            Action::Ping { link } => {
                if let Some(line) = self.line_of(number, link) {
                    self.put(line, Way::Down, Parcel::Ping);
                }
            }
            // At once: how long it takes is nothing that anybody here could notice.
            Action::Unpack { link, init, .. } => {
                let unpacked = init.unpack();
                inputs.push_back(Input::Unpacked { link, unpacked });
            }
            Action::HashPassword {
                job,
                salt,
                password,
                ..
            } => {
                let relay = &mut self.relays[number];
                relay.hash = Some(cheap_hash(salt, &password));
                relay.hashed += 1;
                let coming = Coming::Hashed(number, relay.run, job);
                self.tell(Happened::Hashed {
                    relay: relay_number(number),
                });
                self.queue.plan(self.now + HASHING_MS, coming);
            }
            Action::Event(event) => self.relay_says(number, event),
            Action::PackLog {
                meet,
                read,
                positions,
                kept,
            } => {
                let outcome = self.relays[number].store.pack(meet, &positions, kept);
                inputs.push_back(Input::LogPacked {
                    meet,
                    read,
                    outcome,
                });
            }
            Action::KeepPack { meet, upto } => {
                let outcome = self.relays[number].store.keep_pack(meet, upto);
                inputs.push_back(Input::PackKept { meet, outcome });
            }
            Action::CreateMeet { .. }
            | Action::OpenMeet { .. }
            | Action::ReadLog { .. }
            | Action::Append { .. }
            | Action::SaveRecords { .. }
            | Action::SavePublication { .. }
            | Action::FinishMeet { .. }
            | Action::CloseMeet { .. } => self.store_for_relay(number, action),
            // Nobody opens displays here.
            Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Drained => {}
        }
    }

    pub(super) fn relay_accepts(&mut self, number: usize, line: LineNumber, address: IpAddr) {
        let relay = &mut self.relays[number];
        relay.last_link += 1;
        let link = LinkId(relay.last_link);
        relay.links.insert(link.0, line);
        relay.links_most = relay.links_most.max(relay.links.len() as u64);
        self.put(line, Way::Down, Parcel::Open);
        self.step_relay(number, Input::Connected { link, address });
    }

    /// What a relay calls a line.
    pub(super) fn relay_link(&self, relay: usize, line: LineNumber) -> Option<LinkId> {
        let links = self.relays[relay].links.iter();
        let found = links.rev().find(|(_, known)| **known == line);
        found.map(|(link, _)| LinkId(*link))
    }

    pub(super) fn line_of(&self, relay: usize, link: LinkId) -> Option<LineNumber> {
        self.relays[relay].links.get(&link.0).copied()
    }

    /// A relay notices that a connection is gone.
    pub(super) fn relay_loses(&mut self, relay: usize, number: LineNumber) {
        if let Some(line) = self.lines.get_mut(&number) {
            line.far_open = false;
        }
        if let Some(link) = self.relay_link(relay, number) {
            self.link_over(relay, link);
            self.step_relay(relay, Input::Disconnected { link });
        }
    }

    /// A relay does not wait any longer for a device that reads too slowly.
    fn tell_let_go(&mut self, number: LineNumber) {
        if let Some(line) = self.lines.get(&number)
            && matches!(line.far, Far::Relay(_))
        {
            let device = of_device(line.near);
            self.trouble(device, "let-go");
        }
    }

    /// A relay hears and says nothing on a link any more.
    fn link_over(&mut self, relay: usize, link: LinkId) {
        self.relays[relay].links.remove(&link.0);
        self.stay_over(relay, link);
    }

    /// The session that had begun on a link goes on there no longer.
    fn stay_over(&mut self, relay: usize, link: LinkId) {
        if let Some(session) = self.relays[relay].stays.remove(&link.0) {
            self.tell(Happened::Left {
                relay: relay_number(relay),
                session: session.to_string(),
            });
        }
    }

    /// A session begins on a link, if it has not gone on there already.
    fn stay_begins(&mut self, relay: usize, link: LinkId, session: SessionId) {
        if self.relays[relay].stays.get(&link.0) != Some(&session) {
            self.stay_over(relay, link);
            self.relays[relay].stays.insert(link.0, session);
        }
    }

    /// A relay is told of bytes that a slow reader has made room for.
    pub(super) fn relay_told_of(&mut self, relay: usize, line: LineNumber, bytes: usize) {
        if let Some(link) = self.relay_link(relay, line) {
            self.step_relay(relay, Input::Sent { link, bytes });
        }
    }

    pub(super) fn hashed(&mut self, number: usize, run: u64, job: JobId) {
        let relay = &mut self.relays[number];
        if relay.run != run || !relay.is_up() {
            return;
        }
        if let Some(postponed) = &mut relay.postponed {
            return postponed.push(Coming::Hashed(number, run, job));
        }
        let hash = relay.hash.take();
        self.step_relay(number, Input::PasswordHashed { job, hash });
    }

    pub(super) fn relay_wakes(&mut self, number: usize, run: u64) {
        let relay = &mut self.relays[number];
        if relay.run != run || relay.wakes_at != Some(self.now) {
            return;
        }
        if let Some(postponed) = &mut relay.postponed {
            return postponed.push(Coming::RelayWakes(number, run));
        }
        relay.wakes_at = None;
        let now = self.time_of_relay(number);
        let machine = self.relays[number].machine.as_ref();
        let due = machine.and_then(Relay::next_wakeup);
        if due.is_some_and(|due| due <= now) {
            self.step_relay(number, Input::Tick);
        } else {
            self.wake_relay_in_time(number);
        }
    }

    fn wake_relay_in_time(&mut self, number: usize) {
        let now = self.time_of_relay(number);
        let relay = &mut self.relays[number];
        let Some(due) = relay.machine.as_ref().and_then(Relay::next_wakeup) else {
            return;
        };
        let at = self.now + due.ms_since(now).max(1);
        if relay.wakes_at.is_some_and(|planned| planned <= at) {
            return;
        }
        relay.wakes_at = Some(at);
        let run = relay.run;
        self.queue.plan(at, Coming::RelayWakes(number, run));
    }

    /// What a relay writes into its diagnostic log, as far as traces tell it.
    fn relay_says(&mut self, number: usize, event: Event) {
        match event {
            Event::Joined {
                meet,
                link,
                session,
                ..
            } => {
                let line = self.line_of(number, LinkId(link.0));
                let log = self.relays[number].store.log_id(meet);
                let device = line.and_then(|line| {
                    let line = self.lines.get_mut(&line)?;
                    line.log = log;
                    matches!(line.far, Far::Relay(_)).then_some(line.near)
                });
                if let Some(device) = device {
                    self.devices[device].session = Some((number, session));
                }
                self.stay_begins(number, LinkId(link.0), session);
                self.tell(Happened::Joined {
                    relay: relay_number(number),
                    device: device.map(device_number),
                    session: session.to_string(),
                });
            }
            Event::WentLive { meet, .. } => self.went_live(number, meet),
            Event::Administered {
                request: "SET_LOCATION",
                ..
            } => self.trouble(of_relay(number), "set-location"),
            Event::Administered {
                request: "REVOKE_SESSION",
                ..
            } => self.trouble(of_relay(number), "revoke"),
            Event::Published { .. } => self.trouble(of_relay(number), "publish"),
            Event::Finished { .. } => self.trouble(of_relay(number), "finish"),
            Event::JoinRejected { .. }
            | Event::Left { .. }
            | Event::Closed { .. }
            | Event::BadMessage { .. }
            | Event::ChangeRefused { .. }
            | Event::ChangesPutOff { .. }
            | Event::Appended { .. }
            | Event::AppendFailed { .. }
            | Event::PackNotKept { .. }
            | Event::MeetTrouble { .. }
            | Event::MemoryLost { .. }
            | Event::Recovered { .. }
            | Event::Administered { .. }
            | Event::Draining { .. } => {}
        }
    }

    /// The session of the one who made a meet begins with it.
    fn went_live(&mut self, number: usize, meet: spotter_relay_protocol::MeetId) {
        let relay = &mut self.relays[number];
        let log = relay.store.log_id(meet);
        let session = relay.made.take();
        let maker = self
            .devices
            .iter()
            .position(|device| device.wants == crate::device::Wants::Live);
        let lines = maker
            .map(|maker| self.relay_lines(maker))
            .unwrap_or_default();
        let mut link = None;
        for number_of_line in lines {
            let line = self.lines.get_mut(&number_of_line);
            if let Some(line) = line.filter(|line| line.far_open) {
                line.log = log;
                link = self.relay_link(number, number_of_line).max(link);
            }
        }
        let Some(session) = session else {
            return self.fault(of_relay(number), "a meet went live without a session");
        };
        if let Some(maker) = maker {
            self.devices[maker].session = Some((number, session));
        }
        if let Some(link) = link {
            self.stay_begins(number, link, session);
        }
        self.tell(Happened::Joined {
            relay: relay_number(number),
            device: maker.map(device_number),
            session: session.to_string(),
        });
    }
}

/// As repeatable as scrypt, and quick.
fn cheap_hash(salt: [u8; 16], password: &Password) -> [u8; 32] {
    let bytes = salt.into_iter().chain(password.expose().bytes());
    let hashed = bytes.fold(0, |hash, byte| mix(&[hash, u64::from(byte)]));
    seed(&[hashed])
}
