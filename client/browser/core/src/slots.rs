//! A browser keeps one replica per tab, each in a slot of its own. What a tab begins with when the others hold something.
//!
//! A slot that is empty becomes a copy of one that holds the meet: the same records, except that nothing in it was written
//! here, and that the session stays with the tab that has it; with that one, the tab asks the relay for its own. What the
//! remaining slots hold besides is taken in like a bundle, so that an edit of a tab that was closed before it was sent reaches
//! the relay from here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spotter_client::{Ask, BundleHeader, Membership, Origin, RECORD_FORMAT, Record, WallTime};
use spotter_model::{Author, Change, ChangeHash, LocationName, json_text};
use spotter_relay_protocol::ChangeBytes;

use crate::calls::Wants;
use crate::desk::Desk;
use crate::trouble::Trouble;

/// What a tab begins with.
pub(crate) enum Start {
    /// These records must be saved first, in the tab's own slot.
    CopyFirst(String),
    /// These are saved; the bundles hold what others have left, and what is lent has their session.
    With {
        records: Vec<Record>,
        left: Vec<String>,
        lent: Option<Box<Membership>>,
    },
}

/// Decides what to begin with. Each slot is the text of a list of batches, as they were saved.
pub(crate) fn start(own: &str, others: &Value) -> Result<Start, Trouble> {
    let own = records(own)?;
    let others = others.as_array().map_or(&[][..], Vec::as_slice);
    let mut slots = Vec::with_capacity(others.len());
    for other in others.iter().filter_map(Value::as_str) {
        // What cannot be read is that slot's trouble, when it is opened.
        if let Ok(records) = records(other) {
            slots.push(records);
        }
    }
    if document(&own).is_none() {
        let shared = |records: &&Vec<Record>| document(records).is_some_and(|(_, draft)| !draft);
        if let Some(other) = slots.iter().find(shared) {
            let copy = copied(other);
            return Ok(Start::CopyFirst(
                serde_json::to_string(&copy).unwrap_or_default(),
            ));
        }
        if slots.iter().any(|records| document(records).is_some()) {
            return Err(Trouble::draft_elsewhere());
        }
    }
    let mut left = Vec::new();
    let mut lent = None;
    if let Some((root, _)) = document(&own) {
        slots.retain(|other| document(other) == Some((root, false)));
        left = slots
            .iter()
            .filter_map(|other| bundle(root, other))
            .collect();
        let loans = slots.iter().filter_map(|other| loan(other));
        lent = loans.max_by_key(|(ends, _)| *ends).map(|(_, lent)| lent);
    }
    Ok(Start::With {
        records: own,
        left,
        lent,
    })
}

/// The membership of a slot, if there is a session in it, and when that ends.
fn loan(records: &[Record]) -> Option<(WallTime, Box<Membership>)> {
    let last = records.iter().rev().find_map(|record| match record {
        Record::Joined(membership) => Some(Some(membership)),
        Record::SessionEnded {} => Some(None),
        Record::Replica { .. }
        | Record::Document { .. }
        | Record::Changes { .. }
        | Record::Acknowledged { .. }
        | Record::CaughtUp { .. }
        | Record::Rebuilt { .. }
        | Record::OfferTaken { .. }
        | Record::SetAside(_)
        | Record::Writer { .. }
        | Record::Roster { .. }
        | Record::Finished {} => None,
    });
    let mut lent = Box::new(last??.clone());
    let session = lent.session.as_mut()?;
    session.borrowed = true;
    Some((session.expires_at, lent))
}

/// What another tab lends, as it was told by [`Desk::lend`].
pub(crate) fn lent(told: &str) -> Result<Box<Membership>, Trouble> {
    match records(told)?.pop() {
        Some(Record::Joined(membership)) => Ok(Box::new(membership)),
        _ => Err(Trouble::misuse("nothing is lent")),
    }
}

fn records(batches: &str) -> Result<Vec<Record>, Trouble> {
    let batches: Vec<Vec<Record>> = serde_json::from_str(batches)
        .map_err(|error| Trouble::misuse(format!("the local store cannot be read: {error}")))?;
    Ok(batches.into_iter().flatten().collect())
}

/// The meet that a slot holds, and whether it is a draft.
fn document(records: &[Record]) -> Option<(ChangeHash, bool)> {
    records.iter().rev().find_map(|record| {
        let Record::Document { root, draft } = record else {
            return None;
        };
        Some((*root, *draft))
    })
}

