//! What people, pages and scripts can ask of a client, and what it answers.

use spotter_model::{Author, ChangeHash, Edit, LocationName, ModelError, Path, Priority, Seen};
use spotter_relay_protocol::{
    DisplayKey, DisplayKeyId, DisplayKeyShown, DisplayLabel, MeetId, Password, SessionId,
    SessionShown, Whereabouts,
};

use crate::bundle::{BundleError, Unpacked};
use crate::link_id::LinkId;
use crate::record::Membership;

/// Names one request in its answer. The shell numbers its requests; no number is used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A request. What it is answered with stands beside each.
#[derive(Debug)]
pub enum Ask {
    /// Begin a meet from nothing, as a draft on this device: [`Reply::Done`] once it is saved.
    NewMeet {
        /// The day it takes place, as `2026-11-20`.
        date: String,
    },
    /// Begin a meet from OpenLifter's saved file, as a draft on this device: [`Reply::Done`] once it is saved.
    Import {
        /// The whole file.
        saved_json: String,
    },
    /// Change something: [`Reply::Edited`] once it is saved. It is shown, and sent, before that.
    Edit(EditAsk),
    /// Take back the last edit made here in this run that is not taken back yet: [`Reply::Undone`]. Refused if anybody has
    /// written over it since.
    Undo,
    /// Make again, in one's own name, an edit of somebody else that was built on a refused change:
    /// [`Reply::Edited`]. The offer came as [`News::BuiltOnRefused`](crate::News::BuiltOnRefused).
    MakeAgain {
        /// The change that went with the refused one.
        change: ChangeHash,
    },
    /// Make the meet live at a relay: [`Reply::Joined`].
    GoLive(GoLive),
    /// Join a live meet: [`Reply::Joined`]. The meet itself follows; ask for [`Ask::Sync`] to wait for it.
    Join(Join),
    /// The password a person was asked for, after a session ended: [`Reply::Joined`].
    Password(Password),
    /// Take what another replica on this device may lend ([`Membership::to_lend`]), if this one holds the same meet and has no
    /// session there: [`Reply::Done`], whether it was of use or not. A session of its own is asked for with it.
    Borrow(Box<Membership>),
    /// Whether to hold a connection to the relay, now and whenever one is lost: [`Reply::Done`].
    StayConnected(bool),
    /// Wait until the status says [`in_sync`](crate::Status::in_sync): [`Reply::Done`], at once if it does already. The relay
    /// is asked nothing: what others gave it a moment ago may still be on its way here. The shell sets the deadline.
    Sync,
    /// Exchange changes with another replica at this address, now and whenever the connection is lost:
    /// [`Reply::Done`] at once.
    DialPeer {
        /// A WebSocket address.
        address: String,
    },
    /// Stop dialling this address: [`Reply::Done`].
    ForgetPeer {
        /// As it was given.
        address: String,
    },
    /// Write everything into a file to carry: [`Reply::Bundle`]. A draft becomes a shared meet by this, so the
    /// first bundle must say who writes here.
    PackBundle {
        /// Who writes here from now on; needed unless it is known.
        author: Option<Author>,
    },
    /// Take in a file that was carried here: [`Reply::Unpacked`] once it is saved.
    UnpackBundle {
        /// The whole file.
        text: String,
        /// Who writes here from now on, where that is not known yet. Without it a replica that began from a
        /// bundle can be read, not edited.
        author: Option<Author>,
    },
    /// Show the others where the people here are, or, with nothing, that nobody is here: [`Reply::Done`] at once. Whoever has asked
    /// for this is shown the others ([`News::Presence`](crate::News::Presence), [`Client::presence`](crate::Client::presence)).
    Present(Option<Whereabouts>),
    /// Something for the relay to do: [`Reply::Done`], or what the [`Word`] says.
    Word(Word),
}

/// One edit, which becomes exactly one change.
#[derive(Debug)]
pub struct EditAsk {
    /// What to write.
    pub edit: Edit,
    /// Why, for those who read the history.
    pub reason: Option<String>,
    /// What was shown to the person. If something else is shown by now, nothing is written.
    pub seen: Seen,
}

/// How to make a meet live.
#[derive(Debug)]
pub struct GoLive {
    /// The relay's WebSocket address.
    pub relay: String,
    /// The location of this replica; it must be in the roster.
    pub location: LocationName,
    /// Every location that may join, with its priority.
    pub roster: Vec<(LocationName, Priority)>,
    /// The password everyone will join with.
    pub password: Password,
    /// Whether to do so although the meet is live already under another number, because that relay will never
    /// come back.
    pub again: bool,
}

/// How to join a live meet.
#[derive(Debug)]
pub struct Join {
    /// The relay's WebSocket address.
    pub relay: String,
    /// Which meet.
    pub meet_id: MeetId,
    /// The location of this replica.
    pub location: LocationName,
    /// The meet's password.
    pub password: Password,
}

/// Something only the relay can do.
#[derive(Clone, Debug)]
pub enum Word {
    /// Add a location to the roster, or give one another priority or name.
    SetLocation {
        /// Which location.
        location: LocationName,
        /// Its priority for whatever it writes after its next join.
        priority: Priority,
        /// Its name from now on.
        new_name: Option<LocationName>,
    },
    /// Change the password for those who join later.
    ChangePassword {
        /// The present one.
        old: Password,
        /// The next one.
        new: Password,
    },
    /// Who is joined: [`Reply::Sessions`].
    ListSessions,
    /// End somebody's session.
    RevokeSession {
        /// As listed.
        session_id: SessionId,
    },
    /// Declare the meet finished.
    FinishMeet,
    /// Make a key that displays may read the meet with: [`Reply::DisplayKeyAdded`].
    AddDisplayKey {
        /// What it is for.
        label: DisplayLabel,
    },
    /// Which display keys there are: [`Reply::DisplayKeys`].
    ListDisplayKeys,
    /// End a display key, and the displays that were opened with it.
    RevokeDisplayKey {
        /// As listed.
        key_id: DisplayKeyId,
    },
    /// Hand over the results.
    Publish {
        /// Where questions should go.
        return_email: String,
        /// The results as OpenPowerlifting takes them.
        opl_csv: String,
    },
}

