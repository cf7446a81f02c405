//! What travels over lines: when it arrives, who is given it, and what happens to it on the way.

use std::net::IpAddr;

use spotter_client::LinkId;
use spotter_model::ChangeHash;
use spotter_relay::Heard;
use spotter_relay_protocol::{Frame, LogId, RelayMessage};
use spotter_sim_plan::{Befell, Happened, Latency};

use super::{World, device_number, of_device, relay_number};
use crate::chance::{happens, mix, unit};
use crate::line::{Far, Line, LineNumber, Parcel, Way};
use crate::queue::Coming;

/// What is drawn for a message, besides how long it takes.
const LOST: u64 = 1;
const HELD_UP: u64 = 2;
const TWICE: u64 = 3;

/// How often the same message is lost at most.
const LOST_MAX: u32 = 20;

impl World<'_> {
    /// A device opens a connection.
    pub(super) fn connect(&mut self, device: usize, link: LinkId, address: &str) {
        let far = match address.split_once("//") {
            Some((_, name)) => self.named(name),
            None => None,
        };
        let Some(far) = far else { return };
        self.last_line += 1;
        let number = self.last_line;
        self.lines.insert(number, Line::new(device, link, far));
        self.devices[device].links.insert(link, number);
        self.put(number, Way::Up, Parcel::Knock);
    }

    fn named(&mut self, name: &str) -> Option<Far> {
        if let Some(relay) = name.strip_prefix("relay-") {
            let relay = relay
                .parse()
                .ok()
                .filter(|relay| *relay < self.relays.len());
            return relay.map(Far::Relay);
        }
        let device: usize = name.strip_prefix("device-")?.parse().ok()?;
        let there = self.devices.get_mut(device)?;
        there.accepted += 1;
        Some(Far::Device(device, LinkId::Accepted(there.accepted)))
    }

    /// Sends something on its way.
    pub(super) fn put(&mut self, number: LineNumber, way: Way, parcel: Parcel) {
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        if line.is_hole {
            return;
        }
        let far = line.far;
        let near = line.near;
        let lots = self.lots(near, far, way);
        let delay = self.delay(near, far, &lots);
        let twice = happens(
            self.plan.network.duplicate,
            &[lots[0], lots[1], lots[2], TWICE],
        ) && may_come_twice(&parcel, way);
        if twice && let Some(befell) = self.befell(near, far) {
            befell.duplicate += 1;
        }
        let at = self.now + delay;
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        let lane = line.lane(way);
        lane.last_at = lane.last_at.max(at);
        let at = lane.last_at;
        for copy in 0..=u8::from(twice) {
            if copy == 1
                && way == Way::Down
                && let Parcel::Message(frame) = &parcel
            {
                line.relay_sent(frame.len());
            }
            line.lane(way).parcels.push_back(parcel.clone());
            self.queue.plan(at, Coming::Arrives(number, way));
        }
    }

    /// What names a message for drawing: the network's seed, its lane and its number there.
    fn lots(&mut self, near: usize, far: Far, way: Way) -> [u64; 3] {
        let (lane, number) = match far {
            Far::Attacked(_) => (u64::MAX, self.last_line),
            Far::Relay(_) | Far::Device(..) => {
                let counted = &mut self.devices[near].counted;
                match way {
                    Way::Up => {
                        counted.drawn_up += 1;
                        (2 * near as u64, counted.drawn_up)
                    }
                    Way::Down => {
                        counted.drawn_down += 1;
                        (2 * near as u64 + 1, counted.drawn_down)
                    }
                }
            }
        };
        [self.plan.network.seed, lane, number]
    }

    /// How long a message takes, and counts what befalls it.
    fn delay(&mut self, near: usize, far: Far, lots: &[u64; 3]) -> u64 {
        let network = &self.plan.network;
        let mut delay = latency(&network.latency, lots);
        let mut times = 0;
        while times < LOST_MAX
            && happens(
                network.loss,
                &[lots[0], lots[1], lots[2], LOST, u64::from(times)],
            )
        {
            times += 1;
            delay += network.retransmit;
        }
        let held_up = happens(network.reorder, &[lots[0], lots[1], lots[2], HELD_UP]);
        if held_up {
            delay += network.retransmit;
        }
        if let Some(befell) = self.befell(near, far) {
            befell.loss += u64::from(times);
            befell.reorder += u64::from(held_up);
        }
        delay
    }

    /// Where it is counted what befalls messages on a device's line to its relay.
    fn befell(&mut self, near: usize, far: Far) -> Option<&mut Befell> {
        match far {
            Far::Relay(_) => Some(&mut self.devices[near].counted.befell),
            Far::Device(..) | Far::Attacked(_) => None,
        }
    }

    /// The next thing on a lane arrives, unless something is in its way.
    pub(super) fn arrives(&mut self, number: LineNumber, way: Way) {
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        if line.is_hole {
            line.lane(way).parcels.pop_front();
            return;
        }
        let (near, far) = (line.near, line.far);
        let is_cut = match (far, way) {
            (Far::Relay(_), Way::Up) => self.devices[near].up_cut,
            (Far::Relay(_), Way::Down) => self.devices[near].down_cut,
            (Far::Device(..) | Far::Attacked(_), _) => false,
        };
        if is_cut {
            line.lane(way).held += 1;
            return;
        }
        let standing_still = match (way, far) {
            (Way::Up, Far::Relay(relay) | Far::Attacked(relay)) => {
                self.relays[relay].postponed.as_mut()
            }
            (Way::Up, Far::Device(device, _)) => self.devices[device].postponed.as_mut(),
            (Way::Down, Far::Attacked(_)) => None,
            (Way::Down, Far::Relay(_) | Far::Device(..)) => self.devices[near].postponed.as_mut(),
        };
        if let Some(postponed) = standing_still {
            return postponed.push(Coming::Arrives(number, way));
        }
        if way == Way::Down && matches!(far, Far::Relay(_)) && !self.is_read(number, near) {
            return;
        }
        let Some(parcel) = self
            .lines
            .get_mut(&number)
            .and_then(|line| line.lane(way).parcels.pop_front())
        else {
            return;
        };
        match (way, far) {
            (Way::Up, Far::Relay(relay) | Far::Attacked(relay)) => {
                self.at_relay(number, relay, parcel);
            }
            (Way::Up, Far::Device(device, link)) => {
                self.at_far_device(number, device, link, parcel)
            }
            (Way::Down, Far::Attacked(relay)) => self.at_attacker(number, relay, &parcel),
            (Way::Down, Far::Relay(_) | Far::Device(..)) => self.at_near_device(number, parcel),
        }
        if self.lines.get(&number).is_some_and(Line::is_over) {
            self.lines.remove(&number);
        }
    }

    /// Whether a slow reader has come to the next parcel; if not, it comes to it later.
    fn is_read(&mut self, number: LineNumber, device: usize) -> bool {
        let Some(rate) = self.devices[device].bytes_per_second else {
            return true;
        };
        let Some(line) = self.lines.get_mut(&number) else {
            return true;
        };
        let lane = &mut line.down;
        if rate == 0 {
            lane.held += 1;
            return false;
        }
        if lane.is_read && self.now >= lane.read_at {
            lane.is_read = false;
            return true;
        }
        if !lane.is_read {
            let bytes = lane.parcels.front().map_or(0, bytes_of);
            let takes = (bytes as u64 * 1_000).div_ceil(rate);
            lane.read_at = lane.read_at.max(self.now) + takes;
            lane.is_read = true;
        }
        // What comes behind has its own turn after this one.
        let at = lane.read_at.max(self.now + 1);
        self.queue.plan(at, Coming::Arrives(number, Way::Down));
        false
    }

    /// Lets everything go on that was held up on the lines of a device.
    pub(super) fn release(&mut self, device: usize) {
        let held: Vec<(LineNumber, Way, u32)> = self
            .lines
            .iter_mut()
            .filter(|(_, line)| line.near == device && matches!(line.far, Far::Relay(_)))
            .flat_map(|(number, line)| {
                [
                    (*number, Way::Up, std::mem::take(&mut line.up.held)),
                    (*number, Way::Down, std::mem::take(&mut line.down.held)),
                ]
            })
            .collect();
        for (number, way, count) in held {
            for _ in 0..count {
                let lots = self.lots(device, Far::Relay(0), way);
                let delay = self.delay(device, Far::Relay(0), &lots);
                let Some(line) = self.lines.get_mut(&number) else {
                    continue;
                };
                let lane = line.lane(way);
                lane.last_at = lane.last_at.max(self.now + delay);
                let at = lane.last_at;
                self.queue.plan(at, Coming::Arrives(number, way));
            }
        }
    }

    fn at_relay(&mut self, number: LineNumber, relay: usize, parcel: Parcel) {
        let is_up = self.relays[relay].is_up();
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        if matches!(parcel, Parcel::Knock) {
            if !is_up {
                return self.put(number, Way::Down, Parcel::Close("connection refused"));
            }
            line.far_open = true;
            let near = line.near;
            let address = match line.far {
                Far::Attacked(_) => IpAddr::from([203, 0, 113, 9]),
                Far::Relay(_) | Far::Device(..) => {
                    IpAddr::from([10, 0, (near >> 8) as u8, (near & 255) as u8])
                }
            };
            return self.relay_accepts(relay, number, address);
        }
        if !line.far_open {
            // Whoever speaks to a closed door is told so, if anybody is there to say it.
            if is_up && !matches!(parcel, Parcel::Close(_)) {
                self.put(number, Way::Down, Parcel::Close("connection reset"));
            }
            return;
        }
        let (near, is_ours) = (line.near, matches!(line.far, Far::Relay(_)));
        let Some(link) = self.relay_link(relay, number) else {
            return;
        };
        match parcel {
            Parcel::Message(frame) => {
                if is_ours {
                    let counted = &mut self.devices[near].counted;
                    counted.up += frame.len() as u64;
                    counted.messages_up += 1;
                }
                let heard = Heard::read(&frame);
                self.step_relay(relay, spotter_relay::Input::Received { link, heard });
            }
            Parcel::Ping => {
                self.put(number, Way::Down, Parcel::Pong);
                self.step_relay(relay, spotter_relay::Input::Heard { link });
            }
            Parcel::Pong => self.step_relay(relay, spotter_relay::Input::Heard { link }),
            Parcel::Close(_) => self.relay_loses(relay, number),
            Parcel::Knock | Parcel::Open => {}
        }
    }

    fn at_near_device(&mut self, number: LineNumber, parcel: Parcel) {
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        let (device, link, far) = (line.near, line.near_link, line.far);
        if let Parcel::Message(frame) = &parcel
            && let Far::Relay(relay) = far
        {
            line.device_got(frame.len());
            let left = line.take_left();
            let is_open = line.near_open;
            let counted = &mut self.devices[device].counted;
            counted.down += frame.len() as u64;
            counted.messages_down += 1;
            if let Some(bytes) = left {
                self.relay_told_of(relay, number, bytes);
            }
            if is_open && self.devices[device].is_up() {
                self.notice_acknowledgements(device, relay, number, frame);
            }
        }
        let is_up = self.devices[device].is_up();
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        if !line.near_open {
            if is_up && !matches!(parcel, Parcel::Close(_)) && line.far_open {
                self.put(number, Way::Up, Parcel::Close("connection reset"));
            }
            return;
        }
        self.given(number, Way::Up, device, link, parcel);
    }

    fn at_far_device(&mut self, number: LineNumber, device: usize, link: LinkId, parcel: Parcel) {
        let is_up = self.devices[device].is_up();
        let Some(line) = self.lines.get_mut(&number) else {
            return;
        };
        if matches!(parcel, Parcel::Knock) {
            if !is_up {
                return self.put(number, Way::Down, Parcel::Close("connection refused"));
            }
            line.far_open = true;
            let near = line.near;
            self.devices[device].links.insert(link, number);
            self.trouble(of_device(near), "dial");
            self.put(number, Way::Down, Parcel::Open);
            return self.step_device(device, spotter_client::Input::Connected { link });
        }
        if !line.far_open {
            if is_up && !matches!(parcel, Parcel::Close(_)) {
                self.put(number, Way::Down, Parcel::Close("connection reset"));
            }
            return;
        }
        self.given(number, Way::Down, device, link, parcel);
    }

    /// A device is given what came for it.
    fn given(
        &mut self,
        number: LineNumber,
        back: Way,
        device: usize,
        link: LinkId,
        parcel: Parcel,
    ) {
        use spotter_client::Input;
        match parcel {
            Parcel::Open => self.step_device(device, Input::Connected { link }),
            Parcel::Message(frame) => self.step_device(device, Input::Received { link, frame }),
            Parcel::Ping => {
                self.put(number, back, Parcel::Pong);
                self.step_device(device, Input::Heard { link });
            }
            Parcel::Pong => self.step_device(device, Input::Heard { link }),
            Parcel::Close(why) => self.device_loses(device, number, why),
            Parcel::Knock => {}
        }
    }

    /// A device notices that a connection is gone.
    pub(super) fn device_loses(&mut self, device: usize, number: LineNumber, why: &str) {
        let Some(link) = self.shut(device, number) else {
            return;
        };
        let why = why.to_owned();
        self.step_device(device, spotter_client::Input::Disconnected { link, why });
    }

    /// Closes a device's end of a line. Returns what the device calls it, if its end was open.
    pub(super) fn shut(&mut self, device: usize, number: LineNumber) -> Option<LinkId> {
        let line = self.lines.get_mut(&number)?;
        let link = match line.far {
            Far::Device(far, link) if far == device && line.near != device => {
                std::mem::take(&mut line.far_open).then_some(link)
            }
            Far::Device(..) | Far::Relay(_) | Far::Attacked(_) => {
                std::mem::take(&mut line.near_open).then_some(line.near_link)
            }
        }?;
        self.devices[device].links.remove(&link);
        Some(link)
    }

    /// Which way a device sends on a line.
    pub(super) fn way_from(&self, device: usize, number: LineNumber, link: LinkId) -> Way {
        let line = self.lines.get(&number);
        let is_near = line.is_some_and(|line| line.near == device && line.near_link == link);
        if is_near { Way::Up } else { Way::Down }
    }

    /// A relay sends an acknowledgement on its way.
    pub(super) fn notice_acknowledging(&mut self, relay: usize, number: LineNumber, frame: &Frame) {
        let Some(log) = self.lines.get(&number).and_then(|line| line.log) else {
            return;
        };
        for position in acknowledged(frame) {
            let hash = self.at_position(relay, log, position);
            if let (Some(hash), Some(line)) = (hash, self.lines.get_mut(&number)) {
                line.acknowledged.insert(position, hash);
            }
        }
    }

    /// A relay's acknowledgement reaches a device.
    fn notice_acknowledgements(
        &mut self,
        device: usize,
        relay: usize,
        number: LineNumber,
        frame: &Frame,
    ) {
        let line = self.lines.get(&number);
        let Some((line, log)) = line.and_then(|line| Some((line, line.log?))) else {
            return;
        };
        let meant = |position: u64| {
            let sent = line.acknowledged.get(&position).copied();
            sent.or_else(|| self.at_position(relay, log, position))
        };
        let positions = acknowledged(frame).into_iter();
        let known: Vec<_> = positions.map(|one| (one, meant(one))).collect();
        for (position, hash) in known {
            if let Some(hash) = hash
                && self.book.write(&hash).is_some()
            {
                self.tell(Happened::Acknowledged {
                    device: device_number(device),
                    write: hash.to_string(),
                    relay: relay_number(relay),
                    log: log.to_string(),
                    position,
                });
            }
        }
    }
}

