//! Changes that the relay passes on, and how far they bring us in its log.

use spotter_model::ChangeHash;
use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{RelayedUpdate, UpdateRelay};

use crate::client::Client;
use crate::client::admitting::Arrived;
use crate::record::{Origin, Record};
use crate::time::Now;
use crate::track::Stretch;

impl Client {
    pub(super) fn relayed(&mut self, now: Now, relay: UpdateRelay) {
        if self.relay.inside().is_none() {
            return self.nonsense(now, "UPDATE_RELAY before joining");
        }
        let stretch = relay.updates_relayed.last().map(|last| Stretch {
            after: relay.after_server_seq_num,
            last: last.server_seq_num,
            chain: relay.chain,
        });
        let (mut numbers, mut changes) = (Vec::new(), Vec::new());
        for RelayedUpdate {
            change,
            server_seq_num,
        } in relay.updates_relayed
        {
            match change.into_change() {
                Ok(change) => {
                    numbers.push((server_seq_num, change.hash()));
                    changes.push(change);
                }
                Err(refusal) => self.fault(format!(
                    "the relay's change {server_seq_num} cannot be read: {refusal}"
                )),
            }
        }
        let arrived = self.take_in(changes, Origin::Relay);
        self.step_along(now, stretch, &numbers);
        let settled = self.settle_known(now, &arrived);
        self.keep_relayed(&arrived, settled);
        if arrived.waiting > 0 {
            self.pull_by_heads();
        }
        self.pass_on(&arrived.admitted, self.relay.link());
        self.give_way_to_twins(now, arrived.twins);
    }

    /// Moves our place in the relay's log over what arrived.
    fn step_along(&mut self, now: Now, stretch: Option<Stretch>, numbers: &[(u64, ChangeHash)]) {
        for (number, hash) in numbers {
            if self.replica.holds(hash) {
                self.replica.track.has(*number, *hash);
            }
        }
        let track = &mut self.replica.track;
        if let Some(stretch) = stretch {
            track.stretches(stretch);
        }
        track.advance(now.moment);
    }

    /// What the relay passes on, it holds: such changes need not be sent.
    fn settle_known(&mut self, now: Now, arrived: &Arrived) -> Vec<ChangeHash> {
        let known = arrived
            .known
            .iter()
            .filter(|hash| self.outbox.settle(now.moment, hash));
        known.copied().collect()
    }

    fn keep_relayed(&mut self, arrived: &Arrived, settled: Vec<ChangeHash>) {
        let position = self.replica.track.position();
        if !settled.is_empty() {
            self.keep(Record::Acknowledged {
                changes: settled,
                position: position.filter(|_| arrived.admitted.is_empty()),
            });
        }
        // Correct: a position stands in the record of the changes it covers.
        if planted::is(Bug::PositionAhead) && !arrived.admitted.is_empty() {
            self.keep(Record::Acknowledged {
                changes: Vec::new(),
                position,
            });
        }
        self.keep_changes(Origin::Relay, &arrived.admitted, position);
    }
}
