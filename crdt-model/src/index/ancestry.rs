//! Who has seen whom.
//!
//! A change has seen nearly everything that was admitted before it, so we keep what it has *not* seen: per actor
//! the first sequence number missing from its ancestry. In a meet whose locations are connected these lists are
//! empty; after an absence they name the few actors that wrote meanwhile, and all changes of one absence share
//! one list. Long lists are kept for the heads and for one change in [`KEEP_EVERY`]; the others are computed again
//! when they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Index;
use super::actors::Actors;

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
        self.unseen_with(deps, before, |dep| self.unseen(dep))
    }

    /// The same, where `own` answers what each dependency has not seen of the changes before it.
    ///
    /// The newest dependency misses least; the others only take away from what it misses.
    fn unseen_with(&self, deps: &[u32], before: u32, own: impl Fn(u32) -> Unseen) -> Unseen {
        let Some(&newest) = deps.iter().max() else {
            return Arc::new([]);
        };
        let first = own(newest);
        let between = self.first_between(&first, newest, before);
        if between.is_empty() && deps.len() == 1 {
            return first;
        }
        let mut unseen = [&first[..], &between].concat();
        unseen.sort_unstable();
        for &dep in deps.iter().filter(|&&dep| dep != newest) {
            if !unseen.is_empty() {
                self.take_away_seen_by(&mut unseen, dep, &own(dep));
                unseen.retain(|&(actor, seq)| self.is_before(actor, seq, before));
            }
        }
        unseen.into()
    }

    /// The first change of each actor after `change` and before `before`, of actors that are not listed already.
    fn first_between(&self, listed: &Unseen, change: u32, before: u32) -> Vec<(u32, u32)> {
        let between = &self.changes[change as usize + 1..before as usize];
        if between.is_empty() {
            return Vec::new();
        }
        let mut noted = vec![false; self.actors.len()];
        for &(actor, _) in listed.iter() {
            noted[actor as usize] = true;
        }
        let news = between
            .iter()
            .filter(|known| !std::mem::replace(&mut noted[known.actor as usize], true));
        news.map(|known| (known.actor, known.seq)).collect()
    }

    /// Whether an actor has a change of this sequence number before `before`.
    fn is_before(&self, actor: u32, seq: u32, before: u32) -> bool {
        let number = self.actors.change_number(actor, seq);
        number.is_some_and(|number| number < before)
    }

    /// Takes away what a change has seen, itself included, given what it has not seen of the changes before it.
    fn take_away_seen_by(&self, unseen: &mut Vec<(u32, u32)>, change: u32, own: &Unseen) {
        let known = self.known(change);
        let mut own = own.iter().peekable();
        for (actor, seq) in unseen {
            while own.next_if(|(other, _)| *other < *actor).is_some() {}
            let first_unseen = match own.peek() {
                Some((other, seq)) if other == actor => *seq,
                _ if *actor == known.actor => known.seq + 1,
                _ => self.actors.last_seq_before(*actor, change) + 1,
            };
            *seq = first_unseen.max(*seq);
        }
    }

    /// What a known change has not seen of the changes before it.
    ///
    /// Where lists were dropped, they are computed again from the nearest kept ones, oldest first.
    fn unseen(&self, change: u32) -> Unseen {
        if let Some(unseen) = &self.known(change).unseen {
            return Arc::clone(unseen);
        }
        let mut computed: BTreeMap<u32, Unseen> = BTreeMap::new();
        for number in self.dropped_behind(change) {
            let unseen = self.unseen_with(self.deps_of(number), number, |dep| {
                let kept = self
                    .known(dep)
                    .unseen
                    .as_ref()
                    .or_else(|| computed.get(&dep));
                kept.map_or_else(|| Arc::new([]), Arc::clone)
            });
            computed.insert(number, unseen);
        }
        computed.remove(&change).unwrap_or_else(|| Arc::new([]))
    }

    /// The change and those of its ancestors that must be computed before it, ascending.
    fn dropped_behind(&self, change: u32) -> BTreeSet<u32> {
        let mut dropped = BTreeSet::new();
        let mut stack = vec![change];
        while let Some(number) = stack.pop() {
            let known = self.known(number);
            if known.unseen.is_none() && dropped.insert(number) {
                stack.extend_from_slice(self.deps_of(number));
            }
        }
        dropped
    }
}
