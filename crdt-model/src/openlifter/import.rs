//! Reading a saved meet.

use serde_json::{Map, Value};

use super::content::{Content, Frame, Registers, number_in};
use super::selector::{SELECTOR, Screen, read_selector};
use super::shape::{WrongShape, list, object};
use super::slices::{read_entry, read_meet};
use crate::json::SAFE_INTEGER_MAX;

/// Largest saved meet, in bytes. A meet of 1,000 lifters has half a million.
pub const SAVED_BYTES_MAX: usize = 32 << 20;

/// Why a text is no saved meet.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is no JSON; often a file that was cut off.
    #[error("line {line}, column {column}: {what}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// A value has the wrong shape.
    #[error(transparent)]
    Shape(#[from] WrongShape),
    /// The content is beyond the limits of the format.
    #[error("the file cannot become a meet: {0}")]
    NoMeet(String),
    /// The text is longer than any meet.
    #[error("the file has {bytes} bytes, more than the {SAVED_BYTES_MAX} a saved meet may have")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

/// Reads OpenLifter's saved file.
///
/// # Errors
/// Says where the text stops being a saved meet.
pub(crate) fn read_saved(text: &str) -> Result<Content, ImportError> {
    if text.len() > SAVED_BYTES_MAX {
        return Err(ImportError::TooLarge { bytes: text.len() });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = serde_json::from_str(text).map_err(not_json)?;
    Ok(read_content(file)?)
}

fn not_json(error: serde_json::Error) -> ImportError {
    let text = error.to_string();
    let what = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(what, _)| what);
    ImportError::NotJson {
        line: error.line(),
        column: error.column(),
        what: what.to_owned(),
    }
}

/// Reads a saved meet that is JSON already.
pub(crate) fn read_content(file: Value) -> Result<Content, WrongShape> {
    let Value::Object(mut slices) = file else {
        return Err(WrongShape::new("the file", "a saved meet", &file));
    };
    let meet = slice(&slices, "meet")?;
    let registration = slice(&slices, "registration")?;
    let content = Content {
        meet: read_meet(meet, "meet")?,
        entries: read_entries(registration)?,
        lifting: read_lifting(&slices)?,
        frame: Frame::default(),
    };
    let largest_id = overtaken_id(registration, &content.entries);
    strip(&mut slices);
    Ok(Content {
        frame: Frame {
            file: Value::Object(slices),
            largest_id,
        },
        ..content
    })
}

fn slice<'a>(
    slices: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a Map<String, Value>, WrongShape> {
    let value = slices.get(name);
    object(
        value.ok_or_else(|| WrongShape::missing(name, "an object"))?,
        name,
    )
}

fn read_entries(registration: &Map<String, Value>) -> Result<Vec<Registers>, WrongShape> {
    const AT: &str = "registration.entries";
    let entries = registration.get("entries");
    let entries = entries.ok_or_else(|| WrongShape::missing(AT, "a list"))?;
    let numbered = list(entries, AT)?.iter().enumerate();
    numbered
        .map(|(index, entry)| {
            let at = format!("{AT}[{index}]");
            let entry = object(entry, &at)?;
            check_id(entry, &at)?;
            read_entry(entry, &at)
        })
        .collect()
}

fn check_id(entry: &Map<String, Value>, at: &str) -> Result<(), WrongShape> {
    let path = format!("{at}.id");
    let id = entry.get("id");
    let id = id.ok_or_else(|| WrongShape::missing(&path, "a whole number"))?;
    let whole = |id: f64| id.fract() == 0.0 && id.abs() <= SAFE_INTEGER_MAX;
    if id.as_f64().is_some_and(whole) {
        Ok(())
    } else {
        Err(WrongShape::new(path, "a whole number", id))
    }
}

fn read_lifting(slices: &Map<String, Value>) -> Result<Registers, WrongShape> {
    let mut registers = Registers::new();
    let Some(lifting) = slices.get("lifting") else {
        return Ok(registers);
    };
    let lifting = object(lifting, "lifting")?;
    if let Some(selector) = read_selector(lifting, "lifting")? {
        registers.insert(Screen::of(lifting).key(), selector);
    }
    Ok(registers)
}

/// The largest id, if the file's `nextEntryId` is not beyond it: such a file is wrong, yet keeps its number
/// until an entry is added.
fn overtaken_id(registration: &Map<String, Value>, entries: &[Registers]) -> Option<f64> {
    let next = registration.get("nextEntryId")?.as_f64()?;
    let largest = entries
        .iter()
        .filter_map(|entry| number_in(entry, "id"))
        .fold(f64::MIN, f64::max);
    (largest >= next).then_some(largest)
}

/// Takes out of the file what has registers of its own, and leaves a mark at each place.
fn strip(slices: &mut Map<String, Value>) {
    slices.insert("meet".to_owned(), Value::Null);
    if let Some(Value::Object(registration)) = slices.get_mut("registration") {
        registration.insert("entries".to_owned(), Value::Null);
        if let Some(lookup) = registration.get_mut("lookup") {
            *lookup = Value::Null;
        }
    }
    if let Some(Value::Object(lifting)) = slices.get_mut("lifting") {
        for name in SELECTOR {
            if let Some(value) = lifting.get_mut(name) {
                *value = Value::Null;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Scalar;

    fn refusal(file: &str) -> String {
        read_saved(file).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_shape_is_refused_with_its_path_and_value() {
        let meet = |entry: &str| {
            format!(r#"{{"meet":{{}},"registration":{{"entries":[{{"id":1}},{entry}]}}}}"#)
        };
        assert_eq!(
            refusal(&meet(r#"{"id":2,"bodyweightKg":"abc"}"#)),
            r#"registration.entries[1].bodyweightKg: expected a number, found "abc""#
        );
        assert_eq!(
            refusal(&meet(r#"{"id":2,"squatKg":[1,"x"]}"#)),
            r#"registration.entries[1].squatKg[1]: expected a number, found "x""#
        );
        assert_eq!(
            refusal(&meet(r#"{"name":"Ann"}"#)),
            "registration.entries[1].id: expected a whole number, found nothing"
        );
        assert_eq!(
            refusal(&meet("7")),
            "registration.entries[1]: expected an object, found 7"
        );
        assert_eq!(refusal("[]"), "the file: expected a saved meet, found []");
        assert_eq!(refusal("{}"), "meet: expected an object, found nothing");
        assert_eq!(
            refusal(r#"{"meet":{"plates":[{"pairCount":1}]},"registration":{"entries":[]}}"#),
            "meet.plates[0].weightKg: expected a number, found nothing"
        );
    }

    #[test]
    fn a_file_that_was_cut_off_is_refused_with_line_and_column() {
        assert_eq!(
            refusal("{\"meet\":{\n\"name\":\"Spr"),
            "line 2, column 11: EOF while parsing a string"
        );
    }

    #[test]
    fn null_is_kept_where_javascript_may_have_saved_it() {
        let content = read_saved(
            r#"{"meet":{"name":null,"divisions":null,"platformsOnDays":null},"registration":{"entries":[]}}"#,
        )
        .unwrap();
        assert!(content.meet.values().all(|scalar| *scalar == Scalar::Null));
        assert_eq!(content.meet.len(), 3);
    }
}
