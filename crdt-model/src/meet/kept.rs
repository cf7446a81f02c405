//! OpenLifter's `meet` and entries, kept from one reading to the next: a change writes a few registers, and whoever draws a
//! screen after each change should not read thousands.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Meet;
use super::birth::read_frame;
use super::entries::Row;
use super::error::ModelError;
use super::layout::Containers;
use crate::document::Touched;
use crate::op::{ObjectId, RegisterId, Scalar};
use crate::openlifter::{Frame, write_entry, write_meet, write_registration};

/// What was read and not written since.
#[derive(Default)]
pub(super) struct Kept {
    frame: Option<Arc<Frame>>,
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

    /// OpenLifter's `registration`, as [`Self::export`] has it: the entries, the next id, where each id stands.
    ///
    /// # Errors
    /// The meet's beginning is not here yet.
    pub fn openlifter_registration(&mut self) -> Result<Value, ModelError> {
        let entries = self.openlifter_entries()?;
        let frame = self.kept_frame()?;
        let rows = self.entries.in_order().into_iter();
        let ids: Vec<f64> = rows.filter_map(|row| self.any_id(&row)).collect();
        let entries = entries.iter().map(|entry| Value::clone(entry)).collect();
        Ok(write_registration(&frame, ids.into_iter(), entries))
    }

    /// An entry's id, which another program may have made anything.
    fn any_id(&mut self, row: &Row) -> Option<f64> {
        if let Some(id) = row.id {
            return Some(id as f64);
        }
        let key = "id".to_owned();
        let object = row.object;
        match self.read(&RegisterId { object, key })? {
            Scalar::Number(id) => Some(id),
            Scalar::Null | Scalar::Bool(_) | Scalar::Text(_) => None,
        }
    }

    fn kept_frame(&mut self) -> Result<Arc<Frame>, ModelError> {
        if let Some(frame) = &self.kept.frame {
            return Ok(frame.clone());
        }
        let object = self.containers()?.carried;
        let frame = Arc::new(read_frame(&self.registers(&object)));
        self.kept.frame = Some(frame.clone());
        Ok(frame)
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
