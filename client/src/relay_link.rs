//! The connection to the relay: where it stands, and what it takes to get further.

use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{LogId, Password, SessionToken};

use crate::ask::{GoLive, Join, RequestId};
use crate::backoff::Backoff;
use crate::limits::JOINING_MS;
use crate::line::Line;
use crate::link_id::LinkId;
use crate::status::OfflineReason;
use crate::time::{Moment, WallTime};

/// The link and what it remembers between two connections.
#[derive(Debug)]
pub(crate) struct RelayLink {
    pub(crate) state: RelayState,
    /// Whether a connection is wanted at all.
    pub(crate) wanted: bool,
    /// What a person asked for that needs a connection of its own.
    pub(crate) entry: Option<Entry>,
    /// The relay does not know the meet: the next word is the recovery ticket.
    pub(crate) recover: bool,
    /// Packs are not wanted, or one of this run could not be read.
    pub(crate) plain: bool,
    /// The last session that the relay has refused or ended in this run.
    pub(crate) refused: Option<SessionToken>,
    pub(crate) backoff: Backoff,
    pub(crate) connections: u64,
    pub(crate) last_contact: Option<WallTime>,
}

/// Where the link stands.
#[derive(Debug)]
pub(crate) enum RelayState {
    /// There is no connection.
    Offline {
        why: OfflineReason,
        /// When to try again; `None` while only a person can help.
        retry_at: Option<Moment>,
    },
    /// Connecting, or waiting for an answer at the door.
    Joining { line: Line, knock: Knock },
    /// Inside, receiving what was missed.
    CatchingUp(Inside),
    /// Inside, with nothing more to wait for.
    Live { inside: Inside, since: Moment },
}

/// How far the way in has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knock {
    /// The connection does not stand yet.
    Connecting,
    /// It stands, and the first word is still to be said.
    Connected,
    /// The first word is said.
    Said,
}

/// What holds while a client is in a meet.
#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) line: Line,
    /// The log of the relay that this connection speaks of.
    pub(crate) log_id: LogId,
    /// Whether what is sent may be packed.
    pub(crate) packs: bool,
    /// Whether it knows the word for where people are, as far as it has not said otherwise.
    pub(crate) knows_presence: bool,
    /// Whether changes may be sent: not before heads are compared with a relay that has another log.
    pub(crate) may_send: bool,
    /// Whether something the relay holds is known to be missing here.
    pub(crate) missing: bool,
    /// When to ask again for what is missing, after the relay said later.
    pub(crate) pull_at: Option<Moment>,
    /// How many changes the document had at the last pull by heads: another such pull needs progress.
    pub(crate) pulled_at_len: Option<usize>,
}

/// What a person wants at the door.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Make the meet live.
    GoLive { request: RequestId, go_live: GoLive },
    /// Join as somebody.
    Join { request: RequestId, join: Join },
    /// Come back after a session ended.
    Password {
        request: RequestId,
        password: Password,
    },
}

impl Entry {
    pub(crate) fn request(&self) -> RequestId {
        match self {
            Self::GoLive { request, .. }
            | Self::Join { request, .. }
            | Self::Password { request, .. } => *request,
        }
    }
}

impl RelayLink {
    pub(crate) fn new(wanted: bool, plain: bool) -> Self {
        Self {
            state: RelayState::Offline {
                why: OfflineReason::NoRelay,
                retry_at: None,
            },
            wanted,
            entry: None,
            recover: false,
            plain,
            refused: None,
            backoff: Backoff::default(),
            connections: 0,
            last_contact: None,
        }
    }

    /// The connection, if there is one or one is being made.
    pub(crate) fn line_mut(&mut self) -> Option<&mut Line> {
        match &mut self.state {
            RelayState::Offline { .. } => None,
            RelayState::Joining { line, .. } => Some(line),
            RelayState::CatchingUp(inside) | RelayState::Live { inside, .. } => {
                Some(&mut inside.line)
            }
        }
    }

    /// The name of the connection, if there is one or one is being made.
    pub(crate) fn link(&self) -> Option<LinkId> {
        match &self.state {
            RelayState::Offline { .. } => None,
            RelayState::Joining { line, .. } => Some(line.link),
            RelayState::CatchingUp(inside) | RelayState::Live { inside, .. } => {
                Some(inside.line.link)
            }
        }
    }

    /// What holds inside, if the client is in the meet.
    pub(crate) fn inside(&self) -> Option<&Inside> {
        match &self.state {
            RelayState::Offline { .. } | RelayState::Joining { .. } => None,
            RelayState::CatchingUp(inside) | RelayState::Live { inside, .. } => Some(inside),
        }
    }

    /// What holds inside, if the client is in the meet.
    pub(crate) fn inside_mut(&mut self) -> Option<&mut Inside> {
        match &mut self.state {
            RelayState::Offline { .. } | RelayState::Joining { .. } => None,
            RelayState::CatchingUp(inside) | RelayState::Live { inside, .. } => Some(inside),
        }
    }

    /// Whether nothing more is waited for.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, RelayState::Live { .. })
    }

    /// When the link wants attention.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        match &self.state {
            // Correct: whoever wants a connection is woken for it.
            RelayState::Offline { .. }
                if planted::is(Bug::WakeupLost) && self.connections.is_multiple_of(3) =>
            {
                None
            }
            RelayState::Offline { retry_at, .. } => *retry_at,
            RelayState::Joining {
                line,
                knock: Knock::Connecting,
            } => Some(line.since.after_ms(JOINING_MS)),
            RelayState::Joining { line, .. } => {
                Some(line.since.after_ms(JOINING_MS).min(line.next_wakeup()))
            }
            RelayState::CatchingUp(inside) | RelayState::Live { inside, .. } => {
                let pull_at = inside.pull_at.into_iter();
                pull_at.chain([inside.line.next_wakeup()]).min()
            }
        }
    }
}
