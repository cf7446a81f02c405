//! A device, the process on it and its line.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use spotter_sim_plan::{Befell, Device, DeviceNumber, Happened, Plan};

use super::line::{Line, Way};
use super::{Star, hexadecimal};
use crate::draw::mixed;
use crate::rule::{Client, Moment, Place, Standing};

/// A device of a run.
pub(crate) struct Desk {
    /// What runs on it and is stored there; none before it has joined, and after its memory was lost.
    pub(crate) client: Option<Box<dyn Client>>,
    /// Whether it is meant to be connected: it has joined or made the meet live.
    pub(crate) joined: bool,
    /// Whether a session of it ever began.
    pub(crate) session_told: bool,
    pub(crate) running: bool,
    pub(crate) paused: bool,
    pub(crate) starts: u32,
    pub(crate) clock_off: i64,
    pub(crate) location: String,
    pub(crate) priority: u32,
    pub(crate) backup: Option<Box<dyn Client>>,
    pub(crate) line: Line,
    status: Option<(bool, Standing)>,
}

impl Desk {
    pub(crate) fn new(plan: &Plan, device: &Device) -> Self {
        Self {
            client: None,
            joined: false,
            session_told: false,
            running: true,
            paused: false,
            starts: 0,
            clock_off: device.clock_off,
            location: device.location.clone(),
            priority: plan.priority_of(&device.location).unwrap_or_default(),
            backup: None,
            line: Line::default(),
            status: None,
        }
    }

    /// Whether a process runs there that has something to say.
    pub(crate) fn acts(&self) -> bool {
        self.running && !self.paused && self.client.is_some()
    }

    pub(crate) fn traffic(&mut self, device: DeviceNumber) -> Happened {
        let mut way = |way| {
            let path = self.line.path(way);
            (path.bytes, path.messages, path.befell)
        };
        let (up, messages_up, on_the_way_up) = way(Way::Up);
        let (down, messages_down, on_the_way_down) = way(Way::Down);
        Happened::Traffic {
            device,
            up,
            down,
            messages_up,
            messages_down,
            befell: Befell {
                duplicate: on_the_way_up.duplicate + on_the_way_down.duplicate,
                loss: on_the_way_up.loss + on_the_way_down.loss,
                reorder: on_the_way_up.reorder + on_the_way_down.reorder,
            },
        }
    }

    /// What is told at the end; none if the device never began.
    pub(crate) fn rests(&self, device: DeviceNumber, named: &[&str]) -> Option<Happened> {
        let client = self.client.as_ref()?;
        let registers: BTreeMap<String, Value> = named
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), client.shown(name)?.clone())))
            .collect();
        let mut held = client.held();
        held.sort_unstable();
        let text = serde_json::to_vec(&registers).unwrap_or_default();
        Some(Happened::Rests {
            device,
            heads: vec![hexadecimal(&Sha256::digest(held.join("\n")))],
            state: hexadecimal(&Sha256::digest(text)),
            registers,
            conflicts: client.conflicts(),
        })
    }

    /// What people are told about the link, if it changed.
    pub(crate) fn new_status(&mut self, device: DeviceNumber) -> Option<Happened> {
        let standing = self.client.as_ref()?.standing();
        let live = self.line.device_side.is_some();
        let new = Some((live, standing));
        if self.status == new {
            return None;
        }
        self.status = new;
        let link = match (live, standing.need_resync) {
            (false, _) => "offline",
            (true, true) => "catching-up",
            (true, false) => "live",
        };
        Some(Happened::Status {
            device,
            link: link.to_owned(),
            in_sync: live && !standing.need_resync && standing.not_sent == 0,
            need_resync: standing.need_resync,
            not_sent: standing.not_sent,
        })
    }
}

impl Star<'_> {
    pub(crate) fn moment(&mut self, device: DeviceNumber) -> Moment {
        let now = self.now;
        let wall = i64::try_from(now).unwrap_or(i64::MAX);
        Moment {
            now,
            wall: wall.saturating_add(self.desk(device).clock_off),
        }
    }

    /// Who sits at a device whose process starts, or whose location joins again: with a name for writing never used before.
    pub(crate) fn new_place(&mut self, device: DeviceNumber) -> Place {
        self.desk(device).starts += 1;
        self.place(device)
    }

    /// Who sits at a device.
    pub(crate) fn place(&mut self, device: DeviceNumber) -> Place {
        let (seed, start) = (self.plan.seed, Rc::clone(&self.start));
        let desk = self.desk(device);
        let actor = mixed(&[seed, u64::from(device.0), u64::from(desk.starts)]);
        Place {
            device,
            location: desk.location.clone(),
            priority: desk.priority,
            actor: format!("{actor:016x}"),
            starts: desk.starts,
            start,
        }
    }
}
