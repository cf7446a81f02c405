//! The first words on a connection: who asks, by what right, and what has to be looked up before the answer.

use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{
    ClientMessage, CreateMeet, JoinBy, JoinCode, JoinMeet, MeetId, PROTOCOL, ProtocolError,
    RecoverMeet, Roster, SessionToken,
};

use crate::hashing::{HashFor, Job, PasswordJoin};
use crate::house::{House, rejected, rejected_for_now};
use crate::input::LinkId;
use crate::link::State;
use crate::machine::{Opener, Relay};
use crate::meet::{By, Guest, Known};
use crate::ticket::{self, Claim};
use crate::token;

/// The pause asked for when the password queue is full: about what it takes to empty it.
const BUSY_MS: u64 = 15_000;

impl Relay {
    /// Answers the first message of a connection.
    pub(crate) fn ask(&mut self, link: LinkId, message: ClientMessage) {
        if let Some(retry_after_ms) = self.house.leaving {
            let leaving = rejected_for_now(
                JoinCode::GoingAway,
                "the relay is about to stop",
                retry_after_ms,
            );
            return self.house.reject_join(link, leaving);
        }
        match message {
            ClientMessage::CreateMeet(message) => self.ask_to_create(link, message),
            ClientMessage::JoinMeet(message) => self.ask_to_join(link, message),
            ClientMessage::RecoverMeet(message) => self.ask_to_recover(link, message),
            ClientMessage::UpdateInit(_)
            | ClientMessage::ClientPull(_)
            | ClientMessage::PublishMeet(_)
            | ClientMessage::SetLocation(_)
            | ClientMessage::ChangePassword(_)
            | ClientMessage::ListSessions(_)
            | ClientMessage::RevokeSession(_)
            | ClientMessage::FinishMeet(_)
            | ClientMessage::AddDisplayKey(_)
            | ClientMessage::ListDisplayKeys(_)
            | ClientMessage::RevokeDisplayKey(_)
            | ClientMessage::Presence(_) => self.not_joined(link, message.session_token()),
        }
    }

    /// Tells a peer of another version so, in words it should understand.
    pub(crate) fn other_protocol(&mut self, link: LinkId, theirs: u32) {
        let code = if theirs < PROTOCOL {
            JoinCode::ProtocolTooOld
        } else {
            JoinCode::ProtocolTooNew
        };
        self.house.reject_join(
            link,
            rejected(code, ProtocolError::OtherProtocol { theirs }.to_string()),
        );
    }

    fn ask_to_create(&mut self, link: LinkId, message: CreateMeet) {
        let roster = match Roster::new(message.locations) {
            Ok(roster) => roster,
            Err(invalid) => {
                return self
                    .house
                    .reject_join(link, rejected(JoinCode::BadRoster, invalid.to_string()));
            }
        };
        if roster.find(&message.this_location_name).is_none() {
            let reason = format!(
                "thisLocationName {:?} is not among the locations",
                message.this_location_name.as_str()
            );
            return self
                .house
                .reject_join(link, rejected(JoinCode::BadRoster, reason));
        }
        if !self.hashing.has_room(self.house.limits.hash_queue_max) {
            return self.house.reject_join(link, busy());
        }
        let (limits, now) = (self.house.limits.clone(), self.house.now);
        let Some(block) = self.house.links.get(link).map(|link| link.block) else {
            return;
        };
        if let Err(wait) = self.house.guesses.create(block, &limits, now) {
            let reason = "too many meets were created from this address";
            return self.house.reject_join(
                link,
                rejected_for_now(JoinCode::TooManyAttempts, reason, wait),
            );
        }
        let location = message.this_location_name;
        let purpose = HashFor::Create {
            location,
            roster,
            root: message.root,
        };
        self.enqueue(
            Job {
                link,
                password: message.password,
                purpose,
            },
            None,
        );
    }

    fn ask_to_join(&mut self, link: LinkId, message: JoinMeet) {
        // A ticket that is not ours, or about another meet, adds nothing to a join that may not need it.
        let claim = message
            .ticket
            .as_ref()
            .and_then(|ticket| ticket::verify(ticket, &self.house.key));
        let claim = claim.filter(|claim| claim.auth.meet_id == message.meet_id);
        self.ask_by(
            link,
            message.meet_id,
            message.by,
            claim,
            Known {
                position: message.position,
                heads: message.heads,
                epoch: message.epoch,
            },
        );
    }

