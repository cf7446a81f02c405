//! What happens when a change cannot stay: the document is rebuilt without it and without whatever was built on it,
//! and the edits made here are made again.
//!
//! They are made again under a fresh actor, with the values as they were. An edit that is refused a second time is kept
//! aside, and a person is told. Edits of others that had to leave are offered to whoever sits here.

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::{
    Author, Change, ChangeHash, Document, Meet, NewOps, ObjectId, OpAction, Pen, Refusal, Target,
};

use crate::ask::short;
use crate::client::Client;
use crate::client::admitting::bytes_of;
use crate::news::News;
use crate::record::{Aside, DEPENDS_ON_REFUSED, Record};
use crate::replica::{Held, Moved};
use crate::time::Now;

/// A change that cannot stay, and why.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) hash: ChangeHash,
    pub(crate) code: String,
    pub(crate) reason: String,
}

impl Client {
    /// The relay holds other changes of the same actors and numbers: those stand, ours give way.
    pub(super) fn give_way_to_twins(&mut self, now: Now, twins: Vec<(Change, ChangeHash)>) {
        if twins.is_empty() {
            return;
        }
        let (standing, ours): (Vec<Change>, Vec<ChangeHash>) = twins.into_iter().unzip();
        let refused = ours
            .into_iter()
            .zip(&standing)
            .map(|(hash, theirs)| Refused {
                hash,
                code: "twin".to_owned(),
                reason: format!("the relay holds {} in its place", short(&theirs.hash())),
            });
        self.leave_out(now, &refused.collect::<Vec<_>>(), &standing);
    }

    /// Rebuilds the document without some changes; `instead` may join now that they are gone.
    pub(super) fn leave_out(&mut self, now: Now, refused: &[Refused], instead: &[Change]) {
        let Some(old) = self.replica.shared() else {
            return;
        };
        let leaving = Leaving::of(old, refused);
        if leaving.contains(&old.root()) {
            return self.fault("the relay refused the first change of the meet");
        }
        let Held::Shared(old) = std::mem::take(&mut self.replica.document) else {
            return;
        };
        let staying: Vec<Change> = old
            .changes()
            .filter(|change| !leaving.contains(&change.hash()))
            .collect();
        let mut rebuilt = Meet::open(old.root());
        rebuilt.receive(&staying);
        rebuilt.receive(instead);
        let _ = rebuilt.take_events();
        let joined: Vec<Change> = instead
            .iter()
            .filter(|c| rebuilt.contains(&c.hash()))
            .cloned()
            .collect();
        let made_again = self.make_own_again(&old, &leaving, &staying);
        rebuilt.receive(&made_again);
        self.replica.document = Held::Shared(rebuilt);
        self.swap_in_outbox(now, &leaving, &made_again);
        let aside = self.put_aside(&leaving);
        self.report(refused, &leaving, made_again.len());
        self.pass_on(&joined, None);
        self.pass_on(&made_again, None);
        self.keep(Record::Rebuilt {
            aside,
            joined: joined.iter().map(bytes_of).collect(),
            made_again: made_again.iter().map(bytes_of).collect(),
        });
        // What waited for its beginnings went with the old document, and has to be asked for once more.
        if let Some(inside) = self.relay.inside_mut() {
            inside.pulled_at_len = None;
        }
    }

    fn swap_in_outbox(&mut self, now: Now, leaving: &Leaving, made_again: &[Change]) {
        for hash in leaving.hashes() {
            self.outbox.settle(now.moment, &hash);
        }
        for change in made_again {
            self.replica.made_again.insert(change.hash());
            self.queue(&change.hash());
        }
    }

    fn put_aside(&mut self, leaving: &Leaving) -> Vec<Aside> {
        let aside: Vec<Aside> = leaving
            .changes
            .iter()
            .map(|left| Aside {
                hash: left.change.hash(),
                change: bytes_of(&left.change),
                code: left.code.clone(),
                reason: left.reason.clone(),
                own: self.replica.is_own(&left.change),
            })
            .collect();
        for aside in &aside {
            self.replica.aside.insert(aside.hash, aside.clone());
        }
        aside
    }

    /// Makes the own edits among those that left again, in the order in which they were made.
    ///
    /// Each is written on what its author had seen and still stands, and on nothing more: an edit that did not know
    /// of another one must not overrule it only because it had to be made again.
    fn make_own_again(&mut self, old: &Meet, leaving: &Leaving, staying: &[Change]) -> Vec<Change> {
        self.replica.pen = None;
        let Some(pen) = self.pen() else {
            return Vec::new();
        };
        let mut past = Document::new(old.root());
        let mut moved = std::mem::take(&mut self.replica.moved);
        let mut made = Vec::new();
        for left in &leaving.changes {
            let hash = left.change.hash();
            let refused_twice = left.built_on == hash && self.replica.made_again.contains(&hash);
            if !self.replica.is_own(&left.change) || refused_twice {
                continue;
            }
            let unseen: BTreeSet<ChangeHash> = old.beyond(&[hash]).into_iter().collect();
            let seen: Vec<Change> = staying
                .iter()
                .filter(|c| !unseen.contains(&c.hash()))
                .cloned()
                .collect();
            past.receive(&seen);
            match write_again(
                &mut past,
                &pen,
                &left.change,
                &mut moved,
                left.change.message(),
            ) {
                Ok(again) => made.push(again),
                Err(refusal) => self.fault(format!("an edit could not be made again: {refusal}")),
            }
        }
        self.replica.moved = moved;
        made
    }

