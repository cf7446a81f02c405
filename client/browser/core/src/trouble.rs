//! Why something was not done: a code for scripts, a sentence for people.

use std::fmt::Display;

use serde_json::{Map, Value, json};
use spotter_client::{BundleError, Problem};
use spotter_model::ModelError;

use crate::words;

/// What went wrong.
pub(crate) struct Trouble {
    code: String,
    message: String,
    /// What else a program may want to know.
    more: Map<String, Value>,
}

impl Trouble {
    fn new(code: &str, message: impl Display) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_string(),
            more: Map::new(),
        }
    }

    /// The caller gave what makes no sense.
    pub(crate) fn misuse(message: impl Display) -> Self {
        Self::new("misuse", message)
    }

    /// A person typed what nobody understands.
    pub(crate) fn not_understood(message: impl Display) -> Self {
        Self::new("not-understood", message)
    }

    /// There is no meet here.
    pub(crate) fn no_meet() -> Self {
        Problem::NoMeet.into()
    }

    /// Another tab holds a meet that is not live, and it cannot be in two.
    pub(crate) fn draft_elsewhere() -> Self {
        let message =
            "another tab holds this meet, which is not live yet; go on there, or close it";
        Self::new("draft-in-another-tab", message)
    }

    /// For JavaScript.
    pub(crate) fn json(self) -> Value {
        let mut json = self.more;
        json.insert("code".to_owned(), self.code.into());
        json.insert("message".to_owned(), self.message.into());
        Value::Object(json)
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let code = match &problem {
            Problem::NotOpen { .. } => "not-open",
            Problem::NoMeet => "no-meet",
            Problem::NotArrived => "not-arrived",
            Problem::HoldsMeet => "holds-meet",
            Problem::OtherMeet { .. } => "other-meet",
            Problem::NoAuthor => "no-author",
            Problem::Model(error) => return error.clone().into(),
            Problem::Import { .. } => "not-a-saved-meet",
            Problem::Bundle(error) => match error {
                BundleError::NotABundle { .. } => "not-a-bundle",
                BundleError::LaterFormat { .. } => "later-format",
                BundleError::NoBeginning { .. } => "no-beginning",
                _ => "bundle",
            },
            Problem::NotSaved { .. } => "not-saved",
            Problem::CannotSave { .. } => "cannot-save",
            Problem::Rejected { code, .. } => code.as_str(),
            Problem::Offline { .. } => "offline",
            Problem::Superseded => "superseded",
            Problem::AlreadyLive { .. } => "already-live",
            Problem::NotInRoster { .. } => "not-in-roster",
            Problem::Finished => "finished",
            Problem::NoPasswordWanted => "no-password-wanted",
            Problem::NothingToUndo => "nothing-to-undo",
            Problem::NothingToMakeAgain { .. } => "nothing-to-make-again",
            Problem::TooMany { .. } => "too-many",
            Problem::Gone { .. } => "gone",
            _ => "problem",
        };
        Self::new(code, &problem)
    }
}

impl From<ModelError> for Trouble {
    fn from(error: ModelError) -> Self {
        let code = match &error {
            ModelError::NoMeet => "not-arrived",
            ModelError::NoSuchEntry { .. } => "no-such-entry",
            ModelError::Ambiguous { .. } => "ambiguous-entry",
            ModelError::NoSuchField { .. } => "no-such-field",
            ModelError::Unset { .. } => "unset",
            ModelError::Moved { .. } => "moved",
            ModelError::NoSuchWrite { .. } => "no-such-write",
            ModelError::IdTaken { .. } => "id-taken",
            ModelError::NoSuchPlate { .. } => "no-such-plate",
            ModelError::Shape(_) => "wrong-shape",
            ModelError::Typed { .. } => "not-understood",
            ModelError::Action(_) => "wrong-action",
            ModelError::TooLarge(_) => "too-large",
            ModelError::NotUndoable { .. } => "not-undoable",
            _ => "model",
        };
        let mut trouble = Self::new(code, &error);
        if let ModelError::Moved { path, stands } = &error {
            let shown = stands.as_deref().map(words::shown);
            trouble
                .more
                .insert("path".to_owned(), json!(path.to_string()));
            trouble.more.insert("shown".to_owned(), json!(shown));
        }
        trouble
    }
}
