//! OpenLifter's `meet` and entries, kept from one reading to the next: a change writes a few registers, and whoever draws a
//! screen after each change should not read thousands.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Meet;
use super::error::ModelError;
use super::layout::Containers;
use crate::document::Touched;
use crate::op::ObjectId;
use crate::openlifter::{write_entry, write_meet};

/// What was read and not written since.
#[derive(Default)]
pub(super) struct Kept {
    meet: Option<Arc<Value>>,
    entries: BTreeMap<ObjectId, Arc<Value>>,
}

impl Kept {
    /// Forgets what may be different now.
    pub(super) fn forget(&mut self, touched: &[Touched], containers: Option<&Containers>) {
        for Touched { register, .. } in touched {
            let is = |of: fn(&Containers) -> ObjectId| containers.map(of) == Some(register.object);
            // Parts of long texts lie among what is carried, and anything may refer to them.
            if is(|containers| containers.carried) {
                *self = Self::default();
            } else if is(|containers| containers.meet) {
                self.meet = None;
            } else {
                self.entries.remove(&register.object);
            }
        }
    }
}

impl Meet {
    /// OpenLifter's `meet`, as [`Self::export`] has it. Costs little where nothing was written since the last time.
    ///
    /// # Errors
    /// The meet's beginning is not here yet.
    pub fn openlifter_meet(&mut self) -> Result<Arc<Value>, ModelError> {
        self.look_up();
        let object = self.containers()?.meet;
        if let Some(meet) = &self.kept.meet {
            return Ok(meet.clone());
        }
        let meet = Arc::new(Value::Object(write_meet(&self.registers(&object))));
        self.kept.meet = Some(meet.clone());
        Ok(meet)
    }

    /// OpenLifter's entries in display order without the withdrawn, as [`Self::export`] has them. Only those are read
    /// again that were written since the last time.
    ///
    /// # Errors
    /// The meet's beginning is not here yet.
    pub fn openlifter_entries(&mut self) -> Result<Vec<Arc<Value>>, ModelError> {
        self.look_up();
        self.containers()?;
        let rows = self.entries.in_order().into_iter();
        let shown = rows.filter(|row| !row.withdrawn);
        Ok(shown.map(|row| self.openlifter_entry(row.object)).collect())
    }

    fn openlifter_entry(&mut self, object: ObjectId) -> Arc<Value> {
        if let Some(entry) = self.kept.entries.get(&object) {
            return entry.clone();
        }
        let entry = Arc::new(Value::Object(write_entry(&self.registers(&object))));
        self.kept.entries.insert(object, entry.clone());
        entry
    }
}
