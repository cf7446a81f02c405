//! Who wins, worked out from what `history --json` prints, by somebody who knows the rule and nothing else of Spotter.
//!
//! A write comes after the writes it had seen; among those that could come next, the lower rank goes first; the last
//! write stands. Rank is the priority, then the counter, then the actor.

use std::fmt;

use serde_json::Value;

use crate::failure::Failure;

/// One write, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Write {
    /// `COUNTER@ACTOR`.
    pub(super) id: String,
    pub(super) location: String,
    pub(super) text: String,
    priority: u64,
    counter: u64,
    /// The writes its author had seen and replaced.
    saw: Vec<String>,
}

impl Write {
    /// All writes of a printed history.
    pub(super) fn all(history: &[Value]) -> Result<Vec<Self>, Failure> {
        let unreadable = || Failure::refused("the printed history does not read as documented");
        history
            .iter()
            .map(|item| Self::read(item).ok_or_else(unreadable))
            .collect()
    }

    fn read(item: &Value) -> Option<Self> {
        let id = item["write"].as_str()?.to_owned();
        let saw = item["replaces"].as_array()?.iter();
        Some(Self {
            counter: id.split_once('@')?.0.parse().ok()?,
            location: item["location"].as_str()?.to_owned(),
            text: item["text"].as_str()?.to_owned(),
            priority: item["priority"].as_u64()?,
            saw: saw
                .map(|write| write.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            id,
        })
    }

    /// The actor is the rest of the id, and all ids of one counter differ in nothing else.
    fn rank(&self) -> (u64, u64, &str) {
        (self.priority, self.counter, &self.id)
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<10} by {} (priority {})",
            self.text, self.location, self.priority
        )?;
        match self.saw.as_slice() {
            [] => write!(f, ", the first; it is {}", self.id),
            saw => write!(f, ", having seen {}; it is {}", saw.join(" and "), self.id),
        }
    }
}

/// The write that stands.
pub(super) fn winner(writes: &[Write]) -> Option<&Write> {
    let mut waiting: Vec<&Write> = writes.iter().collect();
    let mut last = None;
    while !waiting.is_empty() {
        let seen_all = |write: &&Write| !waiting.iter().any(|other| write.saw.contains(&other.id));
        let next = waiting
            .iter()
            .copied()
            .filter(seen_all)
            .min_by_key(|write| write.rank())?;
        waiting.retain(|write| write.id != next.id);
        last = Some(next);
    }
    last
}

/// Why it stands, in terms of what it had seen and of priorities.
pub(super) fn reason(writes: &[Write], winner: &Write) -> String {
    let seen = seen_by(writes, winner);
    let unseen: Vec<&Write> = writes
        .iter()
        .filter(|write| write.id != winner.id && !seen.contains(&write.id.as_str()))
        .collect();
    if unseen.is_empty() {
        return "its author had seen all the others, and whoever has seen a write replaces it"
            .to_owned();
    }
    let others: Vec<String> = unseen
        .iter()
        .map(|write| {
            format!(
                "{}'s {} (priority {})",
                write.location, write.text, write.priority
            )
        })
        .collect();
    format!(
        "it and {} did not know of each other, and {} is the higher priority",
        others.join(" and "),
        winner.priority
    )
}

/// Everything a write had seen, directly or through what it had seen.
fn seen_by<'a>(writes: &'a [Write], write: &'a Write) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    let mut ahead: Vec<&Write> = vec![write];
    while let Some(next) = ahead.pop() {
        for id in next
            .saw
            .iter()
            .filter(|id| !seen.contains(&id.as_str()))
            .collect::<Vec<_>>()
        {
            seen.push(id);
            ahead.extend(writes.iter().filter(|write| write.id == *id));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(id: &str, priority: u64, saw: &[&str]) -> Write {
        Write {
            id: id.to_owned(),
            location: String::new(),
            text: String::new(),
            priority,
            counter: id.split_once('@').unwrap().0.parse().unwrap(),
            saw: saw.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn wins(id: &str, writes: &[Write]) {
        assert_eq!(winner(writes).unwrap().id, id);
    }

    #[test]
    fn priority_decides_between_writes_that_did_not_know_of_each_other() {
        wins(
            "5@b",
            &[
                write("1@a", 1, &[]),
                write("9@a", 10, &["1@a"]),
                write("5@b", 20, &["1@a"]),
            ],
        );
    }

    #[test]
    fn a_write_that_has_seen_the_others_stands_whatever_its_priority() {
        wins(
            "9@c",
            &[
                write("1@a", 30, &[]),
                write("5@b", 20, &["1@a"]),
                write("9@c", 1, &["5@b"]),
            ],
        );
    }

    #[test]
    fn a_beaten_value_does_not_come_back() {
        let low_corrects_high = [
            write("1@h", 30, &[]),
            write("2@m", 20, &[]),
            write("3@l", 10, &["1@h"]),
        ];
        wins("3@l", &low_corrects_high);
    }
}
