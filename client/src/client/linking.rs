//! Getting connected, staying so, and noticing when one is not.

use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{ClientMessage, Frame};

use crate::action::Action;
use crate::ask::{Problem, RequestId};
use crate::backoff::jittered;
use crate::client::Client;
use crate::limits::{JOINING_MS, RETRY_AFTER_MAX_MS, STEADY_MS};
use crate::line::{Line, Silence};
use crate::link_id::LinkId;
use crate::relay_link::{Entry, Knock, RelayState};
use crate::status::OfflineReason;
use crate::time::{Moment, Now};

impl Client {
    pub(super) fn stay_connected(&mut self, now: Now, request: RequestId, wanted: bool) {
        self.relay.wanted = wanted;
        if wanted {
            self.hurry(now);
        } else {
            self.drop_relay(OfflineReason::NotWanted, None);
        }
        self.done(request);
    }

    pub(super) fn connected(&mut self, now: Now, link: LinkId) {
        match link {
            LinkId::Dialled(_) | LinkId::Accepted(_) => self.peer_connected(now, link),
            LinkId::Relay(_) => {
                if let RelayState::Joining { line, knock } = &mut self.relay.state
                    && line.link == link
                {
                    line.heard(now.moment);
                    *knock = Knock::Connected;
                }
            }
        }
    }

    pub(super) fn heard(&mut self, now: Now, link: LinkId) {
        match link {
            LinkId::Dialled(_) | LinkId::Accepted(_) => self.peers.heard(now.moment, link),
            LinkId::Relay(_) => {
                self.relay_heard(now, link);
            }
        }
    }

    /// Notes a sign of life of the relay; false if the connection is an abandoned one.
    fn relay_heard(&mut self, now: Now, link: LinkId) -> bool {
        let Some(line) = self.relay.line_mut().filter(|line| line.link == link) else {
            return false;
        };
        line.heard(now.moment);
        self.relay.last_contact = Some(now.wall);
        true
    }

    pub(super) fn received(&mut self, now: Now, link: LinkId, frame: &Frame) {
        match link {
            LinkId::Dialled(_) | LinkId::Accepted(_) => self.peer_said(now, link, frame),
            LinkId::Relay(_) => {
                if self.relay_heard(now, link) {
                    self.relay_said(now, frame);
                }
            }
        }
    }

    pub(super) fn disconnected(&mut self, now: Now, link: LinkId, why: String) {
        match link {
            LinkId::Dialled(_) | LinkId::Accepted(_) => self.peer_left(now, link, &why),
            LinkId::Relay(_) => {
                if self.relay.link() == Some(link) {
                    self.relay_lost(now, OfflineReason::Broken { why });
                }
            }
        }
    }

    /// Sends a word to the relay, if there is a connection.
    pub(super) fn say(&mut self, message: &ClientMessage) {
        self.send(message.encode().into());
    }

    /// Sends a message to the relay, if there is a connection.
    pub(super) fn send(&mut self, frame: Frame) {
        if let Some(link) = self.relay.link() {
            self.actions.push(Action::Send { link, frame });
        }
    }

    /// Looks after the connection to the relay: begins one, asks whether anybody is there, gives one up.
    pub(super) fn watch_relay(&mut self, now: Now) {
        self.listen_to_relay(now);
        self.pull_again(now);
        self.connect_if_due(now);
    }

    fn listen_to_relay(&mut self, now: Now) {
        if let RelayState::Joining { line, .. } = &self.relay.state
            && now.moment >= line.since.after_ms(JOINING_MS)
        {
            let why = "the relay did not let us in within a minute".to_owned();
            return self.give_up(now, OfflineReason::Broken { why });
        }
        if self.outbox.is_overdue(now.moment) {
            let why = "the relay did not acknowledge anything for a minute".to_owned();
            return self.give_up(now, OfflineReason::Broken { why });
        }
        if let RelayState::Joining {
            knock: Knock::Connecting,
            ..
        } = &self.relay.state
        {
            return;
        }
        let Some(line) = self.relay.line_mut() else {
            return;
        };
        let link = line.link;
        match line.listen(now.moment) {
            Silence::Bearable => {}
            Silence::Ask => self.actions.push(Action::Ping { link }),
            Silence::Dead => self.give_up(now, OfflineReason::Silent),
        }
    }