/// The same replica on behalf of another tab.
fn copied(records: &[Record]) -> Vec<Record> {
    let mut copy = Vec::with_capacity(records.len() + 1);
    for record in records {
        copy.push(match record.clone() {
            Record::Changes {
                from: Origin::Here,
                changes,
                position,
            } => Record::Changes {
                from: Origin::Peer,
                changes,
                position,
            },
            Record::Joined(membership) => Record::Joined(Membership {
                session: None,
                ..membership
            }),
            other @ (Record::Replica { .. }
            | Record::Document { .. }
            | Record::Changes { .. }
            | Record::Acknowledged { .. }
            | Record::CaughtUp { .. }
            | Record::Rebuilt { .. }
            | Record::OfferTaken { .. }
            | Record::SetAside(_)
            | Record::Writer { .. }
            | Record::SessionEnded {}
            | Record::Roster { .. }
            | Record::Finished {}) => other,
        });
    }
    debug_assert!(matches!(
        copy.first(),
        Some(Record::Replica {
            format: RECORD_FORMAT
        })
    ));
    copy
}

/// A bundle of all changes of a slot.
fn bundle(root: ChangeHash, records: &[Record]) -> Option<String> {
    let mut author: Option<Author> = None;
    let mut lines = Vec::new();
    for record in records {
        match record {
            // A draft's changes before it are history, and of another root.
            Record::Document { .. } => lines.clear(),
            Record::Changes { changes, .. } => lines.extend(changes.iter().filter_map(line)),
            Record::Rebuilt {
                joined, made_again, ..
            } => {
                lines.extend(joined.iter().chain(made_again).filter_map(line));
            }
            Record::Joined(membership) => author = Some(membership.author.clone()),
            Record::Writer { author: writer } => author = Some(writer.clone()),
            Record::Replica { .. }
            | Record::Acknowledged { .. }
            | Record::CaughtUp { .. }
            | Record::OfferTaken { .. }
            | Record::SetAside(_)
            | Record::SessionEnded {}
            | Record::Roster { .. }
            | Record::Finished {} => {}
        }
    }
    let location = match author {
        Some(author) => author.location,
        None => LocationName::parse("another tab").ok()?,
    };
    let header = BundleHeader {
        spotter_bundle: 1,
        root,
        location,
        created: WallTime::default(),
        changes: lines.len(),
        meet_id: None,
        relay: None,
    };
    let mut text = serde_json::to_string(&header).ok()?;
    for line in lines {
        text.push('\n');
        text.push_str(&line);
    }
    Some(text)
}

fn line(bytes: &ChangeBytes) -> Option<String> {
    let change = Change::decode(bytes.as_ref()).ok()?;
    Some(json_text(&json!({"h": change.hash(), "c": bytes})))
}

impl Desk {
    /// Asks for a session with the one that another tab has left, once there is none here.
    pub(crate) fn borrow_what_was_left(&mut self) {
        let has_session = self
            .member()
            .is_some_and(|membership| membership.session.is_some());
        if !has_session && let Some(loan) = self.loan.take() {
            self.calls.begin(0, Wants::Reply);
            self.ask(0, Ask::Borrow(loan));
        }
    }

    /// Tells what other tabs may borrow, whenever that is something else.
    pub(crate) fn lend(&mut self) {
        let membership = self.member();
        let session = membership.and_then(|membership| membership.session.as_ref());
        let token = session.filter(|session| !session.borrowed);
        let token = token.map(|session| session.token.clone());
        if token == self.lent {
            return;
        }
        let lent = self.member().and_then(Membership::to_lend);
        // In the form of a slot, which every tab can read.
        let told = lent.and_then(|lent| serde_json::to_string(&vec![Record::Joined(lent)]).ok());
        self.acts
            .push(json!({"lend": told.map(|told| format!("[{told}]"))}));
        self.lent = token;
    }

    /// Takes in what another tab has left. Nobody waits for it.
    pub(crate) fn take_over(&mut self, text: String) {
        self.calls.begin(0, Wants::Reply);
        self.ask(0, Ask::UnpackBundle { text, author: None });
    }
}

/// Bytes that came as text.
pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, Trouble> {
    STANDARD.decode(text).map_err(Trouble::misuse)
}
