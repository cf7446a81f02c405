//! Paths: how people and programs name one register of a meet.
//!
//! `meet.name`, `meet.platformsOnDays.2`, `meet.plates.2.5`, `entries.5003.squat.2`, `lifting.1.2`. An entry is named
//! by OpenLifter's id, or by its key (`entries.@00112233aabbccdd.3.name`), which is never ambiguous. A field
//! that OpenLifter does not know is named like any other.

mod kind;

use std::fmt;
use std::str::FromStr;

use crate::ids::ActorId;
use crate::openlifter::{carried_key, carried_name};

pub(crate) use kind::{RegisterKind, entry_register, meet_register};

/// The name of one register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    place: Place,
    key: String,
}

/// The container in which a path's register lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The meet itself.
    Meet,
    /// The lifting selectors.
    Lifting,
    /// One entry.
    Entry(EntryName),
}

/// How a path names an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryName {
    /// By OpenLifter's id, which two locations may have given to different lifters.
    Id(i64),
    /// By the entry's own key.
    Key(EntryKey),
}

/// The key of an entry: who made it, and the how manyth of theirs it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryKey {
    actor: ActorId,
    number: u32,
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is no path: {what}")]
pub struct InvalidPath {
    path: String,
    what: String,
}

impl Path {
    pub(crate) fn new(place: Place, key: impl Into<String>) -> Self {
        Self {
            place,
            key: key.into(),
        }
    }

    /// A field of the meet, like `name`.
    ///
    /// # Errors
    /// Says so if the field is several registers, or no field can have that name.
    pub fn meet(field: &str) -> Result<Self, InvalidPath> {
        parse_meet(field).map_err(|what| invalid(&format!("meet.{field}"), what))
    }

    /// A field of an entry, like `bodyweightKg` or `squat.2`.
    ///
    /// # Errors
    /// Says so if the field is several registers, or no field can have that name.
    pub fn entry(entry: EntryName, field: &str) -> Result<Self, InvalidPath> {
        match parse_entry_field(field) {
            Ok(key) => Ok(Self::new(Place::Entry(entry), key)),
            Err(what) => Err(invalid(&format!("entries.{entry}.{field}"), what)),
        }
    }

    /// The lifting selector of a day and platform.
    pub fn lifting(day: u16, platform: u16) -> Self {
        Self::new(Place::Lifting, format!("{day}.{platform}"))
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The key of the register that the path names, within the map that it lies in.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The entry that the path lies in.
    pub fn entry_name(&self) -> Option<&EntryName> {
        match &self.place {
            Place::Entry(entry) => Some(entry),
            Place::Meet | Place::Lifting => None,
        }
    }

    pub(crate) fn kind(&self) -> RegisterKind {
        match &self.place {
            Place::Meet => meet_register(&self.key),
            Place::Entry(_) => entry_register(&self.key),
            Place::Lifting => RegisterKind::Selector,
        }
    }

    /// The field's name as it stands in the path.
    pub fn field(&self) -> &str {
        match carried_name(&self.key) {
            Some(name) if self.kind_without_tilde(name) => name,
            Some(_) | None => &self.key,
        }
    }

    /// Whether the bare name already means this carried register, so that the tilde can be left out.
    fn kind_without_tilde(&self, name: &str) -> bool {
        let parsed = match self.place {
            Place::Meet => parse_meet(name).map(|path| path.key),
            Place::Entry(_) => parse_entry_field(name),
            Place::Lifting => return false,
        };
        parsed.is_ok_and(|key| key == self.key)
    }
}

impl EntryKey {
    /// The key of the `number`th entry that an actor makes.
    pub const fn new(actor: ActorId, number: u32) -> Self {
        Self { actor, number }
    }

    /// Who made the entry.
    pub const fn actor(&self) -> ActorId {
        self.actor
    }

    /// The how manyth of its maker it is, from 1.
    pub const fn number(&self) -> u32 {
        self.number
    }
}

impl FromStr for Path {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let (place, rest) = text.split_once('.').unwrap_or((text, ""));
        let parsed = match place {
            "meet" => parse_meet(rest),
            "entries" => parse_entry(rest),
            "lifting" => parse_lifting(rest),
            _ => Err("it must begin with meet, entries or lifting".to_owned()),
        };
        parsed.map_err(|what| invalid(text, what))
    }
}

fn invalid(path: &str, what: String) -> InvalidPath {
    InvalidPath {
        path: path.chars().take(200).collect(),
        what,
    }
}

fn parse_meet(field: &str) -> Result<Path, String> {
    let key = match field.split_once('.') {
        Some(("platformsOnDays", day)) => kind::parse_day(day)?,
        Some(("plates", plate)) => kind::parse_plate(plate)?,
        Some(_) | None if field == "platformsOnDays" => {
            return Err(
                "each day is a register of its own, like meet.platformsOnDays.1".to_owned(),
            );
        }
        Some(_) | None => parse_plain(field, meet_register)?,
    };
    Ok(Path::new(Place::Meet, key))
}

