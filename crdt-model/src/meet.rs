//! A meet: what the document's registers mean.
//!
//! A [`Meet`] is opened empty and filled with changes, or begun as a draft: from nothing, from a saved file, or from
//! another meet that goes live. People read it by [`Path`] and change it by [`Edit`]; programs of OpenLifter's world by
//! saved file and action. Whatever arrives from elsewhere is judged by the document before it counts.

mod acting;
mod birth;
mod editing;
mod entries;
mod error;
mod events;
mod folding;
mod kept;
mod layout;
mod learning;
mod planning;
mod questions;
mod reading;
mod shown;
mod undoing;
mod writes;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

pub use editing::Seen;
pub use error::ModelError;
pub use events::MeetEvent;
pub use shown::{Conflict, EntryInfo, Held, HistoryItem, Shown};
pub use undoing::{Restored, Undo};

use crate::change::Change;
use crate::document::{Document, Pen};
use crate::ids::ChangeHash;
use crate::index::{Admission, Index};
use crate::op::{RegisterId, Scalar};
use crate::openlifter::{Content, ImportError, Screen, empty_meet, read_saved, write_saved};
use crate::path::EntryKey;
use crate::refusal::Refusal;

use self::birth::give_birth;
use self::entries::Entries;
use self::events::{Events, News, Unseen};
use self::kept::Kept;
use self::layout::Containers;

/// One meet on one replica.
pub struct Meet {
    document: Document,
    /// Known as soon as the genesis is.
    containers: Option<Containers>,
    entries: Entries,
    events: Events,
    /// What was read lately and holds still.
    kept: Kept,
    /// What was taken in quietly and not looked at yet.
    unseen: Option<Unseen>,
}

/// The verdict on each change that was offered.
pub type Verdicts = Vec<(ChangeHash, Result<Admission, Refusal>)>;

impl Meet {
    /// Begins a meet from nothing, as OpenLifter does, dated on the given day (`YYYY-MM-DD`).
    ///
    /// # Errors
    /// The date is absurdly long.
    pub fn empty_draft(
        date: &str,
        pen: &Pen,
        nonce: [u8; 16],
        now: i64,
    ) -> Result<Self, ModelError> {
        Self::born(empty_meet(date), pen, nonce, now)
    }

    /// Begins a draft from OpenLifter's saved file.
    ///
    /// # Errors
    /// Says where the text stops being a saved meet.
    pub fn import(saved: &str, pen: &Pen, nonce: [u8; 16], now: i64) -> Result<Self, ImportError> {
        let content = read_saved(saved)?;
        Self::born(content, pen, nonce, now).map_err(|error| ImportError::NoMeet(error.to_string()))
    }

    /// Begins a new meet of the same content, as going live does: history stays behind, and every entry is one change.
    ///
    /// # Errors
    /// This meet's own beginning is not here yet.
    pub fn reborn(&mut self, pen: &Pen, nonce: [u8; 16], now: i64) -> Result<Self, ModelError> {
        self.look_up();
        Self::born(self.content()?, pen, nonce, now)
    }

    fn born(content: Content, pen: &Pen, nonce: [u8; 16], now: i64) -> Result<Self, ModelError> {
        let document = give_birth(content, pen, nonce, now)?;
        let mut meet = Self {
            document,
            containers: None,
            entries: Entries::default(),
            events: Events::default(),
            kept: Kept::default(),
            unseen: None,
        };
        let changes: Vec<Change> = meet.changes().collect();
        meet.learn(&changes);
        meet.follow_all();
        Ok(meet)
    }

    /// An empty replica of the meet whose genesis has this hash.
    pub fn open(root: ChangeHash) -> Self {
        Self {
            document: Document::new(root),
            containers: None,
            entries: Entries::default(),
            events: Events::default(),
            kept: Kept::default(),
            unseen: None,
        }
    }

    /// The hash of the genesis: what makes this meet this one.
    pub fn root(&self) -> ChangeHash {
        self.index().root()
    }

    /// What admission knows: heads, order of admission, actors.
    pub fn index(&self) -> &Index {
        self.document.index()
    }

