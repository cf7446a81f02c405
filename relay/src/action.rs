//! Everything a relay can ask its shell to do.

use std::sync::Arc;

use spotter_model::ChangeHash;
use spotter_relay_protocol::{
    ChangeBytes, CloseReason, Frame, JoinRejected, LogId, MeetId, PackedInit, Password, Position,
    Runs, SessionId,
};

use crate::event::Event;
use crate::input::LinkId;
use crate::records::{MeetRecords, ScryptParams};

/// Names one password check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// Names one reading of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadId(pub u64);

/// Names one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchId(pub u64);

/// Names one saving of records or of a publication, or one finishing of a meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SaveId(pub u64);

/// One thing to do.
///
/// Actions on links happen in the order given. Actions on one meet happen one after the other, in the order
/// given; actions on different meets do not wait for each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send a message. Answered by `Sent` once the bytes have left the process.
    Send {
        /// Where to.
        link: LinkId,
        /// The message, shared by everyone it goes to.
        frame: Frame,
    },
    /// Send what is queued, then close, and forget the link soon even if the other side does not answer.
    /// Answered by `Disconnected`.
    Close {
        /// Which connection.
        link: LinkId,
        /// Close code and word.
        reason: CloseReason,
    },
    /// Send a WebSocket ping. The pong is `Heard`.
    Ping {
        /// Where to.
        link: LinkId,
    },
    /// Unpack what a member offers, where it holds nothing up: it can take a second. At most one is outstanding for a link,
    /// and until it is answered nothing else that the link says may be told. Those of different meets take turns. Answered by
    /// `Unpacked`.
    Unpack {
        /// Whose offer it is.
        link: LinkId,
        /// The meet it is for.
        meet: MeetId,
        /// What was offered.
        init: PackedInit,
    },
    /// Run scrypt; slow by design. At most one job is outstanding. Answered by `PasswordHashed`.
    HashPassword {
        /// Which job.
        job: JobId,
        /// The salt.
        salt: [u8; 16],
        /// How hard.
        params: ScryptParams,
        /// What to hash.
        password: Password,
    },
    /// Make a new meet with an empty log, durably. Answered by `MeetCreated`.
    CreateMeet {
        /// Its id, which must name no meet yet, current or finished.
        meet: MeetId,
        /// The name of its log.
        log_id: LogId,
        /// The hash of its genesis.
        root: ChangeHash,
        /// Who may join.
        records: Arc<MeetRecords>,
    },
    /// Find a meet and check its log. Answered by `MeetOpened`.
    OpenMeet {
        /// Which meet.
        meet: MeetId,
    },
    /// Read consecutive changes of an open meet. Answered by `LogRead`.
    ReadLog {
        /// Which meet.
        meet: MeetId,
        /// Which read.
        read: ReadId,
        /// The position after which to begin; 0 for the beginning.
        after: u64,
        /// About how many bytes of changes; at least one change if there is one.
        bytes_max: usize,
    },
    /// Read changes of an open meet and pack them, beside whatever else is done on the meet: what is asked for never
    /// changes. Answered by `LogPacked`.
    PackLog {
        /// Which meet.
        meet: MeetId,
        /// Which read.
        read: ReadId,
        /// The positions, rising; as many of the first ones as fit into a message, at least one.
        positions: Runs,
        /// Whether a pack that is kept beside the log, and begins with the first position, will do instead.
        kept: bool,
    },
    /// Pack the log from its beginning to a position and keep that beside the log, in the place of what was kept
    /// before; beside whatever else is done on the meet. At most one is outstanding. Answered by `PackKept`.
    KeepPack {
        /// Which meet.
        meet: MeetId,
        /// The last position.
        upto: u64,
    },
    /// Write these changes at the end of the log and sync. At most one is outstanding for a meet. Answered by
    /// `Appended` or `AppendFailed`.
    Append {
        /// Which meet.
        meet: MeetId,
        /// Which batch.
        batch: BatchId,
        /// The changes, in order.
        entries: Vec<LogEntry>,
    },
    /// Replace the meet's records, durably. Answered by `RecordsSaved`.
    SaveRecords {
        /// Which meet.
        meet: MeetId,
        /// Which save.
        save: SaveId,
        /// Both records, whole.
        records: Arc<MeetRecords>,
    },
    /// Keep results, durably, beside those kept before. Answered by `PublicationSaved`.
    SavePublication {
        /// Which meet.
        meet: MeetId,
        /// Which save.
        save: SaveId,
        /// The results.
        publication: Arc<Publication>,
    },
    /// Move the meet to the finished ones; it stays open. Answered by `MeetFinished`.
    FinishMeet {
        /// Which meet.
        meet: MeetId,
        /// Which save.
        save: SaveId,
    },
    /// Nobody is connected to the meet any more: let go of its files. Not answered.
    CloseMeet {
        /// Which meet.
        meet: MeetId,
    },
    /// A display may read the meet.
    DisplayAdmitted {
        /// Which display.
        link: LinkId,
        /// Which meet.
        meet: MeetId,
        /// The hash of its genesis.
        root: ChangeHash,
        /// The name of its log.
        log_id: LogId,
        /// Whether it was declared finished.
        finished: bool,
    },
    /// A display may not read the meet, and is forgotten.
    DisplayRefused {
        /// Which display.
        link: LinkId,
        /// Why, in the words of a join that was rejected.
        rejection: JoinRejected,
    },
    /// A display may not read the meet any longer, and is forgotten.
    DisplayEnded {
        /// Which display.
        link: LinkId,
        /// Why: `SessionEnded` if its key was revoked.
        reason: CloseReason,
    },
    /// Changes for the displays of a meet. Answered by `FeedTaken`, and not followed by more before.
    FeedSlice {
        /// Which meet.
        meet: MeetId,
        /// The changes.
        slice: FeedSlice,
    },
    /// The meet of a feed was declared finished.
    FeedFinished {
        /// Which meet.
        meet: MeetId,
    },
    /// Nobody may read the meet any longer, or it cannot be served: nothing follows before the next `FeedOpened`.
    FeedEnded {
        /// Which meet.
        meet: MeetId,
    },
    /// Write this into the diagnostic log.
    Event(Event),
    /// Everything that was begun before `Drain` is done; the process may end.
    Drained,
}

/// Consecutive changes for the displays of a meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSlice {
    /// The position the first change follows. At 0 the reader begins with nothing, whatever it held before.
    pub after: u64,
    /// The changes; none if there are none to begin with.
    pub changes: Vec<ChangeBytes>,
    /// Where the reader stands with them.
    pub reached: Position,
    /// How many changes the log has.
    pub end: u64,
}

/// One change as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When it was received, in seconds since 1970; for people to read.
    pub received_at: i64,
    /// The session that carried it.
    pub by: SessionId,
    /// Its hash.
    pub hash: ChangeHash,
    /// Its bytes.
    pub change: ChangeBytes,
}

/// Results that somebody handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// When, in seconds since 1970.
    pub received_at: i64,
    /// The session that did.
    pub by: SessionId,
    /// How many changes the log had.
    pub server_seq_num: u64,
    /// The state of the meet they were made from, as far as the relay knew it.
    pub heads: Vec<ChangeHash>,
    /// Where to write about them.
    pub return_email: String,
    /// OpenLifter's export, opaque to the relay.
    pub opl_csv: String,
}
