//! Commands that change the meet on this device. What they report is on its disk.

use std::collections::VecDeque;
use std::path::Path;

use serde_json::{Map, Value};
use spotter_client::{Answer, Ask, EditAsk, Problem, Reply, RequestId};
use spotter_model::{ChangeHash, Edit, EntryName, OpId, Path as MeetPath, Seen, Shown};

use super::{closing, meet, open_existing};
use crate::cli::{How, Set};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::limits::EDITS_TOGETHER;
use crate::lines::{self, Line, Wish};
use crate::{out, words};

/// `set`.
pub(super) async fn set(dir: &Path, set: Set) -> Result<(), Failure> {
    let mut driver = open_existing(dir)?;
    let outcome = match (set.path, set.value) {
        (Some(path), Some(value)) => {
            let seen = set.seen.unwrap_or(Seen::Unchecked);
            set_one(&mut driver, path, &value, seen, set.how).await
        }
        (Some(_), None) | (None, _) => set_many(&mut driver, set.how).await,
    };
    closing(driver, outcome).await
}

async fn set_one(
    driver: &mut Driver,
    path: MeetPath,
    value: &str,
    seen: Seen,
    how: How,
) -> Result<(), Failure> {
    let edit = edit_for(driver, &path, value)?;
    let change = make(driver, edit, how.reason, seen).await?;
    report(&path, shown(driver, &path).as_ref(), change, how.json)
}

/// Each line is one change; those that come while the disk is busy share its next sync.
async fn set_many(driver: &mut Driver, how: How) -> Result<(), Failure> {
    let mut lines = lines::from_stdin();
    let mut queue = Queue::new(how);
    let mut reading = true;
    while reading || !queue.is_empty() {
        tokio::select! {
            line = lines.recv(), if reading && !queue.is_full() => match line {
                Some(line) => queue.begin(driver, line),
                None => reading = false,
            },
            () = driver.turn(None), if !queue.is_empty() => {}
        }
        queue.report(driver).map_err(not_kept)?;
    }
    queue.verdict()
}

/// Edits from lines that are on their way to the disk, in order.
pub(super) struct Queue {
    how: How,
    waiting: VecDeque<Waiting>,
    lines: usize,
    refused: usize,
}

/// One line's edit, made and not saved yet.
struct Waiting {
    line: usize,
    wish: Wish,
    /// What the field showed when the edit had been made: later lines may have changed it since.
    shown: Option<Shown>,
    request: RequestId,
}

impl Queue {
    pub(super) fn new(how: How) -> Self {
        Self {
            how,
            waiting: VecDeque::new(),
            lines: 0,
            refused: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= EDITS_TOGETHER
    }

    /// Makes the edit of one line, or says why it cannot be made.
    pub(super) fn begin(&mut self, driver: &mut Driver, line: Line) {
        self.lines += 1;
        let wish = line.wish.map_err(Failure::refused);
        match wish.and_then(|wish| Ok((self.ask_for(driver, &wish)?, wish))) {
            Ok((ask, wish)) => {
                let request = driver.begin(ask);
                let shown = match &wish {
                    Wish::Set { path, .. } => shown(driver, path),
                    Wish::Again(_) => None,
                };
                self.waiting.push_back(Waiting {
                    line: line.number,
                    wish,
                    shown,
                    request,
                });
            }
            Err(failure) => self.refuse(line.number, failure),
        }
    }

    fn ask_for(&self, driver: &mut Driver, wish: &Wish) -> Result<Ask, Failure> {
        match wish {
            Wish::Set { path, value } => Ok(Ask::Edit(EditAsk {
                edit: edit_for(driver, path, value)?,
                reason: self.how.reason.clone(),
                seen: Seen::Unchecked,
            })),
            Wish::Again(change) => Ok(Ask::MakeAgain { change: *change }),
        }
    }

    /// Reports what has been answered by now.
    ///
    /// # Errors
    /// This device cannot save: going on would be in vain.
    pub(super) fn report(&mut self, driver: &mut Driver) -> Result<(), Failure> {
        while let Some(waiting) = self.waiting.pop_front() {
            let Some(answer) = driver.take_answer(waiting.request) else {
                self.waiting.push_front(waiting);
                break;
            };
            match edited(answer) {
                Ok(change) => match &waiting.wish {
                    Wish::Set { path, .. } => {
                        report(path, waiting.shown.as_ref(), change, self.how.json)?;
                    }
                    Wish::Again(change) => out::line(format!("{change} was made again")),
                },
                Err(
                    problem @ (Problem::NotSaved { .. }
                    | Problem::CannotSave { .. }
                    | Problem::NotOpen { .. }
                    | Problem::NoMeet
                    | Problem::NotArrived
                    | Problem::NoAuthor
                    | Problem::Finished),
                ) => return Err(Failure::from(problem).at(format!("line {}", waiting.line))),
                Err(problem) => self.refuse(waiting.line, problem.into()),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, number: usize, failure: Failure) {
        self.refused += 1;
        out::remark(failure.at(format!("line {number}")).to_string());
    }

    /// Whether every line was written.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.refused == 0 {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "{} of {} not written; the others are",
            self.refused,
            words::count(self.lines, "line was", "lines were")
        )))
    }
}

