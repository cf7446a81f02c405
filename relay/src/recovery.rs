//! After total loss: the ticket a member kept brings the meet's records back, under a new log. The changes come
//! back by themselves, since every member's position now means nothing and the relay asks for what it lacks.

use spotter_model::ChangeHash;
use spotter_relay_protocol::{LogId, MeetId};

use crate::action::Action;
use crate::event::Event;
use crate::house::House;
use crate::input::CreateTrouble;
use crate::keeping::{AuthEdit, Edit, Keeping, unite};
use crate::machine::{Opener, Relay};
use crate::meet::Meet;
use crate::records::{AuthRecord, MeetRecords, RECORDS_FORMAT, SessionsRecord};
use crate::ticket::Claim;

/// A meet that the store is making anew.
#[derive(Debug)]
pub(crate) struct Recovering {
    root: ChangeHash,
    log_id: LogId,
    records: MeetRecords,
}

impl Relay {
    /// Makes a lost meet anew from the tickets that were brought. Each of `bringing` has one, and a right of its own.
    pub(crate) fn recover(&mut self, meet: MeetId, bringing: Vec<Opener>) {
        let now = self.house.now.as_seconds();
        let (mut root, mut auth): (Option<ChangeHash>, Option<AuthRecord>) = (None, None);
        for opener in &bringing {
            let Opener::Guest(_, Some(claim)) = opener else {
                continue;
            };
            match &mut auth {
                None => {
                    root = Some(claim.root);
                    auth = Some(AuthRecord {
                        recovered: true,
                        ..claim.auth.clone()
                    });
                }
                Some(auth) if root == Some(claim.root) => unite(auth, &claim.auth, now),
                Some(_) => {}
            }
        }
        let (Some(root), Some(auth)) = (root, auth) else {
            return;
        };
        self.house.links.event(Event::Recovered {
            meet,
            epoch: auth.epoch,
        });
        let sessions = SessionsRecord {
            format: RECORDS_FORMAT,
            sessions: Vec::new(),
        };
        let records = MeetRecords { auth, sessions };
        let log_id = self.house.draw.log_id();
        let action = Action::CreateMeet {
            meet,
            log_id,
            root,
            records: records.clone().into(),
        };
        self.opening.insert(meet, bringing);
        self.recovering.insert(
            meet,
            Recovering {
                root,
                log_id,
                records,
            },
        );
        self.house.links.out.push(action);
    }

    /// The store has made the meet anew, or could not.
    pub(crate) fn recovered(
        &mut self,
        meet: MeetId,
        recovering: Recovering,
        outcome: Result<(), CreateTrouble>,
    ) {
        match outcome {
            Ok(()) => {
                let Recovering {
                    root,
                    log_id,
                    records,
                } = recovering;
                let keeping = Keeping::new(root, records);
                self.meets
                    .insert(meet, Meet::new(meet, root, log_id, keeping));
                self.open_all(meet);
            }
            // Somebody put it back meanwhile; what lies there decides.
            Err(CreateTrouble::Taken) => self.house.links.out.push(Action::OpenMeet { meet }),
            Err(CreateTrouble::Store(trouble)) => self.open_none(meet, &trouble),
        }
    }
}

impl Meet {
    /// Takes in what a ticket knows and the record does not.
    pub(crate) fn unite(&mut self, house: &mut House, claim: Box<Claim>) {
        let auth = self.keeping.auth();
        if claim.root != self.root || (claim.auth.epoch <= auth.epoch && !auth.recovered) {
            return;
        }
        let mut united = auth.clone();
        unite(&mut united, &claim.auth, house.now.as_seconds());
        if united != *auth {
            let edit = Edit {
                what: AuthEdit::Unite(claim),
                asker: None,
            };
            self.keeping.edit(house, self.id, edit);
        }
    }
}
