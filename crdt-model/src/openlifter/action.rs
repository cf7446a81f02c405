//! OpenLifter's Redux actions, read into a closed list.
//!
//! An action that OpenLifter does not have is refused; one that is nobody's business but this screen's, such as the
//! language, is read as [`Action::Local`].

use serde_json::{Map, Value};

use super::attempts::SLOTS;
use super::days::DAYS_MAX;
use super::selector::Screen;
use super::shape::{WrongShape, list, number, object};
use crate::json::SAFE_INTEGER_MAX;

/// What an action does to the shared meet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Assigns fields of the meet.
    UpdateMeet(Map<String, Value>),
    /// Sets how many platforms a day has.
    SetPlatformCount { day: usize, count: Value },
    /// Changes the unit, and with it plates and bars.
    SetInKg(bool),
    /// Assigns count and colour of one plate.
    SetPlate {
        weight: f64,
        changes: Map<String, Value>,
    },
    /// Adds an entry.
    NewEntry(Map<String, Value>),
    /// Withdraws an entry.
    DeleteEntry { id: i64 },
    /// Assigns fields of an entry.
    UpdateEntry {
        id: i64,
        changes: Map<String, Value>,
    },
    /// Replaces all entries of a platform on a day.
    MergePlatform {
        screen: Screen,
        entries: Vec<Map<String, Value>>,
    },
    /// Gives lots by place in the list.
    AssignLots(Vec<Value>),
    /// Calls a weight.
    EnterAttempt { attempt: AttemptName, kg: Value },
    /// Judges an attempt.
    MarkLift { attempt: AttemptName, good: bool },
    /// Turns a screen to a flight and a lift.
    SelectGroup {
        screen: Screen,
        flight: Value,
        lift: Value,
    },
    /// Calls an attempt, or an entry, out of turn.
    Override { field: &'static str, value: Value },
    /// Concerns this screen alone.
    Local,
}

/// One attempt of one entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AttemptName {
    pub(crate) id: i64,
    pub(crate) lift: &'static str,
    pub(crate) slot: usize,
}

/// Why an action cannot be made as an edit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// A part of the action has the wrong shape.
    #[error(transparent)]
    Shape(#[from] WrongShape),
    /// OpenLifter has no such action.
    #[error("OpenLifter has no action {name:?}")]
    Unknown {
        /// The action's type.
        name: String,
    },
    /// The action replaces the whole store, which no single edit of a shared meet may do.
    #[error(
        "OVERWRITE_STORE replaces the whole meet; leave the shared meet first, then load the file"
    )]
    Overwrite,
}

impl Action {
    /// Reads an action.
    ///
    /// # Errors
    /// Names the part that has the wrong shape, or the action that is unknown.
    pub(crate) fn read(action: &Value) -> Result<Self, ActionError> {
        let fields = Fields(object(action, "action")?);
        let name = fields.text("type")?;
        Ok(match name.as_str() {
            "SET_MEET_NAME" => fields.one_of_meet("name", "name")?,
            "SET_FORMULA" => fields.one_of_meet("formula", "formula")?,
            "SET_FEDERATION" => fields.one_of_meet("federation", "federation")?,
            "SET_DIVISIONS" => fields.one_of_meet("divisions", "divisions")?,
            "SET_MEET_DATE" => fields.one_of_meet("date", "date")?,
            "SET_LENGTH_DAYS" => fields.one_of_meet("length", "lengthDays")?,
            "SET_WEIGHTCLASSES" => fields.weight_classes()?,
            "SET_BAR_AND_COLLARS_WEIGHT_KG" => fields.bar()?,
            "UPDATE_MEET" => Self::UpdateMeet(fields.object("changes")?),
            "SET_PLATFORM_COUNT" => Self::SetPlatformCount {
                day: fields.whole("day", DAYS_MAX)?,
                count: fields.value("count")?.clone(),
            },
            "SET_IN_KG" => Self::SetInKg(fields.flag("inKg")?),
            "SET_PLATE_CONFIG" => fields.plate()?,
            "NEW_REGISTRATION" => Self::NewEntry(fields.object("overwriteDefaults")?),
            "DELETE_REGISTRATION" => Self::DeleteEntry { id: fields.id()? },
            "UPDATE_REGISTRATION" => Self::UpdateEntry {
                id: fields.id()?,
                changes: fields.object("changes")?,
            },
            "MERGE_PLATFORM" => fields.merge()?,
            "ASSIGN_LOT_NUMBERS" => fields.lots()?,
            "ENTER_ATTEMPT" => Self::EnterAttempt {
                attempt: fields.attempt()?,
                kg: fields.value("weightKg")?.clone(),
            },
            "MARK_LIFT" => Self::MarkLift {
                attempt: fields.attempt()?,
                good: fields.flag("success")?,
            },
            "SET_LIFTING_GROUP" => Self::SelectGroup {
                screen: fields.screen()?,
                flight: fields.value("flight")?.clone(),
                lift: fields.value("lift")?.clone(),
            },
            "OVERRIDE_ATTEMPT" => Self::Override {
                field: "overrideAttempt",
                value: fields.value("attempt")?.clone(),
            },
            "OVERRIDE_ENTRY_ID" => Self::Override {
                field: "overrideEntryId",
                value: fields.value("entryId")?.clone(),
            },
            "CHANGE_LANGUAGE" | "SET_TABLE_INFO" | "persist/PERSIST" | "persist/REHYDRATE" => {
                Self::Local
            }
            "OVERWRITE_STORE" => return Err(ActionError::Overwrite),
            _ => return Err(ActionError::Unknown { name }),
        })
    }
}

