//! `spotter-sim list`.

use clap::Args;
use spotter_sim_scenario::{Invariant, Scenario};

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
    /// Only those that were made to try this invariant, such as I4
    #[arg(long, value_name = "INVARIANT", value_parser = invariant, conflicts_with = "name")]
    about: Option<Invariant>,
}

fn invariant(name: &str) -> Result<Invariant, String> {
    serde_json::from_value(name.into()).map_err(|_| "the invariants are I1 to I13".to_owned())
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
        let mut all = Vec::new();
        for (name, text) in builtin::all() {
            if self.is_wanted(name, text)? {
                all.push((name, text));
            }
        }
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

    fn is_wanted(&self, name: &str, text: &str) -> Result<bool, Trouble> {
        let Some(about) = self.about else {
            return Ok(true);
        };
        let scenario = Scenario::read(text)
            .map_err(|error| Trouble::Asked(format!("scenario {name}: {error}")))?;
        Ok(scenario.expect.invariants.contains(&about))
    }
}
