//! The list of entries: which there are, under which id, in which order.
//!
//! It is kept beside the document so that finding an entry by its id costs no reading.

use std::collections::BTreeMap;

use crate::ids::ActorId;
use crate::op::{ObjectId, Scalar};
use crate::openlifter::{DELETED, ORDER};
use crate::path::{EntryKey, EntryName};

use super::error::ModelError;

/// What the list knows of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) key: EntryKey,
    pub(super) object: ObjectId,
    pub(super) id: Option<i64>,
    pub(super) order: f64,
    pub(super) withdrawn: bool,
}

/// All entries of a meet, withdrawn ones included.
#[derive(Default)]
pub(super) struct Entries {
    rows: BTreeMap<ObjectId, Row>,
}

/// Ids that one actor may hand out before they could be taken for another range's.
const RANGE: i64 = 1 << 20;

/// The registers that the list follows.
pub(super) const FOLLOWED: [&str; 3] = ["id", ORDER, DELETED];

impl Entries {
    /// Takes in a new entry. Its registers are told by [`Self::follow`].
    pub(super) fn add(&mut self, key: EntryKey, object: ObjectId) {
        let row = Row {
            key,
            object,
            id: None,
            order: f64::INFINITY,
            withdrawn: false,
        };
        self.rows.entry(object).or_insert(row);
    }

    /// Takes in what a followed register of an entry shows now.
    pub(super) fn follow(&mut self, object: &ObjectId, key: &str, value: Option<&Scalar>) {
        let Some(row) = self.rows.get_mut(object) else {
            return;
        };
        let number = match value {
            Some(Scalar::Number(number)) => Some(*number),
            Some(Scalar::Null | Scalar::Bool(_) | Scalar::Text(_)) | None => None,
        };
        match key {
            "id" => row.id = number.and_then(whole),
            ORDER => row.order = number.unwrap_or(f64::INFINITY),
            DELETED => row.withdrawn = value == Some(&Scalar::Bool(true)),
            _ => {}
        }
    }

    pub(super) fn contains(&self, object: &ObjectId) -> bool {
        self.rows.contains_key(object)
    }

    /// All entries in display order.
    pub(super) fn in_order(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows.values().cloned().collect();
        rows.sort_by(|a, b| a.order.total_cmp(&b.order).then_with(|| a.key.cmp(&b.key)));
        rows
    }

    /// The last entry that is not withdrawn.
    pub(super) fn last(&self) -> Option<&Row> {
        let shown = self.rows.values().filter(|row| !row.withdrawn);
        shown.max_by(|a, b| a.order.total_cmp(&b.order).then_with(|| a.key.cmp(&b.key)))
    }

    /// A place behind every entry.
    pub(super) fn next_order(&self) -> f64 {
        let orders = self.rows.values().map(|row| row.order);
        orders
            .filter(|order| order.is_finite())
            .fold(0.0, f64::max)
            .floor()
            + 1.0
    }

    /// The entry of a name.
    ///
    /// A withdrawn entry is found by its id only if no other has it.
    ///
    /// # Errors
    /// There is no such entry, or there are several.
    pub(super) fn find(&self, name: &EntryName) -> Result<&Row, ModelError> {
        let mut named: Vec<&Row> = match name {
            EntryName::Key(key) => self.rows.values().filter(|row| row.key == *key).collect(),
            EntryName::Id(id) => self
                .rows
                .values()
                .filter(|row| row.id == Some(*id))
                .collect(),
        };
        if named.iter().any(|row| !row.withdrawn) {
            named.retain(|row| !row.withdrawn);
        }
        match named[..] {
            [row] => Ok(row),
            [] => Err(ModelError::NoSuchEntry {
                entry: name.clone(),
            }),
            [..] => Err(ModelError::Ambiguous {
                entry: name.clone(),
                candidates: named.into_iter().map(|row| row.key.clone()).collect(),
            }),
        }
    }

    /// How people name an entry: by its id, or by its key where the id is missing or not its own.
    pub(super) fn name_of(&self, object: &ObjectId) -> Option<EntryName> {
        let row = self.rows.get(object)?;
        let by_id = row.id.map(EntryName::Id);
        let own = by_id.filter(|name| self.find(name).is_ok_and(|found| found.object == *object));
        Some(own.unwrap_or_else(|| EntryName::Key(row.key.clone())))
    }

    /// Whether an entry, withdrawn or not, has this id.
    pub(super) fn has_id(&self, id: i64) -> bool {
        self.rows.values().any(|row| row.id == Some(id))
    }

    /// An id that nobody has, from the range of this actor.
    ///
    /// Ranges begin at random places above any id that OpenLifter hands out, so entries added in two places that
    /// have never met practically never share one.
    pub(super) fn fresh_id(&self, actor: ActorId) -> i64 {
        let random = actor.as_bytes()[..5].iter();
        let base = random.fold(1, |base: i64, byte| base << 8 | i64::from(*byte));
        let range = base..base + RANGE;
        let ids = self.rows.values().filter_map(|row| row.id);
        let last = ids.filter(|id| range.contains(id)).max();
        last.map_or(base, |last| last + 1)
    }

    /// Ids that several entries have, with those entries' keys.
    pub(super) fn duplicates(&self) -> BTreeMap<i64, Vec<EntryKey>> {
        let mut keys = BTreeMap::<i64, Vec<EntryKey>>::new();
        for row in self.rows.values().filter(|row| !row.withdrawn) {
            if let Some(id) = row.id {
                keys.entry(id).or_default().push(row.key.clone());
            }
        }
        keys.retain(|_, keys| keys.len() > 1);
        keys
    }
}

fn whole(number: f64) -> Option<i64> {
    let whole = number.fract() == 0.0 && number.abs() <= crate::json::SAFE_INTEGER_MAX;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "just checked to be a safe integer"
    )]
    whole.then_some(number as i64)
}
