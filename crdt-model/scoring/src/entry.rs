//! A lifter, and the figures that follow from the attempts.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::sort::{compare_numbers, compare_texts};

/// One of the three lifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lift {
    /// Squat.
    S,
    /// Bench press.
    B,
    /// Deadlift.
    D,
}

impl Lift {
    /// All three, in the order in which they are lifted.
    pub const ALL: [Self; 3] = [Self::S, Self::B, Self::D];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::S => 0,
            Self::B => 1,
            Self::D => 2,
        }
    }

    pub(crate) fn is_in(self, event: &str) -> bool {
        event.contains(self.letter())
    }

    pub(crate) fn letter(self) -> char {
        match self {
            Self::S => 'S',
            Self::B => 'B',
            Self::D => 'D',
        }
    }
}

/// Attempts that OpenLifter keeps of each lift.
pub(crate) const SLOTS: usize = 5;

/// One attempt: its weight, and -1, 0 or 1 for no lift, not yet lifted and good lift.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Slot {
    pub(crate) kg: f64,
    pub(crate) status: i8,
}

impl Slot {
    /// A weight is called and not yet lifted.
    pub(crate) fn is_pending(self) -> bool {
        self.kg != 0.0 && self.status == 0
    }
}

/// What counts towards a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Good lifts, and openers not yet lifted as if they were good.
    Projected,
    /// Good lifts only.
    Final,
}

/// A lifter's entry, as far as results follow from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) day: f64,
    pub(crate) platform: f64,
    pub(crate) flight: String,
    pub(crate) name: String,
    pub(crate) sex: String,
    pub(crate) equipment: String,
    pub(crate) divisions: Vec<String>,
    pub(crate) events: Vec<String>,
    pub(crate) lot: f64,
    pub(crate) team: String,
    pub(crate) guest: bool,
    pub(crate) bodyweight_kg: f64,
    pub(crate) squat_rack_info: String,
    pub(crate) bench_rack_info: String,
    /// The attempts at squat, bench and deadlift.
    pub(crate) attempts: [[Slot; SLOTS]; 3],
}

impl Entry {
    pub(crate) fn slots(&self, lift: Lift) -> &[Slot; SLOTS] {
        &self.attempts[lift.index()]
    }

    /// The attempt of this number, from 1; nothing was called for one that does not exist.
    pub(crate) fn slot(&self, lift: Lift, attempt: usize) -> Slot {
        let index = attempt.checked_sub(1);
        let slot = index.and_then(|index| self.slots(lift).get(index));
        slot.copied().unwrap_or_default()
    }

    /// The heaviest good lift of the first three attempts, 0 if there is none.
    pub(crate) fn best_kg(&self, lift: Lift) -> f64 {
        let counted = self.slots(lift).iter().take(3);
        heaviest(counted.filter(|slot| slot.status > 0))
    }

    fn projected_kg(&self, lift: Lift) -> f64 {
        let counted = self.slots(lift).iter().take(3).enumerate();
        let counted =
            counted.filter(|(index, slot)| slot.status > 0 || (*index == 0 && slot.status == 0));
        heaviest(counted.map(|(_, slot)| slot))
    }

    /// The total of an event, 0 if there is none.
    pub(crate) fn total_kg(&self, event: &str, counting: Counting) -> f64 {
        match counting {
            Counting::Final => self.final_total_kg(event),
            Counting::Projected => self.projected_total_kg(event),
        }
    }

    fn final_total_kg(&self, event: &str) -> f64 {
        let mut total = 0.0;
        for lift in Lift::ALL.into_iter().filter(|lift| lift.is_in(event)) {
            let best = self.best_kg(lift);
            if best == 0.0 {
                return 0.0;
            }
            total += best;
        }
        total
    }

    /// Lifts outside the event add nothing, but a failed opener there leaves no total: OpenLifter has it so.
    fn projected_total_kg(&self, event: &str) -> f64 {
        let mut total = 0.0;
        for lift in Lift::ALL {
            let best = if lift.is_in(event) {
                self.projected_kg(lift)
            } else {
                0.0
            };
            if best == 0.0 && self.slot(lift, 1).status < 0 {
                return 0.0;
            }
            total += best;
        }
        total
    }

    /// Whether OpenLifter's score table shows a place: there is a good lift, and no lift is without one whose opener
    /// failed.
    pub(crate) fn has_standing(&self) -> bool {
        let failed = |lift| self.best_kg(lift) == 0.0 && self.slot(lift, 1).status < 0;
        let good = Lift::ALL.into_iter().any(|lift| self.best_kg(lift) != 0.0);
        good && !Lift::ALL.into_iter().any(failed)
    }

    /// Whether a lift of the event has no attempt left that could be good.
    pub(crate) fn is_out_of(&self, event: &str) -> bool {
        let lifts = Lift::ALL.into_iter().filter(|lift| lift.is_in(event));
        let mut slots = lifts.map(|lift| self.slots(lift));
        slots.any(|slots| slots.iter().take(3).all(|slot| slot.status < 0))
    }

    /// Whether an opener was lifted. Who passed all openers counts as not having come: OpenLifter has it so.
    pub(crate) fn has_lifted(&self) -> bool {
        Lift::ALL
            .into_iter()
            .any(|lift| self.slot(lift, 1).status != 0)
    }

    /// The lift that completed the total of an event.
    pub(crate) fn last_good_lift(&self, event: &str) -> Lift {
        let lifts = event.chars().rev().map(|letter| match letter {
            'B' => Lift::B,
            'D' => Lift::D,
            _ => Lift::S,
        });
        let good = |lift: &Lift| self.slots(*lift).iter().any(|slot| slot.status == 1);
        lifts.into_iter().find(good).unwrap_or(Lift::S)
    }

    /// The slot, from 0, of the last good lift among the first three attempts; 0 if there is none.
    pub(crate) fn last_good_slot(&self, lift: Lift) -> usize {
        let good = self.slots(lift).iter().take(3);
        good.into_iter()
            .rposition(|slot| slot.status == 1)
            .unwrap_or(0)
    }

    /// Who lifts first at an attempt, from 1: the lighter weight, then the smaller lot if both have one, then whoever
    /// went first at the attempt before; at last the lighter lifter and the name. At attempt 0, which OpenLifter asks for
    /// where openers tie, no weights are compared.
    pub(crate) fn lifts_before(&self, other: &Self, lift: Lift, attempt: usize) -> Ordering {
        let by_lot =
            (self.lot != 0.0 && other.lot != 0.0).then(|| compare_numbers(self.lot, other.lot));
        for attempt in (1..=attempt).rev() {
            let [own, others] = [self, other].map(|entry| entry.slot(lift, attempt).kg);
            let by_weight = compare_numbers(own, others);
            if by_weight.is_ne() {
                return by_weight;
            }
            if let Some(by_lot) = by_lot {
                return by_lot;
            }
        }
        by_lot.unwrap_or_else(|| {
            compare_numbers(self.bodyweight_kg, other.bodyweight_kg)
                .then_with(|| compare_texts(&self.name, &other.name))
        })
    }
}

fn heaviest<'a>(slots: impl Iterator<Item = &'a Slot>) -> f64 {
    slots.fold(0.0, |heaviest, slot| heaviest.max(slot.kg))
}
