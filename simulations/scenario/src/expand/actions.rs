//! OpenLifter's actions, and the registers that each of them writes.
//!
//! The mapping follows the page `docs/scenarios.md`. A shadow of the store is kept, because some actions name lifters by their
//! place in the list, an attempt's weight and verdict are one register, and what changes nothing is no edit.

mod entries;
mod meet;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::crew::Puts;
use crate::location::Role;

pub(super) use meet::plates_at_start;

/// The lifts by the letters of actions.
const LIFTS: [(&str, &str); 3] = [("S", "squat"), ("B", "bench"), ("D", "deadlift")];

/// An edit that an action makes, and whose job it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(crate) role: Role,
    /// Which of those with that role.
    pub(crate) number: usize,
    pub(crate) puts: Puts,
}

/// The store as the log has made it so far.
#[derive(Default)]
pub(super) struct Shadow {
    /// Every register that was written, and its value.
    registers: BTreeMap<String, Value>,
    /// The ids of the lifters there are, in the order of the list.
    entries: Vec<i64>,
    /// How many ids were given.
    given: i64,
    /// The day and platform that the score table shows.
    screen: Option<(u64, u64)>,
}

type Fields = Map<String, Value>;

impl Shadow {
    /// The edit that an action makes; nothing if it changes nothing that is shared.
    ///
    /// # Errors
    /// Says what is wrong with the action.
    pub(super) fn make(&mut self, action: &Value) -> Result<Option<Made>, String> {
        let fields = action.as_object().ok_or("an action is an object")?;
        let name = text(fields, "type")?;
        let made = match name {
            "SET_MEET_NAME" => self.meet_field(fields, "name", "name")?,
            "SET_FORMULA" => self.meet_field(fields, "formula", "formula")?,
            "SET_FEDERATION" => self.meet_field(fields, "federation", "federation")?,
            "SET_DIVISIONS" => self.meet_field(fields, "divisions", "divisions")?,
            "SET_MEET_DATE" => self.meet_field(fields, "date", "date")?,
            "SET_LENGTH_DAYS" => self.length_days(fields)?,
            "SET_PLATFORM_COUNT" => self.platform_count(fields)?,
            "SET_IN_KG" => self.in_kg(fields)?,
            "SET_WEIGHTCLASSES" => self.weight_classes(fields)?,
            "SET_BAR_AND_COLLARS_WEIGHT_KG" => self.bar(fields)?,
            "SET_PLATE_CONFIG" => self.plate(fields)?,
            "UPDATE_MEET" => self.update_meet(object(fields, "changes")?)?,
            "NEW_REGISTRATION" => self.new_entry(object(fields, "overwriteDefaults")?)?,
            "DELETE_REGISTRATION" => self.delete_entry(fields)?,
            "UPDATE_REGISTRATION" => self.update_entry(fields)?,
            "MERGE_PLATFORM" => self.merge_platform(fields)?,
            "ASSIGN_LOT_NUMBERS" => self.lots(fields)?,
            "ENTER_ATTEMPT" => self.enter_attempt(fields)?,
            "MARK_LIFT" => self.mark_lift(fields)?,
            "SET_LIFTING_GROUP" => self.select_group(fields)?,
            "OVERRIDE_ATTEMPT" => self.call(fields, "attempt", "overrideAttempt")?,
            "OVERRIDE_ENTRY_ID" => self.call(fields, "entryId", "overrideEntryId")?,
            "CHANGE_LANGUAGE" | "SET_TABLE_INFO" | "persist/PERSIST" | "persist/REHYDRATE" => {
                return Ok(None);
            }
            "OVERWRITE_STORE" => {
                return Err(
                    "OVERWRITE_STORE replaces the whole meet; begin the log after it".into(),
                );
            }
            unknown => return Err(format!("OpenLifter has no action {unknown:?}")),
        };
        Ok(self.settled(made))
    }

    /// Keeps what is new, and forgets the rest.
    fn settled(&mut self, mut made: Made) -> Option<Made> {
        made.puts
            .retain(|register, value| self.registers.get(register) != Some(value));
        self.registers.extend(made.puts.clone());
        (!made.puts.is_empty()).then_some(made)
    }

    fn shown(&self, register: &str) -> Option<&Value> {
        self.registers.get(register)
    }
}

fn registration(puts: Puts) -> Made {
    Made {
        role: Role::Registration,
        number: 0,
        puts,
    }
}

fn value<'a>(fields: &'a Fields, name: &str) -> Result<&'a Value, String> {
    fields.get(name).ok_or_else(|| format!("{name} is missing"))
}

fn text<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, String> {
    let text = value(fields, name)?.as_str();
    text.ok_or_else(|| format!("{name} is no text"))
}

fn whole(fields: &Fields, name: &str) -> Result<u64, String> {
    let number = value(fields, name)?.as_u64();
    number.ok_or_else(|| format!("{name} is no whole number"))
}

fn flag(fields: &Fields, name: &str) -> Result<bool, String> {
    let flag = value(fields, name)?.as_bool();
    flag.ok_or_else(|| format!("{name} is neither true nor false"))
}

fn list<'a>(fields: &'a Fields, name: &str) -> Result<&'a [Value], String> {
    let list = value(fields, name)?.as_array();
    list.map(Vec::as_slice)
        .ok_or_else(|| format!("{name} is no list"))
}

fn object<'a>(fields: &'a Fields, name: &str) -> Result<&'a Fields, String> {
    let object = value(fields, name)?.as_object();
    object.ok_or_else(|| format!("{name} is no object"))
}

fn lift(fields: &Fields) -> Result<&'static str, String> {
    let letter = text(fields, "lift")?;
    let known = LIFTS.iter().find(|(known, _)| *known == letter);
    known
        .map(|(_, name)| *name)
        .ok_or_else(|| format!("lift is S, B or D, not {letter:?}"))
}

fn pair(kg: Value, verdict: Value) -> Value {
    json!([kg, verdict])
}

#[cfg(test)]
mod tests;
