//! One thing that happens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The place of a device in the plan's list, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceNumber(pub u16);

/// A relay, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RelayNumber(pub u16);

/// Names an edit for as long as the plan lives; deleting others does not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EditNumber(pub u32);

/// Something that happens at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// When, in milliseconds since the beginning.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub doing: Doing,
}

/// A device or a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// A device.
    Device(DeviceNumber),
    /// A relay.
    Relay(RelayNumber),
}

/// Which way messages go between a device and its relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// From the device to the relay.
    Up,
    /// From the relay to the device.
    Down,
    /// Both.
    Both,
}

/// How stored bytes change by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rot {
    /// One bit, at a place drawn from `at` (0 to 1 of the file).
    Bit,
    /// The file ends early, at a place drawn from `at`.
    Cut,
}

/// What happens. A step that makes no sense at its moment (a device that is down edits, a relay that runs is started)
/// does nothing, so that any part of a plan is a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "do")]
pub enum Doing {
    /// The first device makes the meet of the plan's start live at its relay.
    GoLive {
        /// Which device.
        device: DeviceNumber,
    },
    /// A device joins with the password and stays connected from then on.
    Join {
        /// Which device.
        device: DeviceNumber,
    },
    /// A person gives registers values, in one act. An entry that does not exist there yet is added by it.
    Edit {
        /// Which device.
        device: DeviceNumber,
        /// Names the edit.
        edit: EditNumber,
        /// Register and value; at least one.
        puts: BTreeMap<String, Value>,
    },
    /// Messages stop getting through; connections stand and nobody is told.
    Cut {
        /// Whose line to its relay.
        device: DeviceNumber,
        /// Which way.
        lane: Lane,
    },
    /// Messages get through again.
    Heal {
        /// Whose line to its relay.
        device: DeviceNumber,
    },
    /// The connection breaks and both sides notice.
    Reset {
        /// Whose.
        device: DeviceNumber,
    },
    /// The connection breaks and only the relay's side notices, or only the device's.
    HalfOpen {
        /// Whose.
        device: DeviceNumber,
        /// The one who still believes in it.
        believer: HalfOpenSide,
    },
    /// A device reads slowly from now on.
    ReadSlowly {
        /// Which device.
        device: DeviceNumber,
        /// How fast; 0: not at all; none: as fast as it comes.
        bytes_per_second: Option<u64>,
    },
    /// The process dies at once: what was not synced may be gone.
    Crash {
        /// Whose.
        whose: Whose,
    },
    /// The process will die at a call to its disk.
    CrashAtDiskCall {
        /// Whose.
        whose: Whose,
        /// The how manyth from now, from 0.
        call: u32,
    },
    /// The process starts, from its disk.
    Start {
        /// Whose.
        whose: Whose,
    },
    /// The process stands still; time passes without it.
    Pause {
        /// Whose.
        whose: Whose,
    },
    /// It goes on.
    Resume {
        /// Whose.
        whose: Whose,
    },
    /// The disk is full from now on, or has room again.
    DiskFull {
        /// Whose.
        whose: Whose,
        /// Whether it is full.
        full: bool,
    },
    /// The next sync fails, loses what was written, and the ones after it claim success.
    SyncFails {
        /// Whose.
        whose: Whose,
    },
    /// Stored bytes change, synced or not.
    Rots {
        /// Whose.
        whose: Whose,
        /// How.
        rot: Rot,
        /// Where in the file, 0 to 1.
        at_share: f64,
    },
    /// All that was stored is gone; the process dies with it. A relay keeps its key.
    LoseMemory {
        /// Whose.
        whose: Whose,
    },
    /// A copy of what is stored is put away.
    Backup {
        /// Whose.
        whose: Whose,
    },
    /// The process dies and its disk is as it was at the backup. Without one, nothing happens.
    Restore {
        /// Whose.
        whose: Whose,
    },
    /// A device starts with a copy of another's disk, and both run.
    Clone {
        /// The one that is copied.
        from: DeviceNumber,
        /// The one that starts; it must not have begun yet.
        to: DeviceNumber,
        /// Whether it starts with the copy that was put away last, if there is one, and not with what the disk holds now.
        #[serde(default, skip_serializing_if = "is_no")]
        old: bool,
    },
    /// A clock jumps.
    ClockJumps {
        /// Whose.
        whose: Whose,
        /// By how much, in milliseconds.
        by: i64,
    },
    /// Two devices exchange changes directly, from now on.
    Dial {
        /// Who dials.
        from: DeviceNumber,
        /// Who is dialled.
        to: DeviceNumber,
    },
    /// A file with everything is carried from one device to another.
    Carry {
        /// From.
        from: DeviceNumber,
        /// To.
        to: DeviceNumber,
    },
    /// A device uses another relay from now on.
    Move {
        /// Which device.
        device: DeviceNumber,
        /// The relay.
        relay: RelayNumber,
    },
    /// The initiator changes the roster: a priority, or a name.
    SetLocation {
        /// As it is called so far.
        location: String,
        /// What it is called from now on.
        name: String,
        /// Its priority from now on.
        priority: u32,
    },
    /// The sessions of a device are ended by the initiator; whoever sits there gives the password again after a while.
    Revoke {
        /// Which device.
        device: DeviceNumber,
    },
    /// Results are handed in.
    Publish {
        /// By which device.
        device: DeviceNumber,
    },
    /// The meet is declared finished.
    Finish {
        /// By which device.
        device: DeviceNumber,
    },
    /// Somebody without a password, or a member that lost its mind, sends what no client of ours would.
    Attack {
        /// The relay.
        relay: RelayNumber,
        /// Whether it has joined before.
        member: bool,
        /// What it sends: `garbage`, `bomb`, `forged-author`, `twin`, `twin-of-latest`, `orphans`, `flood`.
        with: String,
    },
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HalfOpenSide {
    /// The device.
    Device,
    /// The relay.
    Relay,
}

impl Doing {
    /// The edit it is, if it is one.
    pub fn edit(&self) -> Option<EditNumber> {
        if let Self::Edit { edit, .. } = self {
            Some(*edit)
        } else {
            None
        }
    }
}

fn is_no(said: &bool) -> bool {
    !said
}
