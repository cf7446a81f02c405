//! Catching up in packs. The store reads and packs beside the driver; here the answer is checked and passed on, and it is
//! decided when the beginning of a log is packed once for everyone who joins from nothing.
//!
//! The rule: whoever joins from the beginning is given the pack that is kept beside the log, and then the rest. If that
//! pack turns out to be missing or wrong anywhere in it, or the log has grown by a quarter and at least 200 changes since it
//! was made, another is made, one at a time for the whole relay. Nobody waits for it.

use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::relay_packed;

use crate::action::{Action, ReadId};
use crate::catch_up::Flow;
use crate::event::Event;
use crate::house::House;
use crate::input::{LinkId, PackedSlice, StoreTrouble};
use crate::meet::Meet;

/// The fewest changes that a new pack must have beyond the one that is kept: fewer travel well enough as the rest.
const KEPT_BEHIND_MIN: u64 = 200;

/// By which part of its length the log must have outgrown the pack that is kept.
const KEPT_BEHIND_PART: u64 = 4;

impl Meet {
    /// The store has packed a slice for a reader.
    pub(crate) fn log_packed(
        &mut self,
        house: &mut House,
        read: ReadId,
        outcome: Result<PackedSlice, StoreTrouble>,
    ) {
        let Some(link) = self.reader_of(read) else {
            return;
        };
        match outcome {
            Ok(slice) => self.relay_pack(house, link, &slice),
            Err(trouble) => self.fail(house, &trouble),
        }
    }

    /// Passes a pack on, if it is what the log holds.
    fn relay_pack(&mut self, house: &mut House, link: LinkId, slice: &PackedSlice) {
        let durable = self.log.durable();
        let last = slice.positions.last().unwrap_or(0);
        let chain = self.log.chain_at(last).filter(|_| last <= durable);
        let is_of_this_log = slice.kept.is_none_or(|kept| chain == Some(kept));
        let Some(reader) = self.readers.get_mut(&link) else {
            return;
        };
        let Flow::Catching(catching) = &mut reader.flow else {
            return;
        };
        catching.reading = None;
        let (was_from_kept, kept_to) = (catching.from_kept, catching.cursor);
        // Whatever the store answers, a catch-up goes forward or ends.
        let is_usable = is_of_this_log && last > catching.cursor;
        catching.from_kept &= slice.kept.is_some() && is_usable;
        let kept_is_wrong = slice.wrong.is_some() || slice.kept.is_some() && !is_usable;
        if is_usable && let Some(chain) = chain {
            let frame = relay_packed(catching.sent, slice.positions.clone(), chain, &slice.pack);
            // Correct: the next slice begins right behind this one.
            let skipped = u64::from(planted::is(Bug::PackEndSkipped));
            (catching.sent, catching.cursor) = (last, last + skipped);
            house.links.send_frame(link, frame);
        } else if slice.kept.is_none() {
            let words = "the log does not hold what was asked for".to_owned();
            return self.fail(house, &StoreTrouble::Damaged(words));
        }
        let kept_ends = was_from_kept && !self.is_from_kept(link);
        if kept_is_wrong || kept_ends && self.has_outgrown(kept_to) {
            self.keep_pack(house);
        }
        self.pump(house, link);
    }

    fn is_from_kept(&self, link: LinkId) -> bool {
        match self.readers.get(&link).map(|reader| &reader.flow) {
            Some(Flow::Catching(catching)) => catching.from_kept,
            Some(Flow::Live) | None => false,
        }
    }

    /// Whether a pack up to `kept_to` is worth replacing.
    fn has_outgrown(&self, kept_to: u64) -> bool {
        let behind = self.log.durable() - kept_to;
        behind >= KEPT_BEHIND_MIN && behind * KEPT_BEHIND_PART >= kept_to
    }

    /// Has another pack kept, unless one is under way, or this log could not be kept as it still is.
    fn keep_pack(&self, house: &mut House) {
        let failed = self.pack_failed_at;
        let is_like_failed =
            failed.is_some_and(|failed| self.log.durable() < failed + KEPT_BEHIND_MIN);
        if house.packing.is_some() || is_like_failed {
            return;
        }
        house.packing = Some(self.id);
        house.links.out.push(Action::KeepPack {
            meet: self.id,
            upto: self.log.durable(),
        });
    }

    /// The store keeps another pack, or could not.
    pub(crate) fn pack_kept(&mut self, house: &mut House, outcome: &Result<(), StoreTrouble>) {
        self.pack_failed_at = outcome.is_err().then(|| self.log.durable());
        if let Err(StoreTrouble::Damaged(words) | StoreTrouble::Unavailable(words)) = outcome {
            house.links.event(Event::PackNotKept {
                meet: self.id,
                trouble: words.clone(),
            });
        }
    }
}