fn parse_entry(rest: &str) -> Result<Path, String> {
    let (name, field) = if rest.starts_with('@') {
        let end = rest
            .match_indices('.')
            .nth(1)
            .map_or(rest.len(), |(at, _)| at);
        let (key, field) = rest.split_at(end);
        let key = key.parse::<EntryKey>().map_err(|error| error.to_string())?;
        (
            EntryName::Key(key),
            field.strip_prefix('.').unwrap_or(field),
        )
    } else {
        let (id, field) = rest.split_once('.').unwrap_or((rest, ""));
        let id = id.parse().map_err(|_| format!("{id:?} is no entry's id"))?;
        (EntryName::Id(id), field)
    };
    Ok(Path::new(Place::Entry(name), parse_entry_field(field)?))
}

fn parse_entry_field(field: &str) -> Result<String, String> {
    if let Some((lift, slot)) = field.split_once('.')
        && kind::is_lift(lift)
    {
        return kind::parse_attempt(lift, slot);
    }
    if let Some(lift) = kind::array_of(field) {
        return Err(format!(
            "each attempt is a register of its own, like {lift}.1"
        ));
    }
    parse_plain(field, entry_register)
}

fn parse_plain(field: &str, register: fn(&str) -> RegisterKind) -> Result<String, String> {
    if field.is_empty() {
        return Err("the field's name is missing".to_owned());
    }
    if carried_name(field).is_some()
        || matches!(register(field), RegisterKind::Single(_))
        || field == "plates"
    {
        return Ok(field.to_owned());
    }
    carried_key(field).ok_or_else(|| "the field's name is too long".to_owned())
}

fn parse_lifting(rest: &str) -> Result<Path, String> {
    let parsed = rest
        .split_once('.')
        .and_then(|(day, platform)| Some((day.parse().ok()?, platform.parse().ok()?)));
    match parsed {
        Some((day, platform)) if day > 0 && platform > 0 => Ok(Path::lifting(day, platform)),
        Some(_) | None => {
            Err("a selector is named by day and platform, like lifting.1.2".to_owned())
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Meet => write!(f, "meet.{}", self.field()),
            Place::Lifting => write!(f, "lifting.{}", self.key),
            Place::Entry(entry) => write!(f, "entries.{entry}.{}", self.field()),
        }
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Key(key) => write!(f, "{key}"),
        }
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}.{}", self.actor, self.number)
    }
}

/// A text that is no entry's key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry's key reads like @00112233aabbccdd.1, not {given:?}")]
pub struct InvalidEntryKey {
    given: String,
}

impl FromStr for EntryKey {
    type Err = InvalidEntryKey;

    fn from_str(text: &str) -> Result<Self, InvalidEntryKey> {
        let parsed = text.strip_prefix('@').and_then(|rest| {
            let (actor, number) = rest.split_once('.')?;
            Some(Self::new(actor.parse().ok()?, number.parse().ok()?))
        });
        let exact = parsed.filter(|key| key.to_string() == text);
        exact.ok_or_else(|| InvalidEntryKey {
            given: text.chars().take(80).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads_as(text: &str, key: &str) {
        let path: Path = text.parse().unwrap();
        assert_eq!((path.key(), path.to_string().as_str()), (key, text));
    }

    #[test]
    fn a_path_names_one_register_and_is_written_as_it_was_read() {
        reads_as("meet.name", "name");
        reads_as("meet.plates", "plates");
        reads_as(
            "meet.plates.20.411656667117025",
            "plates.20.411656667117025",
        );
        reads_as("meet.plates.20/2", "plates.20/2");
        reads_as("meet.platformsOnDays.2", "platformsOnDays.2");
        reads_as("meet.season", "~season");
        reads_as("entries.5003.squat.2", "squat.2");
        reads_as("entries.-7.order", "order");
        reads_as("entries.5003.~order", "~order");
        reads_as("entries.5003.pro.nouns", "~pro.nouns");
        reads_as("entries.@00112233aabbccdd.3.bodyweightKg", "bodyweightKg");
        reads_as("lifting.1.2", "1.2");
    }

    #[test]
    fn a_plate_is_named_by_its_weight_however_that_is_written() {
        let path: Path = "meet.plates.2.50".parse().unwrap();
        assert_eq!(path.to_string(), "meet.plates.2.5");
    }

    #[test]
    fn a_text_that_names_no_register_is_refused_with_what_would() {
        let refused = |text: &str| text.parse::<Path>().unwrap_err().to_string();
        assert_eq!(
            refused("nam"),
            r#""nam" is no path: it must begin with meet, entries or lifting"#
        );
        assert_eq!(
            refused("entries.5003.squatKg"),
            r#""entries.5003.squatKg" is no path: each attempt is a register of its own, like squat.1"#
        );
        assert_eq!(
            refused("entries.5003.squat.6"),
            r#""entries.5003.squat.6" is no path: attempts are numbered 1 to 5"#
        );
        assert_eq!(
            refused("entries.x.name"),
            r#""entries.x.name" is no path: "x" is no entry's id"#
        );
        assert_eq!(
            refused("entries.1"),
            r#""entries.1" is no path: the field's name is missing"#
        );
        assert_eq!(
            refused("lifting.1"),
            r#""lifting.1" is no path: a selector is named by day and platform, like lifting.1.2"#
        );
        assert_eq!(
            refused("meet.plates.x"),
            r#""meet.plates.x" is no path: "x" is no plate's weight"#
        );
    }
}
