//! The line between a device and the server: two ways, each of which may be cut, with what is held up on it.

use std::rc::Rc;

use spotter_sim_plan::{Befell, DeviceNumber, Lane};

use crate::message::Message;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the device to the server.
    Up,
    /// From the server to the device.
    Down,
}

impl Way {
    /// Whether a cut of these lanes cuts this way.
    pub(crate) fn is_of(self, lane: Lane) -> bool {
        match lane {
            Lane::Up => self == Self::Up,
            Lane::Down => self == Self::Down,
            Lane::Both => true,
        }
    }
}

/// One way of a line.
#[derive(Debug, Default)]
pub(crate) struct Path {
    pub(crate) cut: bool,
    /// What arrived while nothing could arrive, and the connection it was sent on.
    pub(crate) held: Vec<(u64, Rc<Message>)>,
    /// When the last message arrives that has been sent.
    pub(crate) last_arrives: u64,
    /// How often chance was drawn.
    pub(crate) drawn: u64,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) befell: Befell,
}

/// A line.
#[derive(Debug, Default)]
pub(crate) struct Line {
    up: Path,
    down: Path,
    /// The connection that the device believes in.
    pub(crate) device_side: Option<u64>,
    /// The connection that the server believes in.
    pub(crate) server_side: Option<u64>,
    /// How many attempts to connect were planned; only the last counts.
    pub(crate) attempts: u64,
    /// How many of them failed in a row.
    pub(crate) failures: u32,
    /// Counts silences and their ends.
    pub(crate) silences: u64,
}

impl Line {
    pub(crate) fn path(&mut self, way: Way) -> &mut Path {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.up.cut || self.down.cut
    }
}

/// The number of a way among all ways of the plan, which chance is drawn by.
pub(crate) fn lane_number(device: DeviceNumber, way: Way) -> u64 {
    u64::from(device.0) * 2 + u64::from(way == Way::Down)
}
