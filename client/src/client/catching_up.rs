//! The end of a catch-up, where both sides compare what they hold, and asking for what is missing.

use std::collections::BTreeSet;

use spotter_model::ChangeHash;
use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{CaughtUp, ClientMessage, ClientPull, Position, PullFrom};

use crate::client::Client;
use crate::limits::{RESEND_DEFAULT_MS, RETRY_AFTER_MAX_MS};
use crate::news::News;
use crate::record::Record;
use crate::relay_link::RelayState;
use crate::status::OfflineReason;
use crate::time::Now;

impl Client {
    /// The end of a catch-up: both sides say what they hold, and each is given what it lacks.
    pub(super) fn caught_up(&mut self, now: Now, theirs: CaughtUp) {
        // Correct: what both hold is compared, whatever position was reached.
        if planted::without_comparison() || planted::is(Bug::NothingCompared) {
            return self.believe_position(now, &theirs);
        }
        let Some(meet) = self.replica.shared() else {
            return self.nonsense(now, "CAUGHT_UP before joining");
        };
        let all_here = theirs.heads.iter().all(|head| meet.contains(head));
        let Some(inside) = self.relay.inside_mut() else {
            return self.nonsense(now, "CAUGHT_UP before joining");
        };
        inside.missing = !all_here;
        if all_here {
            self.agree_with_relay(now, &theirs);
        } else if !self.pull_by_heads() {
            self.fault("the relay holds changes that cannot be accepted here");
        } else {
            return;
        }
        self.become_live(now);
    }

    /// Everything the relay holds is here; what it does not hold is in the outbox from now on, and nothing else.
    fn agree_with_relay(&mut self, now: Now, theirs: &CaughtUp) {
        let (Some(meet), Some(inside)) = (self.replica.shared(), self.relay.inside_mut()) else {
            return;
        };
        inside.may_send = true;
        let position = Position {
            log_id: inside.log_id,
            server_seq_num: theirs.server_seq_num,
            chain: theirs.chain,
        };
        let lacking = meet.beyond(&theirs.heads);
        let forgotten = lacking
            .iter()
            .filter(|hash| !self.outbox.contains(hash))
            .count();
        let settled = self.outbox.len() + forgotten != lacking.len();
        if forgotten > 0 {
            self.tell(News::RelayForgot { offered: forgotten });
            self.outbox.rewind();
            self.refill_outbox(&theirs.heads);
        } else if settled {
            self.settle_all_but(now, &lacking);
        }
        if forgotten > 0 || settled || self.saved_position_differs(&position) {
            self.keep(Record::CaughtUp {
                position,
                heads: theirs.heads.clone(),
            });
        }
        self.replica.track.begin(Some(position));
    }

    /// What a client would do that compares nothing.
    fn believe_position(&mut self, now: Now, theirs: &CaughtUp) {
        let Some(inside) = self.relay.inside_mut() else {
            return;
        };
        inside.may_send = true;
        let position = Some(Position {
            log_id: inside.log_id,
            server_seq_num: theirs.server_seq_num,
            chain: theirs.chain,
        });
        self.keep(Record::Acknowledged {
            changes: Vec::new(),
            position,
        });
        self.replica.track.begin(position);
        self.become_live(now);
    }

    fn saved_position_differs(&self, position: &Position) -> bool {
        self.replica.track.position().as_ref() != Some(position)
    }

    fn settle_all_but(&mut self, now: Now, lacking: &[ChangeHash]) {
        let lacking: BTreeSet<&ChangeHash> = lacking.iter().collect();
        let held: Vec<ChangeHash> = self
            .outbox
            .iter()
            .map(|(hash, _)| *hash)
            .filter(|hash| !lacking.contains(hash))
            .collect();
        for hash in held {
            self.outbox.settle(now.moment, &hash);
        }
    }

    pub(super) fn become_live(&mut self, now: Now) {
        let offline = RelayState::Offline {
            why: OfflineReason::NoRelay,
            retry_at: None,
        };
        self.relay.state = match std::mem::replace(&mut self.relay.state, offline) {
            RelayState::CatchingUp(inside) => RelayState::Live {
                inside,
                since: now.moment,
            },
            state @ (RelayState::Offline { .. }
            | RelayState::Joining { .. }
            | RelayState::Live { .. }) => state,
        };
    }

    /// Asks for whatever is not an ancestor of what is here. False if the last such question brought nothing.
    pub(super) fn pull_by_heads(&mut self) -> bool {
        if planted::without_comparison() {
            return false;
        }
        let Some(meet) = self.replica.shared() else {
            return false;
        };
        let (heads, len) = (meet.heads(), meet.len());
        let Some(inside) = self.relay.inside_mut() else {
            return false;
        };
        if inside.pulled_at_len == Some(len) {
            return false;
        }
        inside.pulled_at_len = Some(len);
        inside.missing = true;
        self.pull(PullFrom::Heads(heads));
        true
    }

    fn pull(&mut self, from: PullFrom) {
        self.say(&ClientMessage::ClientPull(ClientPull {
            session_token: None,
            from,
        }));
    }

    /// The relay would not answer a question now; it is asked again after a while.
    pub(super) fn pull_later(&mut self, now: Now, retry_after_ms: Option<u64>) {
        if let Some(inside) = self.relay.inside_mut() {
            let pause = retry_after_ms.unwrap_or(RESEND_DEFAULT_MS);
            inside.pull_at = Some(now.moment.after_ms(pause.min(RETRY_AFTER_MAX_MS)));
            inside.pulled_at_len = None;
        }
    }

    /// Asks for what a hole hides, or again for what the relay would not give before.
    pub(super) fn pull_again(&mut self, now: Now) {
        let live = self.relay.is_live();
        let Some(inside) = self.relay.inside_mut() else {
            return;
        };
        let due = inside.pull_at.take_if(|at| now.moment >= *at).is_some();
        // Before that, holes are the rule: the end of the catch-up closes them.
        let hole = live && self.replica.track.take_overdue_hole(now.moment);
        if !due && !hole {
            return;
        }
        if let Some(position) = self.replica.track.position() {
            self.pull(PullFrom::Position {
                last_server_seq: position.server_seq_num,
                log_id: Some(position.log_id),
                chain: Some(position.chain),
            });
        }
    }
}
