//! Making changes: beginning a meet, sharing it, editing it, and the pen that all of it is written with.

use rand_core::Rng as _;
use spotter_model::planted::{self, Bug};
use spotter_model::{ActorId, Author, Change, LocationName, Meet, Pen, Priority};

use crate::ask::{EditAsk, Problem, Reply, RequestId};
use crate::client::Client;
use crate::record::{Origin, Record};
use crate::replica::Held;
use crate::time::Now;

impl Client {
    pub(super) fn new_meet(&mut self, now: Now, request: RequestId, date: &str) {
        self.begin_draft(request, |pen, nonce| {
            Meet::empty_draft(date, pen, nonce, now.wall.unix_seconds()).map_err(Problem::Model)
        });
    }

    pub(super) fn import(&mut self, now: Now, request: RequestId, saved_json: &str) {
        self.begin_draft(request, |pen, nonce| {
            let imported = Meet::import(saved_json, pen, nonce, now.wall.unix_seconds());
            imported.map_err(|error| Problem::Import {
                why: error.to_string(),
            })
        });
    }

    fn begin_draft(
        &mut self,
        request: RequestId,
        make: impl FnOnce(&Pen, [u8; 16]) -> Result<Meet, Problem>,
    ) {
        let begun = self
            .check_store()
            .and_then(|()| match &self.replica.document {
                Held::Empty => self.draft(make),
                Held::Draft(_) | Held::Shared(_) => Err(Problem::HoldsMeet),
            });
        match begun {
            Ok(()) => self.keeper.answer_when_saved(request, Ok(Reply::Done)),
            Err(problem) => self.answer(request, Err(problem)),
        }
    }

    fn draft(
        &mut self,
        make: impl FnOnce(&Pen, [u8; 16]) -> Result<Meet, Problem>,
    ) -> Result<(), Problem> {
        let pen = self.pen_for(self.replica.writer.clone().unwrap_or_else(draft_author));
        let nonce = self.nonce();
        let meet = make(&pen, nonce)?;
        self.hold(meet, true);
        Ok(())
    }

    /// Makes the meet one that others may have, and names who writes here. A draft is written anew, so that its
    /// first change is the beginning of a meet of its own.
    pub(super) fn share(&mut self, now: Now, author: Author) -> Result<(), Problem> {
        self.check_store()?;
        if matches!(self.replica.document, Held::Empty) {
            return Err(Problem::NoMeet);
        }
        self.write_as(author.clone());
        let (pen, nonce) = (self.pen_for(author), self.nonce());
        let Held::Draft(draft) = &mut self.replica.document else {
            return Ok(());
        };
        let meet = draft
            .reborn(&pen, nonce, now.wall.unix_seconds())
            .map_err(Problem::Model)?;
        self.hold(meet, false);
        Ok(())
    }

    /// Names who writes here, for as long as no relay says otherwise.
    pub(super) fn write_as(&mut self, author: Author) {
        if self.replica.author() != Some(&author) {
            self.replica.pen = None;
        }
        if self.replica.writer.as_ref() != Some(&author) {
            self.keep(Record::Writer {
                author: author.clone(),
            });
            self.replica.writer = Some(author);
        }
    }

    /// Takes a meet made here for the replica's own.
    fn hold(&mut self, meet: Meet, draft: bool) {
        self.keep(Record::Document {
            root: meet.root(),
            draft,
        });
        let changes: Vec<_> = meet.changes().collect();
        self.keep_changes(Origin::Here, &changes, None);
        if draft {
            self.replica.document = Held::Draft(meet);
        } else {
            self.replica.document = Held::Shared(meet);
            self.refill_outbox(&[]);
        }
    }

    pub(super) fn edit(&mut self, now: Now, request: RequestId, ask: &EditAsk) {
        if let Some(problem) = self.cannot_edit() {
            self.keeper.hurry();
            return self.answer(request, Err(problem));
        }
        let Some(pen) = self.pen() else {
            return self.answer(request, Err(Problem::NoAuthor));
        };
        let Some(meet) = self.replica.meet_mut() else {
            return self.answer(request, Err(Problem::NoMeet));
        };
        // Correct: what says nothing new is what is shown already, and nothing else.
        if planted::is(Bug::EditSwallowed) && meet.len().is_multiple_of(7) {
            return self.answer(request, Ok(Reply::Edited { change: None }));
        }
        let wall = now.wall.unix_seconds();
        match meet.edit(&pen, &ask.edit, wall, ask.reason.as_deref(), ask.seen) {
            Err(error) => self.answer(request, Err(Problem::Model(error))),
            Ok(None) => self.answer(request, Ok(Reply::Edited { change: None })),
            Ok(Some(change)) => {
                self.written_here(&change);
                self.may_undo(change.hash());
                let reply = Reply::Edited {
                    change: Some(change.hash()),
                };
                // Correct: an edit is saved once the disk has it.
                if planted::is(Bug::SavedTooEarly) {
                    return self.answer(request, Ok(reply));
                }
                self.keeper.answer_when_saved(request, Ok(reply));
            }
        }
    }

    /// What follows every change written here: it is kept, sent and passed on.
    pub(super) fn written_here(&mut self, change: &Change) {
        self.keep_changes(Origin::Here, std::slice::from_ref(change), None);
        if self.replica.shared().is_some() {
            self.queue(&change.hash());
            self.pass_on(std::slice::from_ref(change), None);
        }
    }

    /// Why nothing can be edited now, if that is so.
    pub(super) fn cannot_edit(&self) -> Option<Problem> {
        if let Err(problem) = self.check_store() {
            return Some(problem);
        }
        let Some(meet) = self.replica.meet() else {
            return Some(Problem::NoMeet);
        };
        if meet.is_empty() {
            return Some(Problem::NotArrived);
        }
        match &self.replica.membership {
            Some(membership) if membership.finished => Some(Problem::Finished),
            Some(_) | None => None,
        }
    }

    pub(super) fn check_store(&self) -> Result<(), Problem> {
        match self.keeper.trouble() {
            Some(why) => Err(Problem::CannotSave {
                why: why.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// The pen of this run, drawn when it is first needed and after every change of author.
    pub(super) fn pen(&mut self) -> Option<Pen> {
        let draft = self.replica.is_draft().then(draft_author);
        let author = self.replica.author().cloned().or(draft)?;
        Some(self.pen_for(author))
    }

    fn pen_for(&mut self, author: Author) -> Pen {
        if let Some(pen) = self.replica.pen.as_ref().filter(|pen| pen.author == author) {
            return pen.clone();
        }
        let mut bytes = [0; 8];
        self.rng.fill_bytes(&mut bytes);
        // Correct: no two runs of any process ever write as one actor.
        if planted::is(Bug::SharedActor) {
            let name = author.location.as_str().bytes();
            bytes = name.fold([7_u8; 8], |actor, byte| {
                actor.map(|part| part.rotate_left(3) ^ byte)
            });
        }
        let pen = Pen {
            actor: ActorId::new(bytes),
            author,
        };
        self.replica.actors.insert(pen.actor);
        self.replica.pen = Some(pen.clone());
        pen
    }

    fn nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        self.rng.fill_bytes(&mut nonce);
        nonce
    }
}

/// Who writes in a draft, which nobody else will ever see: going live writes it anew.
fn draft_author() -> Author {
    Author {
        location: LocationName::parse("draft").expect("a short printable name"),
        priority: Priority::new(0).expect("the lowest priority"),
    }
}
