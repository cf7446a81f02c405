//! OpenLifter's actions as edits.
//!
//! An action is read against the meet as it is shown now, and an edit is made of what it asks for: "mark the second
//! squat good" needs the weight that was called, because both are one register.

use serde_json::{Map, Value};

use crate::edit::{Assignment, Edit};
use crate::json::number_text;
use crate::op::{RegisterId, Scalar};
use crate::openlifter::{
    Action, AttemptName, Kind, LIFTS, Registers, Screen, attempt_key, attempt_pair, attempt_scalar,
    day_key, last_day, plate_key, plate_scalar, read_entry, read_meet, read_selector, read_single,
    selector_fields, write_entry,
};
use crate::path::{EntryName, Path, Place};

use super::Meet;
use super::error::ModelError;

/// Lots that one change assigns. A change holds 1,024 operations.
const LOTS_PER_CHANGE: usize = 500;

impl Meet {
    /// The edits that an OpenLifter action asks for, each to be made as one change, in order. None for actions that
    /// concern one screen alone.
    ///
    /// `screen` is what the acting score table looks at; `SET_LIFTING_GROUP` turns it.
    ///
    /// # Errors
    /// The action is unknown or of the wrong shape, or names an entry that is not there.
    pub fn act(&mut self, action: &Value, screen: &mut Screen) -> Result<Vec<Edit>, ModelError> {
        let action = Action::read(action)?;
        if let Action::SelectGroup { screen: chosen, .. } = &action {
            *screen = *chosen;
        }
        self.edits_of(action, *screen)
    }

    fn edits_of(&mut self, action: Action, screen: Screen) -> Result<Vec<Edit>, ModelError> {
        let edit = match action {
            Action::Local => return Ok(Vec::new()),
            Action::MergePlatform { screen, entries } => {
                return self.merge_platform(screen, entries);
            }
            Action::AssignLots(lots) => return self.assign_lots(&lots),
            Action::SetPlate { weight, changes } => return self.set_plate(weight, changes),
            Action::UpdateMeet(changes) => self.update_meet(&changes)?,
            Action::SetPlatformCount { day, count } => {
                let count = read_single(Kind::Number, &count, "count")?;
                set_one(Path::new(Place::Meet, day_key(day)), count)
            }
            Action::SetInKg(in_kg) => Edit::set_in_kg(in_kg),
            Action::NewEntry(fields) => Edit::add_entry(fields)?,
            Action::DeleteEntry { id } => Edit::withdraw(EntryName::Id(id)),
            Action::UpdateEntry { id, changes } => {
                self.update_entry(EntryName::Id(id), &changes)?
            }
            Action::EnterAttempt { attempt, kg } => self.enter_attempt(attempt, &kg)?,
            Action::MarkLift { attempt, good } => self.mark_lift(attempt, good, screen)?,
            Action::SelectGroup {
                screen,
                flight,
                lift,
            } => {
                let fields = [
                    ("flight", flight),
                    ("lift", lift),
                    CLEARED[0].clone(),
                    CLEARED[1].clone(),
                ];
                self.select(screen, fields)?
            }
            Action::Override { field, value } => self.select(screen, [(field, value)])?,
        };
        Ok(vec![edit])
    }

    fn update_meet(&mut self, changes: &Map<String, Value>) -> Result<Edit, ModelError> {
        let registers = read_meet(changes, "changes")?;
        let mut assignments = Vec::new();
        if changes.contains_key("platformsOnDays") {
            let object = self.containers()?.meet;
            let last = last_day(&self.registers(&object));
            assignments.extend((last_day(&registers) + 1..=last).map(|day| Assignment {
                path: Path::new(Place::Meet, day_key(day)),
                value: None,
            }));
        }
        assignments.extend(assigned(&Place::Meet, registers));
        Ok(Edit::assign(assignments, true))
    }

