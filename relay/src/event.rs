//! What the operator may read: values, never sentences with holes, and never a secret or a lifter's data.

use core::net::IpAddr;

use serde::Serialize;
use spotter_relay_protocol::{CloseReason, MeetId, SessionId, UpdateCode};

use crate::input::LinkId;

/// Who would want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Follows decisions.
    Debug,
    /// Follows people.
    Info,
    /// Would interest the operator in the morning.
    Warn,
    /// Wakes the operator.
    Error,
}

/// Something that happened, for the diagnostic log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A meet went live.
    WentLive {
        /// Which.
        meet: MeetId,
        /// Who took it live.
        location: String,
    },
    /// Somebody joined or returned.
    Joined {
        /// Which meet.
        meet: MeetId,
        /// On which connection.
        link: LinkNumber,
        /// As which session.
        session: SessionId,
        /// As which location.
        location: String,
        /// Whether by token.
        resumed: bool,
    },
    /// Somebody was not let in.
    JoinRejected {
        /// From where.
        address: IpAddr,
        /// Why.
        code: String,
    },
    /// Somebody who had joined is gone.
    Left {
        /// Which meet.
        meet: MeetId,
        /// On which connection.
        link: LinkNumber,
    },
    /// The relay closed a connection.
    Closed {
        /// Which connection.
        link: LinkNumber,
        /// Why.
        reason: CloseReason,
    },
    /// A message could not be read.
    BadMessage {
        /// On which connection.
        link: LinkNumber,
        /// Message and field; never its content.
        at: String,
    },
    /// A change was refused for good.
    ChangeRefused {
        /// Which meet.
        meet: MeetId,
        /// The session that carried it.
        session: SessionId,
        /// Why.
        code: String,
    },
    /// Changes were not taken for the time being. Whoever offered them keeps them and offers them again.
    ChangesPutOff {
        /// Which meet.
        meet: MeetId,
        /// The session that carried them.
        session: SessionId,
        /// Why.
        code: UpdateCode,
        /// How many.
        changes: usize,
    },
    /// A batch is durable.
    Appended {
        /// Which meet.
        meet: MeetId,
        /// How many changes.
        changes: usize,
        /// The last position.
        position: u64,
    },
    /// A batch may not be durable; the meet is read again.
    AppendFailed {
        /// Which meet.
        meet: MeetId,
        /// What the store said.
        trouble: String,
    },
    /// The beginning of a log could not be packed to be kept; nobody misses anything.
    PackNotKept {
        /// Which meet.
        meet: MeetId,
        /// What the store said.
        trouble: String,
    },
    /// The store cannot serve a meet.
    MeetTrouble {
        /// Which meet.
        meet: MeetId,
        /// What the store said.
        trouble: String,
        /// Whether only the operator can help.
        damaged: bool,
    },
    /// A client knows more of a log than the log does.
    MemoryLost {
        /// Which meet.
        meet: MeetId,
        /// What the client knows.
        client_position: u64,
        /// What the log has.
        log_position: u64,
    },
    /// A meet came back from a ticket.
    Recovered {
        /// Which meet.
        meet: MeetId,
        /// The epoch of the ticket.
        epoch: u64,
    },
    /// A meet's roster, password or revocations have changed.
    Administered {
        /// Which meet.
        meet: MeetId,
        /// Which word.
        request: &'static str,
        /// Who.
        session: SessionId,
    },
    /// Results were handed in.
    Published {
        /// Which meet.
        meet: MeetId,
        /// Who.
        session: SessionId,
    },
    /// A meet was closed for good.
    Finished {
        /// Which meet.
        meet: MeetId,
    },
    /// The relay was asked to stop.
    Draining {
        /// How many connections it has.
        links: usize,
    },
}

/// The number of a connection, as logs show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LinkNumber(pub u64);

impl From<LinkId> for LinkNumber {
    fn from(link: LinkId) -> Self {
        Self(link.0)
    }
}

impl Event {
    /// Who would want to know.
    pub const fn level(&self) -> Level {
        match self {
            Self::Appended { .. } | Self::BadMessage { .. } | Self::Closed { .. } => Level::Debug,
            Self::WentLive { .. }
            | Self::Joined { .. }
            | Self::JoinRejected { .. }
            | Self::Left { .. }
            | Self::Administered { .. }
            | Self::Published { .. }
            | Self::Finished { .. }
            | Self::Draining { .. } => Level::Info,
            Self::ChangeRefused { .. }
            | Self::MemoryLost { .. }
            | Self::Recovered { .. }
            | Self::PackNotKept { .. } => Level::Warn,
            // Only the operator can make room.
            Self::ChangesPutOff {
                code: UpdateCode::MeetFull,
                ..
            } => Level::Warn,
            Self::ChangesPutOff {
                code:
                    UpdateCode::Admission(_)
                    | UpdateCode::DependsOnRefused
                    | UpdateCode::WaitingFull
                    | UpdateCode::TooFast
                    | UpdateCode::StorageTrouble
                    | UpdateCode::Busy,
                ..
            } => Level::Debug,
            Self::MeetTrouble { damaged: false, .. } | Self::AppendFailed { .. } => Level::Warn,
            Self::MeetTrouble { damaged: true, .. } => Level::Error,
        }
    }
}
