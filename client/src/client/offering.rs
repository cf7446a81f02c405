//! Edits of others that had to leave with a refused change: they are offered to whoever sits here, and made again
//! only if that person says so.

use spotter_model::{Change, ChangeHash, Document, Meet, Pen, Refusal};

use crate::ask::{Problem, Reply, RequestId};
use crate::client::Client;
use crate::client::redoing::{Left, write_again};
use crate::limits::OFFERS_MAX;
use crate::news::News;
use crate::record::Record;
use crate::replica::Offer;

impl Client {
    pub(super) fn offer_to_make_again(&mut self, left: &Left) {
        if self.replica.offers.len() >= OFFERS_MAX {
            return;
        }
        let change = left.change.hash();
        let offer = Offer {
            change: left.change.clone(),
            author: left.author.clone(),
        };
        self.replica.offers.insert(change, offer);
        self.tell(News::BuiltOnRefused {
            change,
            author: left.author.clone(),
            refused: left.built_on,
        });
    }

    /// Makes somebody else's edit again, this time knowing everything that is here: a person decided it.
    pub(super) fn make_again(&mut self, request: RequestId, hash: ChangeHash) {
        if let Some(problem) = self.cannot_edit() {
            return self.answer(request, Err(problem));
        }
        match self.make_offered_again(&hash) {
            Some(again) => {
                self.keep(Record::OfferTaken { change: hash });
                self.written_here(&again);
                let change = Some(again.hash());
                self.keeper
                    .answer_when_saved(request, Ok(Reply::Edited { change }));
            }
            None => self.answer(request, Err(Problem::NothingToMakeAgain { change: hash })),
        }
    }

    fn make_offered_again(&mut self, hash: &ChangeHash) -> Option<Change> {
        let offer = self.replica.offers.get(hash).cloned()?;
        let pen = self.pen()?;
        let mut moved = std::mem::take(&mut self.replica.moved);
        let meet = self.replica.shared_mut()?;
        let again = write_on(meet, &pen, &offer, &mut moved);
        self.replica.moved = moved;
        let again = again.ok()?;
        self.replica.offers.remove(hash);
        Some(again)
    }
}

fn write_on(
    meet: &mut Meet,
    pen: &Pen,
    offer: &Offer,
    moved: &mut crate::replica::Moved,
) -> Result<Change, Refusal> {
    let mut document = Document::new(meet.root());
    document.receive(&meet.changes().collect::<Vec<_>>());
    let again = write_again(
        &mut document,
        pen,
        &offer.change,
        moved,
        Some(&reason_for(offer)),
    )?;
    meet.receive(std::slice::from_ref(&again));
    Ok(again)
}

/// Names whose edit it was, since the change will carry another author.
fn reason_for(offer: &Offer) -> String {
    let whose = offer.author.as_ref().map(|author| &author.location);
    match (offer.change.message(), whose) {
        (Some(reason), Some(whose)) => format!("for {whose}: {reason}"),
        (None, Some(whose)) => format!("for {whose}"),
        (reason, None) => reason.unwrap_or("made again").to_owned(),
    }
}
