//! Changes that arrived before what they build on. Bounded per link: honest clients send in order, so whoever
//! fills this is broken or hostile, and gets everything else back with "later".

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::{Change, ChangeHash};
use spotter_relay_protocol::SessionId;

use crate::input::LinkId;
use crate::limits::Limits;

/// The changes that wait at one meet.
#[derive(Default)]
pub(crate) struct Waiting {
    /// Under one missing dependency each; looked at again when that one comes.
    by_missing: BTreeMap<ChangeHash, Vec<Held>>,
    per_link: BTreeMap<LinkId, Load>,
}

/// A change that waits.
pub(crate) struct Held {
    pub(crate) link: LinkId,
    /// The session that carried it, for the log.
    pub(crate) by: SessionId,
    pub(crate) local_seq_num: u64,
    pub(crate) change: Change,
}

#[derive(Default)]
struct Load {
    changes: usize,
    bytes: usize,
    /// What this link offered and was refused for good, so that what builds on it is not waited for. Bounded like the rest.
    refused: BTreeSet<ChangeHash>,
}

impl Waiting {
    /// Lets a change wait for `missing`; false, and nothing kept, if its link has too many waiting.
    pub(crate) fn hold(&mut self, missing: ChangeHash, held: Held, limits: &Limits) -> bool {
        let load = self.per_link.entry(held.link).or_default();
        let bytes = held.change.bytes().len();
        if load.changes >= limits.waiting_changes_max
            || load.bytes + bytes > limits.waiting_bytes_max
        {
            return false;
        }
        load.changes += 1;
        load.bytes += bytes;
        self.by_missing.entry(missing).or_default().push(held);
        true
    }

    /// The changes that waited for this one, which waits no longer.
    pub(crate) fn release(&mut self, hash: &ChangeHash) -> Vec<Held> {
        let released = self.by_missing.remove(hash).unwrap_or_default();
        for held in &released {
            self.unload(held);
        }
        released
    }

    /// Remembers that a change of this link was refused for good.
    pub(crate) fn note_refused(&mut self, link: LinkId, hash: ChangeHash, limits: &Limits) {
        let load = self.per_link.entry(link).or_default();
        if load.refused.len() < limits.waiting_changes_max {
            load.refused.insert(hash);
        }
    }

    /// Whether one of these was offered by this link and refused for good.
    pub(crate) fn was_refused(&self, link: LinkId, hashes: &[ChangeHash]) -> bool {
        let load = self.per_link.get(&link);
        load.is_some_and(|load| hashes.iter().any(|hash| load.refused.contains(hash)))
    }

    /// Forgets a link and everything it had waiting.
    pub(crate) fn forget(&mut self, link: LinkId) {
        if self
            .per_link
            .remove(&link)
            .is_some_and(|load| load.changes > 0)
        {
            self.by_missing.retain(|_, held| {
                held.retain(|held| held.link != link);
                !held.is_empty()
            });
        }
    }

    /// Gives everything back.
    pub(crate) fn drain(&mut self) -> Vec<Held> {
        self.per_link.clear();
        std::mem::take(&mut self.by_missing)
            .into_values()
            .flatten()
            .collect()
    }

    fn unload(&mut self, held: &Held) {
        if let Some(load) = self.per_link.get_mut(&held.link) {
            load.changes -= 1;
            load.bytes -= held.change.bytes().len();
        }
    }
}
