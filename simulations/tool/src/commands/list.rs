//! `spotter-sim list`.

use clap::Args;

use crate::trouble::{Ended, Trouble};
use crate::{builtin, out};

/// List the scenarios that come with the program
///
/// Wherever a scenario is asked for, one of these names does as well as a file.
#[derive(Args)]
pub(super) struct List {
    /// Print the file of one of them, to begin an own one with
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print the names only, one a line
    #[arg(long, conflicts_with = "name")]
    names: bool,
}

impl List {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        if let Some(name) = self.name {
            let text = builtin::named(&name).ok_or_else(|| {
                Trouble::Asked(format!("no scenario \"{name}\" comes with the program"))
            })?;
            out::line(text.trim_end());
            return Ok(Ended::Clean);
        }
        let all = builtin::all();
        if self.names {
            all.iter().for_each(|(name, _)| out::line(name));
            return Ok(Ended::Clean);
        }
        let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, text) in all {
            out::line(format!("{name:width$}  {}", builtin::about(text)).trim_end());
        }
        Ok(Ended::Clean)
    }
}
