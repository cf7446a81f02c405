//! Reading registers in full length, and the whole meet as a flat list of them.

use crate::document::{Document, Written};
use crate::json::json_text;
use crate::op::{ObjectId, RegisterId, Scalar};
use crate::openlifter::{Content, Registers};
use crate::path::{Path, Place, RegisterKind};
use crate::value::{spoken, value_of};

use super::Meet;
use super::birth::read_frame;
use super::error::ModelError;
use super::folding::{is_part, unfold};
use super::layout::Containers;
use super::shown::Held;

impl Meet {
    /// What a register means; nothing if it is absent or was never written.
    pub(super) fn read(&mut self, register: &RegisterId) -> Option<Scalar> {
        let held = self.document.value(register)?;
        self.unfolded(&held)
    }

    pub(super) fn unfolded(&mut self, held: &Scalar) -> Option<Scalar> {
        unfolded(&mut self.document, self.containers.as_ref(), held)
    }

    /// All registers of a container that are not absent.
    pub(super) fn registers(&mut self, object: &ObjectId) -> Registers {
        let values = self.document.values(object).into_iter();
        let values = values.filter(|(key, _)| !is_part(key));
        let mut registers = Registers::new();
        for (key, held) in values {
            if let Some(scalar) = self.unfolded(&held) {
                registers.insert(key, scalar);
            }
        }
        registers
    }

    /// The whole meet.
    pub(super) fn content(&mut self) -> Result<Content, ModelError> {
        let containers = self.containers()?;
        let carried = self.registers(&containers.carried);
        let rows = self.entries.in_order();
        Ok(Content {
            meet: self.registers(&containers.meet),
            lifting: self.registers(&containers.lifting),
            entries: rows.iter().map(|row| self.registers(&row.object)).collect(),
            frame: read_frame(&carried),
        })
    }

    pub(super) fn containers(&self) -> Result<Containers, ModelError> {
        self.containers.ok_or(ModelError::NoMeet)
    }

    /// Where the register of a path lies.
    pub(super) fn locate(&self, path: &Path) -> Result<RegisterId, ModelError> {
        let containers = self.containers()?;
        let object = match path.place() {
            Place::Meet => containers.meet,
            Place::Lifting => containers.lifting,
            Place::Entry(name) => self.entries.find(name)?.object,
        };
        Ok(RegisterId {
            object,
            key: path.key().to_owned(),
        })
    }

    /// The path of a register; none for those that people have no name for.
    pub(super) fn path_of(&self, register: &RegisterId) -> Option<Path> {
        let containers = self.containers?;
        let place = match register.object {
            object if object == containers.meet => Place::Meet,
            object if object == containers.lifting => Place::Lifting,
            object => Place::Entry(self.entries.name_of(&object)?),
        };
        let path = Path::new(place, register.key.clone());
        (path.kind() != RegisterKind::Hidden).then_some(path)
    }

    /// A write as people are shown it.
    pub(super) fn held(&mut self, path: &Path, written: &Written) -> Held {
        let value = self
            .unfolded(&written.value)
            .map(|scalar| value_of(path.kind(), &scalar));
        let text = value.as_ref().map(|value| spoken(path.kind(), value));
        Held::new(written, value, text.unwrap_or_default())
    }
}

fn unfolded(
    document: &mut Document,
    containers: Option<&Containers>,
    held: &Scalar,
) -> Option<Scalar> {
    unfold(held, |key| {
        let register = RegisterId {
            object: containers?.carried,
            key: key.to_owned(),
        };
        match document.value(&register)? {
            Scalar::Text(part) => Some(part),
            other @ (Scalar::Null | Scalar::Bool(_) | Scalar::Number(_)) => {
                Some(json_text(&crate::openlifter::scalar_value(&other)))
            }
        }
    })
}
