//! The relay: one door in, one door out. `step` only dispatches; each idea has a file of its own.

use std::collections::BTreeMap;
use std::mem;

use spotter_relay_protocol::{
    AdminCode, ClientMessage, CloseReason, FIRST_MESSAGE_BYTES_MAX, GoingAway, InvalidSession,
    Malformed, MeetId, ProtocolError, RelayMessage, SessionCode, SessionId, UnknownMessageType,
};

use crate::action::{Action, SaveId};
use crate::create::Creating;
use crate::event::Event;
use crate::hashing::Hashing;
use crate::house::House;
use crate::input::{Input, LinkId};
use crate::key::RelayKey;
use crate::limits::Limits;
use crate::link::{Due, Member, State};
use crate::meet::{Guest, Meet};
use crate::records::ScryptParams;
use crate::recovery::Recovering;
use crate::ticket::Claim;
use crate::time::Timestamp;
use crate::token;

/// How a relay is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What it allows.
    pub limits: Limits,
    /// How hard it hashes new passwords.
    pub scrypt: ScryptParams,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            scrypt: ScryptParams::STRONG,
        }
    }
}

/// The relay's machine.
#[derive(Debug)]
pub struct Relay {
    pub(crate) house: House,
    /// Meets that somebody is connected to, or is about to be.
    pub(crate) meets: BTreeMap<MeetId, Meet>,
    /// Who goes on once a meet has been looked up; one lookup each.
    pub(crate) opening: BTreeMap<MeetId, Vec<Opener>>,
    /// Meets that the store is making.
    pub(crate) creating: BTreeMap<MeetId, Creating>,
    /// Lost meets that the store is making anew.
    pub(crate) recovering: BTreeMap<MeetId, Recovering>,
    pub(crate) hashing: Hashing,
    /// Publications and finishings under way.
    pub(crate) errands: BTreeMap<SaveId, Errand>,
    drained: bool,
}

/// Who waits for a meet to be looked up.
#[derive(Debug)]
pub(crate) enum Opener {
    /// The password check at the head of the queue.
    Hash,
    /// Somebody with a right to join, and the ticket they brought.
    Guest(Box<Guest>, Option<Box<Claim>>),
}

/// Something the store does for one member.
#[derive(Debug)]
pub(crate) enum Errand {
    Publish {
        link: LinkId,
        meet: MeetId,
        session: SessionId,
    },
    Finish {
        link: LinkId,
        meet: MeetId,
    },
}

impl Errand {
    fn meet(&self) -> MeetId {
        match self {
            Self::Publish { meet, .. } | Self::Finish { meet, .. } => *meet,
        }
    }
}

impl Relay {
    /// A relay nobody is connected to. `seed` must be fresh randomness in production; the same seed and the same
    /// inputs give the same actions.
    pub fn new(config: Config, key: RelayKey, seed: [u8; 32]) -> Self {
        Self {
            house: House::new(config.limits, config.scrypt, key, seed),
            meets: BTreeMap::new(),
            opening: BTreeMap::new(),
            creating: BTreeMap::new(),
            recovering: BTreeMap::new(),
            hashing: Hashing::default(),
            errands: BTreeMap::new(),
            drained: false,
        }
    }

    /// Takes in one thing that happened and returns what the shell should now do, in order.
    #[must_use]
    pub fn step(&mut self, now: Timestamp, input: Input) -> Vec<Action> {
        self.house.now = self.house.now.max(now);
        let concerned = self.meet_of(&input);
        match input {
            Input::Connected { link, address } => self.connected(link, address),
            Input::Received { link, text } => self.received(link, &text),
            Input::Heard { link } => self.house.links.heard(link, self.house.now),
            Input::Sent { link, bytes } => self.sent(link, bytes),
            Input::Disconnected { link } => self.house.links.forget(link),
            Input::PasswordHashed { job, hash } => self.password_hashed(job, hash),
            Input::MeetCreated { meet, outcome } => self.meet_created(meet, outcome),
            Input::MeetOpened { meet, outcome } => self.meet_opened(meet, outcome),
            Input::LogRead {
                meet,
                read,
                outcome,
            } => {
                self.in_meet(meet, |meet, house| meet.log_read(house, read, outcome));
            }
            Input::Appended { meet, batch } => {
                self.in_meet(meet, |meet, house| meet.appended(house, batch))
            }
            Input::AppendFailed {
                meet,
                batch,
                trouble,
            } => {
                self.in_meet(meet, |meet, house| {
                    meet.append_failed(house, batch, &trouble)
                });
            }
            Input::RecordsSaved {
                meet,
                save,
                outcome,
            } => self.records_saved(meet, save, &outcome),
            Input::PublicationSaved { save, outcome, .. }
            | Input::MeetFinished { save, outcome, .. } => {
                self.errand_done(save, &outcome);
            }
            Input::Tick => self.tick(),
            Input::Drain { retry_after_ms } => self.drain(retry_after_ms),
        }
        self.begin_hashing();
        self.clean_up(concerned);
        mem::take(&mut self.house.links.out)
    }

