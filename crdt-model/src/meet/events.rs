//! What people should hear of: values that changed, writes that were overruled, conflicts that were settled.
//!
//! Events come from the operations of applied changes: for each register they wrote, what it showed before is
//! compared with what it shows now.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use crate::document::{Touched, Written};
use crate::ids::{ChangeHash, OpId};
use crate::location::LocationName;
use crate::op::{ObjectId, RegisterId, Scalar};
use crate::path::{EntryName, Path};
use crate::value::{spoken, value_of};

use super::Meet;
use super::shown::Held;

/// Events that are kept until they are taken; beyond it the oldest are forgotten. A day of a large meet has
/// a few thousand.
const EVENTS_MAX: usize = 10_000;

/// Something that changed on the screen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MeetEvent {
    /// A meet arrived where there was nothing: so many changes at once.
    Loaded {
        /// How many.
        changes: usize,
    },
    /// A lifter was added.
    Added {
        /// The entry.
        entry: EntryName,
        /// The lifter's name.
        name: String,
        /// Who added them.
        by: LocationName,
    },
    /// A register shows another value.
    Changed {
        /// The register.
        path: Path,
        /// What it showed before.
        before: Option<String>,
        /// What it shows now.
        now: Held,
    },
    /// Two locations wrote a register without knowing of each other, and one write stands.
    Overruled {
        /// The register.
        path: Path,
        /// The write that lost.
        overruled: Held,
        /// The write that stands.
        stands: Held,
    },
    /// A register is in conflict no longer.
    Settled {
        /// The register.
        path: Path,
        /// The write that stands.
        stands: Held,
    },
}

impl fmt::Display for MeetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loaded { changes } => write!(f, "the meet arrived, {changes} changes"),
            Self::Added { entry, name, by } => write!(f, "{by} added {name:?} as entries.{entry}"),
            Self::Changed { path, before, now } => {
                let before = before.as_deref().unwrap_or("nothing");
                write!(
                    f,
                    "{path}: {before} -> {} by {}",
                    now.text, now.author.location
                )
            }
            Self::Overruled {
                path,
                overruled,
                stands,
            } => write!(
                f,
                "{path}: {}'s {} was overruled by {}'s {}",
                overruled.author.location, overruled.text, stands.author.location, stands.text
            ),
            Self::Settled { path, stands } => {
                write!(
                    f,
                    "{path}: settled, {} by {}",
                    stands.text, stands.author.location
                )
            }
        }
    }
}

/// The events since they were last taken, and the conflicts they are compared with.
#[derive(Default)]
pub(super) struct Events {
    queue: VecDeque<MeetEvent>,
    disputed: BTreeSet<RegisterId>,
}

impl Events {
    pub(super) fn push(&mut self, event: MeetEvent) {
        if self.queue.len() == EVENTS_MAX {
            self.queue.pop_front();
        }
        self.queue.push_back(event);
    }

    pub(super) fn take(&mut self) -> Vec<MeetEvent> {
        std::mem::take(&mut self.queue).into()
    }
}

/// What registers showed before changes were taken in, as far as anyone will ask.
pub(super) type Before = BTreeMap<RegisterId, Option<Scalar>>;

/// What was taken in and not looked at yet.
pub(super) struct Unseen {
    /// Whether the meet was empty before.
    pub(super) loading: bool,
    /// The changes that became part of the meet.
    pub(super) changes: BTreeSet<ChangeHash>,
    /// The entries they made.
    pub(super) added: Vec<EntryAdded>,
    /// The registers they wrote, with what each showed before the first of them.
    pub(super) touched: Vec<Touched>,
    known: BTreeSet<RegisterId>,
}

impl Unseen {
    pub(super) fn new(loading: bool) -> Self {
        Self {
            loading,
            changes: BTreeSet::new(),
            added: Vec::new(),
            touched: Vec::new(),
            known: BTreeSet::new(),
        }
    }

    pub(super) fn add(
        &mut self,
        changes: BTreeSet<ChangeHash>,
        added: Vec<EntryAdded>,
        touched: Vec<Touched>,
    ) {
        self.changes.extend(changes);
        if self.loading {
            return;
        }
        self.added.extend(added);
        for touched in touched {
            if self.known.insert(touched.register.clone()) {
                self.touched.push(touched);
            }
        }
    }
}

