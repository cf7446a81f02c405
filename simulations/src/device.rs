//! A device: the client's machine, its disk, and the person who sits there.

use std::collections::BTreeMap;

use spotter_client::{BatchId, Client, LinkId};
use spotter_model::ChangeHash;
use spotter_sim_plan::{Befell, EditNumber};

use crate::disk::{Copied, SimDisk};
use crate::journal::Journal;
use crate::line::LineNumber;
use crate::queue::Coming;

/// A device of the plan.
pub(crate) struct Device {
    /// `None` while the process is down.
    pub(crate) client: Option<Client>,
    pub(crate) disk: SimDisk,
    pub(crate) journal: Journal,
    /// The batch that is being saved.
    pub(crate) saving: Option<Saving>,
    /// The how manyth process this is.
    pub(crate) run: u64,
    /// Whether anybody has ever started it.
    pub(crate) has_begun: bool,
    pub(crate) wants: Wants,
    /// The relay it is to use.
    pub(crate) relay: usize,
    /// As it was named by whoever moved or renamed it.
    pub(crate) location: String,
    /// When it next wakes.
    pub(crate) wakes_at: Option<u64>,
    /// What happened to it while it stood still.
    pub(crate) postponed: Option<Vec<Coming>>,
    pub(crate) links: BTreeMap<LinkId, LineNumber>,
    pub(crate) accepted: u64,
    pub(crate) asked: BTreeMap<u64, Asked>,
    pub(crate) requests: u64,
    pub(crate) clock_off_ms: i64,
    pub(crate) bytes_per_second: Option<u64>,
    /// What its disk held, how many records were synced there, and whether bytes of them had changed.
    pub(crate) backup: Option<(Copied, u64, bool)>,
    pub(crate) is_rotten: bool,
    pub(crate) is_damaged: bool,
    /// Why it stopped.
    pub(crate) stopped: &'static str,
    /// Lanes to its relay that are cut.
    pub(crate) up_cut: bool,
    pub(crate) down_cut: bool,
    /// What its document held when it was last looked at, in its order.
    pub(crate) holds: Vec<ChangeHash>,
    pub(crate) status: Option<Said>,
    pub(crate) session: Option<(usize, spotter_relay_protocol::SessionId)>,
    /// The plan's edit that is being made.
    pub(crate) editing: Option<EditNumber>,
    /// What it shows, as last reported.
    pub(crate) screen: BTreeMap<String, serde_json::Value>,
    pub(crate) urged_at: Option<u64>,
    pub(crate) counted: Counted,
}

/// What the person wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    Nothing,
    /// To make the meet live.
    Live,
    /// To be a member.
    Member,
}

/// Why something was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Entering,
    Edit(EditNumber),
    /// A bundle for another device.
    Carry(usize),
    Other,
}

/// A batch on its way to the disk.
#[derive(Clone, Debug)]
pub(crate) struct Saving {
    pub(crate) batch: BatchId,
    /// Whether the disk still has to be waited for, or why it went wrong already.
    pub(crate) written: Result<bool, String>,
}

/// What a device last said of its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) link: &'static str,
    pub(crate) in_sync: bool,
    pub(crate) need_resync: bool,
    pub(crate) not_sent: u64,
}

/// What went over its line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) messages_up: u64,
    pub(crate) messages_down: u64,
    pub(crate) befell: Befell,
    /// Drawn for on the way up and on the way down.
    pub(crate) drawn_up: u64,
    pub(crate) drawn_down: u64,
}

impl Device {
    pub(crate) fn new(disk: SimDisk, location: &str, relay: usize, clock_off_ms: i64) -> Self {
        Self {
            client: None,
            journal: Journal::new(disk.clone()),
            disk,
            saving: None,
            run: 0,
            has_begun: false,
            wants: Wants::Nothing,
            relay,
            location: location.to_owned(),
            wakes_at: None,
            postponed: None,
            links: BTreeMap::new(),
            accepted: 0,
            asked: BTreeMap::new(),
            requests: 0,
            clock_off_ms,
            bytes_per_second: None,
            backup: None,
            is_rotten: false,
            is_damaged: false,
            stopped: "crash",
            up_cut: false,
            down_cut: false,
            holds: Vec::new(),
            status: None,
            session: None,
            editing: None,
            screen: BTreeMap::new(),
            urged_at: None,
            counted: Counted::default(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.client.is_some()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.postponed.is_some()
    }

    /// Whether somebody can use it.
    pub(crate) fn answers(&self) -> bool {
        self.is_up() && !self.is_paused()
    }
}
