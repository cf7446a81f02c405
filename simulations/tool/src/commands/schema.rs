//! `spotter-sim schema`.

use clap::Args;

use crate::out;
use crate::trouble::{Ended, Trouble};

/// Print the JSON Schema of scenarios
///
/// Editors that know it complete fields and mark mistakes while a scenario is written:
///   spotter-sim schema > scenario.schema.json
/// and in the scenario "$schema": "scenario.schema.json".
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let schema = serde_json::to_string_pretty(&spotter_sim_scenario::schema());
        out::line(&schema.map_err(|error| Trouble::Asked(error.to_string()))?);
        Ok(Ended::Clean)
    }
}