    /// Begins a connection if one is wanted, possible and due.
    fn connect_if_due(&mut self, now: Now) {
        let RelayState::Offline { why, retry_at } = &self.relay.state else {
            return;
        };
        let due = match retry_at {
            Some(at) => now.moment >= *at,
            None => self.relay.entry.is_some() || matches!(why, OfflineReason::NoRelay),
        };
        if !due {
            return;
        }
        match self.address() {
            Ok(address) => self.connect(now, address),
            Err(why) => {
                self.relay.state = RelayState::Offline {
                    why,
                    retry_at: None,
                };
            }
        }
    }

    /// Where to connect to, or why nowhere.
    fn address(&self) -> Result<String, OfflineReason> {
        let membership = self.replica.membership.as_ref();
        match &self.relay.entry {
            Some(Entry::GoLive { go_live, .. }) => return Ok(go_live.relay.clone()),
            Some(Entry::Join { join, .. }) => return Ok(join.relay.clone()),
            Some(Entry::Password { .. }) | None => {}
        }
        let membership = membership.ok_or(OfflineReason::NoRelay)?;
        if self.relay.entry.is_none() {
            if !self.relay.wanted {
                return Err(OfflineReason::NotWanted);
            }
            if membership.session.is_none() {
                let reason = "the session is over".to_owned();
                return Err(OfflineReason::PasswordWanted { reason });
            }
        }
        Ok(membership.relay.clone())
    }

    fn connect(&mut self, now: Now, address: String) {
        self.relay.connections += 1;
        let link = LinkId::Relay(self.relay.connections);
        self.relay.state = RelayState::Joining {
            line: Line::new(link, now.moment),
            knock: Knock::Connecting,
        };
        self.actions.push(Action::Connect { link, address });
    }

    /// Lets the next attempt be made at once: somebody did something that may help.
    pub(super) fn hurry(&mut self, now: Now) {
        if let RelayState::Offline { why, retry_at } = &mut self.relay.state {
            // A refusal for now is worth another try before the pause is over: the operator may have put things right.
            let hopeless = retry_at.is_none()
                && matches!(
                    why,
                    OfflineReason::PasswordWanted { .. } | OfflineReason::Refused { .. }
                );
            if !hopeless || self.relay.entry.is_some() {
                *retry_at = Some(now.moment);
            }
        }
    }

    /// Closes the connection on our side and comes back after a pause.
    pub(super) fn give_up(&mut self, now: Now, why: OfflineReason) {
        if let Some(link) = self.relay.link() {
            self.actions.push(Action::Disconnect { link });
        }
        self.relay_lost(now, why);
    }

    /// Closes the connection on our side; `retry_at` says when to come back, if without a person's help.
    pub(super) fn drop_relay(&mut self, why: OfflineReason, retry_at: Option<Moment>) {
        if let Some(link) = self.relay.link() {
            self.actions.push(Action::Disconnect { link });
        }
        self.gone(why, retry_at);
    }

    fn relay_lost(&mut self, now: Now, why: OfflineReason) {
        if let RelayState::Live { since, .. } = &self.relay.state
            && now.moment.ms_since(*since) >= STEADY_MS
        {
            self.relay.backoff.forget();
        }
        let pause = self.relay.backoff.next_pause_ms(&mut self.rng);
        self.gone(why, Some(now.moment.after_ms(pause)));
    }

    /// Comes back when the relay said, and a little later than the others it said it to.
    pub(super) fn come_back_after(&mut self, now: Now, why: OfflineReason, retry_after_ms: u64) {
        let asked = retry_after_ms.min(RETRY_AFTER_MAX_MS);
        let spread = jittered((asked / 2).max(500), &mut self.rng);
        self.drop_relay(why, Some(now.moment.after_ms(asked + spread)));
    }

    /// What holds after every lost connection: nothing is in flight, and whoever waited is told.
    fn gone(&mut self, why: OfflineReason, retry_at: Option<Moment>) {
        self.outbox.rewind();
        // Correct: what is not acknowledged is sent again.
        if planted::is(Bug::DroppedOutbox) {
            self.outbox.clear();
        }
        self.relay.recover = false;
        for request in self.words.take_all() {
            let why = why.to_string();
            self.answer(request, Err(Problem::Offline { why }));
        }
        if let Some(entry) = self.relay.entry.take() {
            let why = why.to_string();
            self.answer(entry.request(), Err(Problem::Offline { why }));
        }
        self.relay.state = RelayState::Offline { why, retry_at };
    }

    pub(super) fn relay_wakeup(&self) -> Option<Moment> {
        let mut wakeups = vec![self.relay.next_wakeup()];
        if self.relay.inside().is_some() {
            wakeups.push(self.outbox.next_wakeup());
        }
        if self.relay.is_live() {
            wakeups.push(self.replica.track.next_wakeup());
        }
        wakeups.into_iter().flatten().min()
    }
}
