//! What can go wrong with a command, split by whose move is next, and how a command that went well ended.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A command that did what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nothing was found.
    Clean,
    /// Something was found that must not be: an invariant is broken, or a trace is not as expected.
    Found,
}

/// A command that could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// What was asked makes no sense; the words name the file, line and field where there is one.
    #[error("{0}")]
    Asked(String),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Trouble {
    /// Trouble with a file.
    pub(crate) fn with(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }
}

/// The exit status: 0 nothing found, 1 something found, 2 the request makes no sense, 4 a file cannot be read or written.
pub(crate) fn status(ended: &Result<Ended, Trouble>) -> ExitCode {
    match ended {
        Ok(Ended::Clean) => ExitCode::SUCCESS,
        Ok(Ended::Found) => ExitCode::from(1),
        Err(Trouble::Asked(_)) => ExitCode::from(2),
        Err(Trouble::File { .. }) => ExitCode::from(4),
    }
}
