//! What befalls somebody at a fixed time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spotter_sim_plan as plan;

use crate::span::{Offset, Span};

/// Something that happens at a fixed time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// When.
    pub at: Span,
    /// How long: after that the opposite happens. For what has an opposite: `cut`, `crash`, `crashAtDiskCall`, `pause`,
    /// `diskFull`, `readSlowly`, `loseMemory`, `restore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#for: Option<Span>,
    /// What happens.
    pub r#do: Deed,
}

/// What happens. Devices are named as in `locations`; processes are devices, or `relay 0` and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Deed {
    /// Messages stop getting through; connections stand and nobody is told.
    Cut {
        /// Whose line to the relay.
        device: String,
        /// Which way.
        #[serde(default)]
        lane: Lane,
    },
    /// Messages get through again.
    Heal {
        /// Whose line to the relay.
        device: String,
    },
    /// The connection breaks and both sides notice.
    Reset {
        /// Whose.
        device: String,
    },
    /// The connection breaks and only one side notices.
    HalfOpen {
        /// Whose.
        device: String,
        /// The side that still believes in it.
        believer: HalfOpen,
    },
    /// A device reads slowly from now on.
    ReadSlowly {
        /// Which.
        device: String,
        /// How fast; 0 is not at all, without it as fast as it comes.
        #[serde(default)]
        bytes_per_second: Option<u64>,
    },
    /// The process dies at once: what was not synced may be gone.
    Crash {
        /// Whose.
        of: String,
    },
    /// The process dies at a call to its disk.
    CrashAtDiskCall {
        /// Whose.
        of: String,
        /// The how manyth from now, from 0.
        call: u32,
    },
    /// The process starts, from its disk.
    Start {
        /// Whose.
        of: String,
    },
    /// The process stands still; time passes without it.
    Pause {
        /// Whose.
        of: String,
    },
    /// It goes on.
    Resume {
        /// Whose.
        of: String,
    },
    /// The disk is full from now on.
    DiskFull {
        /// Whose.
        of: String,
    },
    /// The disk has room again.
    DiskHasRoom {
        /// Whose.
        of: String,
    },
    /// The next sync fails, loses what was written, and the ones after it claim success.
    SyncFails {
        /// Whose.
        of: String,
    },
    /// Stored bytes change, synced or not.
    Rots {
        /// Whose.
        of: String,
        /// How.
        rot: Rot,
        /// Where in the file, 0 to 1; drawn if nothing is said.
        #[serde(default)]
        at_share: Option<f64>,
    },
    /// All that was stored is gone; the process dies with it. A relay keeps its key.
    LoseMemory {
        /// Whose.
        of: String,
    },
    /// A copy of what is stored is put away.
    Backup {
        /// Whose.
        of: String,
    },
    /// The process dies and its disk is as it was at the backup.
    Restore {
        /// Whose.
        of: String,
    },
    /// A device starts with a copy of another's disk, and both run.
    Clone {
        /// The one that is copied.
        from: String,
        /// The one that starts; a spare.
        to: String,
    },
    /// A clock jumps.
    ClockJumps {
        /// Whose.
        of: String,
        /// By how much.
        by: Offset,
    },
    /// Two devices exchange changes directly, from now on.
    Dial {
        /// Who dials.
        from: String,
        /// Who is dialled.
        to: String,
    },
    /// A file with everything is carried from one device to another.
    Carry {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// A device uses another relay from now on.
    Move {
        /// Which.
        device: String,
        /// The relay, from 0.
        relay: u16,
    },
    /// The initiator changes the roster.
    SetLocation {
        /// The location, as it is called so far.
        location: String,
        /// What it is called from now on; as before if nothing is said.
        #[serde(default)]
        name: Option<String>,
        /// Its priority from now on.
        priority: u32,
    },
    /// The sessions of a device are ended by the initiator; whoever sits there gives the password again after a while.
    Revoke {
        /// Which.
        device: String,
    },
    /// Results are handed in.
    Publish {
        /// By which device.
        device: String,
    },
    /// The meet is declared finished.
    Finish {
        /// By which device.
        device: String,
    },
    /// Somebody sends what no client of ours would.
    Attack {
        /// The relay, from 0.
        relay: u16,
        /// Whether whoever does it knows the password.
        member: bool,
        /// What: `garbage`, `bomb`, `forged-author`, `twin`, `twin-of-latest`, `orphans`, `flood`.
        with: String,
    },
}

/// Which way messages go between a device and its relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// From the device to the relay.
    Up,
    /// From the relay to the device.
    Down,
    /// Both.
    #[default]
    Both,
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HalfOpen {
    /// The device.
    Device,
    /// The relay.
    Relay,
}

/// How stored bytes change by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rot {
    /// One bit turns around.
    Bit,
    /// The file ends early.
    Cut,
}

impl From<Lane> for plan::Lane {
    fn from(lane: Lane) -> Self {
        match lane {
            Lane::Up => Self::Up,
            Lane::Down => Self::Down,
            Lane::Both => Self::Both,
        }
    }
}

impl From<HalfOpen> for plan::HalfOpenSide {
    fn from(side: HalfOpen) -> Self {
        match side {
            HalfOpen::Device => Self::Device,
            HalfOpen::Relay => Self::Relay,
        }
    }
}

impl From<Rot> for plan::Rot {
    fn from(rot: Rot) -> Self {
        match rot {
            Rot::Bit => Self::Bit,
            Rot::Cut => Self::Cut,
        }
    }
}