    /// The heads, ascending.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.index().heads()
    }

    /// How many changes the meet has.
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether not even the genesis is known.
    pub fn is_empty(&self) -> bool {
        self.index().is_empty()
    }

    /// Whether a change is part of the meet.
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.index().contains(hash)
    }

    /// A change of the meet.
    pub fn change(&self, hash: &ChangeHash) -> Option<Change> {
        self.document.change(hash)
    }

    /// The exact bytes of a change of the meet.
    pub fn bytes(&self, hash: &ChangeHash) -> Option<&Arc<[u8]>> {
        self.document.bytes_at(self.index().number_of(hash)?)
    }

    /// All changes in order of admission.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        (0..self.len()).filter_map(|number| self.document.change_at(number))
    }

    /// The changes that are neither among these heads nor ancestors of them, in order of admission.
    pub fn beyond(&self, heads: &[ChangeHash]) -> Vec<ChangeHash> {
        let numbers = self.index().beyond(heads).into_iter();
        numbers
            .filter_map(|number| self.index().hash_at(number))
            .collect()
    }

    /// The document as Automerge's own file.
    pub fn save(&mut self) -> Vec<u8> {
        self.document.save()
    }

    /// Takes in changes from anyone, in any order; one verdict for each.
    pub fn receive(&mut self, changes: &[Change]) -> Verdicts {
        let verdicts = self.receive_quietly(changes);
        self.look_up();
        verdicts
    }

    /// Takes in changes and leaves it for later to find out what they did to the screen: until [`Self::look_up`], or
    /// whatever else asks. Much that arrives in pieces costs as little as if it had come at once.
    pub fn receive_quietly(&mut self, changes: &[Change]) -> Verdicts {
        let loading = self.is_empty();
        let received = self.document.receive(changes);
        let verdicts: Verdicts = changes
            .iter()
            .map(Change::hash)
            .zip(received.verdicts)
            .collect();
        let admitted = |verdict: &Result<Admission, Refusal>| *verdict == Ok(Admission::Admitted);
        let news = verdicts.iter().filter(|(_, verdict)| admitted(verdict));
        let new: BTreeSet<ChangeHash> = news.map(|(hash, _)| *hash).collect();
        let mut taken: Vec<Change> = changes
            .iter()
            .filter(|change| new.contains(&change.hash()))
            .cloned()
            .collect();
        taken.sort_by_key(|change| self.index().number_of(&change.hash()));
        let added = self.learn(&taken);
        let unseen = self.unseen.get_or_insert_with(|| Unseen::new(loading));
        unseen.add(new, added, received.touched);
        verdicts
    }

    /// Finds out what changes that were taken in quietly did to the screen.
    pub fn look_up(&mut self) {
        let Some(unseen) = self.unseen.take() else {
            return;
        };
        if unseen.loading {
            self.follow_all();
            self.remember_disputed();
            if !unseen.changes.is_empty() {
                self.events.push(MeetEvent::Loaded {
                    changes: unseen.changes.len(),
                });
            }
            return;
        }
        self.follow(&unseen.touched);
        let news = News {
            changes: &unseen.changes,
            added: &unseen.added,
            before: self.before(&unseen.touched),
        };
        self.tell(&news, &unseen.touched);
    }

    /// What happened on the screen since this was last asked.
    pub fn take_events(&mut self) -> Vec<MeetEvent> {
        self.look_up();
        self.events.take()
    }

    /// OpenLifter's saved file. `screen` is the day and platform it opens at; without one, as imported.
    ///
    /// # Errors
    /// The meet's beginning is not here yet.
    pub fn export(&mut self, screen: Option<Screen>) -> Result<Value, ModelError> {
        self.look_up();
        Ok(write_saved(&self.content()?, screen))
    }

    /// Key and id of every entry in display order, withdrawn ones included. Costs less than [`Self::entries`].
    pub fn entry_ids(&mut self) -> Vec<(EntryKey, Option<i64>)> {
        self.look_up();
        let rows = self.entries.in_order().into_iter();
        rows.map(|row| (row.key, row.id)).collect()
    }

    /// All entries in display order, withdrawn ones included.
    pub fn entries(&mut self) -> Vec<EntryInfo> {
        self.look_up();
        let rows = self.entries.in_order();
        let infos = rows.into_iter().map(|row| {
            let key = "name".to_owned();
            let name = self.read(&RegisterId {
                object: row.object,
                key,
            });
            EntryInfo {
                key: row.key.to_string(),
                id: row.id,
                name: name.map(|name| text_of(&name)).unwrap_or_default(),
                withdrawn: row.withdrawn,
            }
        });
        infos.collect()
    }

    /// Whether there is an entry with this id.
    pub fn has_entry(&mut self, id: i64) -> bool {
        self.look_up();
        self.entries.has_id(id)
    }

    /// Ids that several entries have, with the keys of those entries.
    pub fn duplicate_ids(&self) -> Vec<(i64, Vec<EntryKey>)> {
        self.entries.duplicates().into_iter().collect()
    }
}

fn text_of(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.clone(),
        other @ (Scalar::Null | Scalar::Bool(_) | Scalar::Number(_)) => {
            crate::json::json_text(&crate::openlifter::scalar_value(other))
        }
    }
}