    fn ask_to_recover(&mut self, link: LinkId, message: RecoverMeet) {
        let Some(claim) = ticket::verify(&message.ticket, &self.house.key) else {
            let reason =
                "the recovery ticket was not made by this relay; go live again from any replica";
            return self
                .house
                .reject_join(link, rejected(JoinCode::TicketRefused, reason));
        };
        self.ask_by(
            link,
            claim.auth.meet_id,
            message.by,
            Some(claim),
            Known::default(),
        );
    }

    fn ask_by(
        &mut self,
        link: LinkId,
        meet: MeetId,
        by: JoinBy,
        claim: Option<Box<Claim>>,
        known: Known,
    ) {
        match by {
            JoinBy::Token(token) => self.ask_by_token(link, meet, (token, By::Token), claim, known),
            JoinBy::Another(token) => {
                self.ask_by_token(link, meet, (token, By::Another), claim, known);
            }
            JoinBy::Password {
                location_name,
                password,
            } => {
                if !self.may_guess(link, meet) {
                    return;
                }
                if !self.hashing.has_room(self.house.limits.hash_queue_max) {
                    return self.house.reject_join(link, busy());
                }
                let join = PasswordJoin {
                    meet,
                    location: location_name,
                    claim,
                    known,
                };
                let job = Job {
                    link,
                    password,
                    purpose: HashFor::Join(Box::new(join)),
                };
                self.enqueue(job, Some(meet));
            }
        }
    }

    /// Somebody comes with a session, to go on with it or for a further one beside it.
    fn ask_by_token(
        &mut self,
        link: LinkId,
        meet: MeetId,
        (mut token, by): (SessionToken, By),
        claim: Option<Box<Claim>>,
        known: Known,
    ) {
        let now = self.house.now.as_seconds();
        let mut grants = match token::verify(&token, &self.house.key) {
            Some(grants) if grants.meet == meet => grants,
            Some(_) | None => {
                let reason = "the session token was not made by this relay for this meet; join with the password";
                return self
                    .house
                    .reject_join(link, rejected(JoinCode::SessionUnknown, reason));
            }
        };
        // Correct: a session that has lasted its time begins nothing any more.
        if grants.expires <= now && !planted::is(Bug::ExpiredLetIn) {
            return self.house.reject_join(link, session_expired());
        }
        if by == By::Another {
            grants = grants.beside(self.house.draw.session_id(), now);
            token = self.house.issue_token(&grants);
        }
        self.house
            .links
            .turn(link, State::Asking { meet: Some(meet) }, self.house.now);
        let guest = Box::new(Guest {
            link,
            grants,
            token,
            by,
            known,
        });
        self.open_for(meet, Opener::Guest(guest, claim));
    }

    /// Whether a password from there may be looked at now; if not, its sender is told.
    pub(crate) fn may_guess(&mut self, link: LinkId, meet: MeetId) -> bool {
        let Some(block) = self.house.links.get(link).map(|link| link.block) else {
            return false;
        };
        let House {
            guesses,
            limits,
            now,
            ..
        } = &self.house;
        let Err(wait) = guesses.may_try(meet, block, limits, *now) else {
            return true;
        };
        let reason = "too many wrong passwords from this address";
        self.house.reject_join(
            link,
            rejected_for_now(JoinCode::TooManyAttempts, reason, wait),
        );
        false
    }
}

impl House {
    /// Whether somebody still waits for the answer to a join on this link.
    pub(crate) fn is_asking(&self, link: LinkId) -> bool {
        self.links
            .get(link)
            .is_some_and(|link| matches!(link.state, State::Asking { .. }))
    }
}

pub(crate) fn busy() -> spotter_relay_protocol::JoinRejected {
    rejected_for_now(
        JoinCode::Busy,
        "too many passwords are waiting to be checked",
        BUSY_MS,
    )
}

pub(crate) fn session_revoked() -> spotter_relay_protocol::JoinRejected {
    rejected(
        JoinCode::SessionRevoked,
        "the initiator ended this session; join with the password",
    )
}

fn session_expired() -> spotter_relay_protocol::JoinRejected {
    rejected(
        JoinCode::SessionExpired,
        "the session has expired; join again with the password, nothing is lost",
    )
}