impl World<'_> {
    /// The change that a relay has given a position.
    fn at_position(&self, relay: usize, log: LogId, position: u64) -> Option<ChangeHash> {
        let logged = self.book.at(relay, log, position);
        logged.or_else(|| self.not_logged_yet(relay, log, position))
    }

    /// The change that a relay has given a position and has not written yet. To be told of it is too early.
    fn not_logged_yet(&self, relay: usize, log: LogId, position: u64) -> Option<ChangeHash> {
        let mut free = (1..).skip_while(|at| self.book.at(relay, log, *at).is_some());
        let first = free.next()?;
        let waiting = self.relays[relay].jobs.iter().flat_map(|job| {
            if let spotter_relay::Action::Append { entries, .. } = job {
                entries.as_slice()
            } else {
                &[]
            }
        });
        let place = usize::try_from(position.checked_sub(first)?).ok()?;
        waiting.map(|entry| entry.hash).nth(place)
    }
}

/// The positions that a message acknowledges.
fn acknowledged(frame: &Frame) -> Vec<u64> {
    let is_ack = |text: &&str| text.starts_with("{\"msgType\":\"UPDATE_ACK\"");
    let text = frame.text().filter(is_ack);
    let Some(RelayMessage::UpdateAck(ack)) = text.and_then(|text| RelayMessage::decode(text).ok())
    else {
        return Vec::new();
    };
    ack.update_acks
        .iter()
        .map(|one| one.server_seq_num)
        .collect()
}

