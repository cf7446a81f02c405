//! Who may be joined as: the locations of a meet and the priority each holds.

use serde::{Deserialize, Serialize};
use spotter_model::{LocationName, Priority};
use thiserror::Error;

use crate::limits::{FORMER_NAMES_MAX, LOCATIONS_MAX};

/// One location that may be joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RosterEntry {
    /// What it is called now.
    pub location_name: LocationName,
    /// What its writes weigh from its next join on; the higher number wins.
    pub priority: Priority,
    /// What it was called before, latest last; what it wrote then still carries those names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_from: Vec<LocationName>,
}

/// The locations of a meet, in the order in which they were named. Never empty, no name twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<RosterEntry>", into = "Vec<RosterEntry>")]
pub struct Roster(Vec<RosterEntry>);

/// Why a list of locations is no roster, or a change to one makes none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidRoster {
    /// Nobody could ever join.
    #[error("a meet has at least one location")]
    Empty,
    /// More locations than a meet may have.
    #[error("a meet has at most {LOCATIONS_MAX} locations, not {0}")]
    TooMany(usize),
    /// Two locations of one name.
    #[error("location {0:?} is named twice")]
    Twice(String),
    /// A location that should have been there.
    #[error("there is no location {0:?}")]
    Unknown(String),
}

impl Roster {
    /// Makes a roster of these locations, keeping their order.
    ///
    /// # Errors
    /// When there is none, there are too many, or two share a name.
    pub fn new(entries: Vec<RosterEntry>) -> Result<Self, InvalidRoster> {
        if entries.is_empty() {
            return Err(InvalidRoster::Empty);
        }
        if entries.len() > LOCATIONS_MAX {
            return Err(InvalidRoster::TooMany(entries.len()));
        }
        for (at, entry) in entries.iter().enumerate() {
            if entries[..at]
                .iter()
                .any(|earlier| earlier.location_name == entry.location_name)
            {
                return Err(InvalidRoster::Twice(entry.location_name.to_string()));
            }
        }
        let mut roster = Self(entries);
        for entry in &mut roster.0 {
            let forgotten = entry.renamed_from.len().saturating_sub(FORMER_NAMES_MAX);
            entry.renamed_from.drain(..forgotten);
        }
        Ok(roster)
    }

    /// All locations, in order.
    pub fn entries(&self) -> &[RosterEntry] {
        &self.0
    }

    /// The location of this name, today's name or a former one (today's first).
    pub fn find(&self, name: &LocationName) -> Option<&RosterEntry> {
        let today = self.0.iter().find(|entry| entry.location_name == *name);
        today.or_else(|| {
            self.0
                .iter()
                .find(|entry| entry.renamed_from.contains(name))
        })
    }

    /// Adds a location or gives it another priority.
    ///
    /// # Errors
    /// When there are too many locations already.
    pub fn set(&mut self, name: LocationName, priority: Priority) -> Result<(), InvalidRoster> {
        if let Some(known) = self.0.iter_mut().find(|entry| entry.location_name == name) {
            known.priority = priority;
            return Ok(());
        }
        if self.0.len() >= LOCATIONS_MAX {
            return Err(InvalidRoster::TooMany(self.0.len() + 1));
        }
        self.0.push(RosterEntry {
            location_name: name,
            priority,
            renamed_from: Vec::new(),
        });
        Ok(())
    }

    /// Gives a location another name and remembers the old one.
    ///
    /// # Errors
    /// When there is no such location, or the new name is taken.
    pub fn rename(
        &mut self,
        name: &LocationName,
        new_name: LocationName,
    ) -> Result<(), InvalidRoster> {
        if *name == new_name {
            return Ok(());
        }
        if self.0.iter().any(|entry| entry.location_name == new_name) {
            return Err(InvalidRoster::Twice(new_name.to_string()));
        }
        let Some(entry) = self.0.iter_mut().find(|entry| entry.location_name == *name) else {
            return Err(InvalidRoster::Unknown(name.to_string()));
        };
        let old_name = std::mem::replace(&mut entry.location_name, new_name);
        entry
            .renamed_from
            .retain(|former| *former != entry.location_name);
        entry.renamed_from.push(old_name);
        if entry.renamed_from.len() > FORMER_NAMES_MAX {
            entry.renamed_from.remove(0);
        }
        Ok(())
    }

    /// Adds the locations of `older` that this roster has never heard of; what both know stays as it is here.
    pub fn unite(&mut self, older: &Self) {
        for entry in &older.0 {
            let known = self.find(&entry.location_name).is_some()
                || entry
                    .renamed_from
                    .iter()
                    .any(|former| self.find(former).is_some());
            if !known && self.0.len() < LOCATIONS_MAX {
                self.0.push(entry.clone());
            }
        }
    }
}

impl TryFrom<Vec<RosterEntry>> for Roster {
    type Error = InvalidRoster;

    fn try_from(entries: Vec<RosterEntry>) -> Result<Self, InvalidRoster> {
        Self::new(entries)
    }
}

impl From<Roster> for Vec<RosterEntry> {
    fn from(roster: Roster) -> Self {
        roster.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> LocationName {
        LocationName::parse(text).unwrap()
    }

    fn roster(entries: &[(&str, u32)]) -> Roster {
        let entry = |&(text, number): &(&str, u32)| RosterEntry {
            location_name: name(text),
            priority: Priority::new(number).unwrap(),
            renamed_from: Vec::new(),
        };
        Roster::new(entries.iter().map(entry).collect()).unwrap()
    }

    #[test]
    fn a_renamed_location_is_found_under_both_names() {
        let mut roster = roster(&[("Desk", 10), ("Jury", 30)]);
        roster.rename(&name("Desk"), name("Weigh-in")).unwrap();
        assert_eq!(roster.find(&name("Desk")), roster.find(&name("Weigh-in")));
        assert_eq!(
            roster.rename(&name("Jury"), name("Weigh-in")),
            Err(InvalidRoster::Twice("Weigh-in".into()))
        );
        assert_eq!(
            roster.rename(&name("Desk"), name("X")),
            Err(InvalidRoster::Unknown("Desk".into()))
        );
    }

    #[test]
    fn a_name_given_up_may_be_taken_by_a_new_location() {
        let mut roster = roster(&[("Desk", 10)]);
        roster.rename(&name("Desk"), name("Weigh-in")).unwrap();
        roster.set(name("Desk"), Priority::new(5).unwrap()).unwrap();
        assert_eq!(roster.find(&name("Desk")).unwrap().priority.get(), 5);
    }

    #[test]
    fn uniting_brings_back_what_is_missing_and_nothing_that_was_renamed() {
        let mut newer = roster(&[("Desk", 10)]);
        newer.rename(&name("Desk"), name("Weigh-in")).unwrap();
        newer.unite(&roster(&[("Desk", 99), ("Jury", 30)]));
        let names: Vec<_> = newer
            .entries()
            .iter()
            .map(|entry| entry.location_name.to_string())
            .collect();
        assert_eq!(names, ["Weigh-in", "Jury"]);
        assert_eq!(newer.entries()[0].priority.get(), 10);
    }
}