/// What was taken in.
pub(super) struct News<'a> {
    /// The changes that became part of the meet.
    pub(super) changes: &'a BTreeSet<ChangeHash>,
    /// The entries they made.
    pub(super) added: &'a [EntryAdded],
    /// What their registers showed before.
    pub(super) before: Before,
}

/// An entry that a change made.
pub(super) struct EntryAdded {
    pub(super) register: RegisterId,
    pub(super) by: LocationName,
}

impl Meet {
    /// Tells of entries that were added and registers that were written.
    pub(super) fn tell(&mut self, news: &News<'_>, touched: &[Touched]) {
        for added in news.added {
            self.tell_added(added);
        }
        let new: BTreeSet<ObjectId> = news
            .added
            .iter()
            .map(|added| added.register.object)
            .collect();
        for touched in touched {
            self.tell_touched(news, touched, new.contains(&touched.register.object));
        }
    }

    /// Remembers which registers are in conflict, without a word: for what was there from the beginning.
    pub(super) fn remember_disputed(&mut self) {
        self.events.disputed = self.document.disputed().into_iter().collect();
    }

    fn tell_added(&mut self, added: &EntryAdded) {
        let Some(entry) = self.entries.name_of(&added.register.object) else {
            return;
        };
        let name = match self.read(&added.register) {
            Some(Scalar::Text(name)) => name,
            Some(Scalar::Null | Scalar::Bool(_) | Scalar::Number(_)) | None => String::new(),
        };
        self.events.push(MeetEvent::Added {
            entry,
            name,
            by: added.by.clone(),
        });
    }

    fn tell_touched(&mut self, news: &News<'_>, touched: &Touched, new: bool) {
        let register = &touched.register;
        let was_disputed = self.events.disputed.contains(register);
        let disputed = self.document.is_disputed(register);
        if disputed {
            self.events.disputed.insert(register.clone());
        } else {
            self.events.disputed.remove(register);
        }
        let Some(path) = self.path_of(register) else {
            return;
        };
        if !new {
            self.tell_changed(news, touched, &path);
        }
        if disputed {
            self.tell_overruled(news, touched, &path);
        } else if was_disputed && let Some(stands) = self.shown_held(register, &path) {
            self.events.push(MeetEvent::Settled { path, stands });
        }
    }

    fn tell_changed(&mut self, news: &News<'_>, touched: &Touched, path: &Path) {
        if self.document.shown_write(&touched.register) == touched.before {
            return;
        }
        let before = news.before.get(&touched.register).cloned().flatten();
        if self.read(&touched.register) == before {
            return;
        }
        if let Some(now) = self.shown_held(&touched.register, path) {
            self.events.push(MeetEvent::Changed {
                before: before.map(|scalar| spoken(path.kind(), &value_of(path.kind(), &scalar))),
                path: path.clone(),
                now,
            });
        }
    }

    /// Tells of each write that lost to another, unless it had lost to the same one already.
    fn tell_overruled(&mut self, news: &News<'_>, touched: &Touched, path: &Path) {
        let mut history = self.document.history(&touched.register);
        let Some(stands) = history.pop() else { return };
        let told_before = |loser: &Written| {
            touched.before == Some(stands.id) && !news.changes.contains(&loser.change)
        };
        history
            .retain(|loser| loser.standing && loser.value != stands.value && !told_before(loser));
        let stands = self.held(path, &stands);
        for loser in history {
            let overruled = self.held(path, &loser);
            self.events.push(MeetEvent::Overruled {
                path: path.clone(),
                overruled,
                stands: stands.clone(),
            });
        }
    }

    /// The write that a register shows, as people are shown it.
    pub(super) fn shown_held(&mut self, register: &RegisterId, path: &Path) -> Option<Held> {
        let shown: OpId = self.document.shown_write(register)?;
        let written = self.document.write_named(register, &shown)?;
        Some(self.held(path, &written))
    }
}