/// `clear`.
pub(super) async fn clear(dir: &Path, path: MeetPath, how: How) -> Result<(), Failure> {
    let mut driver = open_existing(dir)?;
    let outcome = make_and_report(&mut driver, Edit::clear(path.clone()), path, how).await;
    closing(driver, outcome).await
}

/// `restore`.
pub(super) async fn restore(
    dir: &Path,
    path: MeetPath,
    write: Option<OpId>,
    how: How,
) -> Result<(), Failure> {
    let mut driver = open_existing(dir)?;
    let outcome = match restoring(&mut driver, &path, write) {
        Ok(edit) => make_and_report(&mut driver, edit, path, how).await,
        Err(failure) => Err(failure),
    };
    closing(driver, outcome).await
}

fn restoring(driver: &mut Driver, path: &MeetPath, write: Option<OpId>) -> Result<Edit, Failure> {
    let meet = meet(driver.client())?;
    let write = match write {
        Some(write) => write,
        None => meet.get(path)?.held.write,
    };
    Ok(meet.restore(path, &write)?)
}

async fn make_and_report(
    driver: &mut Driver,
    edit: Edit,
    path: MeetPath,
    how: How,
) -> Result<(), Failure> {
    let change = make(driver, edit, how.reason, Seen::Unchecked).await?;
    report(&path, shown(driver, &path).as_ref(), change, how.json)
}

/// `add`.
pub(super) async fn add(
    dir: &Path,
    name: String,
    fields: Option<Map<String, Value>>,
    how: How,
) -> Result<(), Failure> {
    let mut driver = open_existing(dir)?;
    let mut fields = fields.unwrap_or_default();
    fields.insert("name".to_owned(), Value::from(name));
    let outcome = added(&mut driver, fields, how).await;
    closing(driver, outcome).await
}

async fn added(driver: &mut Driver, fields: Map<String, Value>, how: How) -> Result<(), Failure> {
    let edit = Edit::add_entry(fields).map_err(|error| Failure::refused(error.to_string()))?;
    let before: Vec<String> = keys(driver)?;
    make(driver, edit, how.reason, Seen::Unchecked).await?;
    let entries = meet(driver.client())?.entries();
    let new = entries.iter().find(|entry| !before.contains(&entry.key));
    let new = new.ok_or_else(|| Failure::refused("the new entry is not among the entries"))?;
    if how.json {
        return out::json(new);
    }
    match new.id {
        Some(id) => out::line(format!("entries.{id}")),
        None => out::line(format!("entries.{}", new.key)),
    }
    Ok(())
}

