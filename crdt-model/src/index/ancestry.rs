//! Who has seen whom.
//!
//! A change has seen nearly everything that was admitted before it, so we keep what it has *not* seen: per actor
//! the first sequence number missing from its ancestry. In a meet whose locations are connected these lists are
//! empty; after an absence they name the few actors that wrote meanwhile, and all changes of one absence share
//! one list. Long lists are kept for the heads and for one change in [`KEEP_EVERY`]; the others are computed again
//! when they are asked for.

use std::sync::Arc;

use super::actors::Actors;
use super::{Index, Known};

/// Per actor, ascending, the first sequence number not seen. Says nothing of changes admitted later.
pub(super) type Unseen = Arc<[(u32, u32)]>;

/// Lists up to this long are always kept.
const KEEP_UP_TO: usize = 32;

/// Of the longer lists, those of every so many changes are kept.
const KEEP_EVERY: u32 = 16;

/// The ancestry of a change that may not be admitted yet.
pub(crate) struct Ancestry {
    /// Changes from here on are not in the ancestry.
    before: u32,
    unseen: Unseen,
}

impl Ancestry {
    /// The actor's highest sequence number in this ancestry, 0 if there is none.
    fn last_seq(&self, actor: u32, actors: &Actors) -> u32 {
        match self.first_unseen(actor) {
            Some(seq) => seq - 1,
            None => actors.last_seq_before(actor, self.before),
        }
    }

    fn first_unseen(&self, actor: u32) -> Option<u32> {
        let place = self
            .unseen
            .binary_search_by_key(&actor, |&(actor, _)| actor);
        place.ok().map(|place| self.unseen[place].1)
    }
}

impl Index {
    /// The ancestry of a change written on these changes.
    pub(crate) fn ancestry_of(&self, deps: &[u32]) -> Ancestry {
        let before = if deps.is_empty() {
            0
        } else {
            self.changes.len() as u32
        };
        Ancestry {
            before,
            unseen: self.unseen_by(deps, before),
        }
    }

    pub(super) fn is_ancestor(&self, change: u32, ancestry: &Ancestry) -> bool {
        let known = self.known(change);
        change < ancestry.before
            && ancestry
                .first_unseen(known.actor)
                .is_none_or(|seq| known.seq < seq)
    }

    pub(super) fn last_seq_in(&self, ancestry: &Ancestry, actor: u32) -> u32 {
        ancestry.last_seq(actor, &self.actors)
    }

    /// What to remember of the ancestry of the change admitted next.
    pub(super) fn unseen_to_keep(&self, ancestry: &Ancestry) -> Unseen {
        self.shared_with_last(&ancestry.unseen)
    }

    /// Forgets the list of a change that is no head any more, if it is long.
    pub(super) fn forget_unseen(&mut self, change: u32) {
        let known = &mut self.changes[change as usize];
        let long = known
            .unseen
            .as_ref()
            .is_some_and(|unseen| unseen.len() > KEEP_UP_TO);
        if long && !change.is_multiple_of(KEEP_EVERY) {
            known.unseen = None;
        }
    }

    /// Changes that follow each other mostly have seen the same: share the list instead of keeping two.
    fn shared_with_last(&self, unseen: &Unseen) -> Unseen {
        let last = self.changes.last().and_then(|known| known.unseen.as_ref());
        Arc::clone(last.filter(|last| *last == unseen).unwrap_or(unseen))
    }

    /// What of the changes before `before` is not in the ancestry of `deps` and not among them.
    fn unseen_by(&self, deps: &[u32], before: u32) -> Unseen {
        let mut lists = deps.iter().map(|&dep| self.unseen_from(dep, before));
        let Some(first) = lists.next() else {
            return Arc::new([]);
        };
        lists.fold(first, |both, next| intersect(&both, &next))
    }

    /// What of the changes before `before` a known change has not seen.
    fn unseen_from(&self, change: u32, before: u32) -> Unseen {
        let own = self.unseen(change);
        if change + 1 == before {
            return own;
        }
        let mut unseen = own.to_vec();
        for later in &self.changes[change as usize + 1..before as usize] {
            add(&mut unseen, later);
        }
        unseen.into()
    }

    /// What a known change has not seen of the changes before it.
    ///
    /// Where lists were dropped, they are computed again from the nearest kept ones, oldest first.
    fn unseen(&self, change: u32) -> Unseen {
        if let Some(unseen) = &self.known(change).unseen {
            return Arc::clone(unseen);
        }
        let mut computed = std::collections::BTreeMap::new();
        for number in self.dropped_behind(change) {
            let known = self.known(number);
            let mut lists = known.deps.iter().map(|&dep| {
                let own = self
                    .known(dep)
                    .unseen
                    .as_ref()
                    .or_else(|| computed.get(&dep));
                let mut unseen = own.map_or_else(Vec::new, |own| own.to_vec());
                for later in &self.changes[dep as usize + 1..number as usize] {
                    add(&mut unseen, later);
                }
                Unseen::from(unseen)
            });
            let first = lists.next().unwrap_or_else(|| Arc::new([]));
            let unseen = lists.fold(first, |both, next| intersect(&both, &next));
            computed.insert(number, unseen);
        }
        computed.remove(&change).unwrap_or_else(|| Arc::new([]))
    }

    /// The change and those of its ancestors that must be computed before it, ascending.
    fn dropped_behind(&self, change: u32) -> std::collections::BTreeSet<u32> {
        let mut dropped = std::collections::BTreeSet::new();
        let mut stack = vec![change];
        while let Some(number) = stack.pop() {
            let known = self.known(number);
            if known.unseen.is_none() && dropped.insert(number) {
                stack.extend(known.deps.iter().copied());
            }
        }
        dropped
    }
}

/// Notes that a change was not seen. An actor's earliest unseen change is met first.
fn add(unseen: &mut Vec<(u32, u32)>, change: &Known) {
    if let Err(place) = unseen.binary_search_by_key(&change.actor, |&(actor, _)| actor) {
        unseen.insert(place, (change.actor, change.seq));
    }
}

/// What is unseen by both.
fn intersect(a: &Unseen, b: &Unseen) -> Unseen {
    if a.is_empty() || b.is_empty() {
        return Arc::new([]);
    }
    let other = |actor| {
        let place = b.binary_search_by_key(&actor, |&(actor, _)| actor);
        place.ok().map(|place| b[place].1)
    };
    a.iter()
        .filter_map(|&(actor, seq)| other(actor).map(|theirs| (actor, seq.max(theirs))))
        .collect()
}
