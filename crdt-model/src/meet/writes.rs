//! Writes on their way into changes: cut so that each change keeps within the limits of the format.

use crate::document::{NewOps, Target};
use crate::limits::{CHANGE_BYTES_MAX, CHANGE_OPS_MAX};
use crate::op::{ObjectId, Scalar};
use crate::openlifter::Registers;

/// What columns, dependencies and author of a change take besides keys and values, at most.
const MARGIN_BYTES: usize = 6_000;

/// What an operation takes besides its key and its text, at most.
const OP_BYTES: usize = 24;

/// The operations of one change, with the room they leave.
#[derive(Default)]
pub(super) struct Page {
    pub(super) ops: NewOps,
    bytes: usize,
}

/// Registers of one container, to be written.
pub(super) struct Batch {
    pub(super) object: ObjectId,
    pub(super) registers: Registers,
}

impl Page {
    /// Writes a register, if there is room.
    pub(super) fn set(&mut self, target: Target, key: &str, scalar: &Scalar) -> bool {
        let text = match scalar {
            Scalar::Text(text) => text.len(),
            Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) => 8,
        };
        let bytes = self.bytes + OP_BYTES + key.len() + text;
        if self.ops.len() == CHANGE_OPS_MAX || bytes > CHANGE_BYTES_MAX - MARGIN_BYTES {
            return false;
        }
        self.bytes = bytes;
        self.ops.set(target, key, scalar.clone());
        true
    }

    /// Writes as many registers as there is room for, and takes them out of the list.
    pub(super) fn fill(&mut self, target: Target, registers: &mut Registers) {
        while let Some((key, scalar)) = registers.first_key_value() {
            if !self.set(target, key, scalar) {
                return;
            }
            registers.pop_first();
        }
    }
}

/// Cuts registers into the operations of as many changes as they need.
pub(super) fn cut(batches: Vec<Batch>) -> Vec<NewOps> {
    let mut pages = vec![Page::default()];
    for mut batch in batches {
        loop {
            if let Some(page) = pages.last_mut() {
                page.fill(Target::Object(batch.object), &mut batch.registers);
            }
            if batch.registers.is_empty() {
                break;
            }
            pages.push(Page::default());
        }
    }
    let changes = pages.into_iter().map(|page| page.ops);
    changes.filter(|ops| !ops.is_empty()).collect()
}
