//! Taking a meet live: once the password is hashed, an id is drawn that names no meet yet, and the answer waits
//! until the disk has it.

use spotter_model::{ChangeHash, LocationName};
use spotter_relay_protocol::{LogId, MeetCreated, MeetId, RelayMessage, Roster, SessionToken};

use crate::action::Action;
use crate::catch_up::Flow;
use crate::event::Event;
use crate::hex::Hex;
use crate::input::{CreateTrouble, LinkId, StoreTrouble};
use crate::keeping::Keeping;
use crate::link::{Member, State};
use crate::machine::Relay;
use crate::meet::{Meet, Reader, trouble_rejection};
use crate::records::{AuthRecord, MeetRecords, RECORDS_FORMAT, ScryptParams, SessionsRecord};
use crate::token::{self, Grants};

/// How many ids are tried. With a million meets of nine hundred million, the second draw is rare already.
const DRAWS_MAX: u32 = 20;

/// A meet that the store is making.
#[derive(Debug)]
pub(crate) struct Creating {
    link: LinkId,
    root: ChangeHash,
    log_id: LogId,
    location: LocationName,
    records: MeetRecords,
    grants: Grants,
    token: SessionToken,
    draws: u32,
}

impl Relay {
    /// The password of a new meet is hashed.
    pub(crate) fn create(
        &mut self,
        link: LinkId,
        location: LocationName,
        roster: Roster,
        root: ChangeHash,
        (salt, scrypt, verifier): (Hex<16>, ScryptParams, Hex<32>),
    ) {
        if !self.house.is_asking(link) {
            return;
        }
        let Some(entry) = roster.find(&location).cloned() else {
            return;
        };
        let meet = self.unused_id();
        let now = self.house.now.as_seconds();
        let grants = Grants {
            meet,
            session_id: self.house.draw.session_id(),
            device: None,
            location: entry.location_name,
            priority: entry.priority,
            initiator: true,
            issued: now,
            expires: self.house.session_end(),
        };
        let token = self.house.issue_token(&grants);
        let auth = AuthRecord {
            format: RECORDS_FORMAT,
            meet_id: meet,
            salt,
            scrypt,
            verifier,
            roster,
            epoch: 1,
            revoked: Vec::new(),
            display_keys: Vec::new(),
            recovered: false,
            created_at: now,
        };
        let sessions = SessionsRecord {
            format: RECORDS_FORMAT,
            sessions: vec![grants.to_record(&token)],
        };
        let records = MeetRecords { auth, sessions };
        let log_id = self.house.draw.log_id();
        self.make(
            meet,
            Creating {
                link,
                root,
                log_id,
                location,
                records,
                grants,
                token,
                draws: 1,
            },
        );
    }

    /// The store has made the meet, or the id was taken, or it could not.
    pub(crate) fn created(
        &mut self,
        meet: MeetId,
        creating: Creating,
        outcome: Result<(), CreateTrouble>,
    ) {
        match outcome {
            Ok(()) => self.live(meet, creating),
            Err(CreateTrouble::Taken) if creating.draws < DRAWS_MAX => self.draw_again(creating),
            Err(CreateTrouble::Taken) => {
                let trouble = StoreTrouble::Unavailable("no unused meet id was found".into());
                self.not_created(meet, creating.link, &trouble);
            }
            Err(CreateTrouble::Store(trouble)) => self.not_created(meet, creating.link, &trouble),
        }
    }

    fn live(&mut self, id: MeetId, creating: Creating) {
        let Creating {
            link,
            root,
            log_id,
            location,
            records,
            grants,
            token,
            ..
        } = creating;
        self.house.links.event(Event::WentLive {
            meet: id,
            location: location.to_string(),
        });
        let keeping = Keeping::new(root, records);
        let mut meet = Meet::new(id, root, log_id, keeping);
        if self.house.is_asking(link) {
            let member = Member {
                meet: id,
                session: grants.session_id,
                device: grants.device(),
                token_hash: token::hash(&token),
                location: grants.location.clone(),
                initiator: true,
                expires_at: grants.expires,
            };
            self.house
                .links
                .turn(link, State::Member(member), self.house.now);
            meet.readers.insert(
                link,
                Reader {
                    session: grants.session_id,
                    device: grants.device(),
                    flow: Flow::Live,
                    spoken: None,
                },
            );
            let created = MeetCreated {
                meet_id: id,
                session_token: token,
                session_expires_at: grants.expires,
                log_id,
                location_name: grants.location,
                priority: grants.priority,
                initiator: true,
                roster: meet.keeping.auth().roster.clone(),
                ticket: meet.keeping.ticket(true, &self.house.key),
                epoch: meet.keeping.auth().epoch,
                pack: self.house.links.pack_agreed(link),
            };
            self.house
                .links
                .send(link, &RelayMessage::MeetCreated(created));
        }
        self.meets.insert(id, meet);
    }

    fn draw_again(&mut self, mut creating: Creating) {
        let meet = self.unused_id();
        creating.draws += 1;
        creating.records.auth.meet_id = meet;
        creating.grants.meet = meet;
        creating.token = self.house.issue_token(&creating.grants);
        creating.records.sessions.sessions = vec![creating.grants.to_record(&creating.token)];
        self.make(meet, creating);
    }

    fn make(&mut self, meet: MeetId, creating: Creating) {
        let (log_id, root, records) = (
            creating.log_id,
            creating.root,
            creating.records.clone().into(),
        );
        self.creating.insert(meet, creating);
        self.house.links.out.push(Action::CreateMeet {
            meet,
            log_id,
            root,
            records,
        });
    }

    fn not_created(&mut self, meet: MeetId, link: LinkId, trouble: &StoreTrouble) {
        let (StoreTrouble::Damaged(words) | StoreTrouble::Unavailable(words)) = trouble;
        self.house.links.event(Event::MeetTrouble {
            meet,
            trouble: words.clone(),
            damaged: false,
        });
        let rejection = trouble_rejection(&self.house, &StoreTrouble::Unavailable(words.clone()));
        self.house.reject_join(link, rejection);
    }

    /// An id that names no meet this machine knows of; the store knows the rest.
    fn unused_id(&mut self) -> MeetId {
        loop {
            let meet = self.house.draw.meet_id();
            let known = self.meets.contains_key(&meet)
                || self.creating.contains_key(&meet)
                || self.recovering.contains_key(&meet)
                || self.opening.contains_key(&meet);
            if !known {
                return meet;
            }
        }
    }
}