    fn report(&mut self, refused: &[Refused], leaving: &Leaving, made_again: usize) {
        let own = leaving
            .changes
            .iter()
            .filter(|left| self.replica.is_own(&left.change))
            .count();
        let themselves = refused
            .iter()
            .filter(|refused| leaving.is_refused_itself(&refused.hash));
        for (place, refused) in themselves.enumerate() {
            let first = place == 0;
            self.tell(News::Refused {
                change: refused.hash,
                code: refused.code.clone(),
                reason: refused.reason.clone(),
                made_again: if first { made_again } else { 0 },
                not_made_again: if first { own - made_again } else { 0 },
            });
        }
        for left in &leaving.changes {
            if !self.replica.is_own(&left.change) && left.built_on != left.change.hash() {
                self.offer_to_make_again(left);
            }
        }
    }
}

/// Everything that has to leave together.
struct Leaving {
    /// In causal order.
    changes: Vec<Left>,
}

pub(super) struct Left {
    pub(super) change: Change,
    /// Whose edit it was.
    pub(super) author: Option<Author>,
    code: String,
    reason: String,
    /// The refused change for which it left; itself, if it was refused.
    pub(super) built_on: ChangeHash,
}

impl Leaving {
    fn of(meet: &Meet, refused: &[Refused]) -> Self {
        let mut built_on: BTreeMap<ChangeHash, ChangeHash> = BTreeMap::new();
        let mut changes = Vec::new();
        for change in meet.changes() {
            let hash = change.hash();
            let verdict = refused.iter().find(|refused| refused.hash == hash);
            let base = change.deps().iter().find_map(|dep| built_on.get(dep));
            let (code, reason, base) = match (verdict, base) {
                (Some(refused), None) => (refused.code.clone(), refused.reason.clone(), hash),
                (Some(refused), Some(_)) if refused.code != DEPENDS_ON_REFUSED => {
                    (refused.code.clone(), refused.reason.clone(), hash)
                }
                (_, Some(base)) => {
                    let reason = format!("it was built on {}", short(base));
                    (DEPENDS_ON_REFUSED.to_owned(), reason, *base)
                }
                (None, None) => continue,
            };
            built_on.insert(hash, base);
            let author = meet.index().author(&change.actor()).cloned();
            changes.push(Left {
                change,
                author,
                code,
                reason,
                built_on: base,
            });
        }
        Self { changes }
    }

    fn hashes(&self) -> BTreeSet<ChangeHash> {
        self.changes.iter().map(|left| left.change.hash()).collect()
    }

    fn is_refused_itself(&self, hash: &ChangeHash) -> bool {
        self.changes
            .iter()
            .any(|left| left.change.hash() == *hash && left.built_on == *hash)
    }

    fn contains(&self, hash: &ChangeHash) -> bool {
        self.changes.iter().any(|left| left.change.hash() == *hash)
    }
}

/// Writes what a change wrote once more. Maps that it made get new names, and so does whatever later changes write
/// in them.
pub(super) fn write_again(
    past: &mut Document,
    pen: &Pen,
    change: &Change,
    moved: &mut Moved,
    reason: Option<&str>,
) -> Result<Change, Refusal> {
    let (ops, makes) = same_again(change, moved);
    let (again, _) = past.write(pen, &ops, change.time(), reason)?;
    for index in makes {
        let made = |change: &Change| ObjectId::Made(change.op_id(index));
        moved.insert(made(change), made(&again));
    }
    Ok(again)
}

/// The operations of a change, to be written on another document, and the places of those that make maps.
fn same_again(change: &Change, moved: &Moved) -> (NewOps, Vec<usize>) {
    let mut ops = NewOps::new();
    let mut makes = Vec::new();
    for (index, op) in change.ops().iter().enumerate() {
        let made_here = makes
            .iter()
            .find(|&&make| op.object == ObjectId::Made(change.op_id(make)));
        let target = match made_here {
            Some(&make) => Target::Made(make),
            None => Target::Object(*moved.get(&op.object).unwrap_or(&op.object)),
        };
        match &op.action {
            OpAction::MakeMap => {
                ops.make(target);
                makes.push(index);
            }
            OpAction::Set(value) => ops.set(target, &op.key, value.clone()),
        }
    }
    (ops, makes)
}
