//! What bytes that change by themselves can take from a device, and how much is known of how it was stored.
//!
//! Nothing tells a process that stored bytes changed. If the file got shorter, its next attempt to save fails, and it says so; if
//! only a bit turned around, it goes on, until the file is read again: at the next start, or after another failure. Whoever reads it
//! then finds it damaged, or cuts off the end of it.
//!
//! How much that end can be follows from what the lines of a journal are for. Each line vouches for what was synced before it was
//! written, and a bit spoils one line. So a file that is read and not called damaged has lost what had been told before
//! it was cut short, or what came with the last sync, or with as many of the last ones as bits turned around.

use super::{WriteId, Writes};

/// What became of the bytes of a journal since it was last read and found sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rot {
    /// How many bits turned around.
    flips: usize,
    /// What had been called saved there when it was last cut short.
    cut_from: Option<Writes>,
}

impl Rot {
    /// Bytes change, of a file where this is called saved.
    pub(super) fn strikes(&mut self, cuts: bool, saved: &Writes) {
        if cuts {
            self.cut_from = Some(saved.clone());
        } else {
            self.flips += 1;
        }
    }

    /// Whether any byte changed.
    pub(super) fn is_there(&self) -> bool {
        self.flips > 0 || self.is_cut()
    }

    /// Whether the file is shorter than it was.
    pub(super) fn is_cut(&self) -> bool {
        self.cut_from.is_some()
    }

    /// What may be missing where the file is read and not called damaged, of what was called saved in this order.
    pub(super) fn may_lack(&self, saved: &[(u64, WriteId)]) -> Writes {
        let mut lacks = self.cut_from.clone().unwrap_or_default();
        let mut syncs = 0;
        let mut last = None;
        for (at, write) in saved.iter().rev() {
            if last != Some(*at) {
                syncs += 1;
                last = Some(*at);
            }
            if syncs > self.flips {
                break;
            }
            lacks.add(*write);
        }
        lacks
    }

    /// Whether the file may be found empty without being called damaged, if it was synced at least so often.
    pub(super) fn may_take_all(&self, syncs: usize) -> bool {
        self.is_cut() || syncs <= self.flips
    }
}

/// How often a journal was synced at least, since it began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Syncs {
    /// Those that a start found.
    found: usize,
    /// Those after which something was called saved, and when that was last.
    saved: usize,
    saved_at: Option<u64>,
    /// Those after which the device said that it is in sync and held more than when it last did, and how much that was.
    in_sync: usize,
    held: usize,
}

impl Syncs {
    /// A start found records in the file, or none.
    pub(super) fn found(records: u64) -> Self {
        Self {
            found: usize::from(records > 0),
            ..Self::default()
        }
    }

    /// Something was called saved.
    pub(super) fn saved(&mut self, at: u64) {
        if self.saved_at != Some(at) {
            self.saved_at = Some(at);
            self.saved += 1;
        }
    }

    /// The device said that it is in sync, which it is only with everything that it holds on its disk.
    pub(super) fn in_sync(&mut self, held: usize) {
        if held > self.held {
            self.held = held;
            self.in_sync += 1;
        }
    }

    /// As many as are known of.
    pub(super) fn at_least(self) -> usize {
        self.found + self.saved.max(self.in_sync)
    }
}
