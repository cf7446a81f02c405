//! A trace: what happened in a world, in order. One JSON object a line when it is written down.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::step::{DeviceNumber, EditNumber, RelayNumber, Whose};

/// What trouble is called in a trace.
pub const TROUBLES: [&str; 28] = [
    "backup",
    "carry",
    "clock-jumps",
    "clone",
    "crash",
    "cut",
    "dial",
    "disk-full",
    "disk-has-room",
    "finish",
    "half-open",
    "heal",
    "let-go",
    "lose-memory",
    "move",
    "moved-away",
    "pause",
    "publish",
    "reads-slowly",
    "repaired",
    "reset",
    "restore",
    "resume",
    "revoke",
    "rots",
    "set-location",
    "start",
    "sync-fails",
];

/// What befell messages on a device's line, each called as the field of the network that asks for it.
pub const BEFELL: [&str; 3] = ["duplicate", "loss", "reorder"];

/// How many messages something befell on a device's line. [`BEFELL`] has the names of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Befell {
    /// Messages that were sent on their way twice.
    pub duplicate: u64,
    /// How often a message was lost and sent again.
    pub loss: u64,
    /// Messages that were held up, so that what others sent later arrived earlier.
    pub reorder: u64,
}

impl Befell {
    /// The counts by their names.
    pub fn by_name(&self) -> [(&'static str, u64); 3] {
        let [duplicate, loss, reorder] = BEFELL;
        [
            (duplicate, self.duplicate),
            (loss, self.loss),
            (reorder, self.reorder),
        ]
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When, in milliseconds since the beginning; never less than in the event before.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub what: Happened,
}

/// An edit as it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// Names it: the hash of its change, or whatever the runner names writes by. What is written again after a refusal
    /// has a name of its own.
    pub name: String,
    /// The plan's edit that it makes; none for what the runner wrote itself, such as the beginning of the meet.
    pub edit: Option<EditNumber>,
    /// The location it was written for.
    pub location: String,
    /// That location's priority when it was written.
    pub priority: u32,
    /// Orders writes of equal priority: the higher one wins. Higher than every counter of every write it had seen.
    pub counter: u64,
    /// The registers that are ordered by another counter than `counter`, and that counter, which is higher: where every
    /// register that an edit writes is an operation of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, u64>,
    /// Orders writes of equal priority and counter; compared as text.
    pub actor: String,
    /// Register and value. Values that were shown already are not written.
    pub puts: BTreeMap<String, Value>,
    /// Writes that its device held, and that it was written without having seen: of an edit that is made again because its
    /// write had to leave, and that is written on what its author had seen at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
}

/// What happened. A device *holds* the writes that are part of its document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    tag = "event"
)]
pub enum Happened {
    /// The world began.
    Began {
        /// The version of the program.
        version: String,
        /// The rule that decides conflicts: `spotter`, or that of a baseline.
        rule: String,
        /// The scenario.
        scenario: String,
        /// The seed.
        seed: u64,
        /// SHA-256 over the plan's JSON, in hexadecimal.
        plan: String,
    },
    /// A device wrote, having seen every write it holds but those that the write names as unseen, and holds this one from now
    /// on.
    Wrote {
        /// Which device.
        device: DeviceNumber,
        /// What.
        write: Write,
    },
    /// A person wanted to edit and could not.
    NotWritten {
        /// Which device.
        device: DeviceNumber,
        /// The edit.
        edit: EditNumber,
        /// Whether it said nothing new, so that there was nothing to write.
        nothing_new: bool,
        /// Why.
        why: String,
    },
    /// A person was told that an edit is kept on this device.
    Saved {
        /// Which device.
        device: DeviceNumber,
        /// The write.
        write: String,
    },
    /// A device was told by its relay that it will keep a write.
    Acknowledged {
        /// Which device.
        device: DeviceNumber,
        /// The write.
        write: String,
        /// The relay that said so.
        relay: RelayNumber,
        /// The name of the log.
        log: String,
        /// Where in it, from 1.
        position: u64,
    },
    /// A device holds writes of others, or its own again.
    Learnt {
        /// Which device.
        device: DeviceNumber,
        /// Their names, in the order in which they were taken in.
        writes: Vec<String>,
    },
    /// A device does not hold writes any more: it crashed before they were saved, lost its memory, or they were refused.
    Forgot {
        /// Which device.
        device: DeviceNumber,
        /// Their names.
        writes: Vec<String>,
        /// `crash`, `lost`, `restored`, `refused`.
        why: String,
    },
    /// A server refused or overruled a write for good; its author is told.
    Refused {
        /// Whose write it was.
        device: DeviceNumber,
        /// The write.
        write: String,
        /// Why, as a code.
        code: String,
    },
    /// A device shows something else than before.
    Shows {
        /// Which device.
        device: DeviceNumber,
        /// The register.
        register: String,
        /// Its value.
        value: Value,
        /// The write it comes from; none for what was there at the start.
        write: Option<String>,
        /// Whether the person at the device did it.
        own: bool,
    },
    /// What a device tells people about its link changed.
    Status {
        /// Which device.
        device: DeviceNumber,
        /// `offline`, `joining`, `catching-up`, `live`.
        link: String,
        /// Whether it says that everything is everywhere.
        in_sync: bool,
        /// Whether it says that something must be fetched.
        need_resync: bool,
        /// How many edits it says are not acknowledged.
        not_sent: u64,
    },
    /// A relay put a write into its log, durably.
    Logged {
        /// Which relay.
        relay: RelayNumber,
        /// The name of the log.
        log: String,
        /// Where in it, from 1.
        position: u64,
        /// The write, or the hash of what is no write of anybody here.
        write: String,
        /// The session that carried it.
        session: String,
        /// Whether the relay found it there when it read the log: it was written by an earlier process, which did not live
        /// to know that it is durable.
        #[serde(default, skip_serializing_if = "is_no")]
        found: bool,
    },
    /// A session began: whoever carries it has shown the password, or a token that stood for it.
    Joined {
        /// The relay.
        relay: RelayNumber,
        /// The device; none for an attacker.
        device: Option<DeviceNumber>,
        /// The session.
        session: String,
    },
    /// A session was ended by the initiator.
    SessionEnded {
        /// The relay.
        relay: RelayNumber,
        /// The session.
        session: String,
    },
    /// A connection on which a session had begun is over at the relay, which takes in and sends nothing on it any more.
    Left {
        /// The relay.
        relay: RelayNumber,
        /// The session.
        session: String,
    },
    /// A relay's process read the time of day. It does so once, when it starts, and counts from there.
    ClockRead {
        /// The relay.
        relay: RelayNumber,
        /// What the clock showed, in milliseconds since 1970.
        shows: i64,
    },
    /// A process opened a log or a journal of its disk.
    Opened {
        /// Whose.
        whose: Whose,
        /// `clean`, `torn`, `damaged`, `none`.
        found: String,
        /// How many records it uses.
        records: u64,
        /// How many records were ever synced there and not taken away since, as the disk knows it.
        synced: u64,
        /// Whether bytes changed by themselves since they were synced.
        rotten: bool,
    },
    /// A relay holds more in memory than ever before in this world.
    Holds {
        /// Which relay.
        relay: RelayNumber,
        /// What: `queue-bytes` of the fullest link, `waiting-changes`, `links`.
        what: String,
        /// How much.
        amount: u64,
        /// What it is configured to hold at most.
        limit: u64,
    },
    /// An attack was answered.
    Attacked {
        /// The relay.
        relay: RelayNumber,
        /// As the plan says.
        with: String,
        /// The answers, by their type or code, or `closed`.
        answers: Vec<String>,
    },
    /// A password was hashed.
    Hashed {
        /// By which relay.
        relay: RelayNumber,
    },
    /// Something of the plan happened that is seen from outside: `cut`, `heal`, `crash`, `start`, `pause` and so on, as the
    /// plan calls it. `publish`, `finish`, `set-location` and `revoke` are told of a relay once it has stored them, `dial` of the
    /// device that dialled once the other has answered, `carry` of the device that is given the file, and `let-go` of the
    /// device whose connection a relay closes because too much waits for it. In the calm operators see to damaged files: `repaired` keeps what is sound, and what has nothing sound
    /// is `moved-away`. One of [`TROUBLES`].
    Trouble {
        /// To whom.
        whose: Whose,
        /// What.
        what: String,
    },
    /// The trouble is over.
    Calm,
    /// Bytes that went over a device's line since the beginning; at the end.
    Traffic {
        /// Which device.
        device: DeviceNumber,
        /// From it.
        up: u64,
        /// To it.
        down: u64,
        /// Messages from it.
        messages_up: u64,
        /// Messages to it.
        messages_down: u64,
        /// What befell them on the way, in both directions.
        #[serde(default, skip_serializing_if = "Befell::is_nothing")]
        befell: Befell,
    },
    /// What a relay's disk did since the beginning; at the end.
    Disk {
        /// Whose.
        whose: Whose,
        /// How often it was synced.
        syncs: u64,
        /// How many bytes its log or journal has.
        bytes: u64,
    },
    /// A device at the end.
    Rests {
        /// Which device.
        device: DeviceNumber,
        /// The heads of its document, sorted, or whatever names the set of writes it holds.
        heads: Vec<String>,
        /// A hash over the whole resolved state, byte for byte as it is exported.
        state: String,
        /// Register and value, of every register that the plan names.
        registers: BTreeMap<String, Value>,
        /// How many registers it lists as conflicts.
        conflicts: u64,
    },
    /// Something happened that must never happen; the machine says so itself.
    Fault {
        /// Whose.
        whose: Whose,
        /// What.
        what: String,
    },
    /// The world ended.
    Ended {
        /// How many events and messages were handled: what cost is counted by.
        handled: u64,
    },
}

fn is_no(said: &bool) -> bool {
    !said
}
