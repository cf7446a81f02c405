//! The two objects that hold nearly all of a saved meet, `meet` and an entry, as registers and back.

use serde_json::{Map, Value};

use super::attempts::{LIFTS, Part, read_attempts, write_attempts};
use super::carried::{read_carried, write_carried};
use super::content::Registers;
use super::days::{read_days, write_days};
use super::fields::{ENTRY, Field, Kind, MEET, kind_of, read_single, write_single};
use super::plates::{read_plates, write_plates};
use super::shape::{WrongShape, member};

/// The registers of `meet`, or of those of its fields that the object has.
///
/// # Errors
/// Names the first value of the wrong shape.
pub(crate) fn read_meet(object: &Map<String, Value>, at: &str) -> Result<Registers, WrongShape> {
    let mut registers = Registers::new();
    read_fields(object, MEET, at, &mut registers)?;
    read_carried(object, MEET, &mut registers);
    Ok(registers)
}

/// The registers of an entry, or of those of its fields that the object has.
///
/// # Errors
/// Names the first value of the wrong shape.
pub(crate) fn read_entry(object: &Map<String, Value>, at: &str) -> Result<Registers, WrongShape> {
    let mut registers = Registers::new();
    read_fields(object, ENTRY, at, &mut registers)?;
    for lift in LIFTS {
        read_attempts(object, lift, at, &mut registers)?;
    }
    read_carried(object, ENTRY, &mut registers);
    Ok(registers)
}

fn read_fields(
    object: &Map<String, Value>,
    fields: &[Field],
    at: &str,
    registers: &mut Registers,
) -> Result<(), WrongShape> {
    for (name, value) in object {
        let path = member(at, name);
        match kind_of(fields, name) {
            Some(Kind::Days) => read_days(value, &path, registers)?,
            Some(Kind::Plates) => read_plates(value, &path, registers)?,
            Some(kind @ (Kind::Text | Kind::Number | Kind::Flag | Kind::Texts | Kind::Numbers)) => {
                registers.insert(name.clone(), read_single(kind, value, &path)?);
            }
            Some(Kind::Weights(_) | Kind::Verdicts(_)) | None => {}
        }
    }
    Ok(())
}

/// OpenLifter's `meet`.
pub(crate) fn write_meet(registers: &Registers) -> Map<String, Value> {
    write_object(registers, MEET)
}

/// OpenLifter's entry.
pub(crate) fn write_entry(registers: &Registers) -> Map<String, Value> {
    write_object(registers, ENTRY)
}

fn write_object(registers: &Registers, fields: &[Field]) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, kind) in fields {
        if let Some(value) = write_field(registers, name, *kind) {
            object.insert((*name).to_owned(), value);
        }
    }
    write_carried(registers, &mut object);
    object
}

fn write_field(registers: &Registers, name: &str, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Days => write_days(registers),
        Kind::Plates => write_plates(registers),
        Kind::Weights(lift) => write_attempts(registers, lift, Part::Weights),
        Kind::Verdicts(lift) => write_attempts(registers, lift, Part::Verdicts),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Texts | Kind::Numbers => {
            registers.get(name).map(|scalar| write_single(kind, scalar))
        }
    }
}
