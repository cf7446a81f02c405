//! What people ask of a meet: what a register shows, held, and overruled.

use serde_json::Value;

use crate::edit::{Act, Assignment, Edit};
use crate::ids::OpId;
use crate::op::RegisterId;
use crate::path::Path;
use crate::value::{typed, value_of};

use super::Meet;
use super::error::ModelError;
use super::shown::{Conflict, HistoryItem, Shown};

impl Meet {
    /// What a register shows.
    ///
    /// # Errors
    /// There is no such register, or it has never been written.
    pub fn get(&mut self, path: &Path) -> Result<Shown, ModelError> {
        self.look_up();
        let register = self.locate(path)?;
        let shown = self.show(&register, path);
        shown.ok_or_else(|| ModelError::Unset { path: path.clone() })
    }

    pub(super) fn show(&mut self, register: &RegisterId, path: &Path) -> Option<Shown> {
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
        self.look_up();
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
        self.look_up();
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
        self.look_up();
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
}
