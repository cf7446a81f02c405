//! What somebody says: read, allowed or not, and passed to whoever answers it.

use spotter_relay_protocol::{
    AdminCode, ClientMessage, CloseReason, FIRST_MESSAGE_BYTES_MAX, InvalidSession, Malformed,
    PackedInit, ProtocolError, RelayMessage, Said, SessionCode, SessionToken, UnknownMessageType,
    pack_in_common,
};

use crate::event::Event;
use crate::heard::Heard;
use crate::input::LinkId;
use crate::link::{Member, State};
use crate::machine::Relay;
use crate::token;

impl Relay {
    /// A message arrived.
    pub(crate) fn received(&mut self, link: LinkId, heard: Heard) {
        let (now, rate) = (self.house.now, self.house.limits.messages_rate());
        self.house.links.heard(link, now);
        let Some(sender) = self.house.links.get_mut(link) else {
            return;
        };
        let spent = sender.messages.take(1, rate, now);
        let limit = match &sender.state {
            State::Closing | State::Display { .. } => return,
            State::Fresh { .. } | State::Asking { .. } => FIRST_MESSAGE_BYTES_MAX,
            State::Member(_) => usize::MAX,
        };
        if spent.is_err() {
            return self.house.links.close(link, CloseReason::TooFast);
        }
        let not_agreed = heard.packed && !sender.packs;
        let Heard { bytes, said, .. } = heard;
        if bytes > limit {
            return self.unreadable(link, ProtocolError::TooLarge { bytes, limit });
        }
        if not_agreed {
            return self.unreadable(link, packs_not_agreed());
        }
        match said {
            Ok(Said::Plain(message)) => self.message(link, message, bytes),
            Ok(Said::Packed(init)) => self.packed_offer(link, init, bytes),
            Err(error) => self.unreadable(link, error),
        }
    }

    fn message(&mut self, link: LinkId, message: ClientMessage, bytes: usize) {
        let Some(sender) = self.house.links.get_mut(link) else {
            return;
        };
        match &sender.state {
            State::Fresh { .. } => {
                sender.packs = pack_in_common(message.packs()).is_some();
                self.ask(link, message);
            }
            State::Member(member) => {
                let member = member.clone();
                self.members_message(link, &member, message, bytes);
            }
            State::Asking { .. } => self.still_asking(link, message.msg_type()),
            State::Closing | State::Display { .. } => {}
        }
    }

    /// A packed offer: the same as a plain one up to the point where it would have to be unpacked.
    fn packed_offer(&mut self, link: LinkId, init: PackedInit, bytes: usize) {
        let Some(sender) = self.house.links.get_mut(link) else {
            return;
        };
        let token = init.session_token.as_ref();
        match &sender.state {
            State::Fresh { .. } => {
                sender.packs = false;
                self.not_joined(link, token);
            }
            State::Member(member) => {
                let member = member.clone();
                if !self.has_other_session(link, &member, token) {
                    self.in_meet(member.meet, |meet, house| {
                        meet.offer_packed(house, link, init, bytes);
                    });
                }
            }
            State::Asking { .. } => self.still_asking(link, "UPDATE_INIT"),
            State::Closing | State::Display { .. } => {}
        }
    }

    fn still_asking(&mut self, link: LinkId, msg_type: &str) {
        let reason = "the answer to the last message is still under way";
        self.house.refuse(link, msg_type, AdminCode::Busy, reason);
    }

    /// Whether a message names another session than the one its connection carries; that is answered then.
    fn has_other_session(
        &mut self,
        link: LinkId,
        member: &Member,
        token: Option<&SessionToken>,
    ) -> bool {
        let other = token.filter(|token| token::hash(token) != member.token_hash);
        if let Some(token) = other {
            let hint = Some(token.hint());
            let reason = "the connection has another session";
            self.invalid_session(link, hint, SessionCode::OtherSession, reason);
        }
        other.is_some()
    }

    fn members_message(
        &mut self,
        link: LinkId,
        member: &Member,
        message: ClientMessage,
        bytes: usize,
    ) {
        if self.has_other_session(link, member, message.session_token()) {
            return;
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
                    meet.offer(house, link, message.updates, bytes)
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
            ClientMessage::AddDisplayKey(message) => self.add_display_key(link, member, message),
            ClientMessage::ListDisplayKeys(_) => self.list_display_keys(link, member),
            ClientMessage::RevokeDisplayKey(message) => {
                self.revoke_display_key(link, member, message.key_id)
            }
            ClientMessage::Presence(message) => {
                self.in_meet(member.meet, |meet, house| {
                    meet.presence(house, link, member, message.at)
                });
            }
            ClientMessage::CreateMeet(_)
            | ClientMessage::JoinMeet(_)
            | ClientMessage::RecoverMeet(_) => {
                let reason = "this connection has joined a meet; open another";
                self.house
                    .refuse(link, message.msg_type(), AdminCode::AlreadyJoined, reason);
            }
        }
    }

    /// Answers what is no message. Only a name nobody knows leaves the connection open: it may be one of a
    /// newer protocol that its sender can do without.
    pub(crate) fn unreadable(&mut self, link: LinkId, error: ProtocolError) {
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

    /// What arrived was no message at all, so there is nobody to answer. It counts like a message that cannot be read.
    pub(crate) fn no_message(&mut self, link: LinkId, reason: CloseReason) {
        let links = &mut self.house.links;
        let is_open = links
            .get(link)
            .is_some_and(|link| !matches!(link.state, State::Closing));
        if is_open {
            links.event(Event::BadMessage {
                link: link.into(),
                at: "frame".into(),
            });
            links.close(link, reason);
        }
    }

    /// Answers a message that needs a session on a connection that has none.
    pub(crate) fn not_joined(&mut self, link: LinkId, token: Option<&SessionToken>) {
        let hint = token.map(SessionToken::hint);
        self.invalid_session(link, hint, SessionCode::NotJoined, "join a meet first");
    }

    /// Tells somebody that no session carries a message.
    pub(crate) fn invalid_session(
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
}

fn packs_not_agreed() -> ProtocolError {
    ProtocolError::Malformed {
        at: "message".into(),
        what: "packs were not agreed on: name them in the first message, or send text".into(),
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
        | ClientMessage::PublishMeet(_)
        | ClientMessage::AddDisplayKey(_)
        | ClientMessage::ListDisplayKeys(_)
        | ClientMessage::RevokeDisplayKey(_)
        | ClientMessage::Presence(_) => false,
    }
}
