//! From the records of a local store to a replica.

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::planted::{self, Bug};
use spotter_model::{Admission, Change, ChangeHash, Meet};
use spotter_relay_protocol::{ChangeBytes, LogId, Position};

use crate::ask::short;
use crate::client::{Client, Opened};
use crate::record::{Aside, DEPENDS_ON_REFUSED, Origin, RECORD_FORMAT, Record};
use crate::replica::{Held, Offer, Replica};

impl Client {
    pub(super) fn opened(&mut self, records: Vec<Record>) {
        if self.opened != Opened::NotYet {
            return self.fault("the local store was read twice");
        }
        if records.is_empty() {
            self.keep(Record::Replica {
                format: RECORD_FORMAT,
            });
            self.opened = Opened::Yes;
            return;
        }
        match Fold::of(records) {
            Ok(fold) => self.begin_with(fold),
            Err(why) => {
                self.fault(format!("the local store cannot be understood: {why}"));
                self.opened = Opened::Broken { why };
            }
        }
    }

    fn begin_with(&mut self, fold: Fold) {
        let acknowledged = fold.acknowledged;
        let heads = fold.heads;
        self.replica = fold.replica;
        self.replica.track.begin(fold.position);
        self.refill_outbox(&heads);
        for hash in &acknowledged {
            self.outbox.settle(crate::Moment::default(), hash);
        }
        // Correct: what the records do not call acknowledged is sent.
        if planted::is(Bug::OutboxForgottenAtStart) {
            self.outbox.clear();
        }
        self.opened = Opened::Yes;
        if let Some(what) = fold.lost {
            self.fault(what);
        }
    }
}

/// What the records add up to.
#[derive(Default)]
struct Fold {
    replica: Replica,
    root: Option<(ChangeHash, bool)>,
    changes: Vec<Change>,
    /// The relay holds the ancestry of these, and what is acknowledged besides.
    heads: Vec<ChangeHash>,
    acknowledged: BTreeSet<ChangeHash>,
    position: Option<Position>,
    /// Offers that a person took.
    taken: BTreeSet<ChangeHash>,
    /// Changes on disk that could not join the document.
    lost: Option<String>,
}

impl Fold {
    fn of(records: Vec<Record>) -> Result<Self, String> {
        let mut fold = Self::default();
        for (number, record) in records.into_iter().enumerate() {
            fold.take(record)
                .map_err(|what| format!("record {number}: {what}"))?;
        }
        fold.build()?;
        Ok(fold)
    }

    fn take(&mut self, record: Record) -> Result<(), String> {
        match record {
            Record::Replica {
                format: RECORD_FORMAT,
            } => {}
            Record::Replica { format } => {
                return Err(format!(
                    "its format is {format}, and this version knows {RECORD_FORMAT}"
                ));
            }
            Record::Document { root, draft } => {
                self.root = Some((root, draft));
                self.changes.clear();
            }
            Record::Changes {
                from,
                changes,
                position,
            } => {
                let changes = decode(&changes)?;
                self.note_position(position);
                self.note_origin(from, &changes);
                self.join(changes);
            }
            Record::Acknowledged { changes, position } => {
                self.note_position(position);
                self.acknowledged.extend(changes);
            }
            Record::CaughtUp { position, heads } => {
                self.position = Some(position);
                self.heads = heads;
                self.acknowledged.clear();
            }
            Record::Rebuilt {
                aside,
                joined,
                made_again,
            } => {
                aside.into_iter().for_each(|aside| self.set_aside(aside));
                let made_again = decode(&made_again)?;
                self.replica
                    .made_again
                    .extend(made_again.iter().map(Change::hash));
                self.note_origin(Origin::Here, &made_again);
                self.join(decode(&joined)?);
                self.join(made_again);
            }
            Record::OfferTaken { change } => {
                self.taken.insert(change);
            }
            Record::SetAside(aside) => self.set_aside(aside),
            Record::Writer { author } => self.replica.writer = Some(author),
            Record::Joined(membership) => self.replica.membership = Some(membership),
            Record::SessionEnded {} => {
                if let Some(membership) = &mut self.replica.membership {
                    membership.session = None;
                }
            }
            Record::Roster {
                roster,
                epoch,
                ticket,
            } => {
                if let Some(membership) = &mut self.replica.membership {
                    membership.roster = roster;
                    membership.epoch = epoch;
                    membership.ticket = ticket;
                }
            }
            Record::Finished {} => {
                if let Some(membership) = &mut self.replica.membership {
                    membership.finished = true;
                }
            }
        }
        Ok(())
    }

