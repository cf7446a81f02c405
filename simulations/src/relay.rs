//! A relay: its machine, its disk, and what it is waiting for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use spotter_relay::{Action, Relay, StoreTrouble};
use spotter_relay_protocol::{MeetId, SessionId};

use crate::disk::{Copied, SimDisk};
use crate::line::LineNumber;
use crate::queue::Coming;
use crate::store::Store;

/// A relay of the plan.
pub(crate) struct RelayHost {
    /// `None` while the process is down.
    pub(crate) machine: Option<Relay>,
    pub(crate) disk: SimDisk,
    pub(crate) store: Store,
    /// What the disk is to do, in order; the first is being done.
    pub(crate) jobs: VecDeque<Action>,
    pub(crate) is_busy: bool,
    /// Why the append that is being done could not be written.
    pub(crate) trouble: Option<StoreTrouble>,
    /// The password hash that is being made.
    pub(crate) hash: Option<[u8; 32]>,
    pub(crate) run: u64,
    pub(crate) wakes_at: Option<u64>,
    /// What happened to it while it stood still.
    pub(crate) postponed: Option<Vec<Coming>>,
    pub(crate) links: BTreeMap<u64, LineNumber>,
    pub(crate) last_link: u64,
    /// The session that began last on each link that is not over.
    pub(crate) stays: BTreeMap<u64, SessionId>,
    /// How far its clock is off now, and was when the process started, which reads it once.
    pub(crate) clock_off_ms: i64,
    pub(crate) started_off_ms: i64,
    pub(crate) backup: Option<(Copied, BTreeMap<MeetId, u64>, BTreeSet<MeetId>)>,
    pub(crate) rotten: BTreeSet<MeetId>,
    pub(crate) damaged: BTreeSet<MeetId>,
    pub(crate) repairs: u64,
    /// The first session of a meet that is being made.
    pub(crate) made: Option<SessionId>,
    pub(crate) revoked: BTreeSet<SessionId>,
    pub(crate) queue_bytes_most: u64,
    pub(crate) links_most: u64,
    pub(crate) hashed: u64,
}

impl RelayHost {
    pub(crate) fn new(disk: SimDisk) -> Self {
        Self {
            machine: None,
            store: Store::new(disk.clone()),
            disk,
            jobs: VecDeque::new(),
            is_busy: false,
            trouble: None,
            hash: None,
            run: 0,
            wakes_at: None,
            postponed: None,
            links: BTreeMap::new(),
            last_link: 0,
            stays: BTreeMap::new(),
            clock_off_ms: 0,
            started_off_ms: 0,
            backup: None,
            rotten: BTreeSet::new(),
            damaged: BTreeSet::new(),
            repairs: 0,
            made: None,
            revoked: BTreeSet::new(),
            queue_bytes_most: 0,
            links_most: 0,
            hashed: 0,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.machine.is_some()
    }
}
