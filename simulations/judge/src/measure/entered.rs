//! When people said what a write says: at the time that the plan has for the edit, whenever somebody wrote it.

use rustc_hash::FxHashMap;
use spotter_sim_plan::{EditNumber, Event, Happened, Plan};

use crate::past::Written;

/// When each edit of a plan is made.
#[derive(Debug)]
pub(super) struct Entered {
    at: FxHashMap<EditNumber, u64>,
}

impl Entered {
    pub(super) fn new(plan: &Plan) -> Self {
        let edits = plan.steps.iter();
        let edits = edits.filter_map(|step| Some((step.doing.edit()?, step.at)));
        Self {
            at: edits.collect(),
        }
    }

    /// When a person entered a write; for what the runner wrote itself, when it did.
    pub(super) fn at(&self, written: &Written<'_>) -> u64 {
        let planned = written.write.edit.and_then(|edit| self.at.get(&edit));
        planned.map_or(written.at, |planned| written.at.min(*planned))
    }

    /// From when until when each edit waited to be written for the first time, of those that waited.
    pub(super) fn waits(&self, trace: &[Event]) -> Vec<(u64, u64)> {
        let mut left = self.at.clone();
        let wrote = trace.iter().filter_map(|event| {
            let Happened::Wrote { write, .. } = &event.what else {
                return None;
            };
            Some((left.remove(&write.edit?)?, event.at))
        });
        wrote.filter(|(entered, wrote)| entered < wrote).collect()
    }
}
