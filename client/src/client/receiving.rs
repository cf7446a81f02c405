//! What the relay says, and how changes join the document, from wherever they come.

use spotter_model::{Admission, Change, ChangeHash, Refusal};
use spotter_relay_protocol::{
    CaughtUp, ChangeBytes, ClientMessage, ClientPull, InvalidSession, Position, PullFrom,
    RelayMessage, SessionCode, UpdateRelay,
};

use crate::client::Client;
use crate::limits::{MESSAGE_CHANGES_MAX, RECORD_BYTES_MAX, RESEND_DEFAULT_MS};
use crate::link_id::LinkId;
use crate::news::News;
use crate::record::{Aside, Origin, Record};
use crate::relay_link::RelayState;
use crate::status::OfflineReason;
use crate::time::Now;
use crate::track::Stretch;

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
    pub(super) fn relay_said(&mut self, now: Now, text: &str) {
        let message = match RelayMessage::decode(text) {
            Ok(message) => message,
            Err(error) => return self.nonsense(now, error.to_string()),
        };
        match message {
            RelayMessage::MeetCreated(created) => self.meet_created(now, created),
            RelayMessage::MeetJoined(joined) => self.meet_joined(now, joined),
            RelayMessage::JoinRejected(rejected) => self.join_rejected(now, rejected),
            RelayMessage::UpdateAck(ack) => self.acknowledged(now, &ack),
            RelayMessage::UpdateRejected(rejected) => self.rejected(now, rejected),
            RelayMessage::UpdateRelay(relay) => self.relayed(now, &relay),
            RelayMessage::CaughtUp(caught_up) => self.caught_up(now, caught_up),
            RelayMessage::ServerPull(pull) => self.relay_asks(&pull.heads),
            RelayMessage::RosterChanged(changed) => self.roster_changed(changed),
            RelayMessage::Sessions(sessions) => self.sessions_listed(sessions),
            RelayMessage::PublishAck(_) => self.published(),
            RelayMessage::Done(done) => self.word_done(&done),
            RelayMessage::Refused(refused) if refused.request == "CLIENT_PULL" => {
                self.pull_later(now, refused.retry_after_ms);
            }
            RelayMessage::Refused(refused) => self.word_refused(refused),
            RelayMessage::MeetFinished(_) => self.meet_finished(),
            RelayMessage::GoingAway(going) => {
                let why = OfflineReason::GoingAway {
                    reason: going.reason,
                };
                self.come_back_after(now, why, going.retry_after_ms);
            }
            RelayMessage::Malformed(malformed) => {
                self.nonsense(
                    now,
                    format!("it could not read a message of ours: {}", malformed.err_msg),
                );
            }
            RelayMessage::UnknownMessageType(unknown) => {
                self.fault(format!(
                    "the relay does not know the word {}",
                    unknown.unknown_type
                ));
            }
            RelayMessage::InvalidSession(invalid) => self.invalid_session(now, invalid),
        }
    }

    fn invalid_session(&mut self, now: Now, invalid: InvalidSession) {
        match invalid.code {
            SessionCode::SessionExpired | SessionCode::SessionRevoked => {
                self.session_over(invalid.reason)
            }
            SessionCode::NotJoined | SessionCode::OtherSession | SessionCode::Other(_) => {
                self.nonsense(now, invalid.reason);
            }
        }
    }

    /// The relay said something that cannot be meant: start over with a new connection.
    pub(super) fn nonsense(&mut self, now: Now, what: impl Into<String>) {
        let what = what.into();
        self.fault(format!("the relay makes no sense: {what}"));
        self.give_up(now, OfflineReason::Nonsense { what });
    }

    fn relayed(&mut self, now: Now, relay: &UpdateRelay) {
        if self.relay.inside().is_none() {
            return self.nonsense(now, "UPDATE_RELAY before joining");
        }
        let mut numbered = Vec::with_capacity(relay.updates_relayed.len());
        for update in &relay.updates_relayed {
            match Change::decode(update.change.as_ref()) {
                Ok(change) => numbered.push((update.server_seq_num, change)),
                Err(refusal) => self.fault(format!(
                    "the relay's change {} cannot be read: {refusal}",
                    update.server_seq_num
                )),
            }
        }
        let changes: Vec<Change> = numbered.iter().map(|(_, change)| change.clone()).collect();
        let arrived = self.take_in(&changes, Origin::Relay);
        self.step_along(now, relay, &numbered);
        let settled = self.settle_known(now, &arrived);
        self.keep_relayed(&arrived, settled);
        if arrived.waiting > 0 {
            self.pull_by_heads(now);
        }
        self.pass_on(&arrived.admitted, self.relay.link());
        self.give_way_to_twins(now, arrived.twins);
    }

    /// Moves our place in the relay's log over what arrived.
    fn step_along(&mut self, now: Now, relay: &UpdateRelay, numbered: &[(u64, Change)]) {
        for (number, change) in numbered {
            let hash = change.hash();
            if self.replica.holds(&hash) {
                self.replica.track.has(*number, hash);
            }
        }
        let track = &mut self.replica.track;
        if let Some(last) = relay.updates_relayed.last() {
            track.stretches(Stretch {
                after: relay.after_server_seq_num,
                last: last.server_seq_num,
                chain: relay.chain,
            });
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
        self.keep_changes(Origin::Relay, &arrived.admitted, position);
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
            let (now, later) = rest.split_at(fitting(rest, RECORD_BYTES_MAX));
            rest = later;
            self.keep(Record::Changes {
                from,
                changes: now.iter().map(bytes_of).collect(),
                position: position.filter(|_| rest.is_empty()),
            });
        }
    }

    /// Lets changes join the document, and keeps aside what nobody may accept.
    ///
    /// A change that was once kept aside comes in only from the relay, whose word decides which twin stands.
    pub(super) fn take_in(&mut self, changes: &[Change], from: Origin) -> Arrived {
        let aside = &self.replica.aside;
        let welcome =
            |change: &&Change| from == Origin::Relay || !aside.contains_key(&change.hash());
        let welcome: Vec<Change> = changes.iter().filter(welcome).cloned().collect();
        let Some(meet) = self.replica.shared_mut() else {
            return Arrived::default();
        };
        let verdicts = meet.receive(&welcome);
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

    /// Notes that changes joined the document, for the peers that have not seen them.
    pub(super) fn pass_on(&mut self, changes: &[Change], from: Option<LinkId>) {
        self.fresh
            .extend(changes.iter().map(|change| (change.hash(), from)));
    }

    /// The end of a catch-up: both sides say what they hold, and each is given what it lacks.
    fn caught_up(&mut self, now: Now, theirs: CaughtUp) {
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
        } else if !self.pull_by_heads(now) {
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

    fn saved_position_differs(&self, position: &Position) -> bool {
        self.replica.track.position().as_ref() != Some(position)
    }

    fn settle_all_but(&mut self, now: Now, lacking: &[ChangeHash]) {
        let lacking: std::collections::BTreeSet<&ChangeHash> = lacking.iter().collect();
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
    pub(super) fn pull_by_heads(&mut self, _now: Now) -> bool {
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

    fn pull_later(&mut self, now: Now, retry_after_ms: Option<u64>) {
        if let Some(inside) = self.relay.inside_mut() {
            inside.pull_at = Some(
                now.moment
                    .after_ms(retry_after_ms.unwrap_or(RESEND_DEFAULT_MS)),
            );
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

/// How many changes from the front fit into so many bytes; at least one, if there is one.
pub(crate) fn fitting(changes: &[Change], bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fit = changes
        .iter()
        .take(MESSAGE_CHANGES_MAX)
        .take_while(|change| {
            bytes += change.bytes().len();
            bytes <= bytes_max
        });
    fit.count().max(1).min(changes.len())
}

/// A change as it travels and is kept.
pub(crate) fn bytes_of(change: &Change) -> ChangeBytes {
    ChangeBytes::new(std::sync::Arc::clone(change.bytes()))
}