/// Whether a message may be delivered twice.
fn may_come_twice(parcel: &Parcel, way: Way) -> bool {
    let Parcel::Message(frame) = parcel else {
        return false;
    };
    match way {
        Way::Down => true,
        Way::Up => frame
            .text()
            .is_some_and(|text| text.starts_with("{\"msgType\":\"UPDATE_INIT\"")),
    }
}

fn bytes_of(parcel: &Parcel) -> usize {
    match parcel {
        Parcel::Message(frame) => frame.len(),
        Parcel::Knock | Parcel::Open | Parcel::Ping | Parcel::Pong | Parcel::Close(_) => 0,
    }
}

/// How long a message takes by the plan's distribution, in milliseconds.
fn latency(latency: &Latency, lots: &[u64; 3]) -> u64 {
    match latency {
        Latency::Fixed { ms } => *ms,
        Latency::Uniform { min_ms, max_ms } => {
            let width = max_ms.saturating_sub(*min_ms) + 1;
            min_ms + mix(lots) % width
        }
        Latency::LogNormal { median_ms, sigma } => {
            let angle = std::f64::consts::TAU * unit(&[lots[0], lots[1], lots[2], 10]);
            let radius = unit(&[lots[0], lots[1], lots[2], 11]);
            let normal = libm::sqrt(-2.0 * libm::log(1.0 - radius)) * libm::cos(angle);
            milliseconds(median_ms * libm::exp(sigma * normal))
        }
        Latency::Trace { ms } => {
            let Some(len) = u64::try_from(ms.len()).ok().filter(|len| *len > 0) else {
                return 0;
            };
            let begin = mix(&[lots[0], lots[1]]);
            milliseconds(ms[(begin.wrapping_add(lots[2]) % len) as usize])
        }
    }
}

fn milliseconds(ms: f64) -> u64 {
    if ms.is_finite() && ms > 0.0 {
        libm::round(ms.min(3.6e6)) as u64
    } else {
        0
    }
}