/// An action's fields, each read with its path.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn value(&self, name: &str) -> Result<&Value, WrongShape> {
        self.0
            .get(name)
            .ok_or_else(|| WrongShape::missing(name, "a value"))
    }

    fn text(&self, name: &str) -> Result<String, WrongShape> {
        let value = self.value(name)?;
        let text = value
            .as_str()
            .ok_or_else(|| WrongShape::new(name, "text", value))?;
        Ok(text.to_owned())
    }

    fn flag(&self, name: &str) -> Result<bool, WrongShape> {
        let value = self.value(name)?;
        value
            .as_bool()
            .ok_or_else(|| WrongShape::new(name, "true or false", value))
    }

    fn object(&self, name: &str) -> Result<Map<String, Value>, WrongShape> {
        object(self.value(name)?, name).cloned()
    }

    fn whole(&self, name: &str, max: usize) -> Result<usize, WrongShape> {
        let value = self.value(name)?;
        let number = value
            .as_u64()
            .and_then(|number| usize::try_from(number).ok());
        let sensible = number.filter(|number| (1..=max).contains(number));
        sensible.ok_or_else(|| WrongShape::new(name, "a whole number in range", value))
    }

    fn id(&self) -> Result<i64, WrongShape> {
        let value = self.value("entryId")?;
        let id = number(value, "entryId")?;
        if id.fract() != 0.0 || id.abs() > SAFE_INTEGER_MAX {
            return Err(WrongShape::new("entryId", "a whole number", value));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "just checked to be a safe integer"
        )]
        let id = id as i64;
        Ok(id)
    }

    fn screen(&self) -> Result<Screen, WrongShape> {
        let part = |name| {
            let number = self.whole(name, usize::from(u16::MAX))?;
            Ok(u16::try_from(number).unwrap_or(u16::MAX))
        };
        Ok(Screen {
            day: part("day")?,
            platform: part("platform")?,
        })
    }

    fn lift(&self) -> Result<&'static str, WrongShape> {
        let value = self.value("lift")?;
        match value.as_str() {
            Some("S") => Ok("squat"),
            Some("B") => Ok("bench"),
            Some("D") => Ok("deadlift"),
            Some(_) | None => Err(WrongShape::new("lift", "S, B or D", value)),
        }
    }

    fn attempt(&self) -> Result<AttemptName, WrongShape> {
        Ok(AttemptName {
            id: self.id()?,
            lift: self.lift()?,
            slot: self.whole("attemptOneIndexed", SLOTS)?,
        })
    }

    fn one_of_meet(&self, name: &str, field: &str) -> Result<Action, WrongShape> {
        let value = self.value(name)?.clone();
        Ok(Action::UpdateMeet(Map::from_iter([(
            field.to_owned(),
            value,
        )])))
    }

    fn weight_classes(&self) -> Result<Action, WrongShape> {
        let value = self.value("sex")?;
        let field = match value.as_str() {
            Some("M") => "weightClassesKgMen",
            Some("F") => "weightClassesKgWomen",
            Some("Mx") => "weightClassesKgMx",
            Some(_) | None => return Err(WrongShape::new("sex", "M, F or Mx", value)),
        };
        self.one_of_meet("classesKg", field)
    }

    fn bar(&self) -> Result<Action, WrongShape> {
        let field = format!("{}BarAndCollarsWeightKg", self.lift()?);
        self.one_of_meet("weightKg", &field)
    }

    fn plate(&self) -> Result<Action, WrongShape> {
        let mut changes = Map::new();
        for name in ["pairCount", "color"] {
            changes.insert(name.to_owned(), self.value(name)?.clone());
        }
        let weight = number(self.value("weightKg")?, "weightKg")?;
        Ok(Action::SetPlate { weight, changes })
    }

    fn merge(&self) -> Result<Action, WrongShape> {
        const AT: &str = "platformEntries";
        let numbered = list(self.value(AT)?, AT)?.iter().enumerate();
        let entries =
            numbered.map(|(index, entry)| object(entry, &format!("{AT}[{index}]")).cloned());
        Ok(Action::MergePlatform {
            screen: self.screen()?,
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    fn lots(&self) -> Result<Action, WrongShape> {
        let lots = list(self.value("lotNumbers")?, "lotNumbers")?;
        Ok(Action::AssignLots(lots.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(action: Value) -> String {
        Action::read(&action).unwrap_err().to_string()
    }

    #[test]
    fn an_action_of_the_wrong_shape_is_refused_by_its_part() {
        assert_eq!(
            refused(json!({"type": "ENTER_ATTEMPT", "entryId": 5000, "lift": "X"})),
            r#"lift: expected S, B or D, found "X""#
        );
        assert_eq!(
            refused(
                json!({"type": "MARK_LIFT", "entryId": 5000, "lift": "S", "attemptOneIndexed": 6, "success": true})
            ),
            "attemptOneIndexed: expected a whole number in range, found 6"
        );
        assert_eq!(
            refused(json!({"type": "UPDATE_MEET"})),
            "changes: expected a value, found nothing"
        );
        assert_eq!(refused(json!(3)), "action: expected an object, found 3");
    }

    #[test]
    fn what_openlifter_does_not_have_and_what_replaces_the_meet_are_refused() {
        assert_eq!(
            refused(json!({"type": "LIFT"})),
            r#"OpenLifter has no action "LIFT""#
        );
        assert!(
            refused(json!({"type": "OVERWRITE_STORE", "store": {}})).starts_with("OVERWRITE_STORE")
        );
    }

    #[test]
    fn what_concerns_one_screen_is_no_edit() {
        for name in [
            "CHANGE_LANGUAGE",
            "SET_TABLE_INFO",
            "persist/PERSIST",
            "persist/REHYDRATE",
        ] {
            assert_eq!(Action::read(&json!({"type": name})), Ok(Action::Local));
        }
    }
}
