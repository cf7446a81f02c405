//! Connections: streams between a device and a relay, or between two devices.

use std::collections::{BTreeMap, VecDeque};

use spotter_client::LinkId;
use spotter_model::ChangeHash;
use spotter_relay_protocol::{Frame, LogId};

/// Names a connection; never used twice.
pub(crate) type LineNumber = u64;

/// What a system buffers for a reader that is slow, in bytes.
const BUFFERED: usize = 128 << 10;

/// A relay is told of bytes that have left it when they are this many, as in its shell.
const TOLD_FROM: usize = 16 << 10;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// Away from the one who opened the connection.
    Up,
    /// Back.
    Down,
}

/// What travels.
#[derive(Clone, Debug)]
pub(crate) enum Parcel {
    /// The wish to connect.
    Knock,
    /// The connection stands.
    Open,
    Message(Frame),
    Ping,
    Pong,
    /// The connection is closed.
    Close(&'static str),
}

/// The other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Far {
    Relay(usize),
    Device(usize, LinkId),
    /// Nobody of the plan knows the one who opened this; it speaks to a relay.
    Attacked(usize),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Line {
    /// The device that opened it.
    pub(crate) near: usize,
    pub(crate) near_link: LinkId,
    pub(crate) far: Far,
    pub(crate) near_open: bool,
    pub(crate) far_open: bool,
    pub(crate) up: Lane,
    pub(crate) down: Lane,
    /// Whether everything that is sent vanishes.
    pub(crate) is_hole: bool,
    /// The log that a relay's numbers on it are of.
    pub(crate) log: Option<LogId>,
    /// What the relay acknowledges on it, by position. An older log may be put back before the device hears of it.
    pub(crate) acknowledged: BTreeMap<u64, ChangeHash>,
    /// Bytes that the relay has sent, that have left it, and of which it has been told.
    sent: usize,
    arrived: usize,
    told: usize,
}

/// One way of a connection.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    pub(crate) parcels: VecDeque<Parcel>,
    /// When the last one arrives.
    pub(crate) last_at: u64,
    /// How many arrivals wait for the lane to be healed.
    pub(crate) held: u32,
    /// From when on the reader has read what it was given.
    pub(crate) read_at: u64,
    /// Whether the reader is about to be given the first parcel at `read_at`.
    pub(crate) is_read: bool,
}

impl Line {
    pub(crate) fn new(near: usize, near_link: LinkId, far: Far) -> Self {
        Self {
            near,
            near_link,
            far,
            near_open: true,
            far_open: false,
            up: Lane::default(),
            down: Lane::default(),
            is_hole: false,
            log: None,
            acknowledged: BTreeMap::new(),
            sent: 0,
            arrived: 0,
            told: 0,
        }
    }

    pub(crate) fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    /// Whether nothing will ever come of it.
    pub(crate) fn is_over(&self) -> bool {
        !self.near_open
            && !self.far_open
            && self.up.parcels.is_empty()
            && self.down.parcels.is_empty()
    }

    pub(crate) fn relay_sent(&mut self, bytes: usize) {
        self.sent += bytes;
    }

    pub(crate) fn device_got(&mut self, bytes: usize) {
        self.arrived += bytes;
    }

    /// Bytes of which the relay has not been told that they have left.
    pub(crate) fn outstanding(&self) -> usize {
        self.sent - self.told
    }

    /// How many bytes the relay is to be told of now.
    pub(crate) fn take_left(&mut self) -> Option<usize> {
        let left = self.sent.min(self.arrived + BUFFERED) - self.told;
        if left < TOLD_FROM {
            return None;
        }
        self.told += left;
        Some(left)
    }
}
