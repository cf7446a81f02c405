//! What is sent to the relay, and what it says of it.

use std::collections::BTreeSet;

use spotter_model::ChangeHash;
use spotter_relay_protocol::{
    ChangeBytes, ClientMessage, OfferedUpdate, RejectedUpdate, UpdateAck, UpdateCode, UpdateInit,
    UpdateRejected,
};

use crate::client::Client;
use crate::client::redoing::Refused;
use crate::limits::{RESEND_DEFAULT_MS, RETRY_AFTER_MAX_MS};
use crate::news::News;
use crate::outbox::{Load, Outgoing};
use crate::record::Record;
use crate::status::PutOff;
use crate::time::{Now, WallTime};

impl Client {
    /// Sends what the bounds allow, if the relay can take it.
    pub(super) fn send_outbox(&mut self, now: Now) {
        let Some(inside) = self.relay.inside().filter(|inside| inside.may_send) else {
            return;
        };
        let load = if inside.packs {
            Load::PACKED
        } else {
            Load::PLAIN
        };
        loop {
            let message = self.outbox.next_message(now.moment, load);
            if message.is_empty() {
                return;
            }
            self.offer(&message);
        }
    }

    fn offer(&mut self, message: &[Outgoing]) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        let after_server_seq_num = self.replica.track.position().map(|p| p.server_seq_num);
        let updates = message.iter().filter_map(|outgoing| {
            Some(OfferedUpdate {
                local_seq_num: outgoing.local_seq_num,
                change: ChangeBytes::from(meet.change(&outgoing.hash)?),
                after_server_seq_num,
            })
        });
        let init = UpdateInit {
            session_token: None,
            updates: updates.collect(),
        };
        let packs = self.relay.inside().is_some_and(|inside| inside.packs);
        match packs.then(|| init.packed().ok()).flatten() {
            Some(frame) => self.send(frame),
            None => self.say(&ClientMessage::UpdateInit(init)),
        }
    }

    /// Queues a change of the document that the relay does not hold as far as we know.
    pub(super) fn queue(&mut self, hash: &ChangeHash) {
        let Some(change) = self.replica.shared().and_then(|meet| meet.change(hash)) else {
            return;
        };
        let written = WallTime::from_unix_seconds(change.time());
        self.outbox.push(*hash, change.bytes().len(), written);
    }

    /// Fills the outbox with everything that is neither one of these heads nor something they build on, in
    /// causal order.
    pub(super) fn refill_outbox(&mut self, heads: &[ChangeHash]) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        let lacking = meet.beyond(heads);
        self.outbox.clear();
        for hash in lacking {
            self.queue(&hash);
        }
    }

    /// The relay asks for everything it does not have. What waits to be sent anyway stays as it is, unless
    /// something must go before it.
    pub(super) fn relay_asks(&mut self, heads: &[ChangeHash]) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        let lacking = meet.beyond(heads);
        let unsent = lacking
            .iter()
            .filter(|hash| !self.outbox.contains(hash))
            .count();
        if let Some(inside) = self.relay.inside_mut() {
            inside.may_send = true;
        }
        if unsent > 0 {
            self.tell(News::RelayAsks {
                offered: lacking.len(),
            });
            let waiting: BTreeSet<ChangeHash> = self.outbox.iter().map(|(hash, _)| *hash).collect();
            let offered: BTreeSet<ChangeHash> = lacking.into_iter().chain(waiting).collect();
            self.outbox.rewind();
            self.outbox.clear();
            self.queue_in_order(&offered);
        }
    }

    fn queue_in_order(&mut self, offered: &BTreeSet<ChangeHash>) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        let mut ordered: Vec<ChangeHash> = offered.iter().copied().collect();
        ordered.sort_by_key(|hash| meet.index().number_of(hash));
        for hash in ordered {
            self.queue(&hash);
        }
    }

    pub(super) fn acknowledged(&mut self, now: Now, ack: &UpdateAck) {
        let mut settled = Vec::new();
        for acked in &ack.update_acks {
            let Some(hash) = self.outbox.hash_of(acked.local_seq_num) else {
                continue;
            };
            self.outbox.settle(now.moment, &hash);
            settled.push(hash);
            self.replica.track.has(acked.server_seq_num, hash);
            if let Some(before) = acked.after_server_seq_num {
                self.replica.track.steps(before, acked.server_seq_num);
            }
        }
        self.replica.track.advance(now.moment);
        if !settled.is_empty() {
            self.keep(Record::Acknowledged {
                changes: settled,
                position: self.replica.track.position(),
            });
        }
    }

    pub(super) fn rejected(&mut self, now: Now, rejected: UpdateRejected) {
        let mut for_good = Vec::new();
        for update in rejected.updates_rejected {
            let Some(hash) = self.outbox.hash_of(update.local_seq_num) else {
                continue;
            };
            if is_never(&update) {
                for_good.push(Refused {
                    hash,
                    code: update.code.to_string(),
                    reason: update.reason,
                });
            } else {
                let after_ms = update.retry_after_ms.unwrap_or(RESEND_DEFAULT_MS);
                let why = PutOff {
                    code: update.code.to_string(),
                    reason: update.reason,
                    retry_after_ms: after_ms.min(RETRY_AFTER_MAX_MS),
                };
                self.outbox.postpone(now.moment, update.local_seq_num, why);
            }
        }
        if !for_good.is_empty() {
            self.leave_out(now, &for_good, &[]);
            self.pull_by_heads();
        }
    }
}

/// Whether the change can never be part of the meet. A relay's own bounds are no such reason, whatever it says of
/// them: what is here stays here and is offered again.
fn is_never(update: &RejectedUpdate) -> bool {
    update.for_good
        && matches!(
            update.code,
            UpdateCode::Admission(_) | UpdateCode::DependsOnRefused
        )
}
