//! Bundles: writing one to be carried, taking in one that was.

use spotter_model::{Author, Meet};

use crate::ask::{Problem, Reply, RequestId};
use crate::bundle::{self, BUNDLE_FORMAT, BundleError, BundleHeader, Read, Unpacked};
use crate::client::Client;
use crate::news::News;
use crate::record::{Origin, Record};
use crate::replica::Held;
use crate::time::Now;

impl Client {
    pub(super) fn pack_bundle(&mut self, now: Now, request: RequestId, author: Option<Author>) {
        match self.bundle(now, author) {
            Ok(text) => self
                .keeper
                .answer_when_saved(request, Ok(Reply::Bundle(text))),
            Err(problem) => self.answer(request, Err(problem)),
        }
    }

    fn bundle(&mut self, now: Now, author: Option<Author>) -> Result<String, Problem> {
        let author = self
            .replica
            .author()
            .cloned()
            .or(author)
            .ok_or(Problem::NoAuthor)?;
        if self.replica.is_draft() {
            self.share(now, author.clone())?;
        }
        let meet = self.replica.shared().ok_or(Problem::NoMeet)?;
        if meet.is_empty() {
            return Err(Problem::NotArrived);
        }
        let membership = self.replica.membership.as_ref();
        let header = BundleHeader {
            spotter_bundle: BUNDLE_FORMAT,
            root: meet.root(),
            location: author.location,
            created: now.wall,
            changes: meet.len(),
            meet_id: membership.map(|m| m.meet_id),
            relay: membership.map(|m| m.relay.clone()),
        };
        Ok(bundle::pack(&header, meet.changes()))
    }

    pub(super) fn unpack_bundle(&mut self, request: RequestId, text: &str, author: Option<Author>) {
        match self.unpack(text, author) {
            Ok(unpacked) => self
                .keeper
                .answer_when_saved(request, Ok(Reply::Unpacked(unpacked))),
            Err(problem) => self.answer(request, Err(problem)),
        }
    }

    fn unpack(&mut self, text: &str, author: Option<Author>) -> Result<Unpacked, Problem> {
        self.check_store()?;
        let read = bundle::read(text).map_err(Problem::Bundle)?;
        self.make_room_for(&read)?;
        let found = read.changes.len();
        let arrived = self.take_in(read.changes, Origin::Bundle);
        self.keep_changes(Origin::Bundle, &arrived.admitted, None);
        for change in &arrived.admitted {
            self.queue(&change.hash());
        }
        self.pass_on(&arrived.admitted, None);
        if let Some(author) = author.filter(|_| self.replica.author().is_none()) {
            self.write_as(author);
        }
        let unpacked = Unpacked {
            brought: arrived.admitted.len(),
            known: arrived.known.len(),
            refused: found - arrived.admitted.len() - arrived.known.len() - arrived.waiting,
            waiting: arrived.waiting,
            damage: read.damage,
            header: read.header,
        };
        self.tell(News::BundleFrom {
            location: unpacked.header.location.clone(),
            brought: unpacked.brought,
        });
        Ok(unpacked)
    }

    /// An empty replica becomes one of the bundle's meet, if the bundle has its beginning.
    fn make_room_for(&mut self, read: &Read) -> Result<(), Problem> {
        let theirs = read.header.root;
        match &self.replica.document {
            Held::Draft(_) => Err(Problem::HoldsMeet),
            Held::Shared(meet) if meet.root() == theirs => Ok(()),
            Held::Shared(meet) => Err(Problem::OtherMeet {
                ours: meet.root(),
                theirs,
            }),
            Held::Empty if read.changes.iter().any(|change| change.hash() == theirs) => {
                self.keep(Record::Document {
                    root: theirs,
                    draft: false,
                });
                self.replica.document = Held::Shared(Meet::open(theirs));
                Ok(())
            }
            Held::Empty => Err(Problem::Bundle(BundleError::NoBeginning {
                damage: read.damage.clone(),
            })),
        }
    }
}
