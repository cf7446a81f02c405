//! The end of every step: whatever has become possible is done, in one fixed order.
//!
//! Changes go out before the local store has them on disk: saving and sending run in parallel. What is shown as
//! saved waits for the store, what is shown as acknowledged for the relay.

use crate::action::Action;
use crate::ask::{Problem, Reply};
use crate::client::{Client, Opened};
use crate::input::BatchId;
use crate::news::News;
use crate::relay_link::RelayState;
use crate::status::{LinkState, OfflineReason};
use crate::time::Now;

impl Client {
    pub(super) fn settle(&mut self, now: Now) {
        if self.opened != Opened::Yes {
            return;
        }
        self.watch_relay(now);
        self.watch_peers(now);
        self.keeper.pump(now.moment, &mut self.actions);
        self.knock();
        self.send_outbox(now);
        self.pass_on_to_peers();
        self.settle_presence(now);
        self.tell_what_happened();
        self.tell_link(now);
        self.tell_put_off();
        self.answer_syncs();
    }

    pub(super) fn saved(&mut self, batch: BatchId) {
        if self.keeper.saved(batch, &mut self.actions) {
            self.tell(News::CanSaveAgain);
        }
    }

    pub(super) fn save_failed(&mut self, now: Now, batch: BatchId, why: String) {
        let begins = self
            .keeper
            .failed(now.moment, batch, why.clone(), &mut self.actions);
        if begins {
            self.tell(News::CannotSave { why });
        }
    }

    /// Tells what happened to the meet; of what was missed, once all of it is here.
    fn tell_what_happened(&mut self) {
        if self.unwatched || matches!(self.relay.state, RelayState::CatchingUp(_)) {
            return;
        }
        let Some(meet) = self.replica.meet_mut() else {
            return;
        };
        let events = meet.take_events();
        self.actions.extend(
            events
                .into_iter()
                .map(|event| Action::Tell(News::Meet(Box::new(event)))),
        );
    }

    /// Tells the state of the link when it is another than before; a countdown alone is no news.
    fn tell_link(&mut self, now: Now) {
        let state = self.link_state(now.moment);
        let known = self
            .told
            .as_ref()
            .is_some_and(|told| same_state(told, &state));
        if !known {
            self.told = Some(state.clone());
            self.tell(News::Link(state));
        }
    }

    /// Tells when the relay takes nothing for long, and when it does again.
    fn tell_put_off(&mut self) {
        match (self.outbox.put_off(), &self.told_put_off) {
            (None, Some(_)) => {
                self.told_put_off = None;
                self.tell(News::TakenAgain);
            }
            (Some(now), told) if now.is_long() && told.as_ref() != Some(now) => {
                let now = now.clone();
                self.told_put_off = Some(now.clone());
                self.tell(News::PutOff(now));
            }
            (Some(_), _) | (None, None) => {}
        }
    }

    fn answer_syncs(&mut self) {
        if self.syncs.is_empty() {
            return;
        }
        let answer = if self.is_in_sync() {
            Ok(Reply::Done)
        } else if let Some(why) = self.stuck() {
            Err(Problem::Offline {
                why: why.to_string(),
            })
        } else {
            return;
        };
        for request in std::mem::take(&mut self.syncs) {
            self.answer(request, answer.clone());
        }
    }
}

fn same_state(told: &LinkState, state: &LinkState) -> bool {
    let reason = |state: &LinkState| -> Option<OfflineReason> {
        match state {
            LinkState::Offline { why, .. } => Some(why.clone()),
            LinkState::Joining | LinkState::CatchingUp | LinkState::Live => None,
        }
    };
    std::mem::discriminant(told) == std::mem::discriminant(state) && reason(told) == reason(state)
}
