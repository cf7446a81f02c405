//! How changes join the document, from wherever they come, and are kept.

use spotter_model::{Admission, Change, ChangeHash, Refusal};
use spotter_relay_protocol::{ChangeBytes, Position};

use crate::client::Client;
use crate::limits::{ASIDE_MAX, MESSAGE_CHANGES_MAX, RECORD_BYTES_MAX};
use crate::link_id::LinkId;
use crate::news::News;
use crate::record::{Aside, Origin, Record};

/// What became of changes that arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    /// New here, in an order in which they can be applied.
    pub(crate) admitted: Vec<Change>,
    /// Here already.
    pub(crate) known: Vec<ChangeHash>,
    /// Built on something that is not here.
    pub(crate) waiting: usize,
    /// Refused, and now kept aside.
    pub(crate) refused: Vec<(ChangeHash, Refusal)>,
    /// Another change stands here in its place, named second.
    pub(crate) twins: Vec<(Change, ChangeHash)>,
}

impl Client {
    /// Lets changes join the document, and keeps aside what nobody may accept.
    ///
    /// A change that was once kept aside comes in only from the relay, whose word decides which twin stands.
    pub(super) fn take_in(&mut self, changes: Vec<Change>, from: Origin) -> Arrived {
        let aside = &self.replica.aside;
        let mut welcome = changes;
        welcome.retain(|change| from == Origin::Relay || !aside.contains_key(&change.hash()));
        let Some(meet) = self.replica.shared_mut() else {
            return Arrived::default();
        };
        // What it did to the screen is found out once, at the end of the step or of the catch-up.
        let verdicts = meet.receive_quietly(&welcome);
        let mut arrived = Arrived::default();
        for (change, (_, verdict)) in welcome.into_iter().zip(verdicts) {
            match verdict {
                Ok(Admission::Admitted) => arrived.admitted.push(change),
                Ok(Admission::Known) => arrived.known.push(change.hash()),
                Ok(Admission::Waiting { .. }) => arrived.waiting += 1,
                Err(Refusal::Twin { stands, .. }) if from == Origin::Relay => {
                    arrived.twins.push((change, stands));
                }
                Err(refusal) => {
                    self.set_aside(&change, &refusal);
                    arrived.refused.push((change.hash(), refusal));
                }
            }
        }
        self.in_order_of_admission(&mut arrived.admitted);
        for change in &arrived.admitted {
            self.replica.aside.remove(&change.hash());
        }
        arrived
    }

    /// A batch may name a change before those it builds on; what is kept and passed on never does.
    fn in_order_of_admission(&self, changes: &mut [Change]) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        changes.sort_by_key(|change| meet.index().number_of(&change.hash()));
    }

    fn set_aside(&mut self, change: &Change, refusal: &Refusal) {
        let aside = Aside {
            hash: change.hash(),
            change: bytes_of(change),
            code: refusal.code().to_owned(),
            reason: refusal.to_string(),
            own: self.replica.is_own(change),
        };
        if self.replica.aside.len() >= ASIDE_MAX {
            return;
        }
        if self
            .replica
            .aside
            .insert(aside.hash, aside.clone())
            .is_some()
        {
            return;
        }
        self.tell(News::NotAccepted {
            change: aside.hash,
            code: aside.code.clone(),
            reason: aside.reason.clone(),
        });
        self.keep(Record::SetAside(aside));
    }

    /// Keeps changes in records of a reasonable size; the position stands in the last of them.
    pub(super) fn keep_changes(
        &mut self,
        from: Origin,
        changes: &[Change],
        position: Option<Position>,
    ) {
        let mut rest = changes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest, MESSAGE_CHANGES_MAX, RECORD_BYTES_MAX));
            rest = later;
            self.keep(Record::Changes {
                from,
                changes: now.iter().map(bytes_of).collect(),
                position: position.filter(|_| rest.is_empty()),
            });
        }
    }

    /// Notes that changes joined the document, for the peers that have not seen them.
    pub(super) fn pass_on(&mut self, changes: &[Change], from: Option<LinkId>) {
        self.fresh
            .extend(changes.iter().map(|change| (change.hash(), from)));
    }
}

/// How many changes from the front fit into so many bytes; at least one, if there is one.
pub(crate) fn fitting(changes: &[Change], changes_max: usize, bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fit = changes.iter().take(changes_max).take_while(|change| {
        bytes += change.bytes().len();
        bytes <= bytes_max
    });
    fit.count().max(1).min(changes.len())
}

/// A change as it travels and is kept.
pub(crate) fn bytes_of(change: &Change) -> ChangeBytes {
    ChangeBytes::new(std::sync::Arc::clone(change.bytes()))
}
