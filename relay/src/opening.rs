//! Finding a meet that somebody asks for: in memory, on the disk, or in the ticket they brought.

use spotter_relay_protocol::{JoinCode, MeetId};

use crate::action::Action;
use crate::event::Event;
use crate::house::rejected;
use crate::input::{CreateTrouble, OpenTrouble, OpenedMeet, StoreTrouble};
use crate::join::session_revoked;
use crate::machine::{Opener, Relay};
use crate::meet::{Meet, trouble_rejection};

impl Relay {
    /// Goes on with `opener` as soon as the meet is in memory.
    pub(crate) fn open_for(&mut self, meet: MeetId, opener: Opener) {
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
                Err(OpenTrouble::NoSuchMeet) => self.gone(meet),
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

    /// A meet in memory is gone from the disk: nothing of it is kept, so that it can come back from a ticket. Whoever
    /// was about to join is answered as if it had never been in memory.
    fn gone(&mut self, id: MeetId) {
        let Some(mut meet) = self.meets.remove(&id) else {
            return;
        };
        let guests = meet.give_up_guests();
        let trouble = StoreTrouble::Damaged("the meet is gone from the disk".into());
        meet.fail(&mut self.house, &trouble);
        self.house.links.out.push(Action::CloseMeet { meet: id });
        let openers = guests.into_iter();
        let openers = openers.map(|guest| Opener::Guest(Box::new(guest), None));
        self.opening.entry(id).or_default().extend(openers);
        self.no_such_meet(id);
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
            Opener::Display(link, right) => {
                self.display_found(link, id, right);
            }
            Opener::Guest(guest, claim) => {
                let Some(meet) = self.meets.get_mut(&id) else {
                    return;
                };
                let device = guest.grants.device();
                let claimed = claim.as_ref().is_some_and(|claim| claim.revokes(device));
                if meet.keeping.is_revoked(device) || claimed {
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
                Opener::Display(link, right) => self.display_not_found(link, meet, right),
                Opener::Guest(guest, Some(claim)) if claim.revokes(guest.grants.device()) => {
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
        self.house.links.event(Event::MeetTrouble {
            meet,
            trouble: words.clone(),
            damaged,
        });
        for opener in self.opening.remove(&meet).unwrap_or_default() {
            let link = match opener {
                Opener::Guest(guest, _) => guest.link,
                Opener::Display(link, _) => link,
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
