//! What a person does to a meet. One edit becomes exactly one change, or none if it says nothing new.

use serde_json::{Map, Value};

use crate::op::Scalar;
use crate::openlifter::{DELETED, Registers, WrongShape, read_entry, read_meet, unit_fields};
use crate::path::{EntryName, Path, Place};
use crate::value::scalar_of;

/// One act of a person: it is written whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub(crate) act: Act,
}

/// What an edit does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Gives registers values; those that show the value already are left alone.
    Assign {
        assignments: Vec<Assignment>,
        /// Whether a field may be written that nothing in this meet has yet. A typing mistake must not
        /// make one; an action of a fork may.
        new_fields: bool,
    },
    /// Settles a conflict: writes also what is shown already.
    Settle(Assignment),
    /// Sets the meet's unit, if it is another.
    ChangeUnit { in_kg: bool },
    /// Adds an entry with these fields besides the defaults.
    Add(Map<String, Value>),
}

/// A register and the value it is given, in full length; none makes the field absent again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) path: Path,
    pub(crate) value: Option<Scalar>,
}

impl Edit {
    /// Gives a register a value. Changing `meet.inKg` also changes plates and bars, as OpenLifter does.
    ///
    /// # Errors
    /// The value's shape does not fit the register.
    pub fn set(path: Path, value: &Value) -> Result<Self, WrongShape> {
        if path == unit_path()
            && let Value::Bool(in_kg) = value
        {
            let act = Act::ChangeUnit { in_kg: *in_kg };
            return Ok(Self { act });
        }
        Ok(Self::assign(vec![assignment(path, value)?], false))
    }

    /// Gives several registers values in one act. A carried field that nothing in this meet has yet is made.
    ///
    /// # Errors
    /// Names the first value whose shape does not fit its register.
    pub fn set_all<'a>(
        values: impl IntoIterator<Item = (Path, &'a Value)>,
    ) -> Result<Self, WrongShape> {
        let assignments = values
            .into_iter()
            .map(|(path, value)| assignment(path, value));
        Ok(Self::assign(assignments.collect::<Result<_, _>>()?, true))
    }

    /// Sets the meet's unit and puts plates and bars at that unit's defaults, whatever the unit was.
    pub fn set_in_kg(in_kg: bool) -> Self {
        Self::assign_registers(&Place::Meet, unit_registers(in_kg))
    }

    /// Makes a field absent again, as if nobody had ever filled it in.
    pub fn clear(path: Path) -> Self {
        Self::assign(vec![Assignment { path, value: None }], false)
    }

    /// Settles a conflict with a value, which may be the one that is shown.
    ///
    /// # Errors
    /// The value's shape does not fit the register.
    pub fn settle(path: Path, value: &Value) -> Result<Self, WrongShape> {
        let act = Act::Settle(assignment(path, value)?);
        Ok(Self { act })
    }

    /// Adds an entry. What `fields` does not say is as OpenLifter has it for a new entry; day, platform and
    /// flight are those of the last one.
    ///
    /// # Errors
    /// Names the first field of the wrong shape.
    pub fn add_entry(fields: Map<String, Value>) -> Result<Self, WrongShape> {
        read_entry(&fields, "")?;
        let act = Act::Add(fields);
        Ok(Self { act })
    }

    /// Withdraws an entry. It keeps everything it holds and can be reinstated.
    pub fn withdraw(entry: EntryName) -> Self {
        Self::set_deleted([entry], true)
    }

    /// Takes back a withdrawal.
    pub fn reinstate(entry: EntryName) -> Self {
        Self::set_deleted([entry], false)
    }

    /// The register that a person had in view when they made this edit.
    pub(crate) fn first_path(&self) -> Option<Path> {
        match &self.act {
            Act::Assign { assignments, .. } => assignments.first().map(|one| one.path.clone()),
            Act::Settle(assignment) => Some(assignment.path.clone()),
            Act::ChangeUnit { .. } => Some(unit_path()),
            Act::Add(_) => None,
        }
    }

    pub(crate) fn set_deleted(entries: impl IntoIterator<Item = EntryName>, deleted: bool) -> Self {
        let assignments = entries.into_iter().map(|entry| Assignment {
            path: Path::new(Place::Entry(entry), DELETED),
            value: Some(Scalar::Bool(deleted)),
        });
        Self::assign(assignments.collect(), true)
    }

    pub(crate) fn assign_registers(place: &Place, registers: Registers) -> Self {
        let assignments = registers.into_iter().map(|(key, scalar)| Assignment {
            path: Path::new(place.clone(), key),
            value: Some(scalar),
        });
        Self::assign(assignments.collect(), true)
    }

    pub(crate) fn assign(assignments: Vec<Assignment>, new_fields: bool) -> Self {
        Self {
            act: Act::Assign {
                assignments,
                new_fields,
            },
        }
    }
}

/// The registers that change with the meet's unit, at their defaults.
pub(crate) fn unit_registers(in_kg: bool) -> Registers {
    read_meet(&unit_fields(in_kg), "meet").unwrap_or_default()
}

/// The register of the meet's unit.
pub(crate) fn unit_path() -> Path {
    Path::new(Place::Meet, "inKg")
}

fn assignment(path: Path, value: &Value) -> Result<Assignment, WrongShape> {
    let scalar = scalar_of(path.kind(), value, &path.to_string())?;
    Ok(Assignment {
        path,
        value: Some(scalar),
    })
}
