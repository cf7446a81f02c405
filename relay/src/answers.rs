//! What a message's sender is told of each change, gathered so that one message in is few messages out.

use std::collections::BTreeMap;

use spotter_model::Refusal;
use spotter_relay_protocol::{
    RejectedUpdate, RelayMessage, UpdateAck, UpdateAcked, UpdateCode, UpdateRejected,
};

use crate::event::Event;
use crate::input::LinkId;
use crate::link::{Links, State};

/// Answers that are ready, by link.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<LinkId, (Vec<UpdateAcked>, Vec<RejectedUpdate>)>);

/// An answer that rests on a change which is not durable yet.
#[derive(Debug)]
pub(crate) struct Deferred {
    pub(crate) link: LinkId,
    pub(crate) local_seq_num: u64,
    pub(crate) verdict: Verdict,
}

/// What the answer will be once that change is durable.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The change was known: its old position.
    Known(u64),
    /// The change is refused.
    Refused(Refusal),
}

impl Answers {
    /// The relay had the change already, at this position.
    pub(crate) fn known(&mut self, link: LinkId, local_seq_num: u64, position: u64) {
        let acked = UpdateAcked {
            local_seq_num,
            server_seq_num: position,
            after_server_seq_num: None,
        };
        self.0.entry(link).or_default().0.push(acked);
    }

    /// The change can never be part of this meet.
    pub(crate) fn refused(&mut self, link: LinkId, local_seq_num: u64, refusal: &Refusal) {
        self.0.entry(link).or_default().1.push(RejectedUpdate {
            local_seq_num,
            code: UpdateCode::Admission(refusal.code().into()),
            reason: refusal.to_string(),
            conflict: false,
            for_good: true,
            retry_after_ms: None,
            stands: stands(refusal),
        });
    }

    /// The change builds on one that can never be part of this meet.
    pub(crate) fn depends_on_refused(&mut self, link: LinkId, local_seq_num: u64) {
        self.0.entry(link).or_default().1.push(RejectedUpdate {
            local_seq_num,
            code: UpdateCode::DependsOnRefused,
            reason: "the change builds on one that was refused for good".into(),
            conflict: false,
            for_good: true,
            retry_after_ms: None,
            stands: None,
        });
    }

    /// The change may be offered again.
    pub(crate) fn later(
        &mut self,
        link: LinkId,
        local_seq_num: u64,
        code: UpdateCode,
        reason: &str,
        retry_after_ms: u64,
    ) {
        self.0.entry(link).or_default().1.push(RejectedUpdate {
            local_seq_num,
            code,
            reason: reason.into(),
            conflict: false,
            for_good: false,
            retry_after_ms: Some(retry_after_ms),
            stands: None,
        });
    }

    /// What was deferred has become certain.
    pub(crate) fn certain(&mut self, deferred: &Deferred) {
        match &deferred.verdict {
            Verdict::Known(position) => {
                self.known(deferred.link, deferred.local_seq_num, *position)
            }
            Verdict::Refused(refusal) => {
                self.refused(deferred.link, deferred.local_seq_num, refusal)
            }
        }
    }

    /// Sends what has been gathered.
    pub(crate) fn send(self, links: &mut Links) {
        for (link, (update_acks, updates_rejected)) in self.0 {
            if !update_acks.is_empty() {
                links.send(
                    link,
                    &RelayMessage::UpdateAck(UpdateAck {
                        update_acks,
                        chain: None,
                    }),
                );
            }
            if !updates_rejected.is_empty() {
                tell_put_off(links, link, &updates_rejected);
                links.send(
                    link,
                    &RelayMessage::UpdateRejected(UpdateRejected { updates_rejected }),
                );
            }
        }
    }
}

/// Tells the operator what is wanted later, counted by the reason.
fn tell_put_off(links: &mut Links, link: LinkId, rejected: &[RejectedUpdate]) {
    let Some(State::Member(member)) = links.get(link).map(|link| &link.state) else {
        return;
    };
    let (meet, session) = (member.meet, member.session);
    let mut changes: BTreeMap<&UpdateCode, usize> = BTreeMap::new();
    for update in rejected.iter().filter(|update| !update.for_good) {
        *changes.entry(&update.code).or_default() += 1;
    }
    for (code, changes) in changes {
        links.event(Event::ChangesPutOff {
            meet,
            session,
            code: code.clone(),
            changes,
        });
    }
}

fn stands(refusal: &Refusal) -> Option<spotter_model::ChangeHash> {
    if let Refusal::Twin { stands, .. } = refusal {
        Some(*stands)
    } else {
        None
    }
}
