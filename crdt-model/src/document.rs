//! A replica's document: every change it knows, who wins where, and Automerge's own state behind it.
//!
//! The document knows maps, registers and writes; what a squat is stands in `meet.rs`. Changes are judged one by
//! one by the [`Index`] and handed to Automerge in batches when a value is read: applying five thousand changes
//! at once costs as much as applying thirty one by one.

mod writing;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use automerge::Automerge;

pub use writing::{NewOps, Pen, Target};

use crate::change::Change;
use crate::ids::{ChangeHash, OpId};
use crate::index::{Admission, Index, RegisterNumber, Write};
use crate::location::Author;
use crate::op::{ObjectId, OpAction, RegisterId, Scalar};
use crate::refusal::Refusal;
use crate::register::{ReplayOrders, undisputed_values};

/// Changes that Automerge is handed one at a time, at most: so many, and one for so many that it has. More than one
/// cost it time in the size of the document, seven milliseconds with a thousand lifters, where a single one costs 40
/// microseconds.
const ONE_BY_ONE_MAX: usize = 64;
const ONE_BY_ONE_FOR: usize = 6;

/// Changes that are kept as they are after reading; of all others only the bytes.
const KEPT_MAX: usize = 64;

/// A copy of one meet's document.
pub struct Document {
    index: Index,
    orders: ReplayOrders,
    /// The bytes of every change, in order of admission.
    bytes: Vec<Arc<[u8]>>,
    /// Changes that were admitted or read lately, each at the place that its number leaves when divided. Whoever asks for
    /// all that a change wrote asks many times for the same one, and whoever asks for a screen for the same few.
    kept: RefCell<Vec<Option<(usize, Change)>>>,
    automerge: Automerge,
    /// How many of the changes Automerge has; it gets the others when a value is read.
    applied: usize,
}

/// What a batch of changes did.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// One verdict for each change, in the order given.
    pub verdicts: Vec<Result<Admission, Refusal>>,
    /// The registers that were written, oldest first, with the write each showed before.
    pub touched: Vec<Touched>,
}

/// A register that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The register.
    pub register: RegisterId,
    /// The write it showed before.
    pub before: Option<OpId>,
}

/// Registers that a batch has written, with the write each showed before it.
type ShownBefore = BTreeMap<RegisterNumber, Option<OpId>>;

/// One write of a register with everything a person may want to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The write's name.
    pub id: OpId,
    /// What it wrote.
    pub value: Scalar,
    /// The location that wrote it, and the priority it held.
    pub author: Author,
    /// The author's wall clock in seconds since 1970; for people only.
    pub time: i64,
    /// The reason the author gave.
    pub reason: Option<String>,
    /// The change it is part of.
    pub change: ChangeHash,
    /// The writes it replaced: what its author had seen.
    pub replaces: Vec<OpId>,
    /// Whether nobody has overwritten it.
    pub standing: bool,
    /// Whether the register shows it.
    pub shown: bool,
}

impl Document {
    /// An empty document of the meet whose genesis has this hash.
    pub fn new(root: ChangeHash) -> Self {
        Self {
            index: Index::new(root),
            orders: ReplayOrders::default(),
            bytes: Vec::new(),
            kept: RefCell::new(vec![None; KEPT_MAX]),
            automerge: Automerge::new(),
            applied: 0,
        }
    }

    /// Takes in changes from anyone, in any order. A refused one takes no other down with it.
    ///
    /// A change whose dependencies come later in the batch is judged after them.
    pub fn receive(&mut self, changes: &[Change]) -> Received {
        let mut verdicts = vec![None; changes.len()];
        let mut before = BTreeMap::new();
        let mut progress = true;
        while progress {
            progress = false;
            for (change, verdict) in changes.iter().zip(&mut verdicts) {
                if !matches!(verdict, None | Some(Ok(Admission::Waiting { .. }))) {
                    continue;
                }
                let judged = self.admit(change, &mut before);
                progress |= judged == Ok(Admission::Admitted);
                *verdict = Some(judged);
            }
        }
        let touched = before.into_iter().map(|(number, before)| Touched {
            register: self.index.register_id(number),
            before,
        });
        Received {
            verdicts: verdicts.into_iter().flatten().collect(),
            touched: touched.collect(),
        }
    }

