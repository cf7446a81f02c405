//! Two readers, written from the words of the rules and from nothing of the feed's code: they read JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use spotter_display::{Epoch, Feed, View};

/// What a reader shows: rows by id, and the platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) rows: BTreeMap<i64, Value>,
    pub(crate) platform: Value,
}

impl Shown {
    pub(crate) fn of_snapshot(snapshot: &Value) -> Self {
        let rows = snapshot["lifters"].as_array().unwrap();
        Self {
            rows: rows.iter().map(|row| (id(row), row.clone())).collect(),
            platform: snapshot["platform"].clone(),
        }
    }

    /// Deletes, then creates, then updates.
    fn apply(&mut self, update: &Value) {
        let lifters = &update["lifters"];
        for gone in ids(&lifters["destroy"]) {
            assert!(self.rows.remove(&gone).is_some(), "{gone} was never there");
        }
        for new in ids(&lifters["create"]) {
            let before = self.rows.insert(new, Value::Null);
            assert_eq!(before, None, "{new} was there already");
        }
        for row in lifters["update"].as_array().unwrap() {
            let before = self.rows.insert(id(row), row.clone());
            assert!(before.is_some(), "{row} was not created");
        }
        if let Some(platform) = update.get("platform") {
            self.platform = platform.clone();
        }
        assert!(
            self.rows.values().all(Value::is_object),
            "a row was left empty"
        );
    }
}

/// What a reader wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    Snapshot,
    Socket,
    Messages,
}

/// A reader of the overlap rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OverlapReader {
    /// Whether it looks at epochs. The rule itself knows none.
    pub(crate) knows_epochs: bool,
    pub(crate) stored: Option<(u64, u64)>,
    pub(crate) shown: Shown,
    pub(crate) wants: Wants,
    pub(crate) started_over: usize,
}

impl OverlapReader {
    pub(crate) fn new(knows_epochs: bool) -> Self {
        Self {
            knows_epochs,
            stored: None,
            shown: Shown::default(),
            wants: Wants::Snapshot,
            started_over: 0,
        }
    }

    pub(crate) fn snapshot(&mut self, snapshot: &Value) {
        self.shown = Shown::of_snapshot(snapshot);
        self.stored = Some((number(snapshot, "epoch"), number(snapshot, "revision")));
        self.wants = Wants::Socket;
    }

    pub(crate) fn connected(&mut self) {
        self.wants = Wants::Messages;
    }

    /// The socket closed by itself: what is shown stays, and another socket is opened.
    pub(crate) fn lost_socket(&mut self) {
        self.wants = Wants::Socket;
    }

    pub(crate) fn message(&mut self, text: &str) {
        let message: Value = serde_json::from_str(text).unwrap();
        let (epoch, stored) = self.stored.unwrap();
        let revision = number(&message, "revision");
        if self.knows_epochs && number(&message, "epoch") != epoch {
            self.start_over();
        } else if revision <= stored {
            // It has this already.
        } else if revision == stored + 1 {
            self.shown.apply(&message);
            self.stored = Some((epoch, revision));
        } else {
            self.start_over();
        }
    }

    fn start_over(&mut self) {
        let started_over = self.started_over + 1;
        *self = Self::new(self.knows_epochs);
        self.started_over = started_over;
    }
}

/// A reader of the version check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckReader {
    pub(crate) version: Option<u64>,
    pub(crate) shown: Shown,
}

impl CheckReader {
    pub(crate) fn new() -> Self {
        Self {
            version: None,
            shown: Shown::default(),
        }
    }

    pub(crate) fn snapshot(&mut self, snapshot: &Value) {
        self.shown = Shown::of_snapshot(snapshot);
        self.version = Some(number(snapshot, "revision"));
    }

    /// What it says as soon as it is connected.
    pub(crate) fn greeting(&self) -> String {
        let data = serde_json::json!({ "version": self.version });
        serde_json::json!({"source": "browser", "action": "version_check", "data": data})
            .to_string()
    }

    pub(crate) fn message(&mut self, text: &str) {
        let message: Value = serde_json::from_str(text).unwrap();
        assert_eq!(message["source"], "server");
        let data = &message["data"];
        match message["action"].as_str().unwrap() {
            "all_lifters" => self.shown = Shown::of_snapshot(data),
            "update_lifters" => self.shown.apply(data),
            other => panic!("{other} is no word of the server"),
        }
        self.version = Some(number(data, "version"));
    }
}

/// A board with these lifters and their totals, `None` for one that is not there.
pub(crate) fn board(totals: &[Option<u32>]) -> View {
    let rows = totals.iter().enumerate().filter_map(|(id, kg)| {
        let row = serde_json::json!({"id": id, "name": format!("lifter {id}"), "totalKg": (*kg)?});
        row.as_object().cloned()
    });
    let rows = rows.collect();
    let sum: u32 = totals.iter().flatten().sum();
    let platform = serde_json::json!({"current": sum % 3}).as_object().cloned();
    View::new(platform.unwrap(), rows)
}

/// A feed whose view has this revision, after updates that came one by one.
pub(crate) fn feed_at(revision: u64, first: u64, overlap_max: usize) -> Feed {
    let start = board(&[Some(0), Some(0)]);
    let mut feed = Feed::begin(Epoch::at(first), overlap_max, start, 0);
    while feed.revision() < revision {
        advance(&mut feed);
    }
    feed
}

/// One more update of a feed made by [`feed_at`].
pub(crate) fn advance(feed: &mut Feed) {
    let kg = u32::try_from(feed.revision() + 1).unwrap();
    let next = board(&[Some(kg), Some(0)]);
    feed.show(next, 1_000).unwrap();
}

pub(crate) fn snapshot(feed: &Feed) -> Value {
    serde_json::to_value(feed.snapshot(5_000)).unwrap()
}

pub(crate) fn number(message: &Value, field: &str) -> u64 {
    message[field]
        .as_u64()
        .unwrap_or_else(|| panic!("no {field} in {message}"))
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_i64().unwrap())
        .collect()
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().unwrap()
}