    /// A position in another log makes every acknowledgement before it worthless.
    fn note_position(&mut self, position: Option<Position>) {
        let Some(position) = position else {
            return;
        };
        let log = |position: &Position| -> LogId { position.log_id };
        if self.position.as_ref().map(log) != Some(position.log_id) {
            self.heads.clear();
            self.acknowledged.clear();
        }
        self.position = Some(position);
    }

    fn note_origin(&mut self, from: Origin, changes: &[Change]) {
        match from {
            Origin::Here => self
                .replica
                .actors
                .extend(changes.iter().map(Change::actor)),
            Origin::Relay => self.acknowledged.extend(changes.iter().map(Change::hash)),
            Origin::Peer | Origin::Bundle => {}
        }
    }

    fn set_aside(&mut self, aside: Aside) {
        self.replica.aside.insert(aside.hash, aside);
    }

    /// Whatever joins is no longer aside.
    fn join(&mut self, changes: Vec<Change>) {
        for change in &changes {
            self.replica.aside.remove(&change.hash());
        }
        self.changes.extend(changes);
    }

    fn build(&mut self) -> Result<(), String> {
        let Some((root, draft)) = self.root else {
            return Ok(());
        };
        let aside: &BTreeMap<ChangeHash, Aside> = &self.replica.aside;
        self.changes
            .retain(|change| !aside.contains_key(&change.hash()));
        let mut meet = Meet::open(root);
        let verdicts = meet.receive(&self.changes);
        let mut homeless = verdicts
            .iter()
            .filter(|(_, verdict)| !matches!(verdict, Ok(Admission::Admitted | Admission::Known)));
        if let Some((hash, _)) = homeless.next() {
            let others = homeless.count();
            self.lost = Some(format!(
                "change {} and {others} others on this device could not join the meet",
                short(hash)
            ));
        }
        let _ = meet.take_events();
        let offers = self.offers(&meet);
        self.replica.offers = offers;
        self.replica.document = if draft {
            Held::Draft(meet)
        } else {
            Held::Shared(meet)
        };
        Ok(())
    }
}

impl Fold {
    /// The edits of others that left with a refused change and that nobody has made again.
    fn offers(&self, meet: &Meet) -> BTreeMap<ChangeHash, Offer> {
        let aside = self.replica.aside.values();
        let left: Vec<Change> = aside
            .filter_map(|aside| Change::decode(aside.change.as_ref()).ok())
            .collect();
        let author_of = |change: &Change| {
            let first = left
                .iter()
                .find(|first| first.actor() == change.actor() && first.seq() == 1);
            let known = meet.index().author(&change.actor());
            known.or_else(|| first.and_then(Change::author)).cloned()
        };
        let is_offer = |change: &&Change| {
            let aside = self.replica.aside.get(&change.hash());
            !self.taken.contains(&change.hash())
                && aside.is_some_and(|aside| !aside.own && aside.code == DEPENDS_ON_REFUSED)
        };
        let offer = |change: &Change| Offer {
            change: change.clone(),
            author: author_of(change),
        };
        left.iter()
            .filter(is_offer)
            .map(|change| (change.hash(), offer(change)))
            .collect()
    }
}

fn decode(changes: &[ChangeBytes]) -> Result<Vec<Change>, String> {
    let decoded = changes.iter().map(|bytes| Change::decode(bytes.as_ref()));
    decoded
        .collect::<Result<_, _>>()
        .map_err(|refusal| format!("a change cannot be read: {refusal}"))
}
