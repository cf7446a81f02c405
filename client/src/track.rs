//! Where this replica stands in the relay's log.
//!
//! A position is reached only when every change before it has arrived. What arrives beyond a hole is remembered,
//! because acknowledgements and relayed changes of one batch may come in either order, and a relayed stretch leaves out
//! what the reader wrote itself; the chain checksum proves that nothing else is missing. A hole that stays open is a
//! reason to ask.

use std::collections::BTreeMap;

use spotter_model::ChangeHash;
use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{Chain, Position};

use crate::limits::{BEYOND_HOLE_MAX, HOLE_MS};
use crate::time::Moment;

/// The position reached, and what is known beyond it.
#[derive(Debug, Default)]
pub(crate) struct Track {
    position: Option<Position>,
    /// The changes that are here and have numbers beyond the position.
    beyond: BTreeMap<u64, ChangeHash>,
    /// From a number to the very next one, where the relay said so.
    steps: BTreeMap<u64, u64>,
    /// Stretches of the log that are complete once their checksum comes out.
    stretches: Vec<Stretch>,
    hole_since: Option<Moment>,
}

/// What one `UPDATE_RELAY` says: whoever stands at `after` and has everything up to `last` is at `chain`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) after: u64,
    pub(crate) last: u64,
    pub(crate) chain: Chain,
}

impl Track {
    /// The position reached.
    pub(crate) fn position(&self) -> Option<Position> {
        self.position
    }

    /// Begins at a position, forgetting everything else.
    pub(crate) fn begin(&mut self, position: Option<Position>) {
        *self = Self {
            position,
            ..Self::default()
        };
    }

    /// Notes that the change with this number is here.
    pub(crate) fn has(&mut self, number: u64, hash: ChangeHash) {
        let beyond = self.position.is_some_and(|p| number > p.server_seq_num);
        if beyond && self.beyond.len() < BEYOND_HOLE_MAX {
            self.beyond.insert(number, hash);
        }
    }

    /// Notes that no number lies between these two.
    pub(crate) fn steps(&mut self, before: u64, number: u64) {
        if self.steps.len() < BEYOND_HOLE_MAX {
            self.steps.insert(before, number);
        }
    }

    /// Notes what a relayed stretch of the log adds up to.
    pub(crate) fn stretches(&mut self, stretch: Stretch) {
        if self.stretches.len() < BEYOND_HOLE_MAX {
            self.stretches.push(stretch);
        }
    }

    /// Goes as far as can be proved; returns whether the position moved.
    pub(crate) fn advance(&mut self, now: Moment) -> bool {
        let mut moved = false;
        while let Some(further) = self.next_place() {
            self.position = Some(further);
            moved = true;
        }
        self.forget_what_is_behind();
        self.note_hole(now, moved);
        moved
    }

    fn next_place(&self) -> Option<Position> {
        let here = self.position?;
        self.one_step(here)
            .or_else(|| self.stretches.iter().find_map(|s| self.along(here, *s)))
    }

    fn one_step(&self, here: Position) -> Option<Position> {
        let number = self.steps.get(&here.server_seq_num)?;
        Some(Position {
            server_seq_num: *number,
            chain: here.chain.then(self.beyond.get(number)?),
            ..here
        })
    }

    fn along(&self, here: Position, stretch: Stretch) -> Option<Position> {
        let Stretch { after, last, chain } = stretch;
        // Correct: nothing between here and there may be missing.
        let is_blind = planted::is(Bug::GapCheckOff);
        if (here.server_seq_num < after && !is_blind) || here.server_seq_num >= last {
            return None;
        }
        let between = self.beyond.range(here.server_seq_num + 1..=last);
        let reached = between.fold(here.chain, |chain, (_, hash)| chain.then(hash));
        let complete = is_blind || (reached == chain && self.beyond.contains_key(&last));
        complete.then_some(Position {
            server_seq_num: last,
            chain,
            ..here
        })
    }

    fn forget_what_is_behind(&mut self) {
        let Some(here) = self.position.map(|p| p.server_seq_num) else {
            return;
        };
        self.beyond = self.beyond.split_off(&(here + 1));
        self.steps = self.steps.split_off(&here);
        self.stretches.retain(|stretch| stretch.last > here);
    }

    fn note_hole(&mut self, now: Moment, moved: bool) {
        if !self.has_hole() {
            self.hole_since = None;
        } else if moved || self.hole_since.is_none() {
            self.hole_since = Some(now);
        }
    }

    /// Whether something before a number already seen is missing.
    pub(crate) fn has_hole(&self) -> bool {
        !self.beyond.is_empty() || !self.stretches.is_empty()
    }

