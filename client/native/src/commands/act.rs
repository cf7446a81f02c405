//! `act`: OpenLifter's own actions, made as edits.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use serde_json::Value;
use spotter_client::{Ask, EditAsk, RequestId};
use spotter_model::{Screen, Seen};

use super::edit::edited;
use super::{closing, meet, open_existing};
use crate::cli::Source;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::limits::EDITS_TOGETHER;
use crate::{out, words};

/// `act`.
pub(super) async fn act(dir: &Path, file: &Source, first_id: Option<i64>) -> Result<(), Failure> {
    let text = file.read()?;
    let actions: Vec<Value> = serde_json::from_str(&text).map_err(|error| {
        let file = file.name();
        Failure::refused(format!("{file}: expected a JSON list of actions: {error}"))
    })?;
    let mut driver = open_existing(dir)?;
    let outcome = play(&mut driver, actions, first_id).await;
    closing(driver, outcome).await
}

/// Actions on their way into the meet.
struct Play {
    screen: Screen,
    /// The id that the program which recorded the actions gave to its next new entry.
    next_id: i64,
    /// Our ids of entries that these actions made, by theirs.
    ids: BTreeMap<i64, i64>,
    /// Edits that are on their way to the disk, and the action each came from.
    waiting: VecDeque<(usize, RequestId)>,
    changes: usize,
}

async fn play(
    driver: &mut Driver,
    actions: Vec<Value>,
    first_id: Option<i64>,
) -> Result<(), Failure> {
    let next_id = match first_id {
        Some(id) => id,
        None => next_entry_id(driver)?,
    };
    let mut play = Play {
        screen: Screen::default(),
        next_id,
        ids: BTreeMap::new(),
        waiting: VecDeque::new(),
        changes: 0,
    };
    let made = actions.len();
    for (number, action) in (1..).zip(actions) {
        play.begin(driver, number, action)?;
        while play.waiting.len() >= EDITS_TOGETHER {
            play.finish_one(driver).await?;
        }
    }
    while !play.waiting.is_empty() {
        play.finish_one(driver).await?;
    }
    out::line(format!(
        "{} made as {}",
        words::count(made, "action", "actions"),
        words::count(play.changes, "change", "changes")
    ));
    Ok(())
}

fn next_entry_id(driver: &mut Driver) -> Result<i64, Failure> {
    let saved = meet(driver.client())?.export(None)?;
    Ok(saved["registration"]["nextEntryId"]
        .as_i64()
        .unwrap_or(5000))
}

impl Play {
    /// Makes the edits of one action. They are shown at once, so that the next action is read against them.
    fn begin(&mut self, driver: &mut Driver, number: usize, action: Value) -> Result<(), Failure> {
        let action = self.with_our_ids(action);
        let edits = meet(driver.client())?
            .act(&action, &mut self.screen)
            .map_err(|error| refused(number, error.into()))?;
        let known = keys(driver)?;
        for edit in edits {
            let (reason, seen) = (None, Seen::Unchecked);
            let request = driver.begin(Ask::Edit(EditAsk { edit, reason, seen }));
            self.waiting.push_back((number, request));
        }
        if known.len() < meet(driver.client())?.entries().len() {
            self.learn_ids(driver, &known)?;
        }
        Ok(())
    }

    /// OpenLifter counts its entries; ours are numbered so that two locations never collide.
    fn learn_ids(&mut self, driver: &mut Driver, known: &[String]) -> Result<(), Failure> {
        let entries = meet(driver.client())?.entries();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key)) {
            if let Some(id) = entry.id {
                self.ids.insert(self.next_id, id);
            }
            self.next_id += 1;
        }
        Ok(())
    }

    fn with_our_ids(&self, mut action: Value) -> Value {
        for field in ["entryId", "overrideEntryId"] {
            let ours = action.get(field).and_then(Value::as_i64);
            if let Some(ours) = ours.and_then(|id| self.ids.get(&id)) {
                action[field] = Value::from(*ours);
            }
        }
        action
    }

    /// Waits until the oldest edit is on disk.
    async fn finish_one(&mut self, driver: &mut Driver) -> Result<(), Failure> {
        let Some((number, request)) = self.waiting.pop_front() else {
            return Ok(());
        };
        loop {
            if let Some(answer) = driver.take_answer(request) {
                let change = edited(answer).map_err(|problem| refused(number, problem.into()))?;
                self.changes += usize::from(change.is_some());
                return Ok(());
            }
            driver.turn(None).await;
        }
    }
}

fn keys(driver: &mut Driver) -> Result<Vec<String>, Failure> {
    let entries = meet(driver.client())?.entries().into_iter();
    Ok(entries.map(|entry| entry.key).collect())
}

fn refused(number: usize, failure: Failure) -> Failure {
    failure
        .at(format!("action {number}"))
        .hint(format!("the {} before it were made", number - 1))
}