    fn admit(&mut self, change: &Change, before: &mut ShownBefore) -> Result<Admission, Refusal> {
        let admission = self.index.admit(change)?;
        if admission == Admission::Admitted {
            self.keep(self.bytes.len(), change);
            self.bytes.push(Arc::clone(change.bytes()));
            let writes = change
                .ops()
                .iter()
                .filter(|op| op.action != OpAction::MakeMap);
            for op in writes {
                let Some(number) = self.index.register_at(&op.object, &op.key) else {
                    continue;
                };
                before
                    .entry(number)
                    .or_insert_with(|| self.winner_before_last(number));
                self.orders.place_last(&self.index, number);
            }
        }
        Ok(admission)
    }

    /// What a register showed before the write that was admitted last, which is not placed yet.
    fn winner_before_last(&self, number: RegisterNumber) -> Option<OpId> {
        let writes = &self.index.register(number).writes;
        let (_, before) = writes.split_last()?;
        let order = self.orders.placed(number, before.len());
        order.map(|place| self.index.op_id_of(&writes[place as usize]))
    }

    /// What admission knows of the meet.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// A change, if it is part of the meet.
    pub fn change(&self, hash: &ChangeHash) -> Option<Change> {
        self.change_at(self.index.number_of(hash)?)
    }

    /// A change by its place in the order of admission.
    pub fn change_at(&self, number: usize) -> Option<Change> {
        if let Some((of, change)) = &self.kept.borrow()[number % KEPT_MAX]
            && *of == number
        {
            return Some(change.clone());
        }
        // It was decoded once before it was admitted.
        Change::decode_admitted(self.bytes.get(number)?).ok()
    }

    /// A change to look something up in, and probably not for the last time.
    fn read_at(&self, number: usize) -> Option<Change> {
        let change = self.change_at(number)?;
        self.keep(number, &change);
        Some(change)
    }

    fn keep(&self, number: usize, change: &Change) {
        self.kept.borrow_mut()[number % KEPT_MAX] = Some((number, change.clone()));
    }

    /// The exact bytes of a change by its place in the order of admission.
    pub fn bytes_at(&self, number: usize) -> Option<&Arc<[u8]>> {
        self.bytes.get(number)
    }

    /// The write that a register shows.
    pub fn shown_write(&self, register: &RegisterId) -> Option<OpId> {
        let number = self.index.register_number(register)?;
        self.winner(number).map(|write| self.index.op_id_of(write))
    }

    fn winner(&self, number: RegisterNumber) -> Option<&Write> {
        self.orders.winner(&self.index, number)
    }

    /// The value that a register shows.
    pub fn value(&mut self, register: &RegisterId) -> Option<Scalar> {
        let number = self.index.register_number(register)?;
        self.value_of(self.winner(number)?)
    }

    /// The value that a write gave its register, as its change has it: Automerge need not have got the change yet.
    fn value_of(&self, write: &Write) -> Option<Scalar> {
        let change = self.read_at(write.change as usize)?;
        let op = change
            .ops()
            .get((write.counter - change.start_op()) as usize)?;
        match &op.action {
            OpAction::Set(value) => Some(value.clone()),
            OpAction::MakeMap => None,
        }
    }

    /// All registers of a map and the values they show, ascending by key.
    pub fn values(&mut self, object: &ObjectId) -> Vec<(String, Scalar)> {
        self.flush();
        let undisputed = undisputed_values(&self.automerge, object);
        let shown = undisputed.into_iter().filter_map(|(key, value)| {
            let register = RegisterId {
                object: *object,
                key,
            };
            let value = match value {
                Some(value) => value,
                None => self.value(&register)?,
            };
            Some((register.key, value))
        });
        shown.collect()
    }

    /// The maps inside a map with their keys, ascending by key.
    pub fn maps(&self, object: &ObjectId) -> Vec<(String, ObjectId)> {
        self.index.maps_in(object)
    }

    /// Whether a register has at least two unoverwritten writes of different values.
    pub fn is_disputed(&mut self, register: &RegisterId) -> bool {
        let Some(number) = self.index.register_number(register) else {
            return false;
        };
        let writes = &self.index.register(number).writes;
        let mut standing = self.index.standing(number);
        let first = standing.next();
        let mut others = standing.peekable();
        let (Some(first), Some(_)) = (first, others.peek()) else {
            return false;
        };
        let first = self.value_of(&writes[first as usize]);
        others.any(|other| self.value_of(&writes[other as usize]) != first)
    }

