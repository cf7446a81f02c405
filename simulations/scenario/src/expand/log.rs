//! A log of OpenLifter's actions as edits, made by those whose job each is.

use serde_json::{Value, json};

use super::Stage;
use super::actions::{Made, Shadow, plates_at_start};
use super::crew::{Act, Crew};
use super::lifters::Start;
use crate::draw::Dice;

/// The edits that a log makes, in order.
///
/// # Errors
/// The place of the action that cannot be made, and why.
pub(crate) fn read_log(actions: &[Value]) -> Result<Vec<Made>, (usize, String)> {
    let mut shadow = Shadow::default();
    let mut made = Vec::new();
    for (number, action) in actions.iter().enumerate() {
        let one = shadow.make(action).map_err(|what| (number, what))?;
        made.extend(one);
    }
    Ok(made)
}

/// The edits of the scenario's log; what the meet must have for them is added to the start.
pub(super) fn acts(stage: &Stage<'_>, start: &mut Start) -> Vec<Act> {
    let Some(log) = &stage.scenario.workload.log else {
        return Vec::new();
    };
    // The log has been read when the scenario was checked.
    let made = read_log(&log.actions).unwrap_or_default();
    start.insert("meet.name".to_owned(), json!(""));
    start.extend(plates_at_start());
    let mut dice = Dice::of(stage.seed, "log");
    let mut crew = Crew::new(stage, "log crew", 0.0, 0.0);
    let from = log.from.ms();
    let count = u64::try_from(made.len().max(1)).unwrap_or(u64::MAX);
    let fitted = stage.calm_at.saturating_sub(from) / count;
    let every = log.every.map_or(fitted, |every| every.ms());
    for (number, one) in (0_u64..).zip(made) {
        let at = from + number * every + dice.below(every);
        let desk = crew.whose_job(one.role, one.number);
        crew.adds(at, desk, one.puts);
    }
    crew.done()
}