fn keys(driver: &mut Driver) -> Result<Vec<String>, Failure> {
    let entries = meet(driver.client())?.entries().into_iter();
    Ok(entries.map(|entry| entry.key).collect())
}

/// `withdraw`.
pub(super) async fn withdraw(dir: &Path, entry: EntryName, how: How) -> Result<(), Failure> {
    withdrawn(dir, Edit::withdraw(entry.clone()), &entry, how, "withdrawn").await
}

/// `reinstate`.
pub(super) async fn reinstate(dir: &Path, entry: EntryName, how: How) -> Result<(), Failure> {
    withdrawn(
        dir,
        Edit::reinstate(entry.clone()),
        &entry,
        how,
        "reinstated",
    )
    .await
}

async fn withdrawn(
    dir: &Path,
    edit: Edit,
    entry: &EntryName,
    how: How,
    done: &str,
) -> Result<(), Failure> {
    let mut driver = open_existing(dir)?;
    let made = make(&mut driver, edit, how.reason, Seen::Unchecked).await;
    let outcome = made.and_then(|change| {
        if how.json {
            let change = change.map(|change| change.to_string());
            return out::json_line(
                &serde_json::json!({"entry": entry.to_string(), "change": change}),
            );
        }
        let already = if change.is_none() { " already" } else { "" };
        out::line(format!("entries.{entry} is {done}{already}"));
        Ok(())
    });
    closing(driver, outcome).await
}

/// The edit that a typed value asks for.
fn edit_for(driver: &mut Driver, path: &MeetPath, text: &str) -> Result<Edit, Failure> {
    let value = meet(driver.client())?.parse_value(path, text)?;
    Edit::set(path.clone(), &value).map_err(|error| Failure::refused(error.to_string()))
}

async fn make(
    driver: &mut Driver,
    edit: Edit,
    reason: Option<String>,
    seen: Seen,
) -> Result<Option<ChangeHash>, Failure> {
    let reply = driver
        .ask(Ask::Edit(EditAsk { edit, reason, seen }))
        .await
        .map_err(not_kept)?;
    let Reply::Edited { change } = reply else {
        return Err(unexpected(&reply));
    };
    Ok(change)
}

/// The machine would keep what could not be saved in memory and try again; this process ends instead.
fn not_kept(failure: Failure) -> Failure {
    if failure.is_local() {
        return failure.hint("see to this device's disk, and make the edit again");
    }
    failure
}

/// The change that an edit became, if it became one.
pub(super) fn edited(answer: Answer) -> Result<Option<ChangeHash>, Problem> {
    let Reply::Edited { change } = answer? else {
        return Ok(None);
    };
    Ok(change)
}

/// An answer to another question than was asked, which the machine never gives.
pub(super) fn unexpected(reply: &Reply) -> Failure {
    // The answer itself may hold a whole meet, which no log does.
    tracing::error!(reply = ?std::mem::discriminant(reply), "an answer to another question");
    Failure::refused("the replica answered another question")
}

/// What a field shows; nothing if it was never filled in.
fn shown(driver: &mut Driver, path: &MeetPath) -> Option<Shown> {
    driver.client().meet()?.get(path).ok()
}

/// Prints what a field showed after an edit that is saved by now.
fn report(
    path: &MeetPath,
    shown: Option<&Shown>,
    change: Option<ChangeHash>,
    json: bool,
) -> Result<(), Failure> {
    if json {
        let mut line = match shown {
            Some(shown) => words::shown_json(shown),
            None => Map::from_iter([("path".to_owned(), Value::from(path.to_string()))]),
        };
        line.insert("written".to_owned(), Value::from(change.is_some()));
        return out::json_line(&line);
    }
    let text = shown.map_or("", |shown| shown.held.text.as_str());
    let text = if text.is_empty() { "(empty)" } else { text };
    match change {
        Some(_) => out::line(format!("{path} {text}")),
        None => out::line(format!("{path} {text} (as before; nothing was written)")),
    }
    Ok(())
}
