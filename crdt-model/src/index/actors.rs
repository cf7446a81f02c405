//! Who has written, as dense numbers, and which changes each has written.

use std::collections::BTreeMap;

use crate::ids::ActorId;
use crate::location::Author;

/// The actors of a meet. Meets of 5,000 actors must work: everything here is a small record per actor.
#[derive(Default)]
pub(super) struct Actors {
    numbers: BTreeMap<ActorId, u32>,
    actors: Vec<Actor>,
}

struct Actor {
    id: ActorId,
    author: Author,
    /// Numbers of its changes; the change with sequence number n is at n - 1.
    changes: Vec<u32>,
}

impl Actors {
    pub(super) fn len(&self) -> usize {
        self.actors.len()
    }

    pub(super) fn number_of(&self, id: &ActorId) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    pub(super) fn add(&mut self, id: ActorId, author: Author) -> u32 {
        let number = self.actors.len() as u32;
        self.numbers.insert(id, number);
        self.actors.push(Actor {
            id,
            author,
            changes: Vec::new(),
        });
        number
    }

    pub(super) fn push_change(&mut self, actor: u32, change: u32) {
        self.actors[actor as usize].changes.push(change);
    }

    pub(super) fn id(&self, actor: u32) -> ActorId {
        self.actors[actor as usize].id
    }

    pub(super) fn author(&self, actor: u32) -> &Author {
        &self.actors[actor as usize].author
    }

    pub(super) fn last_seq(&self, actor: u32) -> u32 {
        self.actors[actor as usize].changes.len() as u32
    }

    pub(super) fn change_number(&self, actor: u32, seq: u32) -> Option<u32> {
        let place = (seq as usize).checked_sub(1)?;
        self.actors[actor as usize].changes.get(place).copied()
    }

    /// The actor's highest sequence number among the changes before `number`.
    pub(super) fn last_seq_before(&self, actor: u32, number: u32) -> u32 {
        self.actors[actor as usize]
            .changes
            .partition_point(|&change| change < number) as u32
    }

    pub(super) fn version_vector(&self) -> Vec<(ActorId, u32)> {
        let counted = |(id, &number): (&ActorId, &u32)| (*id, self.last_seq(number));
        self.numbers.iter().map(counted).collect()
    }
}
