//! A meet: what the document's registers mean.
//!
//! A [`Meet`] is opened empty and filled with changes, or begun as a draft: from nothing, from a saved file, or from
//! another meet that goes live. People read it by [`Path`] and change it by [`Edit`]; programs of OpenLifter's world by
//! saved file and action. Whatever arrives from elsewhere is judged by the document before it counts.

mod acting;
mod birth;
mod entries;
mod error;
mod events;
mod folding;
mod layout;
mod planning;
mod reading;
mod shown;
mod writes;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

pub use error::ModelError;
pub use events::MeetEvent;
pub use shown::{Conflict, EntryInfo, Held, HistoryItem, Shown};

use crate::change::Change;
use crate::document::{Document, Pen, Touched};
use crate::edit::{Act, Assignment, Edit};
use crate::ids::{ChangeHash, OpId};
use crate::index::{Admission, Index};
use crate::op::{ObjectId, OpAction, RegisterId, Scalar};
use crate::openlifter::{Content, ImportError, Screen, empty_meet, read_saved, write_saved};
use crate::path::{EntryKey, Path};
use crate::refusal::Refusal;
use crate::value::{typed, value_of};

use self::birth::give_birth;
use self::entries::{Entries, FOLLOWED};
use self::events::{Before, EntryAdded, Events, News};
use self::layout::Containers;

/// One meet on one replica.
pub struct Meet {
    document: Document,
    /// Known as soon as the genesis is.
    containers: Option<Containers>,
    entries: Entries,
    events: Events,
}

