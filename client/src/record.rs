//! What a replica keeps on its device: the payloads of the lines of its local store.
//!
//! The store is only ever appended to; reading it from the beginning gives the replica back. Each record stands
//! for one thing that must be true all at once: a position never stands on disk without the changes it covers,
//! an edit made again never without the refused one set aside. These lines are a released format: they must open
//! for ever, so fields may be added and never change their meaning.

use serde::{Deserialize, Serialize};
use spotter_model::{Author, ChangeHash};
use spotter_relay_protocol::{ChangeBytes, MeetId, Position, Roster, SessionToken, Ticket};

use crate::time::WallTime;

/// The format of the records; the first record of a replica says which one it was begun with.
pub const RECORD_FORMAT: u32 = 1;

/// The code of a change that is refused only because it was built on a refused one.
pub(crate) const DEPENDS_ON_REFUSED: &str = "depends-on-refused";

/// One line's payload in the local store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Record {
    /// The first record of every replica.
    Replica {
        /// Always [`RECORD_FORMAT`] so far; a later one is refused in words.
        format: u32,
    },
    /// The replica holds this document from here on. A draft's records before it are history.
    Document {
        /// The hash of its first change.
        root: ChangeHash,
        /// Whether it exists on this device only and may still be replaced by a shared one.
        draft: bool,
    },
    /// Changes joined the document, in an order in which they can be applied.
    Changes {
        /// Where they came from.
        from: Origin,
        /// The changes, byte for byte.
        changes: Vec<ChangeBytes>,
        /// The place in the relay's log which is reached with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Position>,
    },
    /// The relay holds these changes.
    Acknowledged {
        /// Which.
        changes: Vec<ChangeHash>,
        /// The place in the relay's log which is reached with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Position>,
    },
    /// Both sides have compared what they hold: the relay's document is exactly the ancestry of these heads,
    /// and all of it is here. Takes the place of every acknowledgement before it.
    CaughtUp {
        /// The place in the relay's log.
        position: Position,
        /// The relay's heads.
        heads: Vec<ChangeHash>,
    },
    /// Changes left the document because the relay refused one of them for good, and own edits among them were
    /// made again.
    Rebuilt {
        /// What left, in causal order.
        aside: Vec<Aside>,
        /// Changes that could join only now.
        joined: Vec<ChangeBytes>,
        /// The edits made again.
        made_again: Vec<ChangeBytes>,
    },
    /// Somebody else's edit, which had to leave with a refused change, was made again here by a person's wish.
    OfferTaken {
        /// The change that left.
        change: ChangeHash,
    },
    /// A change that was received and refused by this replica, kept for inspection.
    SetAside(Aside),
    /// Who writes on this replica where no relay has said so.
    Writer {
        /// The location, and the priority it holds.
        author: Author,
    },
    /// The replica is a member of a live meet.
    Joined(Membership),
    /// The session is over; the membership remains.
    SessionEnded {},
    /// The roster or the recovery ticket has changed.
    Roster {
        /// Who may join.
        roster: Roster,
        /// Rises with every change of the roster, the password or the revoked sessions.
        epoch: u64,
        /// What gives a relay that lost everything its records back.
        ticket: Ticket,
    },
    /// The meet was declared finished.
    Finished {},
}

/// Where changes came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// Written here.
    Here,
    /// The relay passed them on, and so holds them.
    Relay,
    /// Another replica, directly.
    Peer,
    /// A file that was carried here.
    Bundle,
}

/// A change that is not part of the document, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aside {
    /// Its hash.
    pub hash: ChangeHash,
    /// The change itself.
    pub change: ChangeBytes,
    /// For scripts: the relay's or admission's code, or `depends-on-refused`.
    pub code: String,
    /// For people.
    pub reason: String,
    /// Whether it had been written here.
    pub own: bool,
}

/// Everything a member knows of its live meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The relay's address.
    pub relay: String,
    /// The meet's number there.
    pub meet_id: MeetId,
    /// The location joined as, and the priority it held at that moment.
    pub author: Author,
    /// Whether this replica may change roster, password and sessions.
    pub initiator: bool,
    /// The present session; `None` once it ended and until the password is given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Who may join.
    pub roster: Roster,
    /// Of the ticket.
    pub epoch: u64,
    /// What gives a relay that lost everything its records back.
    pub ticket: Ticket,
    /// Whether the meet was declared finished.
    #[serde(default)]
    pub finished: bool,
}

/// What lets a client return without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Known to this device and the relay only.
    pub token: SessionToken,
    /// For people to read; only the relay decides.
    pub expires_at: WallTime,
    /// Whether it is the session of another replica on this device: good for asking the relay for one of this replica's own,
    /// and for nothing else.
    #[serde(default, skip_serializing_if = "is_false")]
    pub borrowed: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Membership {
    /// The membership with its session, as another replica on this device may borrow it; `None` if it has no session of its
    /// own.
    pub fn to_lend(&self) -> Option<Self> {
        let session = self.session.as_ref().filter(|session| !session.borrowed)?;
        let mut lent = self.clone();
        lent.session = Some(Session {
            borrowed: true,
            ..session.clone()
        });
        Some(lent)
    }
}
