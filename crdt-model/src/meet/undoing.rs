//! Taking back one's own edit: an ordinary edit that gives its registers again what they showed before.

use std::collections::BTreeMap;

use crate::change::Change;
use crate::edit::{Assignment, Edit};
use crate::ids::{ChangeHash, OpId};
use crate::op::{OpAction, RegisterId};
use crate::path::Path;

use super::Meet;
use super::error::ModelError;

/// Which writes gave a register again what an earlier write had given it: those of edits that took others back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored(BTreeMap<OpId, OpId>);

/// How to take a change back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undo {
    /// The edit that does it.
    pub edit: Edit,
    /// The first register it writes.
    pub path: Path,
    /// The write that each register shows again by it.
    former: BTreeMap<RegisterId, OpId>,
}

impl Restored {
    /// Takes note of the change that an undo became.
    pub fn note(&mut self, undo: &Undo, change: &Change) {
        for (index, op) in change.ops().iter().enumerate() {
            if let Some(former) = undo.former.get(&register_of(op)) {
                self.0.insert(change.op_id(index), *former);
            }
        }
    }

    /// The write whose value a write stands for.
    fn origin(&self, mut write: OpId) -> OpId {
        while let Some(former) = self.0.get(&write) {
            write = *former;
        }
        write
    }
}

impl Meet {
    /// How to take a change back, as long as everything it wrote is still what is shown, and nobody else's write stands beside
    /// it. What earlier undos restored counts as the write that they restored.
    ///
    /// # Errors
    /// Somebody has written over it ([`ModelError::Moved`] names the register, the value and who), or it is none that can
    /// be taken back.
    pub fn undo(&mut self, change: &ChangeHash, restored: &Restored) -> Result<Undo, ModelError> {
        self.look_up();
        let change = self.change(change).ok_or(ModelError::NotUndoable {
            why: "it is no part of the meet any more",
        })?;
        let mut former = BTreeMap::new();
        let mut assignments = Vec::new();
        for (index, op) in change.ops().iter().enumerate() {
            if op.action == OpAction::MakeMap {
                let why = "it added something; withdraw that instead";
                return Err(ModelError::NotUndoable { why });
            }
            let register = register_of(op);
            // What no path names, such as the parts of a long text, means nothing without what does.
            let Some(path) = self.path_of(&register) else {
                continue;
            };
            let history = self.document.history(&register);
            let is_shown = history
                .last()
                .is_some_and(|stands| restored.origin(stands.id) == change.op_id(index));
            if !is_shown || self.document.is_disputed(&register) {
                let stands = self.show(&register, &path).map(Box::new);
                return Err(ModelError::Moved { path, stands });
            }
            // Of what its author had seen, the last in the order of the register was shown.
            let before = history.iter().rev().find(|one| op.preds.contains(&one.id));
            if let Some(before) = before {
                former.insert(register, restored.origin(before.id));
            }
            let value = before.and_then(|before| self.unfolded(&before.value));
            assignments.push(Assignment { path, value });
        }
        let Some(path) = assignments.first().map(|first| first.path.clone()) else {
            let why = "it wrote nothing that people see";
            return Err(ModelError::NotUndoable { why });
        };
        let edit = Edit::assign(assignments, true);
        Ok(Undo { edit, path, former })
    }
}

fn register_of(op: &crate::op::Op) -> RegisterId {
    RegisterId {
        object: op.object,
        key: op.key.clone(),
    }
}
