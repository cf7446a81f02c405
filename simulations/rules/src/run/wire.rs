//! Connections: how they come about, carry messages and end.

use std::rc::Rc;

use spotter_sim_plan::{DeviceNumber, HalfOpenSide, Happened, RelayNumber};

use super::line::{Way, lane_number};
use super::{Due, Star};
use crate::draw::{fate, mixed};
use crate::message::Message;

/// How long either side believes in a connection over which nothing comes, in milliseconds.
const SILENCE_MAX_MS: u64 = 60_000;
/// How long a device waits after the first failure to connect; doubled with every further one.
const BACKOFF_FIRST_MS: u64 = 500;
/// The longest wait.
const BACKOFF_LONGEST_MS: u64 = 30_000;

impl Star<'_> {
    /// Puts a message on its way, if the sender believes in a connection.
    pub(crate) fn sends(&mut self, device: DeviceNumber, way: Way, message: Rc<Message>) {
        let line = &mut self.desk(device).line;
        let connection = match way {
            Way::Up => line.device_side,
            Way::Down => line.server_side,
        };
        let Some(connection) = connection else {
            return;
        };
        let path = line.path(way);
        path.messages += 1;
        path.bytes += message.bytes;
        self.travels(device, way, connection, message);
    }

    /// Lets a message travel behind those sent before it on its way: a connection is a stream. What is drawn to be out of
    /// order is held up, with all that comes behind it, so that what others sent later arrives earlier.
    fn travels(&mut self, device: DeviceNumber, way: Way, connection: u64, message: Rc<Message>) {
        let (now, network) = (self.now, &self.plan.network);
        let path = self.desks[usize::from(device.0)].line.path(way);
        path.drawn += 1;
        let fate = fate(network, lane_number(device, way), path.drawn);
        let held_up = if fate.overtaken {
            network.retransmit
        } else {
            0
        };
        let arrives = (now + fate.takes + held_up).max(path.last_arrives);
        path.last_arrives = arrives;
        // What a retry after a lost answer amounts to.
        let repeats = way == Way::Down || message.kind() == "UPDATE_INIT";
        path.befell.loss += fate.lost;
        path.befell.reorder += u64::from(fate.overtaken);
        path.befell.duplicate += u64::from(fate.twice && repeats);
        if fate.twice && repeats {
            let again = Rc::clone(&message);
            self.later(arrives, Due::Arrives(device, way, connection, again));
        }
        self.later(arrives, Due::Arrives(device, way, connection, message));
    }

    pub(crate) fn arrives(
        &mut self,
        device: DeviceNumber,
        way: Way,
        connection: u64,
        message: Rc<Message>,
    ) {
        let house_waits = self.house.paused;
        let desk = self.desk(device);
        let waits = match way {
            Way::Up => house_waits,
            Way::Down => desk.paused,
        };
        if desk.line.path(way).cut || waits {
            desk.line.path(way).held.push((connection, message));
            return;
        }
        match way {
            Way::Up if desk.line.server_side == Some(connection) => {
                self.server(|server, moment, out| server.received(moment, device, &message, out));
            }
            Way::Down if desk.line.device_side == Some(connection) && desk.acts() => {
                self.client(device, |client, moment, out| {
                    client.received(moment, &message, out)
                });
            }
            Way::Up | Way::Down => {}
        }
    }

    /// Lets go what was held up on a line.
    pub(crate) fn releases(&mut self, device: DeviceNumber) {
        for way in [Way::Up, Way::Down] {
            let path = self.desk(device).line.path(way);
            let held = if path.cut {
                Vec::new()
            } else {
                std::mem::take(&mut path.held)
            };
            for (connection, message) in held {
                self.travels(device, way, connection, message);
            }
        }
        self.desk(device).line.silences += 1;
    }

    /// Nothing comes through any more: both sides will notice after a while.
    pub(crate) fn falls_silent(&mut self, device: DeviceNumber) {
        let line = &mut self.desk(device).line;
        line.silences += 1;
        let silence = line.silences;
        self.later(self.now + SILENCE_MAX_MS, Due::Silent(device, silence));
    }

    pub(crate) fn silent(&mut self, device: DeviceNumber, silence: u64) {
        if self.desk(device).line.silences == silence {
            self.breaks(device);
        }
    }

    /// Ends the connection of a device for both sides.
    pub(crate) fn breaks(&mut self, device: DeviceNumber) {
        self.server_notices(device);
        self.device_notices(device);
    }

    /// Ends the connection for one side; the other will notice after a while.
    pub(crate) fn half_opens(&mut self, device: DeviceNumber, believer: HalfOpenSide) {
        match believer {
            HalfOpenSide::Device => self.server_notices(device),
            HalfOpenSide::Relay => self.device_notices(device),
        }
        self.falls_silent(device);
    }

    fn server_notices(&mut self, device: DeviceNumber) {
        if self.desk(device).line.server_side.take().is_some() {
            self.server(|server, moment, out| server.disconnected(moment, device, out));
        }
    }

    pub(crate) fn device_notices(&mut self, device: DeviceNumber) {
        if self.desk(device).line.device_side.take().is_some() {
            self.client(device, |client, moment, out| {
                client.disconnected(moment, out)
            });
            self.tries_later(device);
        }
    }

    /// Plans the next attempt to connect.
    pub(crate) fn tries_later(&mut self, device: DeviceNumber) {
        let seed = self.plan.network.seed;
        let line = &mut self.desk(device).line;
        let doubled = BACKOFF_FIRST_MS << line.failures.min(16);
        let longest = doubled.min(BACKOFF_LONGEST_MS);
        line.failures += 1;
        let drawn = mixed(&[seed, u64::from(device.0), line.attempts, 0x0bac_0ff0]);
        self.tries_in(device, longest / 2 + drawn % (longest - longest / 2 + 1));
    }

    /// Plans an attempt to connect, and forgets any that was planned.
    pub(crate) fn tries_in(&mut self, device: DeviceNumber, ms: u64) {
        let line = &mut self.desk(device).line;
        line.attempts += 1;
        let attempt = line.attempts;
        self.later(self.now + ms, Due::Try(device, attempt));
    }

    pub(crate) fn tries(&mut self, device: DeviceNumber, attempt: u64) {
        let reachable = self.house.running && !self.house.paused;
        let desk = self.desk(device);
        if desk.line.attempts != attempt || desk.line.device_side.is_some() || !desk.acts() {
            return;
        }
        if desk.line.is_cut() || !reachable {
            self.tries_later(device);
            return;
        }
        let mut way = |way| {
            let path = self.desks[usize::from(device.0)].line.path(way);
            path.drawn += 1;
            fate(&self.plan.network, lane_number(device, way), path.drawn).takes
        };
        let takes = way(Way::Up) + way(Way::Down);
        self.later(self.now + takes, Due::Opens(device, attempt));
    }

    pub(crate) fn opens(&mut self, device: DeviceNumber, attempt: u64) {
        let reachable = self.house.running && !self.house.paused;
        let desk = self.desk(device);
        if desk.line.attempts != attempt || desk.line.device_side.is_some() || !desk.acts() {
            return;
        }
        if desk.line.is_cut() || !reachable {
            self.tries_later(device);
            return;
        }
        self.server_notices(device);
        self.connections += 1;
        let connection = self.connections;
        let line = &mut self.desk(device).line;
        line.failures = 0;
        line.silences += 1;
        (line.device_side, line.server_side) = (Some(connection), Some(connection));
        self.tell_session(device);
        let place = self.place(device);
        self.server(|server, moment, out| server.connected(moment, &place, out));
        self.client(device, |client, moment, out| client.connected(moment, out));
    }

    fn tell_session(&mut self, device: DeviceNumber) {
        if !std::mem::replace(&mut self.desk(device).session_told, true) {
            self.tell(Happened::Joined {
                relay: RelayNumber(0),
                device: Some(device),
                session: format!("device-{}", device.0),
            });
        }
    }
}