/// What a person saw when they decided to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nobody looked, or nobody cares: a script, an import.
    Unchecked,
    /// An empty field.
    Nothing,
    /// The value that this write gave the register.
    Write(OpId),
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
        Self::born(self.content()?, pen, nonce, now)
    }

    fn born(content: Content, pen: &Pen, nonce: [u8; 16], now: i64) -> Result<Self, ModelError> {
        let document = give_birth(content, pen, nonce, now)?;
        let mut meet = Self {
            document,
            containers: None,
            entries: Entries::default(),
            events: Events::default(),
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
        let loading = self.is_empty();
        let before = if loading {
            Before::new()
        } else {
            self.before(changes)
        };
        let received = self.document.receive(changes);
        let verdicts: Verdicts = changes
            .iter()
            .map(Change::hash)
            .zip(received.verdicts)
            .collect();
        let admitted = |hash: &ChangeHash| {
            verdicts
                .iter()
                .any(|(other, verdict)| other == hash && *verdict == Ok(Admission::Admitted))
        };
        let new: BTreeSet<ChangeHash> = changes
            .iter()
            .map(Change::hash)
            .filter(|hash| admitted(hash))
            .collect();
        let mut taken: Vec<Change> = changes
            .iter()
            .filter(|change| new.contains(&change.hash()))
            .cloned()
            .collect();
        taken.sort_by_key(|change| self.index().number_of(&change.hash()));
        let added = self.learn(&taken);
        if loading {
            self.follow_all();
            self.remember_disputed();
            if !taken.is_empty() {
                self.events.push(MeetEvent::Loaded {
                    changes: taken.len(),
                });
            }
        } else {
            self.follow(&received.touched);
            let news = News {
                changes: &new,
                added: &added,
                before,
            };
            self.tell(&news, &received.touched);
        }
        verdicts
    }

    /// What happened on the screen since this was last asked.
    pub fn take_events(&mut self) -> Vec<MeetEvent> {
        self.events.take()
    }

    /// Writes an edit as one change. Nothing is written if it says nothing new.
    ///
    /// # Errors
    /// The edit makes no sense here, or what the person saw is no longer shown: nothing is written then.
    pub fn edit(
        &mut self,
        pen: &Pen,
        edit: &Edit,
        now: i64,
        reason: Option<&str>,
        seen: Seen,
    ) -> Result<Option<Change>, ModelError> {
        self.check_seen(edit, seen)?;
        let ops = self.plan(pen, edit)?;
        if ops.is_empty() {
            return Ok(None);
        }
        let was_disputed = self.before_edit(edit);
        let (change, received) = self.document.write(pen, &ops, now, reason)?;
        let own = std::slice::from_ref(&change);
        let added = self.learn(own);
        self.follow(&received.touched);
        let news = News {
            changes: &BTreeSet::from([change.hash()]),
            added: &added,
            before: was_disputed,
        };
        self.tell(&news, &received.touched);
        Ok(Some(change))
    }

    fn before_edit(&mut self, edit: &Edit) -> Before {
        let paths: Vec<Path> = match &edit.act {
            Act::Assign { assignments, .. } => {
                assignments.iter().map(|one| one.path.clone()).collect()
            }
            Act::Settle(assignment) => vec![assignment.path.clone()],
            Act::Add(_) => Vec::new(),
        };
        let registers: Vec<RegisterId> = paths
            .iter()
            .filter_map(|path| self.locate(path).ok())
            .collect();
        let read = registers
            .into_iter()
            .map(|register| (register.clone(), self.read(&register)));
        read.collect()
    }

    fn before(&mut self, changes: &[Change]) -> Before {
        let ops = changes.iter().flat_map(Change::ops);
        let registers = ops.map(|op| RegisterId {
            object: op.object,
            key: op.key.clone(),
        });
        let known: BTreeSet<RegisterId> = registers
            .filter(|register| self.document.shown_write(register).is_some())
            .collect();
        let read = known
            .into_iter()
            .map(|register| (register.clone(), self.read(&register)));
        read.collect()
    }

    fn check_seen(&mut self, edit: &Edit, seen: Seen) -> Result<(), ModelError> {
        let path = match (&edit.act, seen) {
            (_, Seen::Unchecked) | (Act::Add(_), Seen::Nothing | Seen::Write(_)) => return Ok(()),
            (Act::Settle(Assignment { path, .. }), Seen::Nothing | Seen::Write(_)) => path.clone(),
            (Act::Assign { assignments, .. }, Seen::Nothing | Seen::Write(_)) => {
                match assignments.first() {
                    Some(first) => first.path.clone(),
                    None => return Ok(()),
                }
            }
        };
        let register = self.locate(&path)?;
        let stands = self.document.shown_write(&register);
        let expected = match seen {
            Seen::Unchecked | Seen::Nothing => None,
            Seen::Write(write) => Some(write),
        };
        if stands == expected {
            return Ok(());
        }
        let stands = self.show(&register, &path).map(Box::new);
        Err(ModelError::Moved { path, stands })
    }

    /// What a register shows.
    ///
    /// # Errors
    /// There is no such register, or it has never been written.
    pub fn get(&mut self, path: &Path) -> Result<Shown, ModelError> {
        let register = self.locate(path)?;
        let shown = self.show(&register, path);
        shown.ok_or_else(|| ModelError::Unset { path: path.clone() })
    }

    fn show(&mut self, register: &RegisterId, path: &Path) -> Option<Shown> {
        Some(Shown {
            path: path.clone(),
            held: self.shown_held(register, path)?,
            conflict: self.document.is_disputed(register),
        })
    }

    /// The value that a person's text means for a register.
    ///
    /// # Errors
    /// Says what would be understood.
    pub fn parse_value(&mut self, path: &Path, text: &str) -> Result<Value, ModelError> {
        let register = self.locate(path)?;
        let shown = self
            .read(&register)
            .map(|scalar| value_of(path.kind(), &scalar));
        typed(path, text, shown.as_ref()).map_err(|what| ModelError::Typed {
            path: path.clone(),
            what,
        })
    }

    /// Every register in conflict, with what stands and what it overruled.
    pub fn conflicts(&mut self) -> Vec<Conflict> {
        let disputed = self.document.disputed();
        disputed
            .iter()
            .filter_map(|register| self.conflict(register))
            .collect()
    }

    fn conflict(&mut self, register: &RegisterId) -> Option<Conflict> {
        let path = self.path_of(register)?;
        let mut history = self.document.history(register);
        let stands = history.pop()?;
        history.retain(|written| written.standing && written.value != stands.value);
        Some(Conflict {
            stands: self.held(&path, &stands),
            overruled: history
                .iter()
                .rev()
                .map(|written| self.held(&path, written))
                .collect(),
            path,
        })
    }

    /// Every write of a register; the last one is shown.
    ///
    /// # Errors
    /// There is no such register.
    pub fn history(&mut self, path: &Path) -> Result<Vec<HistoryItem>, ModelError> {
        let register = self.locate(path)?;
        let history = self.document.history(&register);
        let items = history.iter().map(|written| HistoryItem {
            held: self.held(path, written),
            replaces: written.replaces.clone(),
            standing: written.standing,
            shown: written.shown,
        });
        Ok(items.collect())
    }

    /// An edit that gives a register again what one of its writes gave it. It also settles a conflict.
    ///
    /// # Errors
    /// There is no such register or no such write.
    pub fn restore(&mut self, path: &Path, write: &OpId) -> Result<Edit, ModelError> {
        let register = self.locate(path)?;
        let Some(written) = self.document.write_named(&register, write) else {
            return Err(ModelError::NoSuchWrite {
                path: path.clone(),
                write: *write,
            });
        };
        let act = Act::Settle(Assignment {
            path: path.clone(),
            value: self.unfolded(&written.value),
        });
        Ok(Edit { act })
    }

    /// OpenLifter's saved file. `screen` is the day and platform it opens at; without one, as imported.
    ///
    /// # Errors
    /// The meet's beginning is not here yet.
    pub fn export(&mut self, screen: Option<Screen>) -> Result<Value, ModelError> {
        Ok(write_saved(&self.content()?, screen))
    }

    /// All entries in display order, withdrawn ones included.
    pub fn entries(&mut self) -> Vec<EntryInfo> {
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

    /// Ids that several entries have, with the keys of those entries.
    pub fn duplicate_ids(&self) -> Vec<(i64, Vec<EntryKey>)> {
        self.entries.duplicates().into_iter().collect()
    }

    /// Learns of containers and entries that changes made.
    fn learn(&mut self, changes: &[Change]) -> Vec<EntryAdded> {
        let mut added = Vec::new();
        for change in changes {
            if change.hash() == self.root() {
                self.containers = Containers::of(change);
            }
            let Some(containers) = self.containers else {
                continue;
            };
            for (op, counter) in change.ops().iter().zip(change.start_op()..) {
                if op.action != OpAction::MakeMap || op.object != containers.entries {
                    continue;
                }
                let Ok(key) = op.key.parse::<EntryKey>() else {
                    continue;
                };
                let object = ObjectId::Made(OpId {
                    counter,
                    actor: change.actor(),
                });
                self.entries.add(key, object);
                if let Some(author) = self.index().author(&change.actor()) {
                    let by = author.location.clone();
                    let key = "name".to_owned();
                    added.push(EntryAdded {
                        register: RegisterId { object, key },
                        by,
                    });
                }
            }
        }
        added
    }

    fn follow(&mut self, touched: &[Touched]) {
        for Touched { register, .. } in touched {
            if FOLLOWED.contains(&register.key.as_str()) && self.entries.contains(&register.object)
            {
                let value = self.read(register);
                self.entries
                    .follow(&register.object, &register.key, value.as_ref());
            }
        }
    }

    fn follow_all(&mut self) {
        for row in self.entries.in_order() {
            for key in FOLLOWED {
                let value = self.read(&RegisterId {
                    object: row.object,
                    key: key.to_owned(),
                });
                self.entries.follow(&row.object, key, value.as_ref());
            }
        }
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