    /// When an open hole becomes a reason to ask.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        self.hole_since.map(|since| since.after_ms(HOLE_MS))
    }

    /// Whether a hole has been open for long enough. Asked once; then the time begins anew with the next news.
    pub(crate) fn take_overdue_hole(&mut self, now: Moment) -> bool {
        let overdue = self.next_wakeup().is_some_and(|due| now >= due);
        if overdue {
            self.hole_since = None;
        }
        overdue
    }
}

#[cfg(test)]
mod tests {
    use spotter_relay_protocol::LogId;

    use super::*;

    const START: Moment = Moment::from_ms(0);

    fn hash(n: u64) -> ChangeHash {
        ChangeHash::new([u8::try_from(n).unwrap(); 32])
    }

    fn track_at_zero() -> Track {
        let mut track = Track::default();
        track.begin(Some(Position {
            log_id: LogId::from_bytes([1; 8]),
            server_seq_num: 0,
            chain: Chain::START,
        }));
        track
    }

    fn acknowledged(track: &mut Track, before: u64, number: u64) -> bool {
        track.has(number, hash(number));
        track.steps(before, number);
        track.advance(START)
    }

    /// One message of the relay, which leaves out what this client has written itself.
    fn relayed(track: &mut Track, after: u64, log: &[u64], left_out: &[u64]) -> bool {
        let chain_at_after = (1..=after).fold(Chain::START, |chain, n| chain.then(&hash(n)));
        let chain = log
            .iter()
            .fold(chain_at_after, |chain, n| chain.then(&hash(*n)));
        for number in log.iter().filter(|n| !left_out.contains(n)) {
            track.has(*number, hash(*number));
        }
        let last = *log.last().unwrap();
        track.stretches(Stretch { after, last, chain });
        track.advance(START)
    }

    fn reached(track: &Track) -> u64 {
        track.position().unwrap().server_seq_num
    }

    #[test]
    fn the_position_waits_for_whatever_is_missing() {
        let mut track = track_at_zero();
        assert!(acknowledged(&mut track, 0, 1));
        assert!(!acknowledged(&mut track, 2, 3));
        assert!(track.has_hole());
        assert_eq!(reached(&track), 1);
        assert!(acknowledged(&mut track, 1, 2));
        assert!(!track.has_hole());
        assert_eq!(reached(&track), 3);
    }

    #[test]
    fn a_batch_shared_with_others_is_complete_whichever_half_comes_first() {
        let mut acks_first = track_at_zero();
        acknowledged(&mut acks_first, 0, 1);
        assert!(!acknowledged(&mut acks_first, 2, 3));
        assert!(relayed(&mut acks_first, 0, &[1, 2, 3, 4], &[1, 3]));

        let mut acks_last = track_at_zero();
        assert!(!relayed(&mut acks_last, 0, &[1, 2, 3, 4], &[1, 3]));
        assert!(acks_last.has_hole());
        acknowledged(&mut acks_last, 0, 1);
        acknowledged(&mut acks_last, 2, 3);

        assert_eq!(reached(&acks_first), 4);
        assert_eq!(acks_first.position(), acks_last.position());
        assert!(!acks_first.has_hole() && !acks_last.has_hole());
    }

    #[test]
    fn numbers_need_not_be_dense() {
        let mut track = track_at_zero();
        acknowledged(&mut track, 0, 10);
        acknowledged(&mut track, 10, 25);
        assert_eq!(reached(&track), 25);
        assert!(!track.has_hole());
    }

    #[test]
    fn what_comes_twice_changes_nothing() {
        let mut track = track_at_zero();
        relayed(&mut track, 0, &[1, 2], &[]);
        let before = track.position();
        assert!(!relayed(&mut track, 0, &[1, 2], &[]));
        assert!(!acknowledged(&mut track, 0, 1));
        assert_eq!(track.position(), before);
        assert!(!track.has_hole());
    }

    #[test]
    fn another_history_under_the_same_numbers_moves_nothing() {
        let mut track = track_at_zero();
        track.has(1, hash(9));
        track.stretches(Stretch {
            after: 0,
            last: 1,
            chain: Chain::START.then(&hash(1)),
        });
        assert!(!track.advance(START));
        assert!(track.has_hole());
    }

    #[test]
    fn a_hole_is_asked_about_once_after_a_second() {
        let mut track = track_at_zero();
        acknowledged(&mut track, 5, 6);
        assert!(!track.take_overdue_hole(START.after_ms(HOLE_MS - 1)));
        assert!(track.take_overdue_hole(START.after_ms(HOLE_MS)));
        assert!(!track.take_overdue_hole(START.after_ms(2 * HOLE_MS)));
    }
}
