//! What a replica learns from changes: the containers, the entries, and what there is to tell people.

use crate::change::Change;
use crate::document::Touched;
use crate::ids::OpId;
use crate::op::{ObjectId, OpAction, RegisterId};
use crate::path::EntryKey;

use super::Meet;
use super::entries::FOLLOWED;
use super::events::{Before, EntryAdded};
use super::kept::Kept;
use super::layout::Containers;

impl Meet {
    /// Learns of containers and entries that changes made.
    pub(super) fn learn(&mut self, changes: &[Change]) -> Vec<EntryAdded> {
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

    pub(super) fn follow(&mut self, touched: &[Touched]) {
        self.kept.forget(touched, self.containers.as_ref());
        for Touched { register, .. } in touched {
            if FOLLOWED.contains(&register.key.as_str()) && self.entries.contains(&register.object)
            {
                let value = self.read(register);
                self.entries
                    .follow(&register.object, &register.key, value.as_ref());
            }
        }
    }

    pub(super) fn follow_all(&mut self) {
        self.kept = Kept::default();
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

    /// What registers showed before they were written.
    pub(super) fn before(&mut self, touched: &[Touched]) -> Before {
        let mut before = Before::new();
        for Touched {
            register,
            before: shown,
        } in touched
        {
            let shown = shown.and_then(|id| self.document.write_named(register, &id));
            if let Some(written) = shown {
                before.insert(register.clone(), self.unfolded(&written.value));
            }
        }
        before
    }
}
