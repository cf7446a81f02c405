//! Actions on lifters: their registration, attempts, and who is called next.

use serde_json::{Value, json};

use super::{Fields, LIFTS, Made, Shadow, flag, lift, list, pair, registration, value, whole};
use crate::expand::crew::{Puts, put};
use crate::location::Role;

/// The first id that OpenLifter gives.
const FIRST_ID: i64 = 5_000;

/// Attempts that a lift has slots for.
const SLOTS: u64 = 5;

/// Fields that are taken at the scale.
const WEIGHED: [&str; 3] = ["bodyweightKg", "squatRackInfo", "benchRackInfo"];

impl Shadow {
    /// A new lifter is placed as the last one in the list.
    pub(super) fn new_entry(&mut self, given: &Fields) -> Result<Made, String> {
        let mut fields = Fields::new();
        let last = self.entries.last().copied();
        for (field, otherwise) in [
            ("day", json!(1)),
            ("platform", json!(1)),
            ("flight", json!("A")),
        ] {
            let copied = last.and_then(|id| self.shown(&register(id, field)).cloned());
            fields.insert(field.to_owned(), copied.unwrap_or(otherwise));
        }
        fields.insert("name".to_owned(), json!(""));
        fields.extend(given.clone());
        fields.shift_remove("id");
        let id = FIRST_ID + self.given;
        self.given += 1;
        self.entries.push(id);
        Ok(registration(self.assigned(id, &fields)?))
    }

    pub(super) fn delete_entry(&mut self, fields: &Fields) -> Result<Made, String> {
        let id = self.id(fields)?;
        self.entries.retain(|entry| *entry != id);
        Ok(registration(put(register(id, "deleted"), true)))
    }

    pub(super) fn update_entry(&self, fields: &Fields) -> Result<Made, String> {
        let id = self.id(fields)?;
        let changes = super::object(fields, "changes")?;
        let weighed = changes.keys().all(|name| WEIGHED.contains(&name.as_str()));
        let place = usize::try_from(id - FIRST_ID).unwrap_or(0);
        Ok(Made {
            role: if weighed {
                Role::WeighIn
            } else {
                Role::Registration
            },
            number: place,
            puts: self.assigned(id, changes)?,
        })
    }

    /// Assigns fields; weights and verdicts of a lift go together, one register for each attempt.
    fn assigned(&self, id: i64, changes: &Fields) -> Result<Puts, String> {
        let mut puts = Puts::new();
        for (name, value) in changes {
            if !LIFTS
                .iter()
                .any(|(_, lift)| attempts_of(name, lift).is_some())
            {
                puts.insert(register(id, name), value.clone());
            }
        }
        for (_, lift) in LIFTS {
            let weights = changes.get(&format!("{lift}Kg"));
            let verdicts = changes.get(&format!("{lift}Status"));
            if weights.is_some() || verdicts.is_some() {
                puts.extend(self.arrays(id, lift, weights, verdicts)?);
            }
        }
        Ok(puts)
    }

    fn arrays(
        &self,
        id: i64,
        lift: &str,
        weights: Option<&Value>,
        verdicts: Option<&Value>,
    ) -> Result<Puts, String> {
        let mut puts = Puts::new();
        for slot in 1..=SLOTS {
            let [kg, verdict] = self.attempt(id, lift, slot);
            let kg = item(weights, slot)?.unwrap_or(kg);
            let verdict = item(verdicts, slot)?.unwrap_or(verdict);
            let is_new = kg != json!(0) || verdict != json!(0);
            if is_new || self.shown(&attempt_register(id, lift, slot)).is_some() {
                puts.insert(attempt_register(id, lift, slot), pair(kg, verdict));
            }
        }
        Ok(puts)
    }

    fn attempt(&self, id: i64, lift: &str, slot: u64) -> [Value; 2] {
        let shown = self.shown(&attempt_register(id, lift, slot));
        let pair = shown.and_then(Value::as_array).cloned();
        pair.and_then(|pair| pair.try_into().ok())
            .unwrap_or([json!(0), json!(0)])
    }

    /// All lifters of a platform leave, and the given ones come with new ids.
    pub(super) fn merge_platform(&mut self, fields: &Fields) -> Result<Made, String> {
        let day = value(fields, "day")?.clone();
        let platform = value(fields, "platform")?.clone();
        let mut puts = Puts::new();
        let there = |shadow: &Self, id: i64| {
            shadow.shown(&register(id, "day")) == Some(&day)
                && shadow.shown(&register(id, "platform")) == Some(&platform)
        };
        for id in self.entries.clone() {
            if there(self, id) {
                self.entries.retain(|entry| *entry != id);
                puts.insert(register(id, "deleted"), json!(true));
            }
        }
        for entry in list(fields, "platformEntries")? {
            let entry = entry.as_object().ok_or("a platform entry is no object")?;
            puts.extend(self.new_entry(entry)?.puts);
        }
        Ok(registration(puts))
    }