    fn set_plate(
        &mut self,
        weight: f64,
        changes: Map<String, Value>,
    ) -> Result<Vec<Edit>, ModelError> {
        let register = RegisterId {
            object: self.containers()?.meet,
            key: plate_key(&number_text(weight)),
        };
        let Some(Scalar::Text(plate)) = self.read(&register) else {
            return Ok(Vec::new());
        };
        let mut plate = match crate::openlifter::json_value(&plate) {
            Value::Object(plate) => plate,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        plate.extend(changes);
        let plate = plate_scalar(plate, "")?;
        Ok(vec![set_one(Path::new(Place::Meet, register.key), plate)])
    }

    fn update_entry(
        &mut self,
        entry: EntryName,
        changes: &Map<String, Value>,
    ) -> Result<Edit, ModelError> {
        let object = self.entries.find(&entry)?.object;
        let mut whole = changes.clone();
        if LIFTS.iter().any(|lift| has_half(changes, lift)) {
            let shown = write_entry(&self.registers(&object));
            for lift in LIFTS.into_iter().filter(|lift| has_any(changes, lift)) {
                let halves = arrays(lift).into_iter();
                whole.extend(halves.filter_map(|name| {
                    let value = changes.get(&name).or(shown.get(&name))?.clone();
                    Some((name, value))
                }));
            }
        }
        let registers = read_entry(&whole, "changes")?;
        Ok(Edit::assign_registers(&Place::Entry(entry), registers))
    }

    fn enter_attempt(&mut self, attempt: AttemptName, kg: &Value) -> Result<Edit, ModelError> {
        let kg = read_single(Kind::Number, kg, "weightKg")?;
        let [_, verdict] = self.attempt(attempt)?;
        let verdict = read_single(Kind::Number, &verdict, "verdict")?;
        Ok(set_one(path_of(attempt), attempt_scalar(&kg, &verdict)))
    }

    /// Judges an attempt; whoever was called out of turn has lifted, so both overrides are cleared with it.
    fn mark_lift(
        &mut self,
        attempt: AttemptName,
        good: bool,
        screen: Screen,
    ) -> Result<Edit, ModelError> {
        let [kg, _] = self.attempt(attempt)?;
        let kg = read_single(Kind::Number, &kg, "weight")?;
        let verdict = Scalar::Number(if good { 1.0 } else { -1.0 });
        let mut assignments = vec![Assignment {
            path: path_of(attempt),
            value: Some(attempt_scalar(&kg, &verdict)),
        }];
        let selector = self.selector(screen)?;
        if CLEARED
            .iter()
            .any(|(name, cleared)| selector.get(*name).is_some_and(|value| value != cleared))
        {
            assignments.push(self.selected(screen, CLEARED)?);
        }
        Ok(Edit::assign(assignments, true))
    }

    fn attempt(
        &mut self,
        AttemptName { id, lift, slot }: AttemptName,
    ) -> Result<[Value; 2], ModelError> {
        let register = RegisterId {
            object: self.entries.find(&EntryName::Id(id))?.object,
            key: attempt_key(lift, slot),
        };
        Ok(attempt_pair(self.read(&register).as_ref()))
    }

    fn select<const N: usize>(
        &mut self,
        screen: Screen,
        changes: [(&'static str, Value); N],
    ) -> Result<Edit, ModelError> {
        let assignment = self.selected(screen, changes)?;
        Ok(Edit::assign(vec![assignment], true))
    }

    /// A screen's selector with some of its fields changed.
    fn selected<const N: usize>(
        &mut self,
        screen: Screen,
        changes: [(&'static str, Value); N],
    ) -> Result<Assignment, ModelError> {
        let mut fields = self.selector(screen)?;
        fields.extend(changes.map(|(name, value)| (name.to_owned(), value)));
        Ok(Assignment {
            path: Path::lifting(screen.day, screen.platform),
            value: read_selector(&fields, "")?,
        })
    }

    fn selector(&mut self, screen: Screen) -> Result<Map<String, Value>, ModelError> {
        let register = self.locate(&Path::lifting(screen.day, screen.platform))?;
        Ok(selector_fields(self.read(&register).as_ref()))
    }

    /// Lots go to the entries that are at these places now. Entries beyond a short list keep theirs.
    fn assign_lots(&mut self, lots: &[Value]) -> Result<Vec<Edit>, ModelError> {
        let shown = self
            .entries
            .in_order()
            .into_iter()
            .filter(|row| !row.withdrawn);
        let mut assignments = Vec::new();
        for (index, (row, lot)) in shown.zip(lots).enumerate() {
            let lot = read_single(Kind::Number, lot, &format!("lotNumbers[{index}]"))?;
            assignments.push(Assignment {
                path: Path::new(Place::Entry(EntryName::Key(row.key)), "lot"),
                value: Some(lot),
            });
        }
        let changes = assignments.chunks(LOTS_PER_CHANGE);
        Ok(changes
            .map(|lots| Edit::assign(lots.to_vec(), true))
            .collect())
    }

    /// Withdraws who is on the platform and adds the given entries under ids of their own.
    fn merge_platform(
        &mut self,
        screen: Screen,
        entries: Vec<Map<String, Value>>,
    ) -> Result<Vec<Edit>, ModelError> {
        let mut edits = Vec::new();
        let rows = self
            .entries
            .in_order()
            .into_iter()
            .filter(|row| !row.withdrawn);
        for row in rows.collect::<Vec<_>>() {
            if self.is_at(&row.object, screen) {
                edits.push(Edit::withdraw(EntryName::Key(row.key)));
            }
        }
        for (index, mut entry) in entries.into_iter().enumerate() {
            entry.shift_remove("id");
            read_entry(&entry, &format!("platformEntries[{index}]"))?;
            edits.push(Edit::add_entry(entry)?);
        }
        Ok(edits)
    }

    fn is_at(&mut self, object: &crate::op::ObjectId, screen: Screen) -> bool {
        let mut at = |key: &str, number: u16| {
            let key = key.to_owned();
            let register = RegisterId {
                object: *object,
                key,
            };
            self.read(&register) == Some(Scalar::Number(f64::from(number)))
        };
        at("day", screen.day) && at("platform", screen.platform)
    }
}

/// The overrides when nobody is called out of turn.
const CLEARED: [(&str, Value); 2] = [
    ("overrideAttempt", Value::Null),
    ("overrideEntryId", Value::Null),
];

fn path_of(AttemptName { id, lift, slot }: AttemptName) -> Path {
    Path::new(Place::Entry(EntryName::Id(id)), attempt_key(lift, slot))
}

fn set_one(path: Path, value: Scalar) -> Edit {
    let value = Some(value);
    Edit::assign(vec![Assignment { path, value }], true)
}

fn assigned(place: &Place, registers: Registers) -> impl Iterator<Item = Assignment> {
    registers.into_iter().map(|(key, scalar)| Assignment {
        path: Path::new(place.clone(), key),
        value: Some(scalar),
    })
}

fn arrays(lift: &str) -> [String; 2] {
    [format!("{lift}Kg"), format!("{lift}Status")]
}

fn has_any(changes: &Map<String, Value>, lift: &str) -> bool {
    arrays(lift).iter().any(|name| changes.contains_key(name))
}

fn has_half(changes: &Map<String, Value>, lift: &str) -> bool {
    has_any(changes, lift) && !arrays(lift).iter().all(|name| changes.contains_key(name))
}
