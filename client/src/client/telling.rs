//! How the replica is doing.

use spotter_model::ActorId;
use spotter_model::planted::{self, Bug};

use crate::client::Client;
use crate::record::{Aside, Membership};
use crate::relay_link::RelayState;
use crate::status::{LinkState, OfflineReason, PutOff, Status};
use crate::time::Moment;

impl Client {
    /// A picture of the client at this moment.
    pub fn status(&self, now: Moment) -> Status {
        let membership = self.replica.membership.as_ref();
        Status {
            root: self.replica.meet().map(|meet| meet.root()),
            draft: self.replica.is_draft(),
            meet_id: membership.map(|membership| membership.meet_id),
            author: self.replica.author().cloned(),
            link: self.link_state(now),
            edits_not_sent: self.outbox.len(),
            oldest_not_sent: self.outbox.iter().map(|(_, written)| written).min(),
            put_off: self.outbox.put_off().cloned(),
            last_contact: self.relay.last_contact,
            changes: self.replica.meet().map_or(0, |meet| meet.len()),
            position: self.replica.track.position(),
            need_resync: self.needs_resync(),
            in_sync: self.is_in_sync(),
            set_aside: self.replica.aside.len(),
            offers: self.replica.offers.keys().copied().collect(),
            cannot_save: self.keeper.trouble().map(str::to_owned),
            peers: self.peers.proven(),
            finished: membership.is_some_and(|membership| membership.finished),
        }
    }

    /// Why the relay does not take what it is offered, if it has said so of something that still waits.
    pub fn put_off(&self) -> Option<&PutOff> {
        self.outbox.put_off()
    }

    /// What this replica knows of the live meet it is a member of: where, as whom, and who else may join.
    pub fn membership(&self) -> Option<&Membership> {
        self.replica.membership.as_ref()
    }

    /// Whether an actor's writes were made on this device, in this run or an earlier one.
    pub fn writes_as(&self, actor: &ActorId) -> bool {
        self.replica.actors.contains(actor)
    }

    /// The changes that were refused and are kept beside the document, with the reasons.
    pub fn changes_set_aside(&self) -> impl Iterator<Item = &Aside> {
        self.replica.aside.values()
    }

    pub(super) fn link_state(&self, now: Moment) -> LinkState {
        match &self.relay.state {
            RelayState::Offline { why, retry_at } => LinkState::Offline {
                why: why.clone(),
                retry_in_ms: retry_at.map(|at| at.ms_since(now)),
            },
            RelayState::Joining { .. } => LinkState::Joining,
            RelayState::CatchingUp(_) => LinkState::CatchingUp,
            RelayState::Live { .. } => LinkState::Live,
        }
    }

    /// Whether something that the relay holds is missing here or must be feared to be: always, while a member is
    /// not live.
    fn needs_resync(&self) -> bool {
        let missing = self.relay.inside().is_some_and(|inside| inside.missing);
        let member = self.replica.membership.is_some();
        member && (!self.relay.is_live() || missing || self.replica.track.has_hole())
    }

    /// Whether relay and replica hold the same as far as the relay has told, and this device has it on disk.
    pub(super) fn is_in_sync(&self) -> bool {
        self.replica.membership.is_some()
            && !self.needs_resync()
            // Correct: what the relay has not acknowledged is not everywhere.
            && (self.outbox.is_empty() || planted::is(Bug::InSyncTooEarly))
            && self.keeper.is_idle()
            && self.keeper.trouble().is_none()
    }

    /// Why waiting is in vain, if it is: nothing will happen before somebody does something.
    pub(super) fn stuck(&self) -> Option<&OfflineReason> {
        match &self.relay.state {
            RelayState::Offline {
                why,
                retry_at: None,
            } if self.relay.entry.is_none() => Some(why),
            RelayState::Offline { .. }
            | RelayState::Joining { .. }
            | RelayState::CatchingUp(_)
            | RelayState::Live { .. } => None,
        }
    }
}
