//! What is going to happen, by time; what happens at the same time, in the order in which it was planned.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use spotter_relay::JobId;

use crate::line::{LineNumber, Way};

/// Something that is going to happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Coming {
    /// A step of the plan.
    Step(usize),
    /// The trouble is over.
    Calm,
    /// The next message of a line arrives.
    Arrives(LineNumber, Way),
    /// A device wanted to be woken.
    DeviceWakes(usize, u64),
    /// A relay wanted to be woken.
    RelayWakes(usize, u64),
    /// A device's disk has synced what was written.
    DeviceSynced(usize, u64),
    /// A relay's disk is done with what it was doing.
    RelayDone(usize, u64),
    /// A relay's processor is done with a password.
    Hashed(usize, u64, JobId),
    /// An attacker has waited long enough for answers.
    AttackEnds(LineNumber),
    /// The person at a device tries again what they want.
    Urges(usize, u64),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Planned {
    at: u64,
    number: u64,
    coming: Coming,
}

/// The event queue.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Planned>>,
    planned: u64,
}

impl Queue {
    pub(crate) fn plan(&mut self, at: u64, coming: Coming) {
        self.planned += 1;
        let number = self.planned;
        self.heap.push(Reverse(Planned { at, number, coming }));
    }

    /// The next thing that happens before an end.
    pub(crate) fn next(&mut self, ends_at: u64) -> Option<(u64, Coming)> {
        if self.heap.peek()?.0.at > ends_at {
            return None;
        }
        let Reverse(next) = self.heap.pop()?;
        Some((next.at, next.coming))
    }
}