    /// Lots are given by place in the list.
    pub(super) fn lots(&self, fields: &Fields) -> Result<Made, String> {
        let lots = list(fields, "lotNumbers")?;
        let given = self.entries.iter().zip(lots);
        let puts = given.map(|(id, lot)| (register(*id, "lot"), lot.clone()));
        Ok(registration(puts.collect()))
    }

    pub(super) fn enter_attempt(&self, fields: &Fields) -> Result<Made, String> {
        let (id, lift, slot) = self.named_attempt(fields)?;
        let [before, verdict] = self.attempt(id, lift, slot);
        let kg = value(fields, "weightKg")?.clone();
        let same = before == kg;
        let opener = slot == 1 && verdict == json!(0);
        let role = if opener {
            Role::WeighIn
        } else {
            Role::Platform
        };
        let puts = match same {
            true => Puts::new(),
            false => put(attempt_register(id, lift, slot), pair(kg, verdict)),
        };
        Ok(self.at_platform(id, role, puts))
    }

    /// A verdict also ends what was called out of turn.
    pub(super) fn mark_lift(&self, fields: &Fields) -> Result<Made, String> {
        let (id, lift, slot) = self.named_attempt(fields)?;
        let [kg, _] = self.attempt(id, lift, slot);
        let verdict = if flag(fields, "success")? { 1 } else { -1 };
        let mut puts = put(attempt_register(id, lift, slot), pair(kg, json!(verdict)));
        if let Some(screen) = self.screen
            && let Some(Value::Object(selector)) = self.shown(&selector_register(screen))
        {
            let mut selector = selector.clone();
            selector.insert("overrideAttempt".to_owned(), Value::Null);
            selector.insert("overrideEntryId".to_owned(), Value::Null);
            puts.insert(selector_register(screen), Value::Object(selector));
        }
        Ok(self.at_platform(id, Role::Platform, puts))
    }

    pub(super) fn select_group(&mut self, fields: &Fields) -> Result<Made, String> {
        let screen = (whole(fields, "day")?, whole(fields, "platform")?);
        self.screen = Some(screen);
        let selector = json!({
            "flight": value(fields, "flight")?,
            "lift": value(fields, "lift")?,
            "overrideAttempt": null,
            "overrideEntryId": null,
        });
        Ok(at_screen(screen, selector))
    }

    /// Calls a lifter or an attempt out of turn, at the platform that is shown.
    pub(super) fn call(&self, fields: &Fields, name: &str, field: &str) -> Result<Made, String> {
        let screen = self.screen.unwrap_or((1, 1));
        let shown = self.shown(&selector_register(screen));
        let mut selector = shown
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        selector.insert(field.to_owned(), value(fields, name)?.clone());
        Ok(at_screen(screen, Value::Object(selector)))
    }

    fn named_attempt(&self, fields: &Fields) -> Result<(i64, &'static str, u64), String> {
        let slot = whole(fields, "attemptOneIndexed")?;
        if !(1..=SLOTS).contains(&slot) {
            return Err(format!("attempts are numbered 1 to {SLOTS}, not {slot}"));
        }
        Ok((self.id(fields)?, lift(fields)?, slot))
    }

    fn id(&self, fields: &Fields) -> Result<i64, String> {
        let id = value(fields, "entryId")?.as_i64();
        let id = id.ok_or("entryId is no whole number")?;
        if self.entries.contains(&id) {
            return Ok(id);
        }
        Err(format!("no action before has added lifter {id}"))
    }

    fn at_platform(&self, id: i64, role: Role, puts: Puts) -> Made {
        let platform = self
            .shown(&register(id, "platform"))
            .and_then(Value::as_u64);
        Made {
            role,
            number: place(platform.unwrap_or(1)),
            puts,
        }
    }
}

fn at_screen(screen: (u64, u64), selector: Value) -> Made {
    Made {
        role: Role::Platform,
        number: place(screen.1),
        puts: put(selector_register(screen), selector),
    }
}

/// A platform's number, from 0.
fn place(platform: u64) -> usize {
    usize::try_from(platform.saturating_sub(1)).unwrap_or(0)
}

fn register(id: i64, field: &str) -> String {
    format!("entries.{id}.{field}")
}

fn attempt_register(id: i64, lift: &str, slot: u64) -> String {
    format!("entries.{id}.{lift}.{slot}")
}

fn selector_register((day, platform): (u64, u64)) -> String {
    format!("lifting.{day}.{platform}")
}

/// Whether a field is one of the two arrays of a lift.
fn attempts_of<'a>(field: &'a str, lift: &str) -> Option<&'a str> {
    let rest = field.strip_prefix(lift)?;
    (rest == "Kg" || rest == "Status").then_some(rest)
}

fn item(array: Option<&Value>, slot: u64) -> Result<Option<Value>, String> {
    let Some(array) = array else {
        return Ok(None);
    };
    let items = array.as_array().ok_or("attempts are a list")?;
    let at = usize::try_from(slot - 1).unwrap_or(usize::MAX);
    Ok(Some(items.get(at).cloned().unwrap_or(json!(0))))
}
