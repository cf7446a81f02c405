//! Stopping: everyone is told when to come back, what was begun is finished, and nothing new is.

use std::mem;

use spotter_relay_protocol::{CloseReason, GoingAway, RelayMessage};

use crate::action::Action;
use crate::event::Event;
use crate::input::LinkId;
use crate::machine::Relay;
use crate::meet::Meet;

impl Relay {
    /// The operator wants the relay to stop.
    pub(crate) fn drain(&mut self, retry_after_ms: u64) {
        self.house.leaving = Some(retry_after_ms);
        self.house.links.event(Event::Draining {
            links: self.house.links.len(),
        });
        for link in self.house.links.ids() {
            self.send_off(link, retry_after_ms);
        }
    }

    /// Tells one connection when to come back.
    pub(crate) fn send_off(&mut self, link: LinkId, retry_after_ms: u64) {
        let away = GoingAway {
            retry_after_ms,
            reason: "the relay is stopping".into(),
        };
        self.house.links.send(link, &RelayMessage::GoingAway(away));
    }

    /// Once nothing is on its way to the disk, everyone is sent off and the process may end.
    pub(crate) fn finish_draining(&mut self) {
        let is_settled = self.meets.values().all(Meet::is_settled)
            && self.creating.is_empty()
            && self.recovering.is_empty()
            && self.errands.is_empty();
        if !is_settled {
            return;
        }
        self.drained = true;
        for link in self.house.links.ids() {
            self.house.links.close(link, CloseReason::GoingAway);
        }
        self.house.links.gone.clear();
        for (meet, mut state) in mem::take(&mut self.meets) {
            state.end_feed(&mut self.house);
            self.house.links.out.push(Action::CloseMeet { meet });
        }
        self.house.links.out.push(Action::Drained);
    }
}
