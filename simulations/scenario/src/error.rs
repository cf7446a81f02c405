//! What is wrong with a scenario, and where.

use std::fmt;

use crate::position::position_of;

/// What is wrong with a scenario, by field, and by line and column where its text is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError {
    /// The line and column in the scenario's text, both from 1.
    pub place: Option<(usize, usize)>,
    /// The field, like `locations[2].priority`; empty for the whole.
    pub field: String,
    /// What is wrong with it.
    pub what: String,
}

impl ScenarioError {
    pub(crate) fn at(field: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: None,
            field: field.into(),
            what: what.into(),
        }
    }

    /// With the line and column that its field has in the scenario's text, if none are known yet.
    #[must_use]
    pub fn in_text(mut self, text: &str) -> Self {
        if self.place.is_none() {
            self.place = Some(position_of(text, &self.field));
        }
        self
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.what)
    }
}
