//! Why a command did not do what it was asked, split by whose move is next: that is the exit status.

use std::fmt;
use std::process::ExitCode;

use spotter_client::Problem;
use spotter_model::ModelError;

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    what: String,
    hint: Option<String>,
}

/// Whose move is next. The numbers are the exit status; scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The person's: refused, not found, or not as expected.
    Refused = 1,
    /// The person's: the command line itself makes no sense. (Clap ends with the same number.)
    Usage = 2,
    /// The network's: somebody could not be reached, or not everything is exchanged yet. Trying again may help.
    NotReached = 3,
    /// This device's: the folder is in use, damaged, or cannot be written.
    Local = 4,
}

impl Failure {
    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::new(Kind::Refused, what)
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    pub(crate) fn not_reached(what: impl Into<String>) -> Self {
        Self::new(Kind::NotReached, what)
    }

    pub(crate) fn local(what: impl Into<String>) -> Self {
        Self::new(Kind::Local, what)
    }

    fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            hint: None,
        }
    }

    /// Adds what the person could do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether it is this device's move.
    pub(crate) fn is_local(&self) -> bool {
        self.kind == Kind::Local
    }

    /// Says beforehand where it happened, such as a line of the input.
    #[must_use]
    pub(crate) fn at(mut self, place: impl fmt::Display) -> Self {
        self.what = format!("{place}: {}", self.what);
        self
    }

    /// The exit status.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let failure = Self::new(kind_of(&problem), problem.to_string());
        match hint_for(&problem) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

fn kind_of(problem: &Problem) -> Kind {
    match problem {
        Problem::NotOpen { .. } | Problem::NotSaved { .. } | Problem::CannotSave { .. } => {
            Kind::Local
        }
        Problem::Offline { .. } | Problem::Gone { .. } => Kind::NotReached,
        Problem::Rejected { code, .. } if comes_right_by_itself(code) => Kind::NotReached,
        Problem::NoMeet
        | Problem::NotArrived
        | Problem::HoldsMeet
        | Problem::OtherMeet { .. }
        | Problem::NoAuthor
        | Problem::Model(_)
        | Problem::Import { .. }
        | Problem::Bundle(_)
        | Problem::Rejected { .. }
        | Problem::Superseded
        | Problem::AlreadyLive { .. }
        | Problem::NotInRoster { .. }
        | Problem::Finished
        | Problem::NoPasswordWanted
        | Problem::NothingToUndo
        | Problem::NothingToMakeAgain { .. }
        | Problem::TooMany { .. } => Kind::Refused,
        _ => Kind::Refused,
    }
}

/// Whether the relay refuses for a while only.
fn comes_right_by_itself(code: &str) -> bool {
    [
        "busy",
        "full",
        "going-away",
        "storage-trouble",
        "too-many-attempts",
    ]
    .contains(&code)
}

fn hint_for(problem: &Problem) -> Option<String> {
    let hint = match problem {
        Problem::NoMeet => "begin with `import FILE`, `new`, `join` or `bundle import FILE`",
        Problem::NotArrived => "run `sync` until it has",
        Problem::NoAuthor => {
            "`join` the live meet, or take the bundle in with `--location NAME=PRIORITY`"
        }
        Problem::AlreadyLive { .. } => {
            "if that relay and its key are lost for good, `golive --again` makes it live under a new ID"
        }
        Problem::Offline { why } if why.contains("password") => {
            "give the meet's password with `--password-file FILE`, or `join` again; nothing is lost meanwhile"
        }
        Problem::NotOpen { .. }
        | Problem::NotSaved { .. }
        | Problem::CannotSave { .. }
        | Problem::HoldsMeet
        | Problem::OtherMeet { .. }
        | Problem::Model(_)
        | Problem::Import { .. }
        | Problem::Bundle(_)
        | Problem::Rejected { .. }
        | Problem::Offline { .. }
        | Problem::Superseded
        | Problem::NotInRoster { .. }
        | Problem::Finished
        | Problem::NoPasswordWanted
        | Problem::NothingToUndo
        | Problem::NothingToMakeAgain { .. }
        | Problem::TooMany { .. }
        | Problem::Gone { .. } => return None,
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_that_refuses_for_a_while_is_not_a_refusal() {
        let rejected = |code: &str| {
            kind_of(&Problem::Rejected {
                code: code.to_owned(),
                reason: String::new(),
            })
        };
        assert_eq!(rejected("busy"), Kind::NotReached);
        assert_eq!(rejected("wrong-meet-or-password"), Kind::Refused);
    }
}
