//! The changes that the relay has not acknowledged: own ones and those carried for others.
//!
//! They are kept in causal order and sent pipelined, with a bound on the bytes in flight. A lost connection
//! puts everything back; the relay knows a change by its hash, so that sending one twice does no harm.

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::ChangeHash;
use spotter_model::planted::{self, Bug};

use spotter_relay_protocol::{PACKED_INIT_BYTES_MAX, UPDATES_PER_MESSAGE_MAX};

use crate::limits::{
    ANSWER_MAX_MS, IN_FLIGHT_BYTES_MAX, MESSAGE_BYTES_MAX, MESSAGE_CHANGES_MAX,
    PACKED_IN_FLIGHT_BYTES_MAX,
};
use crate::status::PutOff;
use crate::time::{Moment, WallTime};

/// The queue in front of the relay.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// By `localSeqNum`, which rises in causal order and is never used twice.
    waiting: BTreeMap<u64, Waiting>,
    numbers: BTreeMap<ChangeHash, u64>,
    last_number: u64,
    in_flight_bytes: usize,
    /// Since when an answer is due; `None` while nothing is in flight.
    unanswered_since: Option<Moment>,
    /// The relay asked for a pause: nothing is sent before.
    pause_until: Option<Moment>,
    /// What the relay wants later and has not taken since.
    postponed: BTreeSet<u64>,
    /// Why, as it said last.
    put_off: Option<PutOff>,
}

/// A change on its way.
#[derive(Debug)]
struct Waiting {
    hash: ChangeHash,
    bytes: usize,
    written: WallTime,
    in_flight: bool,
}

/// A change to be sent, and the number by which the relay answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) local_seq_num: u64,
    pub(crate) hash: ChangeHash,
}

/// How much goes out together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    changes: usize,
    message_bytes: usize,
    in_flight_bytes: usize,
}

impl Load {
    /// As text.
    pub(crate) const PLAIN: Self = Self {
        changes: MESSAGE_CHANGES_MAX,
        message_bytes: MESSAGE_BYTES_MAX,
        in_flight_bytes: IN_FLIGHT_BYTES_MAX,
    };

    /// Packed: a day offline is one message.
    pub(crate) const PACKED: Self = Self {
        changes: UPDATES_PER_MESSAGE_MAX,
        message_bytes: PACKED_INIT_BYTES_MAX,
        in_flight_bytes: PACKED_IN_FLIGHT_BYTES_MAX,
    };
}

impl Outbox {
    /// Queues a change behind those it depends on.
    pub(crate) fn push(&mut self, hash: ChangeHash, bytes: usize, written: WallTime) {
        if self.numbers.contains_key(&hash) {
            return;
        }
        self.last_number += 1;
        self.numbers.insert(hash, self.last_number);
        let waiting = Waiting {
            hash,
            bytes,
            written,
            in_flight: false,
        };
        self.waiting.insert(self.last_number, waiting);
    }

