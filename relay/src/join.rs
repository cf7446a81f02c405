//! The first words on a connection: who asks, by what right, and what has to be looked up before the answer.

use spotter_relay_protocol::{
    ClientMessage, CreateMeet, JoinBy, JoinCode, JoinMeet, MeetId, PROTOCOL, ProtocolError,
    RecoverMeet, Roster,
};

use crate::action::{Action, JobId};
use crate::hashing::{HashFor, Job, PasswordJoin, Running};
use crate::hex::Hex;
use crate::house::{House, rejected, rejected_for_now};
use crate::input::{CreateTrouble, LinkId, OpenTrouble, OpenedMeet, StoreTrouble};
use crate::key::Purpose;
use crate::link::State;
use crate::machine::{Opener, Relay};
use crate::meet::{Guest, Meet, trouble_rejection};
use crate::ticket::{self, Claim};
use crate::token::{self, Grants};

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
            | ClientMessage::FinishMeet(_) => self.not_joined(link, &message),
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
            message.position,
            message.heads,
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
            None,
            None,
        );
    }

    fn ask_by(
        &mut self,
        link: LinkId,
        meet: MeetId,
        by: JoinBy,
        claim: Option<Box<Claim>>,
        position: Option<spotter_relay_protocol::Position>,
        heads: Option<Vec<spotter_model::ChangeHash>>,
    ) {
        match by {
            JoinBy::Token(token) => {
                let now = self.house.now.as_seconds();
                let grants = match token::verify(&token, &self.house.key) {
                    Some(grants) if grants.meet == meet => grants,
                    Some(_) | None => {
                        let reason = "the session token was not made by this relay for this meet; join with the password";
                        return self
                            .house
                            .reject_join(link, rejected(JoinCode::SessionUnknown, reason));
                    }
                };
                if grants.expires <= now {
                    return self.house.reject_join(link, session_expired());
                }
                self.house
                    .links
                    .turn(link, State::Asking { meet: Some(meet) }, self.house.now);
                let guest = Box::new(Guest {
                    link,
                    grants,
                    token,
                    resumed: true,
                    position,
                    heads,
                });
                self.open_for(meet, Opener::Guest(guest, claim));
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
                    position,
                    heads,
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

    /// Whether a password from there may be looked at now; if not, its sender is told.
    fn may_guess(&mut self, link: LinkId, meet: MeetId) -> bool {
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

    fn enqueue(&mut self, job: Job, meet: Option<MeetId>) {
        self.house
            .links
            .turn(job.link, State::Asking { meet }, self.house.now);
        self.hashing.push(job);
    }

    /// Begins the next password check, if none is running.
    pub(crate) fn begin_hashing(&mut self) {
        while let Some(job) = self.hashing.next() {
            match &job.purpose {
                HashFor::Create { .. } | HashFor::NewPassword { .. } => {
                    let (salt, scrypt) = (Hex(self.house.draw.bytes()), self.house.scrypt);
                    self.hash(job, salt, scrypt, None);
                }
                HashFor::OldPassword { meet, .. } => {
                    let Some(auth) = self.meets.get(meet).map(|meet| meet.keeping.auth()) else {
                        continue;
                    };
                    let (salt, scrypt, verifier) = (auth.salt, auth.scrypt, auth.verifier);
                    self.hash(job, salt, scrypt, Some(verifier));
                }
                HashFor::Join(join) => {
                    let meet = join.meet;
                    // Guesses that queued up together count against each other.
                    if self.may_guess(job.link, meet) {
                        self.hashing.run(Running::Finding(job));
                        self.open_for(meet, Opener::Hash);
                    }
                }
            }
        }
    }

    /// The meet of the password check at the head of the queue has been looked up; `known` if it exists.
    fn hash_found(&mut self, meet: MeetId, known: bool) {
        let Some(job) = self.hashing.take_finding() else {
            return;
        };
        let HashFor::Join(join) = &job.purpose else {
            return;
        };
        let auth = if known {
            self.meets.get(&meet).map(|meet| meet.keeping.auth())
        } else {
            None
        };
        let claimed = join.claim.as_ref().map(|claim| &claim.auth);
        // Of record and ticket, the one with the higher epoch knows the password of today.
        let best = match (auth, claimed) {
            (Some(auth), Some(claimed)) if claimed.epoch > auth.epoch => Some(claimed),
            (Some(auth), _) => Some(auth),
            (None, claimed) => claimed,
        };
        match best.map(|auth| (auth.salt, auth.scrypt, auth.verifier)) {
            Some((salt, scrypt, verifier)) => self.hash(job, salt, scrypt, Some(verifier)),
            None => {
                // No such meet: hashing against nothing takes as long, and says as little.
                let seal = self
                    .house
                    .key
                    .seal(Purpose::DummySalt, &[meet.digits().as_bytes()]);
                let salt = std::array::from_fn(|at| seal[at]);
                self.hash(job, Hex(salt), self.house.scrypt, None);
            }
        }
    }

    fn hash(
        &mut self,
        job: Job,
        salt: Hex<16>,
        scrypt: crate::records::ScryptParams,
        verifier: Option<Hex<32>>,
    ) {
        let id = JobId(self.house.number());
        let password = job.password.clone();
        self.hashing.run(Running::Hashing {
            id,
            job,
            salt,
            scrypt,
            verifier,
        });
        let action = Action::HashPassword {
            job: id,
            salt: salt.0,
            params: scrypt,
            password,
        };
        self.house.links.out.push(action);
    }

    /// scrypt has answered.
    pub(crate) fn password_hashed(&mut self, id: JobId, hash: Option<[u8; 32]>) {
        let Some(Running::Hashing {
            job,
            salt,
            scrypt,
            verifier,
            ..
        }) = self.hashing.take_hashed(id)
        else {
            return;
        };
        let made = hash.map(|hash| Hex(self.house.key.seal(Purpose::Verifier, &[&hash])));
        match (job.purpose, made) {
            (purpose, None) => self.hash_failed(job.link, &purpose),
            (
                HashFor::Create {
                    location,
                    roster,
                    root,
                },
                Some(made),
            ) => {
                self.create(job.link, location, roster, root, (salt, scrypt, made));
            }
            (HashFor::Join(join), Some(made)) => {
                self.password_checked(job.link, *join, verifier == Some(made))
            }
            (HashFor::OldPassword { meet, new }, Some(made)) => {
                self.old_password_checked(job.link, meet, new, verifier == Some(made));
            }
            (HashFor::NewPassword { meet }, Some(made)) => {
                self.set_password(job.link, meet, salt, scrypt, made)
            }
        }
        self.begin_hashing();
    }

    fn password_checked(&mut self, link: LinkId, join: PasswordJoin, is_right: bool) {
        let (limits, now) = (self.house.limits.clone(), self.house.now);
        let Some(block) = self.house.links.get(link).map(|link| link.block) else {
            return;
        };
        if !is_right {
            self.house.guesses.failed(join.meet, block, &limits, now);
            let wrong = rejected(JoinCode::WrongMeetOrPassword, "wrong meet id or password");
            return self.house.reject_join(link, wrong);
        }
        self.house.guesses.succeeded(join.meet, block);
        let auth = self.meets.get(&join.meet).map(|meet| meet.keeping.auth());
        let claimed = join.claim.as_ref().map(|claim| &claim.auth);
        let entry = [auth, claimed]
            .into_iter()
            .flatten()
            .find_map(|auth| auth.roster.find(&join.location))
            .cloned();
        let Some(entry) = entry else {
            let reason = format!(
                "there is no location {:?} in this meet",
                join.location.as_str()
            );
            return self
                .house
                .reject_join(link, rejected(JoinCode::UnknownLocation, reason));
        };
        let grants = Grants {
            meet: join.meet,
            session_id: self.house.draw.session_id(),
            location: entry.location_name,
            priority: entry.priority,
            initiator: false,
            issued: now.as_seconds(),
            expires: self.house.session_end(),
        };
        let token = self.house.issue_token(&grants);
        let guest = Box::new(Guest {
            link,
            grants,
            token,
            resumed: false,
            position: join.position,
            heads: join.heads,
        });
        self.open_for(join.meet, Opener::Guest(guest, join.claim));
    }

    fn hash_failed(&mut self, link: LinkId, purpose: &HashFor) {
        match purpose {
            HashFor::Create { .. } | HashFor::Join(_) => self.house.reject_join(link, busy()),
            HashFor::OldPassword { .. } | HashFor::NewPassword { .. } => self.password_busy(link),
        }
    }

    /// Goes on with `opener` as soon as the meet is in memory.
    fn open_for(&mut self, meet: MeetId, opener: Opener) {
        if self.meets.contains_key(&meet) {
            return self.opened(meet, opener);
        }
        let openers = self.opening.entry(meet).or_default();
        openers.push(opener);
        if openers.len() == 1 {
            self.house.links.out.push(Action::OpenMeet { meet });
        }
    }

    /// The store has answered `OpenMeet`.
    pub(crate) fn meet_opened(&mut self, meet: MeetId, outcome: Result<OpenedMeet, OpenTrouble>) {
        if let Some(reopened) = self.meets.get_mut(&meet) {
            return match outcome {
                Ok(opened) => reopened.found_again(&mut self.house, &opened),
                Err(OpenTrouble::NoSuchMeet) => {
                    reopened.fail(
                        &mut self.house,
                        &StoreTrouble::Damaged("the meet is gone from the disk".into()),
                    );
                }
                Err(OpenTrouble::Store(trouble)) => reopened.fail(&mut self.house, &trouble),
            };
        }
        if !self.opening.contains_key(&meet) {
            // Asked for before the meet was let go of; nobody waits for it any more.
            return self.house.links.out.push(Action::CloseMeet { meet });
        }
        match outcome {
            Ok(opened) => {
                let found = Meet::found(&mut self.house, meet, opened);
                self.meets.insert(meet, found);
                self.open_all(meet);
            }
            Err(OpenTrouble::NoSuchMeet) => self.no_such_meet(meet),
            Err(OpenTrouble::Store(trouble)) => self.open_none(meet, &trouble),
        }
    }

    /// A meet is in memory; whoever waited for it goes on.
    pub(crate) fn open_all(&mut self, meet: MeetId) {
        for opener in self.opening.remove(&meet).unwrap_or_default() {
            self.opened(meet, opener);
        }
    }

    fn opened(&mut self, id: MeetId, opener: Opener) {
        match opener {
            Opener::Hash => self.hash_found(id, true),
            Opener::Guest(guest, claim) => {
                let Some(meet) = self.meets.get_mut(&id) else {
                    return;
                };
                let session = guest.grants.session_id;
                let claimed = claim.as_ref().is_some_and(|claim| claim.revokes(session));
                if meet.keeping.is_revoked(session) || claimed {
                    return self.house.reject_join(guest.link, session_revoked());
                }
                if let Some(claim) = claim {
                    meet.unite(&mut self.house, claim);
                }
                meet.welcome(&mut self.house, *guest);
            }
        }
    }

    /// The store does not know the meet. Whoever brings its ticket brings it back.
    fn no_such_meet(&mut self, meet: MeetId) {
        let openers = self.opening.remove(&meet).unwrap_or_default();
        let mut bringing = Vec::new();
        for opener in openers {
            match opener {
                Opener::Hash => self.hash_found(meet, false),
                Opener::Guest(guest, Some(claim)) if claim.revokes(guest.grants.session_id) => {
                    self.house.reject_join(guest.link, session_revoked());
                }
                Opener::Guest(_, Some(_)) => bringing.push(opener),
                Opener::Guest(guest, None) => {
                    let reason =
                        "the relay has lost this meet and can take it back from a recovery ticket";
                    self.house
                        .reject_join(guest.link, rejected(JoinCode::TicketWanted, reason));
                }
            }
        }
        if !bringing.is_empty() {
            self.recover(meet, bringing);
        }
    }

    /// The store cannot open the meet; everyone who waits for it is told.
    pub(crate) fn open_none(&mut self, meet: MeetId, trouble: &StoreTrouble) {
        let (StoreTrouble::Damaged(words) | StoreTrouble::Unavailable(words)) = trouble;
        let damaged = matches!(trouble, StoreTrouble::Damaged(_));
        self.house.links.event(crate::event::Event::MeetTrouble {
            meet,
            trouble: words.clone(),
            damaged,
        });
        for opener in self.opening.remove(&meet).unwrap_or_default() {
            let link = match opener {
                Opener::Guest(guest, _) => guest.link,
                Opener::Hash => match self.hashing.take_finding() {
                    Some(job) => job.link,
                    None => continue,
                },
            };
            let rejection = trouble_rejection(&self.house, trouble);
            self.house.reject_join(link, rejection);
        }
        self.begin_hashing();
    }

    /// The store has answered `CreateMeet`, for a new meet or for one that comes back.
    pub(crate) fn meet_created(&mut self, meet: MeetId, outcome: Result<(), CreateTrouble>) {
        if let Some(creating) = self.creating.remove(&meet) {
            self.created(meet, creating, outcome);
        } else if let Some(recovering) = self.recovering.remove(&meet) {
            self.recovered(meet, recovering, outcome);
        }
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

fn session_revoked() -> spotter_relay_protocol::JoinRejected {
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
