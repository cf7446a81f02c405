//! Everything that can happen to a relay.

use core::net::IpAddr;

use std::sync::Arc;

use spotter_relay_protocol::{
    Chain, ChangeBytes, CloseReason, DisplayKey, LogId, MeetId, Password, Position, Runs, Unpacked,
};

use crate::action::{BatchId, JobId, ReadId, SaveId};
use crate::heard::Heard;
use crate::machine::Config;
use crate::records::MeetRecords;
use spotter_model::ChangeHash;

/// Names one connection. The shell numbers them and never uses a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody opened a connection and the upgrade to a WebSocket is done.
    Connected {
        /// The new connection.
        link: LinkId,
        /// Where it comes from, as far as the shell trusts what it is told; guesses are counted against it.
        address: IpAddr,
    },
    /// A text frame or a binary frame arrived.
    Received {
        /// From where.
        link: LinkId,
        /// The whole message, read; what is packed in it is still packed.
        heard: Heard,
    },
    /// The shell has answered `Unpack`.
    Unpacked {
        /// Whose offer it was.
        link: LinkId,
        /// What came out of it.
        unpacked: Unpacked,
    },
    /// Something arrived that the shell could not make a message of. It closes the connection itself, for this reason.
    Unreadable {
        /// From where.
        link: LinkId,
        /// What was wrong: too large, or malformed.
        reason: CloseReason,
    },
    /// Something arrived that is no message: a pong, a ping. Proof that somebody is there.
    Heard {
        /// From where.
        link: LinkId,
    },
    /// Bytes of earlier `Send`s have left the process.
    Sent {
        /// On which connection.
        link: LinkId,
        /// How many bytes of messages.
        bytes: usize,
    },
    /// A connection is gone, whoever closed it. Also follows every `Close`.
    Disconnected {
        /// Which.
        link: LinkId,
    },
    /// scrypt has answered `HashPassword`.
    PasswordHashed {
        /// Which job.
        job: JobId,
        /// The 32 bytes that scrypt made; `None` if it could not run.
        hash: Option<[u8; 32]>,
    },
    /// The store has answered `CreateMeet`.
    MeetCreated {
        /// Which meet.
        meet: MeetId,
        /// Whether it exists now, durably.
        outcome: Result<(), CreateTrouble>,
    },
    /// The store has answered `OpenMeet`.
    MeetOpened {
        /// Which meet.
        meet: MeetId,
        /// What it found.
        outcome: Result<OpenedMeet, OpenTrouble>,
    },
    /// The store has answered `ReadLog`.
    LogRead {
        /// Which meet.
        meet: MeetId,
        /// Which read.
        read: ReadId,
        /// Consecutive changes from the position after the one asked for.
        outcome: Result<LogSlice, StoreTrouble>,
    },
    /// The store has answered `PackLog`.
    LogPacked {
        /// Which meet.
        meet: MeetId,
        /// Which read.
        read: ReadId,
        /// The first of the positions asked for, as many as fit.
        outcome: Result<PackedSlice, StoreTrouble>,
    },
    /// The store has answered `KeepPack`.
    PackKept {
        /// Which meet.
        meet: MeetId,
        /// Whether it is kept now.
        outcome: Result<(), StoreTrouble>,
    },
    /// A batch is written, synced, and still found under its name.
    Appended {
        /// Which meet.
        meet: MeetId,
        /// Which batch.
        batch: BatchId,
    },
    /// A batch may or may not be on disk.
    AppendFailed {
        /// Which meet.
        meet: MeetId,
        /// Which batch.
        batch: BatchId,
        /// Why.
        trouble: StoreTrouble,
    },
    /// The store has answered `SaveRecords`.
    RecordsSaved {
        /// Which meet.
        meet: MeetId,
        /// Which save.
        save: SaveId,
        /// Whether the new records are the durable ones.
        outcome: Result<(), StoreTrouble>,
    },
    /// The store has answered `SavePublication`.
    PublicationSaved {
        /// Which meet.
        meet: MeetId,
        /// Which save.
        save: SaveId,
        /// Whether it is durable.
        outcome: Result<(), StoreTrouble>,
    },
    /// The store has answered `FinishMeet`.
    MeetFinished {
        /// Which meet.
        meet: MeetId,
        /// Which save.
        save: SaveId,
        /// Whether the meet is among the finished ones now.
        outcome: Result<(), StoreTrouble>,
    },
    /// A display in the relay's own process asks to read a meet. Answered by `DisplayAdmitted` or `DisplayRefused`; when
    /// it leaves by itself, `Disconnected` follows.
    DisplayOpened {
        /// Numbered like connections, and never one of them.
        link: LinkId,
        /// Where its viewer comes from; guesses are counted against it.
        address: IpAddr,
        /// Which meet.
        meet: MeetId,
        /// By what right.
        by: DisplayBy,
    },
    /// The process wants the changes of a meet that a display has been admitted to, from what it knows on; instead of what it
    /// wanted before. Answered by `FeedSlice`, at once and from then on, one at a time.
    FeedOpened {
        /// Which meet.
        meet: MeetId,
        /// Up to where it holds the log already.
        known: Option<Position>,
    },
    /// The last `FeedSlice` of the meet has been taken in.
    FeedTaken {
        /// Which meet.
        meet: MeetId,
    },
    /// Time has passed; [`crate::Relay::next_wakeup`] asked for it.
    Tick,
    /// The operator has changed what the relay allows. Holds from now on; what stands already is not touched.
    Reconfigured {
        /// What it allows now.
        config: Box<Config>,
    },
    /// The operator wants the relay to stop: tell everyone, finish what is being written.
    Drain {
        /// When clients should come back.
        retry_after_ms: u64,
    },
}