/// What a request is answered with.
pub type Answer = Result<Reply, Problem>;

/// A request that went well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// It is done.
    Done,
    /// The edit is saved on this device.
    Edited {
        /// The change it became; `None` if the value shown was the same already and nothing was written.
        change: Option<ChangeHash>,
    },
    /// The edit was taken back, and that is saved on this device.
    Undone {
        /// The first register it had written.
        path: Path,
        /// The change that took it back.
        change: ChangeHash,
    },
    /// This replica is a member of a live meet.
    Joined {
        /// The meet's number, to be told to the other locations.
        meet_id: MeetId,
        /// The location this replica writes for.
        author: Author,
    },
    /// The text of a bundle.
    Bundle(String),
    /// A bundle was taken in.
    Unpacked(Unpacked),
    /// Who is joined.
    Sessions(Vec<SessionShown>),
    /// A display key, which is told this once.
    DisplayKeyAdded {
        /// Its name, for lists and for revoking it.
        key_id: DisplayKeyId,
        /// The key.
        key: DisplayKey,
    },
    /// The display keys of the meet.
    DisplayKeys(Vec<DisplayKeyShown>),
}

/// Why a request was not fulfilled, told so that a person knows what to do next.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The local store has not been read yet, or could not be understood.
    #[error("this replica is not open{}", .why.as_deref().map(|why| format!(": {why}")).unwrap_or_default())]
    NotOpen {
        /// What is wrong with the local store, if something is.
        why: Option<String>,
    },
    /// There is nothing here to edit, send or export.
    #[error("this replica holds no meet yet: import one, join one, or take in a bundle")]
    NoMeet,
    /// The meet is on its way but its first change has not arrived.
    #[error("the meet has not arrived yet")]
    NotArrived,
    /// The replica holds a meet that this would replace.
    #[error("this replica already holds a meet; use another folder for another meet")]
    HoldsMeet,
    /// What was offered belongs to another meet.
    #[error("that is another meet: this replica holds the one that began with {}, not {}", short(.ours), short(.theirs))]
    OtherMeet {
        /// The root of the meet held here.
        ours: ChangeHash,
        /// The root of the other.
        theirs: ChangeHash,
    },
    /// The replica does not know for which location it writes.
    #[error("nobody is named as writing here: join a meet, or name a location")]
    NoAuthor,
    /// The edit makes no sense.
    #[error(transparent)]
    Model(ModelError),
    /// The file is not a meet that OpenLifter saved.
    #[error("{why}")]
    Import {
        /// Where the file stops being one.
        why: String,
    },
    /// The file is no bundle, or one of a later format.
    #[error(transparent)]
    Bundle(BundleError),
    /// The local store failed after the change was made. It is kept in memory and tried again.
    #[error("not saved on this device: {why}; it is kept in memory, and saving is tried again")]
    NotSaved {
        /// What the local store reported.
        why: String,
    },
    /// The local store has failed before; nothing is accepted until it works again.
    #[error("nothing can be edited until this device can save again: {why}")]
    CannotSave {
        /// What the local store reported.
        why: String,
    },
    /// The relay does not let this replica in.
    #[error("the relay answered: {reason}")]
    Rejected {
        /// For scripts; never changes its meaning.
        code: String,
        /// For people.
        reason: String,
    },
    /// The relay cannot be asked now.
    #[error("the relay cannot be asked now: {why}")]
    Offline {
        /// The state of the link.
        why: String,
    },
    /// A later request of the same kind took this one's place.
    #[error("another request took the place of this one")]
    Superseded,
    /// The meet is at a relay already.
    #[error("this meet is live already as {meet_id}")]
    AlreadyLive {
        /// Its number.
        meet_id: MeetId,
    },
    /// The location that wants to go live is not among those that may join.
    #[error("the location {location} is not among those that may join")]
    NotInRoster {
        /// The location as given.
        location: LocationName,
    },
    /// The meet is over.
    #[error("the meet was declared finished and takes no more edits")]
    Finished,
    /// Nobody was asked for a password.
    #[error("no password is wanted: this replica is not a member of a live meet")]
    NoPasswordWanted,
    /// Nothing was edited here in this run that is not taken back.
    #[error("there is nothing to undo: nothing was edited here since this program started")]
    NothingToUndo,
    /// There is no such offer to make an edit again.
    #[error("there is nothing to make again for {}", short(.change))]
    NothingToMakeAgain {
        /// As given.
        change: ChangeHash,
    },
    /// Too much is waiting already.
    #[error("too many requests wait for an answer already ({waiting})")]
    TooMany {
        /// How many.
        waiting: usize,
    },
    /// The connection went away.
    #[error("{link} is gone")]
    Gone {
        /// Which connection.
        link: LinkId,
    },
}

/// The beginning of a hash, enough for people to tell two apart.
pub(crate) fn short(hash: &ChangeHash) -> String {
    hash.to_string().chars().take(12).collect()
}
