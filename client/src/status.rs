//! How a replica is doing, as a person would want to know it.

use std::fmt;

use spotter_model::{Author, ChangeHash};
use spotter_relay_protocol::{MeetId, Position};

use crate::limits::PUT_OFF_LONG_MS;
use crate::time::WallTime;

/// A picture of a client at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The hash of the meet's first change; `None` on a replica that holds nothing yet.
    pub root: Option<ChangeHash>,
    /// Whether the meet exists on this device only.
    pub draft: bool,
    /// The meet's number at its relay.
    pub meet_id: Option<MeetId>,
    /// Who writes here.
    pub author: Option<Author>,
    /// The connection to the relay.
    pub link: LinkState,
    /// Edits made here and not acknowledged by the relay, together with those carried for others.
    pub edits_not_sent: usize,
    /// When the oldest of them was written.
    pub oldest_not_sent: Option<WallTime>,
    /// Why the relay does not take them yet, if it has said so.
    pub put_off: Option<PutOff>,
    /// When the relay was last heard of in this run.
    pub last_contact: Option<WallTime>,
    /// How many changes the document has.
    pub changes: usize,
    /// The last place of the relay's log that is applied here without a hole before it.
    pub position: Option<Position>,
    /// Whether something that the relay holds is known, or must be feared, to be missing here.
    pub need_resync: bool,
    /// Whether the relay has acknowledged everything that is here, and everything it has told of is here and saved: its log as
    /// it was when the session began, and what it has sent or acknowledged since. What others gave it a moment ago may still
    /// be on its way. Never true on suspicion.
    pub in_sync: bool,
    /// Changes refused and kept aside.
    pub set_aside: usize,
    /// Edits of others that left with a refused change and can be made again here
    /// ([`Ask::MakeAgain`](crate::Ask::MakeAgain)).
    pub offers: Vec<ChangeHash>,
    /// Why nothing can be saved at present, if that is so.
    pub cannot_save: Option<String>,
    /// Other replicas that exchange changes with this one now.
    pub peers: usize,
    /// Whether the meet was declared finished.
    pub finished: bool,
}

/// Why the relay does not take what it is offered, for the time being. It is kept, and offered again without anybody's
/// doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutOff {
    /// For scripts.
    pub code: String,
    /// For people, as the relay gave it.
    pub reason: String,
    /// In how many milliseconds from its answer on it is offered again.
    pub retry_after_ms: u64,
}

impl PutOff {
    /// Whether this takes so long that people should know.
    pub fn is_long(&self) -> bool {
        self.retry_after_ms >= PUT_OFF_LONG_MS
    }
}

/// The connection to the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// There is none.
    Offline {
        /// Why.
        why: OfflineReason,
        /// In how many milliseconds it is tried again; `None`: not before somebody does something.
        retry_in_ms: Option<u64>,
    },
    /// On the way: connecting, or waiting to be let in.
    Joining,
    /// Let in, and receiving what was missed.
    CatchingUp,
    /// Everything is exchanged as it happens.
    Live,
}

/// Why there is no connection to the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfflineReason {
    /// The replica is no member of a live meet.
    NoRelay,
    /// It was told not to connect.
    NotWanted,
    /// The connection could not be made, or broke.
    Broken {
        /// As the shell reported it.
        why: String,
    },
    /// Nothing was heard for a minute, although the connection stood.
    Silent,
    /// The relay announced that it goes away for a while.
    GoingAway {
        /// As the relay gave it.
        reason: String,
    },
    /// The session is over and nobody has given the password again.
    PasswordWanted {
        /// As the relay gave it.
        reason: String,
    },
    /// The relay refuses this replica.
    Refused {
        /// For scripts.
        code: String,
        /// For people.
        reason: String,
    },
    /// The relay said something that makes no sense.
    Nonsense {
        /// What was wrong with it.
        what: String,
    },
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline {
                why,
                retry_in_ms: None,
            } => write!(f, "offline: {why}"),
            Self::Offline {
                why,
                retry_in_ms: Some(ms),
            } => {
                write!(
                    f,
                    "offline: {why}; trying again in {} s",
                    ms.div_ceil(1_000)
                )
            }
            Self::Joining => f.write_str("joining"),
            Self::CatchingUp => f.write_str("catching up"),
            Self::Live => f.write_str("live"),
        }
    }
}

impl fmt::Display for OfflineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRelay => f.write_str("not a member of a live meet"),
            Self::NotWanted => f.write_str("told not to connect"),
            Self::Broken { why } => f.write_str(why),
            Self::Silent => f.write_str("nothing was heard of the relay for a minute"),
            Self::GoingAway { reason } => write!(f, "the relay goes away for a while: {reason}"),
            Self::PasswordWanted { reason } => write!(f, "the password is wanted: {reason}"),
            Self::Refused { reason, .. } => write!(f, "the relay answered: {reason}"),
            Self::Nonsense { what } => write!(f, "the relay makes no sense: {what}"),
        }
    }
}
