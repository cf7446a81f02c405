//! From an edit to the operations of one change: paths become registers, what is shown already is left out, and
//! what OpenLifter keeps true together is written together.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::document::{NewOps, Pen, Target};
use crate::edit::{Act, Assignment, Edit, unit_path, unit_registers};
use crate::op::{ObjectId, RegisterId, Scalar};
use crate::openlifter::{
    DAYS_MAX, ORDER, Registers, day_key, new_entry, plate_key, plate_names, read_entry,
    scalar_value, shape_key,
};
use crate::path::{Path, Place, RegisterKind};
use crate::planted::{self, Bug};

use super::Meet;
use super::error::ModelError;
use super::folding::{fold, void};

/// Registers and what they shall mean.
type Planned = BTreeMap<RegisterId, Option<Scalar>>;

impl Meet {
    /// The operations of an edit; none if it says nothing new.
    pub(super) fn plan(&mut self, pen: &Pen, edit: &Edit) -> Result<NewOps, ModelError> {
        match &edit.act {
            Act::Assign {
                assignments,
                new_fields,
            } => self.plan_assign(assignments, *new_fields),
            Act::Settle(assignment) => self.plan_settle(assignment),
            Act::ChangeUnit { in_kg } => self.plan_change_unit(*in_kg),
            Act::Add(fields) => self.plan_add(pen, fields),
        }
    }

    fn plan_assign(
        &mut self,
        assignments: &[Assignment],
        new_fields: bool,
    ) -> Result<NewOps, ModelError> {
        let mut planned = Planned::new();
        for Assignment { path, value } in assignments {
            let register = self.locate(path)?;
            if !new_fields {
                self.check_field(path, &register)?;
            }
            planned.insert(register, value.clone());
            self.check_id(path, value.as_ref())?;
            self.add_days(path, value.as_ref(), &mut planned)?;
            self.add_slots(path, &mut planned)?;
        }
        // Correct: numbers are written bit for bit as they were typed.
        if planted::is(Bug::ValueMangled) {
            planned.values_mut().flatten().for_each(mangle);
        }
        planned.retain(|register, value| self.read(register) != *value);
        self.write_planned(planned)
    }

    fn plan_change_unit(&mut self, in_kg: bool) -> Result<NewOps, ModelError> {
        let unit = self.locate(&unit_path())?;
        if self.read(&unit) == Some(Scalar::Bool(in_kg)) {
            return Ok(NewOps::new());
        }
        let object = unit.object;
        let registers = unit_registers(in_kg).into_iter();
        let mut planned: Planned = registers
            .map(|(key, scalar)| (RegisterId { object, key }, Some(scalar)))
            .collect();
        planned.retain(|register, value| self.read(register) != *value);
        self.write_planned(planned)
    }

    fn plan_settle(
        &mut self,
        Assignment { path, value }: &Assignment,
    ) -> Result<NewOps, ModelError> {
        let register = self.locate(path)?;
        if self.read(&register) == *value && !self.document.is_disputed(&register) {
            return Ok(NewOps::new());
        }
        self.write_planned(Planned::from([(register, value.clone())]))
    }

    fn write_planned(&mut self, planned: Planned) -> Result<NewOps, ModelError> {
        let mut parts = Registers::new();
        let mut ops = NewOps::new();
        for (register, value) in planned {
            let held = value.map_or_else(void, |scalar| fold(scalar, &mut parts));
            ops.set(Target::Object(register.object), &register.key, held);
        }
        self.write_parts(parts, &mut ops)?;
        Ok(ops)
    }

    /// Parts that are there already hold what they are named for.
    fn write_parts(&mut self, parts: Registers, ops: &mut NewOps) -> Result<(), ModelError> {
        let object = self.containers()?.carried;
        for (key, part) in parts {
            let register = RegisterId { object, key };
            if self.document.shown_write(&register).is_none() {
                ops.set(Target::Object(object), &register.key, part);
            }
        }
        Ok(())
    }

    /// A typing mistake must not make a new field, nor a plate that no list names.
    fn check_field(&mut self, path: &Path, register: &RegisterId) -> Result<(), ModelError> {
        match path.kind() {
            RegisterKind::Carried => {
                if self.is_carried_somewhere(register) {
                    return Ok(());
                }
                Err(ModelError::NoSuchField { path: path.clone() })
            }
            RegisterKind::Plate => {
                let meet = self.registers(&register.object);
                let known = plate_names(&meet);
                if known.iter().any(|name| plate_key(name) == register.key) {
                    return Ok(());
                }
                Err(ModelError::NoSuchPlate { path: path.clone() })
            }
            RegisterKind::Single(_)
            | RegisterKind::PlateList
            | RegisterKind::Attempt
            | RegisterKind::Selector
            | RegisterKind::Hidden => Ok(()),
        }
    }

