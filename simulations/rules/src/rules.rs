//! The rules, one file each.

pub(crate) mod arbitration;
pub(crate) mod automerge;
pub(crate) mod last_writer_wins;
pub(crate) mod refuse_offline;
pub(crate) mod replay_order;
pub(crate) mod survivors;
