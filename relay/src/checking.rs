//! Checking passwords, one at a time: find the salt, let the shell run scrypt, compare what it made.

use spotter_relay_protocol::{JoinCode, MeetId};

use crate::action::{Action, JobId};
use crate::hashing::{HashFor, Job, PasswordJoin, Running};
use crate::hex::Hex;
use crate::house::rejected;
use crate::input::LinkId;
use crate::join::busy;
use crate::keeping::{AuthEdit, Edit};
use crate::key::Purpose;
use crate::link::State;
use crate::machine::{Opener, Relay};
use crate::meet::{By, Guest};
use crate::records::ScryptParams;
use crate::token::Grants;

impl Relay {
    /// Lets a password wait for its turn.
    pub(crate) fn enqueue(&mut self, job: Job, meet: Option<MeetId>) {
        self.house
            .links
            .turn(job.link, State::Asking { meet }, self.house.now);
        self.hashing.push(job);
    }

    /// Begins the next password check, if none is running.
    pub(crate) fn begin_hashing(&mut self) {
        while let Some(job) = self.hashing.next() {
            match &job.purpose {
                HashFor::Create { .. } | HashFor::NewPassword { .. } | HashFor::Rehash { .. } => {
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
                HashFor::Join(_) | HashFor::Display { .. } => {
                    let Some(meet) = job.purpose.meet() else {
                        continue;
                    };
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
    pub(crate) fn hash_found(&mut self, meet: MeetId, known: bool) {
        let Some(job) = self.hashing.take_finding() else {
            return;
        };
        let claim = match &job.purpose {
            HashFor::Join(join) => join.claim.as_ref(),
            HashFor::Create { .. }
            | HashFor::Display { .. }
            | HashFor::OldPassword { .. }
            | HashFor::Rehash { .. }
            | HashFor::NewPassword { .. } => None,
        };
        let auth = if known {
            self.meets.get(&meet).map(|meet| meet.keeping.auth())
        } else {
            None
        };
        let claimed = claim.map(|claim| &claim.auth);
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

    fn hash(&mut self, job: Job, salt: Hex<16>, scrypt: ScryptParams, verifier: Option<Hex<32>>) {
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
                let (is_right, meet) = (verifier == Some(made), join.meet);
                self.password_checked(job.link, *join, is_right);
                if is_right && scrypt.is_weaker_than(self.house.scrypt) {
                    let purpose = HashFor::Rehash { meet, from: made };
                    let (link, password) = (job.link, job.password);
                    self.hashing.push(Job {
                        link,
                        password,
                        purpose,
                    });
                }
            }
            (HashFor::Display { meet }, Some(made)) => {
                self.display_password_checked(job.link, meet, verifier == Some(made));
            }
            (HashFor::Rehash { meet, from }, Some(verifier)) => {
                let what = AuthEdit::Rehash {
                    from,
                    salt,
                    scrypt,
                    verifier,
                };
                self.in_meet(meet, |meet, house| {
                    meet.keeping
                        .edit(house, meet.id, Edit { what, asker: None });
                });
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
            device: None,
            location: entry.location_name,
            priority: entry.priority,
            initiator: join.claim.as_ref().is_some_and(|claim| claim.initiator),
            issued: now.as_seconds(),
            expires: self.house.session_end(),
        };
        let token = self.house.issue_token(&grants);
        let guest = Box::new(Guest {
            link,
            grants,
            token,
            by: By::Password,
            known: join.known,
        });
        self.open_for(join.meet, Opener::Guest(guest, join.claim));
    }

    fn hash_failed(&mut self, link: LinkId, purpose: &HashFor) {
        match purpose {
            HashFor::Create { .. } | HashFor::Join(_) | HashFor::Display { .. } => {
                self.house.reject_join(link, busy())
            }
            HashFor::OldPassword { .. } | HashFor::NewPassword { .. } => self.password_busy(link),
            // The old hash is still as good as it was.
            HashFor::Rehash { .. } => {}
        }
    }
}