    fn is_carried_somewhere(&mut self, register: &RegisterId) -> bool {
        let entries = self.entries.in_order();
        let of_entry = self.entries.contains(&register.object);
        let others = entries.iter().filter(|_| of_entry).map(|row| row.object);
        std::iter::once(register.object)
            .chain(others)
            .any(|object| {
                let key = register.key.clone();
                self.document
                    .shown_write(&RegisterId { object, key })
                    .is_some()
            })
    }

    fn check_id(&self, path: &Path, value: Option<&Scalar>) -> Result<(), ModelError> {
        let (Place::Entry(entry), "id", Some(Scalar::Number(id))) =
            (path.place(), path.key(), value)
        else {
            return Ok(());
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an id that is no integer is nobody's"
        )]
        let id = *id as i64;
        let unchanged = self.entries.find(entry)?.id == Some(id);
        if !unchanged && self.entries.has_id(id) {
            return Err(ModelError::IdTaken { id });
        }
        Ok(())
    }

    /// A longer meet has a platform on each new day, as in OpenLifter.
    fn add_days(
        &mut self,
        path: &Path,
        value: Option<&Scalar>,
        planned: &mut Planned,
    ) -> Result<(), ModelError> {
        let (Place::Meet, "lengthDays", Some(Scalar::Number(days))) =
            (path.place(), path.key(), value)
        else {
            return Ok(());
        };
        let object = self.containers()?.meet;
        let register = |day| RegisterId {
            object,
            key: day_key(day),
        };
        let last = (1..=DAYS_MAX).rfind(|day| self.read(&register(*day)).is_some());
        for day in last.unwrap_or(0) + 1..=DAYS_MAX {
            if day as f64 > *days {
                break;
            }
            let planned = planned.entry(register(day));
            planned.or_insert(Some(Scalar::Number(1.0)));
        }
        Ok(())
    }

    /// An attempt beyond the arrays of an imported entry makes them as long as OpenLifter's.
    fn add_slots(&mut self, path: &Path, planned: &mut Planned) -> Result<(), ModelError> {
        if path.kind() != RegisterKind::Attempt {
            return Ok(());
        }
        let attempt = self.locate(path)?;
        let (lift, _) = path.key().split_once('.').unwrap_or_default();
        let shape = RegisterId {
            object: attempt.object,
            key: shape_key(lift),
        };
        if self.document.shown_write(&attempt).is_none() && self.read(&shape).is_some() {
            planned.entry(shape).or_insert(None);
        }
        Ok(())
    }

    fn plan_add(&mut self, pen: &Pen, fields: &Map<String, Value>) -> Result<NewOps, ModelError> {
        let entries = self.containers()?.entries;
        let entry = self.new_entry(pen, fields)?;
        let mut parts = Registers::new();
        let mut ops = NewOps::new();
        let made = ops.make(Target::Object(entries));
        for (key, scalar) in entry {
            ops.set(made, &key, fold(scalar, &mut parts));
        }
        self.write_parts(parts, &mut ops)?;
        Ok(ops)
    }

    fn new_entry(
        &mut self,
        pen: &Pen,
        fields: &Map<String, Value>,
    ) -> Result<Registers, ModelError> {
        let mut entry = Map::new();
        entry.insert(
            "id".to_owned(),
            Value::from(self.entries.fresh_id(pen.actor)),
        );
        entry.extend(new_entry());
        if let Some(last) = self.entries.last().map(|row| row.object) {
            entry.extend(self.group_of(last));
        }
        entry.extend(fields.clone());
        let id = entry.get("id").and_then(Value::as_i64);
        if let Some(id) = id.filter(|id| self.entries.has_id(*id)) {
            return Err(ModelError::IdTaken { id });
        }
        let mut registers = read_entry(&entry, "")?;
        registers.insert(ORDER.to_owned(), Scalar::Number(self.entries.next_order()));
        Ok(registers)
    }

    /// Day, platform and flight of an entry, as far as they are what they should be.
    fn group_of(&mut self, object: ObjectId) -> Map<String, Value> {
        let mut group = Map::new();
        for name in ["day", "platform", "flight"] {
            let key = name.to_owned();
            let shown = self.read(&RegisterId { object, key });
            let value = shown
                .map(|scalar| scalar_value(&scalar))
                .unwrap_or_default();
            let field = Map::from_iter([(name.to_owned(), value)]);
            if !field[name].is_null() && read_entry(&field, "").is_ok() {
                group.extend(field);
            }
        }
        group
    }
}

fn mangle(scalar: &mut Scalar) {
    if let Scalar::Number(number) = scalar {
        *number = number.trunc();
    }
}