    /// Empties the queue, so that it can be filled again in causal order. Numbers go on rising: an answer to
    /// an earlier number finds nothing.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.numbers.clear();
        self.postponed.clear();
        self.put_off = None;
        self.in_flight_bytes = 0;
        self.unanswered_since = None;
    }

    /// Notes that the connection is gone: everything will have to be sent again.
    pub(crate) fn rewind(&mut self) {
        self.waiting.values_mut().for_each(|w| w.in_flight = false);
        self.in_flight_bytes = 0;
        self.unanswered_since = None;
        self.pause_until = None;
    }

    /// Takes the next message's worth of changes and counts them as in flight.
    pub(crate) fn next_message(&mut self, now: Moment, load: Load) -> Vec<Outgoing> {
        if self.pause_until.is_some_and(|until| now < until) {
            return Vec::new();
        }
        self.pause_until = None;
        let mut message = Vec::new();
        let mut message_bytes = 0;
        for (&local_seq_num, waiting) in self.waiting.iter_mut().filter(|(_, w)| !w.in_flight) {
            let in_flight = self.in_flight_bytes + waiting.bytes;
            let fits = message.len() < load.changes
                && (message.is_empty() || message_bytes + waiting.bytes <= load.message_bytes)
                && (self.in_flight_bytes == 0 || in_flight <= load.in_flight_bytes);
            if !fits {
                break;
            }
            waiting.in_flight = true;
            message_bytes += waiting.bytes;
            self.in_flight_bytes = in_flight;
            message.push(Outgoing {
                local_seq_num,
                hash: waiting.hash,
            });
        }
        if !message.is_empty() {
            self.unanswered_since.get_or_insert(now);
        }
        message
    }

    /// The change behind a number.
    pub(crate) fn hash_of(&self, local_seq_num: u64) -> Option<ChangeHash> {
        self.waiting.get(&local_seq_num).map(|waiting| waiting.hash)
    }

    /// Takes out a change that the relay holds. Returns whether it was waiting.
    pub(crate) fn settle(&mut self, now: Moment, hash: &ChangeHash) -> bool {
        let Some(number) = self.numbers.remove(hash) else {
            return false;
        };
        if let Some(settled) = self.waiting.remove(&number) {
            self.land(now, &settled);
        }
        self.postponed.remove(&number);
        if self.postponed.is_empty() {
            self.put_off = None;
        }
        // Correct: an acknowledgement counts for the change it names.
        if planted::is(Bug::AcknowledgementForAll) {
            self.clear();
        }
        true
    }

    /// Puts a change back that the relay wants later, and pauses for as long as it says.
    pub(crate) fn postpone(&mut self, now: Moment, local_seq_num: u64, why: PutOff) {
        let Some(mut postponed) = self.waiting.remove(&local_seq_num) else {
            return;
        };
        self.land(now, &postponed);
        postponed.in_flight = false;
        self.waiting.insert(local_seq_num, postponed);
        let until = now.after_ms(why.retry_after_ms);
        self.pause_until = Some(self.pause_until.map_or(until, |known| known.max(until)));
        self.postponed.insert(local_seq_num);
        self.put_off = Some(why);
    }

    fn land(&mut self, now: Moment, landed: &Waiting) {
        if landed.in_flight {
            self.in_flight_bytes -= landed.bytes;
            self.unanswered_since = (self.in_flight_bytes > 0).then_some(now);
        }
    }

    /// Whether a change is still unacknowledged.
    pub(crate) fn contains(&self, hash: &ChangeHash) -> bool {
        self.numbers.contains_key(hash)
    }

    /// Why the relay does not take what it was offered, if it has said so of something that still waits.
    pub(crate) fn put_off(&self) -> Option<&PutOff> {
        self.put_off.as_ref()
    }

    /// How many changes are unacknowledged.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the relay has acknowledged everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The unacknowledged changes in causal order, and when their authors wrote them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ChangeHash, WallTime)> {
        self.waiting.values().map(|w| (&w.hash, w.written))
    }

    /// Whether the relay has owed an answer for too long.
    pub(crate) fn is_overdue(&self, now: Moment) -> bool {
        self.answer_due().is_some_and(|due| now >= due)
    }

    /// When an answer is overdue, or a pause ends.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        self.answer_due().into_iter().chain(self.pause_until).min()
    }

    fn answer_due(&self) -> Option<Moment> {
        self.unanswered_since
            .map(|since| since.after_ms(ANSWER_MAX_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_ms(1_000);

    fn hash(n: u8) -> ChangeHash {
        ChangeHash::new([n; 32])
    }

    fn outbox_of(sizes: &[usize]) -> Outbox {
        let mut outbox = Outbox::default();
        for (n, bytes) in (0..).zip(sizes) {
            outbox.push(hash(n), *bytes, WallTime::default());
        }
        outbox
    }

    fn numbers(message: &[Outgoing]) -> Vec<u64> {
        message.iter().map(|out| out.local_seq_num).collect()
    }

    #[test]
    fn changes_leave_in_order_and_only_once_while_the_connection_holds() {
        let mut outbox = outbox_of(&[100, 100]);
        assert_eq!(numbers(&outbox.next_message(START, Load::PLAIN)), [1, 2]);
        assert_eq!(outbox.next_message(START, Load::PLAIN), []);
        outbox.push(hash(9), 100, WallTime::default());
        assert_eq!(numbers(&outbox.next_message(START, Load::PLAIN)), [3]);
    }

    #[test]
    fn bytes_in_flight_are_bounded_until_the_relay_answers() {
        let mut outbox = outbox_of(&[60_000; 6]);
        assert_eq!(numbers(&outbox.next_message(START, Load::PLAIN)), [1, 2]);
        assert_eq!(numbers(&outbox.next_message(START, Load::PLAIN)), [3, 4]);
        assert_eq!(outbox.next_message(START, Load::PLAIN), []);
        assert!(outbox.settle(START, &hash(0)));
        assert_eq!(numbers(&outbox.next_message(START, Load::PLAIN)), [5]);
    }

    #[test]
    fn a_lost_connection_puts_everything_back() {
        let mut outbox = outbox_of(&[100, 100]);
        outbox.next_message(START, Load::PLAIN);
        outbox.settle(START, &hash(0));
        outbox.rewind();
        assert_eq!(numbers(&outbox.next_message(START, Load::PLAIN)), [2]);
    }

    #[test]
    fn a_postponed_change_goes_again_after_the_pause_and_before_its_followers() {
        let mut outbox = outbox_of(&[100, 100]);
        outbox.next_message(START, Load::PLAIN);
        outbox.postpone(START, 2, put_off("too-fast", 5_000));
        outbox.postpone(START, 1, put_off("too-fast", 3_000));
        assert_eq!(outbox.next_message(START.after_ms(4_999), Load::PLAIN), []);
        assert_eq!(
            numbers(&outbox.next_message(START.after_ms(5_000), Load::PLAIN)),
            [1, 2]
        );
    }

    fn put_off(code: &str, retry_after_ms: u64) -> PutOff {
        PutOff {
            code: code.to_owned(),
            reason: String::new(),
            retry_after_ms,
        }
    }

    #[test]
    fn why_something_was_put_off_is_known_until_all_of_it_is_taken() {
        let mut outbox = outbox_of(&[100, 100, 100]);
        outbox.next_message(START, Load::PLAIN);
        let code = |outbox: &Outbox| outbox.put_off().map(|why| why.code.clone());
        outbox.settle(START, &hash(0));
        assert_eq!(code(&outbox), None);
        outbox.postpone(START, 2, put_off("too-fast", 1_000));
        outbox.postpone(START, 3, put_off("meet-full", 1_000));
        outbox.rewind();
        outbox.next_message(START, Load::PLAIN);
        outbox.settle(START, &hash(1));
        assert_eq!(code(&outbox).as_deref(), Some("meet-full"));
        outbox.settle(START, &hash(2));
        assert_eq!(code(&outbox), None);
    }

    #[test]
    fn an_answer_is_overdue_only_while_one_is_owed() {
        let mut outbox = outbox_of(&[100]);
        assert!(!outbox.is_overdue(START.after_ms(ANSWER_MAX_MS)));
        outbox.next_message(START, Load::PLAIN);
        assert!(outbox.is_overdue(START.after_ms(ANSWER_MAX_MS)));
        outbox.settle(START, &hash(0));
        assert!(!outbox.is_overdue(START.after_ms(ANSWER_MAX_MS)));
    }

    #[test]
    fn a_change_is_queued_once_however_often_it_is_offered() {
        let mut outbox = outbox_of(&[100]);
        outbox.push(hash(0), 100, WallTime::default());
        assert_eq!(outbox.len(), 1);
    }
}