    /// Every disputed register, in order of first writing.
    pub fn disputed(&mut self) -> Vec<RegisterId> {
        let candidates: Vec<RegisterId> = self
            .index
            .with_rivals()
            .map(|number| self.index.register_id(number))
            .collect();
        candidates
            .into_iter()
            .filter(|register| self.is_disputed(register))
            .collect()
    }

    /// Every write of a register in the replay order; the last one is shown.
    ///
    /// Reads the changes that wrote, so it costs time in their number.
    pub fn history(&self, register: &RegisterId) -> Vec<Written> {
        let Some(number) = self.index.register_number(register) else {
            return Vec::new();
        };
        let order = self.orders.order(&self.index, number);
        let writes = &self.index.register(number).writes;
        let mut history: Vec<Written> = order
            .iter()
            .filter_map(|&place| self.written(number, &writes[place as usize]))
            .collect();
        if let Some(last) = history.last_mut() {
            last.shown = true;
        }
        history
    }

    /// One write of a register, if there is one of that name.
    pub fn write_named(&self, register: &RegisterId, id: &OpId) -> Option<Written> {
        let number = self.index.register_number(register)?;
        let mut writes = self.index.register(number).writes.iter().rev();
        let write = writes
            .find(|write| write.counter == id.counter && self.index.op_id_of(write) == *id)?;
        let mut written = self.written(number, write)?;
        written.shown = self.shown_write(register) == Some(*id);
        Some(written)
    }

    fn written(&self, number: RegisterNumber, write: &Write) -> Option<Written> {
        let change = self.read_at(write.change as usize)?;
        let op = change
            .ops()
            .get((write.counter - change.start_op()) as usize)?;
        let OpAction::Set(value) = &op.action else {
            return None;
        };
        let mut tips = self.index.standing(number);
        let standing =
            tips.any(|tip| self.index.register(number).writes[tip as usize].change == write.change);
        Some(Written {
            id: self.index.op_id_of(write),
            value: value.clone(),
            author: self.index.author_of(write).clone(),
            time: change.time(),
            reason: change.message().map(str::to_owned),
            change: self.index.hash_of(write),
            replaces: op.preds.clone(),
            standing,
            shown: false,
        })
    }

    /// The document as Automerge's own file, which any Automerge program can open.
    pub fn save(&mut self) -> Vec<u8> {
        self.flush();
        self.automerge.save()
    }

    /// Hands Automerge the changes it does not have yet.
    fn flush(&mut self) {
        if self.applied == self.bytes.len() {
            return;
        }
        let outstanding = self.bytes[self.applied..].iter();
        let changes: Vec<automerge::Change> = outstanding
            .filter_map(|bytes| automerge::Change::try_from(&bytes[..]).ok())
            .collect();
        let one_by_one_max = ONE_BY_ONE_MAX.min(self.applied / ONE_BY_ONE_FOR);
        let whole = if changes.len() > one_by_one_max {
            apply(&mut self.automerge, changes)
        } else {
            let mut changes = changes.into_iter();
            changes.all(|change| apply(&mut self.automerge, [change]))
        };
        debug_assert!(
            whole,
            "admission lets nothing through that Automerge refuses"
        );
        if !whole {
            self.build_again();
        }
        self.applied = self.bytes.len();
    }

    /// Builds Automerge's state from all changes, one by one, and leaves out what it cannot take.
    ///
    /// Nothing that is admitted should ever need this. In the field a meet must go on all the same: a register
    /// whose write is left out shows nothing, and all others what they should.
    fn build_again(&mut self) {
        self.automerge = Automerge::new();
        for bytes in &self.bytes {
            if let Ok(change) = automerge::Change::try_from(&bytes[..]) {
                apply(&mut self.automerge, [change]);
            }
        }
    }
}

/// Hands changes to Automerge and answers whether it took them. A panic in it is caught here, the second net behind
/// admission; a build that aborts on panic does without.
fn apply(
    automerge: &mut Automerge,
    changes: impl IntoIterator<Item = automerge::Change> + Clone,
) -> bool {
    let taken = catch_unwind(AssertUnwindSafe(|| {
        automerge.apply_changes(changes).is_ok()
    }));
    taken.unwrap_or(false)
}

#[cfg(test)]
pub(crate) mod tests;
