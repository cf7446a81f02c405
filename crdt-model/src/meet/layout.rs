//! Where a meet's registers lie in its document.
//!
//! The fixed containers are made once, by the genesis, under names that nobody else can make. An entry is a map in
//! `entries` under a key that carries its maker.

use crate::change::Change;
use crate::document::{NewOps, Target};
use crate::ids::OpId;
use crate::op::{ObjectId, OpAction, Scalar};

/// The version of this layout, in the register `format` of the root.
pub(super) const FORMAT: f64 = 1.0;

/// The fixed containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Containers<T = ObjectId> {
    /// The fields of `meet`.
    pub(super) meet: T,
    /// The entries, each a map.
    pub(super) entries: T,
    /// The lifting selectors, by `<day>.<platform>`.
    pub(super) lifting: T,
    /// What is kept of the saved file, and the parts of long texts.
    pub(super) carried: T,
}

impl Containers<Target> {
    /// Makes all containers, those for later use included: after the genesis nobody can.
    pub(super) fn make(ops: &mut NewOps) -> Self {
        let made = Self {
            meet: ops.make_container("meet"),
            entries: ops.make_container("entries"),
            lifting: ops.make_container("lifting"),
            carried: ops.make_container("carried"),
        };
        for later in ["threads", "comments", "publication"] {
            ops.make_container(later);
        }
        made
    }
}

impl Containers {
    /// Finds the containers that a genesis made; none if it is of another format.
    pub(super) fn of(genesis: &Change) -> Option<Self> {
        let format = |op: &crate::op::Op| {
            op.object == ObjectId::Root
                && op.key == "format"
                && op.action == OpAction::Set(Scalar::Number(FORMAT))
        };
        genesis.ops().iter().any(format).then_some(())?;
        let made = |name| {
            let place = genesis.ops().iter().position(|op| {
                op.object == ObjectId::Root && op.key == name && op.action == OpAction::MakeMap
            })?;
            Some(ObjectId::Made(OpId {
                counter: genesis.start_op() + u32::try_from(place).ok()?,
                actor: genesis.actor(),
            }))
        };
        Some(Self {
            meet: made("meet")?,
            entries: made("entries")?,
            lifting: made("lifting")?,
            carried: made("carried")?,
        })
    }
}