/// The right by which a display reads a meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayBy {
    /// A key that was made for it.
    Key(DisplayKey),
    /// The meet's password, which waits its turn like that of a join.
    Password(Password),
}

/// Why a store did something else than it was asked, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreTrouble {
    /// What was durable has changed on disk; only the operator can help.
    Damaged(String),
    /// The disk is full or does not answer; trying again later may succeed.
    Unavailable(String),
}

/// Why a meet was not created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateTrouble {
    /// The id is in use, by a current meet or a finished one; another is drawn.
    Taken,
    /// The store could not.
    Store(StoreTrouble),
}

/// Why a meet was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenTrouble {
    /// There is no meet of this id, current or finished.
    NoSuchMeet,
    /// The store could not.
    Store(StoreTrouble),
}

/// A meet as the store found it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedMeet {
    /// The name of the log.
    pub log_id: LogId,
    /// The hash of the genesis.
    pub root: ChangeHash,
    /// Who may join, and who has.
    pub records: MeetRecords,
    /// How many changes the log has.
    pub end: u64,
    /// Whether it is among the finished ones.
    pub finished: bool,
}

/// Consecutive changes of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSlice {
    /// The changes, the first at the position after the one asked for; empty only at the end of the log.
    pub changes: Vec<ChangeBytes>,
    /// How many changes the log has.
    pub end: u64,
}

/// Changes of a log, packed.
#[derive(Clone, PartialEq, Eq)]
pub struct PackedSlice {
    /// Their positions; at least one.
    pub positions: Runs,
    /// The pack.
    pub pack: Arc<[u8]>,
    /// For a pack that was kept beside the log: the chain it was made at, to be compared with the log's.
    pub kept: Option<Chain>,
    /// What is wrong with the pack that is kept, where one was looked at in vain.
    pub wrong: Option<String>,
}

impl std::fmt::Debug for PackedSlice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackedSlice")
            .field("positions", &self.positions)
            .field("bytes", &self.pack.len())
            .field("kept", &self.kept)
            .field("wrong", &self.wrong)
            .finish()
    }
}
