//! The copy of the meet on this device, and what the device knows about it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use spotter_model::{ActorId, Author, Change, ChangeHash, Meet, ObjectId, Pen, Restored};

use crate::record::{Aside, Membership};
use crate::track::Track;

/// What a replica holds.
#[derive(Default)]
pub(crate) struct Replica {
    pub(crate) document: Held,
    /// The live meet this replica is a member of.
    pub(crate) membership: Option<Membership>,
    /// Who writes here where no relay has said so.
    pub(crate) writer: Option<Author>,
    /// The line of writing of this run, begun with its first edit; a new one after every change of author.
    pub(crate) pen: Option<Pen>,
    /// Every actor that has written here, in this run or an earlier one.
    pub(crate) actors: BTreeSet<ActorId>,
    /// Where this replica stands in the relay's log.
    pub(crate) track: Track,
    /// Changes that are not part of the document, and why.
    pub(crate) aside: BTreeMap<ChangeHash, Aside>,
    /// Changes that hold edits made again: these are not made again once more.
    pub(crate) made_again: BTreeSet<ChangeHash>,
    /// Edits of others that left with a refused change and may be made again here.
    pub(crate) offers: BTreeMap<ChangeHash, Offer>,
    /// Own edits of this run that can be taken back, the last one last.
    pub(crate) undoable: VecDeque<ChangeHash>,
    /// What earlier undos have restored.
    pub(crate) restored: Restored,
    /// The maps that edits made again have made anew, in this run.
    pub(crate) moved: Moved,
}

/// From a map that left the document to the one made in its place.
pub(crate) type Moved = BTreeMap<ObjectId, ObjectId>;

/// An edit of somebody else that may be made again.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) change: Change,
    /// Whose edit it was.
    pub(crate) author: Option<Author>,
}

/// The meet itself.
#[derive(Default)]
pub(crate) enum Held {
    /// Nothing yet.
    #[default]
    Empty,
    /// A meet on this device only.
    Draft(Meet),
    /// A meet that others have, or may be given.
    Shared(Meet),
}

impl Replica {
    /// The meet, whether others have it or not.
    pub(crate) fn meet(&self) -> Option<&Meet> {
        match &self.document {
            Held::Empty => None,
            Held::Draft(meet) | Held::Shared(meet) => Some(meet),
        }
    }

    /// The meet, to be edited or read.
    pub(crate) fn meet_mut(&mut self) -> Option<&mut Meet> {
        match &mut self.document {
            Held::Empty => None,
            Held::Draft(meet) | Held::Shared(meet) => Some(meet),
        }
    }

    /// The meet, if it is one to exchange with others.
    pub(crate) fn shared(&self) -> Option<&Meet> {
        match &self.document {
            Held::Shared(meet) => Some(meet),
            Held::Empty | Held::Draft(_) => None,
        }
    }

    /// The meet, if it is one to exchange with others.
    pub(crate) fn shared_mut(&mut self) -> Option<&mut Meet> {
        match &mut self.document {
            Held::Shared(meet) => Some(meet),
            Held::Empty | Held::Draft(_) => None,
        }
    }

    /// The first change's hash of a meet that others have.
    pub(crate) fn shared_root(&self) -> Option<ChangeHash> {
        self.shared().map(Meet::root)
    }

    /// Whether a change is part of the document, or refused and kept beside it.
    pub(crate) fn holds(&self, hash: &ChangeHash) -> bool {
        self.aside.contains_key(hash) || self.shared().is_some_and(|meet| meet.contains(hash))
    }

    /// Whether the meet exists on this device only.
    pub(crate) fn is_draft(&self) -> bool {
        matches!(self.document, Held::Draft(_))
    }

    /// Who writes here: the location joined as, or else the one a person named.
    pub(crate) fn author(&self) -> Option<&Author> {
        let joined = self
            .membership
            .as_ref()
            .map(|membership| &membership.author);
        joined.or(self.writer.as_ref())
    }

    /// Whether a change was written on this device.
    pub(crate) fn is_own(&self, change: &Change) -> bool {
        self.actors.contains(&change.actor())
    }
}