    /// When the relay next wants to be stepped even if nothing happens.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.house.links.next_alarm()
    }

    /// How many connections there are.
    pub fn links(&self) -> usize {
        self.house.links.len()
    }

    /// How many meets are in memory: those that somebody is connected to.
    pub fn meets(&self) -> usize {
        self.meets.len()
    }

    fn in_meet(&mut self, meet: MeetId, happen: impl FnOnce(&mut Meet, &mut House)) {
        if let Some(meet) = self.meets.get_mut(&meet) {
            happen(meet, &mut self.house);
        }
    }

    fn connected(&mut self, link: LinkId, address: core::net::IpAddr) {
        self.house.links.open(link, address, self.house.now);
        if let Some(retry_after_ms) = self.house.leaving {
            self.send_off(link, retry_after_ms);
            self.house.links.close(link, CloseReason::GoingAway);
        }
    }

    fn sent(&mut self, link: LinkId, bytes: usize) {
        self.house.links.sent(link, bytes);
        if let Some(member) = self.house.links.member(link) {
            self.in_meet(member.meet, |meet, house| meet.pump(house, link));
        }
    }

    fn received(&mut self, link: LinkId, text: &str) {
        let (now, rate) = (self.house.now, self.house.limits.messages_rate());
        self.house.links.heard(link, now);
        let Some(sender) = self.house.links.get_mut(link) else {
            return;
        };
        let spent = sender.messages.take(1, rate, now);
        let limit = match &sender.state {
            State::Closing => return,
            State::Fresh { .. } | State::Asking { .. } => FIRST_MESSAGE_BYTES_MAX,
            State::Member(_) => usize::MAX,
        };
        if spent.is_err() {
            return self.house.links.close(link, CloseReason::TooFast);
        }
        if text.len() > limit {
            return self.unreadable(
                link,
                ProtocolError::TooLarge {
                    bytes: text.len(),
                    limit,
                },
            );
        }
        match ClientMessage::decode(text) {
            Ok(message) => self.message(link, message, text.len()),
            Err(error) => self.unreadable(link, error),
        }
    }

    fn message(&mut self, link: LinkId, message: ClientMessage, text_bytes: usize) {
        let Some(sender) = self.house.links.get(link) else {
            return;
        };
        match &sender.state {
            State::Fresh { .. } => self.ask(link, message),
            State::Member(member) => {
                let member = member.clone();
                self.members_message(link, &member, message, text_bytes);
            }
            State::Asking { .. } => {
                let reason = "the answer to the last message is still under way";
                self.house
                    .refuse(link, message.msg_type(), AdminCode::Busy, reason);
            }
            State::Closing => {}
        }
    }

    fn members_message(
        &mut self,
        link: LinkId,
        member: &Member,
        message: ClientMessage,
        text_bytes: usize,
    ) {
        if let Some(token) = message.session_token()
            && token::hash(token) != member.token_hash
        {
            let hint = Some(token.hint());
            return self.invalid_session(
                link,
                hint,
                SessionCode::OtherSession,
                "the connection has another session",
            );
        }
        if is_for_the_initiator(&message) && !member.initiator {
            let reason = "only the initiator may do this";
            return self
                .house
                .refuse(link, message.msg_type(), AdminCode::NotInitiator, reason);
        }
        match message {
            ClientMessage::UpdateInit(message) => {
                self.in_meet(member.meet, |meet, house| {
                    meet.offer(house, link, message.updates, text_bytes)
                });
            }
            ClientMessage::ClientPull(message) => {
                self.in_meet(member.meet, |meet, house| {
                    meet.pull(house, link, message.from)
                });
            }
            ClientMessage::PublishMeet(message) => self.publish(link, member, message),
            ClientMessage::SetLocation(message) => self.set_location(link, member, message),
            ClientMessage::ChangePassword(message) => self.change_password(link, member, message),
            ClientMessage::ListSessions(_) => self.list_sessions(link, member),
            ClientMessage::RevokeSession(message) => {
                self.revoke_session(link, member, message.session_id)
            }
            ClientMessage::FinishMeet(_) => self.finish_meet(link, member),
            ClientMessage::CreateMeet(_)
            | ClientMessage::JoinMeet(_)
            | ClientMessage::RecoverMeet(_) => {
                let reason = "this connection has joined a meet; open another";
                self.house
                    .refuse(link, message.msg_type(), AdminCode::AlreadyJoined, reason);
            }
        }
    }

    /// Answers a text that is no message. Only a name nobody knows leaves the connection open: it may be one of a
    /// newer protocol that its sender can do without.
    fn unreadable(&mut self, link: LinkId, error: ProtocolError) {
        let (err_msg, at, reason) = match error {
            ProtocolError::OtherProtocol { theirs } => return self.other_protocol(link, theirs),
            ProtocolError::UnknownMessageType { msg_type } => {
                let unknown = UnknownMessageType {
                    unknown_type: msg_type,
                };
                return self
                    .house
                    .links
                    .send(link, &RelayMessage::UnknownMessageType(unknown));
            }
            ProtocolError::TooLarge { .. } => {
                (error.to_string(), String::new(), CloseReason::TooLarge)
            }
            ProtocolError::Malformed { ref at, .. } => {
                (error.to_string(), at.clone(), CloseReason::Malformed)
            }
        };
        self.house.links.event(Event::BadMessage {
            link: link.into(),
            at,
        });
        self.house
            .links
            .send(link, &RelayMessage::Malformed(Malformed { err_msg }));
        self.house.links.close(link, reason);
    }

    /// Answers a message that needs a session on a connection that has none.
    pub(crate) fn not_joined(&mut self, link: LinkId, message: &ClientMessage) {
        let hint = message
            .session_token()
            .map(spotter_relay_protocol::SessionToken::hint);
        self.invalid_session(link, hint, SessionCode::NotJoined, "join a meet first");
    }

    fn invalid_session(
        &mut self,
        link: LinkId,
        session_token: Option<String>,
        code: SessionCode,
        reason: &str,
    ) {
        let invalid = InvalidSession {
            session_token,
            code,
            reason: reason.into(),
        };
        self.house
            .links
            .send(link, &RelayMessage::InvalidSession(invalid));
    }

    fn tick(&mut self) {
        for (link, due) in self.house.links.due(self.house.now) {
            match due {
                Due::Nothing => {}
                Due::Ping => self.house.links.out.push(Action::Ping { link }),
                Due::Close(reason) => self.house.links.close(link, reason),
                Due::SessionExpired => {
                    let reason =
                        "the session has expired; join again with the password, nothing is lost";
                    self.invalid_session(link, None, SessionCode::SessionExpired, reason);
                    self.house.links.close(link, CloseReason::SessionEnded);
                }
            }
        }
    }

    fn drain(&mut self, retry_after_ms: u64) {
        self.house.leaving = Some(retry_after_ms);
        self.house.links.event(Event::Draining {
            links: self.house.links.len(),
        });
        for link in self.house.links.ids() {
            self.send_off(link, retry_after_ms);
        }
    }

    fn send_off(&mut self, link: LinkId, retry_after_ms: u64) {
        let away = GoingAway {
            retry_after_ms,
            reason: "the relay is stopping".into(),
        };
        self.house.links.send(link, &RelayMessage::GoingAway(away));
    }

    /// The meet an input is about, noted before the input is taken in.
    fn meet_of(&self, input: &Input) -> Option<MeetId> {
        match input {
            Input::MeetCreated { meet, .. }
            | Input::MeetOpened { meet, .. }
            | Input::LogRead { meet, .. }
            | Input::Appended { meet, .. }
            | Input::AppendFailed { meet, .. }
            | Input::RecordsSaved { meet, .. }
            | Input::PublicationSaved { meet, .. }
            | Input::MeetFinished { meet, .. } => Some(*meet),
            Input::Connected { .. }
            | Input::Received { .. }
            | Input::Heard { .. }
            | Input::Sent { .. }
            | Input::Disconnected { .. }
            | Input::PasswordHashed { .. }
            | Input::Tick
            | Input::Drain { .. } => None,
        }
    }

    /// Tells meets of the connections they have lost, and lets go of meets that nobody is connected to.
    fn clean_up(&mut self, concerned: Option<MeetId>) {
        let mut concerned: Vec<MeetId> = concerned.into_iter().collect();
        for (link, state) in mem::take(&mut self.house.links.gone) {
            self.hashing.forget(link);
            let meet = match state {
                State::Member(member) => Some(member.meet),
                State::Asking { meet } => meet,
                State::Fresh { .. } | State::Closing => None,
            };
            if let Some(meet) = meet {
                self.in_meet(meet, |meet, house| meet.forget(house, link));
                concerned.push(meet);
            }
        }
        concerned.extend(self.hashing.take_finished());
        for meet in concerned {
            self.let_go(meet);
        }
        if self.house.leaving.is_some() && !self.drained {
            self.finish_draining();
        }
    }

    fn let_go(&mut self, id: MeetId) {
        let is_idle = self.meets.get(&id).is_some_and(Meet::is_idle)
            && !self.hashing.concerns(id)
            && !self.errands.values().any(|errand| errand.meet() == id);
        if is_idle {
            self.meets.remove(&id);
            self.house.links.out.push(Action::CloseMeet { meet: id });
        }
    }

    /// Once nothing is on its way to the disk, everyone is sent off and the process may end.
    fn finish_draining(&mut self) {
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
        for (meet, _) in mem::take(&mut self.meets) {
            self.house.links.out.push(Action::CloseMeet { meet });
        }
        self.house.links.out.push(Action::Drained);
    }
}

fn is_for_the_initiator(message: &ClientMessage) -> bool {
    match message {
        ClientMessage::SetLocation(_)
        | ClientMessage::ChangePassword(_)
        | ClientMessage::ListSessions(_)
        | ClientMessage::RevokeSession(_)
        | ClientMessage::FinishMeet(_) => true,
        ClientMessage::CreateMeet(_)
        | ClientMessage::JoinMeet(_)
        | ClientMessage::RecoverMeet(_)
        | ClientMessage::UpdateInit(_)
        | ClientMessage::ClientPull(_)
        | ClientMessage::PublishMeet(_) => false,
    }
}
